//! The ways between the pages of a long list.

use leptos::prelude::*;

/// A list that is read page by page: where it is, what is searched in it, and where its next page begins.
pub(crate) struct PagedList<'a> {
    pub(crate) path: &'static str,
    /// As it was typed.
    pub(crate) query: &'a str,
    /// This is not the first page.
    pub(crate) later: bool,
    pub(crate) next: Option<String>,
}

impl PagedList<'_> {
    fn address(&self, after: Option<&str>) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        if !self.query.trim().is_empty() {
            pairs.append_pair("q", self.query);
        }
        if let Some(after) = after {
            pairs.append_pair("after", after);
        }
        let pairs = pairs.finish();
        if pairs.is_empty() { self.path.to_owned() } else { format!("{}?{pairs}", self.path) }
    }

    /// None where there is one page only.
    pub(crate) fn links(&self) -> Option<AnyView> {
        let first =
            self.later.then(|| view! { <a class="button" href=self.address(None)>"Back to the first page"</a> });
        let next = self.next.as_deref().map(|after| {
            view! { <a class="button" rel="next" href=self.address(Some(after))>"Next page"</a> }
        });
        (first.is_some() || next.is_some())
            .then(|| view! { <nav class="pages" aria-label="Pages">{first} {next}</nav> }.into_any())
    }
}

//! A draft's two homes: this browser's storage, at once and without a network, and the server's drafts, half a second later.
//!
//! What is in the browser's storage is newer than what the server has: it is put there as somebody types, and taken
//! away when the server has it too.

use domain::{CasePlace, CourseRunId, PostKey, UserId, Visibility};
use leptos::{
    prelude::window,
    web_sys::{Storage, js_sys::Date},
};

/// What is in a composer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) key: PostKey,
    pub(super) run: Option<CourseRunId>,
    pub(super) body: String,
}

impl Draft {
    /// Key, run, then the text as it is: two lines and the rest.
    fn write(&self) -> String {
        let run = self.run.map(|run| run.to_string()).unwrap_or_default();
        format!("{}\n{run}\n{}", self.key, self.body)
    }

    fn read(text: &str) -> Option<Self> {
        let (key, rest) = text.split_once('\n')?;
        let (run, body) = rest.split_once('\n')?;
        Some(Self { key: key.parse().ok()?, run: run.parse().ok(), body: body.to_owned() })
    }
}

/// The place in the browser's storage that belongs to one person's composer on one case.
#[derive(Clone, Debug)]
pub(super) struct Shelf(String);

impl Shelf {
    pub(super) fn new(user: UserId, CasePlace { course, case }: CasePlace, visibility: Visibility) -> Self {
        let case = case.map(|case| format!(".{case}")).unwrap_or_default();
        Self(format!("casebridge.draft.{user}.{course}{case}.{}", visibility.name()))
    }

    pub(super) fn keep(&self, draft: &Draft) {
        if let Some(storage) = storage() {
            // Full or forbidden storage leaves the server's copy.
            let _ = storage.set_item(&self.0, &draft.write());
        }
    }

    pub(super) fn kept(&self) -> Option<Draft> {
        storage()?.get_item(&self.0).ok().flatten().and_then(|text| Draft::read(&text))
    }

    pub(super) fn forget(&self) {
        if let Some(storage) = storage() {
            let _ = storage.remove_item(&self.0);
        }
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// A key for the next post.
pub(super) fn new_key() -> PostKey {
    let mut random = [0; 10];
    if let Ok(crypto) = window().crypto() {
        let _ = crypto.get_random_values_with_u8_array(&mut random);
    }
    // Whole and positive until the year 287396.
    PostKey::new_v7(Date::now() as u64, &random)
}

#[cfg(test)]
mod tests {
    use super::Draft;

    #[test]
    fn a_draft_is_read_back_as_it_was_written() {
        for body in ["", "one line", "\n\n  two\nlines\n", "[Body]\r\n\u{0}"] {
            for run in [None, "01890a5d-ac96-774b-bcce-b302099a8058".parse().ok()] {
                let key = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
                let draft = Draft { key, run, body: body.to_owned() };
                assert_eq!(Draft::read(&draft.write()), Some(draft));
            }
        }
    }
}

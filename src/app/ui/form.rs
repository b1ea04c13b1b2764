//! Plain forms: fields with their labels, and what was typed when it was refused.

use leptos::prelude::*;

use super::{IconName, icon};

/// A form that was refused, as it was sent, with the reason.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Which of the page's forms.
    pub form: String,
    pub fields: Vec<(String, String)>,
    /// The field that is to blame, where one is.
    pub field: Option<&'static str>,
    pub sentence: String,
}

impl Refused {
    fn value(&self, name: &str) -> String {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

/// One form of a page: empty or as the record is, unless it was refused.
#[derive(Clone, Copy)]
pub(crate) struct FormState<'a> {
    id: &'a str,
    refused: Option<&'a Refused>,
}

impl<'a> FormState<'a> {
    pub(crate) fn new(id: &'a str, refused: Option<&'a Refused>) -> Self {
        Self { id, refused: refused.filter(|refused| refused.form == id) }
    }

    pub(crate) const fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    pub(crate) fn value(&self, name: &str, otherwise: &str) -> String {
        self.refused.map_or_else(|| otherwise.to_owned(), |refused| refused.value(name))
    }

    fn blamed(&self, name: &str) -> Option<String> {
        self.refused.filter(|refused| refused.field == Some(name)).map(|refused| refused.sentence.clone())
    }

    fn element(&self, name: &str) -> String {
        format!("{}-{name}", self.id)
    }

    /// The reason that no field is to blame for.
    pub(crate) fn problem(&self) -> Option<AnyView> {
        let refused = self.refused.filter(|refused| refused.field.is_none())?;
        Some(complaint(String::new(), refused.sentence.clone()))
    }

    pub(crate) fn text(&self, name: &'static str, label: &'static str, otherwise: &str, kind: &'static str) -> AnyView {
        self.input(name, label, None, otherwise, kind)
    }

    /// With a line that says what to write.
    pub(crate) fn input(
        &self,
        name: &'static str,
        label: &'static str,
        hint: Option<&'static str>,
        otherwise: &str,
        kind: &'static str,
    ) -> AnyView {
        let id = self.element(name);
        let error = self.blamed(name);
        let (error_id, hint_id) = (format!("{id}-error"), format!("{id}-hint"));
        let described = [(hint.is_some(), &hint_id), (error.is_some(), &error_id)];
        let described: Vec<&str> = described.iter().filter(|(there, _)| *there).map(|(_, id)| id.as_str()).collect();
        let described = Some(described.join(" ")).filter(|ids| !ids.is_empty());
        let invalid = error.is_some().then_some("true");
        let hint = hint.map(|hint| view! { <p class="muted field-hint" id=hint_id>{hint}</p> });
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <input
                    class="input"
                    id=id
                    name=name
                    type=kind
                    value=self.value(name, otherwise)
                    aria-invalid=invalid
                    aria-describedby=described
                    autocomplete="off"
                />
                {hint}
                {error.map(|sentence| complaint(error_id, sentence))}
            </div>
        }
        .into_any()
    }

    pub(crate) fn select(
        &self,
        name: &'static str,
        label: &'static str,
        choices: &[(&'static str, &'static str)],
        otherwise: &str,
    ) -> AnyView {
        let id = self.element(name);
        let chosen = self.value(name, otherwise);
        let options = choices
            .iter()
            .map(|(value, label)| {
                let selected = *value == chosen;
                view! { <option value=*value selected=selected>{*label}</option> }
            })
            .collect::<Vec<_>>();
        let error = self.blamed(name);
        let error_id = format!("{id}-error");
        let described = error.is_some().then(|| error_id.clone());
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <select class="input select" id=id name=name aria-describedby=described>{options}</select>
                {error.map(|sentence| complaint(error_id, sentence))}
            </div>
        }
        .into_any()
    }
}

fn complaint(id: String, sentence: String) -> AnyView {
    let id = Some(id).filter(|id| !id.is_empty());
    view! {
        <p class="field-error" id=id role="alert">
            {icon(IconName::Warning)}
            <span>{sentence}</span>
        </p>
    }
    .into_any()
}

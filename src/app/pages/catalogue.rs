//! What the pages of the catalogue's keepers share.

use engine::RecordState;
use leptos::prelude::*;

use crate::app::routes;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Courses,
    Organizations,
    Import,
}

/// The ways between the catalogue's pages.
pub(super) fn tabs(here: Part) -> AnyView {
    let tab = |part: Part, href: &'static str, label: &'static str| {
        view! { <a href=href aria-current=(here == part).then_some("page")>{label}</a> }
    };
    view! {
        <nav class="tabs" aria-label="Catalogue">
            {tab(Part::Courses, routes::CATALOGUE_COURSES, "Courses")}
            {tab(Part::Organizations, routes::CATALOGUE_ORGANIZATIONS, "Organizations")}
            {tab(Part::Import, routes::CATALOGUE_IMPORT, "Import")}
        </nav>
    }
    .into_any()
}

/// How a record stands in the org; nothing where there is none.
pub(super) fn state(state: &RecordState) -> AnyView {
    match state {
        RecordState::Local => ().into_any(),
        RecordState::NotSent => view! { <span class="badge">"Not sent"</span> }.into_any(),
        RecordState::Waiting => view! { <span class="badge badge-wait">"Waiting to be sent"</span> }.into_any(),
        RecordState::Sent { at, at_text } => view! {
            <span class="badge badge-good">
                "In Salesforce"<span class="sr-only">" since "<time datetime=at.clone()>{at_text.clone()}</time></span>
            </span>
        }
        .into_any(),
        RecordState::Refused { reason } => view! {
            <span class="record-refused">
                <span class="badge badge-bad">"Refused by Salesforce"</span>
                <bdi>{reason.clone()}</bdi>
            </span>
        }
        .into_any(),
    }
}

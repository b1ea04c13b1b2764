#[cfg(feature = "ssr")]
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::{IconName, icon};

/// What became of the thing somebody just did, at the head of the page they come back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub tone: Tone,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
}

#[cfg(feature = "ssr")]
pub(crate) fn notice_bar(notice: Notice) -> impl IntoView {
    let (class, role, mark) = match notice.tone {
        Tone::Good => ("notice notice-good", "status", IconName::Check),
        Tone::Bad => ("notice notice-bad", "alert", IconName::Warning),
    };
    view! {
        <p class=class role=role>
            {icon(mark)}
            <span>{notice.text}</span>
        </p>
    }
}

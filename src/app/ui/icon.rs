//! Icons: drawn once in a sprite, used by name. They are decoration; words stand beside them.

use leptos::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IconName {
    #[cfg(feature = "ssr")]
    Building,
    Calendar,
    Check,
    Clock,
    #[cfg(feature = "ssr")]
    Cloud,
    Comment,
    Eye,
    Lock,
    #[cfg(feature = "ssr")]
    Search,
    Send,
    Warning,
}

impl IconName {
    const fn reference(self) -> &'static str {
        match self {
            #[cfg(feature = "ssr")]
            Self::Building => "#icon-building",
            Self::Calendar => "#icon-calendar",
            Self::Check => "#icon-check",
            Self::Clock => "#icon-clock",
            #[cfg(feature = "ssr")]
            Self::Cloud => "#icon-cloud",
            Self::Comment => "#icon-comment",
            Self::Eye => "#icon-eye",
            Self::Lock => "#icon-lock",
            #[cfg(feature = "ssr")]
            Self::Search => "#icon-search",
            Self::Send => "#icon-send",
            Self::Warning => "#icon-warning",
        }
    }
}

pub(crate) fn icon(name: IconName) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true">
            <use href=name.reference()></use>
        </svg>
    }
}

/// The drawings behind [`icon`], on a 16 × 16 grid; once in every document.
#[cfg(feature = "ssr")]
pub(crate) fn sprite() -> impl IntoView {
    view! {
        <svg class="sprite" aria-hidden="true" width="0" height="0" inner_html=SYMBOLS></svg>
    }
}

#[cfg(feature = "ssr")]
const SYMBOLS: &str = concat!(
    r#"<symbol id="icon-building" viewBox="0 0 16 16"><path d="M3 14V3.5A1.5 1.5 0 0 1 4.5 2h5A1.5 1.5 0 0 1 11 3.5V14M11 7h1.5A1.5 1.5 0 0 1 14 8.5V14M1.5 14h13M5.5 5h3M5.5 8h3M5.5 11h3"/></symbol>"#,
    r#"<symbol id="icon-calendar" viewBox="0 0 16 16"><path d="M3.5 3h9A1.5 1.5 0 0 1 14 4.5v8a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 2 12.5v-8A1.5 1.5 0 0 1 3.5 3ZM2 6.5h12M5 1.5V4M11 1.5V4"/></symbol>"#,
    r#"<symbol id="icon-check" viewBox="0 0 16 16"><path d="m3 8.5 3.2 3.2L13 4.8"/></symbol>"#,
    r#"<symbol id="icon-clock" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6"/><path d="M8 4.8V8l2.2 1.6"/></symbol>"#,
    r#"<symbol id="icon-cloud" viewBox="0 0 16 16"><path d="M4.5 12.5a3 3 0 0 1-.3-6 4 4 0 0 1 7.7-.3 3.2 3.2 0 0 1-.4 6.3Z"/></symbol>"#,
    r#"<symbol id="icon-comment" viewBox="0 0 16 16"><path d="M3.5 2.5h9A1.5 1.5 0 0 1 14 4v6a1.5 1.5 0 0 1-1.5 1.5H8L4.5 14v-2.5h-1A1.5 1.5 0 0 1 2 10V4a1.5 1.5 0 0 1 1.5-1.5Z"/></symbol>"#,
    r#"<symbol id="icon-eye" viewBox="0 0 16 16"><path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8Z"/><circle cx="8" cy="8" r="2"/></symbol>"#,
    r#"<symbol id="icon-lock" viewBox="0 0 16 16"><path d="M4.5 7h7A1.5 1.5 0 0 1 13 8.5v4a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 3 12.5v-4A1.5 1.5 0 0 1 4.5 7ZM5 7V5a3 3 0 0 1 6 0v2"/></symbol>"#,
    r#"<symbol id="icon-search" viewBox="0 0 16 16"><circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/></symbol>"#,
    r#"<symbol id="icon-send" viewBox="0 0 16 16"><path d="M14 2 7.2 8.8M14 2 9.8 14 7.2 8.8 2 6.2Z"/></symbol>"#,
    r#"<symbol id="icon-warning" viewBox="0 0 16 16"><path d="M8 2.2 14.5 13.5h-13ZM8 6.5v3.2M8 11.6v.1"/></symbol>"#,
);

/// The mark: a deck over two arches, and the word that crosses it.
#[cfg(feature = "ssr")]
pub(crate) fn logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
            <rect class="logo-ground" width="32" height="32" rx="8" />
            <path class="logo-bridge" d="M5 13.5h22M7 13.5V24M25 13.5V24M16 13.5V24M7 24a4.5 4.5 0 0 1 9 0M16 24a4.5 4.5 0 0 1 9 0" />
            <circle class="logo-word" cx="11" cy="8.5" r="1.75" />
            <circle class="logo-word" cx="16" cy="8.5" r="1.75" />
            <circle class="logo-word" cx="21" cy="8.5" r="1.75" />
        </svg>
    }
}

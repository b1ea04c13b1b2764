//! When a page can't be shown: what happened, in plain words, and what to do next.

use axum::http::StatusCode;
use leptos::prelude::*;

use crate::app::{
    Frame, routes,
    shell::{Head, Place, Scripts, document},
    ui::{IconName, icon},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Also for what is there and not the reader's to see.
    NotFound,
    Forbidden,
    TooMany,
    Internal,
    Unavailable,
    /// Shown by the browser's own cache when there is no network.
    Offline,
    /// A refusal with its own sentence.
    Other {
        status: StatusCode,
        title: String,
        message: String,
    },
}

impl Failure {
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Offline => StatusCode::OK,
            Self::Other { status, .. } => *status,
        }
    }

    fn title(&self) -> &str {
        match self {
            Self::NotFound => "This page is not here",
            Self::Forbidden => "This is not yours to do",
            Self::TooMany => "That was a lot at once",
            Self::Internal => "Something went wrong on our side",
            Self::Unavailable => "Casebridge is busy or starting",
            Self::Offline => "You are offline",
            Self::Other { title, .. } => title,
        }
    }

    fn message(&self) -> &str {
        match self {
            Self::NotFound => {
                "It may have moved, or it belongs to an organization you are not part of. Look for it among your courses, or ask who sent you the link."
            }
            Self::Forbidden => {
                "The request came from another site, or your role does not allow it. Go back to the page and try from there; if it stays, ask an admin."
            }
            Self::TooMany => "Wait a minute, then try again. Nothing you wrote is lost: go back and it is still there.",
            Self::Internal => {
                "What you wrote is kept as a draft. Go back and try again; if it happens twice, tell the staff at what time it happened."
            }
            Self::Unavailable => "It will be back in a moment. Wait a little, then load the page again.",
            Self::Offline => {
                "The page could not be reached. Check the network, then load it again. Drafts you typed are kept in this browser."
            }
            Self::Other { message, .. } => message,
        }
    }

    const fn icon(&self) -> IconName {
        match self {
            Self::NotFound => IconName::Search,
            Self::Forbidden => IconName::Lock,
            Self::TooMany => IconName::Clock,
            Self::Unavailable | Self::Offline => IconName::Cloud,
            Self::Internal | Self::Other { .. } => IconName::Warning,
        }
    }
}

pub fn failure(frame: &Frame, failure: &Failure) -> String {
    let head = Head { title: failure.title(), place: Place::Elsewhere, scripts: Scripts::None };
    document(frame, &head, || {
        let mark = failure.icon();
        let code = (*failure != Failure::Offline).then(|| format!("Error {}", failure.status().as_u16()));
        let signed_in = frame.viewer.is_some();
        let (href, label) = if signed_in { (routes::COURSES, "My courses") } else { (routes::SIGN_IN, "Sign in") };
        view! {
            <div class="page page-narrow failure">
                <span class="empty-icon">
                    {icon(mark)}
                </span>
                <p class="muted">{code}</p>
                <h1>{failure.title().to_owned()}</h1>
                <p>{failure.message().to_owned()}</p>
                <a class="button button-primary" href=href>
                    {label}
                </a>
            </div>
        }
    })
}

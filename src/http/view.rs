//! From data to an answer with a page in it.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{Extensions, StatusCode, request::Parts},
    response::{Html, IntoResponse, Response},
};
use engine::PublicKind;
use leptos::nonce::Nonce;

use super::{AppState, CurrentActor, log_fault, request_context::RequestContext};
use crate::app::{
    Frame, Viewer,
    pages::{self, Failure},
};

/// On a response that is a page already, so that error pages leave it alone.
#[derive(Clone, Copy)]
pub(crate) struct Drawn;

/// What every page of this request is drawn in.
pub(crate) struct View {
    pub(crate) frame: Frame,
}

impl View {
    pub(crate) fn of(state: &AppState, extensions: &Extensions, viewer: Option<Viewer>) -> Self {
        let nonce = extensions.get::<RequestContext>().map_or_else(Nonce::new, |context| context.nonce.clone());
        Self { frame: Frame { assets: state.assets(), nonce, viewer } }
    }

    pub(crate) fn page(&self, status: StatusCode, html: String) -> Response {
        let mut response = (status, Html(html)).into_response();
        response.extensions_mut().insert(Drawn);
        response
    }

    pub(crate) fn failure(&self, failure: &Failure) -> Response {
        self.page(failure.status(), pages::failure(&self.frame, failure))
    }

    /// Someone else's record and a missing one alike.
    pub(crate) fn not_found(&self) -> Response {
        self.failure(&Failure::NotFound)
    }

    /// The page for an engine error, and the log line for what the page doesn't say.
    pub(crate) fn failed(&self, error: &engine::Error) -> Response {
        log_fault(error);
        let public = error.public();
        let other =
            |status, title: &str| Failure::Other { status, title: title.to_owned(), message: public.message.clone() };
        self.failure(&match public.kind {
            PublicKind::NotFound => Failure::NotFound,
            PublicKind::Forbidden => Failure::Forbidden,
            PublicKind::RateLimited => Failure::TooMany,
            PublicKind::Unavailable => Failure::Unavailable,
            PublicKind::Internal => Failure::Internal,
            PublicKind::Invalid => other(StatusCode::UNPROCESSABLE_ENTITY, "That did not work"),
            PublicKind::Conflict => other(StatusCode::CONFLICT, "That was changed meanwhile"),
            PublicKind::BadCredentials => other(StatusCode::UNAUTHORIZED, "You are signed out"),
        })
    }
}

impl FromRequestParts<AppState> for View {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self::of(state, &parts.extensions, CurrentActor::viewer(&parts.extensions)))
    }
}

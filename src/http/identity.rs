//! Who makes a request: read from the session for every request anew, so that a right taken away is gone with the next one.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{Extensions, StatusCode, Uri, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::UserId;
use engine::Actor;
use secrecy::SecretString;
use tower_sessions::Session;

use super::{
    AppState,
    rest::{self, Presented},
    session::{self, USER},
    view::View,
};
use crate::app::{Viewer, pages::Failure, routes};

/// None: nobody is signed in.
#[derive(Clone)]
pub struct CurrentActor(pub Option<Arc<Actor>>);

impl CurrentActor {
    /// Nobody, where the request comes from the page of somebody else: two people used one browser, and what the first one
    /// typed must not become the second one's words. A request that doesn't say whose page it comes from stands as it is.
    fn on_page(self, uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        let reader = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == routes::READER);
        match (&self.0, reader) {
            (Some(actor), Some((_, reader))) if *reader != actor.user().to_string() => Self(None),
            _ => self,
        }
    }

    /// Who reads the page, as far as these extensions know.
    pub(crate) fn viewer(extensions: &Extensions) -> Option<Viewer> {
        extensions.get::<Self>()?.0.as_deref().map(Viewer::from)
    }
}

/// Why it can't be said who makes a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unknown {
    #[error("the session can't be read: {0}")]
    Session(#[from] tower_sessions::session::Error),
    #[error(transparent)]
    Engine(#[from] engine::Error),
}

impl Unknown {
    pub(crate) fn answer(&self, view: &View) -> Response {
        match self {
            Self::Session(error) => {
                tracing::warn!(%error, "sessions can't be read or written now");
                view.failure(&Failure::Unavailable)
            }
            Self::Engine(error) => view.failed(error),
        }
    }
}

/// Puts [`CurrentActor`] into the request, and into the response for the error pages.
pub(crate) async fn identify(
    State(state): State<AppState>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let known = match rest::presented(&request) {
        Presented::Cookie => resolve(&state, &session).await.map(|current| current.on_page(request.uri())),
        Presented::Token(token) => by_token(&state, &token, &mut request).await,
        Presented::Other => Ok(CurrentActor(None)),
    };
    let current = match known {
        Ok(current) => current,
        Err(unknown) => return unknown.answer(&View::of(&state, request.extensions(), None)),
    };
    request.extensions_mut().insert(current.clone());
    // For the log: the route, not the address with its ids.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    response.extensions_mut().insert(current);
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

/// What the token lets its owner do goes with the request.
async fn by_token(state: &AppState, token: &SecretString, request: &mut Request) -> Result<CurrentActor, Unknown> {
    let Some(bearer) = state.engine().bearer(token).await? else { return Ok(CurrentActor(None)) };
    let current = CurrentActor(Some(Arc::clone(&bearer.actor)));
    request.extensions_mut().insert(bearer);
    Ok(current)
}

/// # Errors
/// Sessions or people can't be read now.
pub(crate) async fn resolve(state: &AppState, session: &Session) -> Result<CurrentActor, Unknown> {
    let Some(user) = session.get::<UserId>(USER).await? else { return Ok(CurrentActor(None)) };
    let actor = state.engine().actor(user).await?;
    match &actor {
        Some(_) => session::keep_alive(session, state.clock().now()).await?,
        // Disabled or gone.
        None => session::end(state, session).await?,
    }
    Ok(CurrentActor(actor))
}

/// The person, on routes whose policy lets only signed-in people through.
pub(crate) struct SignedIn(pub(crate) Arc<Actor>);

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Response> {
        match parts.extensions.get::<CurrentActor>() {
            Some(CurrentActor(Some(actor))) => Ok(Self(actor.clone())),
            _ => Err(StatusCode::UNAUTHORIZED.into_response()),
        }
    }
}

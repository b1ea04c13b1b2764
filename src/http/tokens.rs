//! The page of a person's bearer tokens, and the admins' page of everybody's.

use std::time::Duration;

use axum::{
    extract::{FromRequestParts, Query, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use domain::{AccessTokenId, Scopes};
use engine::{Actor, NewToken, PublicKind};
use secrecy::ExposeSecret;
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    AppState,
    courses::path_id,
    flash::{self, Told},
    identity::SignedIn,
    view::View,
};
use crate::app::{
    Tone,
    pages::{self, MadeToken, TokenForm},
    routes,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) async fn list(State(state): State<AppState>, SignedIn(actor): SignedIn, view: View) -> Response {
    draw(&state, &view, &actor, StatusCode::OK, None, TokenForm::default()).await
}

/// The token is in this answer and nowhere else, so there is no redirect to a page that would have to know it.
pub(crate) async fn make(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    body: String,
) -> Response {
    let mut form = TokenForm { scopes: Vec::new(), days: String::new(), ..TokenForm::default() };
    for (name, value) in url::form_urlencoded::parse(body.as_bytes()) {
        match &*name {
            "name" => form.name = value.into_owned(),
            "scope" => form.scopes.push(value.into_owned()),
            "days" => form.days = value.into_owned(),
            _ => {}
        }
    }
    let scopes = match Scopes::from_text(&form.scopes.join(" ")) {
        Ok(scopes) => scopes,
        Err(invalid) => return refused(&state, &view, &actor, form, invalid.0).await,
    };
    let days: u32 = form.days.parse().unwrap_or(0);
    let new = NewToken { name: form.name.clone(), scopes, ttl: DAY.saturating_mul(days) };
    match state.engine().create_token(&actor, new).await {
        Ok((token, secret)) => {
            let made = MadeToken { name: token.name, secret: secret.expose_secret().to_owned() };
            draw(&state, &view, &actor, StatusCode::CREATED, Some(made), TokenForm::default()).await
        }
        Err(error) => {
            let public = error.public();
            match public.kind {
                PublicKind::Invalid | PublicKind::Conflict => {
                    refused(&state, &view, &actor, form, public.message).await
                }
                _ => view.failed(&error),
            }
        }
    }
}

/// The token a path names.
pub(crate) struct TokenPath(AccessTokenId);

impl FromRequestParts<AppState> for TokenPath {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Response> {
        path_id(parts).await.map(Self)
    }
}

pub(crate) async fn revoke(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    TokenPath(token): TokenPath,
) -> Response {
    match state.engine().revoke_token(&actor, token).await {
        Ok(()) => Redirect::to(routes::TOKENS).into_response(),
        Err(error) => view.failed(&error),
    }
}

#[derive(Deserialize)]
pub(crate) struct PageAfter {
    after: Option<String>,
}

pub(crate) async fn list_all(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    Query(page): Query<PageAfter>,
    Told(notice): Told,
) -> Response {
    // One that is no id begins at the top.
    let after = page.after.and_then(|after| after.parse().ok());
    match state.engine().all_tokens(&actor, after).await {
        Ok(tokens) => view.page(StatusCode::OK, pages::all_tokens(&view.frame, &tokens, notice)),
        Err(error) => view.failed(&error),
    }
}

pub(crate) async fn revoke_any(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
    TokenPath(token): TokenPath,
) -> Response {
    match state.engine().revoke_token(&actor, token).await {
        Ok(()) => flash::back(&session, &view, routes::ALL_TOKENS, Tone::Good, "The token is revoked.").await,
        Err(error) => view.failed(&error),
    }
}

async fn refused(state: &AppState, view: &View, actor: &Actor, mut form: TokenForm, sentence: String) -> Response {
    form.error = Some(sentence);
    draw(state, view, actor, StatusCode::UNPROCESSABLE_ENTITY, None, form).await
}

async fn draw(
    state: &AppState,
    view: &View,
    actor: &Actor,
    status: StatusCode,
    made: Option<MadeToken>,
    form: TokenForm,
) -> Response {
    match state.engine().tokens(actor).await {
        Ok(tokens) => view.page(status, pages::tokens(&view.frame, actor.role(), &tokens, made, form)),
        Err(error) => view.failed(&error),
    }
}

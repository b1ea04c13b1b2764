//! OAuth 2 as the org speaks it: the consent page, the token endpoint with its grants, and what tells who a token is.

mod auth;
mod authorize;
mod form;
mod identity;
mod jwt;
mod token;

use std::sync::Arc;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

pub(crate) use auth::{Auth, PASSWORD, SECURITY_TOKEN, TokenDigest};
pub(crate) use token::open_session;

use self::form::Notation;
use crate::org::Org;

pub(crate) fn routes() -> Router<Arc<Org>> {
    Router::new()
        .route("/services/oauth2/authorize", get(authorize::ask).post(authorize::decide))
        .route("/services/oauth2/token", post(token::token))
        .route("/services/oauth2/revoke", get(identity::revoke_by_query).post(identity::revoke_by_form))
        .route("/services/oauth2/introspect", post(identity::introspect))
        .route("/services/oauth2/userinfo", get(identity::user_info).post(identity::user_info))
        .route("/id/{organization}/{user}", get(identity::identity))
}

/// What the token endpoints answer when they refuse.
#[derive(Debug)]
pub(crate) struct OAuthError {
    error: &'static str,
    description: &'static str,
}

impl OAuthError {
    fn new(error: &'static str, description: &'static str) -> Self {
        Self { error, description }
    }

    fn unread() -> Self {
        Self::new("invalid_request", "the request body could not be read")
    }

    fn body(&self) -> Map<String, Value> {
        let pairs = [("error", self.error), ("error_description", self.description)];
        pairs.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect()
    }

    fn grant(description: &'static str) -> Self {
        Self::new("invalid_grant", description)
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        Notation::Json.answer(StatusCode::BAD_REQUEST, &self.body())
    }
}

/// The token of an `Authorization: Bearer` (or `OAuth`) header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("Bearer") || scheme.eq_ignore_ascii_case("OAuth")).then_some(token.trim())
}

/// First value of a name among form or query pairs.
pub(crate) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

//! Who calls: by a bearer token, or by the session's cookie, never by both.

use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::Scope;
use engine::{Actor, Bearer};
use secrecy::SecretString;

use super::{Problem, answer};
use crate::http::{AppState, CurrentActor};

/// What a request says of itself.
pub(crate) enum Presented {
    /// Nothing, or a cookie.
    Cookie,
    Token(SecretString),
    /// An `Authorization` that is no bearer token.
    Other,
}

/// Only the resources read it; pages and server functions know cookies alone.
fn takes_tokens(path: &str) -> bool {
    path.starts_with("/api/v1/")
}

/// A request with an `Authorization` stands on that alone: what a browser adds by itself is taken away before session and CSRF
/// protection look at it. No page of somewhere else can send one: a browser would ask us first, and we don't answer.
pub(crate) async fn set_apart(mut request: Request, next: Next) -> Response {
    if takes_tokens(request.uri().path()) && request.headers().contains_key(header::AUTHORIZATION) {
        for name in [header::COOKIE.as_str(), header::ORIGIN.as_str(), "sec-fetch-site"] {
            request.headers_mut().remove(name);
        }
    }
    next.run(request).await
}

pub(crate) fn presented(request: &Request) -> Presented {
    if !takes_tokens(request.uri().path()) || !request.headers().contains_key(header::AUTHORIZATION) {
        return Presented::Cookie;
    }
    match bearer_token(request.headers()) {
        Some(token) => Presented::Token(token),
        None => Presented::Other,
    }
}

/// RFC 6750, section 2.1. Of two headers none is believed.
fn bearer_token(headers: &HeaderMap) -> Option<SecretString> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| SecretString::from(token.trim()))
}

/// Lets a request to the resources through whose caller may do what it asks for, and who understands the answer.
pub(crate) async fn admit(scope: Scope, request: Request, next: Next) -> Response {
    let Some(CurrentActor(Some(_))) = request.extensions().get::<CurrentActor>() else {
        return nobody(&request);
    };
    // A cookie's session may do all that its person may.
    if let Some(bearer) = request.extensions().get::<Bearer>()
        && !bearer.may(scope)
    {
        let detail = format!("The token is not for this: it lacks the scope “{}”.", scope.name());
        let challenge =
            format!("Bearer realm=\"casebridge\", error=\"insufficient_scope\", scope=\"{}\"", scope.name());
        return challenged(Problem::new(StatusCode::FORBIDDEN, detail), &challenge);
    }
    if !answer::is_understood(request.headers()) {
        let detail = "Answers are application/json and application/problem+json; Accept allows neither.";
        return Problem::new(StatusCode::NOT_ACCEPTABLE, detail).into_response();
    }
    next.run(request).await
}

fn nobody(request: &Request) -> Response {
    let invalid = "Bearer realm=\"casebridge\", error=\"invalid_token\"";
    let (detail, challenge) = match presented(request) {
        Presented::Token(_) => ("The token is unknown, expired or revoked. Make a new one.", invalid),
        Presented::Other => (
            "Send one bearer token, not JWT, Basic or another kind of authorization: Authorization: Bearer cbt_…",
            invalid,
        ),
        Presented::Cookie => ("Send a bearer token: Authorization: Bearer cbt_…", "Bearer realm=\"casebridge\""),
    };
    challenged(Problem::new(StatusCode::UNAUTHORIZED, detail), challenge)
}

fn challenged(problem: Problem, challenge: &str) -> Response {
    let mut response = problem.into_response();
    if let Ok(value) = HeaderValue::from_str(challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// The caller, on routes whose policy lets only known ones through.
pub(crate) struct Caller(pub(crate) std::sync::Arc<Actor>);

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        match parts.extensions.get::<CurrentActor>() {
            Some(CurrentActor(Some(actor))) => Ok(Self(actor.clone())),
            _ => Err(Problem::new(StatusCode::UNAUTHORIZED, "Send a bearer token.")),
        }
    }
}

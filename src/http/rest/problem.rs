//! What goes wrong, as RFC 9457 has it: `application/problem+json`, with the fields to blame where there are some.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use engine::PublicKind;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::log_fault;

pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

/// A problem, as RFC 9457 has it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    type_: &'static str,
    /// The status in words.
    title: String,
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong and what to do, for people.
    detail: String,
    /// What of the request is to blame.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldProblem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// A member of the JSON body, a parameter of the address, or a header.
    field: String,
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            type_: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// 400, where one field is to blame.
    pub(crate) fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let errors = vec![FieldProblem { field: field.into(), detail: detail.clone() }];
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// The same with another name for a field: use cases know their own, callers what they sent.
    pub(crate) fn renamed(mut self, from: &str, to: &str) -> Self {
        for error in self.errors.iter_mut().filter(|error| error.field == from) {
            to.clone_into(&mut error.field);
        }
        self
    }

    /// The same with another status, where this field is to blame.
    pub(crate) fn with_status_for(self, field: &str, status: StatusCode) -> Self {
        if !self.errors.iter().any(|error| error.field == field) {
            return self;
        }
        let Self { detail, errors, .. } = self;
        Self { errors, ..Self::new(status, detail) }
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<engine::Error> for Problem {
    fn from(error: engine::Error) -> Self {
        log_fault(&error);
        let public = error.public();
        let status = match public.kind {
            PublicKind::Invalid => StatusCode::BAD_REQUEST,
            PublicKind::NotFound => StatusCode::NOT_FOUND,
            PublicKind::Forbidden => StatusCode::FORBIDDEN,
            PublicKind::Conflict => StatusCode::CONFLICT,
            PublicKind::BadCredentials => StatusCode::UNAUTHORIZED,
            PublicKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            PublicKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            PublicKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        match public.field {
            Some(field) => Self { status: status.as_u16(), ..Self::field(field, public.message) },
            None => Self::new(status, public.message),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        response
    }
}

/// Whether a path is for programs, so that whatever goes wrong there is said as a problem. Server functions have an error of their
/// own.
pub(crate) fn is_programs_path(path: &str) -> bool {
    path.starts_with("/api/") && !path.starts_with("/api/fn/")
}

/// The same answer as a problem, unless it is JSON already.
pub(crate) fn say(bare: Response) -> Response {
    let kind = bare.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind == "application/json" || kind == CONTENT_TYPE {
        return bare;
    }
    let detail = match bare.status() {
        StatusCode::NOT_FOUND => "There is nothing at this address.",
        StatusCode::METHOD_NOT_ALLOWED => "This address takes no such method. Allow says which.",
        StatusCode::PAYLOAD_TOO_LARGE => "The request is too large. Shorten it or split it up.",
        StatusCode::REQUEST_TIMEOUT => "That took too long. Try again.",
        StatusCode::FORBIDDEN => {
            "The request came from a page of somewhere else. Send a bearer token instead of a cookie."
        }
        StatusCode::SERVICE_UNAVAILABLE => "The service is busy. Try again in a moment.",
        status if status.is_server_error() => "Something went wrong on our side. Try again in a moment.",
        _ => "The request was not understood.",
    };
    let mut problem = Problem::new(bare.status(), detail).into_response();
    keep(bare.headers(), problem.headers_mut());
    *problem.extensions_mut() = bare.extensions().clone();
    problem
}

fn keep(from: &HeaderMap, to: &mut HeaderMap) {
    for name in [header::ALLOW, header::RETRY_AFTER, header::SET_COOKIE] {
        for value in from.get_all(&name) {
            to.append(name.clone(), value.clone());
        }
    }
}

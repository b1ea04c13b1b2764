//! How the token endpoint is spoken to and how it answers: forms in; JSON, XML or a form out.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

use super::{OAuthError, value};
use crate::xml::escape;

/// The pairs of a form. A body that is something else has none, so that a grant is missing rather than the request refused.
pub(super) struct Pairs(pub(super) Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Pairs {
    type Rejection = OAuthError;

    async fn from_request(request: Request, state: &S) -> Result<Self, OAuthError> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_form = content_type.is_none_or(|content| content.starts_with("application/x-www-form-urlencoded"));
        let body = Bytes::from_request(request, state).await.map_err(|_| OAuthError::unread())?;
        if !is_form {
            return Ok(Self(Vec::new()));
        }
        Ok(Self(url::form_urlencoded::parse(&body).into_owned().collect()))
    }
}

/// What an answer is written as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    Json,
    Xml,
    Form,
}

impl Notation {
    /// As the parameter `format` says, else as the `Accept` header does.
    pub(super) fn wanted(form: &[(String, String)], headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match value(form, "format").unwrap_or(accepted) {
            "xml" | "application/xml" => Self::Xml,
            "urlencoded" | "application/x-www-form-urlencoded" => Self::Form,
            _ => Self::Json,
        }
    }

    pub(super) fn answer(self, status: StatusCode, body: &Map<String, Value>) -> Response {
        let no_store = (header::CACHE_CONTROL, "no-store");
        let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match self {
            Self::Json => (status, [no_store], Json(body)).into_response(),
            Self::Xml => {
                let fields: String =
                    body.iter().map(|(name, value)| format!("<{name}>{}</{name}>", escape(&shown(value)))).collect();
                let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><OAuth>{fields}</OAuth>");
                (status, [no_store, (header::CONTENT_TYPE, "application/xml;charset=UTF-8")], text).into_response()
            }
            Self::Form => {
                let mut text = url::form_urlencoded::Serializer::new(String::new());
                text.extend_pairs(body.iter().map(|(name, value)| (name, shown(value))));
                let content_type = (header::CONTENT_TYPE, "application/x-www-form-urlencoded;charset=UTF-8");
                (status, [no_store, content_type], text.finish()).into_response()
            }
        }
    }
}

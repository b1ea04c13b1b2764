//! An error as Salesforce words it: a status, an `errorCode`, a message and the fields it is about.

use std::borrow::Cow;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Value, json};

use crate::schema::Object;

/// Why a record isn't saved or deleted.
const OF_RECORDS: [&str; 21] = [
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    "CIRCULAR_DEPENDENCY",
    "DELETE_FAILED",
    "DUPLICATE_EXTERNAL_ID",
    "DUPLICATE_USERNAME",
    "DUPLICATE_VALUE",
    "ENTITY_IS_DELETED",
    "FIELD_INTEGRITY_EXCEPTION",
    "INACTIVE_OWNER_OR_USER",
    "INVALID_CROSS_REFERENCE_KEY",
    "INVALID_EMAIL_ADDRESS",
    "INVALID_FIELD_FOR_INSERT_UPDATE",
    "INVALID_OPERATION",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    "INVALID_TYPE_ON_FIELD_IN_RECORD",
    "LIMIT_EXCEEDED",
    "REQUIRED_FIELD_MISSING",
    "STANDARD_PRICE_NOT_DEFINED",
    "STRING_TOO_LONG",
    "UNABLE_TO_LOCK_ROW",
    "UNDELETE_FAILED",
];

/// One entry of the error array that every failed REST call answers with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    pub status: StatusCode,
    /// Salesforce's own word, such as `REQUIRED_FIELD_MISSING`.
    pub code: Cow<'static, str>,
    pub message: String,
    pub fields: Vec<String>,
}

impl ApiError {
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), fields: Vec::new() }
    }

    /// Status 400, which is what most of them are.
    pub fn bad(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    #[must_use]
    pub fn about(mut self, field: impl Into<String>) -> Self {
        self.fields.push(field.into());
        self
    }

    pub(crate) fn session() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "The requested resource does not exist")
    }

    pub(crate) fn method_not_allowed(method: &http::Method, allowed: &str) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            format!("HTTP Method '{method}' not allowed. Allowed are {allowed}"),
        )
    }

    pub(crate) fn limit_exceeded(what: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED", format!("{what} Limit exceeded."))
    }

    pub(crate) fn no_such_column(field: &str, object: &Object) -> Self {
        Self::bad("INVALID_FIELD", format!("No such column '{field}' on sobject of type {}", object.name))
    }

    pub(crate) fn deleted() -> Self {
        Self::new(StatusCode::NOT_FOUND, "ENTITY_IS_DELETED", "entity is deleted")
    }

    /// To be changed or deleted; what is only read is plainly not found.
    pub(crate) fn no_such_record() -> Self {
        Self { status: StatusCode::NOT_FOUND, ..Self::cross_reference() }
    }

    pub(crate) fn malformed_id(id: &str) -> Self {
        Self::bad("MALFORMED_ID", format!("malformed id {id}"))
    }

    pub(crate) fn cross_reference() -> Self {
        Self::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    }

    pub(crate) fn json(message: impl Into<String>) -> Self {
        Self::bad("JSON_PARSER_ERROR", message)
    }

    pub(crate) fn locked(id: &str) -> Self {
        Self::bad("UNABLE_TO_LOCK_ROW", format!("unable to obtain exclusive access to this record or 1 records: {id}"))
    }

    /// As one entry of the array. What is wrong with a record names its fields, if there are none too; what is wrong with a request
    /// has none.
    pub(crate) fn entry(&self) -> Value {
        let mut entry = json!({ "message": self.message, "errorCode": self.code });
        if (!self.fields.is_empty() || OF_RECORDS.contains(&&*self.code))
            && let Some(map) = entry.as_object_mut()
        {
            map.insert("fields".into(), json!(self.fields));
        }
        entry
    }

    /// As a whole answer: always an array.
    pub(crate) fn body(&self) -> Value {
        json!([self.entry()])
    }

    /// As the collections calls word it: `statusCode` rather than `errorCode`.
    pub(crate) fn save_error(&self) -> Value {
        json!({ "statusCode": self.code, "message": self.message, "fields": self.fields })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(self.body())).into_response()
    }
}

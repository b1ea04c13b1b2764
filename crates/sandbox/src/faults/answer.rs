//! What a `status` fault answers: the error as each of the org's APIs words errors.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde_json::json;

use super::Fault;
use crate::{error::ApiError, events, soap};

const UNAVAILABLE: &str = "The server is temporarily unavailable. Please try again.";

impl Fault {
    /// The answer to a call of this path, in place of the org's own.
    pub(crate) fn answer(&self, path: &str) -> Response {
        let status = self.status.and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let message = self.message.as_deref().unwrap_or(UNAVAILABLE);
        if path.starts_with("/eventbus.") {
            return events::grpc_refusal(status, self.code.as_deref(), message);
        }
        if path.starts_with("/services/oauth2/") {
            let error = self.code.as_deref().unwrap_or("temporarily_unavailable");
            let body = Json(json!({ "error": error, "error_description": message }));
            return (status, [(header::CACHE_CONTROL, "no-store")], body).into_response();
        }
        let code = self.code.as_deref().unwrap_or("SERVER_UNAVAILABLE");
        if path.starts_with("/services/Soap/") {
            let mut response = soap::fault(code, message);
            *response.status_mut() = status;
            return response;
        }
        ApiError::new(status, code.to_owned(), message).into_response()
    }
}

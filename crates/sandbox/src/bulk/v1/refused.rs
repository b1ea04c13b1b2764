//! Errors in the first interface's own words: always status 400, and a code in `CamelCase`.

use http::StatusCode;

use crate::error::ApiError;

/// An error as this interface words it.
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

pub(super) fn refused(code: &'static str, message: impl Into<String>) -> Refused {
    Refused { status: StatusCode::BAD_REQUEST, code, message: message.into() }
}

/// Whatever it is; docs/SANDBOX.md says so too.
pub(super) fn not_emulated(what: &str) -> Refused {
    Refused {
        status: StatusCode::NOT_IMPLEMENTED,
        code: "FeatureNotEnabled",
        message: format!("The sandbox org does not emulate {what}"),
    }
}

pub(super) fn no_such_job(id: &str) -> Refused {
    refused("InvalidJob", format!("Invalid job id: {id}"))
}

pub(super) fn no_such_batch(id: &str) -> Refused {
    refused("InvalidBatch", format!("Unable to find batch: {id}"))
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        let code = match error.code.as_ref() {
            "INVALID_SESSION_ID" => "InvalidSessionId",
            "REQUEST_LIMIT_EXCEEDED" => "ExceededQuota",
            "UNSUPPORTED_API_VERSION" => "InvalidVersion",
            "NOT_FOUND" => "InvalidUrl",
            "UNKNOWN_EXCEPTION" => "InternalServerError",
            _ => "ClientInputError",
        };
        // Whatever it is, this interface says 400; a client that looks for an ended session looks there.
        Self { status: StatusCode::BAD_REQUEST, code, message: error.message }
    }
}

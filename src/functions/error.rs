//! The one error of server functions: a kind, which is also the HTTP status, and a sentence for the person.
//! The inside of an error (sources, addresses, SQL) never reaches it.

use std::fmt;

use http::StatusCode;
use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// What was sent breaks a rule; the message says which.
    Invalid,
    NotFound,
    Forbidden,
    /// The key was used for another text.
    Conflict,
    /// The session has ended; what was typed is still in the page.
    SignedOut,
    RateLimited,
    /// Trouble that passes: try again.
    Unavailable,
    Internal,
    /// No answer at all. Arises in the browser only.
    Unreachable,
}

impl FailureKind {
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid => 422,
            Self::NotFound => 404,
            Self::Forbidden => 403,
            Self::Conflict => 409,
            Self::SignedOut => 401,
            Self::RateLimited => 429,
            Self::Unavailable | Self::Unreachable => 503,
            Self::Internal => 500,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionError {
    pub kind: FailureKind,
    /// A sentence for the person who asked: what is wrong, what to do next.
    pub message: String,
}

impl FunctionError {
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FunctionError {}

impl FromServerFnError for FunctionError {
    type Encoder = JsonEncoding;

    /// Errors of the transport. Their own words are for developers, so none is passed on.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => {
                Self::new(FailureKind::Unreachable, "The portal can't be reached. Check your connection and try again.")
            }
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::new(
                FailureKind::Invalid,
                "The portal did not understand the request. Reload the page and try again.",
            ),
            // On the server it is the request that can't be read.
            ServerFnErrorErr::Deserialization(_) if cfg!(feature = "ssr") => Self::new(
                FailureKind::Invalid,
                "The portal did not understand the request. Reload the page and try again.",
            ),
            // In the browser it is the answer: a proxy's page, or a portal of another version.
            ServerFnErrorErr::Deserialization(_) => {
                Self::new(FailureKind::Unavailable, "The portal's answer can't be read. Reload the page and try again.")
            }
            _ => Self::new(FailureKind::Internal, "Something went wrong in the portal. Try again in a moment."),
        }
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

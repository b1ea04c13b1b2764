//! What can go wrong in a use case, and the part of it that may reach a client.
//!
//! Refusals a person can mend (`Invalid`, `Conflict`, `Forbidden`) carry their sentence. `NotFound` is the answer for what
//! doesn't exist and for what the actor may not know of, word for word alike. Everything else has a source for the log
//! and a sentence that reveals nothing of it.

use domain::Invalid;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Invalid(String),
    /// The same, where one field of what was sent is to blame.
    #[error("{field}: {sentence}")]
    InvalidField { field: &'static str, sentence: String },
    #[error("not found")]
    NotFound,
    /// Only where the actor already knows that the thing exists.
    #[error("{0}")]
    Forbidden(String),
    #[error("{0}")]
    Conflict(String),
    #[error("bad credentials")]
    BadCredentials,
    #[error("the org: {0}")]
    Org(#[from] salesforce::Error),
    #[error("the database: {0}")]
    Store(#[from] store::Error),
    #[error("{0}")]
    Internal(String),
}

/// What a client may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Public {
    pub kind: PublicKind,
    /// A sentence for the person, saying what to do next.
    pub message: String,
    /// The field of a request that it is about, where it is about one.
    pub field: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicKind {
    Invalid,
    NotFound,
    Forbidden,
    Conflict,
    BadCredentials,
    Unavailable,
    RateLimited,
    Internal,
}

impl Error {
    pub(crate) fn invalid(sentence: impl Into<String>) -> Self {
        Self::Invalid(sentence.into())
    }

    pub(crate) fn field(field: &'static str, sentence: impl Into<String>) -> Self {
        Self::InvalidField { field, sentence: sentence.into() }
    }

    pub(crate) fn internal(what: impl Into<String>) -> Self {
        Self::Internal(what.into())
    }

    pub fn public(&self) -> Public {
        let (kind, message) = match self {
            Self::Invalid(sentence) | Self::InvalidField { sentence, .. } => (PublicKind::Invalid, sentence.as_str()),
            Self::NotFound => (PublicKind::NotFound, "There is nothing here, or you have no access to it."),
            Self::Forbidden(sentence) => (PublicKind::Forbidden, sentence.as_str()),
            Self::Conflict(sentence) => (PublicKind::Conflict, sentence.as_str()),
            Self::BadCredentials => {
                (PublicKind::BadCredentials, "That email address and password don't match. Check both and try again.")
            }
            Self::Org(error) if error.is_temporary() => {
                (PublicKind::Unavailable, "Salesforce can't be reached right now. Try again in a minute.")
            }
            Self::Org(_) => (
                PublicKind::Unavailable,
                "Salesforce refused the request. An admin can see why on the connection page.",
            ),
            Self::Store(error) if error.is_temporary() => {
                (PublicKind::Unavailable, "The service is busy. Try again in a moment.")
            }
            Self::Store(_) | Self::Internal(_) => {
                (PublicKind::Internal, "Something went wrong on our side. Nothing was lost; try again in a moment.")
            }
        };
        let field = match self {
            Self::InvalidField { field, .. } => Some(*field),
            _ => None,
        };
        Public { kind, message: message.to_owned(), field }
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid.0)
    }
}

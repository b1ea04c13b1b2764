//! What can go wrong on the way to an org, sorted by what the caller should do about it.

use std::{error::Error as StdError, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize};

/// A failed call. `Display` and `Debug` name the kind and the org's error code but never its words, which can hold what people
/// wrote ("data value too large: …"), so both are safe to log; [`Error::message`] has the words, for the person they concern.
#[derive(Clone)]
pub struct Error {
    kind: ErrorKind,
    outcome: Outcome,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// Whether the org may have done what it was asked although the call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    NotApplied,
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// No connection: nothing was sent.
    Connect,
    /// The deadline passed.
    Timeout,
    /// The connection broke, or an answer came that is not the org's, after the request was sent.
    Interrupted,
    /// The org said no, in its own words.
    Api { status: u16, errors: Vec<ApiError> },
    /// `REQUEST_LIMIT_EXCEEDED`: the day's calls are used up, or too many run at once.
    Limit { message: String },
    /// The session was refused even when fresh.
    SessionExpired,
    /// The log-in server refused to give tokens. Unless [temporary](Error::is_temporary), an admin must connect the org again.
    Grant { error: String, description: Option<String> },
    /// An answer in a shape this client doesn't know.
    Decode,
    /// The tokens could not be read or kept.
    TokenStore,
    /// The rest of a query's pages is gone (its session ended, or two days passed): run the query again.
    LocatorExpired,
    /// There are no tokens: an admin has to connect the org first.
    NotConnected,
    /// The request can't be made as asked; the sentence says why. Nothing was sent.
    Request { problem: String },
}

/// One of Salesforce's errors, from a response or from a part of a composite one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    #[serde(rename = "errorCode", alias = "statusCode")]
    pub code: String,
    #[serde(default)]
    pub message: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub fields: Vec<String>,
}

fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError").field("code", &self.code).field("fields", &self.fields).finish_non_exhaustive()
    }
}

/// Codes that go away by waiting, whatever their HTTP status.
const TEMPORARY_CODES: &[&str] = &[
    "API_TEMPORARILY_UNAVAILABLE",
    "INVALID_QUERY_LOCATOR",
    "INVALID_SESSION_ID",
    "QUERY_TIMEOUT",
    "REQUEST_LIMIT_EXCEEDED",
    "REQUEST_RUNNING_TOO_LONG",
    "SERVER_UNAVAILABLE",
    "UNABLE_TO_LOCK_ROW",
];

/// What the org answers to all parts of a composite request but the one that failed.
const HALTED_CODES: &[&str] = &["PROCESSING_HALTED", "BATCH_PROCESSING_HALTED", "ALL_OR_NONE_OPERATION_ROLLED_BACK"];

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self { kind, outcome: Outcome::NotApplied, source: None }
    }

    /// What can't be asked of an org at all, before it was.
    pub fn request(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Request { problem: problem.into() })
    }

    pub(crate) fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }

    /// A failure of the transport. `sent` is what to believe of the request once it left.
    pub(crate) fn transport(error: reqwest::Error, sent: Outcome) -> Self {
        let (kind, outcome) = if error.is_connect() {
            (ErrorKind::Connect, Outcome::NotApplied)
        } else if error.is_builder() {
            (ErrorKind::Request { problem: "the request can't be written as HTTP".to_owned() }, Outcome::NotApplied)
        } else if error.is_timeout() {
            (ErrorKind::Timeout, sent)
        } else {
            (ErrorKind::Interrupted, sent)
        };
        // The URL holds keys and queries: not for logs.
        Self { kind, outcome, source: Some(Arc::new(error.without_url())) }
    }

    /// What the org's error list means.
    pub(crate) fn api(status: u16, errors: Vec<ApiError>) -> Self {
        let kind = match errors.first() {
            Some(error) if error.code == "REQUEST_LIMIT_EXCEEDED" => {
                ErrorKind::Limit { message: error.message.clone() }
            }
            Some(error) if error.code == "INVALID_QUERY_LOCATOR" => ErrorKind::LocatorExpired,
            _ => ErrorKind::Api { status, errors },
        };
        Self::new(kind)
    }

    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Whether the same call can succeed later without anybody doing anything.
    pub fn is_temporary(&self) -> bool {
        match &self.kind {
            ErrorKind::Connect
            | ErrorKind::Timeout
            | ErrorKind::Interrupted
            | ErrorKind::Limit { .. }
            | ErrorKind::SessionExpired
            | ErrorKind::TokenStore
            | ErrorKind::LocatorExpired => true,
            ErrorKind::Api { status, errors } => {
                // A redirect leads to a log-in or maintenance page; 300 and 304 are answers.
                matches!(status, 301..=303 | 305..=399 | 420 | 429 | 500..)
                    || errors.first().is_some_and(|error| TEMPORARY_CODES.contains(&error.code.as_str()))
            }
            ErrorKind::Grant { error, description } => {
                matches!(error.as_str(), "rate_limit_exceeded" | "server_error" | "temporarily_unavailable")
                    || description
                        .as_deref()
                        .is_some_and(|text| text.contains("token request is already being processed"))
            }
            ErrorKind::Decode | ErrorKind::NotConnected | ErrorKind::Request { .. } => false,
        }
    }

    /// Whether nothing will work until an admin connects the org again.
    pub fn needs_reconnect(&self) -> bool {
        match &self.kind {
            ErrorKind::NotConnected => true,
            ErrorKind::Grant { .. } => !self.is_temporary(),
            _ => false,
        }
    }

    /// Whether the org may have done what it was asked: the request was sent, and no answer tells. Always false for reads.
    pub fn outcome_unknown(&self) -> bool {
        self.outcome == Outcome::Unknown
    }

    /// Salesforce's errorCode, or OAuth's error.
    pub fn code(&self) -> Option<&str> {
        match &self.kind {
            ErrorKind::Api { errors, .. } => errors.first().map(|error| error.code.as_str()),
            ErrorKind::Limit { .. } => Some("REQUEST_LIMIT_EXCEEDED"),
            ErrorKind::LocatorExpired => Some("INVALID_QUERY_LOCATOR"),
            ErrorKind::SessionExpired => Some("INVALID_SESSION_ID"),
            ErrorKind::Grant { error, .. } => Some(error),
            _ => None,
        }
    }

    /// The org's own words, or ours where it said nothing. May quote what people wrote: show it to its author, don't log it.
    pub fn message(&self) -> String {
        match &self.kind {
            ErrorKind::Api { errors, .. } if errors.iter().any(|error| !error.message.is_empty()) => errors
                .iter()
                .map(|error| error.message.as_str())
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join(" "),
            ErrorKind::Limit { message } if !message.is_empty() => message.clone(),
            ErrorKind::Grant { description: Some(description), .. } => description.clone(),
            _ => self.to_string(),
        }
    }

    /// The org's errors, when it listed any.
    pub fn api_errors(&self) -> &[ApiError] {
        match &self.kind {
            ErrorKind::Api { errors, .. } => errors,
            _ => &[],
        }
    }

    /// HTTP status of the org's answer, when there was one.
    pub fn status(&self) -> Option<u16> {
        match self.kind {
            ErrorKind::Api { status, .. } => Some(status),
            _ => None,
        }
    }
}

/// Whether these errors only say that another part of the request failed.
pub(crate) fn is_halted(errors: &[ApiError]) -> bool {
    errors.first().is_some_and(|error| HALTED_CODES.contains(&error.code.as_str()))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ErrorKind::Connect => f.write_str("no connection to Salesforce"),
            ErrorKind::Timeout => f.write_str("Salesforce did not answer in time"),
            ErrorKind::Interrupted => f.write_str("the connection to Salesforce broke before the answer came"),
            ErrorKind::Api { status, errors } => match errors.first() {
                Some(error) if error.fields.is_empty() => write!(f, "Salesforce answered {status} {}", error.code),
                Some(error) => write!(f, "Salesforce answered {status} {} ({})", error.code, error.fields.join(", ")),
                None => write!(f, "Salesforce answered {status}"),
            },
            ErrorKind::Limit { .. } => f.write_str("Salesforce's limit of API calls is reached"),
            ErrorKind::SessionExpired => f.write_str("Salesforce refused a fresh session"),
            ErrorKind::Grant { error, .. } => write!(f, "Salesforce refused to log in ({error})"),
            ErrorKind::Decode => f.write_str("Salesforce's answer has an unknown shape"),
            ErrorKind::TokenStore => f.write_str("the Salesforce tokens can't be read or kept"),
            ErrorKind::LocatorExpired => f.write_str("the rest of the query's pages is gone; run it again"),
            ErrorKind::NotConnected => f.write_str("Salesforce is not connected"),
            ErrorKind::Request { problem } => f.write_str(problem),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &format_args!("{self}")).field("outcome", &self.outcome);
        if let Some(source) = &self.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{ApiError, Error, ErrorKind};

    fn api(status: u16, code: &str) -> Error {
        let errors = vec![ApiError { code: code.to_owned(), message: "secret words".to_owned(), fields: vec![] }];
        Error::api(status, errors)
    }

    #[rstest]
    #[case(400, "UNABLE_TO_LOCK_ROW", true)]
    #[case(400, "QUERY_TIMEOUT", true)]
    #[case(403, "REQUEST_LIMIT_EXCEEDED", true)]
    #[case(503, "SERVER_UNAVAILABLE", true)]
    #[case(500, "UNKNOWN_EXCEPTION", true)]
    #[case(429, "", true)]
    #[case(302, "", true)]
    #[case(300, "MULTIPLE_MATCHES", false)]
    #[case(400, "STRING_TOO_LONG", false)]
    #[case(400, "DUPLICATE_VALUE", false)]
    #[case(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", false)]
    #[case(403, "INSUFFICIENT_ACCESS", false)]
    #[case(404, "NOT_FOUND", false)]
    fn what_waiting_mends_is_temporary(#[case] status: u16, #[case] code: &str, #[case] temporary: bool) {
        assert_eq!(api(status, code).is_temporary(), temporary);
        assert_eq!(api(status, code).code(), Some(code));
    }

    #[rstest]
    #[case("invalid_grant", "expired access/refresh token", false)]
    #[case("invalid_grant", "token request is already being processed", true)]
    #[case("rate_limit_exceeded", "slow down", true)]
    #[case("invalid_client_id", "client identifier invalid", false)]
    fn a_refused_grant_needs_an_admin_unless_it_passes(
        #[case] error: &str,
        #[case] description: &str,
        #[case] passes: bool,
    ) {
        let error = Error::new(ErrorKind::Grant { error: error.to_owned(), description: Some(description.to_owned()) });
        assert_eq!(error.is_temporary(), passes);
        assert_eq!(error.needs_reconnect(), !passes);
    }

    #[test]
    fn the_orgs_words_are_told_when_asked_for_but_not_logged() {
        let error = api(400, "STRING_TOO_LONG");
        assert_eq!(error.message(), "secret words");
        for logged in [error.to_string(), format!("{error:?}"), format!("{:?}", error.kind())] {
            assert!(!logged.contains("secret words"), "{logged}");
            assert!(logged.contains("STRING_TOO_LONG"), "{logged}");
        }
    }

    #[test]
    fn both_spellings_of_the_code_and_missing_fields_are_read() {
        for json in [
            r#"{"errorCode":"X","message":"m","fields":null}"#,
            r#"{"statusCode":"X","message":"m","fields":[]}"#,
            r#"{"errorCode":"X","message":"m"}"#,
        ] {
            let error: ApiError = serde_json::from_str(json).unwrap();
            assert_eq!((error.code.as_str(), error.fields.len()), ("X", 0), "{json}");
        }
    }
}

//! The token endpoint's answers.

use ::http::StatusCode;
use oauth2::{
    HttpResponse, RequestTokenError, StandardTokenResponse, TokenResponse as _,
    basic::{BasicErrorResponse, BasicTokenType},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    OrgConfig, Tokens,
    error::{Error, ErrorKind},
};

/// What Salesforce adds to RFC 6749. It never says when a token expires.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SalesforceFields {
    instance_url: Url,
    id: Option<Url>,
    /// Milliseconds since 1970, as a string.
    issued_at: Option<String>,
}

impl oauth2::ExtraTokenFields for SalesforceFields {}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct TokenAnswer(StandardTokenResponse<SalesforceFields, BasicTokenType>);

impl oauth2::TokenResponse for TokenAnswer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &oauth2::AccessToken {
        self.0.access_token()
    }
    fn token_type(&self) -> &BasicTokenType {
        self.0.token_type()
    }
    fn expires_in(&self) -> Option<std::time::Duration> {
        self.0.expires_in()
    }
    fn refresh_token(&self) -> Option<&oauth2::RefreshToken> {
        self.0.refresh_token()
    }
    fn scopes(&self) -> Option<&Vec<oauth2::Scope>> {
        self.0.scopes()
    }
}

impl TokenAnswer {
    /// Refuses an instance that would have the bearer token travel less safely than the log-in did.
    pub(super) fn into_tokens(self, config: &OrgConfig) -> Result<Tokens, Error> {
        let fields = self.0.extra_fields();
        let scheme = fields.instance_url.scheme();
        if scheme != "https" && (scheme != "http" || config.login_url.scheme() == "https") {
            return Err(Error::new(ErrorKind::Decode));
        }
        let scopes =
            self.0.scopes().map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "));
        Ok(Tokens {
            access_token: SecretString::from(self.0.access_token().secret().clone()),
            refresh_token: self.0.refresh_token().map(|token| SecretString::from(token.secret().clone())),
            instance_url: fields.instance_url.clone(),
            issued_at: fields
                .issued_at
                .as_deref()
                .and_then(|millis| millis.parse::<i64>().ok())
                .map(|millis| domain::Timestamp::from_micros(millis.saturating_mul(1000))),
            scope: scopes,
            id: fields.id.clone(),
        })
    }
}

/// For the grant the oauth2 crate has no request for.
pub(super) fn tokens(response: &HttpResponse) -> Result<TokenAnswer, Error> {
    if response.status() != StatusCode::OK {
        return Err(refusal(response));
    }
    serde_json::from_slice(response.body())
        .map_err(|error| Error::new(ErrorKind::Decode).with_source(without_text(&error)))
}

pub(super) fn refusal(response: &HttpResponse) -> Error {
    match serde_json::from_slice::<BasicErrorResponse>(response.body()) {
        Ok(refusal) => grant(&refusal),
        Err(_) => Error::new(ErrorKind::Api { status: response.status().as_u16(), errors: Vec::new() }),
    }
}

pub(super) fn failure(error: RequestTokenError<Error, BasicErrorResponse>) -> Error {
    match error {
        RequestTokenError::ServerResponse(refusal) => grant(&refusal),
        RequestTokenError::Request(error) => error,
        // Both variants carry the body, which may hold tokens: only the place of the mistake is kept.
        RequestTokenError::Parse(error, _) => Error::new(ErrorKind::Decode).with_source(format!("at {}", error.path())),
        RequestTokenError::Other(problem) => Error::new(ErrorKind::Decode).with_source(problem),
    }
}

fn grant(refusal: &BasicErrorResponse) -> Error {
    Error::new(ErrorKind::Grant {
        error: refusal.error().as_ref().to_owned(),
        description: refusal.error_description().cloned(),
    })
}

/// serde's messages quote the value they choke on.
fn without_text(error: &serde_json::Error) -> String {
    format!("{:?} at line {} column {}", error.classify(), error.line(), error.column())
}

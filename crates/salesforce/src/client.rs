//! The client: every call goes through [`Client::send`], with the session's tokens, a deadline, and one answer to what may be repeated.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use ::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use domain::{Clock, SystemClock};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::{
    ApiUsage, ApiVersion, Grant, OAuth, OrgConfig, Repeat, TokenStore, Tokens,
    error::{ApiError, Error, ErrorKind, Outcome},
    rest::{Request, Size},
    session::Session,
};

/// Calls one org. Cheap to clone; clones share session, connections and what is known of the limits.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    config: Arc<OrgConfig>,
    session: Session,
    usage: Mutex<Option<ApiUsage>>,
}

/// URI and headers together may have 16,384 bytes; this leaves room for the headers.
pub(crate) const MAX_URI_BYTES: usize = 14_000;

/// How much longer than others a call with a file's worth of rows may take.
const LARGE_FACTOR: u32 = 15;

impl Client {
    /// `http` comes from [`crate::http::client`].
    pub fn new(http: reqwest::Client, config: Arc<OrgConfig>, grant: Grant, tokens: Arc<dyn TokenStore>) -> Self {
        Self::with_clock(http, config, grant, tokens, Arc::new(SystemClock))
    }

    /// With the clock that dates the assertions of [`Grant::Jwt`].
    pub fn with_clock(
        http: reqwest::Client,
        config: Arc<OrgConfig>,
        grant: Grant,
        tokens: Arc<dyn TokenStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let oauth = OAuth::new(http.clone(), Arc::clone(&config));
        let session = Session::new(oauth, grant, tokens, clock);
        Self(Arc::new(Inner { http, config, session, usage: Mutex::new(None) }))
    }

    /// The log-in server, for the steps of [`Grant::Web`] that a browser takes part in.
    pub fn oauth(&self) -> &OAuth {
        self.0.session.oauth()
    }

    pub fn api_version(&self) -> ApiVersion {
        self.0.config.api_version
    }

    /// Stores the tokens that a person's consent gave, and uses them from now on.
    ///
    /// # Errors
    /// [`ErrorKind::TokenStore`].
    pub async fn connect(&self, tokens: Tokens) -> Result<(), Error> {
        self.0.session.connect(tokens).await
    }

    /// Makes sure there is a session, getting one where no person is needed for it.
    ///
    /// # Errors
    /// [`ErrorKind::NotConnected`], [`ErrorKind::Grant`], or trouble on the way.
    pub async fn tokens(&self) -> Result<Tokens, Error> {
        within(self.deadline(Size::Usual), self.0.session.tokens()).await
    }

    /// Forgets the tokens and revokes them at the org. The caller erases the stored ones, whether or not this works.
    ///
    /// # Errors
    /// The store can't be read, or the org can't be told.
    pub async fn disconnect(&self) -> Result<(), Error> {
        self.0.session.disconnect().await
    }

    /// What the org's latest answer said of its daily budget; nothing before the first one.
    pub fn limits(&self) -> Option<ApiUsage> {
        *self.0.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deadline(&self, size: Size) -> Instant {
        let factor = match size {
            Size::Usual => 1,
            Size::Large => LARGE_FACTOR,
        };
        Instant::now() + self.0.config.deadline * factor
    }

    /// Sends with a session, renewing it at most once and, where the caller allows, sending again at most once after a broken
    /// connection: all within one deadline.
    pub(crate) async fn send(&self, request: &Request, repeat: Repeat) -> Result<Answer, Error> {
        let deadline = self.deadline(request.size);
        let mut tokens = within(deadline, self.0.session.tokens()).await?;
        let mut renewed = false;
        let mut interrupted = None;
        loop {
            let error = match self.attempt(request, &tokens, deadline).await {
                Ok(answer) if answer.says_session_expired() && !renewed => {
                    renewed = true;
                    match within(deadline, self.0.session.renew(&tokens)).await {
                        Ok(fresh) => {
                            tokens = fresh;
                            continue;
                        }
                        Err(error) => error,
                    }
                }
                Ok(answer) if answer.says_session_expired() => Error::new(ErrorKind::SessionExpired),
                Ok(answer) => match answer.checked() {
                    Ok(answer) => return Ok(answer),
                    Err(error) => error,
                },
                Err(error)
                    if repeat == Repeat::Safe
                        && interrupted.is_none()
                        && matches!(error.kind(), ErrorKind::Interrupted) =>
                {
                    interrupted = Some(error);
                    continue;
                }
                Err(error) => error,
            };
            tracing::debug!(
                salesforce.operation = request.operation,
                salesforce.code = error.code(),
                error = %error,
                "salesforce call failed"
            );
            // The second try's failure says nothing of the first.
            return Err(match interrupted {
                Some(first) if first.outcome_unknown() => error.with_outcome(Outcome::Unknown),
                _ => error,
            });
        }
    }

    async fn attempt(&self, request: &Request, tokens: &Tokens, deadline: Instant) -> Result<Answer, Error> {
        let sent = request.outcome_once_sent();
        let url = request.url(&tokens.instance_url, self.0.config.api_version)?;
        if url.as_str().len() > MAX_URI_BYTES {
            return Err(Error::request("the query is too long for one call; ask for fewer records at a time"));
        }
        let mut builder = self
            .0
            .http
            .request(request.method.clone(), url)
            .bearer_auth(tokens.access_token.expose_secret())
            .header(header::ACCEPT, request.accept);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = &request.body {
            builder = builder.header(header::CONTENT_TYPE, request.content_type).body(body.clone());
        }
        let started = Instant::now();
        let exchange = async {
            let response = builder.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            // Kept even when the rest of the answer gets lost.
            self.note_usage(&headers);
            Ok(Answer { status, headers, body: response.bytes().await?, sent })
        };
        let answer = timeout_at(deadline, exchange)
            .await
            .map_err(|_| Error::new(ErrorKind::Timeout).with_outcome(sent))?
            .map_err(|error| Error::transport(error, sent))?;
        tracing::debug!(
            salesforce.operation = request.operation,
            http.status = answer.status.as_u16(),
            elapsed_ms = started.elapsed().as_millis(),
            "salesforce answered"
        );
        Ok(answer)
    }

    fn note_usage(&self, headers: &HeaderMap) {
        if let Some(usage) = ApiUsage::from_headers(headers) {
            *self.0.usage.lock().unwrap_or_else(PoisonError::into_inner) = Some(usage);
        }
    }
}

/// Nothing of the caller's has been sent while it waits for a session.
async fn within<T>(deadline: Instant, session: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout_at(deadline, session)
        .await
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Timeout)))
        .map_err(|error| error.with_outcome(Outcome::NotApplied))
}

/// What came back, whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    sent: Outcome,
}

impl Answer {
    /// 401 `INVALID_SESSION_ID`, and the plain text of the identity services.
    fn says_session_expired(&self) -> bool {
        match self.status {
            StatusCode::UNAUTHORIZED => {
                let errors = self.errors();
                errors.is_empty() || errors.iter().any(|error| error.code == "INVALID_SESSION_ID")
            }
            StatusCode::FORBIDDEN => self.body.starts_with(b"Bad_OAuth_Token"),
            _ => false,
        }
    }

    /// Salesforce lists errors in an array; a gateway in front of it writes anything.
    fn errors(&self) -> Vec<ApiError> {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    fn checked(self) -> Result<Self, Error> {
        if self.status.is_success() {
            return Ok(self);
        }
        let status = self.status.as_u16();
        if self.status == StatusCode::MULTIPLE_CHOICES {
            return Err(Error::api(
                status,
                vec![ApiError {
                    code: "DUPLICATE_EXTERNAL_ID".to_owned(),
                    message: "More than one record in Salesforce has this external id.".to_owned(),
                    fields: Vec::new(),
                }],
            ));
        }
        let errors = self.errors();
        // When Salesforce itself reports a 5xx it has rolled back; a gateway only lost sight of it.
        let outcome = if self.status.is_server_error() && errors.is_empty() { self.sent } else { Outcome::NotApplied };
        Err(Error::api(status, errors).with_outcome(outcome))
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.body.clone()
    }

    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let is_json = self
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("application/json"));
        serde_json::from_slice(&self.body).map_err(|error| {
            // A maintenance page or a cut answer, not an answer of another shape.
            let kind = if is_json && error.is_data() { ErrorKind::Decode } else { ErrorKind::Interrupted };
            // serde's own message quotes the value it chokes on.
            let place = format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column());
            Error::new(kind).with_outcome(self.sent).with_source(place)
        })
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url: &Url = &self.0.config.login_url;
        f.debug_struct("Client")
            .field("login_url", &url.as_str())
            .field("limits", &self.limits())
            .finish_non_exhaustive()
    }
}

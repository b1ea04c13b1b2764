//! A server that answers as a test tells it, and remembers what it was asked.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse as _, Response},
};
use futures::{FutureExt as _, future::BoxFuture};
use salesforce::{Client, Grant, OrgConfig, TokenStore, TokenStoreError, Tokens, http::HttpOptions};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

/// One request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    /// Path and query as written on the wire.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn is_token_request(&self) -> bool {
        self.target == "/services/oauth2/token"
    }

    /// The bearer token.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
    }

    pub(crate) fn form(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(&self.body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub(crate) enum Reply {
    Json(u16, Value),
    /// Status, content type, body.
    Raw(u16, &'static str, String),
    With(Box<Reply>, &'static str, String),
    /// The connection closes without an answer.
    HangUp,
    /// No answer ever.
    Silence,
}

impl Reply {
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::Json(status, serde_json::json!([{"message": message, "errorCode": code, "fields": []}]))
    }

    pub(crate) fn expired() -> Self {
        Self::error(401, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    pub(crate) fn with_header(self, name: &'static str, value: &str) -> Self {
        Self::With(Box::new(self), name, value.to_owned())
    }

    async fn into_response(self) -> Response {
        match self {
            Self::Json(status, json) => (
                StatusCode::from_u16(status).unwrap(),
                [("content-type", "application/json;charset=UTF-8")],
                json.to_string(),
            )
                .into_response(),
            Self::Raw(status, kind, body) => {
                (StatusCode::from_u16(status).unwrap(), [("content-type", kind)], body).into_response()
            }
            Self::With(reply, name, value) => {
                let mut response = Box::pin(reply.into_response()).await;
                response.headers_mut().insert(name, value.parse().unwrap());
                response
            }
            // Ends the connection's task, and the connection with it.
            Self::HangUp => std::panic::resume_unwind(Box::new("hang up")),
            Self::Silence => std::future::pending().await,
        }
    }
}

type Handler = Arc<dyn Fn(Seen) -> BoxFuture<'static, Reply> + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Org {
    pub(crate) url: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Org {
    /// `handler` also gets the org's own URL, for answers that name it.
    pub(crate) async fn start(handler: impl Fn(&Url, &Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_async(move |url, seen| {
            let reply = handler(&url, &seen);
            async move { reply }.boxed()
        })
        .await
    }

    pub(crate) async fn start_async(
        handler: impl Fn(Url, Seen) -> BoxFuture<'static, Reply> + Send + Sync + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let url: Url = format!("http://{address}").parse().unwrap();
        let (own, seen) = (url.clone(), Arc::<Mutex<Vec<Seen>>>::default());
        let handler: Handler = Arc::new(move |seen| handler(own.clone(), seen));
        let log = Arc::clone(&seen);
        let app = axum::Router::new().fallback(move |request: Request<Body>| {
            let (handler, log) = (Arc::clone(&handler), Arc::clone(&log));
            async move {
                let (parts, body) = request.into_parts();
                let seen = Seen {
                    method: parts.method,
                    target: parts.uri.to_string(),
                    headers: parts.headers,
                    body: to_bytes(body, usize::MAX).await.unwrap(),
                };
                log.lock().unwrap().push(seen.clone());
                handler(seen).await.into_response().await
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, seen }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Requests other than for tokens.
    pub(crate) fn calls(&self) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| !seen.target.starts_with("/services/oauth2/token")).collect()
    }

    pub(crate) fn token_requests(&self) -> Vec<Seen> {
        self.seen().into_iter().filter(Seen::is_token_request).collect()
    }

    pub(crate) fn config(&self) -> OrgConfig {
        OrgConfig {
            client_secret: Some(SecretString::from("app-secret")),
            ..OrgConfig::new(self.url.clone(), "app-id")
        }
    }

    pub(crate) fn tokens(&self, access: &str) -> Tokens {
        tokens(&self.url, access, "refresh-1")
    }

    /// A client that is connected with the access token `old`.
    pub(crate) fn client(&self) -> Client {
        self.client_with(MemoryTokens::holding(self.tokens("old")))
    }

    pub(crate) fn client_with(&self, store: Arc<MemoryTokens>) -> Client {
        Client::new(http(), Arc::new(self.config()), Grant::Web, store)
    }

    pub(crate) fn client_with_deadline(&self, deadline: Duration) -> Client {
        let config = OrgConfig { deadline, ..self.config() };
        Client::new(http(), Arc::new(config), Grant::Web, MemoryTokens::holding(self.tokens("old")))
    }
}

pub(crate) fn http() -> reqwest::Client {
    salesforce::http::client(&HttpOptions::default()).unwrap()
}

pub(crate) const IDENTITY: &str = "https://login.example/id/00D000000000001EAA/005000000000001AAA";

pub(crate) fn tokens(instance: &Url, access: &str, refresh: &str) -> Tokens {
    Tokens {
        access_token: SecretString::from(access),
        refresh_token: Some(SecretString::from(refresh)),
        instance_url: instance.clone(),
        issued_at: None,
        scope: Some("api refresh_token".to_owned()),
        id: Some(IDENTITY.parse().unwrap()),
    }
}

pub(crate) fn token_answer(instance: &Url, access: &str, refresh: Option<&str>) -> Reply {
    let mut answer = serde_json::json!({
        "access_token": access, "instance_url": instance.as_str().trim_end_matches('/'), "id": IDENTITY,
        "token_type": "Bearer", "issued_at": "1763640000123", "signature": "sig=", "scope": "api refresh_token",
    });
    if let Some(refresh) = refresh {
        answer["refresh_token"] = refresh.into();
    }
    Reply::Json(200, answer)
}

pub(crate) fn grant_error(error: &str, description: &str) -> Reply {
    Reply::Json(400, serde_json::json!({"error": error, "error_description": description}))
}

/// A store in memory that tells what it was asked to keep, and can be told to fail.
#[derive(Default)]
pub(crate) struct MemoryTokens {
    stored: Mutex<Option<Tokens>>,
    /// Refresh tokens in the order they were saved.
    saved: Mutex<Vec<String>>,
    failures: Mutex<u32>,
}

impl MemoryTokens {
    pub(crate) fn empty() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn holding(tokens: Tokens) -> Arc<Self> {
        let store = Self::default();
        *store.stored.lock().unwrap() = Some(tokens);
        Arc::new(store)
    }

    /// What another process would do.
    pub(crate) fn put(&self, tokens: Tokens) {
        *self.stored.lock().unwrap() = Some(tokens);
    }

    pub(crate) fn fail_next_save(&self) {
        *self.failures.lock().unwrap() += 1;
    }

    pub(crate) fn saved(&self) -> Vec<String> {
        self.saved.lock().unwrap().clone()
    }
}

impl TokenStore for MemoryTokens {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>, TokenStoreError>> {
        let stored = self.stored.lock().unwrap().clone();
        async move { Ok(stored) }.boxed()
    }

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        async move {
            let mut failures = self.failures.lock().unwrap();
            if *failures > 0 {
                *failures -= 1;
                return Err(TokenStoreError::new("disk full"));
            }
            *self.stored.lock().unwrap() = Some(tokens.clone());
            let refresh = tokens.refresh_token.as_ref().map(|token| token.expose_secret().to_owned());
            self.saved.lock().unwrap().push(refresh.unwrap_or_default());
            Ok(())
        }
        .boxed()
    }
}

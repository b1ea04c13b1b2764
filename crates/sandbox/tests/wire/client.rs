//! A bare HTTP client of a sandbox org.

use reqwest::{Method, RequestBuilder, StatusCode};
use sandbox::{Sandbox, SandboxOptions};
use serde_json::Value;

pub(crate) struct Org {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: reqwest::Client,
    pub(crate) token: String,
}

#[expect(clippy::disallowed_methods, reason = "the one client of these tests; it follows no redirect")]
fn builder() -> reqwest::ClientBuilder {
    // Whoever came first has installed the same.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy()
}

pub(crate) fn plain() -> reqwest::Client {
    builder().build().unwrap()
}

pub(crate) fn https(ca_pem: &str) -> reqwest::Client {
    let authority = reqwest::Certificate::from_pem(ca_pem.as_bytes()).unwrap();
    builder().tls_certs_only([authority]).build().unwrap()
}

impl Org {
    pub(crate) async fn start() -> Self {
        Self::start_with(SandboxOptions::default()).await
    }

    pub(crate) async fn start_with(options: SandboxOptions) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let token = sandbox.token();
        Self { sandbox, http: plain(), token }
    }

    /// A request beneath `/services/data/v67.0`, with the session.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/services/data/v67.0{path}", self.sandbox.url());
        self.http.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.request(method, path).json(&body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn query(&self, soql: &str) -> Value {
        let (status, body) = answer(self.request(Method::GET, "/query").query(&[("q", soql)])).await;
        assert_eq!(status, StatusCode::OK, "{soql}: {body}");
        body
    }

    pub(crate) async fn control(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/_sandbox/{path}", self.sandbox.url());
        let (status, body) = answer(self.http.post(url).json(&body)).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

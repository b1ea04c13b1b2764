//! Headers that every answer carries: pages, errors, static files.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::{AppState, request_context::RequestContext};

/// On a response whose forms lead elsewhere: the origins they may reach. Browsers apply `form-action` to redirects too.
#[derive(Clone)]
pub(crate) struct FormTargets(pub(crate) String);

const FIXED: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    ),
];

const TWO_YEARS: &str = "max-age=63072000; includeSubDomains";

pub(crate) async fn add(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let nonce = request.extensions().get::<RequestContext>().map(|context| context.nonce.to_string());
    let mut response = next.run(request).await;
    let targets = response.extensions().get::<FormTargets>().map(|targets| targets.0.clone());
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(nonce.as_deref(), targets.as_deref())) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if state.web().is_https() && !state.web().on_loopback() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TWO_YEARS));
    }
    // What isn't a static file is somebody's: no cache may keep it, the browser's after log-out included.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn content_security_policy(nonce: Option<&str>, form_targets: Option<&str>) -> String {
    let script = nonce
        .map_or_else(|| "'none'".to_owned(), |nonce| format!("'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'"));
    let form_targets = form_targets.map(|targets| format!(" {targets}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src {script}; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         manifest-src 'self'; form-action 'self'{form_targets}; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    )
}

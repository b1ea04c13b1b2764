//! What belongs to one request from its first moment: an id for the log, a nonce for its page.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use leptos::nonce::Nonce;
use tracing::Instrument as _;

use super::AppState;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[derive(Clone)]
pub(crate) struct RequestContext {
    pub(crate) nonce: Nonce,
}

/// Outermost: mints the context, opens the span, logs the outcome. Ids sent by clients are not taken over.
pub(crate) async fn open(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = state.random().uuid_v7(state.clock().now()).to_string();
    let mut nonce = [0; 16];
    state.random().fill(&mut nonce);
    request.extensions_mut().insert(RequestContext { nonce: Nonce::from_value(URL_SAFE_NO_PAD.encode(nonce)) });
    let span = tracing::info_span!("http.request", request.id = %id, http.method = %request.method());
    let path = request.uri().path().to_owned();
    async move {
        let mut response = next.run(request).await;
        let route = response.extensions().get::<MatchedPath>().map_or(path.as_str(), MatchedPath::as_str);
        let status = response.status().as_u16();
        let elapsed_ms = started.elapsed().as_secs_f64() * 1000.0;
        if status >= 500 {
            tracing::error!(http.route = route, http.status = status, elapsed_ms, "answered");
        } else {
            tracing::debug!(http.route = route, http.status = status, elapsed_ms, "answered");
        }
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        response
    }
    .instrument(span)
    .await
}

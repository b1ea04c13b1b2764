//! Built files (wasm, script, style) and what `public/` holds. Precompressed where the build did so; names with a hash are kept for ever.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use tower::ServiceExt;
use tower_http::services::ServeDir;
use tower_sessions::Session;

use super::{AppState, identity, view::View};
use crate::app::Viewer;

const FOREVER: &str = "public, max-age=31536000, immutable";
const A_WHILE: &str = "public, max-age=3600";

/// The last resort of the router: a file, or the page that says there is nothing.
pub(crate) async fn file_or_not_found(State(state): State<AppState>, session: Session, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut view = View::of(&state, request.extensions(), None);
    let built = request.uri().path().starts_with(&format!("/{}/", state.leptos().pkg_url_path()));
    let files = ServeDir::new(&*state.leptos().site_root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    let mut response = match files.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        let kept = if built && state.leptos().hash_files { FOREVER } else { A_WHILE };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
        return response;
    }
    if response.status() != StatusCode::NOT_FOUND || built {
        return response;
    }
    match identity::resolve(&state, &session).await {
        Ok(current) => {
            view.frame.viewer = current.0.as_deref().map(Viewer::from);
            let mut bare = StatusCode::NOT_FOUND.into_response();
            bare.extensions_mut().insert(current);
            bare
        }
        Err(unknown) => unknown.answer(&view),
    }
}

//! For whoever watches the process: does it run, can it serve, how far is it behind the org.

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use engine::DatabaseState;
use serde_json::json;

use super::AppState;

/// The process answers. Asks nothing of anybody.
pub(crate) async fn live() -> impl IntoResponse {
    Json(json!({"status": "live"}))
}

/// 503 while the database is away. An org that can't be reached keeps nobody from reading and writing here, so it only shows in the numbers.
pub(crate) async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    let health = state.engine().health().await;
    let status = match health.database {
        DatabaseState::Ok => StatusCode::OK,
        DatabaseState::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(health))
}

//! `/_sandbox/events`: what was published, and trouble for whoever subscribes.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    change::gap,
    event_type::{CHANGE_TYPES, EventType},
    log::Signal,
    streams::Listener,
};
use crate::{
    asked::{Body, Parameters, unknown},
    clock::datetime,
    error::ApiError,
    org::Org,
    records::JournalError,
    seed,
};

pub(super) fn routes() -> Router<Arc<Org>> {
    Router::new()
        .route("/_sandbox/events", get(recent))
        .route("/_sandbox/events/gap", post(add_gap))
        .route("/_sandbox/events/expire", post(expire))
        .route("/_sandbox/events/streams", get(streams))
        .route("/_sandbox/events/drop-streams", post(drop_streams))
        .route("/_sandbox/events/keep-alive", post(keep_alive))
}

/// How many events are listed when nobody says.
const LISTED: usize = 200;

#[derive(Deserialize)]
struct Listing {
    count: Option<usize>,
}

/// The newest events, oldest first.
async fn recent(State(org): State<Arc<Org>>, Parameters(listing): Parameters<Listing>) -> Json<Vec<Value>> {
    let events = org.events.recent(listing.count.unwrap_or(LISTED), org.now());
    let shown = events.iter().map(|event| {
        json!({
            "replay_id": event.replay_id,
            "id": event.id,
            "topic": event.topic,
            "published_at": datetime(event.at),
            "payload": event.payload(),
        })
    });
    Json(shown.collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gap {
    /// API name of a covered object.
    object: String,
    /// `GAP_CREATE`, `GAP_UPDATE`, `GAP_DELETE`, `GAP_UNDELETE` or `GAP_OVERFLOW`
    change_type: String,
    /// Not for an overflow, which is about no record in particular.
    #[serde(default)]
    record_ids: Vec<String>,
}

async fn add_gap(State(org): State<Arc<Org>>, Body(asked): Body<Gap>) -> Response {
    let object = org.schema.object(&asked.object).map(|object| object.name.as_str());
    let event = object.and_then(|name| org.event_types.of_object(name)).filter(|event| event.is_change());
    let Some(event) = event.cloned() else {
        return unknown(format!("Changes of {} are not published", asked.object)).into_response();
    };
    let kind = CHANGE_TYPES.iter().find(|kind| **kind == asked.change_type && kind.starts_with("GAP_"));
    let Some(kind) = kind else {
        return ApiError::bad("INVALID_ARGUMENT", format!("{} is no kind of gap", asked.change_type)).into_response();
    };
    if asked.record_ids.is_empty() && *kind != "GAP_OVERFLOW" {
        return ApiError::bad("INVALID_ARGUMENT", "record_ids: which records is it about?").into_response();
    }
    kept(publish_gap(&org, &event, kind, &asked.record_ids).await)
}

async fn publish_gap(org: &Org, event: &EventType, kind: &'static str, ids: &[String]) -> Result<(), JournalError> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    org.publish(seed::ADMIN_ID, |commit| vec![gap(event, kind, &ids, 1, commit)]).await
}

/// As if 72 hours had gone by for what was published, and for nothing else.
async fn expire(State(org): State<Arc<Org>>) -> Response {
    kept(org.expire_events().await)
}

/// Who subscribes right now.
async fn streams(State(org): State<Arc<Org>>) -> Json<Vec<Listener>> {
    Json(org.listeners())
}

#[derive(Deserialize)]
struct Dropping {
    /// All of them when absent.
    stream: Option<String>,
}

async fn drop_streams(State(org): State<Arc<Org>>, Parameters(dropping): Parameters<Dropping>) -> Response {
    match dropping.stream {
        None => org.drop_streams(),
        Some(stream) if org.drop_stream(&stream) => {}
        Some(stream) => return unknown(format!("There is no stream {stream}")).into_response(),
    }
    kept(Ok(()))
}

/// Says at once what a subscription says after a silence.
async fn keep_alive(State(org): State<Arc<Org>>) -> Response {
    org.events.signal(Signal::KeepAlive);
    kept(Ok(()))
}

fn kept(result: Result<(), JournalError>) -> Response {
    match result {
        Ok(()) => Json(json!({ "ok": true })).into_response(),
        Err(error) => ApiError::from(error).into_response(),
    }
}

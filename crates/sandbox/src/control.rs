//! `/_sandbox/`: what a test needs and a real org lacks. No session, no budget, no faults.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    asked::{Body, Parameters, unknown},
    budget::Limits,
    clock::datetime,
    error::ApiError,
    faults::Fault,
    lock::locked,
    org::{Org, Writer},
    seed::ADMIN_ID,
};

pub(crate) fn routes() -> Router<Arc<Org>> {
    Router::new()
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/snapshot", get(snapshot))
        .route("/_sandbox/count", get(count))
        .route("/_sandbox/clock", get(clock).post(advance))
        .route("/_sandbox/expire-sessions", post(expire_sessions))
        .route("/_sandbox/revoke-grants", post(revoke_grants))
        .route("/_sandbox/api-budget", post(api_budget))
        .route("/_sandbox/limits", get(limits).post(set_limits))
        .route("/_sandbox/switches", post(switches))
        .route("/_sandbox/undelete", post(undelete))
        .route("/_sandbox/jwt-keys", post(jwt_key))
        .route("/_sandbox/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/_sandbox/requests", get(requests).delete(forget_requests))
}

type Done = Json<Value>;

fn done() -> Done {
    Json(json!({ "ok": true }))
}

async fn reset(State(org): State<Arc<Org>>) -> Response {
    match org.reset().await {
        Ok(()) => done().into_response(),
        Err(error) => ApiError::from(error).into_response(),
    }
}

async fn snapshot(State(org): State<Arc<Org>>) -> Json<Value> {
    Json(org.read(crate::records::Database::snapshot))
}

#[derive(Deserialize)]
struct Count {
    object: String,
}

async fn count(State(org): State<Arc<Org>>, Parameters(query): Parameters<Count>) -> Response {
    let Some(object) = org.schema.object(&query.object) else {
        return unknown(format!("There is no object {}", query.object)).into_response();
    };
    Json(json!({ "count": org.read(|database| database.count(&object.name)) })).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u64,
}

async fn clock(State(org): State<Arc<Org>>) -> Json<Value> {
    Json(json!({ "now": datetime(org.now()) }))
}

async fn advance(State(org): State<Arc<Org>>, Body(advance): Body<Advance>) -> Response {
    match org.advance_clock(Duration::from_secs(advance.advance_seconds)).await {
        Ok(()) => clock(State(org)).await.into_response(),
        Err(error) => ApiError::from(error).into_response(),
    }
}

async fn expire_sessions(State(org): State<Arc<Org>>) -> Done {
    org.auth().expire_sessions();
    org.keep_auth().await;
    done()
}

/// Every approval ends, as when an admin blocks the app.
async fn revoke_grants(State(org): State<Arc<Org>>) -> Done {
    org.auth().revoke_all();
    org.keep_auth().await;
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    remaining: u64,
}

async fn api_budget(State(org): State<Arc<Org>>, Body(budget): Body<Budget>) -> Done {
    org.budget.set_remaining(budget.remaining, org.now());
    done()
}

async fn limits(State(org): State<Arc<Org>>) -> Json<Value> {
    let budget = &org.budget;
    let (limits, now) = (budget.limits(), org.now());
    Json(json!({
        "daily": limits.daily,
        "remaining": budget.remaining(),
        "concurrent": limits.concurrent,
        "long_call_seconds": limits.long_call_seconds,
        "session_seconds": limits.session_seconds,
        "delivered_events": limits.delivered_events,
        "deliveries_left": budget.deliveries_left(now),
        "published_events": limits.published_events,
        "publishable": budget.publishable(now),
        "cometd_clients": limits.cometd_clients,
        "event_streams": limits.event_streams,
        "calls_under_way": budget.calls_under_way(),
        "long_calls_under_way": budget.long_calls(now),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetLimits {
    daily: Option<u64>,
    concurrent: Option<usize>,
    long_call_seconds: Option<u64>,
    session_seconds: Option<u64>,
    delivered_events: Option<u64>,
    published_events: Option<u64>,
    cometd_clients: Option<usize>,
    event_streams: Option<usize>,
}

async fn set_limits(State(org): State<Arc<Org>>, Body(set): Body<SetLimits>) -> Json<Value> {
    let now = org.budget.limits();
    org.budget.set_limits(Limits {
        daily: set.daily.unwrap_or(now.daily),
        concurrent: set.concurrent.unwrap_or(now.concurrent),
        long_call_seconds: set.long_call_seconds.unwrap_or(now.long_call_seconds),
        session_seconds: set.session_seconds.unwrap_or(now.session_seconds),
        delivered_events: set.delivered_events.unwrap_or(now.delivered_events),
        published_events: set.published_events.unwrap_or(now.published_events),
        cometd_clients: set.cometd_clients.unwrap_or(now.cometd_clients),
        event_streams: set.event_streams.unwrap_or(now.event_streams),
    });
    limits(State(org)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    rotation: Option<bool>,
    feed_tracking: Option<bool>,
    audit_fields: Option<bool>,
}

async fn switches(State(org): State<Arc<Org>>, Body(turn): Body<Turn>) -> Json<Value> {
    let mut switches = locked(&org.switches);
    switches.rotation = turn.rotation.unwrap_or(switches.rotation);
    switches.feed_tracking = turn.feed_tracking.unwrap_or(switches.feed_tracking);
    switches.audit_fields = turn.audit_fields.unwrap_or(switches.audit_fields);
    Json(json!({
        "rotation": switches.rotation,
        "feed_tracking": switches.feed_tracking,
        "audit_fields": switches.audit_fields,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Undelete {
    ids: Vec<String>,
}

/// All or none.
async fn undelete(State(org): State<Arc<Org>>, Body(Undelete { ids }): Body<Undelete>) -> Response {
    let writer = Writer::within(ADMIN_ID);
    match org.transact(writer, move |transaction| ids.iter().try_for_each(|id| transaction.undelete(id))).await {
        Ok(()) => done().into_response(),
        Err(error) => error.into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JwtKey {
    public_key_pem: String,
}

async fn jwt_key(State(org): State<Arc<Org>>, Body(key): Body<JwtKey>) -> Response {
    if jsonwebtoken::DecodingKey::from_rsa_pem(key.public_key_pem.as_bytes()).is_err() {
        return ApiError::bad("INVALID_ARGUMENT", "public_key_pem must be an RSA public key in PEM form")
            .into_response();
    }
    org.auth().add_jwt_key(key.public_key_pem);
    org.keep_auth().await;
    done().into_response()
}

async fn faults(State(org): State<Arc<Org>>) -> Json<Vec<Fault>> {
    Json(org.faults.list())
}

async fn add_fault(State(org): State<Arc<Org>>, Body(fault): Body<Fault>) -> Done {
    org.faults.add(fault);
    done()
}

async fn clear_faults(State(org): State<Arc<Org>>) -> Done {
    org.faults.clear();
    done()
}

async fn requests(State(org): State<Arc<Org>>) -> Response {
    Json(org.activity.requests()).into_response()
}

async fn forget_requests(State(org): State<Arc<Org>>) -> Done {
    org.activity.clear();
    done()
}

//! Bulk API 2.0: `/services/data/vNN.0/jobs/ingest` and `/jobs/query`.

mod change;
mod create;
mod info;
mod list;
mod results;
mod rows;

use axum::{
    body::{Body, Bytes},
    extract::rejection::BytesRejection,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Map, Value};

pub(super) use self::create::external_id;
use super::{
    job::Job,
    jobs::{Additions, Jobs},
    task::Api,
};
use crate::{error::ApiError, rest::Caller};

/// One call beneath `/services/data/vNN.0/`, `jobs` included in its path.
pub(crate) struct JobCall {
    pub(crate) caller: Caller,
    pub(crate) method: Method,
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Answers a call that the table of what is covered has let through. It is answered to its end even when the caller goes
/// away, so that what is written down is seen.
///
/// # Errors
/// What the org refuses the call for.
pub(crate) async fn answer(call: JobCall) -> Result<Response, ApiError> {
    tokio::spawn(async move { dispatch(&call).await }).await.unwrap_or_else(|_| {
        Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", "The call was interrupted"))
    })
}

async fn dispatch(call: &JobCall) -> Result<Response, ApiError> {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let (api, rest) = match path.as_slice() {
        ["jobs", "ingest", rest @ ..] => (Api::V2Ingest, rest),
        ["jobs", "query", rest @ ..] => (Api::V2Query, rest),
        _ => return Err(ApiError::not_found()),
    };
    match (call.method.as_str(), rest) {
        ("POST", []) => create::create(call, api).await,
        ("GET", []) => list::list(call, api),
        ("GET", [id]) => info::info(call, api, id),
        ("PATCH", [id]) => change::change_state(call, api, id).await,
        ("DELETE", [id]) => change::delete(call, api, id).await,
        ("PUT", [id, "batches"]) if api == Api::V2Ingest => change::upload(call, id).await,
        ("GET", [id, kind]) if api == Api::V2Ingest => rows::rows(call, id, kind).await,
        ("GET", [id, "results"]) if api == Api::V2Query => results::results(call, id),
        ("GET", [id, "resultPages"]) if api == Api::V2Query => results::pages(call, id),
        _ => Err(ApiError::not_found()),
    }
}

pub(super) fn jobs(call: &JobCall) -> &Jobs {
    &call.caller.org.jobs
}

pub(super) fn with_job<T>(call: &JobCall, api: Api, id: &str, look: impl FnOnce(&Job) -> T) -> Result<T, ApiError> {
    jobs(call).with(id, |job| (job.task.api == api).then(|| look(job))).flatten().ok_or_else(ApiError::not_found)
}

/// As [`with_job`], for what a job sent and found: only the user who made it may have that.
pub(super) fn with_own_job<T>(
    call: &JobCall,
    api: Api,
    id: &str,
    look: impl FnOnce(&Job) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    with_job(call, api, id, |job| {
        if job.task.user == call.caller.user {
            return look(job);
        }
        // The sandbox's own words: no document has Salesforce's.
        let message = "Only the user who created the job can get its results";
        Err(ApiError::new(StatusCode::FORBIDDEN, "INSUFFICIENT_ACCESS", message))
    })?
}

pub(super) async fn change_job<T>(
    call: &JobCall,
    api: Api,
    id: &str,
    additions: Additions,
    edit: impl FnOnce(&mut Job) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let edit = |job: &mut Job| if job.task.api == api { edit(job) } else { Err(ApiError::not_found()) };
    let changed = jobs(call).change(&call.caller.org, id, additions, edit).await;
    changed.unwrap_or_else(|| Err(ApiError::not_found()))
}

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad("INVALIDJOB", message)
}

/// The job isn't where the call needs it to be.
pub(super) fn invalid_state(message: impl Into<String>) -> ApiError {
    ApiError::bad("INVALIDJOBSTATE", message)
}

pub(super) fn json_answer(call: &JobCall, status: StatusCode, body: &Value) -> Response {
    let pretty = call.headers.get("x-prettyprint").is_some_and(|value| value == "1" || value == "true");
    let text = if pretty { serde_json::to_string_pretty(body).unwrap_or_default() } else { body.to_string() };
    (status, [(header::CONTENT_TYPE, "application/json;charset=UTF-8")], text).into_response()
}

pub(super) fn csv_answer(body: Body) -> Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/csv;charset=UTF-8")], body).into_response()
}

pub(super) fn content_type(call: &JobCall) -> &str {
    call.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

pub(super) fn unsupported(content_type: &str, wanted: &str) -> ApiError {
    ApiError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
        format!("The content type of the request body must be {wanted}, not {content_type}"),
    )
}

/// The body of a call about a job.
pub(super) fn read_body(call: &JobCall) -> Result<Map<String, Value>, ApiError> {
    let content_type = content_type(call);
    if !content_type.is_empty() && !content_type.to_ascii_lowercase().contains("json") {
        return Err(unsupported(content_type, "application/json"));
    }
    read_object(&call.body)
}

pub(super) fn read_object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        ApiError::json(format!("Unexpected input at [line:{}, column:{}]", error.line(), error.column()))
    })?;
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(ApiError::json("The request body must be a JSON object")),
    }
}

/// Why a body could not be had.
pub(crate) fn unread(rejection: &BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large();
    }
    ApiError::json("The request body could not be read to its end")
}

pub(crate) fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "EXCEEDED_MAX_SIZE_REQUEST",
        "The request is larger than the maximum size allowed",
    )
}

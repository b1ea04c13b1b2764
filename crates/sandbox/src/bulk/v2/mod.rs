//! Bulk API 2.0: `/services/data/vNN.0/jobs/ingest` and `/jobs/query`.

mod change;
mod create;
mod info;
mod results;
mod rows;

use axum::{
    body::Bytes,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Map, Value};

pub(super) use self::create::external_id;
use self::rows::Listed;
use super::{
    Jobs,
    job::{Api, Job},
};
use crate::{error::ApiError, rest::Caller};

/// One call beneath `/services/data/vNN.0/`, `jobs` included in its path.
pub(crate) struct JobCall<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) method: &'a Method,
    pub(crate) path: &'a [String],
    pub(crate) query: &'a [(String, String)],
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Bytes,
}

/// # Errors
/// What the org refuses the call for.
pub(crate) fn answer(call: &JobCall<'_>) -> Result<Response, ApiError> {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let (api, rest) = match path.as_slice() {
        ["jobs", "ingest", rest @ ..] => (Api::V2Ingest, rest),
        ["jobs", "query", rest @ ..] => (Api::V2Query, rest),
        _ => return Err(ApiError::not_found()),
    };
    let (allowed, answered) = match (call.method.as_str(), rest) {
        ("POST", []) => ("", create::create(call, api)),
        ("GET", []) => ("", Ok(info::list(call, api))),
        ("GET", [id]) => ("", info::info(call, api, id)),
        ("PATCH", [id]) => ("", change::change_state(call, api, id)),
        ("DELETE", [id]) => ("", change::delete(call, api, id)),
        ("PUT", [id, "batches"]) if api == Api::V2Ingest => ("", change::upload(call, id)),
        ("GET", [id, kind]) if api == Api::V2Ingest && Listed::named(kind).is_some() => {
            ("", rows::rows(call, id, kind))
        }
        ("GET", [id, "results"]) if api == Api::V2Query => ("", results::results(call, id)),
        (_, []) => ("GET,HEAD,POST", Err(ApiError::not_found())),
        (_, [_]) => ("DELETE,GET,HEAD,PATCH", Err(ApiError::not_found())),
        (_, [_, "batches"]) if api == Api::V2Ingest => ("PUT", Err(ApiError::not_found())),
        (_, [_, kind]) if Listed::named(kind).is_some() || *kind == "results" => {
            ("GET,HEAD", Err(ApiError::not_found()))
        }
        _ => ("", Err(ApiError::not_found())),
    };
    if allowed.is_empty() { answered } else { Err(ApiError::method_not_allowed(call.method, allowed)) }
}

pub(super) fn jobs<'a>(call: &JobCall<'a>) -> &'a Jobs {
    &call.caller.org.jobs
}

pub(super) fn with_job<T>(
    call: &JobCall<'_>,
    api: Api,
    id: &str,
    look: impl FnOnce(&mut Job) -> T,
) -> Result<T, ApiError> {
    jobs(call).with(id, |job| (job.task.api == api).then(|| look(job))).flatten().ok_or_else(ApiError::not_found)
}

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad("INVALIDJOB", message)
}

pub(super) fn json_answer(call: &JobCall<'_>, status: StatusCode, body: &Value) -> Response {
    let pretty = call.headers.get("x-prettyprint").is_some_and(|value| value == "1" || value == "true");
    let text = if pretty { serde_json::to_string_pretty(body).unwrap_or_default() } else { body.to_string() };
    (status, [(header::CONTENT_TYPE, "application/json;charset=UTF-8")], text).into_response()
}

pub(super) fn csv_answer(text: String) -> Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/csv;charset=UTF-8")], text).into_response()
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

pub(crate) fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "EXCEEDED_MAX_SIZE_REQUEST",
        "The request is larger than the maximum size allowed",
    )
}

//! Bulk API 1: `/services/async/NN.0/job`, spoken in XML or JSON as the caller does; rows as CSV or JSON.

mod batches;
mod jobs;
mod notation;
mod refused;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    response::Response,
    routing::any,
};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::Value;

use self::{
    notation::{Told, raw_type, read_info, respond},
    refused::{Refused, no_such_batch, no_such_job, refused},
};
use super::job::{Api, Batch, BatchState, Format, Job};
use crate::{
    org::Org,
    rest::{admit, split_version},
};

/// Beyond this a body isn't even read.
const MOST_READ: usize = 2 * batches::MOST_BYTES;

pub(crate) fn routes() -> Router<Arc<Org>> {
    Router::new().route("/services/async/{*path}", any(enter)).layer(DefaultBodyLimit::max(MOST_READ))
}

async fn enter(
    State(org): State<Arc<Org>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let content_type = text_of(&headers, "content-type").to_ascii_lowercase();
    let accepts = text_of(&headers, "accept").to_ascii_lowercase();
    let json = content_type.starts_with("application/json") || accepts.starts_with("application/json");
    let told = match body {
        Ok(body) => serve(&org, &method, &uri, &headers, &content_type, body),
        Err(_) => Err(refused("ExceededQuota", "The request is larger than the maximum size allowed")),
    };
    match told {
        Ok((status, told)) => respond(status, told, json),
        Err(Refused { status, code, message }) => {
            let fields = vec![("exceptionCode", code.into()), ("exceptionMessage", message.into())];
            respond(status, Told::Element("error", fields), json)
        }
    }
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn serve(
    org: &Arc<Org>,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    content_type: &str,
    body: Bytes,
) -> Result<(StatusCode, Told), Refused> {
    let path = uri.path().trim_start_matches("/services/async/").trim_matches('/');
    let mut segments = path.split('/');
    let version = split_version(segments.next().unwrap_or_default())?;
    let path: Vec<&str> = segments.collect();
    let token = headers.get("x-sfdc-session").and_then(|value| value.to_str().ok());
    let (user, _) = admit(org, token)?;
    let ok = |told| Ok((StatusCode::OK, told));
    match (method.as_str(), path.as_slice()) {
        ("POST", ["job"]) => {
            let fields = read_info(&body, content_type)?;
            Ok((StatusCode::CREATED, jobs::create(org, user, version, &fields)?))
        }
        ("GET", ["job", id]) => ok(with(org, id, |job| Ok(jobs::job_info(job)))?),
        ("POST", ["job", id]) => ok(jobs::change_state(org, id, &read_info(&body, content_type)?)?),
        ("POST", ["job", id, "batch"]) => Ok((StatusCode::CREATED, batches::add_batch(org, id, content_type, body)?)),
        ("GET", ["job", id, "batch"]) => ok(with(org, id, |job| {
            Ok(Told::Batches(job.batches.iter().map(|batch| batches::batch_info(job, batch)).collect()))
        })?),
        ("GET", ["job", id, "batch", batch]) => ok(with_batch(org, id, batch, |job, batch| {
            Ok(Told::Element("batchInfo", batches::batch_info(job, batch)))
        })?),
        ("GET", ["job", id, "batch", batch, "request"]) => ok(with_batch(org, id, batch, |job, batch| {
            Ok(Told::Raw(raw_type(job.task.format), batch.content.clone()))
        })?),
        ("GET", ["job", id, "batch", batch, "result"]) => ok(with_batch(org, id, batch, batches::results)?),
        ("GET", ["job", id, "batch", batch, "result", result]) => ok(with_batch(org, id, batch, |job, batch| {
            if batch.state != BatchState::Completed || batch.extract.id != *result {
                return Err(refused("InvalidBatch", format!("Unable to find result: {result}")));
            }
            let extract = &batch.extract;
            let text = match job.task.format {
                Format::Json => Value::Array(extract.records.clone()).to_string(),
                Format::Csv => {
                    std::iter::once(&extract.header).chain(&extract.lines).map(String::as_str).collect::<String>()
                }
            };
            Ok(Told::Raw(raw_type(job.task.format), text.into()))
        })?),
        _ => Err(refused("InvalidUrl", format!("Destination URL not found for {method} {}", path.join("/")))),
    }
}

fn with<T>(org: &Org, id: &str, look: impl FnOnce(&mut Job) -> Result<T, Refused>) -> Result<T, Refused> {
    let found = org.jobs.with(id, |job| (job.task.api == Api::V1).then(|| look(job)));
    found.flatten().unwrap_or_else(|| Err(no_such_job(id)))
}

fn with_batch<T>(
    org: &Org,
    id: &str,
    batch: &str,
    look: impl FnOnce(&Job, &Batch) -> Result<T, Refused>,
) -> Result<T, Refused> {
    with(org, id, |job| {
        let found = job.batches.iter().find(|held| held.id == batch).ok_or_else(|| no_such_batch(batch))?;
        look(job, found)
    })
}

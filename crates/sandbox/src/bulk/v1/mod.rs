//! Bulk API 1: `/services/async/NN.0/job`, spoken in XML or JSON as the caller does; rows as CSV, JSON or XML.

mod batches;
mod jobs;
mod notation;
mod refused;
mod results;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    response::Response,
    routing::any,
};
use http::{HeaderMap, Method, StatusCode, Uri};

use self::{
    notation::{Told, raw_type, read_info, respond},
    refused::{Refused, no_such_batch, no_such_job, refused},
};
use super::{
    job::{Batch, BatchState, Job},
    jobs::Additions,
    task::Api,
};
use crate::{
    error::ApiError,
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
        Ok(body) => {
            // To its end, even when the caller goes away: what is written down is seen.
            let serving = async move { serve(&org, &method, &uri, &headers, &content_type, body).await };
            tokio::spawn(serving)
                .await
                .unwrap_or_else(|_| Err(refused("InternalServerError", "The call was interrupted")))
        }
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(refused("ExceededQuota", "The request is larger than the maximum size allowed"))
        }
        Err(_) => Err(refused("ClientInputError", "The request body could not be read to its end")),
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

async fn serve(
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
            Ok((StatusCode::CREATED, jobs::create(org, user, version, &fields, headers).await?))
        }
        ("GET", ["job", id]) => ok(with(org, id, |job| Ok(jobs::job_info(job)))?),
        ("POST", ["job", id]) => ok(jobs::change_state(org, id, &read_info(&body, content_type)?).await?),
        ("POST", ["job", id, "batch"]) => {
            Ok((StatusCode::CREATED, batches::add_batch(org, id, content_type, body).await?))
        }
        ("GET", ["job", id, "batch"]) => ok(with(org, id, |job| {
            Ok(Told::Batches(job.batches.iter().map(|batch| batches::batch_info(job, batch)).collect()))
        })?),
        ("GET", ["job", id, "batch", batch]) => ok(with_batch(org, id, batch, |job, batch| {
            Ok(Told::Element("batchInfo", batches::batch_info(job, batch)))
        })?),
        ("GET", ["job", id, "batch", batch, "request"]) => {
            let (format, batch) = with_batch(org, id, batch, |job, batch| {
                own(job, &user)?;
                Ok((job.task.format, batch.id.clone()))
            })?;
            let content = org.jobs.shelf.content(org.journal(), &batch).await.map_err(ApiError::from)?;
            ok(Told::Raw(raw_type(format), content.into()))
        }
        ("GET", ["job", id, "batch", batch, "result"]) => ok(with_batch(org, id, batch, |job, batch| {
            own(job, &user)?;
            match batch.state {
                BatchState::Completed if job.task.operation.is_query() => {
                    Ok(Told::Results(vec![batch.result_id.clone()]))
                }
                // One that failed on its way tells what became of the rows before.
                BatchState::Failed if batch.processed == 0 => Err(refused("InvalidBatch", "Records not processed")),
                BatchState::Completed | BatchState::Failed => Ok(results::of_load(org, &job.task, batch)),
                _ => Err(refused("InvalidBatch", "Batch not completed")),
            }
        })?),
        ("GET", ["job", id, "batch", batch, "result", result]) => ok(with_batch(org, id, batch, |job, batch| {
            own(job, &user)?;
            if batch.state != BatchState::Completed || batch.result_id != *result {
                return Err(refused("InvalidBatch", format!("Unable to find result: {result}")));
            }
            Ok(results::of_query(org, &job.task, batch))
        })?),
        _ => Err(refused("InvalidUrl", format!("Destination URL not found for {method} {}", path.join("/")))),
    }
}

/// What a job sent and found is its maker's; of the job itself everybody here may know.
fn own(job: &Job, user: &str) -> Result<(), Refused> {
    if job.task.user == user { Ok(()) } else { Err(refused("InvalidJob", "The job belongs to another user")) }
}

fn with<T>(org: &Org, id: &str, look: impl FnOnce(&Job) -> Result<T, Refused>) -> Result<T, Refused> {
    let found = org.jobs.with(id, |job| (job.task.api == Api::V1).then(|| look(job)));
    found.flatten().unwrap_or_else(|| Err(no_such_job(id)))
}

async fn change<T>(
    org: &Org,
    id: &str,
    additions: Additions,
    edit: impl FnOnce(&mut Job) -> Result<T, Refused>,
) -> Result<T, Refused> {
    let edit = |job: &mut Job| if job.task.api == Api::V1 { edit(job) } else { Err(no_such_job(id)) };
    org.jobs.change(org, id, additions, edit).await.unwrap_or_else(|| Err(no_such_job(id)))
}

fn with_batch<T>(
    org: &Org,
    id: &str,
    batch: &str,
    look: impl FnOnce(&Job, &Batch) -> Result<T, Refused>,
) -> Result<T, Refused> {
    with(org, id, |job| {
        let found = job.batch(batch).ok_or_else(|| no_such_batch(batch))?;
        look(job, found)
    })
}

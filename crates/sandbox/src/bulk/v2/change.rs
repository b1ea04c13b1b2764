//! What moves a job on: its rows are uploaded, it is closed, aborted or deleted.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::Value;

use super::{
    JobCall, change_job, content_type,
    info::{state, summary},
    invalid, invalid_state, jobs, json_answer, read_body, too_large, unsupported, with_job,
};
use crate::{
    bulk::{
        job::{Batch, BatchState, Intake, Job},
        jobs::Additions,
        shelf::Upload,
        task::Api,
        work::start,
    },
    error::ApiError,
    org::Org,
};

/// 150 MB after base64.
const MOST_BYTES: usize = 100_000_000;

pub(super) async fn upload(call: &JobCall, id: &str) -> Result<Response, ApiError> {
    let org = &call.caller.org;
    let content_type = content_type(call);
    if !content_type.to_ascii_lowercase().starts_with("text/csv") {
        return Err(unsupported(content_type, "text/csv"));
    }
    if call.body.len() > MOST_BYTES {
        return Err(too_large());
    }
    let batch = Batch::new(org.jobs.next_id("751")?, String::new(), org.now());
    let uploads = vec![Upload { batch: batch.id.clone(), content: call.body.clone() }];
    let additions = Additions { uploads, ..Additions::default() };
    let uploaded = change_job(call, Api::V2Ingest, id, additions, |job| {
        if job.intake != Intake::Open {
            return Err(invalid_state(format!("The job isn't open; its state is {}", state(job))));
        }
        if !job.batches.is_empty() {
            return Err(invalid(format!(
                "Found multiple contents for job: <{}>, please 'Close' / 'Abort' / 'Delete' the current Job then create a \
                 new Job and make sure you only do 'PUT' once on a given Job.",
                job.id
            )));
        }
        job.modified = batch.created;
        job.batches.push(batch);
        Ok(())
    });
    uploaded.await?;
    Ok(StatusCode::CREATED.into_response())
}

pub(super) async fn change_state(call: &JobCall, api: Api, id: &str) -> Result<Response, ApiError> {
    let body = read_body(call)?;
    let wanted = body.get("state").and_then(Value::as_str).unwrap_or_default().to_owned();
    let org: &Arc<Org> = &call.caller.org;
    let now = org.now();
    let empty = Batch::new(org.jobs.next_id("751")?, String::new(), now);
    let changed = change_job(call, api, id, Additions::default(), |job| {
        let refused = |job: &Job| Err(invalid_state(format!("A job in state {} can't become {wanted}", state(job))));
        match wanted.as_str() {
            "UploadComplete" if api == Api::V2Ingest && job.intake == Intake::Open => {
                if job.batches.is_empty() {
                    job.batches.push(Batch { state: BatchState::Completed, ..empty });
                }
                job.intake = Intake::Closed;
                job.modified = now;
                let queued = job.batches.first().filter(|batch| batch.state == BatchState::Queued);
                Ok((summary(job), queued.map(|batch| (job.id.clone(), batch.id.clone()))))
            }
            "Aborted" if !job.has_ended() => {
                job.abort(now);
                Ok((summary(job), None))
            }
            "UploadComplete" | "Aborted" => refused(job),
            _ => Err(invalid_state(format!("Unknown state {wanted}"))),
        }
    });
    let (shown, queued) = changed.await?;
    if let Some((job, batch)) = queued {
        start(org, job, batch);
    }
    Ok(json_answer(call, StatusCode::OK, &shown))
}

pub(super) async fn delete(call: &JobCall, api: Api, id: &str) -> Result<Response, ApiError> {
    // An open job hasn't begun; only one that is at work can't go.
    let idle = with_job(call, api, id, |job| job.has_ended())?;
    if !idle {
        return Err(ApiError::bad(
            "API_ERROR",
            format!("Error encountered when deleting the job because the job is not terminated: {id}"),
        ));
    }
    jobs(call).remove(&call.caller.org, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

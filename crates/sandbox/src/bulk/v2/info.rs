//! What is told of a job: its state, its task and how far it has come.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::{JobCall, json_answer, with_job};
use crate::{
    bulk::{
        job::{BatchState, Intake, Job},
        task::Api,
    },
    clock::datetime,
    error::ApiError,
};

pub(super) fn state(job: &Job) -> &'static str {
    match (job.intake, job.batches.first().map(|batch| batch.state)) {
        (Intake::Open, _) => "Open",
        (Intake::Aborted, _) => "Aborted",
        (Intake::Closed, Some(BatchState::Queued)) => "UploadComplete",
        (Intake::Closed, Some(BatchState::InProgress)) => "InProgress",
        (Intake::Closed, Some(BatchState::Failed)) => "Failed",
        (Intake::Closed, _) => "JobComplete",
    }
}

pub(super) fn job_type(api: Api) -> &'static str {
    match api {
        Api::V1 => "Classic",
        Api::V2Ingest => "V2Ingest",
        Api::V2Query => "V2Query",
    }
}

/// As a list tells a job, and the answers to its changes.
pub(super) fn summary(job: &Job) -> Value {
    let task = &job.task;
    let version: f64 = task.version.parse().unwrap_or_default();
    let mut shown = json!({
        "id": job.id,
        "operation": task.operation.name(),
        "object": task.object,
        "createdById": task.user,
        "createdDate": datetime(job.created),
        "systemModstamp": datetime(job.modified),
        "state": state(job),
        "concurrencyMode": "Parallel",
        "contentType": task.format.name(),
        "apiVersion": version,
        "jobType": job_type(task.api),
        "lineEnding": task.dialect.line_ending.name(),
        "columnDelimiter": task.dialect.delimiter.name(),
    });
    let Some(map) = shown.as_object_mut() else { return shown };
    if task.api == Api::V2Ingest {
        map.insert(
            "contentUrl".into(),
            format!("services/data/v{}/jobs/ingest/{}/batches", task.version, job.id).into(),
        );
        map.insert("assignmentRuleId".into(), Value::Null);
    }
    if let Some(field) = &task.external_id_field {
        map.insert("externalIdFieldName".into(), field.as_str().into());
    }
    shown
}

/// With how far it has come.
fn progress(job: &Job) -> Value {
    let mut shown = summary(job);
    let Some(map) = shown.as_object_mut() else { return shown };
    let batch = job.batches.first();
    // The sandbox tells no time but its clock's, and work takes none of that.
    let took = batch.map_or(0, |batch| batch.modified.since(batch.created).as_millis());
    let mut put = |name: &str, value: Value| map.insert(name.into(), value);
    put("retries", json!(0));
    put("totalProcessingTime", json!(u64::try_from(took).unwrap_or(u64::MAX)));
    put("numberRecordsProcessed", json!(batch.map_or(0, |batch| batch.processed)));
    if job.task.api == Api::V2Ingest {
        put("numberRecordsFailed", json!(batch.map_or(0, |batch| batch.failed)));
        put("apiActiveProcessingTime", json!(0));
        put("apexProcessingTime", json!(0));
    } else {
        put("isPkChunkingSupported", json!(true));
    }
    if let Some(message) = batch.and_then(|batch| batch.message.as_deref()) {
        put("errorMessage", json!(message));
    }
    shown
}

pub(super) fn info(call: &JobCall, api: Api, id: &str) -> Result<Response, ApiError> {
    let shown = with_job(call, api, id, progress)?;
    Ok(json_answer(call, StatusCode::OK, &shown))
}

//! Batches: added, told of, and what became of their rows.

use std::sync::Arc;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::{Refused, Told, jobs::state_of, raw_type, refused, with};
use crate::{
    bulk::{
        job::{Batch, BatchState, Format, Intake, Job},
        load, start, table,
    },
    clock::datetime,
    org::Org,
};

pub(super) const MOST_BYTES: usize = 10_000_000;

pub(super) fn add_batch(org: &Arc<Org>, id: &str, content_type: &str, body: Bytes) -> Result<Told, Refused> {
    if body.len() > MOST_BYTES {
        return Err(refused("ExceededQuota", format!("The batch is larger than {MOST_BYTES} bytes")));
    }
    let batch = Batch::new(org.jobs.next_id("751")?, org.jobs.next_id("752")?, body, org.now());
    let (told, job_id, index) = with(org, id, |job| {
        if job.intake != Intake::Open {
            return Err(refused(
                "InvalidJobState",
                format!("Job state is {}; it takes no more batches", state_of(job)),
            ));
        }
        let fits = match job.task.format {
            _ if job.task.operation.is_query() => true,
            Format::Csv => content_type.starts_with("text/csv"),
            Format::Json => content_type.starts_with("application/json"),
        };
        if !fits {
            return Err(refused(
                "InvalidBatch",
                format!("Content type {content_type} does not match the job's content type"),
            ));
        }
        let told = batch_info(job, &batch);
        job.batches.push(batch);
        Ok((told, job.id.clone(), job.batches.len() - 1))
    })?;
    start(org, job_id, index);
    Ok(Told::Element("batchInfo", told))
}

pub(super) fn batch_info(job: &Job, batch: &Batch) -> Vec<(&'static str, Value)> {
    let mut fields = vec![("id", json!(batch.id)), ("jobId", json!(job.id)), ("state", json!(batch.state.name()))];
    if let Some(message) = &batch.message {
        fields.push(("stateMessage", json!(message)));
    }
    fields.extend([
        ("createdDate", json!(datetime(batch.created))),
        ("systemModstamp", json!(datetime(batch.modified))),
        ("numberRecordsProcessed", json!(batch.processed())),
        ("numberRecordsFailed", json!(batch.failed())),
        ("totalProcessingTime", json!(0)),
        ("apiActiveProcessingTime", json!(0)),
        ("apexProcessingTime", json!(0)),
    ]);
    fields
}

pub(super) fn results(job: &Job, batch: &Batch) -> Result<Told, Refused> {
    if !matches!(batch.state, BatchState::Completed | BatchState::Failed) {
        return Err(refused("InvalidBatch", "Batch not completed"));
    }
    if job.task.operation.is_query() {
        let ready = batch.state == BatchState::Completed;
        return Ok(Told::Results(ready.then(|| batch.extract.id.clone()).into_iter().collect()));
    }
    let text = match job.task.format {
        Format::Json => {
            let rows = batch.outcomes.iter().map(|outcome| match outcome {
                Ok(saved) => json!({ "success": true, "created": saved.created, "id": saved.id, "errors": [] }),
                Err(error) => json!({ "success": false, "created": false, "id": null, "errors": [error.save_error()] }),
            });
            Value::Array(rows.collect()).to_string()
        }
        Format::Csv => {
            let dialect = job.task.dialect;
            let mut text = table::line(["Id", "Success", "Created", "Error"], dialect);
            for outcome in &batch.outcomes {
                text.push_str(&match outcome {
                    Ok(saved) => table::line(
                        [saved.id.as_str(), "true", if saved.created { "true" } else { "false" }, ""],
                        dialect,
                    ),
                    Err(error) => table::line(["", "false", "false", load::told(error).as_str()], dialect),
                });
            }
            text
        }
    };
    Ok(Told::Raw(raw_type(job.task.format), text.into()))
}

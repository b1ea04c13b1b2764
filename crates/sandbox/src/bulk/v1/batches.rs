//! Batches: added and told of.

use std::sync::Arc;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::{
    Refused, Told, change,
    jobs::state_of,
    refused::{not_emulated, refused},
};
use crate::{
    bulk::{
        job::{Batch, Intake, Job},
        jobs::Additions,
        shelf::Upload,
        task::Format,
        work::start,
    },
    clock::datetime,
    org::Org,
};

pub(super) const MOST_BYTES: usize = 10_000_000;

pub(super) async fn add_batch(org: &Arc<Org>, id: &str, content_type: &str, body: Bytes) -> Result<Told, Refused> {
    if body.len() > MOST_BYTES {
        return Err(refused("ExceededQuota", format!("The batch is larger than {MOST_BYTES} bytes")));
    }
    if content_type.starts_with("zip/") {
        return Err(not_emulated(&format!("content of type {content_type}")));
    }
    let batch = Batch::new(org.jobs.next_id("751")?, org.jobs.next_id("752")?, org.now());
    let batch_id = batch.id.clone();
    let uploads = vec![Upload { batch: batch_id.clone(), content: body }];
    let added = change(org, id, Additions { uploads, ..Additions::default() }, |job| {
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
            Format::Xml => content_type.starts_with("application/xml") || content_type.starts_with("text/xml"),
        };
        if !fits {
            return Err(refused(
                "InvalidBatch",
                format!("Content type {content_type} does not match the job's content type"),
            ));
        }
        let told = batch_info(job, &batch);
        job.batches.push(batch);
        Ok((told, job.id.clone()))
    });
    let (told, job_id) = added.await?;
    start(org, job_id, batch_id);
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
        ("numberRecordsProcessed", json!(batch.processed)),
        ("numberRecordsFailed", json!(batch.failed)),
        ("totalProcessingTime", json!(0)),
        ("apiActiveProcessingTime", json!(0)),
        ("apexProcessingTime", json!(0)),
    ]);
    fields
}

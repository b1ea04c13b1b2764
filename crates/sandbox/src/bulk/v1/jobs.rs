//! Jobs: made, closed, aborted and told of.

use std::sync::Arc;

use http::HeaderMap;
use serde_json::{Map, Value, json};

use super::{
    Refused, Told, change,
    refused::{not_emulated, refused},
    text_of,
};
use crate::{
    bulk::{
        chunking::{Chunking, Unfit},
        job::{BatchState, Intake, Job},
        jobs::Additions,
        task::{Api, Delimiter, Dialect, Format, LineEnding, Operation, Task},
        v2::external_id,
    },
    clock::datetime,
    events::ChangeOrigin,
    org::Org,
};

pub(super) async fn create(
    org: &Arc<Org>,
    user: String,
    version: String,
    fields: &Map<String, Value>,
    headers: &HeaderMap,
) -> Result<Told, Refused> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let operation = text("operation").ok_or_else(|| refused("InvalidJob", "No operation specified"))?;
    let operation =
        Operation::named(operation).ok_or_else(|| refused("InvalidJob", format!("Unknown operation: {operation}")))?;
    let object = text("object").ok_or_else(|| refused("InvalidJob", "No object specified"))?;
    let object =
        org.schema.object(object).ok_or_else(|| refused("InvalidJob", format!("Unable to find object: {object}")))?;
    let format = match text("contentType").unwrap_or("XML") {
        "CSV" => Format::Csv,
        "JSON" => Format::Json,
        "XML" => Format::Xml,
        zipped if zipped.starts_with("ZIP_") => return Err(not_emulated(&format!("contentType {zipped}"))),
        other => return Err(refused("InvalidJob", format!("Unknown contentType: {other}"))),
    };
    if text("assignmentRuleId").is_some() {
        return Err(not_emulated("assignment rules (assignmentRuleId)"));
    }
    let external_id_field = external_id(operation, object, text("externalIdFieldName"))
        .map_err(|message| refused("InvalidJob", message.trim_start_matches("InvalidJob : ")))?;
    let chunking = match Chunking::read(text_of(headers, "sforce-enable-pkchunking")) {
        _ if !operation.is_query() || !headers.contains_key("sforce-enable-pkchunking") => None,
        Ok(chunking) => chunking,
        Err(Unfit::Wrong(message)) => return Err(refused("InvalidJob", message)),
        Err(Unfit::NotEmulated(what)) => return Err(not_emulated(what)),
    };
    let task = Task {
        operation,
        object: object.name.clone(),
        external_id_field,
        format,
        dialect: Dialect { delimiter: Delimiter::Comma, line_ending: LineEnding::Either },
        user,
        api: Api::V1,
        origin: ChangeOrigin::bulk(&version, headers),
        version,
        chunking,
    };
    let job = Job::new(org.jobs.next_id("750")?, task, org.now());
    let told = job_info(&job);
    org.jobs.add(org, job, Vec::new()).await?;
    Ok(told)
}

pub(super) async fn change_state(org: &Org, id: &str, fields: &Map<String, Value>) -> Result<Told, Refused> {
    let state = fields.get("state").and_then(Value::as_str).unwrap_or_default();
    let now = org.now();
    let changed = change(org, id, Additions::default(), |job| {
        match (state, job.intake) {
            ("Closed", Intake::Open) => {
                job.intake = Intake::Closed;
                job.modified = now;
            }
            ("Closed", Intake::Closed) => {}
            ("Aborted", Intake::Open | Intake::Closed) if !job.has_ended() || job.intake == Intake::Open => {
                job.abort(now)
            }
            ("Closed" | "Aborted", _) => {
                return Err(refused("InvalidJobState", format!("The job is {} already", state_of(job))));
            }
            _ => return Err(refused("InvalidJob", format!("Unknown state: {state}"))),
        }
        Ok(job_info(job))
    });
    changed.await
}

pub(super) fn state_of(job: &Job) -> &'static str {
    match job.intake {
        Intake::Open => "Open",
        Intake::Closed => "Closed",
        Intake::Aborted => "Aborted",
    }
}

pub(super) fn job_info(job: &Job) -> Told {
    let count = |wanted: BatchState| json!(job.batches.iter().filter(|batch| batch.state == wanted).count());
    let task = &job.task;
    let version: f64 = task.version.parse().unwrap_or_default();
    let mut fields = vec![
        ("id", json!(job.id)),
        ("operation", json!(task.operation.name())),
        ("object", json!(task.object)),
        ("createdById", json!(task.user)),
        ("createdDate", json!(datetime(job.created))),
        ("systemModstamp", json!(datetime(job.modified))),
        ("state", json!(state_of(job))),
    ];
    if let Some(field) = &task.external_id_field {
        fields.push(("externalIdFieldName", json!(field)));
    }
    fields.extend([
        ("concurrencyMode", json!("Parallel")),
        ("contentType", json!(task.format.name())),
        ("numberBatchesQueued", count(BatchState::Queued)),
        ("numberBatchesInProgress", count(BatchState::InProgress)),
        ("numberBatchesCompleted", count(BatchState::Completed)),
        ("numberBatchesFailed", count(BatchState::Failed)),
        ("numberBatchesTotal", json!(job.batches.len())),
        ("numberRecordsProcessed", json!(job.batches.iter().map(|batch| batch.processed).sum::<usize>())),
        ("numberRetries", json!(0)),
        ("apiVersion", json!(version)),
        ("numberRecordsFailed", json!(job.batches.iter().map(|batch| batch.failed).sum::<usize>())),
        ("totalProcessingTime", json!(0)),
        ("apiActiveProcessingTime", json!(0)),
        ("apexProcessingTime", json!(0)),
    ]);
    Told::Element("jobInfo", fields)
}

//! Bulk API 1: `/services/async/NN.0/job`, spoken in XML or JSON as the caller does; rows as CSV or JSON.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    response::{IntoResponse, Response},
    routing::any,
};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use quick_xml::{Reader, escape::escape, events::Event};
use serde_json::{Map, Value, json};

use super::{
    job::{Api, Batch, BatchState, Delimiter, Dialect, Format, Intake, Job, LineEnding, Operation, Task},
    load, start, table,
    v2::external_id,
};
use crate::{
    clock::datetime,
    error::ApiError,
    org::Org,
    rest::{admit, split_version},
};

const NAMESPACE: &str = "http://www.force.com/2009/06/asyncapi/dataload";
const MOST_BYTES: usize = 10_000_000;
/// Beyond this a body isn't even read.
const MOST_READ: usize = 2 * MOST_BYTES;

pub(crate) fn routes() -> Router<Arc<Org>> {
    Router::new().route("/services/async/{*path}", any(enter)).layer(DefaultBodyLimit::max(MOST_READ))
}

/// An error as this interface words it.
struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
}

fn refused(code: &'static str, message: impl Into<String>) -> Refused {
    Refused { status: StatusCode::BAD_REQUEST, code, message: message.into() }
}

fn no_such_job(id: &str) -> Refused {
    refused("InvalidJob", format!("Invalid job id: {id}"))
}

fn no_such_batch(id: &str) -> Refused {
    refused("InvalidBatch", format!("Unable to find batch: {id}"))
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        let code = match error.code.as_ref() {
            "INVALID_SESSION_ID" => "InvalidSessionId",
            "REQUEST_LIMIT_EXCEEDED" => "ExceededQuota",
            "UNSUPPORTED_API_VERSION" => "InvalidVersion",
            "NOT_FOUND" => "InvalidUrl",
            _ => "ClientInputError",
        };
        // Whatever it is, this interface says 400; a client that looks for an ended session looks there.
        Self { status: StatusCode::BAD_REQUEST, code, message: error.message }
    }
}

/// An answer that isn't tied to one notation yet.
enum Told {
    /// The element's name and its children in order.
    Element(&'static str, Vec<(&'static str, Value)>),
    Batches(Vec<Vec<(&'static str, Value)>>),
    Results(Vec<String>),
    Raw(&'static str, Bytes),
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
            Ok((StatusCode::CREATED, create(org, user, version, &fields)?))
        }
        ("GET", ["job", id]) => ok(with(org, id, |job| Ok(job_info(job)))?),
        ("POST", ["job", id]) => ok(change_state(org, id, &read_info(&body, content_type)?)?),
        ("POST", ["job", id, "batch"]) => Ok((StatusCode::CREATED, add_batch(org, id, content_type, body)?)),
        ("GET", ["job", id, "batch"]) => ok(with(org, id, |job| {
            Ok(Told::Batches(job.batches.iter().map(|batch| batch_info(job, batch)).collect()))
        })?),
        ("GET", ["job", id, "batch", batch]) => {
            ok(with_batch(org, id, batch, |job, batch| Ok(Told::Element("batchInfo", batch_info(job, batch))))?)
        }
        ("GET", ["job", id, "batch", batch, "request"]) => ok(with_batch(org, id, batch, |job, batch| {
            Ok(Told::Raw(raw_type(job.task.format), batch.content.clone()))
        })?),
        ("GET", ["job", id, "batch", batch, "result"]) => ok(with_batch(org, id, batch, results)?),
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

fn raw_type(format: Format) -> &'static str {
    match format {
        Format::Csv => "text/csv;charset=UTF-8",
        Format::Json => "application/json;charset=UTF-8",
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

/// The fields of a `jobInfo`, from JSON or XML.
fn read_info(body: &[u8], content_type: &str) -> Result<Map<String, Value>, Refused> {
    if content_type.starts_with("application/json") {
        return match serde_json::from_slice(body) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) => Err(refused("InvalidJob", "The job must be a JSON object")),
            Err(error) => Err(refused(
                "InvalidJob",
                format!("Unable to parse Job: line {}, column {}", error.line(), error.column()),
            )),
        };
    }
    if !content_type.contains("xml") {
        return Err(refused("InvalidJob", format!("Unsupported content type {content_type}: use XML or JSON")));
    }
    read_xml(body).ok_or_else(|| refused("InvalidJob", "Unable to parse Job"))
}

/// The children of the one element there is, by name; `None` when it isn't XML or isn't a `jobInfo`.
fn read_xml(body: &[u8]) -> Option<Map<String, Value>> {
    let text = std::str::from_utf8(body).ok()?;
    let mut reader = Reader::from_str(text.trim_start());
    let mut fields = Map::new();
    let mut path: Vec<String> = Vec::new();
    let mut held = String::new();
    let mut is_job = false;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                path.push(String::from_utf8_lossy(start.local_name().as_ref()).into_owned());
                is_job |= path.len() == 1 && path.first().is_some_and(|name| name == "jobInfo");
                held.clear();
            }
            Event::Text(content) => held.push_str(&content.xml10_content().ok()?),
            Event::CData(content) => held.push_str(&content.xml10_content().ok()?),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(character) => held.push(character),
                None => held.push_str(quick_xml::escape::resolve_predefined_entity(&reference.decode().ok()?)?),
            },
            Event::End(_) => {
                let name = path.pop()?;
                if path.len() == 1 {
                    fields.insert(name, held.trim().into());
                }
            }
            Event::DocType(_) => return None,
            Event::Eof => break,
            _ => {}
        }
    }
    (is_job && path.is_empty()).then_some(fields)
}

fn create(org: &Arc<Org>, user: String, version: String, fields: &Map<String, Value>) -> Result<Told, Refused> {
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
        other => {
            return Err(Refused {
                status: StatusCode::NOT_IMPLEMENTED,
                code: "FeatureNotEnabled",
                message: format!("The sandbox org doesn't emulate contentType {other}; use CSV or JSON"),
            });
        }
    };
    let external_id_field = external_id(operation, object, text("externalIdFieldName"))
        .map_err(|message| refused("InvalidJob", message.trim_start_matches("InvalidJob : ")))?;
    let task = Task {
        operation,
        object: object.name.clone(),
        external_id_field,
        format,
        dialect: Dialect { delimiter: Delimiter::COMMA, line_ending: LineEnding::Either },
        user,
        api: Api::V1,
        version,
    };
    let job = Job::new(org.jobs.next_id("750")?, task, org.now());
    let told = job_info(&job);
    org.jobs.add(org, job);
    Ok(told)
}

fn change_state(org: &Org, id: &str, fields: &Map<String, Value>) -> Result<Told, Refused> {
    let state = fields.get("state").and_then(Value::as_str).unwrap_or_default();
    let now = org.now();
    with(org, id, |job| {
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
    })
}

fn add_batch(org: &Arc<Org>, id: &str, content_type: &str, body: Bytes) -> Result<Told, Refused> {
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

fn state_of(job: &Job) -> &'static str {
    match job.intake {
        Intake::Open => "Open",
        Intake::Closed => "Closed",
        Intake::Aborted => "Aborted",
    }
}

fn job_info(job: &Job) -> Told {
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
        ("contentType", json!(if task.format == Format::Csv { "CSV" } else { "JSON" })),
        ("numberBatchesQueued", count(BatchState::Queued)),
        ("numberBatchesInProgress", count(BatchState::InProgress)),
        ("numberBatchesCompleted", count(BatchState::Completed)),
        ("numberBatchesFailed", count(BatchState::Failed)),
        ("numberBatchesTotal", json!(job.batches.len())),
        ("numberRecordsProcessed", json!(job.batches.iter().map(Batch::processed).sum::<usize>())),
        ("numberRetries", json!(0)),
        ("apiVersion", json!(version)),
        ("numberRecordsFailed", json!(job.batches.iter().map(Batch::failed).sum::<usize>())),
        ("totalProcessingTime", json!(0)),
        ("apiActiveProcessingTime", json!(0)),
        ("apexProcessingTime", json!(0)),
    ]);
    Told::Element("jobInfo", fields)
}

fn batch_info(job: &Job, batch: &Batch) -> Vec<(&'static str, Value)> {
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

fn results(job: &Job, batch: &Batch) -> Result<Told, Refused> {
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

fn respond(status: StatusCode, told: Told, json: bool) -> Response {
    let map = |fields: Vec<(&'static str, Value)>| {
        Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    let (content_type, text) = match (told, json) {
        (Told::Raw(content_type, bytes), _) => {
            return (status, [(header::CONTENT_TYPE, content_type)], bytes).into_response();
        }
        (Told::Element(_, fields), true) => ("application/json;charset=UTF-8", map(fields).to_string()),
        (Told::Batches(batches), true) => {
            let batches: Vec<Value> = batches.into_iter().map(map).collect();
            ("application/json;charset=UTF-8", json!({ "batchInfo": batches }).to_string())
        }
        (Told::Results(ids), true) => ("application/json;charset=UTF-8", json!(ids).to_string()),
        (Told::Element(name, fields), false) => ("application/xml", document(name, &elements(&fields))),
        (Told::Batches(batches), false) => {
            let mut inner = String::new();
            for batch in batches {
                let _ = write!(inner, "<batchInfo>{}</batchInfo>", elements(&batch));
            }
            ("application/xml", document("batchInfoList", &inner))
        }
        (Told::Results(ids), false) => {
            let inner: String = ids.iter().map(|id| format!("<result>{id}</result>")).collect();
            ("application/xml", document("result-list", &inner))
        }
    };
    (status, [(header::CONTENT_TYPE, content_type)], text).into_response()
}

fn elements(fields: &[(&'static str, Value)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        let value = value.as_str().map_or_else(|| value.to_string(), |text| escape(text).into_owned());
        let _ = write!(text, "<{name}>{value}</{name}>");
    }
    text
}

fn document(name: &str, inner: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{name} xmlns=\"{NAMESPACE}\">{inner}</{name}>")
}

//! Bulk API 2.0: `/services/data/vNN.0/jobs/ingest` and `/jobs/query`.

use std::sync::Arc;

use axum::{
    body::Bytes,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::{Map, Value, json};

use super::{
    Jobs, extract,
    job::{Api, Batch, BatchState, Delimiter, Dialect, Format, Intake, Job, LineEnding, Operation, Outcome, Task},
    load, start, table,
};
use crate::{clock::datetime, error::ApiError, multipart, org::Org, rest::Caller};

/// 150 MB after base64.
const MOST_BYTES: usize = 100_000_000;
/// Of the CSV part when a job is made and filled in one request.
const MOST_BYTES_AT_ONCE: usize = 100_000;
const DEFAULT_PAGE: usize = 50_000;

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
        ("POST", []) => ("", create(call, api)),
        ("GET", []) => ("", Ok(list(call, api))),
        ("GET", [id]) => ("", info(call, api, id)),
        ("PATCH", [id]) => ("", change_state(call, api, id)),
        ("DELETE", [id]) => ("", delete(call, api, id)),
        ("PUT", [id, "batches"]) if api == Api::V2Ingest => ("", upload(call, id)),
        ("GET", [id, kind]) if api == Api::V2Ingest && Listed::named(kind).is_some() => ("", rows(call, id, kind)),
        ("GET", [id, "results"]) if api == Api::V2Query => ("", results(call, id)),
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

fn jobs<'a>(call: &JobCall<'a>) -> &'a Jobs {
    &call.caller.org.jobs
}

fn with_job<T>(call: &JobCall<'_>, api: Api, id: &str, look: impl FnOnce(&mut Job) -> T) -> Result<T, ApiError> {
    jobs(call).with(id, |job| (job.task.api == api).then(|| look(job))).flatten().ok_or_else(ApiError::not_found)
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad("INVALIDJOB", message)
}

fn json_answer(call: &JobCall<'_>, status: StatusCode, body: &Value) -> Response {
    let pretty = call.headers.get("x-prettyprint").is_some_and(|value| value == "1" || value == "true");
    let text = if pretty { serde_json::to_string_pretty(body).unwrap_or_default() } else { body.to_string() };
    (status, [(header::CONTENT_TYPE, "application/json;charset=UTF-8")], text).into_response()
}

fn csv_answer(text: String) -> Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/csv;charset=UTF-8")], text).into_response()
}

fn read_object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        ApiError::json(format!("Unexpected input at [line:{}, column:{}]", error.line(), error.column()))
    })?;
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(ApiError::json("The request body must be a JSON object")),
    }
}

fn create(call: &JobCall<'_>, api: Api) -> Result<Response, ApiError> {
    let org = &call.caller.org;
    let content_type = call.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (body, content) = if multipart::is_multipart(content_type) {
        let parts = multipart::parts(content_type, &call.body)?;
        let part = |name: &str| parts.iter().find(|part| part.name == name).map(|part| part.bytes.clone());
        let job = part("job").ok_or_else(|| invalid("The part named job is missing"))?;
        let content = part("content").ok_or_else(|| invalid("The part named content is missing"))?;
        if content.len() > MOST_BYTES_AT_ONCE {
            return Err(invalid(format!("The content part may have {MOST_BYTES_AT_ONCE} characters; upload it apart")));
        }
        (read_object(&job)?, Some(content))
    } else {
        (read_object(&call.body)?, None)
    };
    let (task, query) = read_task(call.caller, api, &body)?;
    let id = org.jobs.next_id("750")?;
    let now = org.now();
    let mut job = Job::new(id.clone(), task, now);
    let content = content.or_else(|| query.map(Bytes::from));
    let starts = content.is_some();
    if let Some(content) = content {
        job.batches.push(Batch::new(org.jobs.next_id("751")?, String::new(), content, now));
        job.intake = Intake::Closed;
    }
    let shown = shown(&job);
    org.jobs.add(org, job);
    if starts {
        start(org, id, 0);
    }
    Ok(json_answer(call, StatusCode::OK, &shown))
}

const INGEST_KEYS: [&str; 7] =
    ["operation", "object", "contentType", "columnDelimiter", "lineEnding", "externalIdFieldName", "assignmentRuleId"];
const QUERY_KEYS: [&str; 5] = ["operation", "query", "contentType", "columnDelimiter", "lineEnding"];

/// What is to be done, and the query of a query job.
fn read_task(caller: &Caller, api: Api, body: &Map<String, Value>) -> Result<(Task, Option<String>), ApiError> {
    let known: &[&str] = if api == Api::V2Ingest { &INGEST_KEYS } else { &QUERY_KEYS };
    if let Some(unknown) = body.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(ApiError::json(format!("Unrecognized field \"{unknown}\" in the job")));
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let operation = text("operation").ok_or_else(|| invalid("InvalidJob : operation is required"))?;
    let operation = Operation::named(operation)
        .filter(|operation| operation.is_query() == (api == Api::V2Query))
        .ok_or_else(|| invalid(format!("InvalidJob : Operation not supported: {operation}")))?;
    if text("contentType").is_some_and(|content| content != "CSV") {
        return Err(invalid("InvalidJob : Unsupported content type: only CSV is supported"));
    }
    let delimiter = match text("columnDelimiter") {
        None => Delimiter::COMMA,
        Some(name) => {
            Delimiter::named(name).ok_or_else(|| invalid(format!("InvalidJob : Unknown columnDelimiter {name}")))?
        }
    };
    let line_ending = match text("lineEnding") {
        None => LineEnding::Lf,
        Some(name) => {
            LineEnding::named(name).ok_or_else(|| invalid(format!("InvalidJob : Unknown lineEnding {name}")))?
        }
    };
    let schema = &caller.org.schema;
    let (object, query) = if api == Api::V2Query {
        let query = text("query").ok_or_else(|| invalid("InvalidJob : query is required"))?;
        let object = extract::check(schema, query)?.object_name().to_owned();
        (object, Some(query.to_owned()))
    } else {
        (text("object").ok_or_else(|| invalid("InvalidJob : object is required"))?.to_owned(), None)
    };
    let object =
        schema.object(&object).ok_or_else(|| invalid(format!("InvalidJob : Unable to find object: {object}")))?;
    let external_id_field = external_id(operation, object, text("externalIdFieldName")).map_err(invalid)?;
    let task = Task {
        operation,
        object: object.name.clone(),
        external_id_field,
        format: Format::Csv,
        dialect: Dialect { delimiter, line_ending },
        user: caller.user.clone(),
        api,
        version: caller.version.clone(),
    };
    Ok((task, query))
}

/// The field an upsert finds its records by.
///
/// # Errors
/// None is named, or it isn't an external id.
pub(super) fn external_id(
    operation: Operation,
    object: &crate::schema::Object,
    name: Option<&str>,
) -> Result<Option<String>, String> {
    if operation != Operation::Upsert {
        return Ok(None);
    }
    let name = name.ok_or("InvalidJob : External ID was blank for an upsert operation.")?;
    let field = object
        .field(name)
        .filter(|field| field.external_id || field.name == "Id")
        .ok_or_else(|| format!("InvalidJob : Field name provided, '{name}' is not an External ID or indexed field"))?;
    Ok(Some(field.name.clone()))
}

fn state(job: &Job) -> &'static str {
    match (job.intake, job.batches.first().map(|batch| batch.state)) {
        (Intake::Open, _) => "Open",
        (Intake::Aborted, _) => "Aborted",
        (Intake::Closed, Some(BatchState::Queued)) => "UploadComplete",
        (Intake::Closed, Some(BatchState::InProgress)) => "InProgress",
        (Intake::Closed, Some(BatchState::Failed)) => "Failed",
        (Intake::Closed, _) => "JobComplete",
    }
}

/// As a list tells a job.
fn summary(job: &Job) -> Value {
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
        "contentType": "CSV",
        "apiVersion": version,
        "jobType": if task.api == Api::V2Ingest { "V2Ingest" } else { "V2Query" },
        "lineEnding": task.dialect.line_ending.name(),
        "columnDelimiter": task.dialect.delimiter.name,
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

/// As the answer to its creation tells a job: nothing has happened yet.
fn shown(job: &Job) -> Value {
    summary(job)
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
    put("numberRecordsProcessed", json!(batch.map_or(0, Batch::processed)));
    if job.task.api == Api::V2Ingest {
        put("numberRecordsFailed", json!(batch.map_or(0, Batch::failed)));
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

/// Jobs of both interfaces in Salesforce; here each lists its own.
fn list(call: &JobCall<'_>, api: Api) -> Response {
    let wanted = call.query.iter().find(|(name, _)| name == "jobType").map(|(_, value)| value.as_str());
    let records = jobs(call).list(|job| {
        let shown = (job.task.api == api).then(|| summary(job))?;
        wanted.is_none_or(|wanted| shown.get("jobType").is_some_and(|kind| kind == wanted)).then_some(shown)
    });
    json_answer(call, StatusCode::OK, &json!({ "done": true, "nextRecordsUrl": null, "records": records }))
}

fn info(call: &JobCall<'_>, api: Api, id: &str) -> Result<Response, ApiError> {
    let shown = with_job(call, api, id, |job| progress(job))?;
    Ok(json_answer(call, StatusCode::OK, &shown))
}

fn delete(call: &JobCall<'_>, api: Api, id: &str) -> Result<Response, ApiError> {
    // An open job hasn't begun; only one that is at work can't go.
    let idle = with_job(call, api, id, |job| job.has_ended())?;
    if !idle {
        return Err(ApiError::bad(
            "API_ERROR",
            format!("Error encountered when deleting the job because the job is not terminated: {id}"),
        ));
    }
    jobs(call).remove(id);
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn upload(call: &JobCall<'_>, id: &str) -> Result<Response, ApiError> {
    let org = &call.caller.org;
    let content_type = call.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.to_ascii_lowercase().starts_with("text/csv") {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            format!("The content type of an upload must be text/csv, not {content_type}"),
        ));
    }
    if call.body.len() > MOST_BYTES {
        return Err(too_large());
    }
    let batch = Batch::new(org.jobs.next_id("751")?, String::new(), call.body.clone(), org.now());
    with_job(call, Api::V2Ingest, id, |job| {
        if job.intake != Intake::Open {
            return Err(invalid(format!("InvalidJobState : The job isn't open; its state is {}", state(job))));
        }
        if !job.batches.is_empty() {
            return Err(invalid("InvalidJobState : Found multiple contents for job: only one upload is allowed"));
        }
        job.modified = batch.created;
        job.batches.push(batch);
        Ok(())
    })??;
    Ok(StatusCode::CREATED.into_response())
}

pub(crate) fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "EXCEEDED_MAX_SIZE_REQUEST",
        "The request is larger than the maximum size allowed",
    )
}

fn change_state(call: &JobCall<'_>, api: Api, id: &str) -> Result<Response, ApiError> {
    let body = read_object(&call.body)?;
    let wanted = body.get("state").and_then(Value::as_str).unwrap_or_default().to_owned();
    let org: &Arc<Org> = &call.caller.org;
    let now = org.now();
    let empty = Batch::new(org.jobs.next_id("751")?, String::new(), Bytes::new(), now);
    let (shown, starts) = with_job(call, api, id, |job| {
        let refused =
            |job: &Job| Err(invalid(format!("InvalidJobState : A job in state {} can't become {wanted}", state(job))));
        match wanted.as_str() {
            "UploadComplete" if api == Api::V2Ingest && job.intake == Intake::Open => {
                if job.batches.is_empty() {
                    job.batches.push(Batch { state: BatchState::Completed, ..empty });
                }
                job.intake = Intake::Closed;
                job.modified = now;
                Ok((summary(job), job.batches.first().is_some_and(|batch| batch.state == BatchState::Queued)))
            }
            "Aborted" if !job.has_ended() => {
                job.abort(now);
                Ok((summary(job), false))
            }
            "UploadComplete" | "Aborted" => refused(job),
            _ => Err(invalid(format!("InvalidJobState : Unknown state {wanted}"))),
        }
    })??;
    if starts {
        start(org, shown.get("id").and_then(Value::as_str).unwrap_or_default().to_owned(), 0);
    }
    Ok(json_answer(call, StatusCode::OK, &shown))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    Successful,
    Failed,
    Unprocessed,
}

impl Listed {
    fn named(name: &str) -> Option<Self> {
        match name {
            "successfulResults" => Some(Self::Successful),
            "failedResults" => Some(Self::Failed),
            "unprocessedrecords" | "unprocessedRecords" => Some(Self::Unprocessed),
            _ => None,
        }
    }
}

/// The rows that were sent, as far as their fate is the one asked for, behind what became of each.
fn rows(call: &JobCall<'_>, id: &str, kind: &str) -> Result<Response, ApiError> {
    let listed = Listed::named(kind).ok_or_else(ApiError::not_found)?;
    let text = with_job(call, Api::V2Ingest, id, |job| {
        if !job.has_ended() {
            return Err(invalid(format!("InvalidJobState : The job hasn't ended; its state is {}", state(job))));
        }
        let none = (Bytes::new(), Vec::new());
        let (content, outcomes) =
            job.batches.first().map_or(none, |batch| (batch.content.clone(), batch.outcomes.clone()));
        Ok((content, outcomes, job.task.dialect))
    })??;
    let (content, outcomes, dialect) = text;
    Ok(csv_answer(told(&content, &outcomes, dialect, listed)))
}

fn told(content: &Bytes, outcomes: &[Outcome], dialect: Dialect, listed: Listed) -> String {
    let mut reader = table::reader(content, dialect);
    let added: &[&str] = match listed {
        Listed::Successful => &["sf__Id", "sf__Created"],
        Listed::Failed => &["sf__Id", "sf__Error"],
        Listed::Unprocessed => &[],
    };
    let Ok(headers) = reader.headers().cloned() else { return String::new() };
    let mut text = table::line(added.iter().copied().chain(&headers), dialect);
    let id_column = headers.iter().position(|header| header.eq_ignore_ascii_case("Id"));
    for (index, row) in reader.records().map_while(Result::ok).enumerate() {
        let line = match (outcomes.get(index), listed) {
            (Some(Ok(saved)), Listed::Successful) => {
                let created = if saved.created { "true" } else { "false" };
                table::line([saved.id.as_str(), created].into_iter().chain(&row), dialect)
            }
            (Some(Err(error)), Listed::Failed) => {
                let id = id_column.and_then(|column| row.get(column)).unwrap_or_default();
                table::line([id, load::told(error).as_str()].into_iter().chain(&row), dialect)
            }
            (None, Listed::Unprocessed) => table::line(&row, dialect),
            _ => continue,
        };
        text.push_str(&line);
    }
    text
}

fn results(call: &JobCall<'_>, id: &str) -> Result<Response, ApiError> {
    let parameter = |name: &str| call.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let bad_locator = || ApiError::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
    let start: usize = match parameter("locator") {
        None | Some("" | "null") => 0,
        Some(locator) => STANDARD_NO_PAD
            .decode(locator)
            .ok()
            .and_then(|text| std::str::from_utf8(&text).ok()?.parse().ok())
            .ok_or_else(bad_locator)?,
    };
    let most: usize = match parameter("maxRecords") {
        None => DEFAULT_PAGE,
        Some(text) => text.parse().ok().filter(|most| *most > 0).ok_or_else(|| {
            ApiError::bad("INVALID_ARGUMENT", format!("maxRecords must be a positive number, not {text}"))
        })?,
    };
    let (text, count, next) = with_job(call, Api::V2Query, id, |job| {
        let batch = job.batches.first().filter(|batch| batch.state == BatchState::Completed);
        let Some(batch) = batch else {
            return Err(invalid(format!("InvalidJobState : The job has no results; its state is {}", state(job))));
        };
        let lines = &batch.extract.lines;
        let end = start.saturating_add(most).min(lines.len());
        let page = lines.get(start..end).ok_or_else(bad_locator)?;
        let text = std::iter::once(&batch.extract.header).chain(page).map(String::as_str).collect::<String>();
        Ok((text, page.len(), (end < lines.len()).then_some(end)))
    })??;
    let locator = next.map_or_else(|| "null".to_owned(), |next| STANDARD_NO_PAD.encode(next.to_string()));
    let mut response = csv_answer(text);
    for (name, value) in [("sforce-locator", locator), ("sforce-numberofrecords", count.to_string())] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    Ok(response)
}

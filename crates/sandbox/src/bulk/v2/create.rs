//! A job is made: alone, or with its rows in the same request.

use axum::{body::Bytes, response::Response};
use http::StatusCode;
use serde_json::{Map, Value};

use super::{JobCall, content_type, info::summary, invalid, json_answer, read_body, read_object};
use crate::{
    bulk::{
        extract,
        job::{Batch, Intake, Job},
        shelf::Upload,
        task::{Api, Delimiter, Dialect, Format, LineEnding, Operation, Task},
        work::start,
    },
    error::ApiError,
    events::ChangeOrigin,
    multipart,
};

/// Of the CSV part when a job is made and filled in one request.
const MOST_BYTES_AT_ONCE: usize = 100_000;

pub(super) async fn create(call: &JobCall, api: Api) -> Result<Response, ApiError> {
    let org = &call.caller.org;
    let content_type = content_type(call);
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
        (read_body(call)?, None)
    };
    let (task, query) = read_task(call, api, &body)?;
    let id = org.jobs.next_id("750")?;
    let now = org.now();
    let mut job = Job::new(id.clone(), task, now);
    let content = content.or_else(|| query.map(Bytes::from));
    let mut uploads = Vec::new();
    if let Some(content) = content {
        let batch = Batch::new(org.jobs.next_id("751")?, String::new(), now);
        uploads.push(Upload { batch: batch.id.clone(), content });
        job.batches.push(batch);
        job.intake = Intake::Closed;
    }
    let (shown, queued) = (summary(&job), job.batches.first().map(|batch| batch.id.clone()));
    org.jobs.add(org, job, uploads).await?;
    if let Some(batch) = queued {
        start(org, id, batch);
    }
    Ok(json_answer(call, StatusCode::OK, &shown))
}

const INGEST_KEYS: [&str; 7] =
    ["operation", "object", "contentType", "columnDelimiter", "lineEnding", "externalIdFieldName", "assignmentRuleId"];
const QUERY_KEYS: [&str; 5] = ["operation", "query", "contentType", "columnDelimiter", "lineEnding"];

/// What is to be done, and the query of a query job.
fn read_task(call: &JobCall, api: Api, body: &Map<String, Value>) -> Result<(Task, Option<String>), ApiError> {
    let caller = &call.caller;
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
    if let Some(rule) = text("assignmentRuleId") {
        return Err(ApiError::new(
            StatusCode::NOT_IMPLEMENTED,
            "NOT_IMPLEMENTED",
            format!("The sandbox org does not emulate assignment rules (assignmentRuleId {rule})"),
        ));
    }
    let delimiter = match text("columnDelimiter") {
        None => Delimiter::Comma,
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
        let object = extract::check(schema, query, api, Format::Csv)?.object_name().to_owned();
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
        origin: ChangeOrigin::bulk(&caller.version, &call.headers),
        chunking: None,
    };
    Ok((task, query))
}

/// The field an upsert finds its records by.
///
/// # Errors
/// None is named, or it isn't an external id.
pub(in crate::bulk) fn external_id(
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
        .filter(|field| field.id_lookup())
        .ok_or_else(|| format!("InvalidJob : Field name provided, '{name}' is not an External ID or indexed field"))?;
    Ok(Some(field.name.clone()))
}

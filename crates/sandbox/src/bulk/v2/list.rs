//! Lists of jobs, of the first interface too.

use axum::response::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::SalesforceId;
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    JobCall,
    info::{job_type, summary},
    jobs, json_answer,
};
use crate::{
    bulk::{job::Job, task::Api},
    error::ApiError,
};

/// In one answer.
const MOST_JOBS: usize = 1_000;

/// What the parameters leave of all jobs.
struct Wanted<'a> {
    api: Api,
    job_type: Option<&'a str>,
    chunked: bool,
    /// The job the page before ended with.
    after: Option<String>,
}

impl Wanted<'_> {
    fn takes(&self, job: &Job) -> bool {
        let is_listed = job.task.api == self.api
            || (job.task.api == Api::V1 && (self.api == Api::V2Ingest || job.task.operation.is_query()));
        is_listed
            && self.job_type.is_none_or(|wanted| wanted == job_type(job.task.api))
            && (!self.chunked || job.task.chunking.is_some())
            && self.after.as_ref().is_none_or(|after| job.id < *after)
    }
}

/// Newest first: jobs of the kind that was asked for, and those of the first interface.
pub(super) fn list(call: &JobCall, api: Api) -> Result<Response, ApiError> {
    let parameter = |name: &str| call.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let after = parameter("queryLocator").map(read_locator).transpose()?;
    let chunked = parameter("isPkChunkingEnabled").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let wanted = Wanted { api, job_type: parameter("jobType"), chunked, after };
    // All are processed in parallel.
    let none = parameter("concurrencyMode").is_some_and(|mode| !mode.eq_ignore_ascii_case("parallel"));
    let mut records = jobs(call).list(|job| (!none && wanted.takes(job)).then(|| summary(job)));
    let done = records.len() <= MOST_JOBS;
    records.truncate(MOST_JOBS);
    let last = records.last().and_then(|job| job.get("id")).and_then(Value::as_str).filter(|_| !done);
    let next = last.map(|last| {
        let mut parameters = url::form_urlencoded::Serializer::new(String::new());
        parameters.extend_pairs(call.query.iter().filter(|(name, _)| name != "queryLocator"));
        parameters.append_pair("queryLocator", &URL_SAFE_NO_PAD.encode(last));
        format!("/services/data/v{}/{}?{}", call.caller.version, call.path.join("/"), parameters.finish())
    });
    let body = json!({ "done": done, "nextRecordsUrl": next, "records": records });
    Ok(json_answer(call, StatusCode::OK, &body))
}

fn read_locator(locator: &str) -> Result<String, ApiError> {
    let id = URL_SAFE_NO_PAD.decode(locator).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    id.filter(|id| SalesforceId::new(id).is_ok())
        .ok_or_else(|| ApiError::bad("INVALID_QUERY_LOCATOR", "invalid query locator"))
}

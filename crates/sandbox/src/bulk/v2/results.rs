//! The pages of an ended query.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use futures::{StreamExt, TryStreamExt, stream};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use super::{JobCall, csv_answer, info::state, invalid_state, json_answer, with_own_job};
use crate::{
    bulk::{job::BatchState, shelf::rows_of, task::Api},
    error::ApiError,
};

const DEFAULT_PAGE: usize = 50_000;
/// Addresses in one answer to who asks for results in parallel.
const MOST_PAGES: usize = 5;
const FIRST_VERSION_WITH_PAGES: u32 = 58;

fn bad_locator() -> ApiError {
    ApiError::bad("INVALID_QUERY_LOCATOR", "invalid query locator")
}

fn parameter<'a>(call: &'a JobCall, name: &str) -> Option<&'a str> {
    call.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// A locator is the number of the first row it stands for.
fn locator(row: usize) -> String {
    STANDARD_NO_PAD.encode(row.to_string())
}

fn read_locator(call: &JobCall) -> Result<usize, ApiError> {
    match parameter(call, "locator") {
        None | Some("" | "null") => Ok(0),
        Some(locator) => STANDARD_NO_PAD
            .decode(locator)
            .ok()
            .and_then(|text| std::str::from_utf8(&text).ok()?.parse().ok())
            .ok_or_else(bad_locator),
    }
}

/// The batch, header and number of rows of an ended query.
fn found(call: &JobCall, id: &str) -> Result<(String, String, usize), ApiError> {
    with_own_job(call, Api::V2Query, id, |job| {
        if job.task.version != call.caller.version {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "INVALIDJOB",
                format!("The job was created with API version {}; get its results with the same", job.task.version),
            ));
        }
        let completed = job.batches.first().filter(|batch| batch.state == BatchState::Completed);
        completed
            .map(|batch| (batch.id.clone(), batch.header.clone(), batch.processed))
            .ok_or_else(|| invalid_state(format!("The job has no results; its state is {}", state(job))))
    })
}

/// The addresses of pages that can be had side by side, a few at a time.
pub(super) fn pages(call: &JobCall, id: &str) -> Result<Response, ApiError> {
    let version = call.caller.version.split('.').next().and_then(|number| number.parse::<u32>().ok());
    if version.is_none_or(|version| version < FIRST_VERSION_WITH_PAGES) {
        return Err(ApiError::not_found());
    }
    let from = read_locator(call)?;
    let (_, _, total) = found(call, id)?;
    if from > total {
        return Err(bad_locator());
    }
    let (starts, next) = starts(from, total);
    let base = format!("/services/data/v{}/jobs/query/{id}", call.caller.version);
    let page = |row: usize| json!({ "resultUrl": format!("{base}/results?locator={}", locator(row)) });
    let body = json!({
        "resultPages": starts.into_iter().map(page).collect::<Vec<_>>(),
        "nextRecordUrl": next.map(|row| format!("{base}/resultPages?locator={}", locator(row))),
        "done": next.is_none(),
    });
    Ok(json_answer(call, StatusCode::OK, &body))
}

/// The first rows of the next pages, and of the page after them.
fn starts(from: usize, total: usize) -> (Vec<usize>, Option<usize>) {
    // Without rows there is still a page: the header.
    let mut starts = (from..total.max(from + 1)).step_by(DEFAULT_PAGE);
    let page = starts.by_ref().take(MOST_PAGES).collect();
    (page, starts.next())
}

pub(super) fn results(call: &JobCall, id: &str) -> Result<Response, ApiError> {
    let start = read_locator(call)?;
    let most: usize = match parameter(call, "maxRecords") {
        None => DEFAULT_PAGE,
        Some(text) => text.parse().ok().filter(|most| *most > 0).ok_or_else(|| {
            ApiError::bad("INVALID_ARGUMENT", format!("maxRecords must be a positive number, not {text}"))
        })?,
    };
    let (batch, header, total) = found(call, id)?;
    if start > total {
        return Err(bad_locator());
    }
    let end = start.saturating_add(most).min(total);
    let locator = if end < total { locator(end) } else { "null".to_owned() };
    let lines = rows_of::<String>(Arc::clone(&call.caller.org), batch, start..end).map_ok(|lines| lines.concat());
    let mut response = csv_answer(Body::from_stream(stream::iter([Ok(header)]).chain(lines)));
    for (name, value) in [("sforce-locator", locator), ("sforce-numberofrecords", (end - start).to_string())] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::starts;

    #[test]
    fn five_pages_are_told_at_a_time() {
        assert_eq!(starts(0, 0), (vec![0], None));
        assert_eq!(starts(0, 50_000), (vec![0], None));
        assert_eq!(starts(0, 50_001), (vec![0, 50_000], None));
        assert_eq!(starts(0, 260_000), (vec![0, 50_000, 100_000, 150_000, 200_000], Some(250_000)));
        assert_eq!(starts(250_000, 260_000), (vec![250_000], None));
    }
}

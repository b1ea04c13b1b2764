//! The pages of an ended query.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use futures::{StreamExt, TryStreamExt, stream};
use http::{HeaderName, HeaderValue};

use super::{JobCall, csv_answer, info::state, invalid, with_job};
use crate::{
    bulk::{job::BatchState, shelf::rows_of, task::Api},
    error::ApiError,
};

const DEFAULT_PAGE: usize = 50_000;

pub(super) fn results(call: &JobCall, id: &str) -> Result<Response, ApiError> {
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
    let (batch, header, total) = with_job(call, Api::V2Query, id, |job| {
        let completed = job.batches.first().filter(|batch| batch.state == BatchState::Completed);
        completed
            .map(|batch| (batch.id.clone(), batch.header.clone(), batch.processed))
            .ok_or_else(|| invalid(format!("InvalidJobState : The job has no results; its state is {}", state(job))))
    })??;
    if start > total {
        return Err(bad_locator());
    }
    let end = start.saturating_add(most).min(total);
    let locator = if end < total { STANDARD_NO_PAD.encode(end.to_string()) } else { "null".to_owned() };
    let lines = rows_of::<String>(Arc::clone(&call.caller.org), batch, start..end).map_ok(|lines| lines.concat());
    let mut response = csv_answer(Body::from_stream(stream::iter([Ok(header)]).chain(lines)));
    for (name, value) in [("sforce-locator", locator), ("sforce-numberofrecords", (end - start).to_string())] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    Ok(response)
}

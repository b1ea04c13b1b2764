//! The pages of an ended query.

use axum::response::Response;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use http::{HeaderName, HeaderValue};

use super::{JobCall, csv_answer, info::state, invalid, with_job};
use crate::{
    bulk::job::{Api, BatchState},
    error::ApiError,
};

const DEFAULT_PAGE: usize = 50_000;

pub(super) fn results(call: &JobCall<'_>, id: &str) -> Result<Response, ApiError> {
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

//! Requests on a condition: `If-Modified-Since` and `If-Unmodified-Since`, held against when something was last modified.
//! Entity tags, which Salesforce has for accounts alone, are not emulated.

use domain::Timestamp;
use http::{Method, StatusCode, header};
use jiff::fmt::{rfc2822, strtime};

use super::{Call, Reply};
use crate::error::ApiError;

/// As headers write a moment. Salesforce's own examples have wrong days of the week.
const READER: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);

/// `None` when the call goes on; what is to be answered instead when it was last modified too early for the caller to care.
///
/// # Errors
/// It was modified since, or the condition can't be read and the call would change something.
pub(super) fn check(call: &Call, modified: Timestamp) -> Result<Option<Reply>, ApiError> {
    let modified = modified.as_micros().div_euclid(1_000_000);
    if let Some(since) = moment(call, header::IF_UNMODIFIED_SINCE)?
        && modified > since
    {
        // The sandbox's own words: no document has Salesforce's.
        let message = "The resource was modified after the time in If-Unmodified-Since";
        return Err(ApiError::new(StatusCode::PRECONDITION_FAILED, "PRECONDITION_FAILED", message));
    }
    if call.method == Method::GET
        && let Some(since) = moment(call, header::IF_MODIFIED_SINCE)?
        && modified <= since
    {
        return Ok(Some(Reply::with_status(StatusCode::NOT_MODIFIED, serde_json::Value::Null)));
    }
    Ok(None)
}

/// In seconds since 1970.
fn moment(call: &Call, name: header::HeaderName) -> Result<Option<i64>, ApiError> {
    let Some(value) = call.headers.get(&name) else { return Ok(None) };
    let read = value.to_str().ok().and_then(|text| READER.parse_timestamp(text.trim()).ok());
    match read {
        Some(moment) => Ok(Some(moment.as_second())),
        None if call.method == Method::GET => Ok(None),
        None => {
            let message = format!("The value of {name} is no date such as Fri, 20 Nov 2026 12:00:00 GMT");
            Err(ApiError::bad("INVALID_ARGUMENT", message))
        }
    }
}

/// With when it was last modified, for the next time.
pub(super) fn dated(mut reply: Reply, modified: Timestamp) -> Reply {
    if let Ok(text) =
        strtime::format("%a, %d %b %Y %H:%M:%S GMT", &modified.to_jiff().to_zoned(jiff::tz::TimeZone::UTC))
    {
        reply.headers.push((header::LAST_MODIFIED, text));
    }
    reply
}

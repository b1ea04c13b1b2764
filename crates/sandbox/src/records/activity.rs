//! What calendar events and tasks derive: whose they are, when they are, and when somebody last did something about a record.

use serde_json::Value;

use super::{Database, Record, Transaction, behaviour::is_closed};
use crate::{
    clock::{datetime, parse_datetime},
    error::ApiError,
    schema::Object,
};

/// # Errors
/// An event has no beginning, or ends before it.
pub(super) fn derive(
    database: &Database,
    object: &Object,
    record: &mut Record,
    before: Option<&Record>,
    now: &str,
) -> Result<(), ApiError> {
    let account = account(database, record);
    record.set("AccountId", account);
    if object.name == "Event" {
        return time(record, before);
    }
    let closed = is_closed(object, record);
    record.set("IsClosed", closed);
    record.set("IsHighPriority", record.text("Priority") == Some("High"));
    if !closed {
        record.set("CompletedDateTime", Value::Null);
    } else if record.get("CompletedDateTime").is_null() {
        record.set("CompletedDateTime", now);
    }
    Ok(())
}

/// The account behind the people and things an activity is about.
fn account(database: &Database, record: &Record) -> Value {
    let about = ["WhatId", "WhoId"].into_iter().filter_map(|field| record.text(field));
    let mut accounts = about.filter_map(|id| match database.schema().object_of_id(id)?.name.as_str() {
        "Account" => Some(Value::from(id)),
        _ => database.get(id).map(|record| record.get("AccountId").clone()).filter(|id| !id.is_null()),
    });
    accounts.next().unwrap_or(Value::Null)
}

/// Start, end and length agree; of end and length, the one that was given holds.
fn time(record: &mut Record, before: Option<&Record>) -> Result<(), ApiError> {
    let changed = |field: &str| before.is_none_or(|before| before.get(field) != record.get(field));
    let given = |field: &str| changed(field) && !record.get(field).is_null();
    let start = if given("StartDateTime") || !given("ActivityDateTime") { "StartDateTime" } else { "ActivityDateTime" };
    let Some(start) = record.text(start).and_then(parse_datetime) else {
        // An event of a whole day needs no more than the day.
        if record.get("ActivityDate").is_null() {
            let message = "Required fields are missing: [StartDateTime]";
            return Err(ApiError::bad("REQUIRED_FIELD_MISSING", message).about("StartDateTime"));
        }
        return Ok(());
    };
    let end = record.text("EndDateTime").filter(|_| given("EndDateTime")).and_then(parse_datetime);
    let minutes = match end {
        Some(end) => (end.as_micros() - start.as_micros()) / 60_000_000,
        None => record.get("DurationInMinutes").as_i64().unwrap_or(0),
    };
    if minutes < 0 || end.is_some_and(|end| end < start) {
        let message = "Duration must be between 0 and 1440 minutes";
        return Err(ApiError::bad("FIELD_INTEGRITY_EXCEPTION", message).about("DurationInMinutes"));
    }
    let end = domain::Timestamp::from_micros(start.as_micros().saturating_add(minutes.saturating_mul(60_000_000)));
    let start = datetime(start);
    record.set("ActivityDate", start.get(..10).unwrap_or_default());
    record.set("StartDateTime", start.as_str());
    record.set("ActivityDateTime", start);
    record.set("EndDateTime", datetime(end));
    record.set("DurationInMinutes", minutes);
    Ok(())
}

/// The latest day of its events and closed tasks is when something was last done about a record.
pub(super) fn date_what_it_is_about(transaction: &mut Transaction<'_>, activity: &Record) {
    for field in ["WhatId", "WhoId", "AccountId"] {
        let database = transaction.database();
        let Some(about) = activity.text(field).and_then(|id| database.get(id)) else { continue };
        let Some(object) = database.schema().object_of_id(about.id()) else { continue };
        if object.field("LastActivityDate").is_none() {
            continue;
        }
        let of = |activity: &str, field: &str| database.referring(activity, field, about.id());
        let events = ["WhatId", "WhoId", "AccountId"].into_iter().flat_map(|field| of("Event", field));
        let tasks = ["WhatId", "WhoId", "AccountId"].into_iter().flat_map(|field| of("Task", field));
        let tasks = tasks.filter(|task| task.get("IsClosed") == &Value::Bool(true));
        let done = events.chain(tasks).filter(|activity| !activity.is_deleted());
        let last = done.filter_map(|activity| activity.text("ActivityDate")).max().map_or(Value::Null, Value::from);
        if about.get("LastActivityDate") != &last {
            let (name, mut about) = (object.name.clone(), about.clone());
            about.set("LastActivityDate", last);
            transaction.put(&name, about);
        }
    }
}

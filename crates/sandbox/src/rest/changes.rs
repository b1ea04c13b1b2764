//! Which records changed or were deleted in a span of time.

use domain::Timestamp;
use serde_json::{Value, json};

use super::{Call, Caller, Reply, object_named};
use crate::{
    clock::{datetime, parse_datetime},
    error::ApiError,
    records::{Database, Record},
};

const DAY: std::time::Duration = std::time::Duration::from_hours(24);
const SHORTEST: std::time::Duration = std::time::Duration::from_mins(1);
const LONGEST_UPDATED: u32 = 30;
const LONGEST_DELETED: u32 = 15;

struct Span {
    start: Timestamp,
    end: Timestamp,
}

impl Span {
    fn read(call: &Call, now: Timestamp, days: u32) -> Result<Self, ApiError> {
        let moment = |name: &str| {
            call.parameter(name).and_then(parse_datetime).ok_or_else(|| {
                ApiError::bad(
                    "INVALID_REPLICATION_DATE",
                    format!("{name} must be a date and time, such as 2026-11-20T12:00:00+00:00"),
                )
            })
        };
        let (start, end) = (moment("start")?, moment("end")?);
        if start >= end || end.since(start) < SHORTEST {
            let message = "startDate must be more than one minute before endDate";
            return Err(ApiError::bad("INVALID_REPLICATION_DATE", message));
        }
        if now.since(start) > DAY * days {
            return Err(ApiError::bad(
                "INVALID_REPLICATION_DATE",
                format!("startDate must be within the last {days} days"),
            ));
        }
        Ok(Self { start, end })
    }

    fn holds(&self, record: &Record) -> bool {
        record
            .text("SystemModstamp")
            .and_then(parse_datetime)
            .is_some_and(|moment| moment >= self.start && moment < self.end)
    }

    fn covered(&self, now: Timestamp) -> String {
        datetime(self.end.min(now))
    }
}

pub(super) fn updated(caller: &Caller, database: &Database, object: &str, call: &Call) -> Result<Reply, ApiError> {
    let object = object_named(database, object)?;
    let now = caller.org.now();
    let span = Span::read(call, now, LONGEST_UPDATED)?;
    let ids: Vec<&str> = database
        .records(&object.name)
        .filter(|record| !record.is_deleted() && span.holds(record))
        .map(Record::id)
        .collect();
    Ok(Reply::ok(json!({ "ids": ids, "latestDateCovered": span.covered(now) })))
}

pub(super) fn deleted(caller: &Caller, database: &Database, object: &str, call: &Call) -> Result<Reply, ApiError> {
    let object = object_named(database, object)?;
    let now = caller.org.now();
    let span = Span::read(call, now, LONGEST_DELETED)?;
    let records: Vec<Value> = database
        .records(&object.name)
        .filter(|record| record.is_deleted() && span.holds(record))
        .map(|record| json!({ "id": record.id(), "deletedDate": record.get("SystemModstamp") }))
        .collect();
    Ok(Reply::ok(json!({
        "deletedRecords": records,
        "earliestDateAvailable": datetime(now.saturating_sub(DAY * LONGEST_DELETED)),
        "latestDateCovered": span.covered(now),
    })))
}

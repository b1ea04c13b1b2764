//! What there is: the resource map and the describes.

use domain::Timestamp;
use serde_json::{Map, Value, json};

use super::{Call, Caller, Reply, conditional, object_named, recent};
use crate::{
    clock::parse_datetime,
    error::ApiError,
    records::{Database, FURNISHED_AT, is_audit_field},
};

pub(super) fn map(caller: &Caller) -> Reply {
    let base = format!("/services/data/v{}", caller.version);
    let names = ["composite", "limits", "parameterizedSearch", "query", "queryAll", "recent", "search", "sobjects"];
    let mut map: Map<String, Value> =
        names.into_iter().map(|name| (name.to_owned(), Value::String(format!("{base}/{name}")))).collect();
    let identity = format!("{}/id/{}/{}", caller.origin, caller.org.organization_id(), caller.user);
    map.insert("identity".into(), identity.into());
    Reply::ok(Value::Object(map))
}

/// The schema is as old as the org, and never modified.
fn schema_made() -> Timestamp {
    parse_datetime(FURNISHED_AT).unwrap_or_else(|| Timestamp::from_micros(0))
}

pub(super) fn describe_global(caller: &Caller, database: &Database, call: &Call) -> Result<Reply, ApiError> {
    if let Some(reply) = conditional::check(call, schema_made())? {
        return Ok(reply);
    }
    Ok(conditional::dated(Reply::ok(database.schema().describe_global(&caller.version)), schema_made()))
}

pub(super) fn describe(caller: &Caller, database: &Database, object: &str, call: &Call) -> Result<Reply, ApiError> {
    let object = object_named(database, object)?;
    if let Some(reply) = conditional::check(call, schema_made())? {
        return Ok(reply);
    }
    let mut described = object.describe(database.schema(), &caller.version);
    if caller.org.switches().audit_fields
        && let Some(fields) = described.get_mut("fields").and_then(Value::as_array_mut)
    {
        for field in fields.iter_mut().filter_map(Value::as_object_mut) {
            if field.get("name").and_then(Value::as_str).is_some_and(|name| is_audit_field(object, name)) {
                field.insert("createable".to_owned(), true.into());
            }
        }
    }
    Ok(conditional::dated(Reply::ok(described), schema_made()))
}

/// `/sobjects/X`: the short describe and the records last made.
pub(super) fn basic(caller: &Caller, database: &Database, object: &str) -> Result<Reply, ApiError> {
    const RECENT: usize = 5;
    let object = object_named(database, object)?;
    let recent: Vec<Value> = database
        .records(&object.name)
        .rev()
        .filter(|record| !record.is_deleted())
        .take(RECENT)
        .map(|record| recent::item(caller, object, record))
        .collect();
    Ok(Reply::ok(json!({ "objectDescribe": object.describe_summary(&caller.version), "recentItems": recent })))
}

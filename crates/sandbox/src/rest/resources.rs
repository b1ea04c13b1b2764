//! What there is: the resource map and the describes.

use serde_json::{Map, Value, json};

use super::{Caller, Reply, object_named, recent};
use crate::{
    error::ApiError,
    records::{Database, is_audit_field},
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

pub(super) fn describe_global(caller: &Caller, database: &Database) -> Reply {
    Reply::ok(database.schema().describe_global(&caller.version))
}

pub(super) fn describe(caller: &Caller, database: &Database, object: &str) -> Result<Reply, ApiError> {
    let object = object_named(database, object)?;
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
    Ok(Reply::ok(described))
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

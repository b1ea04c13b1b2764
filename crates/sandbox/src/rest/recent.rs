//! What the caller made last, in place of what they looked at last: a sandbox has no pages to look at records on.

use serde_json::{Value, json};

use super::{Call, Caller, Reply, sobjects};
use crate::{
    records::{Database, Record},
    schema::{Object, ObjectKind},
};

const MOST: usize = 200;

/// `/recent`: records of all kinds a person would open, the newest first.
pub(super) fn recent(caller: &Caller, database: &Database, call: &Call) -> Reply {
    let limit = call.parameter("limit").and_then(|limit| limit.parse().ok()).unwrap_or(MOST).min(MOST);
    let mut found: Vec<(&Object, &Record)> = database
        .schema()
        .objects()
        .filter(|object| object.deletable && (object.feed_enabled || object.kind == ObjectKind::Custom))
        .flat_map(|object| {
            let own = database
                .records(&object.name)
                .rev()
                .filter(|record| !record.is_deleted() && record.text("CreatedById") == Some(&caller.user));
            own.take(limit).map(move |record| (object, record))
        })
        .collect();
    found.sort_by_key(|(_, record)| std::cmp::Reverse((record.text("CreatedDate"), record.id())));
    Reply::ok(found.into_iter().take(limit).map(|(object, record)| item(caller, object, record)).collect())
}

/// A record as lists of recent items show it.
pub(super) fn item(caller: &Caller, object: &Object, record: &Record) -> Value {
    let mut item = json!({
        "attributes": sobjects::attributes(caller, &object.name, record.id()),
        "Id": record.id(),
    });
    if let (Some(name), Some(map)) = (object.name_field(), item.as_object_mut()) {
        map.insert(name.name.clone(), record.get(&name.name).clone());
    }
    item
}

//! Change Data Capture: what a transaction did to the records of covered objects, as change events.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{
    draft::{Commit, Draft, shown},
    event_type::{EventType, EventTypes, HEADER, Source},
};
use crate::records::{Record, Touched};

/// One more change of an object in a transaction is told as an overflow.
const MOST_CHANGES: usize = 100_000;
/// Stands for no record in particular.
const NO_RECORD: &str = "000000000000000AAA";

/// What happened to one record.
struct Change {
    kind: &'static str,
    values: Map<String, Value>,
    changed: Vec<String>,
    nulled: Vec<String>,
}

/// Records that the same happened to share an event.
pub(super) fn drafts(types: &EventTypes, touched: &[Touched<'_>], commit: &Commit) -> Vec<Draft> {
    let mut merged: Vec<(&EventType, Change, Vec<&str>)> = Vec::new();
    let mut alike: HashMap<(&str, String), usize> = HashMap::new();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for touched in touched {
        let Some(event) = types.of_object(touched.object).filter(|event| event.is_change()) else { continue };
        let Some(change) = change(event, touched.before, touched.after) else { continue };
        let count = counts.entry(touched.object).or_default();
        *count += 1;
        if *count > MOST_CHANGES {
            continue;
        }
        let key = format!("{}{:?}{:?}", change.kind, change.changed, change.values);
        let index = *alike.entry((touched.object, key)).or_insert(merged.len());
        match merged.get_mut(index) {
            Some((_, _, ids)) => ids.push(touched.id),
            None => merged.push((event, change, vec![touched.id])),
        }
    }
    let mut sequence = 0;
    let mut drafts: Vec<Draft> = Vec::with_capacity(merged.len());
    for (event, change, ids) in merged {
        sequence += 1;
        drafts.push(draft(event, change, &ids, sequence, commit));
    }
    for (object, _) in counts.iter().filter(|(_, count)| **count > MOST_CHANGES) {
        sequence += 1;
        drafts.extend(types.of_object(object).map(|event| gap(event, "GAP_OVERFLOW", &[NO_RECORD], sequence, commit)));
    }
    drafts
}

/// An event that only says that something happened: who reads it has to fetch the records, or all of them after an overflow.
pub(super) fn gap(event: &EventType, kind: &'static str, ids: &[&str], sequence: u32, commit: &Commit) -> Draft {
    let ids = if kind == "GAP_OVERFLOW" { &[NO_RECORD] } else { ids };
    let change = Change { kind, values: Map::new(), changed: Vec::new(), nulled: Vec::new() };
    draft(event, change, ids, sequence, commit)
}

fn draft(event: &EventType, change: Change, ids: &[&str], sequence: u32, commit: &Commit) -> Draft {
    let header = json!({
        "entityName": event.object,
        "recordIds": ids,
        "changeType": change.kind,
        "changeOrigin": commit.origin.as_str(),
        "transactionKey": commit.key,
        "sequenceNumber": sequence,
        "commitTimestamp": commit.at.as_micros().div_euclid(1_000),
        "commitNumber": commit.number,
        "commitUser": commit.user,
        "nulledFields": change.nulled,
        "diffFields": [],
        "changedFields": change.changed,
    });
    let mut payload = Map::new();
    payload.insert(HEADER.to_owned(), header);
    payload.extend(change.values);
    Draft { id: None, topic: event.topic.clone(), payload }
}

fn change(event: &EventType, before: Option<&Record>, after: Option<&Record>) -> Option<Change> {
    let live = |record: Option<&Record>| record.is_some_and(|record| !record.is_deleted());
    let after = after?;
    let kind = match (before, live(before), live(Some(after))) {
        (None, _, true) => "CREATE",
        (Some(before), true, true) => return update(event, before, after),
        (_, true, false) => "DELETE",
        (Some(_), false, true) => "UNDELETE",
        _ => return None,
    };
    let values = if kind == "DELETE" { Map::new() } else { values(event, after) };
    Some(Change { kind, values, changed: Vec::new(), nulled: Vec::new() })
}

/// Every value a record has.
fn values(event: &EventType, record: &Record) -> Map<String, Value> {
    let mut values = Map::new();
    for column in &event.columns {
        let value = match &column.source {
            Source::Field(field) => event.shown(field, record),
            Source::Compound(parts) => {
                let parts: Map<String, Value> = parts
                    .iter()
                    .map(|(part, field)| (part.clone(), event.shown(field, record)))
                    .filter(|(_, value)| !value.is_null())
                    .collect();
                if parts.is_empty() { Value::Null } else { Value::Object(parts) }
            }
        };
        if !value.is_null() {
            values.insert(column.name.clone(), value);
        }
    }
    values
}

/// What changed, and when the record was last modified; nothing when no field but those of the modification moved.
fn update(event: &EventType, before: &Record, after: &Record) -> Option<Change> {
    let mut change = Change { kind: "UPDATE", values: Map::new(), changed: Vec::new(), nulled: Vec::new() };
    let mut any = false;
    for column in &event.columns {
        match &column.source {
            Source::Field(field) => {
                let stamp = field == "LastModifiedDate";
                if before.get(field) == after.get(field) && !stamp {
                    continue;
                }
                any |= !stamp && field != "LastModifiedById";
                let value = event.shown(field, after);
                if value.is_null() {
                    change.nulled.push(column.name.clone());
                }
                change.changed.push(column.name.clone());
                change.values.insert(column.name.clone(), value);
            }
            Source::Compound(parts) => {
                let mut values = Map::new();
                for (part, field) in parts.iter().filter(|(_, field)| before.get(field) != after.get(field)) {
                    let name = format!("{}.{part}", column.name);
                    let value = event.shown(field, after);
                    if value.is_null() {
                        change.nulled.push(name.clone());
                    }
                    change.changed.push(name);
                    values.insert(part.clone(), value);
                }
                if !values.is_empty() {
                    any = true;
                    change.values.insert(column.name.clone(), Value::Object(values));
                }
            }
        }
    }
    any.then_some(change)
}

impl EventType {
    fn shown(&self, field: &str, record: &Record) -> Value {
        self.kinds.get(field).map_or(Value::Null, |kind| shown(*kind, record.get(field)))
    }
}

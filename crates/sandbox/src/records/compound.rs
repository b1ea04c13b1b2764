//! Values made of other fields' values: addresses and places.

use serde_json::{Map, Value};

use super::Record;
use crate::schema::{FieldKind, Object};

/// A compound value is there as soon as one of its parts is.
pub(super) fn derive(object: &Object, record: &mut Record) {
    for whole in object.fields().filter(|field| field.kind.is_compound()) {
        let parts = object.fields().filter(|field| field.compound.as_deref() == Some(whole.name.as_str()));
        let parts: Map<String, Value> =
            parts.map(|part| (key(whole.kind, &whole.name, &part.name), record.get(&part.name).clone())).collect();
        let value = if parts.values().all(Value::is_null) { Value::Null } else { Value::Object(parts) };
        record.set(&whole.name, value);
    }
}

/// `postalCode` of `BillingPostalCode`, `latitude` of `Place__Latitude__s`.
fn key(kind: FieldKind, whole: &str, part: &str) -> String {
    let name = match kind {
        FieldKind::Location => part.trim_end_matches("__s").rsplit("__").next().unwrap_or(part),
        _ => part.strip_prefix(whole.trim_end_matches("Address")).unwrap_or(part),
    };
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

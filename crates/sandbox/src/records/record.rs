//! One record: canonical field names to JSON values, nulls left out.
//!
//! An org of a million records holds few shapes and few values: records with the same fields set share one list of their names, and
//! what many records have alike (dates, owners, picklist values) is held once. See [`Pool`].

use std::{collections::HashSet, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

static NULL: Value = Value::Null;

#[derive(Clone, Default)]
pub struct Record {
    /// Names, in the order they were set.
    shape: Arc<Shape>,
    /// As many as names.
    values: Vec<Arc<Value>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Shape(Vec<Arc<str>>);

impl Shape {
    fn position(&self, field: &str) -> Option<usize> {
        self.0.iter().position(|name| **name == *field)
    }
}

impl Record {
    /// By canonical name; null when the record has no value there.
    pub fn get(&self, field: &str) -> &Value {
        self.shape.position(field).and_then(|position| self.values.get(position)).map_or(&NULL, |value| &**value)
    }

    pub fn text(&self, field: &str) -> Option<&str> {
        self.get(field).as_str()
    }

    pub fn id(&self) -> &str {
        self.text("Id").unwrap_or_default()
    }

    pub fn is_deleted(&self) -> bool {
        self.get("IsDeleted") == &Value::Bool(true)
    }

    /// Fields that have a value, in the order they were set.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.shape.0.iter().zip(&self.values).map(|(name, value)| (&**name, &**value))
    }

    pub(crate) fn set(&mut self, field: &str, value: impl Into<Value>) {
        let value = value.into();
        match (self.shape.position(field), value.is_null()) {
            (None, true) => {}
            (Some(position), true) => {
                Arc::make_mut(&mut self.shape).0.remove(position);
                self.values.remove(position);
            }
            (Some(position), false) => {
                if let Some(held) = self.values.get_mut(position) {
                    *held = Arc::new(value);
                }
            }
            (None, false) => {
                Arc::make_mut(&mut self.shape).0.push(field.into());
                self.values.push(Arc::new(value));
            }
        }
    }

    pub fn to_json(&self) -> Value {
        Value::Object(self.fields().map(|(name, value)| (name.to_owned(), value.clone())).collect())
    }
}

/// The same fields with the same values, in whatever order.
impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.values.len() == other.values.len() && self.fields().all(|(name, value)| other.get(name) == value)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.fields()).finish()
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.fields())
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> de::Visitor<'de> for Fields {
            type Value = Record;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a record's fields")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
                let mut record = Record::default();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    record.set(&name, value);
                }
                Ok(record)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// Below so many values a pool isn't swept.
const SMALLEST_SWEEP: usize = 10_000;

/// What records have in common.
#[derive(Default)]
pub(super) struct Pool {
    shapes: HashSet<Arc<Shape>>,
    values: HashSet<Arc<Value>>,
    /// How many values there may be before those that no record has any more are let go.
    sweep_at: usize,
}

impl Pool {
    /// Makes the record share its shape, and the values of those fields that are likely to be alike, with others.
    pub(super) fn share(&mut self, record: &mut Record, is_likely_alike: impl Fn(&str) -> bool) {
        match self.shapes.get(&record.shape) {
            Some(shape) => record.shape = Arc::clone(shape),
            None => {
                self.shapes.insert(Arc::clone(&record.shape));
            }
        }
        for (name, value) in record.shape.0.iter().zip(&mut record.values) {
            if !is_likely_alike(name) {
                continue;
            }
            match self.values.get(&**value) {
                Some(known) => *value = Arc::clone(known),
                None => {
                    self.values.insert(Arc::clone(value));
                }
            }
        }
        record.values.shrink_to_fit();
        if self.values.len() > self.sweep_at.max(SMALLEST_SWEEP) {
            self.values.retain(|value| Arc::strong_count(value) > 1);
            self.sweep_at = self.values.len() * 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Pool, Record, SMALLEST_SWEEP};

    fn record(body: Value) -> Record {
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn a_null_takes_a_field_away() {
        let mut held = record(json!({ "Id": "1", "Name": "x", "Left": null, "IsActive": true }));
        held.set("Name", Value::Null);
        held.set("Never", Value::Null);
        assert_eq!(held.to_json(), json!({ "Id": "1", "IsActive": true }));
        assert_eq!(held, record(json!({ "IsActive": true, "Id": "1" })));
        assert_ne!(held, record(json!({ "IsActive": true })));
        assert_eq!(held.get("Name"), &Value::Null);
    }

    #[test]
    fn what_is_shared_is_changed_for_one_record_only() {
        let mut pool = Pool::default();
        let [mut first, mut second] = [1, 2].map(|id| record(json!({ "Id": id, "Status": "Open" })));
        pool.share(&mut first, |name| name != "Id");
        pool.share(&mut second, |name| name != "Id");
        assert!(std::ptr::eq(first.get("Status"), second.get("Status")));
        second.set("Status", "Closed");
        second.set("Priority", "High");
        second.set("Id", Value::Null);
        assert_eq!(first.to_json(), json!({ "Id": 1, "Status": "Open" }));
        assert_eq!(second.to_json(), json!({ "Status": "Closed", "Priority": "High" }));
    }

    #[test]
    fn values_that_no_record_has_any_more_are_let_go() {
        let mut pool = Pool::default();
        for number in 0..SMALLEST_SWEEP + 2 {
            pool.share(&mut record(json!({ "Number": number })), |_| true);
        }
        assert!(pool.values.len() < 3, "{}", pool.values.len());
    }
}

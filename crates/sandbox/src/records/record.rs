//! One record: canonical field names to JSON values, nulls left out.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

static NULL: Value = Value::Null;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Record {
    fields: IndexMap<String, Value>,
}

impl Record {
    /// By canonical name; null when the record has no value there.
    pub fn get(&self, field: &str) -> &Value {
        self.fields.get(field).unwrap_or(&NULL)
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
        self.fields.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(crate) fn set(&mut self, field: &str, value: impl Into<Value>) {
        let value = value.into();
        if value.is_null() {
            self.fields.shift_remove(field);
        } else {
            self.fields.insert(field.to_owned(), value);
        }
    }

    pub fn to_json(&self) -> Value {
        Value::Object(self.fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

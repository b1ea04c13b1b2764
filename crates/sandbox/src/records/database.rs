//! Records by object and id, with an index on every field a record can be found by.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use domain::SalesforceId;
use serde_json::Value;

use super::Record;
use crate::schema::{Field, FieldKind, Object, Schema};

/// Everything the org holds. Deleted records stay, marked, as they do in a recycle bin.
pub struct Database {
    schema: Arc<Schema>,
    /// By canonical object name.
    tables: HashMap<String, Table>,
}

#[derive(Default)]
struct Table {
    records: BTreeMap<String, Record>,
    /// Field name to folded value to ids.
    indexes: HashMap<String, BTreeMap<String, BTreeSet<String>>>,
    last_id: u64,
    last_auto_number: u64,
}

const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Follows the key prefix in every id of this org.
const POD: &str = "SB0";
const ID_DIGITS: usize = 9;

/// The 15 characters are in the order of the numbers.
fn make_id(prefix: &str, number: u64) -> Option<String> {
    let mut digits = [b'0'; ID_DIGITS];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = BASE_62.get(usize::try_from(rest % 62).ok()?).copied()?;
        rest /= 62;
    }
    let short = format!("{prefix}{POD}{}", std::str::from_utf8(&digits).ok()?);
    Some(SalesforceId::new(&short).ok()?.as_str().to_owned())
}

fn id_number(id: &str) -> u64 {
    id.get(6..15).unwrap_or_default().bytes().fold(0, |number, byte| {
        let digit = BASE_62.iter().position(|candidate| *candidate == byte).unwrap_or(0);
        number * 62 + u64::try_from(digit).unwrap_or(0)
    })
}

fn is_indexed(field: &Field) -> bool {
    field.external_id || field.unique || field.kind == FieldKind::Reference
}

/// The form in which two values of a field are the same; none when there is no value.
pub(super) fn folded(field: &Field, value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if field.kind.is_text() && !field.case_sensitive => Some(text.to_lowercase()),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl Database {
    pub fn new(schema: Arc<Schema>) -> Self {
        Self { schema, tables: HashMap::new() }
    }

    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Records of an object (canonical name) in id order, deleted ones among them.
    pub fn records<'a>(&'a self, object: &str) -> impl DoubleEndedIterator<Item = &'a Record> + use<'a> {
        self.tables.get(object).into_iter().flat_map(|table| table.records.values())
    }

    /// By 18-character id, deleted or not.
    pub fn get(&self, id: &str) -> Option<&Record> {
        let object = self.schema.object_of_id(id)?;
        self.get_of(&object.name, id)
    }

    pub fn get_of(&self, object: &str, id: &str) -> Option<&Record> {
        self.tables.get(object)?.records.get(id)
    }

    /// Live records whose field has the value, by index where there is one.
    pub fn find(&self, object: &Object, field: &Field, value: &Value) -> Vec<&Record> {
        let Some(wanted) = folded(field, value) else { return Vec::new() };
        if field.kind == FieldKind::Id {
            return self.get_of(&object.name, &wanted).filter(|record| !record.is_deleted()).into_iter().collect();
        }
        self.ids_by(&object.name, field, &wanted)
            .filter_map(|id| self.get_of(&object.name, id))
            .filter(|record| !record.is_deleted())
            .collect()
    }

    /// Ids, deleted ones among them, of records whose indexed field has the folded value.
    fn ids_by<'a>(&'a self, object: &str, field: &Field, wanted: &str) -> impl Iterator<Item = &'a str> {
        self.tables
            .get(object)
            .and_then(|table| table.indexes.get(&field.name))
            .and_then(|index| index.get(wanted))
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// Records, deleted ones among them, that refer to `id` by the field.
    pub fn referring(&self, object: &str, field: &str, id: &str) -> Vec<&Record> {
        let Some(table) = self.tables.get(object) else { return Vec::new() };
        let ids = table.indexes.get(field).and_then(|index| index.get(id));
        ids.into_iter().flatten().filter_map(|id| table.records.get(id)).collect()
    }

    /// Records, deleted ones among them, whose field has the value; `None` when there is no index on the field.
    pub fn having(&self, object: &str, field: &str, value: &Value) -> Option<Vec<&Record>> {
        let field = self.schema.object(object)?.field(field).filter(|field| is_indexed(field))?;
        let wanted = folded(field, value)?;
        Some(self.ids_by(object, field, &wanted).filter_map(|id| self.get_of(object, id)).collect())
    }

    pub fn count(&self, object: &str) -> usize {
        self.records(object).filter(|record| !record.is_deleted()).count()
    }

    /// The next id of an object; never handed out twice, even when the transaction that asked rolls back.
    pub(super) fn next_id(&mut self, object: &Object) -> Option<String> {
        let table = self.tables.entry(object.name.clone()).or_default();
        table.last_id += 1;
        make_id(&object.key_prefix, table.last_id)
    }

    pub(super) fn next_auto_number(&mut self, object: &Object, field: &Field) -> u64 {
        let table = self.tables.entry(object.name.clone()).or_default();
        table.last_auto_number = table.last_auto_number.max(field.auto_number_start.saturating_sub(1)) + 1;
        table.last_auto_number
    }

    /// Puts a record, or takes it away, and answers what was there before. Keeps the indexes true.
    pub(super) fn replace(&mut self, object: &str, id: &str, record: Option<Record>) -> Option<Record> {
        let schema = Arc::clone(&self.schema);
        let description = schema.object(object)?;
        let table = self.tables.entry(description.name.clone()).or_default();
        let before = table.records.remove(id);
        for field in description.fields().filter(|field| is_indexed(field)) {
            let old = before.as_ref().and_then(|record| folded(field, record.get(&field.name)));
            let new = record.as_ref().and_then(|record| folded(field, record.get(&field.name)));
            if old == new {
                continue;
            }
            let index = table.indexes.entry(field.name.clone()).or_default();
            if let Some(old) = old
                && let Some(ids) = index.get_mut(&old)
            {
                ids.remove(id);
                if ids.is_empty() {
                    index.remove(&old);
                }
            }
            if let Some(new) = new {
                index.entry(new).or_default().insert(id.to_owned());
            }
        }
        if let Some(record) = record {
            table.last_id = table.last_id.max(id_number(id));
            if let Some(digits) = description
                .fields()
                .find(|field| field.kind == FieldKind::AutoNumber)
                .and_then(|field| record.text(&field.name))
            {
                let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
                table.last_auto_number = table.last_auto_number.max(digits.parse().unwrap_or(0));
            }
            table.records.insert(id.to_owned(), record);
        }
        before
    }

    /// Objects that have records, with those records.
    pub(crate) fn snapshot(&self) -> Value {
        let objects = self.schema.objects().filter_map(|object| {
            let records: Vec<Value> = self.records(&object.name).map(Record::to_json).collect();
            (!records.is_empty()).then(|| (object.name.clone(), Value::Array(records)))
        });
        Value::Object(objects.collect())
    }

    /// Forgets everything, counters too.
    pub(crate) fn clear(&mut self) {
        self.tables.clear();
    }

    /// Takes back a record that was journalled.
    pub(crate) fn restore(&mut self, record: Record) {
        let id = record.id().to_owned();
        if let Some(object) = self.schema.object_of_id(&id).map(|object| object.name.clone()) {
            self.replace(&object, &id, Some(record));
        }
    }
}

#[cfg(test)]
mod id_tests {
    use super::{id_number, make_id};

    #[test]
    fn ids_keep_the_order_of_their_numbers() {
        let ids: Vec<String> = [1, 9, 10, 61, 62, 3_843, 3_844, 1_000_000_000_000]
            .into_iter()
            .map(|number| make_id("500", number).unwrap())
            .collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
        assert_eq!(id_number(&ids[7]), 1_000_000_000_000);
        assert!(ids.iter().all(|id| id.len() == 18 && id.starts_with("500")));
    }
}

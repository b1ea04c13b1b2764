//! Records by object and id, with an index on every field a record can be found by.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use domain::{SalesforceId, Timestamp};
use serde_json::Value;

use super::{
    Record,
    index::{Index, Key},
    record::Pool,
    recycle_bin::{Bin, Emptied},
    sorted::Sorted,
    words::Words,
};
use crate::{
    schema::{Field, FieldKind, Object, Schema},
    seed::ADMIN_ID,
    soql::sosl::{Wanted, searched_fields},
};

/// When the org's metadata was deployed, as it tells.
pub(crate) const FURNISHED_AT: &str = "2026-01-01T00:00:00.000+0000";

/// Everything the org holds. Deleted records stay, marked, as they do in a recycle bin.
pub struct Database {
    schema: Arc<Schema>,
    /// By canonical object name.
    tables: HashMap<String, Table>,
    bin: Bin,
    pool: Pool,
}

struct Table {
    records: Sorted<(Key, Record)>,
    /// Of every indexed field.
    indexes: Vec<(Field, Index)>,
    /// Names of fields of which no two records are likely to have the same value.
    unlike: HashSet<String>,
    auto_number: Option<String>,
    /// Names of the fields that are searched.
    searched: Vec<String>,
    /// None where nothing is searched.
    words: Option<Words>,
    last_id: u64,
    last_auto_number: u64,
}

impl Table {
    fn of(object: &Object) -> Self {
        let indexes = object.fields().filter_map(|field| Some((field.clone(), index_for(field)?)));
        let unlike = object.fields().filter(|field| !is_likely_alike(field)).map(|field| field.name.clone());
        let auto_number = object.fields().find(|field| field.kind == FieldKind::AutoNumber);
        let searched: Vec<String> = searched_fields(object).into_iter().map(str::to_owned).collect();
        Self {
            records: Sorted::default(),
            indexes: indexes.collect(),
            unlike: unlike.collect(),
            auto_number: auto_number.map(|field| field.name.clone()),
            words: (!searched.is_empty()).then(Words::default),
            searched,
            last_id: 0,
            last_auto_number: 0,
        }
    }

    fn get(&self, id: &str) -> Option<&Record> {
        self.by_key(&Key::of(id)?).filter(|record| record.id() == id)
    }

    fn by_key(&self, key: &Key) -> Option<&Record> {
        self.records.get(key, key_of).map(|(_, record)| record)
    }

    fn index(&self, field: &str) -> Option<&Index> {
        self.indexes.iter().find(|(indexed, _)| indexed.name == field).map(|(_, index)| index)
    }

    fn index_words(&mut self, number: Option<u64>, before: Option<&Record>, after: Option<&Record>) {
        let Some(words) = &mut self.words else { return };
        // The index knows records by number; should one have none, all of them are looked at instead.
        let Some(number) = number else {
            self.words = None;
            return;
        };
        if self.searched.iter().all(|field| text_of(before, field) == text_of(after, field)) {
            return;
        }
        let texts = |record| self.searched.iter().filter_map(move |field| text_of(record, field));
        words.replace(number, texts(before), texts(after));
    }

    /// In id order.
    fn having(&self, field: &str, folded: &str) -> impl Iterator<Item = &Record> {
        let keys = self.index(field).and_then(|index| index.having(folded));
        keys.into_iter().flat_map(Sorted::iter).filter_map(|key| self.by_key(key))
    }
}

fn text_of<'r>(record: Option<&'r Record>, field: &str) -> Option<&'r str> {
    record.and_then(|record| record.text(field))
}

fn key_of((key, _): &(Key, Record)) -> Key {
    *key
}

const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Follows the key prefix in every id of this org.
pub(super) const POD: &str = "SB0";
const ID_DIGITS: usize = 9;

/// The 15 characters are in the order of the numbers.
pub(crate) fn make_id(prefix: &str, number: u64) -> Option<String> {
    let digits = id_digits(number)?;
    let short = format!("{prefix}{POD}{}", std::str::from_utf8(&digits).ok()?);
    Some(SalesforceId::new(&short).ok()?.as_str().to_owned())
}

pub(super) fn id_digits(number: u64) -> Option<[u8; ID_DIGITS]> {
    let mut digits = [b'0'; ID_DIGITS];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = BASE_62.get(usize::try_from(rest % 62).ok()?).copied()?;
        rest /= 62;
    }
    Some(digits)
}

pub(super) fn id_number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number, byte| {
        let digit = BASE_62.iter().position(|candidate| candidate == byte)?;
        Some(number * 62 + u64::try_from(digit).ok()?)
    })
}

fn is_indexed(field: &Field) -> bool {
    (field.id_lookup() && field.kind != FieldKind::Id) || matches!(field.kind, FieldKind::Reference | FieldKind::Base64)
}

fn index_for(field: &Field) -> Option<Index> {
    if is_indexed(field) {
        Some(Index::by_value())
    } else if field.kind == FieldKind::DateTime {
        Some(Index::by_time())
    } else {
        None
    }
}

fn is_likely_alike(field: &Field) -> bool {
    let is_own = matches!(
        field.kind,
        FieldKind::Id
            | FieldKind::AutoNumber
            | FieldKind::String
            | FieldKind::TextArea
            | FieldKind::LongTextArea
            | FieldKind::RichTextArea
            | FieldKind::Base64
            | FieldKind::Email
            | FieldKind::Phone
            | FieldKind::Url
            | FieldKind::Address
            | FieldKind::Location
    );
    !is_own && !field.unique && !field.external_id
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
        Self { schema, tables: HashMap::new(), bin: Bin::default(), pool: Pool::default() }
    }

    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Records of an object (canonical name) in id order, deleted ones among them.
    pub fn records<'a>(&'a self, object: &str) -> impl DoubleEndedIterator<Item = &'a Record> + use<'a> {
        self.tables.get(object).into_iter().flat_map(|table| table.records.iter().map(|(_, record)| record))
    }

    /// By 18-character id, deleted or not.
    pub fn get(&self, id: &str) -> Option<&Record> {
        let object = self.schema.object_of_id(id)?;
        self.get_of(&object.name, id)
    }

    pub fn get_of(&self, object: &str, id: &str) -> Option<&Record> {
        self.tables.get(object)?.get(id)
    }

    /// Live records whose field has the value, by index where there is one.
    pub fn find(&self, object: &Object, field: &Field, value: &Value) -> Vec<&Record> {
        let Some(wanted) = folded(field, value) else { return Vec::new() };
        if field.kind == FieldKind::Id {
            return self.get_of(&object.name, &wanted).filter(|record| !record.is_deleted()).into_iter().collect();
        }
        let Some(table) = self.tables.get(&object.name) else { return Vec::new() };
        table.having(&field.name, &wanted).filter(|record| !record.is_deleted()).collect()
    }

    /// Records, deleted ones among them, that refer to `id` by the field.
    pub fn referring(&self, object: &str, field: &str, id: &str) -> Vec<&Record> {
        self.tables.get(object).map_or_else(Vec::new, |table| table.having(field, id).collect())
    }

    /// Records, deleted ones among them, whose field has the value; `None` when there is no index on the field.
    pub fn having(&self, object: &str, field: &str, value: &Value) -> Option<Vec<&Record>> {
        let field = self.schema.object(object)?.field(field).filter(|field| is_indexed(field))?;
        let wanted = folded(field, value)?;
        Some(self.tables.get(object).map_or_else(Vec::new, |table| table.having(&field.name, &wanted).collect()))
    }

    /// Records, deleted ones among them, in the order of an id or time field and then by id, from one value to another, both
    /// included. `None` when there is no such index, or when it holds some records only and no bound leaves out the others.
    pub fn in_order<'a>(
        &'a self,
        object: &str,
        field: &str,
        from: Option<&str>,
        until: Option<&str>,
    ) -> Option<Box<dyn DoubleEndedIterator<Item = &'a Record> + 'a>> {
        let table = self.tables.get(object)?;
        if field == "Id" {
            let range = Key::range(from, until)?;
            return Some(Box::new(table.records.range(range, key_of).map(|(_, record)| record)));
        }
        let times = table.index(field)?.times()?;
        if from.is_none() && until.is_none() && times.len() != table.records.len() {
            return None;
        }
        let keys = times.range(Index::time_range(from, until)?, |item| *item);
        Some(Box::new(keys.filter_map(|(_, key)| table.by_key(key))))
    }

    /// Whether a record, deleted or not, has the bytes kept by this key.
    pub(crate) fn has_bytes(&self, key: &str) -> bool {
        self.tables.values().any(|table| {
            let fields = table.indexes.iter().filter(|(field, _)| field.kind == FieldKind::Base64);
            fields.map(|(field, _)| field.name.as_str()).any(|field| table.having(field, key).next().is_some())
        })
    }

    /// Records, deleted ones among them, among which are all that hold the words, in id order, and how many they are at most.
    /// `None` where there is no such index, and where it leaves none out.
    pub(crate) fn holding<'a>(
        &'a self,
        object: &str,
        wanted: &Wanted,
    ) -> Option<(usize, Box<dyn Iterator<Item = &'a Record> + 'a>)> {
        let table = self.tables.get(object)?;
        let words = table.words.as_ref()?;
        let count = words.count(wanted);
        if count >= table.records.len() {
            return None;
        }
        let records = words.holding(wanted).filter_map(|number| table.by_key(&Key::of_number(number)?));
        Some((count, Box::new(records)))
    }

    pub fn count(&self, object: &str) -> usize {
        self.records(object).filter(|record| !record.is_deleted()).count()
    }

    /// The next id of an object; never handed out twice, even when the transaction that asked rolls back.
    pub(super) fn next_id(&mut self, object: &Object) -> Option<String> {
        let table = self.table(object);
        table.last_id += 1;
        make_id(&object.key_prefix, table.last_id)
    }

    /// Whether the object's counter has passed the id, so that a record had it once.
    pub(super) fn has_handed_out(&self, object: &str, id: &str) -> bool {
        let number = Key::of(id).and_then(|key| key.number());
        let last = self.tables.get(object).map(|table| table.last_id);
        number.zip(last).is_some_and(|(number, last)| (1..=last).contains(&number))
    }

    /// Whether a deleted record has been in the bin for longer than it may be.
    pub(crate) fn is_bin_due(&self, now: Timestamp) -> bool {
        self.bin.due(now).next().is_some()
    }

    /// Takes away for good what has been in the bin for longer than it may be.
    pub(crate) fn empty_bin(&mut self, now: Timestamp) -> Emptied {
        let mut emptied = Emptied { ids: self.bin.due(now).map(str::to_owned).collect(), keys: Vec::new() };
        let schema = Arc::clone(&self.schema);
        for id in &emptied.ids {
            let Some(object) = schema.object_of_id(id) else { continue };
            let Some(record) = self.replace(&object.name, id, None) else { continue };
            let fields = object.fields().filter(|field| field.kind == FieldKind::Base64);
            emptied.keys.extend(fields.filter_map(|field| record.text(&field.name).map(str::to_owned)));
        }
        emptied.keys.retain(|key| !self.has_bytes(key));
        emptied
    }

    pub(super) fn next_auto_number(&mut self, object: &Object, field: &Field) -> u64 {
        let table = self.table(object);
        table.last_auto_number = table.last_auto_number.max(field.auto_number_start.saturating_sub(1)) + 1;
        table.last_auto_number
    }

    fn table(&mut self, object: &Object) -> &mut Table {
        self.tables.entry(object.name.clone()).or_insert_with(|| Table::of(object))
    }

    /// Puts a record, or takes it away, and answers what was there before. Keeps the indexes true.
    pub(super) fn replace(&mut self, object: &str, id: &str, record: Option<Record>) -> Option<Record> {
        let schema = Arc::clone(&self.schema);
        let description = schema.object(object)?;
        let key = Key::of(id)?;
        let table = self.tables.entry(description.name.clone()).or_insert_with(|| Table::of(description));
        let before = table.records.remove(&key, key_of).map(|(_, record)| record);
        for (field, index) in &mut table.indexes {
            let old = before.as_ref().map_or(&Value::Null, |record| record.get(&field.name));
            let new = record.as_ref().map_or(&Value::Null, |record| record.get(&field.name));
            if old == new {
                continue;
            }
            if let Some(old) = folded(field, old) {
                index.remove(&old, key);
            }
            if let Some(new) = folded(field, new) {
                index.insert(&new, key);
            }
        }
        let number = key.number();
        table.index_words(number, before.as_ref(), record.as_ref());
        self.bin.note(id, before.as_ref(), record.as_ref());
        if let Some(mut record) = record {
            table.last_id = table.last_id.max(number.unwrap_or(0));
            if let Some(digits) = table.auto_number.as_ref().and_then(|field| record.text(field)) {
                let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
                table.last_auto_number = table.last_auto_number.max(digits.parse().unwrap_or(0));
            }
            let unlike = &table.unlike;
            self.pool.share(&mut record, |field| !unlike.contains(field));
            table.records.insert((key, record), key_of);
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
        self.bin = Bin::default();
        self.pool = Pool::default();
    }

    /// Puts the records by which the org tells of its own metadata. They are of the schema, not of the journal.
    pub(crate) fn furnish(&mut self) {
        let schema = Arc::clone(&self.schema);
        for (object, fields) in schema.metadata_records() {
            let Some(object) = schema.object(&object) else { continue };
            let Some(id) = self.next_id(object) else { continue };
            let mut record = Record::default();
            record.set("Id", id.as_str());
            for (name, value) in fields.into_iter().filter(|(name, _)| object.field(name).is_some()) {
                record.set(&name, value);
            }
            for name in ["CreatedDate", "LastModifiedDate", "SystemModstamp"] {
                if object.field(name).is_some() {
                    record.set(name, FURNISHED_AT);
                }
            }
            for name in ["CreatedById", "LastModifiedById"] {
                if object.field(name).is_some() {
                    record.set(name, ADMIN_ID);
                }
            }
            self.replace(&object.name, &id, Some(record));
        }
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
        assert_eq!(id_number(&ids[7].as_bytes()[6..15]), Some(1_000_000_000_000));
        assert!(ids.iter().all(|id| id.len() == 18 && id.starts_with("500")));
    }
}

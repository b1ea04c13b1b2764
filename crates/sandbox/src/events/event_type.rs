//! What an event of each topic looks like: its Avro record, its schema's id, and which record fields it is made of.

use std::{collections::HashMap, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    avro::{AvroError, Record, RecordField, Type},
    topic::{Topic, change_event_name, is_covered},
};
use crate::schema::{Field, FieldKind, Object, ObjectKind, Schema};

pub(crate) const HEADER: &str = "ChangeEventHeader";
const NAMESPACE: &str = "com.sforce.eventbus";

pub(crate) const CHANGE_TYPES: &[&str] = &[
    "CREATE",
    "UPDATE",
    "DELETE",
    "UNDELETE",
    "GAP_CREATE",
    "GAP_UPDATE",
    "GAP_DELETE",
    "GAP_UNDELETE",
    "GAP_OVERFLOW",
    "SNAPSHOT",
];

/// Fields of an object that its change events leave out: the id is in the header, the rest is derived or personal to a viewer.
const LEFT_OUT: &[&str] = &[
    "Id",
    "IsDeleted",
    "SystemModstamp",
    "LastViewedDate",
    "LastReferencedDate",
    "ContactEmail",
    "ContactPhone",
    "MasterRecordId",
];

/// The parts of an address, by the end of the field's name.
const ADDRESS_PARTS: &[&str] = &["Street", "City", "State", "PostalCode", "Country"];
const NAME_PARTS: &[&str] = &["Salutation", "FirstName", "LastName"];

/// A value of a change event and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) source: Source,
}

#[derive(Clone, Debug)]
pub(crate) enum Source {
    Field(String),
    /// Part by part: the name within the compound value, and the record's field.
    Compound(Vec<(String, String)>),
}

#[derive(Debug)]
pub(crate) struct EventType {
    pub(crate) topic: String,
    /// The object whose changes it tells, or the platform event.
    pub(crate) object: String,
    pub(crate) schema_id: String,
    pub(crate) schema_json: String,
    /// Of a change event; empty for a platform event.
    pub(crate) columns: Vec<Column>,
    /// Of the object's fields.
    pub(super) kinds: HashMap<String, FieldKind>,
    record: Record,
}

/// The events of an org, which its schema settles.
#[derive(Debug, Default)]
pub(crate) struct EventTypes {
    by_topic: HashMap<String, Arc<EventType>>,
    by_schema: HashMap<String, Arc<EventType>>,
    /// By canonical object name.
    by_object: HashMap<String, Arc<EventType>>,
}

impl EventTypes {
    pub(crate) fn of(schema: &Schema) -> Self {
        let mut types = Self::default();
        for object in schema.objects() {
            let event = if object.kind == ObjectKind::PlatformEvent {
                EventType::platform(object)
            } else if is_covered(object) {
                EventType::change(object)
            } else {
                continue;
            };
            let event = Arc::new(event);
            types.by_topic.insert(event.topic.clone(), Arc::clone(&event));
            types.by_schema.insert(event.schema_id.clone(), Arc::clone(&event));
            types.by_object.insert(event.object.clone(), event);
        }
        types
    }

    /// Of a topic's full name in its canonical form.
    pub(crate) fn of_topic(&self, topic: &str) -> Option<&Arc<EventType>> {
        self.by_topic.get(topic)
    }

    pub(crate) fn of_schema(&self, id: &str) -> Option<&Arc<EventType>> {
        self.by_schema.get(id)
    }

    /// The change event of an object, or the platform event of that name.
    pub(crate) fn of_object(&self, object: &str) -> Option<&Arc<EventType>> {
        self.by_object.get(object)
    }

    /// The one kind of event a channel carries; none for `/data/ChangeEvents`.
    pub(crate) fn of_channel(&self, topic: &Topic) -> Option<&Arc<EventType>> {
        match topic {
            Topic::AllChanges => None,
            Topic::Changes(name) => self.of_topic(&format!("/data/{name}")),
            Topic::Platform(name) => self.of_topic(&format!("/event/{name}")),
        }
    }
}

impl EventType {
    fn new(topic: String, object: &Object, columns: Vec<Column>, record: Record) -> Self {
        let schema_json = record.schema(Some(NAMESPACE)).to_string();
        // Named by what it says, so that it stays the same until the schema changes.
        let digest = Sha256::digest(schema_json.as_bytes());
        let schema_id = URL_SAFE_NO_PAD.encode(digest.get(..16).unwrap_or_default());
        let kinds = object.fields().map(|field| (field.name.clone(), field.kind)).collect();
        Self { topic, object: object.name.clone(), schema_id, schema_json, columns, kinds, record }
    }

    fn platform(object: &Object) -> Self {
        let mut fields = vec![
            RecordField {
                name: "CreatedDate".to_owned(),
                kind: Type::DateTime,
                doc: Some("CreatedDate:DateTime".to_owned()),
            },
            RecordField {
                name: "CreatedById".to_owned(),
                kind: Type::String,
                doc: Some("CreatedBy:EntityId".to_owned()),
            },
        ];
        fields.extend(object.fields().filter(|field| field.custom).map(record_field));
        let record = Record { name: object.name.clone(), fields };
        Self::new(format!("/event/{}", object.name), object, Vec::new(), record)
    }

    fn change(object: &Object) -> Self {
        let name = change_event_name(object);
        let columns = columns(object);
        let mut fields = vec![RecordField { name: HEADER.to_owned(), kind: Type::Record(header()), doc: None }];
        for column in &columns {
            match &column.source {
                Source::Field(field) => fields.extend(object.field(field).map(record_field)),
                Source::Compound(parts) => {
                    let parts = parts.iter().filter_map(|(part, field)| {
                        Some(RecordField { name: part.clone(), ..record_field(object.field(field)?) })
                    });
                    let compound = if column.name == "Name" { "PersonName" } else { "Address" };
                    // Avro names a record once; each address of an object is a type of its own.
                    let record = Record {
                        name: if compound == "Address" { column.name.clone() } else { compound.to_owned() },
                        fields: parts.collect(),
                    };
                    let doc = Some(format!("Data:{compound}"));
                    fields.push(RecordField { name: column.name.clone(), kind: Type::Record(record).nullable(), doc });
                }
            }
        }
        Self::new(format!("/data/{name}"), object, columns, Record { name, fields })
    }

    /// Whether it tells changes of records.
    pub(crate) fn is_change(&self) -> bool {
        self.topic.starts_with("/data/")
    }

    /// A payload in Avro; the field names of a change event's header become bitmaps over this schema.
    ///
    /// # Errors
    /// The payload was made for another schema.
    pub(crate) fn encode(&self, mut payload: Map<String, Value>) -> Result<Vec<u8>, AvroError> {
        if let Some(header) = payload.get_mut(HEADER).and_then(Value::as_object_mut) {
            for fields in ["nulledFields", "diffFields", "changedFields"] {
                let names = header.get(fields).and_then(Value::as_array).cloned().unwrap_or_default();
                let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
                header.insert(fields.to_owned(), bitmaps(&self.record, &names).into());
            }
        }
        self.record.encode(&payload)
    }

    /// # Errors
    /// The bytes are not one payload of this schema.
    pub(crate) fn decode(&self, payload: &[u8]) -> Result<Map<String, Value>, AvroError> {
        self.record.decode(payload)
    }
}

fn header() -> Record {
    let text = || Type::String;
    let fields: [(&str, Type); 12] = [
        ("entityName", text()),
        ("recordIds", Type::Strings),
        ("changeType", Type::Enumeration("ChangeType", CHANGE_TYPES)),
        ("changeOrigin", text()),
        ("transactionKey", text()),
        ("sequenceNumber", Type::Int),
        ("commitTimestamp", Type::Long),
        ("commitNumber", Type::Long),
        ("commitUser", text()),
        ("nulledFields", Type::Strings),
        ("diffFields", Type::Strings),
        ("changedFields", Type::Strings),
    ];
    let fields = fields.into_iter().map(|(name, kind)| RecordField { name: name.to_owned(), kind, doc: None });
    Record { name: HEADER.to_owned(), fields: fields.collect() }
}

/// In the object's own order; the parts of a name or an address stand together where the first of them would.
fn columns(object: &Object) -> Vec<Column> {
    let is_person = object.field("FirstName").is_some() && object.field("LastName").is_some();
    let address_of = |name: &str| {
        let (prefix, _) = ADDRESS_PARTS.iter().find_map(|part| Some((name.strip_suffix(part)?, part)))?;
        object.field(&format!("{prefix}Street")).is_some_and(|street| !street.custom).then(|| prefix.to_owned())
    };
    let mut columns: Vec<Column> = Vec::new();
    for field in object
        .fields()
        .filter(|field| !LEFT_OUT.contains(&field.name.as_str()) && !field.calculated && !field.kind.is_compound())
    {
        let (name, part) = if is_person && NAME_PARTS.contains(&field.name.as_str()) {
            ("Name".to_owned(), field.name.clone())
        } else if is_person && field.name == "Name" {
            continue;
        } else if let Some(prefix) = address_of(&field.name).filter(|_| !field.custom) {
            let part = field.name.strip_prefix(&prefix).unwrap_or(&field.name).to_owned();
            (format!("{prefix}Address"), part)
        } else {
            columns.push(Column { name: field.name.clone(), source: Source::Field(field.name.clone()) });
            continue;
        };
        let of_parts = (part, field.name.clone());
        match columns.iter_mut().find(|column| column.name == name).map(|column| &mut column.source) {
            Some(Source::Compound(parts)) => parts.push(of_parts),
            _ => columns.push(Column { name, source: Source::Compound(vec![of_parts]) }),
        }
    }
    columns
}

fn record_field(field: &Field) -> RecordField {
    let (kind, name) = match field.kind {
        FieldKind::Boolean => (Type::Boolean, "Boolean"),
        FieldKind::Int => (Type::Int, "Integer"),
        FieldKind::Double => (Type::Double, "Double"),
        FieldKind::Currency => (Type::Double, "Currency"),
        FieldKind::Percent => (Type::Double, "Percent"),
        FieldKind::DateTime => (Type::DateTime, "DateTime"),
        FieldKind::Date => (Type::Date, "DateOnly"),
        FieldKind::Id | FieldKind::Reference => (Type::String, "EntityId"),
        FieldKind::Picklist => (Type::String, "DynamicEnum"),
        FieldKind::MultiPicklist => (Type::String, "MultiEnum"),
        FieldKind::Email => (Type::String, "Email"),
        FieldKind::Phone => (Type::String, "Phone"),
        FieldKind::Url => (Type::String, "Url"),
        _ => (Type::String, "Text"),
    };
    RecordField { name: field.name.clone(), kind: kind.nullable(), doc: Some(format!("Data:{name}")) }
}

/// Names as bitmaps over a record's fields, least significant bit first: `0x41` for the fields themselves, then `4-0x2` for each
/// field whose parts are meant (`Name.LastName`).
pub(super) fn bitmaps(record: &Record, names: &[&str]) -> Vec<String> {
    let mut maps = Vec::new();
    let bits = |fields: &[RecordField], wanted: &dyn Fn(&str) -> bool| {
        hex(&fields.iter().map(|field| wanted(&field.name)).collect::<Vec<_>>())
    };
    maps.extend(bits(&record.fields, &|name| names.contains(&name)));
    for (index, field) in record.fields.iter().enumerate() {
        let Type::Nullable(inner) = &field.kind else { continue };
        let Type::Record(compound) = &**inner else { continue };
        let part_named =
            |part: &str| names.iter().any(|name| name.split_once('.') == Some((field.name.as_str(), part)));
        maps.extend(bits(&compound.fields, &part_named).map(|map| format!("{index}-{map}")));
    }
    maps
}

/// None when no bit is set. Whole bytes, as Salesforce writes them.
fn hex(bits: &[bool]) -> Option<String> {
    let bytes: Vec<u8> =
        bits.chunks(8).map(|chunk| chunk.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect();
    let highest = bytes.iter().rposition(|byte| *byte != 0)?;
    let digits: String = bytes.iter().take(highest + 1).rev().map(|byte| format!("{byte:02X}")).collect();
    Some(format!("0x{digits}"))
}

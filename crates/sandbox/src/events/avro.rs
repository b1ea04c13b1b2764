//! Avro as event schemas use it: records of nullable primitives, with lists of text and one enumeration.

use serde_json::{Map, Number, Value, json};

use crate::clock::parse_datetime;
use domain::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    String,
    Int,
    Long,
    Double,
    Boolean,
    /// A long of milliseconds; RFC 3339 text here.
    DateTime,
    /// A long of milliseconds at midnight UTC; `2026-11-20` here.
    Date,
    Strings,
    Enumeration(&'static str, &'static [&'static str]),
    Record(Record),
    Nullable(Box<Self>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) fields: Vec<RecordField>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordField {
    pub(crate) name: String,
    pub(crate) kind: Type,
    /// `Data:Text` and the like; Salesforce names a field's type there.
    pub(crate) doc: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AvroError {
    #[error("{0} is missing")]
    Missing(String),
    #[error("the value of {0} is not of its type")]
    WrongType(String),
    #[error("the payload ends too soon")]
    TooShort,
    #[error("{0} bytes follow the payload")]
    TooLong(usize),
    #[error("the payload is not Avro of this schema")]
    Malformed,
}

impl Type {
    pub(crate) fn nullable(self) -> Self {
        Self::Nullable(Box::new(self))
    }

    /// As an Avro schema says it.
    fn schema(&self) -> Value {
        match self {
            Self::String => json!("string"),
            Self::Int => json!("int"),
            Self::Long | Self::DateTime | Self::Date => json!("long"),
            Self::Double => json!("double"),
            Self::Boolean => json!("boolean"),
            Self::Strings => json!({ "type": "array", "items": "string" }),
            Self::Enumeration(name, symbols) => json!({ "type": "enum", "name": name, "symbols": symbols }),
            Self::Record(record) => record.schema(None),
            Self::Nullable(inner) => json!(["null", inner.schema()]),
        }
    }
}

impl Record {
    pub(crate) fn schema(&self, namespace: Option<&str>) -> Value {
        let fields = self.fields.iter().map(|field| {
            let mut schema = json!({ "name": field.name, "type": field.kind.schema() });
            if let Some(schema) = schema.as_object_mut() {
                if let Some(doc) = &field.doc {
                    schema.insert("doc".to_owned(), Value::String(doc.clone()));
                }
                if matches!(field.kind, Type::Nullable(_)) {
                    schema.insert("default".to_owned(), Value::Null);
                }
            }
            schema
        });
        let mut schema = json!({ "type": "record", "name": self.name, "fields": fields.collect::<Vec<_>>() });
        if let (Some(namespace), Some(schema)) = (namespace, schema.as_object_mut()) {
            schema.insert("namespace".to_owned(), Value::String(namespace.to_owned()));
        }
        schema
    }

    /// # Errors
    /// A value is missing or of another type than the schema's.
    pub(crate) fn encode(&self, value: &Map<String, Value>) -> Result<Vec<u8>, AvroError> {
        let mut bytes = Vec::new();
        encode_record(self, value, &mut bytes)?;
        Ok(bytes)
    }

    /// # Errors
    /// The bytes are anything but one value of this schema.
    pub(crate) fn decode(&self, bytes: &[u8]) -> Result<Map<String, Value>, AvroError> {
        let mut rest = bytes;
        let value = decode_record(self, &mut rest)?;
        if rest.is_empty() { Ok(value) } else { Err(AvroError::TooLong(rest.len())) }
    }
}

fn encode_record(record: &Record, value: &Map<String, Value>, bytes: &mut Vec<u8>) -> Result<(), AvroError> {
    for field in &record.fields {
        let value = value.get(&field.name).unwrap_or(&Value::Null);
        encode(&field.name, &field.kind, value, bytes)?;
    }
    Ok(())
}

fn encode(name: &str, kind: &Type, value: &Value, bytes: &mut Vec<u8>) -> Result<(), AvroError> {
    if let Type::Nullable(inner) = kind {
        if value.is_null() {
            put_long(0, bytes);
            return Ok(());
        }
        put_long(1, bytes);
        return encode(name, inner, value, bytes);
    }
    if value.is_null() {
        return Err(AvroError::Missing(name.to_owned()));
    }
    let wrong = || AvroError::WrongType(name.to_owned());
    match kind {
        Type::String => put_text(value.as_str().ok_or_else(wrong)?, bytes),
        Type::Int => {
            let number = value.as_i64().and_then(|number| i32::try_from(number).ok()).ok_or_else(wrong)?;
            put_long(i64::from(number), bytes);
        }
        Type::Long => put_long(value.as_i64().ok_or_else(wrong)?, bytes),
        Type::DateTime => {
            let moment = value.as_str().and_then(parse_datetime).ok_or_else(wrong)?;
            put_long(moment.as_micros().div_euclid(1_000), bytes);
        }
        Type::Date => {
            let day: jiff::civil::Date = value.as_str().and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
            let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| wrong())?;
            put_long(midnight.timestamp().as_millisecond(), bytes);
        }
        Type::Double => bytes.extend(value.as_f64().ok_or_else(wrong)?.to_le_bytes()),
        Type::Boolean => bytes.push(u8::from(value.as_bool().ok_or_else(wrong)?)),
        Type::Strings => {
            let items = value.as_array().ok_or_else(wrong)?;
            if !items.is_empty() {
                put_length(items.len(), bytes);
                for item in items {
                    put_text(item.as_str().ok_or_else(wrong)?, bytes);
                }
            }
            put_long(0, bytes);
        }
        Type::Enumeration(_, symbols) => {
            let index = value.as_str().and_then(|text| symbols.iter().position(|symbol| *symbol == text));
            put_length(index.ok_or_else(wrong)?, bytes);
        }
        Type::Record(record) => encode_record(record, value.as_object().ok_or_else(wrong)?, bytes)?,
        Type::Nullable(_) => {}
    }
    Ok(())
}

/// Zigzag, seven bits to a byte.
fn put_long(number: i64, bytes: &mut Vec<u8>) {
    let mut rest = ((number << 1) ^ (number >> 63)).cast_unsigned();
    loop {
        let low = u8::try_from(rest & 0x7f).unwrap_or(0);
        rest >>= 7;
        if rest == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn put_length(length: usize, bytes: &mut Vec<u8>) {
    put_long(i64::try_from(length).unwrap_or(i64::MAX), bytes);
}

fn put_text(text: &str, bytes: &mut Vec<u8>) {
    put_length(text.len(), bytes);
    bytes.extend(text.as_bytes());
}

fn decode_record(record: &Record, rest: &mut &[u8]) -> Result<Map<String, Value>, AvroError> {
    record.fields.iter().map(|field| Ok((field.name.clone(), decode(&field.kind, rest)?))).collect()
}

fn decode(kind: &Type, rest: &mut &[u8]) -> Result<Value, AvroError> {
    Ok(match kind {
        Type::String => Value::String(take_text(rest)?),
        Type::Int => {
            let number = i32::try_from(take_long(rest)?).map_err(|_| AvroError::Malformed)?;
            Value::Number(number.into())
        }
        Type::Long => Value::Number(take_long(rest)?.into()),
        Type::DateTime => Value::String(moment(rest)?.to_rfc3339()),
        Type::Date => {
            let day = moment(rest)?.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
            Value::String(day.to_string())
        }
        Type::Double => {
            let bytes = take(8, rest)?.try_into().map_err(|_| AvroError::TooShort)?;
            Value::Number(Number::from_f64(f64::from_le_bytes(bytes)).ok_or(AvroError::Malformed)?)
        }
        Type::Boolean => match take(1, rest)? {
            [0] => Value::Bool(false),
            [1] => Value::Bool(true),
            _ => return Err(AvroError::Malformed),
        },
        Type::Strings => decode_strings(rest)?,
        Type::Enumeration(_, symbols) => {
            let index = usize::try_from(take_long(rest)?).map_err(|_| AvroError::Malformed)?;
            Value::String((*symbols.get(index).ok_or(AvroError::Malformed)?).to_owned())
        }
        Type::Record(record) => Value::Object(decode_record(record, rest)?),
        Type::Nullable(inner) => match take_long(rest)? {
            0 => Value::Null,
            1 => decode(inner, rest)?,
            _ => return Err(AvroError::Malformed),
        },
    })
}

/// Blocks of items, each led by its count; a negative count is followed by the block's size in bytes.
fn decode_strings(rest: &mut &[u8]) -> Result<Value, AvroError> {
    let mut items = Vec::new();
    loop {
        let count = take_long(rest)?;
        if count == 0 {
            return Ok(Value::Array(items));
        }
        if count < 0 {
            take_long(rest)?;
        }
        // No item is shorter than a byte, so a count beyond the payload ends here and never in a large allocation.
        for _ in 0..count.unsigned_abs() {
            items.push(Value::String(take_text(rest)?));
        }
    }
}

fn take<'a>(count: usize, rest: &mut &'a [u8]) -> Result<&'a [u8], AvroError> {
    let (taken, after) = rest.split_at_checked(count).ok_or(AvroError::TooShort)?;
    *rest = after;
    Ok(taken)
}

fn take_long(rest: &mut &[u8]) -> Result<i64, AvroError> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, after) = rest.split_first().ok_or(AvroError::TooShort)?;
        *rest = after;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed());
        }
    }
    Err(AvroError::Malformed)
}

fn take_text(rest: &mut &[u8]) -> Result<String, AvroError> {
    let length = usize::try_from(take_long(rest)?).map_err(|_| AvroError::Malformed)?;
    String::from_utf8(take(length, rest)?.to_vec()).map_err(|_| AvroError::Malformed)
}

fn moment(rest: &mut &[u8]) -> Result<Timestamp, AvroError> {
    let micros = take_long(rest)?.checked_mul(1_000).ok_or(AvroError::Malformed)?;
    let timestamp = Timestamp::from_micros(micros);
    // Years beyond those of the calendar would come back as others.
    if timestamp.to_jiff().as_microsecond() == micros { Ok(timestamp) } else { Err(AvroError::Malformed) }
}

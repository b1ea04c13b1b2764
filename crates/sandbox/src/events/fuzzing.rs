//! See [`crate::fuzzing`].

use std::sync::LazyLock;

use prost::Message;

use super::{
    EventTypes,
    avro::{Record, RecordField, Type},
    pubsub::message::{FetchRequest, ProducerEvent, PublishRequest},
};
use crate::fuzzing::SCHEMA;

/// One field of each type.
static EVERY_TYPE: LazyLock<Record> = LazyLock::new(|| {
    let inner = Record { name: "Inner".to_owned(), fields: vec![field("text", Type::String.nullable())] };
    let kinds = [
        Type::String,
        Type::Int,
        Type::Long,
        Type::Double,
        Type::Boolean,
        Type::DateTime,
        Type::Date,
        Type::Strings,
        Type::Enumeration("Kind", &["CREATE", "UPDATE"]),
        Type::Record(inner),
        Type::Double.nullable(),
    ];
    let fields = kinds.into_iter().enumerate().map(|(number, kind)| field(&format!("field{number}"), kind));
    Record { name: "EveryType".to_owned(), fields: fields.collect() }
});

static TYPES: LazyLock<EventTypes> = LazyLock::new(|| EventTypes::of(&SCHEMA));

fn field(name: &str, kind: Type) -> RecordField {
    RecordField { name: name.to_owned(), kind, doc: None }
}

/// As Avro of each kind, and as the messages a client sends. What is decoded can be encoded, and comes back as it was.
pub fn events(bytes: &[u8]) {
    if let Ok(value) = EVERY_TYPE.decode(bytes) {
        let encoded = EVERY_TYPE.encode(&value);
        assert_eq!(encoded.and_then(|bytes| EVERY_TYPE.decode(&bytes)), Ok(value));
    }
    for topic in ["/event/Portal_Feed_Event__e", "/data/CaseChangeEvent", "/data/ContactChangeEvent"] {
        drop(TYPES.of_topic(topic).map(|event| event.decode(bytes)));
    }
    if let Ok(request) = PublishRequest::decode(bytes) {
        assert_eq!(PublishRequest::decode(request.encode_to_vec().as_slice()), Ok(request));
    }
    if let Ok(request) = FetchRequest::decode(bytes) {
        assert_eq!(FetchRequest::decode(request.encode_to_vec().as_slice()), Ok(request));
    }
    drop(ProducerEvent::decode(bytes));
}

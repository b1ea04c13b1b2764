//! What a stranger may send never panics and never allocates beyond what was sent; what is encoded comes back.

use std::path::Path;

use proptest::prelude::*;
use prost::Message;
use serde_json::{Map, Value, json};

use super::{
    avro::{Record, RecordField, Type},
    event_type::{EventType, EventTypes, HEADER, bitmaps},
    pubsub::message::{FetchRequest, PublishRequest, SchemaRequest, TopicRequest},
};
use crate::schema::Schema;

fn types() -> EventTypes {
    EventTypes::of(&Schema::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../salesforce")).unwrap())
}

fn event(topic: &str) -> std::sync::Arc<EventType> {
    std::sync::Arc::clone(types().of_topic(topic).unwrap())
}

fn portal_event(text: &str, case: Option<&str>) -> Map<String, Value> {
    let payload = json!({
        "CreatedDate": "2026-11-20T12:00:00.000Z", "CreatedById": "005SB0000000001YAA",
        "Case_Id__c": case, "Object__c": "FeedItem", "Operation__c": text, "Record_Id__c": text,
    });
    payload.as_object().unwrap().clone()
}

fn change(values: &Value) -> Map<String, Value> {
    let mut payload = json!({
        HEADER: {
            "entityName": "Case", "recordIds": ["500SB0000000001YAA"], "changeType": "UPDATE", "changeOrigin": "",
            "transactionKey": "k", "sequenceNumber": 1, "commitTimestamp": -1, "commitNumber": i64::MAX,
            "commitUser": "005SB0000000001YAA", "nulledFields": [], "diffFields": [], "changedFields": ["Subject"],
        }
    });
    let map = payload.as_object_mut().unwrap();
    map.extend(values.as_object().unwrap().clone());
    map.clone()
}

#[test]
fn a_schema_keeps_its_id_and_says_its_types() {
    let (first, second) = (event("/data/CaseChangeEvent"), event("/data/CaseChangeEvent"));
    assert_eq!(first.schema_id, second.schema_id);
    assert_eq!(first.schema_id.len(), 22);
    let schema: Value = serde_json::from_str(&first.schema_json).unwrap();
    assert_eq!((&schema["name"], &schema["namespace"]), (&json!("CaseChangeEvent"), &json!("com.sforce.eventbus")));
    assert_eq!(schema["fields"][0]["name"], HEADER);
    let subject = schema["fields"].as_array().unwrap().iter().find(|field| field["name"] == "Subject").unwrap();
    assert_eq!(subject["type"], json!(["null", "string"]));
    assert!(types().of_topic("/data/FeedItemChangeEvent").is_none());
    assert!(types().of_topic("/data/CaseCommentChangeEvent").is_none());
}

#[test]
fn bitmaps_count_from_the_first_field_and_name_the_parts_of_compounds() {
    let field = |name: &str, kind: Type| RecordField { name: name.to_owned(), kind, doc: None };
    let part = |name: &str| field(name, Type::String.nullable());
    let name =
        Record { name: "PersonName".to_owned(), fields: ["Salutation", "FirstName", "LastName"].map(part).to_vec() };
    let mut fields = vec![part("Header"), field("Name", Type::Record(name).nullable())];
    fields.extend((2..12).map(|number| part(&format!("F{number}"))));
    let record = Record { name: "X".to_owned(), fields };
    assert_eq!(bitmaps(&record, &[]), [] as [String; 0]);
    assert_eq!(bitmaps(&record, &["F2", "F11"]), ["0x0804"]);
    assert_eq!(bitmaps(&record, &["Name.LastName"]), ["1-0x04"]);
    assert_eq!(bitmaps(&record, &["F3", "Name.FirstName", "Name.LastName"]), ["0x08", "1-0x06"]);
}

#[test]
fn a_count_that_promises_more_than_there_is_ends_with_an_error() {
    // A list of i64::MAX texts, in nine bytes.
    let promised = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let list = Record {
        name: "X".to_owned(),
        fields: vec![RecordField { name: "items".to_owned(), kind: Type::Strings, doc: None }],
    };
    assert!(list.decode(&promised).is_err());
    assert!(event("/event/Portal_Feed_Event__e").decode(&promised).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_decode_to_a_value_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for topic in ["/event/Portal_Feed_Event__e", "/data/ContactChangeEvent"] {
            drop(TYPES.with(|types| types.of_topic(topic).unwrap().decode(&bytes)));
        }
        drop(PublishRequest::decode(bytes.as_slice()));
        drop(FetchRequest::decode(bytes.as_slice()));
        drop(TopicRequest::decode(bytes.as_slice()));
        drop(SchemaRequest::decode(bytes.as_slice()));
    }

    #[test]
    fn a_payload_with_some_bytes_changed_decodes_to_a_value_or_an_error(
        text in ".{0,40}",
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        TYPES.with(|types| {
            let contact = types.of_topic("/data/ContactChangeEvent").unwrap();
            let values = json!({ "Name": { "LastName": text }, "Title": text, "CreatedDate": "2026-11-20T12:00:00.000Z" });
            let mut bytes = contact.encode(change(&values)).unwrap();
            for (index, byte) in &changes {
                let index = index.index(bytes.len());
                bytes[index] = *byte;
            }
            drop(contact.decode(&bytes));
            drop(contact.decode(&bytes[..cut.index(bytes.len())]));
        });
    }

    #[test]
    fn what_is_encoded_is_decoded_again(
        text in any::<String>(),
        case in prop::option::of(any::<String>()),
        millis in -2_000_000_000_000_i64..4_000_000_000_000,
        escalated in prop::option::of(any::<bool>()),
    ) {
        TYPES.with(|types| {
            let portal = types.of_topic("/event/Portal_Feed_Event__e").unwrap();
            let payload = portal_event(&text, case.as_deref());
            prop_assert_eq!(portal.decode(&portal.encode(payload.clone()).unwrap()).unwrap(), payload);

            let closed = domain::Timestamp::from_micros(millis * 1_000).to_rfc3339();
            let event = types.of_topic("/data/CaseChangeEvent").unwrap();
            let values = json!({ "Subject": text, "ClosedDate": closed, "IsEscalated": escalated });
            let bytes = event.encode(change(&values)).unwrap();
            let back = event.decode(&bytes).unwrap();
            for (name, value) in values.as_object().unwrap() {
                prop_assert_eq!(&back[name], value);
            }
            prop_assert!(event.decode(&bytes[..bytes.len() - 1]).is_err());
            Ok(())
        })?;
    }
}

thread_local! {
    static TYPES: EventTypes = types();
}

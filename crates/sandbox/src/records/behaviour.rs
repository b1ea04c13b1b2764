//! What the org derives by itself when a record is saved: names, closed flags, copies of a parent's fields.

use serde_json::{Value, json};

use super::{Database, Record, Transaction};
use crate::{error::ApiError, schema::Object};

/// The only closed status of this org.
const CLOSED: &str = "Closed";

/// Fills in derived fields; `before` is the record as it was, absent on create.
///
/// # Errors
/// A rule of the object itself is broken.
pub(super) fn before_save(
    database: &Database,
    object: &Object,
    record: &mut Record,
    before: Option<&Record>,
    now: &str,
) -> Result<(), ApiError> {
    match object.name.as_str() {
        "Contact" | "User" => {
            let name = [record.text("FirstName"), record.text("LastName")];
            let name = name.into_iter().flatten().collect::<Vec<_>>().join(" ");
            record.set("Name", name);
        }
        "Case" => derive_case(database, record, before, now),
        "FeedItem" => {
            let plain = matches!(record.text("Type"), Some("TextPost" | "RichTextPost"));
            if plain && record.text("Body").is_none() {
                return Err(
                    ApiError::bad("REQUIRED_FIELD_MISSING", "Required fields are missing: [Body]").about("Body")
                );
            }
        }
        "FeedComment" => {
            let parent = record
                .text("FeedItemId")
                .and_then(|id| database.get(id))
                .map_or(Value::Null, |item| item.get("ParentId").clone());
            record.set("ParentId", parent);
        }
        _ => {}
    }
    Ok(())
}

fn derive_case(database: &Database, record: &mut Record, before: Option<&Record>, now: &str) {
    let contact = record.text("ContactId").and_then(|id| database.get(id));
    let of_contact = |field: &str| contact.map_or(Value::Null, |contact| contact.get(field).clone());
    let (account, email, phone) = (of_contact("AccountId"), of_contact("Email"), of_contact("Phone"));
    if before.is_none() && record.get("AccountId").is_null() {
        record.set("AccountId", account);
    }
    record.set("ContactEmail", email);
    record.set("ContactPhone", phone);

    let closed = record.text("Status") == Some(CLOSED);
    let was_closed = before.is_some_and(|before| before.get("IsClosed") == &Value::Bool(true));
    record.set("IsClosed", closed);
    if closed && !was_closed {
        record.set("ClosedDate", now);
    } else if !closed {
        record.set("ClosedDate", Value::Null);
    }
}

/// What a new record changes elsewhere.
pub(super) fn after_insert(
    transaction: &mut Transaction<'_>,
    object: &Object,
    record: &Record,
) -> Result<(), ApiError> {
    match object.name.as_str() {
        // The count moves without a new SystemModstamp on the item, as far as a client can rely on.
        "FeedComment" => {
            if let Some(item) = record.text("FeedItemId").and_then(|id| transaction.database().get(id)) {
                let mut item = item.clone();
                let count = item.get("CommentCount").as_i64().unwrap_or(0);
                item.set("CommentCount", count + 1);
                transaction.put("FeedItem", item);
            }
        }
        "Case" if transaction.tracks_feeds() => {
            let body = json!({ "ParentId": record.id(), "Type": "CreateRecordEvent" });
            transaction.insert(
                "FeedItem",
                body.as_object().unwrap_or(&serde_json::Map::new()),
                super::Authority::System,
            )?;
        }
        _ => {}
    }
    Ok(())
}

//! What the org derives by itself when a record is saved: names, closed flags, copies of a parent's fields.

use serde_json::{Value, json};

use super::{Database, Record, Transaction, activity, coerce::looks_like_email, compound, files, sales};
use crate::{error::ApiError, schema::Object};

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
    check_record_type(database, object, record)?;
    check_owner(database, object, record, before)?;
    match object.name.as_str() {
        "Contact" | "User" => {
            if object.name == "User" {
                check_username(database, record)?;
            }
            check_ring(database, record, "ReportsToId")?;
            let name = [record.text("FirstName"), record.text("LastName")];
            let name = name.into_iter().flatten().collect::<Vec<_>>().join(" ");
            record.set("Name", name);
        }
        "Case" => derive_case(database, object, record, before, now),
        "Opportunity" => {
            sales::keep_what_lines_say(record, before)?;
            sales::derive_opportunity(record, before);
        }
        "PricebookEntry" => sales::derive_price(database, record, before)?,
        "OpportunityLineItem" => sales::derive_line(database, record, before)?,
        "Account" => check_ring(database, record, "ParentId")?,
        "Task" | "Event" => activity::derive(database, object, record, before, now)?,
        "ContentVersion" => files::describe_version(record, before)?,
        "ContentDocumentLink" => files::check_link(database, record, before)?,
        "FeedItem" => {
            note_edit(record, before, "Body");
            let plain = matches!(record.text("Type"), Some("TextPost" | "RichTextPost"));
            if plain && record.text("Body").is_none() {
                return Err(
                    ApiError::bad("REQUIRED_FIELD_MISSING", "Required fields are missing: [Body]").about("Body")
                );
            }
        }
        "FeedComment" => {
            note_edit(record, before, "CommentBody");
            let parent = record
                .text("FeedItemId")
                .and_then(|id| database.get(id))
                .map_or(Value::Null, |item| item.get("ParentId").clone());
            record.set("ParentId", parent);
        }
        _ => {}
    }
    compound::derive(object, record);
    Ok(())
}

/// Who changes the words of a post makes its next revision.
fn note_edit(record: &mut Record, before: Option<&Record>, words: &str) {
    let Some(before) = before.filter(|before| before.get(words) != record.get(words)) else { return };
    let revision = before.get("Revision").as_u64().unwrap_or(1);
    record.set("Revision", revision + 1);
    for (edited, modified) in [("LastEditById", "LastModifiedById"), ("LastEditDate", "LastModifiedDate")] {
        let value = record.get(modified).clone();
        record.set(edited, value);
    }
}

/// What a case shows of its contact.
const COPIES_OF_CONTACT: [(&str, &str); 4] =
    [("ContactEmail", "Email"), ("ContactPhone", "Phone"), ("ContactMobile", "MobilePhone"), ("ContactFax", "Fax")];

fn derive_case(database: &Database, object: &Object, record: &mut Record, before: Option<&Record>, now: &str) {
    let contact = record.text("ContactId").and_then(|id| database.get(id));
    let of_contact = |field: &str| contact.map_or(Value::Null, |contact| contact.get(field).clone());
    let account = of_contact("AccountId");
    let copies = COPIES_OF_CONTACT.map(|(copy, original)| (copy, of_contact(original)));
    if before.is_none() && record.get("AccountId").is_null() {
        record.set("AccountId", account);
    }
    for (copy, value) in copies {
        record.set(copy, value);
    }

    let closed = is_closed(object, record);
    let was_closed = before.is_some_and(|before| before.get("IsClosed") == &Value::Bool(true));
    record.set("IsClosed", closed);
    if before.is_none() {
        record.set("IsClosedOnCreate", closed);
    }
    if closed && !was_closed {
        record.set("ClosedDate", now);
    } else if !closed {
        record.set("ClosedDate", Value::Null);
    }
}

/// By the values of the status, as `CaseStatus` tells of them.
pub(super) fn is_closed(object: &Object, record: &Record) -> bool {
    object.field("Status").is_some_and(|status| status.closes(record.get("Status")))
}

/// A person at work, or a queue that takes such records.
fn check_owner(database: &Database, object: &Object, record: &Record, before: Option<&Record>) -> Result<(), ApiError> {
    let owner =
        record.text("OwnerId").filter(|owner| before.is_none_or(|before| before.text("OwnerId") != Some(owner)));
    let Some(owner) = owner.and_then(|owner| database.get(owner)) else { return Ok(()) };
    if owner.get("IsActive") == &Value::Bool(false) {
        let (id, kind) = (owner.id().get(..15).unwrap_or_default(), object.label.to_lowercase());
        let message = format!("operation performed with inactive user [{id}] as owner of {kind}");
        return Err(ApiError::bad("INACTIVE_OWNER_OR_USER", message).about("OwnerId"));
    }
    let is_group = database.get_of("Group", owner.id()).is_some();
    let takes = || {
        let objects = database.referring("QueueSobject", "QueueId", owner.id());
        objects.iter().any(|taken| !taken.is_deleted() && taken.text("SobjectType") == Some(object.name.as_str()))
    };
    if is_group && !(owner.text("Type") == Some("Queue") && takes()) {
        let message = "Queue not associated with this SObject type";
        return Err(ApiError::bad("INVALID_OPERATION", message).about("OwnerId"));
    }
    Ok(())
}

/// User names are unique in all orgs, in any case; here, in this one.
fn check_username(database: &Database, record: &Record) -> Result<(), ApiError> {
    let name = record.text("Username").unwrap_or_default();
    let error = |code: &'static str, message: &str| Err(ApiError::bad(code, message).about("Username"));
    if !looks_like_email(name) {
        return error(
            "INVALID_EMAIL_ADDRESS",
            "Username must be in the form of an email address (for example, john@acme.com).",
        );
    }
    let taken = database.records("User").any(|user| {
        user.id() != record.id() && user.text("Username").is_some_and(|other| other.eq_ignore_ascii_case(name))
    });
    if taken {
        return error(
            "DUPLICATE_USERNAME",
            "The username already exists in this or another Salesforce organization. Usernames must be unique across all Salesforce organizations.",
        );
    }
    Ok(())
}

/// Nobody is above themselves, in however many steps.
fn check_ring(database: &Database, record: &Record, field: &str) -> Result<(), ApiError> {
    let mut above = record.text(field).map(str::to_owned);
    // Older data files may hold a ring, which nobody goes round for ever.
    let mut seen = std::collections::HashSet::new();
    while let Some(id) = above.filter(|id| seen.insert(id.clone())) {
        if id == record.id() {
            return Err(ApiError::bad("CIRCULAR_DEPENDENCY", "attempt to violate hierarchy constraints").about(field));
        }
        above = database.get(&id).and_then(|record| record.text(field)).map(str::to_owned);
    }
    Ok(())
}

/// What a record is that is of none of its object's types.
pub(super) const MASTER_TYPE: &str = "012000000000000AAA";

/// The type is one of this object's, or the master type; a record without one gets the first.
fn check_record_type(database: &Database, object: &Object, record: &mut Record) -> Result<(), ApiError> {
    if object.field("RecordTypeId").is_none() {
        return Ok(());
    }
    let mut types = database.schema().record_types(&object.name).filter(|(_, record_type)| record_type.active);
    match record.text("RecordTypeId") {
        None => {
            if let Some((id, _)) = types.next() {
                record.set("RecordTypeId", id);
            }
            Ok(())
        }
        Some(MASTER_TYPE) => {
            if types.next().is_none() {
                record.set("RecordTypeId", Value::Null);
            }
            Ok(())
        }
        Some(given) if types.any(|(id, _)| id == given) => Ok(()),
        Some(given) => Err(ApiError::bad(
            "INVALID_CROSS_REFERENCE_KEY",
            format!("Record Type ID: this ID value isn't valid for the user: {given}"),
        )
        .about("RecordTypeId")),
    }
}

/// # Errors
/// The record stays as long as another does.
pub(super) fn before_delete(database: &Database, object: &Object, record: &Record) -> Result<(), ApiError> {
    match object.name.as_str() {
        "ContentDocumentLink" => files::check_unlink(database, record),
        "Account" | "Pricebook2" => sales::check_delete(database, object, record),
        _ => Ok(()),
    }
}

/// What a record that was changed, deleted or brought back changes elsewhere.
pub(super) fn after_change(transaction: &mut Transaction<'_>, object: &Object, record: &Record) {
    match object.name.as_str() {
        "OpportunityLineItem" => sales::sum_up(transaction, record),
        "Task" | "Event" => activity::date_what_it_is_about(transaction, record),
        "FeedComment" => count_comments(transaction, record),
        "Contact" => {
            let cases: Vec<Record> = transaction
                .database()
                .referring("Case", "ContactId", record.id())
                .into_iter()
                .filter(|case| COPIES_OF_CONTACT.iter().any(|(copy, original)| case.get(copy) != record.get(original)))
                .cloned()
                .collect();
            for mut case in cases {
                for (copy, original) in COPIES_OF_CONTACT {
                    case.set(copy, record.get(original).clone());
                }
                transaction.put("Case", case);
            }
        }
        _ => {}
    }
}

/// The count moves without a new `SystemModstamp` on the item, as far as a client can rely on.
fn count_comments(transaction: &mut Transaction<'_>, comment: &Record) {
    let database = transaction.database();
    let Some(item) = comment.text("FeedItemId").and_then(|id| database.get(id)) else { return };
    let comments = database.referring("FeedComment", "FeedItemId", item.id());
    let count = comments.into_iter().filter(|comment| !comment.is_deleted()).count();
    let mut item = item.clone();
    item.set("CommentCount", count);
    transaction.put("FeedItem", item);
}

/// What a new record changes elsewhere.
pub(super) fn after_insert(
    transaction: &mut Transaction<'_>,
    object: &Object,
    record: &Record,
) -> Result<(), ApiError> {
    match object.name.as_str() {
        "FeedComment" => count_comments(transaction, record),
        "OpportunityLineItem" => sales::sum_up(transaction, record),
        "Task" | "Event" => activity::date_what_it_is_about(transaction, record),
        "ContentVersion" => files::publish(transaction, record)?,
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

/// What a change of a record changes elsewhere.
pub(super) fn after_update(
    transaction: &mut Transaction<'_>,
    object: &Object,
    record: &Record,
    before: &Record,
) -> Result<(), ApiError> {
    match object.name.as_str() {
        "ContentDocument" => {
            files::name_alike(transaction, record, before);
            if before.get("OwnerId") != record.get("OwnerId") {
                files::link_owner(transaction, record)?;
            }
        }
        "ContentVersion" => files::name_alike(transaction, record, before),
        _ => {}
    }
    Ok(())
}

/// What is written into `Comments` of a case isn't kept there.
pub(super) fn take_comment(object: &Object, record: &mut Record) -> Value {
    if object.name != "Case" {
        return Value::Null;
    }
    let said = record.get("Comments").clone();
    record.set("Comments", Value::Null);
    said
}

/// It becomes a comment for the org's own people.
pub(super) fn say(transaction: &mut Transaction<'_>, case: &str, said: Value) -> Result<(), ApiError> {
    if said.is_null() {
        return Ok(());
    }
    let body = json!({ "ParentId": case, "CommentBody": said, "IsPublished": false });
    let body = body.as_object().cloned().unwrap_or_default();
    transaction.insert("CaseComment", &body, super::Authority::System).map(drop)
}

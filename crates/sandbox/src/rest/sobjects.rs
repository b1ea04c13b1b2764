//! One record by id: make, read, change, delete.

use domain::{SalesforceId, Timestamp};
use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use super::{Call, Caller, Reply, conditional, object_named};
use crate::{
    clock::parse_datetime,
    error::ApiError,
    records::{Authority, Database, Record, Transaction},
    schema::{Field, FieldKind, Object, ObjectKind},
};

pub(super) fn record_url(caller: &Caller, object: &str, id: &str) -> String {
    format!("/services/data/v{}/sobjects/{object}/{id}", caller.version)
}

pub(super) fn attributes(caller: &Caller, object: &str, id: &str) -> Value {
    json!({ "type": object, "url": record_url(caller, object, id) })
}

pub(super) fn created(caller: &Caller, object: &str, id: &str) -> Reply {
    Reply {
        status: StatusCode::CREATED,
        headers: vec![(header::LOCATION, record_url(caller, object, id))],
        body: json!({ "id": id, "success": true, "errors": [] }),
    }
}

/// The 18-character id of a path segment, when it can be one of this object.
///
/// # Errors
/// Text that isn't an id is taken for the name of an external id field, as Salesforce does.
pub(super) fn id_of(object: &Object, text: &str) -> Result<String, ApiError> {
    let length = text.len();
    let id = SalesforceId::new(text).map_err(|_| {
        if length == 15 || length == 18 {
            ApiError::malformed_id(text)
        } else {
            let message = format!("Provided external ID field does not exist or is not accessible: {text}");
            ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
        }
    })?;
    if id.key_prefix() == object.key_prefix { Ok(id.as_str().to_owned()) } else { Err(ApiError::not_found()) }
}

pub(super) fn create(
    caller: &Caller,
    transaction: &mut Transaction<'_>,
    object: &str,
    call: &Call,
) -> Result<Reply, ApiError> {
    let name = object_named(transaction.database(), object)?.name.clone();
    let id = transaction.insert(&name, call.object()?, Authority::User)?;
    let mut reply = created(caller, &name, &id);
    if transaction.database().schema().object(&name).is_some_and(|object| object.kind == ObjectKind::PlatformEvent) {
        let uuid = caller.org.random.uuid_v7(caller.org.now()).to_string();
        transaction.name_published(uuid.clone());
        // Salesforce says of a success that it is on its way.
        let queued = json!([{ "statusCode": "OPERATION_ENQUEUED", "message": uuid, "fields": [] }]);
        reply.body = json!({ "id": id, "success": true, "errors": queued });
    }
    Ok(reply)
}

pub(super) fn retrieve(
    caller: &Caller,
    database: &Database,
    object: &str,
    id: &str,
    call: &Call,
) -> Result<Reply, ApiError> {
    let object = object_named(database, object)?;
    let id = id_of(object, id)?;
    let record =
        database.get_of(&object.name, &id).filter(|record| !record.is_deleted()).ok_or_else(ApiError::not_found)?;
    let modified = last_modified(record);
    if let Some(reply) = modified.map(|modified| conditional::check(call, modified)).transpose()?.flatten() {
        return Ok(reply);
    }
    let fields = call.parameter("fields").map(|fields| fields.split(',').map(str::trim).collect::<Vec<_>>());
    let reply = Reply::ok(shown(caller, object, record, fields.as_deref())?);
    Ok(match modified {
        Some(modified) => conditional::dated(reply, modified),
        None => reply,
    })
}

/// `None` for records without a time.
fn last_modified(record: &Record) -> Option<Timestamp> {
    ["LastModifiedDate", "SystemModstamp"].into_iter().find_map(|field| record.text(field).and_then(parse_datetime))
}

/// A record with all its fields, or with the named ones, nulls included.
///
/// # Errors
/// A name that isn't a field.
pub(super) fn shown(
    caller: &Caller,
    object: &Object,
    record: &Record,
    fields: Option<&[&str]>,
) -> Result<Value, ApiError> {
    let mut shown = Map::new();
    shown.insert("attributes".into(), attributes(caller, &object.name, record.id()));
    match fields {
        Some(names) => {
            for field in named(object, names)? {
                shown.insert(field.name.clone(), value(caller, object, record, field));
            }
            shown.entry("Id").or_insert_with(|| record.get("Id").clone());
        }
        None => {
            shown.extend(object.fields().map(|field| (field.name.clone(), value(caller, object, record, field))));
        }
    }
    Ok(Value::Object(shown))
}

/// # Errors
/// A name that isn't a field.
pub(super) fn named<'o>(object: &'o Object, names: &[&str]) -> Result<Vec<&'o Field>, ApiError> {
    let field = |name: &&str| {
        object.field(name).ok_or_else(|| {
            let message = format!(
                "No such column '{name}' on entity '{}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
                object.name
            );
            ApiError::bad("INVALID_FIELD", message)
        })
    };
    names.iter().map(field).collect()
}

/// Bytes are told by the address they are fetched from.
fn value(caller: &Caller, object: &Object, record: &Record, field: &Field) -> Value {
    let value = record.get(&field.name);
    if field.kind == FieldKind::Base64 && !value.is_null() {
        return format!("{}/{}", record_url(caller, &object.name, record.id()), field.name).into();
    }
    value.clone()
}

pub(super) fn update(
    transaction: &mut Transaction<'_>,
    object: &str,
    id: &str,
    call: &Call,
) -> Result<Reply, ApiError> {
    let (name, id) = {
        let object = object_named(transaction.database(), object)?;
        (object.name.clone(), id_of(object, id)?)
    };
    let body = call.object()?;
    refuse_id(body, "Id")?;
    let modified = transaction.database().get_of(&name, &id).and_then(last_modified);
    modified.map(|modified| conditional::check(call, modified)).transpose()?;
    transaction.update(&name, &id, body, Authority::User)?;
    Ok(Reply::no_content())
}

/// The field by which the record is found may not be given again in the body.
pub(super) fn refuse_id(body: &Map<String, Value>, field: &str) -> Result<(), ApiError> {
    if body.keys().any(|key| key.eq_ignore_ascii_case(field)) {
        let message = format!("The {field} field should not be specified in the sobject data.");
        return Err(ApiError::bad("INVALID_FIELD", message).about(field));
    }
    Ok(())
}

pub(super) fn delete(transaction: &mut Transaction<'_>, object: &str, id: &str) -> Result<Reply, ApiError> {
    let (name, id) = {
        let object = object_named(transaction.database(), object)?;
        (object.name.clone(), id_of(object, id)?)
    };
    transaction.delete(&name, &id)?;
    Ok(Reply::no_content())
}

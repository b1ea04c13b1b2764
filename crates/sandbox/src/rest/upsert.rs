//! One record by external id: make it or change it, read it, delete it.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::{Call, Caller, Reply, object_named, sobjects};
use crate::{
    error::ApiError,
    records::{Database, Transaction},
    schema::{Field, FieldKind, Object},
};

pub(super) fn key_field<'a>(object: &'a Object, name: &str) -> Result<&'a Field, ApiError> {
    object.field(name).filter(|field| field.id_lookup()).ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            format!("Provided external ID field does not exist or is not accessible: {name}"),
        )
    })
}

/// Status 300: the addresses of all that match.
fn several(caller: &Caller, object: &Object, ids: &[String]) -> Reply {
    let urls = ids.iter().map(|id| sobjects::record_url(caller, &object.name, id)).collect::<Vec<_>>();
    Reply::with_status(StatusCode::MULTIPLE_CHOICES, json!(urls))
}

pub(super) fn upsert(
    caller: &Caller,
    transaction: &mut Transaction<'_>,
    object: &str,
    field: &str,
    key: &str,
    call: &Call,
) -> Result<Reply, ApiError> {
    let schema = Arc::clone(transaction.database().schema());
    let object = schema.object(object).ok_or_else(ApiError::not_found)?;
    let field = key_field(object, field)?;
    if field.kind == FieldKind::Id {
        return sobjects::update(transaction, &object.name, key, call);
    }
    let body = call.object()?;
    sobjects::refuse_id(body, &field.name)?;
    sobjects::refuse_id(body, "Id")?;
    let key = Value::String(key.to_owned());
    let matches = transaction.matches(object, field, &key)?;
    if matches.len() > 1 {
        return Ok(several(caller, object, &matches));
    }
    let update_only = call.parameter("updateOnly").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let upserted = transaction.upsert(object, field, &key, body, update_only)?;
    let mut reply = sobjects::created(caller, &object.name, &upserted.id);
    if !upserted.created {
        reply.status = StatusCode::OK;
        reply.headers.clear();
    }
    if let Some(body) = reply.body.as_object_mut() {
        body.insert("created".into(), upserted.created.into());
    }
    Ok(reply)
}

pub(super) fn retrieve(
    caller: &Caller,
    database: &Database,
    object: &str,
    field: &str,
    key: &str,
    call: &Call,
) -> Result<Reply, ApiError> {
    let object = object_named(database, object)?;
    let field = key_field(object, field)?;
    if field.kind == FieldKind::Id {
        return sobjects::retrieve(caller, database, &object.name, key, call);
    }
    let found = database.find(object, field, &Value::String(key.to_owned()));
    match found.as_slice() {
        [] => Err(ApiError::not_found()),
        [record] => sobjects::retrieve(caller, database, &object.name, record.id(), call),
        records => {
            let ids = records.iter().map(|record| record.id().to_owned()).collect::<Vec<_>>();
            Ok(several(caller, object, &ids))
        }
    }
}

pub(super) fn delete(
    transaction: &mut Transaction<'_>,
    object: &str,
    field: &str,
    key: &str,
) -> Result<Reply, ApiError> {
    let schema = Arc::clone(transaction.database().schema());
    let object = schema.object(object).ok_or_else(ApiError::not_found)?;
    let field = key_field(object, field)?;
    if field.kind == FieldKind::Id {
        return sobjects::delete(transaction, &object.name, key);
    }
    match transaction.matches(object, field, &Value::String(key.to_owned()))?.as_slice() {
        [id] => {
            transaction.delete(&object.name, id)?;
            Ok(Reply::no_content())
        }
        _ => Err(ApiError::not_found()),
    }
}

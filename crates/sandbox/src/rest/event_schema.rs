//! The Avro schema of an event, by its object or by the schema's id.

use serde_json::Value;

use super::{Caller, Reply, object_named};
use crate::{error::ApiError, events::EventType, records::Database};

pub(super) fn of_object(caller: &Caller, database: &Database, object: &str) -> Result<Reply, ApiError> {
    let name = &object_named(database, object)?.name;
    let event = caller.org.event_types.of_object(name).filter(|event| !event.is_change());
    describe(event.ok_or_else(ApiError::not_found)?)
}

pub(super) fn of_id(caller: &Caller, id: &str) -> Result<Reply, ApiError> {
    describe(caller.org.event_types.of_schema(id).ok_or_else(ApiError::not_found)?)
}

/// The schema itself, with its id as `uuid`.
fn describe(event: &EventType) -> Result<Reply, ApiError> {
    let mut schema: Value = serde_json::from_str(&event.schema_json).map_err(|_| ApiError::not_found())?;
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("uuid".to_owned(), Value::String(event.schema_id.clone()));
    }
    Ok(Reply::ok(schema))
}

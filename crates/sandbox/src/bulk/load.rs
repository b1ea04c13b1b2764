//! One row of a load, saved or refused.

use domain::SalesforceId;
use serde_json::Value;

use super::{
    job::{Outcome, Refusal, Saved},
    table::Body,
    task::{Operation, Task},
};
use crate::{
    error::ApiError,
    records::{Authority, Repeated, Transaction},
    schema::{Field, Object},
};

/// The value of a field whose name may be in any case, taken out.
fn take(body: &mut Body, field: &str) -> Option<Value> {
    let name = body.keys().find(|name| name.eq_ignore_ascii_case(field))?.clone();
    body.remove(&name)
}

fn id_of(object: &Object, body: &mut Body, operation: Operation) -> Result<String, ApiError> {
    let id = take(body, "Id").and_then(|id| id.as_str().map(str::to_owned)).unwrap_or_default();
    if id.is_empty() {
        let call = if operation == Operation::Update { "an update" } else { "a delete" };
        return Err(ApiError::bad("MISSING_ARGUMENT", format!("Id not specified in {call} call")).about("Id"));
    }
    SalesforceId::new(&id)
        .ok()
        .filter(|id| id.key_prefix() == object.key_prefix)
        .map(|id| id.as_str().to_owned())
        .ok_or_else(|| ApiError::bad("MALFORMED_ID", format!("Id: id value of incorrect type: {id}")).about("Id"))
}

/// Does to each row what the job is about; what a refused row had changed by then is taken back.
pub(super) fn rows(transaction: &mut Transaction<'_>, task: &Task, object: &Object, rows: Vec<Body>) -> Vec<Outcome> {
    let key_field = task.external_id_field.as_deref().and_then(|field| object.field(field));
    let keys = |field: &Field| {
        let key = |row: &Body| {
            row.iter().find(|(name, _)| name.eq_ignore_ascii_case(&field.name)).map(|(_, key)| key.clone())
        };
        rows.iter().filter_map(key).collect::<Vec<Value>>()
    };
    let repeated = key_field.map(|field| Repeated::among(field, &keys(field)));
    let mut outcomes = Vec::with_capacity(rows.len());
    for body in rows {
        let savepoint = transaction.savepoint();
        let texts = body.clone();
        outcomes.push(apply(transaction, task, object, body, repeated.as_ref()).map_err(|error| {
            transaction.roll_back_to(savepoint);
            as_told(error, &texts).into()
        }));
    }
    outcomes
}

fn apply(
    transaction: &mut Transaction<'_>,
    task: &Task,
    object: &Object,
    mut body: Body,
    repeated: Option<&Repeated<'_>>,
) -> Result<Saved, ApiError> {
    let made = |id, created| Ok(Saved { id, created });
    match task.operation {
        Operation::Insert => made(transaction.insert(&object.name, &body, Authority::User)?, true),
        Operation::Update => {
            let id = id_of(object, &mut body, task.operation)?;
            transaction.update(&object.name, &id, &body, Authority::User)?;
            made(id, false)
        }
        Operation::Upsert => {
            let field = task.external_id_field.as_deref().unwrap_or("Id");
            let key = take(&mut body, field).unwrap_or(Value::Null);
            repeated.map_or(Ok(()), |repeated| repeated.check(&key))?;
            match object.field(field) {
                Some(field) if field.name != "Id" => {
                    let upserted = transaction.upsert(object, field, &key, &body, false)?;
                    made(upserted.id, upserted.created)
                }
                _ if key.is_null() => made(transaction.insert(&object.name, &body, Authority::User)?, true),
                _ => {
                    body.insert("Id".into(), key);
                    let id = id_of(object, &mut body, task.operation)?;
                    transaction.update(&object.name, &id, &body, Authority::User)?;
                    made(id, false)
                }
            }
        }
        Operation::Delete => {
            let id = id_of(object, &mut body, task.operation)?;
            transaction.delete(&object.name, &id)?;
            made(id, false)
        }
        Operation::HardDelete => {
            let id = id_of(object, &mut body, task.operation)?;
            transaction.delete(&object.name, &id)?;
            transaction.purge(object, &id);
            made(id, false)
        }
        Operation::Query | Operation::QueryAll => Err(ApiError::not_found()),
    }
}

/// A row isn't a JSON document, so its values are refused in other words.
fn as_told(error: ApiError, texts: &Body) -> ApiError {
    match error.code.as_ref() {
        "NOT_FOUND" => ApiError::cross_reference(),
        "JSON_PARSER_ERROR" => {
            let blamed = texts.iter().find_map(|(name, value)| {
                let text = value.as_str().filter(|text| error.message.contains(&format!("value {text} or ")))?;
                Some((name, text))
            });
            let Some((name, text)) = blamed else { return error };
            ApiError::bad("INVALID_TYPE_ON_FIELD_IN_RECORD", format!("{name}: value not of required type: {text}"))
                .about(name.as_str())
        }
        _ => error,
    }
}

/// `CODE:message:Field --`, as `sf__Error` has it.
pub(super) fn told(error: &Refusal) -> String {
    let fields = error.fields.join(", ");
    let space = if fields.is_empty() { "" } else { " " };
    format!("{}:{}:{fields}{space}--", error.code, error.message)
}

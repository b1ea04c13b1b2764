//! Up to 200 records in one call; always answered with 200 and a result for each record.

use std::sync::Arc;

use domain::SalesforceId;
use serde_json::{Map, Value, json};

use super::{Call, Caller, Reply, object_named, sobjects, upsert::key_field};
use crate::{
    error::ApiError,
    records::{Authority, Database, Repeated, Transaction, Upserted},
};

const MOST_RECORDS: usize = 200;
const MOST_RETRIEVED: usize = 2_000;
const MOST_TYPE_CHUNKS: usize = 10;

struct Collection<'a> {
    all_or_none: bool,
    records: Vec<&'a Map<String, Value>>,
}

impl<'a> Collection<'a> {
    fn read(call: &'a Call) -> Result<Self, ApiError> {
        let body = call.object()?;
        let records = body
            .get("records")
            .and_then(Value::as_array)
            .ok_or_else(|| ApiError::json("Missing required field records"))?
            .iter()
            .map(|record| record.as_object().ok_or_else(|| ApiError::json("Each record must be a JSON object")))
            .collect::<Result<Vec<_>, _>>()?;
        check_count(records.len(), MOST_RECORDS)?;
        let types: Vec<_> = records.iter().map(|record| type_of(record).unwrap_or_default()).collect();
        let chunks = types.windows(2).filter(|pair| pair.first() != pair.last()).count() + 1;
        if chunks > MOST_TYPE_CHUNKS {
            return Err(ApiError::bad(
                "INVALID_INPUT",
                format!("Records of different types are grouped in more than {MOST_TYPE_CHUNKS} chunks"),
            ));
        }
        Ok(Self { all_or_none: body.get("allOrNone").and_then(Value::as_bool).unwrap_or(false), records })
    }
}

fn check_count(count: usize, most: usize) -> Result<(), ApiError> {
    if count > most {
        return Err(ApiError::bad("INVALID_INPUT", format!("The number of records exceeds the limit of {most}")));
    }
    Ok(())
}

fn type_of(record: &Map<String, Value>) -> Result<&str, ApiError> {
    record
        .get("attributes")
        .and_then(|attributes| attributes.get("type"))
        .and_then(Value::as_str)
        .ok_or_else(|| ApiError::bad("INVALID_INPUT", "The record has no attributes.type"))
}

/// Within collections a record that isn't there is a bad reference, and an unknown type says so.
fn as_saved(error: ApiError) -> ApiError {
    if error.code == "NOT_FOUND" { ApiError::cross_reference() } else { error }
}

/// Does `each` for every item; failures are undone one by one, or all together when asked.
fn save_each<T>(
    transaction: &mut Transaction<'_>,
    all_or_none: bool,
    items: &[T],
    mut each: impl FnMut(&mut Transaction<'_>, &T) -> Result<Value, ApiError>,
) -> Reply {
    let start = transaction.savepoint();
    let outcomes: Vec<Result<Value, ApiError>> = items
        .iter()
        .map(|item| {
            let savepoint = transaction.savepoint();
            each(transaction, item).map_err(as_saved).inspect_err(|_| transaction.roll_back_to(savepoint))
        })
        .collect();
    let roll_back = all_or_none && outcomes.iter().any(Result::is_err);
    if roll_back {
        transaction.roll_back_to(start);
    }
    let results = outcomes.into_iter().map(|outcome| match outcome {
        Ok(result) if !roll_back => result,
        Ok(_) => failure(&ApiError::bad(
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "Record rolled back because not all records were valid and the request was using AllOrNone header",
        )),
        Err(error) => failure(&error),
    });
    Reply::ok(results.collect())
}

fn failure(error: &ApiError) -> Value {
    json!({ "success": false, "errors": [error.save_error()] })
}

fn success(id: &str) -> Value {
    json!({ "id": id, "success": true, "errors": [] })
}

fn canonical(id: &str) -> Result<String, ApiError> {
    SalesforceId::new(id).map(|id| id.as_str().to_owned()).map_err(|_| ApiError::malformed_id(id))
}

pub(super) fn create(transaction: &mut Transaction<'_>, call: &Call) -> Result<Reply, ApiError> {
    let collection = Collection::read(call)?;
    Ok(save_each(transaction, collection.all_or_none, &collection.records, |transaction, record| {
        let id = transaction.insert(type_of(record)?, record, Authority::User)?;
        Ok(success(&id))
    }))
}

pub(super) fn update(transaction: &mut Transaction<'_>, call: &Call) -> Result<Reply, ApiError> {
    let collection = Collection::read(call)?;
    Ok(save_each(transaction, collection.all_or_none, &collection.records, |transaction, record| {
        let id = record
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("id"))
            .and_then(|(_, value)| value.as_str())
            .ok_or_else(|| ApiError::bad("MISSING_ARGUMENT", "Id not specified in an update call"))?;
        let id = canonical(id)?;
        let fields = record.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("id"));
        let fields = fields.map(|(name, value)| (name.clone(), value.clone())).collect();
        transaction.update(type_of(record)?, &id, &fields, Authority::User)?;
        Ok(success(&id))
    }))
}

pub(super) fn upsert(
    transaction: &mut Transaction<'_>,
    object: &str,
    field: &str,
    call: &Call,
) -> Result<Reply, ApiError> {
    let collection = Collection::read(call)?;
    let schema = Arc::clone(transaction.database().schema());
    let object = schema.object(object).ok_or_else(ApiError::not_found)?;
    let field = key_field(object, field)?;
    let is_key = |name: &str| name.eq_ignore_ascii_case(&field.name);
    let key_of = |record: &&'_ Map<String, Value>| {
        record.iter().find(|(name, _)| is_key(name)).map_or(Value::Null, |(_, value)| value.clone())
    };
    let keys: Vec<Value> = collection.records.iter().map(key_of).collect();
    let repeated = Repeated::among(field, &keys);
    Ok(save_each(transaction, collection.all_or_none, &collection.records, |transaction, record| {
        let key = key_of(record);
        repeated.check(&key)?;
        let rest = record.iter().filter(|(name, _)| !is_key(name));
        let rest = rest.map(|(name, value)| (name.clone(), value.clone())).collect();
        let Upserted { id, created } = transaction.upsert(object, field, &key, &rest, false)?;
        let mut result = success(&id);
        if let Some(result) = result.as_object_mut() {
            result.insert("created".into(), created.into());
        }
        Ok(result)
    }))
}

pub(super) fn delete(transaction: &mut Transaction<'_>, call: &Call) -> Result<Reply, ApiError> {
    let ids: Vec<&str> =
        call.parameter("ids").unwrap_or_default().split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    check_count(ids.len(), MOST_RECORDS)?;
    let all_or_none = call.parameter("allOrNone").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    Ok(save_each(transaction, all_or_none, &ids, |transaction, id| {
        let id = canonical(id)?;
        let object = transaction.database().schema().object_of_id(&id).map(|object| object.name.clone());
        transaction.delete(&object.ok_or_else(ApiError::cross_reference)?, &id)?;
        Ok(success(&id))
    }))
}

/// GET `?ids=&fields=` or POST `{ids, fields}`: an array in the order asked, null where there is no such record.
pub(super) fn retrieve(caller: &Caller, database: &Database, object: &str, call: &Call) -> Result<Reply, ApiError> {
    let object = object_named(database, object)?;
    let list = |name: &str| -> Vec<String> {
        match call.body.get(name) {
            Some(Value::Array(values)) => values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect(),
            _ => call
                .parameter(name)
                .map(|text| text.split(',').map(|part| part.trim().to_owned()).collect())
                .unwrap_or_default(),
        }
    };
    let (ids, fields) = (list("ids"), list("fields"));
    if ids.is_empty() || fields.is_empty() {
        return Err(ApiError::bad("MISSING_ARGUMENT", "Both ids and fields are required"));
    }
    check_count(ids.len(), MOST_RETRIEVED)?;
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let mut rows = Vec::with_capacity(ids.len());
    for id in &ids {
        let record = database.get_of(&object.name, &canonical(id)?).filter(|record| !record.is_deleted());
        rows.push(match record {
            Some(record) => sobjects::shown(caller, object, record, Some(&fields))?,
            None => Value::Null,
        });
    }
    Ok(Reply::ok(Value::Array(rows)))
}

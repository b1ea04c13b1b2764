//! Records with their children, all made or none.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Call, Reply};
use crate::{
    error::ApiError,
    records::{Authority, Transaction},
};

const MOST_RECORDS: usize = 200;
const DEEPEST: usize = 5;

#[derive(Default)]
struct Planting {
    results: Vec<Value>,
    errors: Vec<Value>,
    count: usize,
}

pub(super) fn tree(transaction: &mut Transaction<'_>, object: &str, call: &Call) -> Result<Reply, ApiError> {
    if transaction.database().schema().object(object).is_none() {
        return Err(ApiError::not_found());
    }
    let records = records(call.object()?.get("records"))?;
    let start = transaction.savepoint();
    let mut planting = Planting::default();
    for record in records {
        plant(transaction, object, record, None, 1, &mut planting)?;
    }
    if planting.errors.is_empty() {
        let body = json!({ "hasErrors": false, "results": planting.results });
        return Ok(Reply::with_status(StatusCode::CREATED, body));
    }
    transaction.roll_back_to(start);
    let body = json!({ "hasErrors": true, "results": planting.errors });
    Ok(Reply::with_status(StatusCode::BAD_REQUEST, body))
}

fn records(value: Option<&Value>) -> Result<Vec<&Map<String, Value>>, ApiError> {
    value
        .and_then(Value::as_array)
        .ok_or_else(|| ApiError::json("Missing required field records"))?
        .iter()
        .map(|record| record.as_object().ok_or_else(|| ApiError::json("Each record must be a JSON object")))
        .collect()
}

fn plant(
    transaction: &mut Transaction<'_>,
    object: &str,
    record: &Map<String, Value>,
    parent: Option<(&str, &str)>,
    depth: usize,
    planting: &mut Planting,
) -> Result<(), ApiError> {
    planting.count += 1;
    if planting.count > MOST_RECORDS || depth > DEEPEST {
        return Err(ApiError::bad(
            "INVALID_INPUT",
            format!("A tree holds at most {MOST_RECORDS} records in {DEEPEST} levels"),
        ));
    }
    let reference = record
        .get("attributes")
        .and_then(|attributes| attributes.get("referenceId"))
        .and_then(Value::as_str)
        .ok_or_else(|| ApiError::bad("INVALID_INPUT", "Include a reference ID for each record in the request."))?;
    let mut body = Map::new();
    let mut children = Vec::new();
    for (name, value) in record {
        let nested = value.get("records").is_some();
        let child = transaction.database().schema().object(object).and_then(|object| object.child(name));
        match child.filter(|_| nested) {
            Some(child) => children.push((child.child_object.clone(), child.field.clone(), value)),
            None => {
                body.insert(name.clone(), value.clone());
            }
        }
    }
    if let Some((field, id)) = parent {
        body.insert(field.to_owned(), id.into());
    }
    match transaction.insert(object, &body, Authority::User) {
        Ok(id) => {
            planting.results.push(json!({ "referenceId": reference, "id": id }));
            for (child_object, field, value) in children {
                for child in records(value.get("records"))? {
                    plant(transaction, &child_object, child, Some((&field, &id)), depth + 1, planting)?;
                }
            }
        }
        Err(error) => {
            planting.errors.push(json!({ "referenceId": reference, "errors": [error.save_error()] }));
        }
    }
    Ok(())
}

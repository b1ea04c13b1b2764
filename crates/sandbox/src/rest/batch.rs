//! Several independent calls in one: each stands or falls alone.

use http::Method;
use serde_json::{Value, json};

use super::{Call, Caller, Reply, composite::perform_one};
use crate::{error::ApiError, records::Transaction};

const MOST_SUBREQUESTS: usize = 25;

pub(super) fn batch(caller: &Caller, transaction: &mut Transaction<'_>, call: &Call) -> Result<Reply, ApiError> {
    let body = call.object()?;
    let halt_on_error = body.get("haltOnError").and_then(Value::as_bool).unwrap_or(false);
    let requests = body
        .get("batchRequests")
        .and_then(Value::as_array)
        .ok_or_else(|| ApiError::json("Missing required field batchRequests"))?;
    if requests.len() > MOST_SUBREQUESTS {
        return Err(ApiError::bad(
            "LIMIT_EXCEEDED",
            format!("Limit of {MOST_SUBREQUESTS} reached for batch subrequests"),
        ));
    }
    let mut has_errors = false;
    let mut results = Vec::with_capacity(requests.len());
    for request in requests {
        if has_errors && halt_on_error {
            results.push(json!({
                "statusCode": 412,
                "result": [{
                    "errorCode": "BATCH_PROCESSING_HALTED",
                    "message": "Batch processing halted per request",
                }],
            }));
            continue;
        }
        let savepoint = transaction.savepoint();
        let reply = one(caller, transaction, request).unwrap_or_else(|error| {
            transaction.roll_back_to(savepoint);
            Reply::from(error)
        });
        has_errors |= reply.status.as_u16() >= 300;
        results.push(json!({ "statusCode": reply.status.as_u16(), "result": reply.body }));
    }
    Ok(Reply::ok(json!({ "hasErrors": has_errors, "results": results })))
}

fn one(caller: &Caller, transaction: &mut Transaction<'_>, request: &Value) -> Result<Reply, ApiError> {
    let text = |name: &str| request.get(name).and_then(Value::as_str);
    let url = text("url").ok_or_else(|| ApiError::json("Missing required field url in a batch subrequest"))?;
    let method: Method = text("method")
        .and_then(|method| method.to_ascii_uppercase().parse().ok())
        .ok_or_else(|| ApiError::json("Missing required field method in a batch subrequest"))?;
    let body = request.get("richInput").cloned().unwrap_or(Value::Null);
    perform_one(caller, transaction, method, url, &Value::Null, body)
}

//! Several calls in one, where later ones may use the answers of earlier ones; all or none when asked.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{Access, Call, Caller, Reply, answer, split_path};
use crate::{error::ApiError, records::Transaction};

const MOST_SUBREQUESTS: usize = 25;
const MOST_QUERIES_AND_COLLECTIONS: usize = 5;

pub(super) struct Subrequest<'a> {
    reference: &'a str,
    method: Method,
    url: &'a str,
    body: &'a Value,
    headers: &'a Value,
}

impl<'a> Subrequest<'a> {
    pub(super) fn read(value: &'a Value) -> Result<Self, ApiError> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let missing = |name: &str| ApiError::json(format!("Missing required field {name} in a composite subrequest"));
        let reference = text("referenceId").ok_or_else(|| missing("referenceId"))?;
        let named_well =
            !reference.is_empty() && reference.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !named_well {
            return Err(ApiError::json(format!(
                "The referenceId '{reference}' may hold only letters, digits and underscores"
            )));
        }
        let method = text("method").ok_or_else(|| missing("method"))?.to_ascii_uppercase();
        Ok(Self {
            reference,
            method: method.parse().map_err(|_| ApiError::json(format!("Unknown method {method}")))?,
            url: text("url").ok_or_else(|| missing("url"))?,
            body: value.get("body").unwrap_or(&Value::Null),
            headers: value.get("httpHeaders").unwrap_or(&Value::Null),
        })
    }

    fn is_query_or_collection(&self) -> bool {
        ["/query", "/composite/"].iter().any(|part| self.url.contains(part))
    }
}

pub(super) fn composite(caller: &Caller, transaction: &mut Transaction<'_>, call: &Call) -> Result<Reply, ApiError> {
    let body = call.object()?;
    let all_or_none = body.get("allOrNone").and_then(Value::as_bool).unwrap_or(false);
    let requests = body
        .get("compositeRequest")
        .and_then(Value::as_array)
        .ok_or_else(|| ApiError::json("Missing required field compositeRequest"))?;
    let requests: Vec<Subrequest<'_>> = requests.iter().map(Subrequest::read).collect::<Result<_, _>>()?;
    check_size(&requests)?;
    let (responses, _) = run(caller, transaction, &requests, all_or_none);
    Ok(Reply::ok(json!({ "compositeResponse": responses })))
}

/// Makes the calls one after another and answers what each was answered, and whether one failed.
pub(super) fn run(
    caller: &Caller,
    transaction: &mut Transaction<'_>,
    requests: &[Subrequest<'_>],
    all_or_none: bool,
) -> (Vec<Value>, bool) {
    let start = transaction.savepoint();
    let mut answers = Map::new();
    let mut replies: Vec<Reply> = Vec::with_capacity(requests.len());
    let mut failed = None;
    for (index, request) in requests.iter().enumerate() {
        if failed.is_some() {
            replies.push(halted());
            continue;
        }
        let savepoint = transaction.savepoint();
        let reply = perform(caller, transaction, request, &answers).unwrap_or_else(|error| {
            transaction.roll_back_to(savepoint);
            Reply::from(error)
        });
        if is_failure(reply.status) {
            if all_or_none {
                failed = Some(index);
            }
        } else {
            answers.insert(request.reference.to_owned(), reply.body.clone());
        }
        replies.push(reply);
    }
    if let Some(failed) = failed {
        transaction.roll_back_to(start);
        for (index, reply) in replies.iter_mut().enumerate() {
            if index != failed {
                *reply = halted();
            }
        }
    }
    let has_failed = replies.iter().any(|reply| is_failure(reply.status));
    let responses: Vec<Value> = requests
        .iter()
        .zip(replies)
        .map(|(request, reply)| {
            let headers: Map<String, Value> = reply
                .headers
                .into_iter()
                .map(|(name, value)| {
                    (if name == "location" { "Location".into() } else { name.to_string() }, value.into())
                })
                .collect();
            json!({
                "body": reply.body,
                "httpHeaders": headers,
                "httpStatusCode": reply.status.as_u16(),
                "referenceId": request.reference,
            })
        })
        .collect();
    (responses, has_failed)
}

fn check_size(requests: &[Subrequest<'_>]) -> Result<(), ApiError> {
    let limit = |message: String| Err(ApiError::bad("LIMIT_EXCEEDED", message));
    if requests.is_empty() {
        return Err(ApiError::json("At least one composite subrequest is required"));
    }
    if requests.len() > MOST_SUBREQUESTS {
        return limit(format!("Limit of {MOST_SUBREQUESTS} reached for number of subrequests in a composite request"));
    }
    if requests.iter().filter(|request| request.is_query_or_collection()).count() > MOST_QUERIES_AND_COLLECTIONS {
        return limit(format!("Limit of {MOST_QUERIES_AND_COLLECTIONS} reached for query and collection subrequests"));
    }
    for (index, request) in requests.iter().enumerate() {
        if requests.iter().take(index).any(|earlier| earlier.reference == request.reference) {
            return Err(ApiError::json(format!("Duplicate referenceId provided: {}", request.reference)));
        }
    }
    Ok(())
}

fn is_failure(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error() || status == StatusCode::MULTIPLE_CHOICES
}

fn halted() -> Reply {
    Reply::from(ApiError::bad(
        "PROCESSING_HALTED",
        "The transaction was rolled back since another operation in the same transaction failed.",
    ))
}

fn perform(
    caller: &Caller,
    transaction: &mut Transaction<'_>,
    request: &Subrequest<'_>,
    answers: &Map<String, Value>,
) -> Result<Reply, ApiError> {
    let url = match fill(request.url, answers)? {
        Value::String(url) => url,
        other => other.to_string(),
    };
    let body = fill_all(request.body, answers)?;
    perform_one(caller, transaction, request.method.clone(), &url, request.headers, body)
}

/// A call to `/services/data/vNN.0/…` (or `vNN.0/…`) made from within another.
pub(super) fn perform_one(
    caller: &Caller,
    transaction: &mut Transaction<'_>,
    method: Method,
    url: &str,
    headers: &Value,
    body: Value,
) -> Result<Reply, ApiError> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let (version, path) = split_path(path.trim_start_matches('/').trim_start_matches("services/data/"))?;
    let nested = matches!(path.first().map(String::as_str), Some("composite"))
        && !matches!(path.get(1).map(String::as_str), Some("sobjects" | "tree"));
    if nested {
        return Err(ApiError::bad(
            "INVALID_API_INPUT",
            format!("{url} can't be called from within a composite request"),
        ));
    }
    let headers = headers
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.parse().ok()?, value.as_str()?.parse().ok()?)))
        .collect();
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let caller = Caller { version, ..caller.clone() };
    answer(&caller, &mut Access::Write(transaction), &Call { method, path, query, headers, body })
}

/// Replaces `@{reference.path}` throughout a body.
fn fill_all(value: &Value, answers: &Map<String, Value>) -> Result<Value, ApiError> {
    Ok(match value {
        Value::String(text) => fill(text, answers)?,
        Value::Array(values) => {
            Value::Array(values.iter().map(|value| fill_all(value, answers)).collect::<Result<_, _>>()?)
        }
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(name, value)| Ok((name.clone(), fill_all(value, answers)?)))
                .collect::<Result<_, ApiError>>()?,
        ),
        other => other.clone(),
    })
}

/// Text that is one reference takes the type of what it refers to.
fn fill(text: &str, answers: &Map<String, Value>) -> Result<Value, ApiError> {
    if let Some(reference) = text.strip_prefix("@{").and_then(|rest| rest.strip_suffix('}'))
        && !reference.contains('}')
    {
        return look_up(reference, answers).cloned();
    }
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("@{") {
        let Some((reference, after)) = after.split_once('}') else { break };
        filled.push_str(before);
        match look_up(reference, answers)? {
            Value::String(text) => filled.push_str(text),
            other => filled.push_str(&other.to_string()),
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(Value::String(filled))
}

/// `account.id`, `found.records[0].Id`.
fn look_up<'a>(reference: &str, answers: &'a Map<String, Value>) -> Result<&'a Value, ApiError> {
    let mut parts = reference.split('.');
    let name = parts.next().unwrap_or_default();
    let unknown = || {
        ApiError::bad(
            "PROCESSING_HALTED",
            format!(
                "Invalid reference specified. No value for {reference} found in {name}. Please verify your request."
            ),
        )
    };
    let mut value = answers.get(name).ok_or_else(unknown)?;
    for part in parts {
        let (field, indexes) = part.split_once('[').unwrap_or((part, ""));
        value = value.get(field).ok_or_else(unknown)?;
        for index in indexes.split('[').filter(|index| !index.is_empty()) {
            let index: usize = index.trim_end_matches(']').parse().map_err(|_| unknown())?;
            value = value.get(index).ok_or_else(unknown)?;
        }
    }
    Ok(value)
}

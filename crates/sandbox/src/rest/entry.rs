//! Where a REST request comes in: version, session, budget, body; then one read or one transaction.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::{Value, json};

use super::{Access, Call, Caller, NEWEST_VERSION, OLDEST_VERSION, Reply, dispatch, files, split_path, tooling};
use crate::{
    bulk::{self, JobCall, too_large, unread},
    coverage,
    error::ApiError,
    events::ChangeOrigin,
    multipart,
    oauth::{TokenDigest, bearer},
    org::{Org, Writer},
    server::{LockRow, Origin},
};

/// Of a JSON body.
const MOST_JSON: usize = 50_000_000;
/// Beyond this a body isn't even read; only uploads of bulk jobs and files are this large.
const MOST_READ: usize = 160_000_000;

pub(crate) fn routes() -> Router<Arc<Org>> {
    Router::new()
        .route("/services/data", get(versions))
        .route("/services/data/", get(versions))
        .route("/services/data/{*path}", any(enter))
        .layer(DefaultBodyLimit::max(MOST_READ))
}

/// Needs no session.
async fn versions() -> Json<Value> {
    let seasons = ["Spring", "Summer", "Winter"];
    let versions = (OLDEST_VERSION..=NEWEST_VERSION).map(|number| {
        // Version 31 came in Summer '14; three a year since, of which Winter carries the next year's number.
        let season = usize::try_from(number % 3).ok().and_then(|index| seasons.get(index)).unwrap_or(&"");
        let year = 14 + (number - OLDEST_VERSION).div_ceil(3);
        json!({
            "label": format!("{season} '{year}"),
            "url": format!("/services/data/v{number}.0"),
            "version": format!("{number}.0"),
        })
    });
    Json(versions.collect())
}

async fn enter(
    State(org): State<Arc<Org>>,
    Extension(origin): Extension<Origin>,
    lock_row: Option<Extension<LockRow>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let pretty = is_pretty(&headers);
    let result = match body {
        Ok(body) => serve(&org, origin, lock_row.is_some(), method, &uri, headers, body).await,
        Err(rejection) => Err(unread(&rejection)),
    };
    let mut response = result.unwrap_or_else(|error| respond(Reply::from(error), pretty));
    if response.status() != StatusCode::UNAUTHORIZED
        && let Ok(value) = HeaderValue::from_str(&org.budget.header())
    {
        response.headers_mut().insert("sforce-limit-info", value);
    }
    response
}

async fn serve(
    org: &Arc<Org>,
    origin: Origin,
    lock_row: bool,
    method: Method,
    uri: &Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let (version, path) = split_path(uri.path())?;
    let path = without_suffix(path)?;
    let (user, session) = admit(org, bearer(&headers))?;
    let caller = Caller { org: Arc::clone(org), user, session, version, origin };
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let overriding = query.iter().find(|(name, _)| name == "_HttpMethod").and_then(|(_, value)| value.parse().ok());
    let method = match (method, overriding) {
        (Method::POST, Some(method)) => method,
        (Method::HEAD, _) => Method::GET,
        (method, _) => method,
    };
    let pretty = is_pretty(&headers);
    coverage::admit(&method, &segments(&path))?;
    if path.first().is_some_and(|first| first == "jobs") {
        return bulk::answer(JobCall { caller, method, path, query, headers, body }).await;
    }
    if wants_xml(&headers) {
        return Err(coverage::not_emulated("XML", "documents in place of JSON"));
    }
    if method == Method::GET && files::is_bytes_field(&caller, &path) {
        return files::download(&caller, &path, &headers).await;
    }
    let body = read_body(&caller, &method, &path, &headers, &body)?;
    let call = Call { method, path, query, headers, body };
    if let ["tooling", "sobjects", "ManagedEventSubscription", beneath @ ..] = segments(&call.path).as_slice() {
        return Ok(respond(tooling::managed_event_subscription(&caller, &call, beneath).await?, pretty));
    }
    if call.method == Method::GET {
        let reply = org.read(|database| dispatch(&caller, &mut Access::Read(database), &call))?;
        return Ok(respond(reply, pretty));
    }
    let origin = ChangeOrigin::rest(&caller.version, &call.headers);
    let writer = Writer { user: caller.user.clone(), origin, lock_row };
    let reply =
        org.transact(writer, move |transaction| dispatch(&caller, &mut Access::Write(transaction), &call)).await?;
    Ok(respond(reply, pretty))
}

/// `limits.json` is `limits`. A value a record is found by keeps its dots.
fn without_suffix(mut path: Vec<String>) -> Result<Vec<String>, ApiError> {
    let holds_value = matches!(segments(&path).as_slice(), ["sobjects", _, _, _, ..]);
    let Some(last) = path.last_mut().filter(|_| !holds_value) else { return Ok(path) };
    if last.ends_with(".xml") {
        return Err(coverage::not_emulated("XML", last));
    }
    if let Some(name) = last.strip_suffix(".json") {
        *last = name.to_owned();
    }
    Ok(path)
}

/// Who sends it, or takes nothing else.
fn wants_xml(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let (sent, accepted) = (text(header::CONTENT_TYPE), text(header::ACCEPT));
    let is_xml = |text: &str| text.starts_with("application/xml") || text.starts_with("text/xml");
    is_xml(&sent) || (is_xml(&accepted) && !accepted.contains("json") && !accepted.contains("*/*"))
}

fn segments(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

fn is_pretty(headers: &HeaderMap) -> bool {
    headers.get("x-prettyprint").is_some_and(|value| value == "1" || value == "true")
}

/// Who holds the token. One call is taken from the org's budget.
///
/// # Errors
/// The session isn't one, or has ended, or no call is left.
pub(crate) fn admit(org: &Org, token: Option<&str>) -> Result<(String, TokenDigest), ApiError> {
    let token = token.ok_or_else(ApiError::session)?;
    let session = org.auth().session(token, org.now()).ok_or_else(ApiError::session)?;
    if !org.budget.take(org.now()) {
        return Err(ApiError::limit_exceeded("TotalRequests"));
    }
    Ok((session.user, TokenDigest::of(token)))
}

/// A body of a GET or DELETE is nobody's business; an empty one is null.
fn read_body(
    caller: &Caller,
    method: &Method,
    path: &[String],
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Value, ApiError> {
    if body.is_empty() || matches!(*method, Method::GET | Method::DELETE) {
        return Ok(Value::Null);
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let object = match path {
        [first, object] | [first, object, _] if first == "sobjects" => caller.org.schema.object(object),
        _ => None,
    };
    match object {
        Some(object) if multipart::is_multipart(content_type) => return files::read_parts(object, content_type, body),
        _ => {}
    }
    if !content_type.is_empty() && !content_type.to_ascii_lowercase().contains("json") {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            format!("The content type of the request body must be application/json, not {content_type}"),
        ));
    }
    if body.len() > MOST_JSON {
        return Err(too_large());
    }
    serde_json::from_slice(body).map_err(|error| {
        ApiError::json(format!("Unexpected input at [line:{}, column:{}]", error.line(), error.column()))
    })
}

fn respond(reply: Reply, pretty: bool) -> Response {
    let mut response = if reply.body.is_null() {
        reply.status.into_response()
    } else if pretty {
        let text = serde_json::to_string_pretty(&reply.body).unwrap_or_default();
        (reply.status, [(header::CONTENT_TYPE, "application/json;charset=UTF-8")], text).into_response()
    } else {
        let text = reply.body.to_string();
        (reply.status, [(header::CONTENT_TYPE, "application/json;charset=UTF-8")], text).into_response()
    };
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

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

use super::{Access, Call, Caller, NEWEST_VERSION, OLDEST_VERSION, Reply, answer, split_path};
use crate::{
    error::ApiError,
    oauth::{TokenDigest, bearer},
    org::{Org, Writer},
    server::{LockRow, Origin},
};

/// Salesforce's own, for JSON.
const LARGEST_BODY: usize = 50 << 20;
/// What a request line and its headers may come to.
const LARGEST_HEAD: usize = 16_384;

pub(crate) fn routes() -> Router<Arc<Org>> {
    Router::new()
        .route("/services/data", get(versions))
        .route("/services/data/", get(versions))
        .route("/services/data/{*path}", any(enter))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
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
    if let Err(error) = check_head(&uri, &headers) {
        return error.into_response();
    }
    let Ok(body) = body else { return too_large().into_response() };
    let pretty = headers.get("x-prettyprint").is_some_and(|value| value == "1" || value == "true");
    let result = serve(&org, origin, lock_row.is_some(), method, &uri, headers, &body).await;
    let mut response = respond(result.unwrap_or_else(Reply::from), pretty);
    if response.status() != StatusCode::UNAUTHORIZED
        && let Ok(value) = HeaderValue::from_str(&org.budget.header())
    {
        response.headers_mut().insert("sforce-limit-info", value);
    }
    response
}

fn too_large() -> ApiError {
    let message = format!("The request body is larger than {LARGEST_BODY} bytes");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "REQUEST_TOO_LARGE", message)
}

fn check_head(uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    let line = uri.path_and_query().map_or(0, |path| path.as_str().len());
    let head: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let refuse = |status, what: &str| Err(ApiError::new(status, "REQUEST_TOO_LARGE", format!("{what} too long")));
    if line > LARGEST_HEAD {
        refuse(StatusCode::URI_TOO_LONG, "The address is")
    } else if line + head > LARGEST_HEAD {
        refuse(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Address and headers together are")
    } else {
        Ok(())
    }
}

/// Bodies are JSON; without a word about it, too.
fn check_content_type(headers: &HeaderMap, body: &[u8]) -> Result<(), ApiError> {
    let Some(given) = headers.get(header::CONTENT_TYPE).filter(|_| !body.is_empty()) else { return Ok(()) };
    let given = given.to_str().unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
        format!("Content-Type header specified in HTTP request is not supported: {given}"),
    ))
}

async fn serve(
    org: &Arc<Org>,
    origin: Origin,
    lock_row: bool,
    method: Method,
    uri: &Uri,
    headers: HeaderMap,
    body: &[u8],
) -> Result<Reply, ApiError> {
    let (version, path) = split_path(uri.path())?;
    let token = bearer(&headers).ok_or_else(ApiError::session)?;
    let session = org.auth().session(token, org.now()).ok_or_else(ApiError::session)?;
    if !org.budget.take(org.now()) {
        return Err(ApiError::limit_exceeded("TotalRequests"));
    }
    let caller = Caller { org: Arc::clone(org), user: session.user, session: TokenDigest::of(token), version, origin };
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let overriding = query.iter().find(|(name, _)| name == "_HttpMethod").and_then(|(_, value)| value.parse().ok());
    let method = match (method, overriding) {
        (Method::POST, Some(method)) => method,
        (Method::HEAD, _) => Method::GET,
        (method, _) => method,
    };
    if !matches!(method, Method::GET | Method::DELETE) {
        check_content_type(&headers, body)?;
    }
    let body = read_body(&method, body)?;
    let call = Call { method, path, query, headers, body };
    if call.method == Method::GET {
        return org.read(|database| answer(&caller, &mut Access::Read(database), &call));
    }
    let writer = Writer { user: caller.user.clone(), lock_row };
    org.transact(writer, move |transaction| answer(&caller, &mut Access::Write(transaction), &call)).await
}

/// A body of a GET or DELETE is nobody's business; an empty one is null.
fn read_body(method: &Method, body: &[u8]) -> Result<Value, ApiError> {
    if body.is_empty() || matches!(*method, Method::GET | Method::DELETE) {
        return Ok(Value::Null);
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

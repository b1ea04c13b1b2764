//! Bytes in and out: files sent as parts of a request, and fetched whole or in ranges.

use axum::{
    body::Bytes,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use super::{Caller, object_named, sobjects};
use crate::{
    error::ApiError,
    multipart::{self, Part},
    schema::{FieldKind, Object},
};

/// The body of a create or update whose bytes came as a part of their own, in whatever order the parts are.
///
/// # Errors
/// The body isn't what its content type says, or lacks the part with the fields.
pub(super) fn read_parts(object: &Object, content_type: &str, body: &Bytes) -> Result<Value, ApiError> {
    let parts = multipart::parts(content_type, body)?;
    let bytes_field = |part: &Part| {
        object.field(&part.name).filter(|field| field.kind == FieldKind::Base64).map(|field| field.name.clone())
    };
    let mut fields: Option<Map<String, Value>> = None;
    let mut bytes = Vec::new();
    for part in &parts {
        if let Some(field) = bytes_field(part) {
            bytes.push((field, part));
        } else if fields.is_none() {
            let read = serde_json::from_slice(&part.bytes).map_err(|error| {
                ApiError::json(format!("Unexpected input at [line:{}, column:{}]", error.line(), error.column()))
            })?;
            fields = Some(read);
        } else {
            return Err(ApiError::bad(
                "INVALID_MULTIPART_REQUEST",
                format!("The part '{}' is neither the record nor one of its fields of bytes", part.name),
            ));
        }
    }
    let mut fields = fields.ok_or_else(|| {
        ApiError::bad("INVALID_MULTIPART_REQUEST", "The request has no part with the record's fields")
    })?;
    for (field, part) in bytes {
        fields.insert(field, STANDARD.encode(&part.bytes).into());
        if let Some(name) = &part.file_name
            && object.field("PathOnClient").is_some()
        {
            fields.entry("PathOnClient").or_insert_with(|| name.as_str().into());
        }
    }
    Ok(Value::Object(fields))
}

/// Whether the last segment of a path names a field of bytes.
pub(super) fn is_bytes_field(caller: &Caller, path: &[String]) -> bool {
    let [first, object, _, field] = path else { return false };
    first == "sobjects"
        && caller
            .org
            .schema
            .object(object)
            .and_then(|object| object.field(field))
            .is_some_and(|field| field.kind == FieldKind::Base64)
}

/// # Errors
/// There is no such record, or its bytes are gone.
pub(super) async fn download(caller: &Caller, path: &[String], headers: &HeaderMap) -> Result<Response, ApiError> {
    let [_, object, id, field] = path else { return Err(ApiError::not_found()) };
    let key = caller.org.read(|database| {
        let object = object_named(database, object)?;
        let id = sobjects::id_of(object, id)?;
        let record = database.get_of(&object.name, &id).filter(|record| !record.is_deleted());
        let key = object.field(field).and_then(|field| record?.text(&field.name)).map(str::to_owned);
        key.ok_or_else(ApiError::not_found)
    })?;
    let bytes = caller.org.blob(&key).await.ok_or_else(ApiError::not_found)?;
    Ok(answer(bytes, headers))
}

fn answer(bytes: Bytes, headers: &HeaderMap) -> Response {
    let total = bytes.len();
    let range =
        headers.get(header::RANGE).and_then(|value| value.to_str().ok()).map_or(Range::All, |text| range(text, total));
    let content_type = [(header::CONTENT_TYPE, "application/octetstream")];
    let mut response = match range {
        Range::All => (StatusCode::OK, content_type, bytes).into_response(),
        Range::Part(start, end) => (StatusCode::PARTIAL_CONTENT, content_type, bytes.slice(start..end)).into_response(),
        Range::Outside => StatusCode::RANGE_NOT_SATISFIABLE.into_response(),
    };
    let told = match range {
        Range::All => None,
        Range::Part(start, end) => Some(format!("bytes {start}-{}/{total}", end - 1)),
        Range::Outside => Some(format!("bytes */{total}")),
    };
    response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(value) = told.and_then(|told| HeaderValue::from_str(&told).ok()) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    response
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    /// None asked for, or one that can't be understood.
    All,
    /// From the first byte up to, not including, the second.
    Part(usize, usize),
    Outside,
}

/// `bytes=0-99`, `bytes=100-`, `bytes=-100`.
fn range(text: &str, total: usize) -> Range {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Range::All;
    };
    let (first, last) = (first.trim(), last.trim());
    let (start, end) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(start), Ok(last)) if last >= start => (start, last.saturating_add(1).min(total)),
        (Ok(start), Err(_)) if last.is_empty() => (start, total),
        (Err(_), Ok(count)) if first.is_empty() => (total.saturating_sub(count), total),
        _ => return Range::All,
    };
    if start < end { Range::Part(start, end) } else { Range::Outside }
}

#[cfg(test)]
mod tests {
    use super::{Range, range};

    #[test]
    fn ranges_are_read_as_browsers_send_them() {
        assert_eq!(range("bytes=0-1", 5), Range::Part(0, 2));
        assert_eq!(range("bytes=3-", 5), Range::Part(3, 5));
        assert_eq!(range("bytes=-2", 5), Range::Part(3, 5));
        assert_eq!(range("bytes=2-99", 5), Range::Part(2, 5));
        assert_eq!(range("bytes=5-", 5), Range::Outside);
        for ignored in ["bytes=3-1", "bytes=0-1,3-4", "lines=0-1", "bytes=x-y", "bytes=-"] {
            assert_eq!(range(ignored, 5), Range::All, "{ignored}");
        }
    }
}

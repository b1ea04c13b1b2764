//! Answers that went well: JSON, with the headers that pages and caches need.

use axum::{
    Json,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use engine::Saved;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::http::AppState;

pub(crate) const fn saved(saved: Saved) -> StatusCode {
    match saved {
        Saved::Created => StatusCode::CREATED,
        Saved::Updated | Saved::Unchanged => StatusCode::OK,
    }
}

/// RFC 8288: where the next page is, for a caller who asked with these parameters.
pub(crate) fn link_next(state: &AppState, response: &mut Response, path: &str, parameters: &[(&str, &str)]) {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let link = format!("<{}{path}?{query}>; rel=\"next\"", state.web().origin());
    insert(response, header::LINK, &link);
}

pub(crate) fn created(location: &str, body: impl Serialize) -> Response {
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    insert(&mut response, header::LOCATION, location);
    response
}

/// A strong validator over whatever makes a representation what it is.
pub(crate) fn etag(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let text: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{text}\"")
}

/// Whether the caller has this already (RFC 9110, section 13.1.2: a weak comparison).
pub(crate) fn has_already(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == "*" || one == etag)
}

pub(crate) fn not_modified(etag: &str) -> Response {
    with_etag(StatusCode::NOT_MODIFIED.into_response(), etag)
}

pub(crate) fn with_etag(mut response: Response, etag: &str) -> Response {
    insert(&mut response, header::ETAG, etag);
    response
}

fn insert(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Whether `Accept` allows JSON. Problems are understood by whoever understands JSON, so one of the two is enough.
pub(crate) fn is_understood(headers: &HeaderMap) -> bool {
    let mut ranges = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let mut said = false;
    let understood = ranges.any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        if kind.is_empty() {
            return false;
        }
        said = true;
        let refused = parts.any(|part| {
            let part = part.to_ascii_lowercase();
            part.strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0_f32))
        });
        !refused && matches!(kind.as_str(), "*/*" | "application/*" | "application/json" | "application/problem+json")
    });
    understood || !said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))])
    }

    #[test]
    fn who_takes_json_in_whatever_words_gets_it() {
        for good in
            ["*/*", "application/json", "text/html, application/*;q=0.1", "APPLICATION/JSON; charset=utf-8", "", " , "]
        {
            assert!(is_understood(&accept(good)), "{good}");
        }
        for bad in ["text/html", "application/xml, text/*", "application/json;q=0", "*/*; q=0.000"] {
            assert!(!is_understood(&accept(bad)), "{bad}");
        }
        assert!(is_understood(&HeaderMap::new()));
    }

    #[test]
    fn a_validator_is_told_from_every_other() {
        let etag = etag(&[b"a", b"bc"]);
        assert_ne!(etag, super::etag(&[b"ab", b"c"]));
        let headers = |value: String| HeaderMap::from_iter([(header::IF_NONE_MATCH, value.parse().unwrap())]);
        for has in [etag.clone(), format!("\"x\", W/{etag}"), "*".to_owned()] {
            assert!(has_already(&headers(has.clone()), &etag), "{has}");
        }
        for has_not in ["\"x\"".to_owned(), etag.replace('"', "")] {
            assert!(!has_already(&headers(has_not.clone()), &etag), "{has_not}");
        }
    }
}

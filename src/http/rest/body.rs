//! JSON bodies: of the right type, of a bearable size, with no member that nobody asked for.

use axum::body::Bytes;
use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use engine::JsonProblem;
use serde::de::DeserializeOwned;

use super::Problem;
use crate::http::AppState;

/// A JSON body read into `T`, or a problem that names the member to blame.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "Send the body as application/json, in UTF-8.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large. Shorten it or split it up.")
            }
            _ => Problem::new(StatusCode::BAD_REQUEST, "The body could not be read to its end."),
        })?;
        read(&bytes).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let mut parts = kind.split(';').map(|part| part.trim().to_ascii_lowercase());
    parts.next().is_some_and(|kind| kind == "application/json")
        && parts.all(|parameter| match parameter.split_once('=') {
            Some(("charset", charset)) => charset.trim_matches('"') == "utf-8",
            _ => true,
        })
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    engine::read_json(bytes).map_err(|JsonProblem { member, sentence }| match member {
        Some(member) => Problem::field(member, sentence),
        None => Problem::new(StatusCode::BAD_REQUEST, sentence),
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shape {
        #[expect(dead_code, reason = "only that it is read matters")]
        name: String,
        #[expect(dead_code, reason = "only that it is read matters")]
        #[serde(default)]
        list: Vec<String>,
    }

    fn blamed(body: &str) -> Value {
        let problem = serde_json::to_value(read::<Shape>(body.as_bytes()).unwrap_err()).unwrap();
        assert_eq!(problem["status"], 400);
        problem["errors"][0]["field"].clone()
    }

    #[test]
    fn the_member_to_blame_is_named() {
        assert!(read::<Shape>(br#"{"name":"a","list":["b"]}"#).is_ok());
        for (body, field) in [
            (r#"{"name":5}"#, json!("name")),
            (r#"{"name":null}"#, json!("name")),
            (r#"{}"#, json!("name")),
            (r#"{"name":"a","list":["b",{}]}"#, json!("list[1]")),
            (r#"{"name":"a","colour":1}"#, json!("colour")),
            (r#"{"name":"a","co`, expected":1}"#, json!("co`, expected")),
            (r#"[1]"#, Value::Null),
            (r#" ["a",[]]"#, Value::Null),
            (r#""name""#, Value::Null),
            (r#"{"name":"a"} x"#, Value::Null),
            (r#"{"name":"\ud800"}"#, Value::Null),
            ("{", Value::Null),
            ("", Value::Null),
        ] {
            assert_eq!(blamed(body), field, "{body}");
        }
        assert_eq!(blamed(&"[".repeat(100_000)), Value::Null);
    }

    #[test]
    fn only_json_in_utf8_is_read() {
        let headers = |kind: &'static str| HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]);
        for good in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""] {
            assert!(is_json(&headers(good)), "{good}");
        }
        for bad in ["text/plain", "application/json; charset=latin1", "application/x-www-form-urlencoded", "json", ""] {
            assert!(!is_json(&headers(bad)), "{bad}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}

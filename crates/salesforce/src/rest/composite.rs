//! Several requests in one call, in order, where later ones can use what earlier ones got; all or none, if asked.

use std::collections::BTreeMap;

use ::http::Method;
use domain::SalesforceId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ApiPath, Repeat, Request};
use crate::{
    ApiVersion, Client,
    error::{ApiError, Error, ErrorKind, Outcome, is_halted},
};

/// How many parts one request may have.
const MAX_SUBREQUESTS: usize = 25;

#[derive(Clone, Debug)]
pub struct CompositeRequest {
    /// One transaction: a failing part undoes the others.
    pub all_or_none: bool,
    /// At most 25.
    pub subrequests: Vec<Subrequest>,
}

#[derive(Clone, Debug)]
pub struct Subrequest {
    pub method: Method,
    pub url: ApiPath,
    /// Letters, digits and underscores; unique within the request.
    pub reference_id: String,
    pub body: Option<Value>,
    /// All but Accept, Authorization and Content-Type, which the whole request has.
    pub headers: BTreeMap<String, String>,
}

impl Subrequest {
    pub fn new(reference_id: &str, method: Method, url: ApiPath, body: Option<Value>) -> Self {
        Self { method, url, reference_id: reference_id.to_owned(), body, headers: BTreeMap::new() }
    }

    pub fn create(reference_id: &str, object: &str, body: Value) -> Self {
        Self::new(reference_id, Method::POST, ApiPath::object(object), Some(body))
    }

    /// `body` must not hold the external field.
    pub fn upsert(reference_id: &str, object: &str, external_field: &str, key: &str, body: Value) -> Self {
        Self::new(reference_id, Method::PATCH, ApiPath::external(object, external_field, key), Some(body))
    }

    pub fn update(reference_id: &str, object: &str, id: &SalesforceId, body: Value) -> Self {
        Self::new(reference_id, Method::PATCH, ApiPath::record(object, id), Some(body))
    }

    pub fn retrieve(reference_id: &str, object: &str, id: &SalesforceId) -> Self {
        Self::new(reference_id, Method::GET, ApiPath::record(object, id), None)
    }

    fn to_json(&self, version: ApiVersion) -> Result<Value, Error> {
        if !is_reference_id(&self.reference_id) {
            return Err(Error::request("a reference id has letters, digits and underscores only"));
        }
        let mut part = json!({
            "method": self.method.as_str(),
            "url": self.url.with_version(version)?,
            "referenceId": self.reference_id,
        });
        if let Some(map) = part.as_object_mut() {
            if let Some(body) = &self.body {
                map.insert("body".to_owned(), body.clone());
            }
            if !self.headers.is_empty() {
                map.insert("httpHeaders".to_owned(), json!(self.headers));
            }
        }
        Ok(part)
    }
}

/// What a later part puts where it wants a field of an earlier part's answer: `"@{post.id}"`. Case-sensitive.
pub fn reference(reference_id: &str, field: &str) -> Value {
    Value::String(reference_text(reference_id, field))
}

pub(super) fn reference_text(reference_id: &str, field: &str) -> String {
    format!("@{{{reference_id}.{field}}}")
}

/// Whether the org would read a reference in `text`. Salesforce looks for `@{…}` in every string of a composite body and knows no
/// escape, so what people wrote has to be checked before it travels that way.
pub fn looks_like_reference(text: &str) -> bool {
    text.contains("@{")
}

fn is_reference_id(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// One answer a part, in their order.
#[derive(Clone, Debug, Deserialize)]
pub struct CompositeResponse {
    #[serde(rename = "compositeResponse")]
    pub responses: Vec<Subresponse>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subresponse {
    pub reference_id: String,
    #[serde(rename = "httpStatusCode")]
    pub status: u16,
    #[serde(default)]
    pub body: Value,
    #[serde(rename = "httpHeaders", default)]
    pub headers: BTreeMap<String, String>,
}

/// The part that failed, and how.
#[derive(Clone, Debug)]
pub struct CompositeFailure {
    pub reference_id: String,
    pub error: Error,
}

impl Subresponse {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Of the record made, updated or read.
    pub fn id(&self) -> Option<SalesforceId> {
        let id = self.body.get("id").or_else(|| self.body.get("Id"))?;
        SalesforceId::new(id.as_str()?).ok()
    }

    /// Empty after success.
    pub fn errors(&self) -> Vec<ApiError> {
        if self.is_success() {
            return Vec::new();
        }
        Vec::deserialize(&self.body).unwrap_or_default()
    }

    fn failure(&self) -> CompositeFailure {
        CompositeFailure { reference_id: self.reference_id.clone(), error: Error::api(self.status, self.errors()) }
    }
}

impl CompositeResponse {
    pub fn get(&self, reference_id: &str) -> Option<&Subresponse> {
        self.responses.iter().find(|response| response.reference_id == reference_id)
    }

    /// The part that failed by itself, not because another did.
    pub fn first_failure(&self) -> Option<CompositeFailure> {
        let mut failed = self.responses.iter().filter(|response| !response.is_success()).peekable();
        let any = failed.peek().copied();
        failed.find(|response| !is_halted(&response.errors())).or(any).map(Subresponse::failure)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    all_or_none: bool,
    composite_request: Vec<Value>,
}

impl Client {
    /// Counts as one call. Answers with a response whether its parts worked or not: see [`CompositeResponse::first_failure`].
    ///
    /// # Errors
    /// The request as a whole failed; see [`ErrorKind`].
    pub async fn composite(&self, composite: &CompositeRequest, repeat: Repeat) -> Result<CompositeResponse, Error> {
        if composite.subrequests.is_empty() || composite.subrequests.len() > MAX_SUBREQUESTS {
            return Err(Error::request("a composite request has 1 to 25 parts"));
        }
        let version = self.api_version();
        let body = Body {
            all_or_none: composite.all_or_none,
            composite_request: composite
                .subrequests
                .iter()
                .map(|part| part.to_json(version))
                .collect::<Result<_, _>>()?,
        };
        let request = Request::new("composite", Method::POST, ApiPath::new("/composite")).with_json(&body)?;
        let response: CompositeResponse = self.send(&request, repeat).await?.json()?;
        if response.responses.len() != composite.subrequests.len() {
            return Err(Error::new(ErrorKind::Decode).with_outcome(Outcome::Unknown).with_source("parts are missing"));
        }
        Ok(response)
    }
}

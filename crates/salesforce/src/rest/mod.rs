//! The REST API: records, queries, describes, composite requests.

mod collections;
mod composite;
mod describe;
mod path;
mod query;
mod records;
mod user;

use std::borrow::Cow;

use ::http::{HeaderName, Method};
use bytes::Bytes;
use serde::Serialize;
use url::Url;

use crate::{
    ApiVersion,
    error::{Error, Outcome},
};

pub use collections::{Keyed, MAX_READ, MAX_RECORDS};
pub use composite::{
    CompositeFailure, CompositeRequest, CompositeResponse, Subrequest, Subresponse, looks_like_reference, reference,
};
pub use describe::{FieldDescribe, GlobalDescribe, Limit, ObjectDescribe, ObjectSummary, PicklistValue};
pub use path::ApiPath;
pub use query::Page;
pub use records::{Created, Upserted};
pub use user::UserInfo;

/// Whether the client may send a request again by itself when the connection breaks before the answer came. Only the caller knows
/// what a second time would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Twice does what once does.
    Safe,
    /// The caller finds out what became of it ([`Error::outcome_unknown`]).
    Never,
}

const JSON: &str = "application/json";

/// One call, before tokens and instance are known.
pub(crate) struct Request {
    /// For logs: what is done, without keys or values.
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    pub(crate) path: ApiPath,
    pub(crate) query: Vec<(&'static str, Cow<'static, str>)>,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Option<Bytes>,
    pub(crate) content_type: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) size: Size,
}

/// How much travels with a call, and so how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// Within the configured deadline.
    Usual,
    /// A file's worth: many times the deadline.
    Large,
}

impl Request {
    pub(crate) fn new(operation: &'static str, method: Method, path: ApiPath) -> Self {
        Self {
            operation,
            method,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            content_type: JSON,
            accept: JSON,
            size: Size::Usual,
        }
    }

    pub(crate) fn get(operation: &'static str, path: ApiPath) -> Self {
        Self::new(operation, Method::GET, path)
    }

    pub(crate) fn with_query(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn with_json(mut self, body: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        let body = serde_json::to_vec(body)
            .map_err(|error| Error::request("the record can't be written as JSON").with_source(error))?;
        self.body = Some(body.into());
        Ok(self)
    }

    pub(crate) fn with_csv(mut self, rows: Bytes) -> Self {
        self.body = Some(rows);
        self.content_type = "text/csv";
        self.large()
    }

    /// For an answer in CSV.
    pub(crate) const fn accepting_csv(mut self) -> Self {
        self.accept = "text/csv";
        self.large()
    }

    pub(crate) const fn large(mut self) -> Self {
        self.size = Size::Large;
        self
    }

    /// A read that gets lost has done nothing.
    pub(crate) fn outcome_once_sent(&self) -> Outcome {
        if self.method.is_safe() { Outcome::NotApplied } else { Outcome::Unknown }
    }

    /// On the instance's origin, whatever the path says.
    pub(crate) fn url(&self, instance_url: &Url, version: ApiVersion) -> Result<Url, Error> {
        let path = self.path.with_version(version)?;
        let mut url: Url = format!("{}{path}", instance_url.origin().ascii_serialization()).parse().map_err(
            |error: url::ParseError| Error::request("the record's address can't be written").with_source(error),
        )?;
        // A parser that rearranged the path would address another record.
        if url.path() != path || url.origin() != instance_url.origin() {
            return Err(Error::request("the record's key can't be part of an address"));
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }
}

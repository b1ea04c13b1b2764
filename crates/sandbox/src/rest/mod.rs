//! The REST API: one file per resource. A call is answered the same way whether it came alone or inside a composite.

mod batch;
mod changes;
mod collections;
mod composite;
mod conditional;
mod cursors;
mod entry;
mod event_schema;
mod files;
mod graph;
mod limits;
mod query;
mod recent;
mod related;
mod resources;
mod search;
mod sobjects;
mod tooling;
mod tree;
mod upsert;

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

pub(crate) use cursors::Locators;
pub(crate) use entry::{admit, routes};
pub(crate) use query::run as run_query;

use crate::{
    coverage,
    error::ApiError,
    oauth::TokenDigest,
    org::Org,
    records::{Database, Transaction},
    schema::Object,
    server::Origin,
};

/// The newest API version; the oldest that still answers is 31.
pub(crate) const NEWEST_VERSION: u32 = 67;
const OLDEST_VERSION: u32 = 31;

/// Who calls, and by which version (`67.0`).
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) org: Arc<Org>,
    pub(crate) user: String,
    pub(crate) session: TokenDigest,
    pub(crate) version: String,
    /// Where the call came in.
    pub(crate) origin: Origin,
}

/// One request, beneath `/services/data/vNN.0/`.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Decoded segments of the path.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    /// Null when there was none.
    pub(crate) body: Value,
}

/// The version and the decoded segments beneath it of a path such as `/services/data/v67.0/sobjects/Case`.
pub(crate) fn split_path(path: &str) -> Result<(String, Vec<String>), ApiError> {
    let path = path.strip_prefix("/services/data/").unwrap_or(path).trim_matches('/');
    let mut segments = path.split('/');
    let version = segments.next().and_then(|text| text.strip_prefix('v')).unwrap_or_default();
    let version = split_version(version)?;
    let segments = segments.map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned()).collect();
    Ok((version, segments))
}

/// `67.0`, when that version is served.
pub(crate) fn split_version(version: &str) -> Result<String, ApiError> {
    let number: u32 = version.strip_suffix(".0").and_then(|text| text.parse().ok()).ok_or_else(ApiError::not_found)?;
    if number < OLDEST_VERSION {
        return Err(ApiError::new(
            StatusCode::GONE,
            "UNSUPPORTED_API_VERSION",
            format!("The requested API version {version} is not supported; the oldest is {OLDEST_VERSION}.0"),
        ));
    }
    if number > NEWEST_VERSION {
        return Err(ApiError::not_found());
    }
    Ok(version.to_owned())
}

impl Call {
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as an object.
    fn object(&self) -> Result<&Map<String, Value>, ApiError> {
        self.body.as_object().ok_or_else(|| match &self.body {
            Value::Null => ApiError::json("No content to map to Object due to end of input"),
            _ => ApiError::json("The request body must be a JSON object"),
        })
    }
}

/// What a call may do: look, or look and write within a transaction.
pub(crate) enum Access<'a, 'b> {
    Read(&'a Database),
    Write(&'a mut Transaction<'b>),
}

impl<'b> Access<'_, 'b> {
    fn database(&self) -> &Database {
        match self {
            Self::Read(database) => database,
            Self::Write(transaction) => transaction.database(),
        }
    }

    fn transaction(&mut self) -> Result<&mut Transaction<'b>, ApiError> {
        match self {
            Self::Read(_) => Err(ApiError::not_found()),
            Self::Write(transaction) => Ok(transaction),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, String)>,
    /// Null for none.
    pub(crate) body: Value,
}

impl Reply {
    fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body }
    }

    fn with_status(status: StatusCode, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    fn no_content() -> Self {
        Self::with_status(StatusCode::NO_CONTENT, Value::Null)
    }
}

impl From<ApiError> for Reply {
    fn from(error: ApiError) -> Self {
        Self::with_status(error.status, error.body())
    }
}

fn object_named<'a>(database: &'a Database, name: &str) -> Result<&'a Object, ApiError> {
    database.schema().object(name).ok_or_else(ApiError::not_found)
}

/// Answers one call within another: a composite's is held against the table of what is covered as any other is.
///
/// # Errors
/// As [`dispatch`].
fn answer(caller: &Caller, access: &mut Access<'_, '_>, call: &Call) -> Result<Reply, ApiError> {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    coverage::admit(&call.method, &path)?;
    dispatch(caller, access, call)
}

/// Answers one call that the table of what is covered has let through.
///
/// # Errors
/// The error to answer with; whatever the call had changed by then is to be rolled back.
fn dispatch(caller: &Caller, access: &mut Access<'_, '_>, call: &Call) -> Result<Reply, ApiError> {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match (call.method.as_str(), path.as_slice()) {
        ("GET", []) => Ok(resources::map(caller)),
        ("GET", ["limits"]) => Ok(limits::limits(caller)),
        ("GET", ["query" | "queryAll"]) => query::query(caller, access.database(), call),
        ("GET", ["query" | "queryAll", locator]) => cursors::next_page(caller, access.database(), locator),
        ("GET", ["recent"]) => Ok(recent::recent(caller, access.database(), call)),
        ("GET", ["search"]) => search::search(caller, access.database(), call),
        ("GET" | "POST", ["parameterizedSearch"]) => search::parameterized(caller, access.database(), call),
        ("GET", ["sobjects"]) => resources::describe_global(caller, access.database(), call),
        ("GET", ["sobjects", object]) => resources::basic(caller, access.database(), object),
        ("GET", ["sobjects", object, "describe"]) => resources::describe(caller, access.database(), object, call),
        ("GET", ["sobjects", object, "updated"]) => changes::updated(caller, access.database(), object, call),
        ("GET", ["sobjects", object, "deleted"]) => changes::deleted(caller, access.database(), object, call),
        ("GET", ["sobjects", object, "eventSchema"]) => event_schema::of_object(caller, access.database(), object),
        ("GET", ["event", "eventSchema", id]) => event_schema::of_id(caller, id),
        ("POST", ["sobjects", object]) => sobjects::create(caller, access.transaction()?, object, call),
        ("GET", ["sobjects", object, id]) => sobjects::retrieve(caller, access.database(), object, id, call),
        ("PATCH", ["sobjects", object, id]) => sobjects::update(access.transaction()?, object, id, call),
        ("DELETE", ["sobjects", object, id]) => sobjects::delete(access.transaction()?, object, id),
        (method, ["sobjects", name, id, names @ ..])
            if !names.is_empty() && related::is_followed(object_named(access.database(), name)?, id) =>
        {
            match method {
                "GET" => {
                    let database = access.database();
                    related::retrieve(caller, database, object_named(database, name)?, id, names, call)
                }
                "DELETE" => related::delete(access.transaction()?, name, id, names),
                _ => related::update(access.transaction()?, name, id, names, call),
            }
        }
        ("GET", ["sobjects", object, field, key]) => {
            upsert::retrieve(caller, access.database(), object, field, key, call)
        }
        ("PATCH", ["sobjects", object, field, key]) => {
            upsert::upsert(caller, access.transaction()?, object, field, key, call)
        }
        (_, ["sobjects", _, _, _, _, ..]) => Err(ApiError::not_found()),
        ("POST", ["sobjects", object, "Id"]) => sobjects::create(caller, access.transaction()?, object, call),
        ("DELETE", ["sobjects", object, field, key]) => upsert::delete(access.transaction()?, object, field, key),
        ("POST", ["composite"]) => composite::composite(caller, access.transaction()?, call),
        ("POST", ["composite", "batch"]) => batch::batch(caller, access.transaction()?, call),
        ("POST", ["composite", "graph"]) => graph::graph(caller, access.transaction()?, call),
        ("POST", ["composite", "tree", object]) => tree::tree(access.transaction()?, object, call),
        ("POST", ["composite", "sobjects"]) => collections::create(access.transaction()?, call),
        ("PATCH", ["composite", "sobjects"]) => collections::update(access.transaction()?, call),
        ("DELETE", ["composite", "sobjects"]) => collections::delete(access.transaction()?, call),
        ("PATCH", ["composite", "sobjects", object, field]) => {
            collections::upsert(access.transaction()?, object, field, call)
        }
        ("GET" | "POST", ["composite", "sobjects", object]) => {
            collections::retrieve(caller, access.database(), object, call)
        }
        ("GET", ["tooling", "query"]) => tooling::query(caller, call),
        // Alone they never come here.
        (_, ["tooling", "sobjects", ..]) => {
            Err(coverage::not_emulated("Tooling", "tooling/sobjects within another call"))
        }
        // The table lists a method that nothing above takes.
        (method, path) => Err(ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "UNKNOWN_EXCEPTION",
            format!("The sandbox lists {method} {} and has nothing to answer it with", path.join("/")),
        )),
    }
}

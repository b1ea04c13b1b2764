//! SOQL over HTTP: what is asked, and the first page of the answer.

use std::sync::Arc;

use domain::Timestamp;
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    Call, Caller, Reply,
    cursors::{Answer, List},
};
use crate::{
    error::ApiError,
    records::{Database, Record},
    schema::Object,
    soql::{self, FirstPage, Rest, Row, Rows, Scope, Settings, SoqlError, sosl},
};

const DEFAULT_BATCH: usize = 2_000;
const SMALLEST_BATCH: usize = 200;

impl Row for Record {
    fn value(&self, field: &str) -> &Value {
        self.get(field)
    }
}

impl Rows for Database {
    type Row = Record;

    fn rows<'a>(&'a self, object: &str) -> Box<dyn Iterator<Item = &'a Record> + 'a> {
        Box::new(self.records(object))
    }

    fn get(&self, object: &str, id: &str) -> Option<&Record> {
        self.get_of(object, id)
    }

    fn lookup_equal(&self, object: &str, field: &str, value: &Value) -> Option<Vec<&Record>> {
        self.having(object, field, value)
    }

    fn holding<'a>(&'a self, object: &str, wanted: &sosl::Wanted) -> Option<soql::Holding<'a, Record>> {
        self.holding(object, wanted)
    }

    fn in_order<'a>(
        &'a self,
        object: &str,
        field: &str,
        from: Option<&str>,
        until: Option<&str>,
    ) -> Option<soql::InOrder<'a, Record>> {
        self.in_order(object, field, from, until)
    }
}

impl From<SoqlError> for ApiError {
    fn from(error: SoqlError) -> Self {
        let status =
            if error.code == "NOT_IMPLEMENTED" { StatusCode::NOT_IMPLEMENTED } else { StatusCode::BAD_REQUEST };
        Self::new(status, error.code, error.message)
    }
}

/// Runs a query for whoever asks, console and tests included.
pub(crate) fn run(
    database: &Database,
    text: &str,
    now: Timestamp,
    scope: Scope,
    version: &str,
) -> Result<soql::QueryResult, ApiError> {
    run_parsed(&soql::parse(text)?, database, now, scope, version)
}

fn run_parsed(
    query: &soql::Query,
    database: &Database,
    now: Timestamp,
    scope: Scope,
    version: &str,
) -> Result<soql::QueryResult, ApiError> {
    Ok(soql::run(query, database.schema(), database, &Settings::new(now.to_jiff(), scope, version))?)
}

pub(super) fn query(caller: &Caller, database: &Database, call: &Call) -> Result<Reply, ApiError> {
    if call.parameter("explain").is_some() {
        return Ok(Reply::ok(json!({ "plans": [] })));
    }
    let text =
        call.parameter("q").ok_or_else(|| ApiError::bad("MALFORMED_QUERY", "The query parameter q is missing"))?;
    let scope = if call.path.first().is_some_and(|name| name == "queryAll") { Scope::All } else { Scope::Live };
    let mut query = soql::parse(text)?;
    query.asked_by(&caller.user);
    first_page(caller, database, query, scope, batch_size(call))
}

/// The children of a record, asked for by their relationship's address.
pub(super) fn children(
    caller: &Caller,
    database: &Database,
    call: &Call,
    object: &Object,
    fields: &[&str],
    (reference, parent): (&str, &str),
) -> Result<Reply, ApiError> {
    let query = soql::Query::referring(&object.name, fields, reference, parent);
    first_page(caller, database, query, Scope::Live, batch_size(call))
}

fn first_page(
    caller: &Caller,
    database: &Database,
    query: soql::Query,
    scope: Scope,
    batch: usize,
) -> Result<Reply, ApiError> {
    let answer = Answer::new(caller, Arc::new(query), scope, batch);
    let settings = answer.settings(caller.org.now());
    let FirstPage { total, rows, rest } = soql::run_page(&answer.query, database.schema(), database, &settings, batch)?;
    if matches!(&rest, Rest::Rows(rows) if !rows.is_empty()) {
        let message =
            "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch";
        return Err(ApiError::bad("EXCEEDED_ID_LIMIT", message));
    }
    if rest.is_empty() {
        return Ok(Reply::ok(json!({ "totalSize": total, "done": true, "records": rows })));
    }
    let next = answer.open(List::Records, batch, rest).ok_or_else(ApiError::not_found)?;
    Ok(Reply::ok(json!({ "totalSize": total, "done": false, "nextRecordsUrl": next, "records": rows })))
}

/// `Sforce-Query-Options: batchSize=500`, between 200 and 2,000.
fn batch_size(call: &Call) -> usize {
    call.headers
        .get("sforce-query-options")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(',').find_map(|option| option.trim().strip_prefix("batchSize=")))
        .and_then(|size| size.trim().parse().ok())
        .map_or(DEFAULT_BATCH, |size: usize| size.clamp(SMALLEST_BATCH, DEFAULT_BATCH))
}

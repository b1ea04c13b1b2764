//! SOQL over HTTP: the first page, and the rest by locator.

use std::{collections::HashMap, sync::Mutex};

use domain::{SalesforceId, Timestamp};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Call, Caller, Reply};
use crate::{
    error::ApiError,
    lock::locked,
    oauth::TokenDigest,
    records::{Database, Record},
    soql::{self, FirstPage, Rest, Row, Rows, Scope, Settings, SoqlError, sosl},
};

const DEFAULT_BATCH: usize = 2_000;
const SMALLEST_BATCH: usize = 200;
const LOCATOR_LIFE: std::time::Duration = std::time::Duration::from_hours(48);
/// One more cursor closes the oldest.
const LOCATORS_KEPT: usize = 100;

/// Open cursors. Each holds which records its answer is made of, so that later writes don't move its pages.
#[derive(Default)]
pub(crate) struct Locators {
    open: Mutex<Cursors>,
}

#[derive(Default)]
struct Cursors {
    by_locator: HashMap<String, Cursor>,
    last: u64,
}

struct Cursor {
    number: u64,
    query: soql::Query,
    scope: Scope,
    /// What comes after the first page.
    rest: Rest,
    batch: usize,
    /// A cursor ends with the session that opened it.
    session: TokenDigest,
    opened_at: Timestamp,
}

impl Locators {
    pub(crate) fn clear(&self) {
        locked(&self.open).by_locator.clear();
    }

    fn open(&self, query: soql::Query, scope: Scope, rest: Rest, batch: usize, caller: &Caller) -> Option<String> {
        let mut cursors = locked(&self.open);
        cursors.last += 1;
        let number = cursors.last;
        let locator = SalesforceId::new(&format!("0r8SB0{number:09}")).ok()?.as_str().to_owned();
        if cursors.by_locator.len() >= LOCATORS_KEPT {
            let oldest = cursors.by_locator.iter().min_by_key(|(_, cursor)| cursor.number).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| cursors.by_locator.remove(&oldest));
        }
        let (session, opened_at) = (caller.session.clone(), caller.org.now());
        let cursor = Cursor { number, query, scope, rest, batch, session, opened_at };
        cursors.by_locator.insert(locator.clone(), cursor);
        Some(locator)
    }
}

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
    let settings = Settings { now: now.to_jiff(), scope, version };
    Ok(soql::run(query, database.schema(), database, &settings)?)
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
    let batch = batch_size(call);
    let settings = Settings { now: caller.org.now().to_jiff(), scope, version: &caller.version };
    let FirstPage { total, rows, rest } = soql::run_page(&query, database.schema(), database, &settings, batch)?;
    if matches!(&rest, Rest::Rows(rows) if !rows.is_empty()) {
        let message =
            "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch";
        return Err(ApiError::bad("EXCEEDED_ID_LIMIT", message));
    }
    if rest.is_empty() {
        return Ok(Reply::ok(json!({ "totalSize": total, "done": true, "records": rows })));
    }
    let locator = caller.org.locators.open(query, scope, rest, batch, caller).ok_or_else(ApiError::not_found)?;
    Ok(Reply::ok(json!({
        "totalSize": total,
        "done": false,
        "nextRecordsUrl": format!("/services/data/v{}/query/{locator}-{batch}", caller.version),
        "records": rows,
    })))
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

pub(super) fn next_page(caller: &Caller, database: &Database, locator: &str) -> Result<Reply, ApiError> {
    let bad = || ApiError::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
    let (id, start) = locator.split_once('-').unwrap_or((locator, "2000"));
    let start: usize = start.parse().map_err(|_| bad())?;
    let mut cursors = locked(&caller.org.locators.open);
    let cursor = cursors.by_locator.get_mut(id).ok_or_else(bad)?;
    let age = caller.org.now().since(cursor.opened_at);
    if age > LOCATOR_LIFE || !caller.org.auth().has_session(&cursor.session) {
        cursors.by_locator.remove(id);
        return Err(bad());
    }
    let total = cursor.batch + cursor.rest.len();
    let end = start.saturating_add(cursor.batch).min(total);
    // The first page was given with the cursor itself.
    let from = start.checked_sub(cursor.batch).ok_or_else(bad)?;
    let until = end.saturating_sub(cursor.batch);
    let page = match &cursor.rest {
        Rest::Rows(rows) => rows.get(from..until).ok_or_else(bad)?.to_vec(),
        Rest::Ids(ids) => {
            let now = cursor.opened_at.to_jiff();
            let settings = Settings { now, scope: cursor.scope, version: &caller.version };
            let ids = ids.get(from..until).ok_or_else(bad)?;
            soql::render(&cursor.query, database.schema(), database, &settings, ids)?
        }
    };
    let mut body = json!({ "totalSize": total, "done": end == total, "records": page });
    if let Some(body) = body.as_object_mut().filter(|_| end < total) {
        body.insert("nextRecordsUrl".into(), json!(format!("/services/data/v{}/query/{id}-{end}", caller.version)));
    }
    Ok(Reply::ok(body))
}

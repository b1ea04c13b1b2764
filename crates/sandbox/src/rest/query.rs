//! SOQL over HTTP: the first page, and the rest by locator.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex},
};

use domain::{SalesforceId, Timestamp};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Call, Caller, Reply};
use crate::{
    error::ApiError,
    lock::locked,
    oauth::TokenDigest,
    records::{Database, Record},
    schema::Object,
    soql::{self, ChildList, ChildPages, FirstPage, Rest, Row, Rows, Scope, Settings, SoqlError, sosl},
};

const DEFAULT_BATCH: usize = 2_000;
const SMALLEST_BATCH: usize = 200;
const LOCATOR_LIFE: std::time::Duration = std::time::Duration::from_hours(48);
/// Of a list of children, the first page: children count towards the batch, and so does the parent. Clients have met 499 where they
/// asked for nothing, and 199.
const MOST_CHILDREN: usize = 500;
/// One more answer with cursors closes those of the oldest.
const ANSWERS_KEPT: usize = 100;

/// Open cursors. Each holds which records its answer is made of, so that later writes don't move its pages.
#[derive(Default)]
pub(crate) struct Locators {
    open: Mutex<Cursors>,
}

#[derive(Default)]
struct Cursors {
    by_locator: HashMap<String, Cursor>,
    /// The locators of each answer, by its number.
    answers: BTreeMap<u64, Vec<String>>,
    last_answer: u64,
    last: u64,
}

struct Cursor {
    query: Arc<soql::Query>,
    scope: Scope,
    list: List,
    /// Rows of the first page.
    shown: usize,
    /// What comes after it.
    rest: Rest,
    /// Rows of every other page.
    batch: usize,
    /// Nobody else may read on.
    user: String,
    /// A cursor ends with the session that opened it.
    session: TokenDigest,
    opened_at: Timestamp,
}

/// Which rows of a query a cursor goes on with.
#[derive(Clone, Copy)]
enum List {
    /// Its own.
    Records,
    /// The children of one record, by the list's place in the query.
    Children(usize),
}

impl Locators {
    pub(crate) fn clear(&self) {
        let mut cursors = locked(&self.open);
        cursors.by_locator.clear();
        cursors.answers.clear();
    }

    fn next_answer(&self) -> u64 {
        let mut cursors = locked(&self.open);
        cursors.last_answer += 1;
        cursors.last_answer
    }

    fn open(&self, answer: u64, cursor: Cursor) -> Option<String> {
        let mut cursors = locked(&self.open);
        cursors.last += 1;
        let locator = SalesforceId::new(&format!("0r8SB0{:09}", cursors.last)).ok()?.as_str().to_owned();
        cursors.answers.entry(answer).or_default().push(locator.clone());
        cursors.by_locator.insert(locator.clone(), cursor);
        if cursors.answers.len() > ANSWERS_KEPT {
            for closed in cursors.answers.pop_first().into_iter().flat_map(|(_, locators)| locators) {
                cursors.by_locator.remove(&closed);
            }
        }
        Some(locator)
    }
}

/// One answer, for which cursors are opened: one for its own rows, and one for each list of children that is longer than a page.
struct Answer<'c> {
    caller: &'c Caller,
    number: u64,
    query: Arc<soql::Query>,
    scope: Scope,
    batch: usize,
}

impl<'c> Answer<'c> {
    fn new(caller: &'c Caller, query: Arc<soql::Query>, scope: Scope, batch: usize) -> Self {
        Self { caller, number: caller.org.locators.next_answer(), query, scope, batch }
    }

    fn settings(&self, now: Timestamp) -> Settings<'_> {
        Settings { child_pages: Some(self), ..Settings::new(now.to_jiff(), self.scope, &self.caller.version) }
    }

    /// The address where a list goes on.
    fn open(&self, list: List, shown: usize, rest: Rest) -> Option<String> {
        let cursor = Cursor {
            query: Arc::clone(&self.query),
            scope: self.scope,
            list,
            shown,
            rest,
            batch: self.batch,
            user: self.caller.user.clone(),
            session: self.caller.session.clone(),
            opened_at: self.caller.org.now(),
        };
        let locator = self.caller.org.locators.open(self.number, cursor)?;
        Some(address(self.caller, &locator, shown))
    }
}

impl fmt::Debug for Answer<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Answer").field("number", &self.number).finish_non_exhaustive()
    }
}

impl ChildPages for Answer<'_> {
    fn size(&self) -> usize {
        self.batch.min(MOST_CHILDREN) - 1
    }

    fn go_on(&self, ChildList { at, shown, rest }: ChildList) -> Option<String> {
        self.open(List::Children(at), shown, Rest::Ids(rest))
    }
}

fn address(caller: &Caller, locator: &str, start: usize) -> String {
    format!("/services/data/v{}/query/{locator}-{start}", caller.version)
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

pub(super) fn next_page(caller: &Caller, database: &Database, locator: &str) -> Result<Reply, ApiError> {
    let bad = || ApiError::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
    let (id, start) = locator.split_once('-').unwrap_or((locator, "2000"));
    let start: usize = start.parse().map_err(|_| bad())?;
    let (query, scope, list, opened_at, batch, total, page) = {
        let mut cursors = locked(&caller.org.locators.open);
        let cursor = cursors.by_locator.get(id).filter(|cursor| cursor.user == caller.user).ok_or_else(bad)?;
        let age = caller.org.now().since(cursor.opened_at);
        if age > LOCATOR_LIFE || !caller.org.auth().has_session(&cursor.session) {
            cursors.by_locator.remove(id);
            return Err(bad());
        }
        let total = cursor.shown + cursor.rest.len();
        // The first page was given with the cursor itself.
        let from = start.checked_sub(cursor.shown).ok_or_else(bad)?;
        let until = start.saturating_add(cursor.batch).min(total).saturating_sub(cursor.shown);
        let page = match &cursor.rest {
            Rest::Rows(rows) => Rest::Rows(rows.get(from..until).ok_or_else(bad)?.to_vec()),
            Rest::Ids(ids) => Rest::Ids(ids.get(from..until).ok_or_else(bad)?.to_vec()),
        };
        (Arc::clone(&cursor.query), cursor.scope, cursor.list, cursor.opened_at, cursor.batch, total, page)
    };
    let end = start + page.len();
    let answer = Answer::new(caller, query, scope, batch);
    let settings = answer.settings(opened_at);
    let rows = match (page, list) {
        (Rest::Rows(rows), _) => rows,
        (Rest::Ids(ids), List::Records) => soql::render(&answer.query, database.schema(), database, &settings, &ids)?,
        (Rest::Ids(ids), List::Children(at)) => {
            soql::render_children(&answer.query, at, database.schema(), database, &settings, &ids)?
        }
    };
    let mut body = json!({ "totalSize": total, "done": end == total, "records": rows });
    if let Some(body) = body.as_object_mut().filter(|_| end < total) {
        body.insert("nextRecordsUrl".into(), json!(address(caller, id, end)));
    }
    Ok(Reply::ok(body))
}

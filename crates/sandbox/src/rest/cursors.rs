//! The rest of an answer, by locator: open cursors, and the pages they go on with.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex},
};

use domain::{SalesforceId, Timestamp};
use serde_json::json;

use super::{Caller, Reply};
use crate::{
    error::ApiError,
    lock::locked,
    oauth::TokenDigest,
    records::Database,
    soql::{self, ChildList, ChildPages, Rest, Scope, Settings},
};

const LOCATOR_LIFE: std::time::Duration = std::time::Duration::from_hours(48);
/// Of a list of children, the first page: children count towards the batch, and so does the parent. Clients have met 499 where they
/// asked for nothing, and 199.
const MOST_CHILDREN: usize = 500;
/// One more answer with cursors closes those of the one that was read longest ago.
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
    /// The number of the answer it was opened for, or last read in.
    answer: u64,
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
pub(super) enum List {
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
}

impl Cursors {
    fn next_answer(&mut self) -> u64 {
        self.last_answer += 1;
        self.last_answer
    }

    fn open(&mut self, cursor: Cursor) -> Option<String> {
        self.last += 1;
        let locator = SalesforceId::new(&format!("0r8SB0{:09}", self.last)).ok()?.as_str().to_owned();
        self.answers.entry(cursor.answer).or_default().push(locator.clone());
        self.by_locator.insert(locator.clone(), cursor);
        if self.answers.len() > ANSWERS_KEPT {
            for closed in self.answers.pop_first().into_iter().flat_map(|(_, locators)| locators) {
                self.by_locator.remove(&closed);
            }
        }
        Some(locator)
    }

    /// Counts a cursor to the answer it is read in, so that its own further pages, with what they open, don't close it.
    fn renew(&mut self, locator: &str, answer: u64) {
        let Some(cursor) = self.by_locator.get_mut(locator) else { return };
        let before = std::mem::replace(&mut cursor.answer, answer);
        if let Some(locators) = self.answers.get_mut(&before) {
            locators.retain(|other| other != locator);
            if locators.is_empty() {
                self.answers.remove(&before);
            }
        }
        self.answers.entry(answer).or_default().push(locator.to_owned());
    }
}

/// One answer, for which cursors are opened: one for its own rows, and one for each list of children that is longer than a page.
pub(super) struct Answer<'c> {
    caller: &'c Caller,
    number: u64,
    pub(super) query: Arc<soql::Query>,
    scope: Scope,
    batch: usize,
}

impl<'c> Answer<'c> {
    pub(super) fn new(caller: &'c Caller, query: Arc<soql::Query>, scope: Scope, batch: usize) -> Self {
        let number = locked(&caller.org.locators.open).next_answer();
        Self { caller, number, query, scope, batch }
    }

    pub(super) fn settings(&self, now: Timestamp) -> Settings<'_> {
        Settings { child_pages: Some(self), ..Settings::new(now.to_jiff(), self.scope, &self.caller.version) }
    }

    /// The address where a list goes on.
    pub(super) fn open(&self, list: List, shown: usize, rest: Rest) -> Option<String> {
        let cursor = Cursor {
            answer: self.number,
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
        let locator = locked(&self.caller.org.locators.open).open(cursor)?;
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

pub(super) fn next_page(caller: &Caller, database: &Database, locator: &str) -> Result<Reply, ApiError> {
    let bad = || ApiError::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
    let (id, start) = locator.split_once('-').unwrap_or((locator, "2000"));
    let start: usize = start.parse().map_err(|_| bad())?;
    let (answer, list, opened_at, total, page) = {
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
        let (query, scope, batch) = (Arc::clone(&cursor.query), cursor.scope, cursor.batch);
        let (list, opened_at) = (cursor.list, cursor.opened_at);
        let number = cursors.next_answer();
        cursors.renew(id, number);
        (Answer { caller, number, query, scope, batch }, list, opened_at, total, page)
    };
    let end = start + page.len();
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::Timestamp;

    use super::{ANSWERS_KEPT, Cursor, Cursors, List};
    use crate::{
        oauth::TokenDigest,
        soql::{self, Rest, Scope},
    };

    fn cursor(answer: u64) -> Cursor {
        Cursor {
            answer,
            query: Arc::new(soql::parse("SELECT Id FROM Case").unwrap()),
            scope: Scope::Live,
            list: List::Records,
            shown: 200,
            rest: Rest::Ids(Vec::new()),
            batch: 200,
            user: String::new(),
            session: TokenDigest::of(""),
            opened_at: Timestamp::from_micros(0),
        }
    }

    /// A query of many pages, each with lists of children that are longer than a page.
    #[test]
    fn a_cursor_that_is_read_stays_open_and_those_nobody_reads_are_closed() {
        let mut cursors = Cursors::default();
        let answer = cursors.next_answer();
        let read = cursors.open(cursor(answer)).unwrap();
        let unread = cursors.open(cursor(answer)).unwrap();
        for _ in 0..3 * ANSWERS_KEPT {
            let answer = cursors.next_answer();
            cursors.renew(&read, answer);
            for _ in 0..2 {
                cursors.open(cursor(answer)).unwrap();
            }
        }
        assert!(cursors.by_locator.contains_key(&read) && !cursors.by_locator.contains_key(&unread));
        assert_eq!((cursors.answers.len(), cursors.by_locator.len()), (ANSWERS_KEPT, 2 * ANSWERS_KEPT + 1));
    }
}

//! SOQL: text to tokens ([`lexer`]), tokens to a tree ([`parser`]), names to the schema's fields ([`resolve`]), rows to an answer ([`evaluate`]).
//!
//! Errors are worded as the org words them, with the row and column they are about. The sandbox's users live in UTC and in the US week, which
//! begins on Sunday; fiscal years are calendar years.

mod ast;
mod bounds;
mod columns;
mod dates;
mod error;
mod evaluate;
mod filter;
mod lexer;
mod like;
mod parser;
mod plan;
mod print;
mod resolve;
pub mod sosl;

#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::{Map, Value};

pub use ast::Query;
pub use error::SoqlError;

use crate::schema::Schema;

/// One stored record.
pub trait Row {
    /// By the field's canonical API name; [`Value::Null`] where the record has none.
    fn value(&self, field: &str) -> &Value;
}

static NULL: Value = Value::Null;

impl Row for Map<String, Value> {
    fn value(&self, field: &str) -> &Value {
        self.get(field).unwrap_or(&NULL)
    }
}

/// Where records come from. Objects and fields are asked for by canonical name, ids in their 18 characters, and deleted records
/// (`IsDeleted` true) are answered like others: the evaluator leaves them out where the scope says so.
pub trait Rows {
    type Row: Row;

    /// All of an object, in the order an unsorted query answers them.
    fn rows<'a>(&'a self, object: &str) -> Box<dyn Iterator<Item = &'a Self::Row> + 'a>;

    fn get(&self, object: &str, id: &str) -> Option<&Self::Row>;

    /// Rows whose field has the value, by an index; `None` when there is no index on the field.
    /// Answering too many is harmless: each is compared again.
    fn lookup_equal(&self, object: &str, field: &str, value: &Value) -> Option<Vec<&Self::Row>>;

    /// Rows among which are all that hold the words, in id order; `None` where there is no index of words.
    fn holding<'a>(&'a self, _object: &str, _wanted: &sosl::Wanted) -> Option<Holding<'a, Self::Row>> {
        None
    }

    /// Rows in the order of an id or time field and then by id, from one value to another, both included; `None` when there is no index
    /// that can tell. Rows without a value are left out, and so may be only where there is a bound.
    fn in_order<'a>(
        &'a self,
        _object: &str,
        _field: &str,
        _from: Option<&str>,
        _until: Option<&str>,
    ) -> Option<InOrder<'a, Self::Row>> {
        None
    }
}

/// What an index of words answers: how many rows at most, and the rows.
pub type Holding<'a, Row> = (usize, Box<dyn Iterator<Item = &'a Row> + 'a>);

/// What an ordered index answers.
pub type InOrder<'a, Row> = Box<dyn DoubleEndedIterator<Item = &'a Row> + 'a>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `query`
    Live,
    /// `queryAll`: deleted records too.
    All,
}

#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// What `TODAY` and its kin are counted from.
    pub now: jiff::Timestamp,
    pub scope: Scope,
    /// `67.0`, for the addresses in `attributes`.
    pub version: &'a str,
    /// Without it every list of children is whole.
    pub child_pages: Option<&'a dyn ChildPages>,
}

impl<'a> Settings<'a> {
    /// With every list of children whole.
    pub fn new(now: jiff::Timestamp, scope: Scope, version: &'a str) -> Self {
        Self { now, scope, version, child_pages: None }
    }
}

/// Takes in what a list of children has beyond its first page.
pub trait ChildPages: fmt::Debug {
    /// How many children are shown at first.
    fn size(&self) -> usize;

    /// The address where the list goes on; `None` when it can't be kept, and then the list is shown whole.
    fn go_on(&self, list: ChildList) -> Option<String>;
}

/// What a list of children has beyond its first page.
#[derive(Clone, Debug, PartialEq)]
pub struct ChildList {
    /// Which list of the query it is; see [`render_children`].
    pub at: usize,
    pub shown: usize,
    pub rest: Vec<[u8; ID_BYTES]>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct QueryResult {
    /// The count for `SELECT COUNT()`, which has no rows; else the number of rows.
    pub total: usize,
    /// Each with `attributes`.
    pub rows: Vec<Value>,
}

/// The beginning of an answer, and what is needed for the rest of it.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstPage {
    pub total: usize,
    pub rows: Vec<Value>,
    pub rest: Rest,
}

/// Rows that were not rendered yet are ids: a million of them are a few megabytes, where their rows would be a gigabyte.
#[derive(Clone, Debug, PartialEq)]
pub enum Rest {
    /// Of records, in order; see [`render`].
    Ids(Vec<[u8; ID_BYTES]>),
    /// Groups, which have no ids.
    Rows(Vec<Value>),
}

const ID_BYTES: usize = 18;

impl Rest {
    pub fn len(&self) -> usize {
        match self {
            Self::Ids(ids) => ids.len(),
            Self::Rows(rows) => rows.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// # Errors
/// The text isn't SOQL.
pub fn parse(text: &str) -> Result<Query, SoqlError> {
    parser::parse(text)
}

/// # Errors
/// The query names what the schema lacks, or asks of a field what it can't do.
pub fn run<R: Rows>(
    query: &Query,
    schema: &Schema,
    rows: &R,
    settings: &Settings<'_>,
) -> Result<QueryResult, SoqlError> {
    let plan = resolve::Resolver::new(query, schema, rows, settings).plan()?;
    Ok(evaluate::Evaluator { schema, rows, settings }.run(&plan))
}

/// As [`run`], but renders the first `size` rows only.
///
/// # Errors
/// As [`run`].
pub fn run_page<R: Rows>(
    query: &Query,
    schema: &Schema,
    rows: &R,
    settings: &Settings<'_>,
    size: usize,
) -> Result<FirstPage, SoqlError> {
    let plan = resolve::Resolver::new(query, schema, rows, settings).plan()?;
    Ok(evaluate::Evaluator { schema, rows, settings }.run_page(&plan, size))
}

/// What the query shows of these records, as they are now; those that are gone are left out.
///
/// # Errors
/// As [`run`].
pub fn render<R: Rows>(
    query: &Query,
    schema: &Schema,
    rows: &R,
    settings: &Settings<'_>,
    ids: &[[u8; ID_BYTES]],
) -> Result<Vec<Value>, SoqlError> {
    let plan = resolve::Resolver::new(query, schema, rows, settings).plan()?;
    Ok(evaluate::Evaluator { schema, rows, settings }.render(&plan, ids))
}

/// As [`render`], of children: what a list of the query shows of these.
///
/// # Errors
/// As [`run`].
pub fn render_children<R: Rows>(
    query: &Query,
    at: usize,
    schema: &Schema,
    rows: &R,
    settings: &Settings<'_>,
    ids: &[[u8; ID_BYTES]],
) -> Result<Vec<Value>, SoqlError> {
    let plan = resolve::Resolver::new(query, schema, rows, settings).plan()?;
    let evaluator = evaluate::Evaluator { schema, rows, settings };
    Ok(plan.children_at(at).map_or_else(Vec::new, |children| evaluator.render(children, ids)))
}

//! Runs a plan over rows.

mod aggregate;
mod candidates;
mod format;
mod order;
mod ordered;
mod record;
mod value;

use std::borrow::Cow;

use serde_json::Value;

use super::{
    FirstPage, Holding, ID_BYTES, QueryResult, Rest, Row, Rows, Scope, Settings,
    filter::Filter,
    plan::{Output, Plan, Source},
};
use crate::schema::Schema;

/// Beyond so many rows that may hold a word, reading in the order asked for is quicker than sorting them, where an index has that order.
/// Few in tests, which are to take both ways.
const MAX_SORTED: usize = if cfg!(test) { 5 } else { 5_000 };

pub(super) struct Evaluator<'e, R> {
    pub(super) schema: &'e Schema,
    pub(super) rows: &'e R,
    pub(super) settings: &'e Settings<'e>,
}

impl<'e, R: Rows> Evaluator<'e, R> {
    pub(super) fn run(&self, plan: &Plan<'_>) -> QueryResult {
        match &plan.output {
            Output::Count => QueryResult { total: self.select(plan, None).len(), rows: Vec::new() },
            Output::Rows(shape) => {
                let matched = self.select(plan, None);
                let rows = self.records(&matched, plan.object, shape);
                QueryResult { total: rows.len(), rows }
            }
            Output::Groups(groups) => {
                let rows = self.aggregate(&self.matching(plan, None, usize::MAX), groups);
                let rows: Vec<Value> = rows.into_iter().skip(plan.offset).take(plan.limit).collect();
                QueryResult { total: rows.len(), rows }
            }
        }
    }

    pub(super) fn run_page(&self, plan: &Plan<'_>, size: usize) -> FirstPage {
        let Output::Rows(shape) = &plan.output else {
            let QueryResult { total, mut rows } = self.run(plan);
            let rest = rows.split_off(size.min(rows.len()));
            return FirstPage { total, rows, rest: Rest::Rows(rest) };
        };
        let matched = self.select(plan, None);
        let (first, later) = matched.split_at(size.min(matched.len()));
        let rows = self.records(first, plan.object, shape);
        FirstPage { total: matched.len(), rows, rest: Rest::Ids(ids_of(later)) }
    }

    pub(super) fn render(&self, plan: &Plan<'_>, ids: &[[u8; ID_BYTES]]) -> Vec<Value> {
        let Output::Rows(shape) = &plan.output else { return Vec::new() };
        let row = |id: &[u8; ID_BYTES]| self.rows.get(&plan.object.name, std::str::from_utf8(id).ok()?);
        let found: Vec<&R::Row> = ids.iter().filter_map(row).collect();
        self.records(&found, plan.object, shape)
    }

    /// What a search returns of the plan's object: of rows that an index of words found in id order, or of all, those that hold what
    /// is looked for.
    pub(super) fn search(
        &self,
        plan: &Plan<'_>,
        indexed: Option<Holding<'e, R::Row>>,
        holds: &dyn Fn(&R::Row) -> bool,
    ) -> Vec<Value> {
        let Output::Rows(shape) = &plan.output else { return Vec::new() };
        let needed = plan.offset.saturating_add(plan.limit);
        let is_common = indexed.as_ref().is_none_or(|(count, _)| *count > MAX_SORTED);
        let in_order = if is_common { self.in_plan_order(plan, needed, holds) } else { None };
        let matched = in_order.unwrap_or_else(|| {
            let rows = indexed.map_or_else(|| self.rows.rows(&plan.object.name), |(_, rows)| rows);
            let wanted = rows.filter(|row| self.is_wanted(plan, row) && holds(row));
            let mut matched: Vec<&R::Row> =
                wanted.take(if plan.order.is_empty() { needed } else { usize::MAX }).collect();
            self.sort(&mut matched, &plan.order, needed);
            matched
        });
        let window: Vec<&R::Row> = matched.into_iter().skip(plan.offset).take(plan.limit).collect();
        self.records(&window, plan.object, shape)
    }

    /// What a semi-join answers.
    pub(super) fn texts(&self, plan: &Plan<'_>, source: &Source<'_>) -> Vec<String> {
        let matched = self.select(plan, None);
        matched.into_iter().filter_map(|row| self.value(row, source).as_str().map(str::to_owned)).collect()
    }

    /// Filtered, sorted and cut to the window asked for. `among` stands for all rows of the object where it is given.
    fn select(&self, plan: &Plan<'_>, among: Option<Vec<&'e R::Row>>) -> Vec<&'e R::Row> {
        let needed = plan.offset.saturating_add(plan.limit);
        if among.is_none()
            && let Some(matched) = self.in_plan_order(plan, needed, &|_| true)
        {
            return matched.into_iter().skip(plan.offset).take(plan.limit).collect();
        }
        let mut matched = self.matching(plan, among, if plan.order.is_empty() { needed } else { usize::MAX });
        self.sort(&mut matched, &plan.order, needed);
        matched.into_iter().skip(plan.offset).take(plan.limit).collect()
    }

    /// The first `needed` rows that the filter lets through.
    fn matching(&self, plan: &Plan<'_>, among: Option<Vec<&'e R::Row>>, needed: usize) -> Vec<&'e R::Row> {
        let indexed = || {
            let filter = plan.filter.as_ref()?;
            self.candidates(plan.object, filter).or_else(|| self.within_bounds(plan.object, filter)).map(by_id)
        };
        let rows: Box<dyn Iterator<Item = &'e R::Row>> = match among.or_else(indexed) {
            Some(rows) => Box::new(rows.into_iter()),
            None => self.rows.rows(&plan.object.name),
        };
        rows.filter(|row| self.is_wanted(plan, row)).take(needed).collect()
    }

    fn is_wanted(&self, plan: &Plan<'_>, row: &'e R::Row) -> bool {
        let is_in_scope = plan.scope == Scope::All || row.value("IsDeleted") != &Value::Bool(true);
        let matches = |filter: &Filter<Source<'_>>| filter.matches(&|source: &Source<'_>| self.value(row, source));
        is_in_scope && plan.filter.as_ref().is_none_or(matches)
    }

    fn value(&self, row: &'e R::Row, source: &Source<'_>) -> Cow<'e, Value> {
        match source {
            Source::Path(path) => self.path_value(row, path),
            Source::Date(part, path) => {
                let value = self.path_value(row, path);
                Cow::Owned(value.as_str().map_or(Value::Null, |text| value::date_part(*part, text)))
            }
            Source::Label(path) => self.label(row, path),
            Source::Formatted(path) => {
                let value = self.path_value(row, path);
                Cow::Owned(format::formatted(path.leaf.kind(), &value))
            }
        }
    }
}

fn ids_of<Found: Row>(rows: &[&Found]) -> Vec<[u8; ID_BYTES]> {
    rows.iter().filter_map(|row| row.value("Id").as_str()?.as_bytes().try_into().ok()).collect()
}

/// An index answers in no order that can be relied on, and may answer a row for each of two values.
fn by_id<Found: Row>(mut rows: Vec<&Found>) -> Vec<&Found> {
    rows.sort_by_cached_key(|row| row.value("Id").as_str().map(str::to_owned));
    rows.dedup_by(|left, right| left.value("Id") == right.value("Id"));
    rows
}

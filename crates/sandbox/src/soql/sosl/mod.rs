//! SOSL: `FIND {words} IN NAME FIELDS RETURNING Account(Name WHERE … ORDER BY … LIMIT 5), Case LIMIT 20`.
//!
//! What each object returns is a query like any other, run over the rows in which the words were found.

mod expression;
mod fields;
mod parser;

use serde_json::Value;

use super::{Row, Rows, Settings, SoqlError, ast::Query, evaluate::Evaluator, resolve::Resolver};
use crate::schema::Schema;

pub use expression::Wanted;
pub(crate) use expression::words_of as words;
pub use fields::FieldGroup;
pub(crate) use fields::searched_fields;

use expression::Expression;

/// As the org has it, of all objects together.
const MAX_FOUND: usize = 2_000;

/// A parsed search. Made by [`parse`], run by [`run`].
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    expression: Expression,
    group: FieldGroup,
    /// Ids of every searchable object when there is none.
    returning: Vec<Query>,
    limit: usize,
}

/// # Errors
/// The text isn't SOSL.
pub fn parse(text: &str) -> Result<Search, SoqlError> {
    parser::parse(text).map_err(malformed)
}

/// A search told apart in parameters, as `/parameterizedSearch` takes it.
pub struct Parameters<'a> {
    /// What to find.
    pub words: &'a str,
    pub group: FieldGroup,
    /// A query for each object.
    pub returning: Vec<String>,
    pub limit: Option<usize>,
}

/// # Errors
/// The words or one of the queries can't be read.
pub fn from_parameters(parameters: Parameters<'_>) -> Result<Search, SoqlError> {
    let expression = Expression::parse(parameters.words).map_err(malformed)?;
    let returning = parameters.returning.iter().map(|text| super::parse(text)).collect::<Result<_, _>>()?;
    let limit = parameters.limit.unwrap_or(MAX_FOUND).min(MAX_FOUND);
    Ok(Search { expression, group: parameters.group, returning, limit })
}

/// Records found, object by object, each with `attributes`.
///
/// # Errors
/// The search names what the schema lacks or can't search.
pub fn run<R: Rows>(
    search: &Search,
    schema: &Schema,
    rows: &R,
    settings: &Settings<'_>,
) -> Result<Vec<Value>, SoqlError> {
    let everything: Vec<Query>;
    let queries = if search.returning.is_empty() {
        let searchable = schema.objects().filter(|object| fields::is_searchable(object));
        everything = searchable.map(|object| parser::ids_of(&object.name)).collect();
        &everything
    } else {
        &search.returning
    };
    let mut found = Vec::new();
    for query in queries {
        let mut plan = Resolver::new(query, schema, rows, settings).plan()?;
        plan.limit = plan.limit.min(MAX_FOUND);
        if !fields::is_searchable(plan.object) {
            let message = format!("entity type {} does not support search", plan.object.name);
            return Err(SoqlError::plain("INVALID_TYPE", message));
        }
        let names = fields::searched(plan.object, search.group);
        let holds = |row: &R::Row| {
            let texts: Vec<&str> = names.iter().filter_map(|name| row.value(name).as_str()).collect();
            search.expression.matches(&texts)
        };
        let wanted = search.expression.wanted();
        let indexed = wanted.and_then(|wanted| rows.holding(&plan.object.name, &wanted));
        found.extend(Evaluator { schema, rows, settings }.search(&plan, indexed, &holds));
    }
    found.truncate(search.limit);
    Ok(found)
}

/// A search that can't be read has a code of its own.
fn malformed(error: SoqlError) -> SoqlError {
    if error.code == "MALFORMED_QUERY" { SoqlError { code: "MALFORMED_SEARCH", ..error } } else { error }
}

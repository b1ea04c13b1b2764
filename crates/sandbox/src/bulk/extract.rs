//! What a query job finds, as lines of CSV or as records.

use serde_json::Value;

pub(super) use super::job::Extract;
use super::{
    job::{Api, Format, Operation, Task},
    table,
};
use crate::{
    clock::parse_datetime,
    error::ApiError,
    org::Org,
    rest::run_query,
    schema::{FieldKind, Object, Schema},
    soql::{self, Query, Scope},
};

/// A selected field: the names that lead to it, as the answer has them.
struct Column {
    names: Vec<String>,
    kind: FieldKind,
}

/// Reads a query and checks that it is one a bulk job can run.
///
/// # Errors
/// It isn't SOQL, or asks for more than plain fields.
pub(super) fn check(schema: &Schema, text: &str) -> Result<Query, ApiError> {
    let query = soql::parse(text)?;
    columns(schema, &query)?;
    Ok(query)
}

fn columns(schema: &Schema, query: &Query) -> Result<Vec<Column>, ApiError> {
    let object = schema.object(query.object_name()).ok_or_else(|| {
        let name = query.object_name();
        ApiError::bad("INVALIDENTITY", format!("Entity '{name}' is not supported by the Bulk API."))
    })?;
    let paths = query.plain_columns().ok_or_else(|| {
        ApiError::bad(
            "FEATURENOTENABLED",
            "Aggregates, functions, GROUP BY, OFFSET, TYPEOF, FIELDS() and queries within the SELECT list are not supported in a bulk query",
        )
    })?;
    let columns: Vec<Column> = paths.into_iter().map(|path| column(schema, object, &path)).collect();
    if columns.iter().any(|column| column.kind.is_compound()) {
        let message = "Selecting compound data not supported in Bulk Query";
        return Err(ApiError::bad("FUNCTIONALITY_NOT_ENABLED", message));
    }
    Ok(columns)
}

fn column(schema: &Schema, object: &Object, path: &[&str]) -> Column {
    let mut names = Vec::new();
    let mut at = Some(object);
    let mut kind = FieldKind::String;
    for (index, name) in path.iter().enumerate() {
        let is_last = index + 1 == path.len();
        let field = at.and_then(|object| if is_last { object.field(name) } else { object.relationship(name) });
        match field {
            // The object's own name or alias before its fields.
            None if index == 0 && !is_last => {}
            None => names.push((*name).to_owned()),
            Some(field) if is_last => {
                kind = field.kind;
                names.push(field.name.clone());
            }
            Some(field) => {
                names.push(field.relationship_name.clone().unwrap_or_default());
                at = field.reference_to.first().and_then(|target| schema.object(target));
            }
        }
    }
    Column { names, kind }
}

fn value<'a>(record: &'a Value, names: &[String]) -> &'a Value {
    static NULL: Value = Value::Null;
    names.iter().fold(record, |value, name| {
        let same = |(key, _): &(&String, &Value)| key.eq_ignore_ascii_case(name);
        value.as_object().and_then(|map| map.iter().find(same)).map_or(&NULL, |(_, value)| value)
    })
}

pub(super) fn run(org: &Org, task: &Task, content: &[u8]) -> Result<Extract, String> {
    let words = |error: &ApiError| format!("InvalidBatch : Failed to process query: {}: {}", error.code, error.message);
    let text = std::str::from_utf8(content).map_err(|_| "InvalidBatch : the query isn't UTF-8".to_owned())?;
    let query = check(&org.schema, text).map_err(|error| words(&error))?;
    let columns = columns(&org.schema, &query).map_err(|error| words(&error))?;
    let scope = if task.operation == Operation::QueryAll { Scope::All } else { Scope::Live };
    let found = org
        .read(|database| run_query(database, text, org.now(), scope, &task.version))
        .map_err(|error| words(&error))?;
    let mut extract = Extract::default();
    if task.format == Format::Json {
        extract.records = found.rows;
        for record in &mut extract.records {
            columns.iter().for_each(|column| as_milliseconds(record, column));
        }
        return Ok(extract);
    }
    let headers: Vec<String> = columns.iter().map(|column| column.names.join(".")).collect();
    extract.header = table::line(headers.iter().map(String::as_str), task.dialect);
    extract.lines = found
        .rows
        .iter()
        .map(|record| {
            let cells: Vec<String> =
                columns.iter().map(|column| cell(value(record, &column.names), column.kind)).collect();
            table::line(cells.iter().map(String::as_str), task.dialect)
        })
        .collect();
    if extract.lines.is_empty() && task.api == Api::V1 {
        extract.header = "Records not found for this query".into();
    }
    Ok(extract)
}

fn cell(value: &Value, kind: FieldKind) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if kind == FieldKind::DateTime => text.replace("+0000", "Z"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// JSON of the first interface tells a moment as milliseconds since 1970.
fn as_milliseconds(record: &mut Value, column: &Column) {
    if !matches!(column.kind, FieldKind::DateTime | FieldKind::Date) {
        return;
    }
    let mut place = record;
    for name in &column.names {
        let Some(next) = place.get_mut(name.as_str()) else { return };
        place = next;
    }
    let moment = place.as_str().and_then(|text| {
        if column.kind == FieldKind::Date { parse_datetime(&format!("{text}T00:00:00Z")) } else { parse_datetime(text) }
    });
    if let Some(moment) = moment {
        *place = (moment.as_micros() / 1_000).into();
    }
}

//! What a query job finds, as lines of CSV or as records.

use serde_json::Value;

use super::{
    shelf::Chunk,
    table,
    task::{Api, Format, Operation, Task},
    xml,
};
use crate::{
    clock::parse_datetime,
    error::ApiError,
    org::Org,
    records::JournalError,
    schema::{FieldKind, Object, Schema},
    soql::{self, FirstPage, Query, Rest, Scope, Settings},
};

const NOT_ENABLED: &str = "FEATURENOTENABLED";
const ROWS_IN_A_CHUNK: usize = 2_000;
/// A query within the conditions is asked anew for each, so there should be few.
const ROWS_AT_A_TIME: usize = 20_000;

/// A selected field: the names that lead to it, as the answer has them.
struct Column {
    names: Vec<String>,
    kind: FieldKind,
}

/// Reads a query and checks that it is one a bulk job can run.
///
/// # Errors
/// It isn't SOQL, or asks for more than plain fields.
pub(super) fn check(schema: &Schema, text: &str, api: Api, format: Format) -> Result<Query, ApiError> {
    let query = soql::parse(text)?;
    if query.has_queries_within() {
        return Err(ApiError::bad(
            NOT_ENABLED,
            match (api, format) {
                (Api::V1, Format::Csv) => "Aggregate Relationships not supported in Bulk Query with CSV content type",
                (Api::V1, _) => "The sandbox org does not emulate queries within the SELECT list of a bulk query",
                _ => "Aggregate Relationships not supported in Bulk V2 Query with CSV content type",
            },
        ));
    }
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
            NOT_ENABLED,
            "Aggregates, functions, GROUP BY, OFFSET, TYPEOF and FIELDS() are not supported in a bulk query",
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

/// All that a query found, as text.
#[derive(Default)]
pub(super) struct Found {
    pub(super) header: String,
    pub(super) rows: usize,
    /// Each a JSON array, with how many rows it is of.
    chunks: Vec<(usize, String)>,
}

impl Found {
    /// Takes the rows out.
    pub(super) fn chunks(&mut self, job: &str, batch: &str) -> Vec<Chunk> {
        let mut first = 0;
        let chunks = std::mem::take(&mut self.chunks).into_iter().map(|(count, text)| {
            let chunk = Chunk { job: job.to_owned(), batch: batch.to_owned(), first, count, failed: 0, text };
            first += count;
            chunk
        });
        chunks.collect()
    }

    fn add(&mut self, mut records: Vec<Value>, columns: &[Column], task: &Task) -> Result<(), JournalError> {
        self.rows += records.len();
        for records in records.chunks_mut(ROWS_IN_A_CHUNK) {
            let text = match task.format {
                Format::Json => {
                    for record in &mut *records {
                        columns.iter().for_each(|column| as_milliseconds(record, column));
                    }
                    serde_json::to_string(records)?
                }
                Format::Xml => {
                    for record in &mut *records {
                        columns.iter().for_each(|column| as_utc(record, column));
                    }
                    let texts: Vec<String> = records.iter().map(|record| xml::record("records", record)).collect();
                    serde_json::to_string(&texts)?
                }
                Format::Csv => {
                    let lines: Vec<String> = records.iter().map(|record| line(record, columns, task)).collect();
                    serde_json::to_string(&lines)?
                }
            };
            self.chunks.push((records.len(), text));
        }
        Ok(())
    }
}

fn line(record: &Value, columns: &[Column], task: &Task) -> String {
    let cells: Vec<String> = columns.iter().map(|column| cell(value(record, &column.names), column.kind)).collect();
    table::line(cells.iter().map(String::as_str), task.dialect)
}

pub(super) fn run(org: &Org, task: &Task, content: &[u8]) -> Result<Found, String> {
    let text = std::str::from_utf8(content).map_err(|_| "InvalidBatch : the query isn't UTF-8".to_owned())?;
    found(org, task, text).map_err(|error| failure(&error))
}

/// Why a query's batch failed.
pub(super) fn failure(error: &ApiError) -> String {
    if error.code == NOT_ENABLED {
        return format!("FeatureNotEnabled : {}", error.message);
    }
    format!("InvalidBatch : Failed to process query: {}: {}", error.code, error.message)
}

fn found(org: &Org, task: &Task, text: &str) -> Result<Found, ApiError> {
    let mut query = check(&org.schema, text, task.api, task.format)?;
    query.asked_by(&task.user);
    let columns = columns(&org.schema, &query)?;
    let headers: Vec<String> = columns.iter().map(|column| column.names.join(".")).collect();
    let header = table::line(headers.iter().map(String::as_str), task.dialect);
    let mut found = Found { header, ..Found::default() };
    let scope = if task.operation == Operation::QueryAll { Scope::All } else { Scope::Live };
    let settings = Settings::new(org.now().to_jiff(), scope, &task.version);
    // In one look, so that what is found was there at one moment.
    org.read(|database| {
        let page = soql::run_page(&query, &org.schema, database, &settings, ROWS_AT_A_TIME)?;
        let FirstPage { rows, rest, .. } = page;
        found.add(rows, &columns, task)?;
        match rest {
            Rest::Rows(rows) => found.add(rows, &columns, task)?,
            Rest::Ids(ids) => {
                for ids in ids.chunks(ROWS_AT_A_TIME) {
                    let rows = soql::render(&query, &org.schema, database, &settings, ids)?;
                    found.add(rows, &columns, task)?;
                }
            }
        }
        Ok::<_, ApiError>(())
    })?;
    Ok(found)
}

fn cell(value: &Value, kind: FieldKind) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if kind == FieldKind::DateTime => text.replace("+0000", "Z"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn place<'a>(record: &'a mut Value, column: &Column) -> Option<&'a mut Value> {
    column.names.iter().try_fold(record, |value, name| value.get_mut(name.as_str()))
}

/// JSON of the first interface tells a moment as milliseconds since 1970.
fn as_milliseconds(record: &mut Value, column: &Column) {
    if !matches!(column.kind, FieldKind::DateTime | FieldKind::Date) {
        return;
    }
    let Some(place) = place(record, column) else { return };
    let moment = place.as_str().and_then(|text| {
        if column.kind == FieldKind::Date { parse_datetime(&format!("{text}T00:00:00Z")) } else { parse_datetime(text) }
    });
    if let Some(moment) = moment {
        *place = (moment.as_micros() / 1_000).into();
    }
}

fn as_utc(record: &mut Value, column: &Column) {
    if column.kind == FieldKind::DateTime
        && let Some(Value::String(text)) = place(record, column)
    {
        *text = text.replace("+0000", "Z");
    }
}

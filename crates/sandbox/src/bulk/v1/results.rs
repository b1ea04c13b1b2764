//! What became of a batch, row by row, in the notation it was sent in.

use std::sync::Arc;

use axum::body::Body;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::{Told, raw_type};
use crate::{
    bulk::{
        job::{Batch, Outcome},
        load,
        shelf::rows_of,
        table,
        task::{Format, Task},
        xml,
    },
    org::Org,
    records::JournalError,
};

/// Of a load: an entry for each row.
pub(super) fn of_load(org: &Arc<Org>, task: &Task, batch: &Batch) -> Told {
    let outcomes = rows_of::<Outcome>(Arc::clone(org), batch.id.clone(), 0..batch.processed);
    let dialect = task.dialect;
    let body = match task.format {
        Format::Json => array(outcomes.map_ok(|outcomes| outcomes.iter().map(entry).collect())),
        Format::Csv => {
            let lines = outcomes.map_ok(move |outcomes| {
                let told = outcomes.iter().map(|outcome| match outcome {
                    Ok(saved) => {
                        let created = if saved.created { "true" } else { "false" };
                        table::line([saved.id.as_str(), "true", created, ""], dialect)
                    }
                    Err(error) => table::line(["", "false", "false", load::told(error).as_str()], dialect),
                });
                told.collect::<String>()
            });
            headed(table::line(["Id", "Success", "Created", "Error"], dialect), lines)
        }
        Format::Xml => {
            let results = outcomes.map_ok(|outcomes| outcomes.iter().map(xml::result).collect());
            enclosed(xml::results(), results)
        }
    };
    Told::Raw(raw_type(task.format), body)
}

fn entry(outcome: &Outcome) -> Value {
    match outcome {
        Ok(saved) => json!({ "success": true, "created": saved.created, "id": saved.id, "errors": [] }),
        Err(error) => json!({
            "success": false, "created": false, "id": null,
            "errors": [{ "statusCode": error.code, "message": error.message, "fields": error.fields }],
        }),
    }
}

/// Of a query: its rows.
pub(super) fn of_query(org: &Arc<Org>, task: &Task, batch: &Batch) -> Told {
    let (org, id, all) = (Arc::clone(org), batch.id.clone(), 0..batch.processed);
    let body = match task.format {
        Format::Json => array(rows_of::<Value>(org, id, all)),
        Format::Xml => {
            enclosed(xml::query_result(), rows_of::<String>(org, id, all).map_ok(|records| records.concat()))
        }
        Format::Csv if batch.processed == 0 => Body::from("Records not found for this query"),
        Format::Csv => headed(batch.header.clone(), rows_of::<String>(org, id, all).map_ok(|lines| lines.concat())),
    };
    Told::Raw(raw_type(task.format), body)
}

fn headed(header: String, lines: impl stream::Stream<Item = Result<String, JournalError>> + Send + 'static) -> Body {
    Body::from_stream(stream::iter([Ok(header)]).chain(lines))
}

fn enclosed(
    (opening, closing): (String, &'static str),
    inner: impl stream::Stream<Item = Result<String, JournalError>> + Send + 'static,
) -> Body {
    Body::from_stream(stream::iter([Ok(opening)]).chain(inner).chain(stream::iter([Ok(closing.to_owned())])))
}

/// A JSON array, written as its entries come.
fn array(entries: impl stream::Stream<Item = Result<Vec<Value>, JournalError>> + Send + 'static) -> Body {
    let mut between = "";
    let texts = entries.map_ok(move |entries| {
        let mut text = String::new();
        for entry in entries {
            text.push_str(std::mem::replace(&mut between, ","));
            text.push_str(&entry.to_string());
        }
        text
    });
    enclosed(("[".to_owned(), "]"), texts)
}

//! The rows of an ended load, apart by what became of them.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{JobCall, csv_answer, info::state, invalid_state, with_own_job};
use crate::{
    bulk::{
        job::Outcome,
        load,
        shelf::rows_of,
        table,
        task::{Api, Dialect},
    },
    error::ApiError,
    records::JournalError,
};

/// Written out at a time.
const UNPROCESSED_AT_A_TIME: usize = 1_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    Successful,
    Failed,
    Unprocessed,
}

impl Listed {
    fn named(name: &str) -> Option<Self> {
        match name {
            "successfulResults" => Some(Self::Successful),
            "failedResults" => Some(Self::Failed),
            "unprocessedrecords" | "unprocessedRecords" => Some(Self::Unprocessed),
            _ => None,
        }
    }

    /// The columns before those that were sent.
    fn added(self) -> &'static [&'static str] {
        match self {
            Self::Successful => &["sf__Id", "sf__Created"],
            Self::Failed => &["sf__Id", "sf__Error"],
            Self::Unprocessed => &[],
        }
    }
}

/// The rows that were sent, as far as their fate is the one asked for, behind what became of each.
pub(super) async fn rows(call: &JobCall, id: &str, kind: &str) -> Result<Response, ApiError> {
    let listed = Listed::named(kind).ok_or_else(ApiError::not_found)?;
    let (batch, dialect) = with_own_job(call, Api::V2Ingest, id, |job| {
        if !job.has_ended() {
            return Err(invalid_state(format!("The job hasn't ended; its state is {}", state(job))));
        }
        Ok((job.batches.first().map(|batch| (batch.id.clone(), batch.processed)), job.task.dialect))
    })?;
    // Aborted before anything was sent.
    let Some((batch, processed)) = batch else { return Ok(csv_answer(Body::empty())) };
    let org = &call.caller.org;
    let content = org.jobs.shelf.content(org.journal(), &batch).await?;
    let Some(mut sent) = Sent::read(&content, dialect, listed) else { return Ok(csv_answer(Body::empty())) };
    let header = stream::iter([Ok(sent.header())]);
    if listed == Listed::Unprocessed {
        let rest = std::iter::from_fn(move || sent.unprocessed(processed)).map(Ok::<_, JournalError>);
        return Ok(csv_answer(Body::from_stream(header.chain(stream::iter(rest)))));
    }
    let outcomes = rows_of::<Outcome>(Arc::clone(org), batch, 0..processed);
    let told =
        outcomes.map_ok(move |outcomes| outcomes.iter().filter_map(|outcome| sent.told(outcome)).collect::<String>());
    Ok(csv_answer(Body::from_stream(header.chain(told))))
}

/// What was sent, read row by row.
struct Sent {
    headers: csv::StringRecord,
    rows: csv::StringRecordsIntoIter<std::io::Cursor<Bytes>>,
    /// How many rows were read.
    at: usize,
    id_column: Option<usize>,
    dialect: Dialect,
    listed: Listed,
}

impl Sent {
    fn read(content: &Bytes, dialect: Dialect, listed: Listed) -> Option<Self> {
        let mut reader = table::reader(content, dialect);
        let headers = reader.headers().ok()?.clone();
        let id_column = headers.iter().position(|header| header.eq_ignore_ascii_case("Id"));
        Some(Self { headers, rows: reader.into_records(), at: 0, id_column, dialect, listed })
    }

    fn header(&self) -> String {
        table::line(self.listed.added().iter().copied().chain(&self.headers), self.dialect)
    }

    fn next(&mut self) -> Option<csv::StringRecord> {
        self.at += 1;
        self.rows.next()?.ok()
    }

    /// The next row, when its fate is the one asked for.
    fn told(&mut self, outcome: &Outcome) -> Option<String> {
        let row = self.next()?;
        match (outcome, self.listed) {
            (Ok(saved), Listed::Successful) => {
                let created = if saved.created { "true" } else { "false" };
                Some(table::line([saved.id.as_str(), created].into_iter().chain(&row), self.dialect))
            }
            (Err(error), Listed::Failed) => {
                let id = self.id_column.and_then(|column| row.get(column)).unwrap_or_default();
                Some(table::line([id, load::told(error).as_str()].into_iter().chain(&row), self.dialect))
            }
            _ => None,
        }
    }

    /// Some more of the rows that were not come to.
    fn unprocessed(&mut self, processed: usize) -> Option<String> {
        while self.at < processed {
            self.next()?;
        }
        let rows: Vec<_> = std::iter::from_fn(|| self.next()).take(UNPROCESSED_AT_A_TIME).collect();
        (!rows.is_empty()).then(|| rows.iter().map(|row| table::line(row, self.dialect)).collect())
    }
}

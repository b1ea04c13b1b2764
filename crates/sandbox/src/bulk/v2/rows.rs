//! The rows of an ended load, apart by what became of them.

use axum::{body::Bytes, response::Response};

use super::{JobCall, csv_answer, info::state, invalid, with_job};
use crate::{
    bulk::{
        job::{Api, Dialect, Outcome},
        load, table,
    },
    error::ApiError,
};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    Successful,
    Failed,
    Unprocessed,
}

impl Listed {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "successfulResults" => Some(Self::Successful),
            "failedResults" => Some(Self::Failed),
            "unprocessedrecords" | "unprocessedRecords" => Some(Self::Unprocessed),
            _ => None,
        }
    }
}

/// The rows that were sent, as far as their fate is the one asked for, behind what became of each.
pub(super) fn rows(call: &JobCall<'_>, id: &str, kind: &str) -> Result<Response, ApiError> {
    let listed = Listed::named(kind).ok_or_else(ApiError::not_found)?;
    let text = with_job(call, Api::V2Ingest, id, |job| {
        if !job.has_ended() {
            return Err(invalid(format!("InvalidJobState : The job hasn't ended; its state is {}", state(job))));
        }
        let none = (Bytes::new(), Vec::new());
        let (content, outcomes) =
            job.batches.first().map_or(none, |batch| (batch.content.clone(), batch.outcomes.clone()));
        Ok((content, outcomes, job.task.dialect))
    })??;
    let (content, outcomes, dialect) = text;
    Ok(csv_answer(told(&content, &outcomes, dialect, listed)))
}

fn told(content: &Bytes, outcomes: &[Outcome], dialect: Dialect, listed: Listed) -> String {
    let mut reader = table::reader(content, dialect);
    let added: &[&str] = match listed {
        Listed::Successful => &["sf__Id", "sf__Created"],
        Listed::Failed => &["sf__Id", "sf__Error"],
        Listed::Unprocessed => &[],
    };
    let Ok(headers) = reader.headers().cloned() else { return String::new() };
    let mut text = table::line(added.iter().copied().chain(&headers), dialect);
    let id_column = headers.iter().position(|header| header.eq_ignore_ascii_case("Id"));
    for (index, row) in reader.records().map_while(Result::ok).enumerate() {
        let line = match (outcomes.get(index), listed) {
            (Some(Ok(saved)), Listed::Successful) => {
                let created = if saved.created { "true" } else { "false" };
                table::line([saved.id.as_str(), created].into_iter().chain(&row), dialect)
            }
            (Some(Err(error)), Listed::Failed) => {
                let id = id_column.and_then(|column| row.get(column)).unwrap_or_default();
                table::line([id, load::told(error).as_str()].into_iter().chain(&row), dialect)
            }
            (None, Listed::Unprocessed) => table::line(&row, dialect),
            _ => continue,
        };
        text.push_str(&line);
    }
    text
}

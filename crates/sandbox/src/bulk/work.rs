//! Working a batch off: rows in transactions of 200, as the platform itself cuts them.

use std::sync::Arc;

use super::{
    extract,
    job::{Api, BatchState, Intake},
    load,
    table::Table,
};
use crate::org::{Org, Writer};

const ROWS_IN_A_TRANSACTION: usize = 200;
/// Rows the first interface takes in a batch; the second cuts a job into batches itself.
const MOST_ROWS_V1: usize = 10_000;
/// More than 100 MB of CSV can hold, so never met.
const MOST_ROWS_V2: usize = 150_000_000;

pub(super) async fn batch(org: Arc<Org>, id: String, index: usize) {
    let now = org.now();
    let begun = org.jobs.with(&id, |job| {
        let batch = job.batches.get_mut(index).filter(|batch| batch.state == BatchState::Queued)?;
        batch.state = BatchState::InProgress;
        batch.modified = now;
        Some((Arc::new(job.task.clone()), batch.content.clone()))
    });
    let Some((task, content)) = begun.flatten() else { return };
    let done = if task.operation.is_query() {
        extract::run(&org, &task, &content).map(|extract| {
            org.jobs.with(&id, |job| {
                if let Some(batch) = job.batches.get_mut(index) {
                    batch.extract = extract::Extract { id: std::mem::take(&mut batch.extract.id), ..extract };
                }
            });
        })
    } else {
        let schema = Arc::clone(&org.schema);
        let most = if task.api == Api::V1 { MOST_ROWS_V1 } else { MOST_ROWS_V2 };
        let opened = schema
            .object(&task.object)
            .ok_or_else(|| "InvalidJob : no such object".to_owned())
            .and_then(|object| Table::open(&content, &task, object, most));
        match opened {
            Ok(mut table) => loop {
                let rows = table.take(ROWS_IN_A_TRANSACTION);
                if rows.is_empty() {
                    break Ok(());
                }
                let (task, schema) = (Arc::clone(&task), Arc::clone(&schema));
                let writer = Writer { user: task.user.clone(), lock_row: false };
                let saved = org.transact(writer, move |transaction| {
                    let object = schema.object(&task.object).ok_or_else(crate::ApiError::not_found)?;
                    Ok(rows.into_iter().map(|row| load::row(transaction, &task, object, row)).collect::<Vec<_>>())
                });
                let outcomes = match saved.await {
                    Ok(outcomes) => outcomes,
                    Err(error) => break Err(format!("InternalServerError : {}", error.message)),
                };
                let now = org.now();
                let goes_on = org.jobs.with(&id, |job| {
                    if let Some(batch) = job.batches.get_mut(index) {
                        batch.outcomes.extend(outcomes);
                        batch.modified = now;
                    }
                    job.intake != Intake::Aborted
                });
                if goes_on != Some(true) {
                    return;
                }
            },
            Err(unusable) => Err(unusable),
        }
    };
    let now = org.now();
    org.jobs.with(&id, |job| {
        job.modified = now;
        match done {
            Ok(()) => {
                if let Some(batch) = job.batches.get_mut(index).filter(|batch| !batch.has_ended()) {
                    batch.state = BatchState::Completed;
                    batch.modified = now;
                }
            }
            Err(message) => job.fail(index, message, now),
        }
    });
}

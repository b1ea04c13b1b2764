//! Working a batch off: rows in transactions of 200, as the platform itself cuts them.

use std::sync::Arc;

use super::{
    extract,
    job::{Batch, BatchState, Job, Origin},
    jobs::Additions,
    load,
    shelf::{Chunk, Upload},
    table::{Body, Table},
    task::{Api, Task},
};
use crate::{
    error::ApiError,
    org::{Org, Writer},
};

const ROWS_IN_A_TRANSACTION: usize = 200;
/// Rows the first interface takes in a batch; the second cuts a job into batches itself.
const MOST_ROWS_V1: usize = 10_000;
/// More than 100 MB of CSV can hold, so never met.
const MOST_ROWS_V2: usize = 150_000_000;

/// In the background.
pub(super) fn start(org: &Arc<Org>, job: String, batch: String) {
    let work = Work { org: Arc::clone(org), job, batch };
    tokio::spawn(async move {
        let working = {
            let work = work.clone();
            tokio::spawn(async move { work.run().await })
        };
        let failed = match working.await {
            Ok(Ok(())) => return,
            Ok(Err(message)) => message,
            Err(_) => {
                tracing::error!(job.id = %work.job, "bulk.batch interrupted");
                "InternalServerError : the batch was interrupted".to_owned()
            }
        };
        work.end(BatchState::Failed, Some(failed), Additions::default()).await;
    });
}

#[derive(Clone)]
struct Work {
    org: Arc<Org>,
    job: String,
    batch: String,
}

/// Why a batch failed, in the words of the job's `errorMessage` or the batch's `stateMessage`.
type Failure = String;

fn unexpected(error: &ApiError) -> Failure {
    format!("InternalServerError : {}", error.message)
}

impl Work {
    async fn run(&self) -> Result<(), Failure> {
        let now = self.org.now();
        let begun = self.org.jobs.change(&self.org, &self.job, Additions::default(), |job: &mut Job| {
            let task = job.task.clone();
            let batch =
                job.batch_mut(&self.batch).filter(|batch| !batch.has_ended()).ok_or_else(ApiError::not_found)?;
            batch.enter(BatchState::InProgress, now);
            Ok::<_, ApiError>((task, batch.origin, batch.processed))
        });
        // Aborted or deleted before it was begun.
        let Some(Ok((task, origin, processed))) = begun.await else { return Ok(()) };
        let content = self.org.jobs.shelf.content(self.org.journal(), &self.batch).await;
        let content = content.map_err(|error| unexpected(&error.into()))?;
        if let (Some(chunking), Origin::Caller) = (&task.chunking, origin) {
            let query = std::str::from_utf8(&content).map_err(|_| "InvalidBatch : the query isn't UTF-8")?;
            let queries = chunking.split(&self.org, &task, query).map_err(|error| extract::failure(&error))?;
            if let Some(queries) = queries {
                return self.chunk(queries).await;
            }
        }
        if task.operation.is_query() {
            let mut found = extract::run(&self.org, &task, &content)?;
            let chunks = found.chunks(&self.job, &self.batch);
            let extract::Found { header, rows, .. } = found;
            self.end_with(Additions { chunks, ..Additions::default() }, |batch| {
                batch.header = header;
                batch.processed = rows;
                batch.enter(BatchState::Completed, now);
            })
            .await;
            return Ok(());
        }
        let object = self.org.schema.object(&task.object).ok_or("InvalidJob : no such object")?;
        let most = if task.api == Api::V1 { MOST_ROWS_V1 } else { MOST_ROWS_V2 };
        let mut table = Table::open(&content, &task, object, most)?;
        table.skip(processed);
        let task = Arc::new(task);
        let mut first = processed;
        loop {
            let rows = table.take(ROWS_IN_A_TRANSACTION);
            if rows.is_empty() {
                break;
            }
            let count = rows.len();
            if !self.save(&task, first, rows).await? {
                return Ok(());
            }
            first += count;
        }
        self.end(BatchState::Completed, None, Additions::default()).await;
        Ok(())
    }

    /// Batches for the chunks of a query take the place of the batch it came in, which is kept and not processed.
    async fn chunk(&self, queries: Vec<String>) -> Result<(), Failure> {
        let now = self.org.now();
        let (mut batches, mut uploads) = (Vec::new(), Vec::new());
        for query in queries {
            let ids = (self.org.jobs.next_id("751"), self.org.jobs.next_id("752"));
            let (Ok(id), Ok(result_id)) = ids else { return Err("InternalServerError : no id is left".to_owned()) };
            uploads.push(Upload { batch: id.clone(), content: query.into() });
            batches.push(Batch { origin: Origin::Chunking, ..Batch::new(id, result_id, now) });
        }
        let ids: Vec<String> = batches.iter().map(|batch| batch.id.clone()).collect();
        let additions = Additions { uploads, ..Additions::default() };
        let chunked = self.org.jobs.change(&self.org, &self.job, additions, |job: &mut Job| {
            let batch =
                job.batch_mut(&self.batch).filter(|batch| !batch.has_ended()).ok_or_else(ApiError::not_found)?;
            batch.enter(BatchState::NotProcessed, now);
            job.batches.extend(batches);
            Ok::<_, ApiError>(())
        });
        match chunked.await {
            Some(Ok(())) => ids.into_iter().for_each(|id| start(&self.org, self.job.clone(), id)),
            // Aborted or deleted meanwhile, or not written down.
            Some(Err(error)) if error.status.is_server_error() => return Err(unexpected(&error)),
            Some(Err(_)) | None => {}
        }
        Ok(())
    }

    /// Saves rows and writes down what became of them, all at once; false when the job takes no more.
    async fn save(&self, task: &Arc<Task>, first: usize, rows: Vec<Body>) -> Result<bool, Failure> {
        let (work, task) = (self.clone(), Arc::clone(task));
        let writer = Writer { origin: task.origin.clone(), ..Writer::within(task.user.as_str()) };
        let saved = self.org.transact(writer, move |transaction| {
            if !work.org.jobs.goes_on(&work.job) {
                return Ok(false);
            }
            let object = work.org.schema.object(&task.object).ok_or_else(ApiError::not_found)?;
            let outcomes = load::rows(transaction, &task, object, rows);
            let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
            transaction.note(Chunk::of(&work.job, &work.batch, first, &outcomes, failed)?);
            Ok(true)
        });
        saved.await.map_err(|error| unexpected(&error))
    }

    async fn end(&self, state: BatchState, message: Option<String>, additions: Additions) {
        let now = self.org.now();
        self.end_with(additions, |batch| {
            batch.message = message;
            batch.enter(state, now);
        })
        .await;
    }

    async fn end_with(&self, additions: Additions, end: impl FnOnce(&mut Batch)) {
        let now = self.org.now();
        let ended = self.org.jobs.change(&self.org, &self.job, additions, |job: &mut Job| {
            let batch =
                job.batch_mut(&self.batch).filter(|batch| !batch.has_ended()).ok_or_else(ApiError::not_found)?;
            end(batch);
            job.modified = now;
            Ok::<_, ApiError>(())
        });
        if let Some(Err(error)) = ended.await {
            tracing::debug!(job.id = %self.job, error = %error, "bulk.batch ended by its caller");
        }
    }
}

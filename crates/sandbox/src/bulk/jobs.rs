//! All jobs of an org, and how a change to one is made: written down first, seen after.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use domain::{SalesforceId, Timestamp};
use http::StatusCode;

use super::{
    job::{Intake, Job},
    shelf::{Chunk, Shelf, Upload},
    task::Api,
};
use crate::{
    error::ApiError,
    lock::locked,
    org::Org,
    records::{Journal, JournalError},
};

/// A job and its results are forgotten after this, by the org's clock.
const JOB_LIFE: std::time::Duration = std::time::Duration::from_hours(7 * 24);
/// One more job forgets the oldest that has ended.
const JOBS_KEPT: usize = 10_000;

#[derive(Default)]
pub(crate) struct Jobs {
    held: Mutex<Held>,
    pub(super) shelf: Shelf,
    /// Held while a change is written down, so that changes follow one another.
    writer: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    /// In the order they were made.
    jobs: BTreeMap<String, Job>,
    last: u64,
}

/// What is kept along with a change to a job.
#[derive(Default)]
pub(super) struct Additions {
    pub(super) uploads: Vec<Upload>,
    pub(super) chunks: Vec<Chunk>,
}

fn unkept(error: &JournalError) -> ApiError {
    tracing::error!(error = error as &dyn std::error::Error, "bulk.journal");
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "UNKNOWN_EXCEPTION",
        "the sandbox could not read or write its data file",
    )
}

impl From<JournalError> for ApiError {
    fn from(error: JournalError) -> Self {
        unkept(&error)
    }
}

impl Jobs {
    /// The jobs of a data file.
    ///
    /// # Errors
    /// The file can't be read.
    pub(crate) async fn restored(journal: &Journal) -> Result<Self, JournalError> {
        let (jobs, last) = journal.jobs().await?;
        let jobs = jobs.into_iter().map(|job| (job.id.clone(), job)).collect();
        Ok(Self { held: Mutex::new(Held { jobs, last }), ..Self::default() })
    }

    /// # Errors
    /// The data file can't be written.
    pub(crate) async fn clear(&self, journal: Option<&Journal>) -> Result<(), JournalError> {
        let _writing = self.writer.lock().await;
        if let Some(journal) = journal {
            journal.forget_jobs().await?;
        }
        locked(&self.held).jobs.clear();
        self.shelf.clear();
        Ok(())
    }

    /// An id that was never handed out: 750 for jobs, 751 for batches, 752 for results.
    pub(super) fn next_id(&self, prefix: &str) -> Result<String, ApiError> {
        let mut held = locked(&self.held);
        held.last += 1;
        let id = SalesforceId::new(&format!("{prefix}SB0{:09}", held.last)).map_err(|_| ApiError::not_found())?;
        Ok(id.as_str().to_owned())
    }

    /// # Errors
    /// The data file can't be written.
    pub(super) async fn add(&self, org: &Org, job: Job, uploads: Vec<Upload>) -> Result<(), ApiError> {
        let _writing = self.writer.lock().await;
        for outlived in self.outlived(org.now()) {
            self.forget(org, &outlived).await?;
        }
        self.keep(org, None, job, Additions { uploads, chunks: Vec::new() }).await
    }

    fn outlived(&self, now: Timestamp) -> Vec<String> {
        let held = locked(&self.held);
        let old = held.jobs.values().filter(|job| now.since(job.created) > JOB_LIFE);
        let mut outlived: Vec<String> = old.map(|job| job.id.clone()).collect();
        if held.jobs.len() - outlived.len() >= JOBS_KEPT {
            outlived.extend(held.jobs.values().find(|job| job.has_ended()).map(|job| job.id.clone()));
        }
        outlived
    }

    /// Writes a job down, then shows it. The writer's lock is held.
    async fn keep(&self, org: &Org, before: Option<&Job>, mut job: Job, additions: Additions) -> Result<(), ApiError> {
        if let Some(journal) = org.journal() {
            let known = |id: &str| before.and_then(|before| before.batch(id));
            let changed = job.batches.iter().filter(|batch| known(&batch.id) != Some(*batch));
            let last = locked(&self.held).last;
            journal.keep_job(&job, changed, &additions.uploads, &additions.chunks, last).await?;
        } else {
            additions.uploads.into_iter().for_each(|upload| self.shelf.put_upload(upload));
            additions.chunks.into_iter().for_each(|chunk| self.shelf.put_chunk(chunk));
        }
        let mut held = locked(&self.held);
        if let Some(seen) = held.jobs.get(&job.id) {
            // Rows were saved meanwhile.
            for batch in &mut job.batches {
                if let Some(seen) = seen.batch(&batch.id) {
                    batch.processed = batch.processed.max(seen.processed);
                    batch.failed = batch.failed.max(seen.failed);
                }
            }
        }
        held.jobs.insert(job.id.clone(), job);
        Ok(())
    }

    /// Changes a job; what `edit` refuses changes nothing. `None` when there is no such job.
    pub(super) async fn change<T, E: From<ApiError>>(
        &self,
        org: &Org,
        id: &str,
        additions: Additions,
        edit: impl FnOnce(&mut Job) -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        let _writing = self.writer.lock().await;
        let before = self.with(id, Job::clone)?;
        let mut job = before.clone();
        let told = match edit(&mut job) {
            Ok(told) => told,
            Err(refused) => return Some(Err(refused)),
        };
        if job != before
            && let Err(error) = self.keep(org, Some(&before), job, additions).await
        {
            return Some(Err(error.into()));
        }
        Some(Ok(told))
    }

    /// Looks at a job; `None` when there is none of that id.
    pub(super) fn with<T>(&self, id: &str, look: impl FnOnce(&Job) -> T) -> Option<T> {
        // The 15 characters name it too.
        let id = SalesforceId::new(id).ok()?;
        locked(&self.held).jobs.get(id.as_str()).map(look)
    }

    /// # Errors
    /// The data file can't be written.
    pub(super) async fn remove(&self, org: &Org, id: &str) -> Result<(), ApiError> {
        let _writing = self.writer.lock().await;
        match self.with(id, |job| job.id.clone()) {
            Some(id) => self.forget(org, &id).await,
            None => Ok(()),
        }
    }

    /// The writer's lock is held.
    async fn forget(&self, org: &Org, id: &str) -> Result<(), ApiError> {
        if let Some(journal) = org.journal() {
            journal.forget_job(id).await?;
        }
        if let Some(job) = locked(&self.held).jobs.remove(id) {
            job.batches.iter().for_each(|batch| self.shelf.remove(&batch.id));
        }
        Ok(())
    }

    /// Newest first.
    pub(super) fn list<T>(&self, pick: impl FnMut(&Job) -> Option<T>) -> Vec<T> {
        locked(&self.held).jobs.values().rev().filter_map(pick).collect()
    }

    /// Whether rows of a job are still to be saved.
    pub(super) fn goes_on(&self, id: &str) -> bool {
        self.with(id, |job| job.intake != Intake::Aborted) == Some(true)
    }

    /// Rows were saved, and are written down where there is a data file.
    pub(crate) fn saved(&self, journal: Option<&Journal>, chunk: Chunk) {
        let counted = locked(&self.held).jobs.get_mut(&chunk.job).and_then(|job| {
            let batch = job.batch_mut(&chunk.batch)?;
            batch.processed += chunk.count;
            batch.failed += chunk.failed;
            Some(())
        });
        if counted.is_some() && journal.is_none() {
            self.shelf.put_chunk(chunk);
        }
    }

    /// Job and batch of what a killed process left undone.
    fn unfinished(&self) -> Vec<(String, String)> {
        let held = locked(&self.held);
        let mut unfinished = Vec::new();
        for job in held.jobs.values() {
            let is_under_way = match job.intake {
                Intake::Aborted => false,
                Intake::Open => job.task.api == Api::V1,
                Intake::Closed => true,
            };
            if is_under_way {
                let batches = job.batches.iter().filter(|batch| !batch.has_ended());
                unfinished.extend(batches.map(|batch| (job.id.clone(), batch.id.clone())));
            }
        }
        unfinished
    }
}

/// Goes on with what a killed process left undone.
pub(crate) fn resume(org: &Arc<Org>) {
    for (job, batch) in org.jobs.unfinished() {
        super::work::start(org, job, batch);
    }
}

//! Bulk loads and extracts: jobs that run in the background, record after record in small transactions.
//!
//! [`v1`] and [`v2`] are the two interfaces; a job of the second is a job of the first with one batch.

mod extract;
mod job;
mod load;
mod table;
mod v1;
mod v2;
mod work;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use domain::SalesforceId;

pub(crate) use v1::routes;
pub(crate) use v2::{JobCall, answer, too_large};

use self::job::Job;
use crate::{error::ApiError, lock::locked, org::Org};

/// A job and its results are forgotten after this, by the org's clock.
const JOB_LIFE: std::time::Duration = std::time::Duration::from_hours(7 * 24);
/// One more job forgets the oldest that has ended.
const JOBS_KEPT: usize = 1_000;

/// Kept in memory: a restart ends what is under way and forgets results, but no record that was saved.
#[derive(Default)]
pub(crate) struct Jobs {
    all: Mutex<Numbered>,
}

#[derive(Default)]
struct Numbered {
    /// In the order they were made.
    jobs: BTreeMap<String, Job>,
    last: u64,
}

impl Jobs {
    pub(crate) fn clear(&self) {
        locked(&self.all).jobs.clear();
    }

    /// An id that was never handed out: 750 for jobs, 751 for batches, 752 for results.
    fn next_id(&self, prefix: &str) -> Result<String, ApiError> {
        let mut all = locked(&self.all);
        all.last += 1;
        let id = SalesforceId::new(&format!("{prefix}SB0{:09}", all.last)).map_err(|_| ApiError::not_found())?;
        Ok(id.as_str().to_owned())
    }

    fn add(&self, org: &Org, job: Job) {
        let now = org.now();
        let mut all = locked(&self.all);
        all.jobs.retain(|_, job| now.since(job.created) <= JOB_LIFE);
        if all.jobs.len() >= JOBS_KEPT {
            let oldest = all.jobs.iter().find(|(_, job)| job.has_ended()).map(|(id, _)| id.clone());
            oldest.and_then(|oldest| all.jobs.remove(&oldest));
        }
        all.jobs.insert(job.id.clone(), job);
    }

    /// Looks at a job, or changes it; `None` when there is none of that id.
    fn with<T>(&self, id: &str, look: impl FnOnce(&mut Job) -> T) -> Option<T> {
        // The 15 characters name it too.
        let id = SalesforceId::new(id).ok()?;
        locked(&self.all).jobs.get_mut(id.as_str()).map(look)
    }

    fn remove(&self, id: &str) {
        if let Ok(id) = SalesforceId::new(id) {
            locked(&self.all).jobs.remove(id.as_str());
        }
    }

    /// Newest first.
    fn list<T>(&self, pick: impl FnMut(&Job) -> Option<T>) -> Vec<T> {
        locked(&self.all).jobs.values().rev().filter_map(pick).collect()
    }
}

/// Works a batch off in the background.
fn start(org: &Arc<Org>, job: String, batch: usize) {
    let org = Arc::clone(org);
    tokio::spawn(async move {
        let working = tokio::spawn(work::batch(Arc::clone(&org), job.clone(), batch));
        if working.await.is_err() {
            tracing::error!(job.id = %job, "bulk.batch interrupted");
            let now = org.now();
            org.jobs.with(&job, |job| job.fail(batch, "InternalServerError : the batch was interrupted".into(), now));
        }
    });
}

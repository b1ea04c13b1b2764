//! A job and its batches, and how far each has come. What was sent and what became of it is on the [`shelf`](super::shelf).

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use super::task::Task;
use crate::error::ApiError;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum BatchState {
    Queued,
    InProgress,
    Completed,
    Failed,
    NotProcessed,
}

impl BatchState {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::InProgress => "InProgress",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::NotProcessed => "NotProcessed",
        }
    }
}

/// Where a batch came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Origin {
    Caller,
    /// It is a chunk of a query that the caller sent.
    Chunking,
}

/// What became of one row.
pub(super) type Outcome = Result<Saved, Refusal>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Saved {
    pub(super) id: String,
    pub(super) created: bool,
}

/// An error without its status, which a row has none of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) fields: Vec<String>,
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { code: error.code.into_owned(), message: error.message, fields: error.fields }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Batch {
    pub(super) id: String,
    /// The address of what a query found, by the first interface.
    pub(super) result_id: String,
    pub(super) state: BatchState,
    /// Why it failed.
    pub(super) message: Option<String>,
    /// The line above what a query found.
    pub(super) header: String,
    pub(super) origin: Origin,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// Rows that something became of; counted from what is on the shelf, and so not written down.
    #[serde(skip)]
    pub(super) processed: usize,
    #[serde(skip)]
    pub(super) failed: usize,
}

impl Batch {
    pub(super) fn new(id: String, result_id: String, now: Timestamp) -> Self {
        Self {
            id,
            result_id,
            state: BatchState::Queued,
            message: None,
            header: String::new(),
            origin: Origin::Caller,
            created: now,
            modified: now,
            processed: 0,
            failed: 0,
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        !matches!(self.state, BatchState::Queued | BatchState::InProgress)
    }

    pub(super) fn enter(&mut self, state: BatchState, now: Timestamp) {
        self.state = state;
        self.modified = now;
    }
}

/// What the caller has said about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Intake {
    Open,
    /// `UploadComplete` or `Closed`.
    Closed,
    Aborted,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) task: Task,
    pub(super) intake: Intake,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// In the order they came; written down apart.
    #[serde(skip)]
    pub(super) batches: Vec<Batch>,
}

impl Job {
    pub(super) fn new(id: String, task: Task, now: Timestamp) -> Self {
        Self { id, task, intake: Intake::Open, created: now, modified: now, batches: Vec::new() }
    }

    pub(super) fn batch(&self, id: &str) -> Option<&Batch> {
        self.batches.iter().find(|batch| batch.id == id)
    }

    pub(super) fn batch_mut(&mut self, id: &str) -> Option<&mut Batch> {
        self.batches.iter_mut().find(|batch| batch.id == id)
    }

    pub(super) fn has_ended(&self) -> bool {
        match self.intake {
            Intake::Open => false,
            Intake::Closed => self.batches.iter().all(Batch::has_ended),
            Intake::Aborted => true,
        }
    }

    /// Batches that weren't begun never are.
    pub(super) fn abort(&mut self, now: Timestamp) {
        self.intake = Intake::Aborted;
        self.modified = now;
        self.batches.iter_mut().filter(|batch| !batch.has_ended()).for_each(|batch| {
            batch.enter(BatchState::NotProcessed, now);
        });
    }
}

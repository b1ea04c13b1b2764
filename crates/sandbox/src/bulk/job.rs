//! A job: what is to be done to which object, and how far it has come.

use axum::body::Bytes;
use domain::Timestamp;
use serde_json::Value;

use crate::{error::ApiError, records::Upserted};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    V1,
    V2Ingest,
    V2Query,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Insert,
    Update,
    Upsert,
    Delete,
    HardDelete,
    Query,
    QueryAll,
}

impl Operation {
    const ALL: [(&'static str, Self); 7] = [
        ("insert", Self::Insert),
        ("update", Self::Update),
        ("upsert", Self::Upsert),
        ("delete", Self::Delete),
        ("hardDelete", Self::HardDelete),
        ("query", Self::Query),
        ("queryAll", Self::QueryAll),
    ];

    /// In any case.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, operation)| operation)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, operation)| *operation == self).map_or("", |(name, _)| name)
    }

    pub(super) fn is_query(self) -> bool {
        matches!(self, Self::Query | Self::QueryAll)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Json,
}

/// How the columns and lines of a CSV file are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: Delimiter,
    pub(super) line_ending: LineEnding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delimiter {
    pub(super) name: &'static str,
    pub(super) byte: u8,
}

impl Delimiter {
    pub(super) const COMMA: Self = Self { name: "COMMA", byte: b',' };

    pub(super) fn named(name: &str) -> Option<Self> {
        let known = [
            Self::COMMA,
            Self { name: "BACKQUOTE", byte: b'`' },
            Self { name: "CARET", byte: b'^' },
            Self { name: "PIPE", byte: b'|' },
            Self { name: "SEMICOLON", byte: b';' },
            Self { name: "TAB", byte: b'\t' },
        ];
        known.into_iter().find(|delimiter| delimiter.name == name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnding {
    Lf,
    Crlf,
    /// The first interface isn't told, and takes both.
    Either,
}

impl LineEnding {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "LF" => Some(Self::Lf),
            "CRLF" => Some(Self::Crlf),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        if self == Self::Crlf { "CRLF" } else { "LF" }
    }

    pub(super) fn text(self) -> &'static str {
        if self == Self::Crlf { "\r\n" } else { "\n" }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What is to be done with the rows; the same for all batches of a job.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) operation: Operation,
    /// Canonical name.
    pub(super) object: String,
    /// Canonical name of the field an upsert finds its records by.
    pub(super) external_id_field: Option<String>,
    pub(super) format: Format,
    pub(super) dialect: Dialect,
    pub(super) user: String,
    pub(super) api: Api,
    /// `67.0`
    pub(super) version: String,
}

pub(super) type Outcome = Result<Upserted, ApiError>;

pub(super) struct Batch {
    pub(super) id: String,
    pub(super) state: BatchState,
    /// Why it failed.
    pub(super) message: Option<String>,
    /// As it was sent: rows, or a query.
    pub(super) content: Bytes,
    /// In the order of the rows; shorter than the rows while, or because, not all were come to.
    pub(super) outcomes: Vec<Outcome>,
    pub(super) extract: Extract,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
}

/// What a query found.
#[derive(Default)]
pub(super) struct Extract {
    /// Its address within the batch, by the first interface.
    pub(super) id: String,
    pub(super) header: String,
    pub(super) lines: Vec<String>,
    pub(super) records: Vec<Value>,
}

impl Batch {
    pub(super) fn new(id: String, result_id: String, content: Bytes, now: Timestamp) -> Self {
        Self {
            id,
            state: BatchState::Queued,
            message: None,
            content,
            outcomes: Vec::new(),
            extract: Extract { id: result_id, ..Extract::default() },
            created: now,
            modified: now,
        }
    }

    pub(super) fn processed(&self) -> usize {
        self.outcomes.len() + self.extract.lines.len() + self.extract.records.len()
    }

    pub(super) fn failed(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.is_err()).count()
    }

    pub(super) fn has_ended(&self) -> bool {
        !matches!(self.state, BatchState::Queued | BatchState::InProgress)
    }
}

/// What the caller has said about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intake {
    Open,
    /// `UploadComplete` or `Closed`.
    Closed,
    Aborted,
}

pub(super) struct Job {
    pub(super) id: String,
    pub(super) task: Task,
    pub(super) intake: Intake,
    pub(super) batches: Vec<Batch>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
}

impl Job {
    pub(super) fn new(id: String, task: Task, now: Timestamp) -> Self {
        Self { id, task, intake: Intake::Open, batches: Vec::new(), created: now, modified: now }
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
        for batch in &mut self.batches {
            if !batch.has_ended() {
                batch.state = BatchState::NotProcessed;
                batch.modified = now;
            }
        }
    }

    pub(super) fn fail(&mut self, batch: usize, message: String, now: Timestamp) {
        self.modified = now;
        if let Some(batch) = self.batches.get_mut(batch).filter(|batch| !batch.has_ended()) {
            batch.state = BatchState::Failed;
            batch.message = Some(message);
            batch.modified = now;
        }
    }
}

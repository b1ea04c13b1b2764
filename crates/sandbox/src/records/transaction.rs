//! One transaction: what it has changed and is about to publish, any part of which can be taken back.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use super::{Database, Record, files::Blob};
use crate::{
    bulk::Chunk,
    error::ApiError,
    schema::{Object, Schema},
};

/// Whose rules a write obeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authority {
    /// Field permissions apply.
    User,
    /// The org itself, which may set read-only fields (dates and makers of seeded records).
    System,
}

/// A record as a committed transaction left it; absent when the transaction's rollback removed it.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) id: String,
    pub(crate) record: Option<Record>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upserted {
    pub(crate) id: String,
    pub(crate) created: bool,
}

/// A record a transaction has touched, before its first change and after its last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touched<'a> {
    pub(crate) object: &'a str,
    pub(crate) id: &'a str,
    pub(crate) before: Option<&'a Record>,
    pub(crate) after: Option<&'a Record>,
}

/// A platform event a transaction publishes when it commits.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    /// Canonical name of the event.
    pub(crate) object: String,
    /// The publisher's own key for it.
    pub(crate) id: Option<String>,
    pub(crate) fields: Record,
}

/// What a change replaced.
pub(crate) struct Undo {
    object: String,
    id: String,
    before: Option<Record>,
}

/// What every record of a transaction is stamped with, and how the transaction behaves.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    /// In Salesforce's form.
    pub(crate) now: String,
    pub(crate) user: String,
    /// New cases get a system feed item without a body.
    pub(crate) feed_tracking: bool,
    /// Creates may say who made a record and when.
    pub(crate) audit_fields: bool,
    /// The first write finds its row locked.
    pub(crate) lock_row: bool,
    /// Platform events that may still be published this hour.
    pub(crate) publishable: u64,
}

pub(crate) struct Transaction<'a> {
    pub(super) database: &'a mut Database,
    pub(super) schema: Arc<Schema>,
    pub(super) stamp: Stamp,
    undo: Vec<Undo>,
    /// Each with the length of `undo` it came at, so that a rollback takes it back too.
    published: Vec<(usize, Published)>,
    /// See [`Self::settle_bytes`].
    pub(super) blobs: Vec<Blob>,
    /// How far this brings a bulk job.
    chunk: Option<Chunk>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Create,
    Update,
}

impl<'a> Transaction<'a> {
    pub(crate) fn begin(database: &'a mut Database, stamp: Stamp) -> Self {
        let schema = Arc::clone(database.schema());
        Self { database, schema, stamp, undo: Vec::new(), published: Vec::new(), blobs: Vec::new(), chunk: None }
    }

    pub(crate) fn database(&self) -> &Database {
        self.database
    }

    pub(super) fn sets_audit_fields(&self) -> bool {
        self.stamp.audit_fields
    }

    pub(super) fn tracks_feeds(&self) -> bool {
        self.stamp.feed_tracking
    }

    /// A point to roll back to.
    pub(crate) fn savepoint(&self) -> usize {
        self.undo.len()
    }

    pub(crate) fn roll_back_to(&mut self, savepoint: usize) {
        self.published.retain(|(at, _)| *at <= savepoint);
        for undo in self.undo.split_off(savepoint.min(self.undo.len())).into_iter().rev() {
            self.database.replace(&undo.object, &undo.id, undo.before);
        }
    }

    /// Takes up a transaction again that ended, to roll it back.
    pub(crate) fn resume(database: &'a mut Database, stamp: Stamp, undo: Vec<Undo>) -> Self {
        Self { undo, ..Self::begin(database, stamp) }
    }

    /// Says how far this brings a bulk job, to be written with the records.
    pub(crate) fn note(&mut self, chunk: Chunk) {
        self.chunk = Some(chunk);
    }

    pub(crate) fn take_note(&mut self) -> Option<Chunk> {
        self.chunk.take()
    }

    pub(crate) fn into_undo(self) -> Vec<Undo> {
        self.undo
    }

    /// What a commit has to write down.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let ids: BTreeSet<&str> = self.undo.iter().map(|undo| undo.id.as_str()).collect();
        ids.into_iter().map(|id| Change { id: id.to_owned(), record: self.database.get(id).cloned() }).collect()
    }

    /// Records in the order they were first touched.
    pub(crate) fn touched(&self) -> Vec<Touched<'_>> {
        let mut seen = HashSet::new();
        let first = self.undo.iter().filter(|undo| seen.insert(undo.id.as_str()));
        first
            .map(|undo| Touched {
                object: &undo.object,
                id: &undo.id,
                before: undo.before.as_ref(),
                after: self.database.get_of(&undo.object, &undo.id),
            })
            .collect()
    }

    /// Platform events in the order they were published.
    pub(crate) fn published(&self) -> Vec<Published> {
        self.published.iter().map(|(_, event)| event.clone()).collect()
    }

    /// The newest platform event goes by its publisher's own key.
    pub(crate) fn name_published(&mut self, id: String) {
        if let Some((_, event)) = self.published.last_mut() {
            event.id = Some(id);
        }
    }

    /// Stores a record as it is, without any check.
    pub(super) fn put(&mut self, object: &str, record: Record) {
        let id = record.id().to_owned();
        let before = self.database.replace(object, &id, Some(record));
        self.undo.push(Undo { object: object.to_owned(), id, before });
    }

    /// An event, once the transaction commits.
    ///
    /// # Errors
    /// The org has published as many as it may this hour.
    pub(super) fn publish(&mut self, object: &str, id: &str, fields: Record) -> Result<(), ApiError> {
        if u64::try_from(self.published.len()).unwrap_or(u64::MAX) >= self.stamp.publishable {
            let message = "The hourly limit of published platform events is exceeded; none was published";
            return Err(ApiError::bad("LIMIT_EXCEEDED", message));
        }
        // An entry that undoes nothing, for a rollback to pass.
        self.undo.push(Undo { object: object.to_owned(), id: id.to_owned(), before: None });
        self.published.push((self.undo.len(), Published { object: object.to_owned(), id: None, fields }));
        Ok(())
    }

    /// Takes a record away for good, past the recycle bin, without a trace but in the journal.
    pub(super) fn remove(&mut self, object: &str, id: &str) {
        let before = self.database.replace(object, id, None);
        self.undo.push(Undo { object: object.to_owned(), id: id.to_owned(), before });
    }

    pub(super) fn now(&self) -> &str {
        &self.stamp.now
    }

    pub(super) fn live(&self, object: &Object, id: &str) -> Result<&Record, ApiError> {
        let record = self.database.get_of(&object.name, id).ok_or_else(ApiError::no_such_record)?;
        if record.is_deleted() { Err(ApiError::deleted()) } else { Ok(record) }
    }

    pub(super) fn take_lock(&mut self, id: &str) -> Result<(), ApiError> {
        if std::mem::take(&mut self.stamp.lock_row) { Err(ApiError::locked(id)) } else { Ok(()) }
    }
}

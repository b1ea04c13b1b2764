//! One transaction after another: what it changed and what it publishes are written down together, then answered.

use std::sync::{Arc, PoisonError};

use domain::Timestamp;
use http::StatusCode;

use super::Org;
use crate::{
    bulk::Chunk,
    clock::datetime,
    error::ApiError,
    events::{self, Batch, ChangeOrigin, Commit},
    lock::locked,
    records::{Blob, Change, Emptied, JournalError, Stamp, Transaction},
};

/// Who writes.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    pub(crate) user: String,
    pub(crate) origin: ChangeOrigin,
    /// The first write finds its row locked.
    pub(crate) lock_row: bool,
}

impl Writer {
    /// By no API, and finds no row locked.
    pub(crate) fn within(user: impl Into<String>) -> Self {
        Self { user: user.into(), origin: ChangeOrigin::default(), lock_row: false }
    }
}

/// Whether subscribers hear of a transaction. What a new org holds was always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Publishing {
    All,
    Nothing,
}

impl Org {
    /// Runs `work` as one transaction: an error rolls everything back, success is journalled before it is answered.
    /// It runs to its end even when the caller goes away, as a server's would.
    ///
    /// # Errors
    /// What `work` failed with, or `UNKNOWN_EXCEPTION` when the journal can't be written.
    pub(crate) async fn transact<T: Send + 'static>(
        self: &Arc<Self>,
        writer: Writer,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let org = Arc::clone(self);
        tokio::spawn(async move { org.transact_here(writer, Publishing::All, work).await })
            .await
            .unwrap_or_else(|_| Err(Self::unexpected("the transaction was interrupted")))
    }

    pub(super) async fn transact_here<T: Send>(
        &self,
        writer: Writer,
        publishing: Publishing,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, ApiError> + Send,
    ) -> Result<T, ApiError> {
        let _writing = self.writer.lock().await;
        let now = self.now();
        let switches = self.switches();
        let origin = writer.origin;
        let stamp = Stamp {
            now: datetime(now),
            user: writer.user,
            feed_tracking: switches.feed_tracking,
            audit_fields: switches.audit_fields,
            lock_row: writer.lock_row,
            publishable: self.budget.publishable(now),
        };
        let (result, changes, batch, bytes, chunk, undo) = {
            let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
            self.empty_bin(&mut database, now);
            let mut transaction = Transaction::begin(&mut database, stamp.clone());
            let result = work(&mut transaction);
            if result.is_err() {
                transaction.roll_back_to(0);
            }
            let changes = transaction.changes();
            let batch = match (&result, publishing) {
                (Ok(_), Publishing::All) => self.batch(&transaction, &stamp, origin, now),
                _ => Batch::default(),
            };
            let bytes = transaction.settle_bytes();
            let chunk = transaction.take_note();
            (result, changes, batch, bytes, chunk, transaction.into_undo())
        };
        if result.is_ok()
            && let Err(error) = self.write_down(&changes, bytes, &batch, chunk.as_ref()).await
        {
            tracing::error!(error = &error as &dyn std::error::Error, "journal.write");
            let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
            Transaction::resume(&mut database, stamp, undo).roll_back_to(0);
            return Err(Self::unexpected("the sandbox could not write its data file"));
        }
        self.budget.count_published(batch.platform_events(), now);
        self.events.append(batch);
        if let (Ok(_), Some(chunk)) = (&result, chunk) {
            self.jobs.saved(self.journal(), chunk);
        }
        result
    }

    /// The events a transaction is about to publish. The writer's lock is held.
    fn batch(&self, transaction: &Transaction<'_>, stamp: &Stamp, origin: ChangeOrigin, now: Timestamp) -> Batch {
        let touched = transaction.touched();
        let published = transaction.published();
        if touched.is_empty() && published.is_empty() {
            return Batch::default();
        }
        let commit = self.commit(&stamp.user, origin, now);
        let drafts = events::drafts(&self.schema, &self.event_types, &touched, &published, &commit, stamp.publishable);
        self.events.prepare(drafts, now, || self.random.uuid_v7(now).to_string())
    }

    fn commit(&self, user: &str, origin: ChangeOrigin, now: Timestamp) -> Commit {
        let key = self.random.uuid_v7(now).to_string();
        Commit { at: now, user: user.to_owned(), origin, key, number: self.events.last() }
    }

    /// Publishes events that no record stands behind.
    ///
    /// # Errors
    /// The journal can't be written; nothing was published then.
    pub(crate) async fn publish(
        &self,
        user: &str,
        drafts: impl FnOnce(&Commit) -> Vec<events::Draft>,
    ) -> Result<(), JournalError> {
        let _writing = self.writer.lock().await;
        let now = self.now();
        let drafts = drafts(&self.commit(user, ChangeOrigin::default(), now));
        let batch = self.events.prepare(drafts, now, || self.random.uuid_v7(now).to_string());
        if let Some(journal) = &self.journal {
            journal.write(&[], &batch, None).await?;
        }
        self.events.append(batch);
        Ok(())
    }

    /// Nothing published so far can be replayed any more.
    ///
    /// # Errors
    /// The journal can't be written.
    pub(crate) async fn expire_events(&self) -> Result<(), JournalError> {
        let _writing = self.writer.lock().await;
        let bounds = self.events.expire_all();
        match &self.journal {
            Some(journal) => journal.bound_events(bounds).await,
            None => Ok(()),
        }
    }

    /// New bytes first and old ones last: without the records that refer to them they do no harm.
    async fn write_down(
        &self,
        changes: &[Change],
        (kept, mut let_go): (Vec<Blob>, Vec<String>),
        batch: &Batch,
        chunk: Option<&Chunk>,
    ) -> Result<(), JournalError> {
        self.blobs.keep(self.journal.as_ref(), kept).await?;
        let Emptied { ids, keys } = std::mem::take(&mut *locked(&self.emptied));
        {
            // What the bin let go of may have come in again since.
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            let_go.extend(keys.into_iter().filter(|key| !database.has_bytes(key)));
        }
        if let Some(journal) = &self.journal {
            let gone: Vec<Change> = ids.into_iter().map(|id| Change { id, record: None }).collect();
            journal.write(&gone, &Batch::default(), None).await?;
            journal.write(changes, batch, chunk).await?;
        }
        // The records are written: what can't be removed now is swept at the next start.
        if let Err(error) = self.blobs.let_go(self.journal.as_ref(), &let_go).await {
            tracing::error!(error = &error as &dyn std::error::Error, "journal.write");
        }
        Ok(())
    }

    fn unexpected(message: &str) -> ApiError {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", message)
    }
}

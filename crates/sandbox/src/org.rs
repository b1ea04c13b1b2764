//! The org itself: its schema, records, sessions, clock and faults, shared by every request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use axum::body::Bytes;
use domain::{Clock, Random, Timestamp};
use http::StatusCode;
use serde_json::Value;

use crate::{
    activity::Activity,
    budget::{ApiBudget, Limits},
    bulk::Jobs,
    clock::{OrgClock, datetime},
    error::ApiError,
    events::{self, Batch, CometdClients, Commit, EventLog, EventTypes},
    faults::Faults,
    oauth::Auth,
    records::{Blob, Blobs, Change, Database, Journal, JournalError, Record, Stamp, Transaction},
    rest::Locators,
    schema::Schema,
    seed::{self, Planting, Progress, Seed},
};

const AUTH_SETTING: &str = "auth";
const PLANTING_SETTING: &str = "planting";
const UNDER_WAY: &str = "under way";
const DONE: &str = "done";

pub(crate) struct Org {
    pub(crate) schema: Arc<Schema>,
    pub(crate) clock: OrgClock,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) faults: Faults,
    pub(crate) budget: Arc<ApiBudget>,
    pub(crate) activity: Activity,
    pub(crate) locators: Locators,
    pub(crate) jobs: Jobs,
    blobs: Blobs,
    pub(crate) switches: Mutex<Switches>,
    pub(crate) events: EventLog,
    pub(crate) event_types: EventTypes,
    pub(crate) cometd: CometdClients,
    auth: Mutex<Auth>,
    database: RwLock<Database>,
    /// Held for a whole transaction, its journal entry included, so that transactions follow one another.
    writer: tokio::sync::Mutex<()>,
    /// Held while sessions and grants are written down, so that an older state never overwrites a newer one.
    auth_writer: tokio::sync::Mutex<()>,
    journal: Option<Journal>,
    seed: Seed,
    settings: Settings,
}

/// What a test can turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Switches {
    /// A refresh hands out a new refresh token and ends the old one.
    pub(crate) rotation: bool,
    /// A new case gets a system feed item without a body, as in an org with feed tracking.
    pub(crate) feed_tracking: bool,
    /// Creates may say who made a record and when, as "Set Audit Fields upon Record Creation" lets them.
    pub(crate) audit_fields: bool,
}

/// How the org is set up at its start, and again after a reset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    pub(crate) rotation: bool,
}

impl Settings {
    fn switches(self) -> Switches {
        Switches { rotation: self.rotation, feed_tracking: false, audit_fields: false }
    }
}

/// Who writes.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    pub(crate) user: String,
    /// The first write finds its row locked.
    pub(crate) lock_row: bool,
}

/// Whether subscribers hear of a transaction. What a new org holds was always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Publishing {
    All,
    Nothing,
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Org {
    /// An org with the records of its journal, or with its seed when there are none.
    ///
    /// # Errors
    /// The journal can't be read or written.
    pub(crate) async fn open(
        schema: Schema,
        journal: Option<Journal>,
        seed: Seed,
        settings: Settings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Arc<Self>, JournalError> {
        let schema = Arc::new(schema);
        let mut database = Database::new(Arc::clone(&schema));
        database.furnish();
        let mut auth = Auth::default();
        let mut events = EventLog::default();
        let mut seeded = false;
        if let Some(journal) = &journal {
            if journal.setting(PLANTING_SETTING).await?.as_deref() == Some(UNDER_WAY) {
                // Killed while it was seeded.
                journal.clear_records().await?;
            }
            let mut last = String::new();
            loop {
                let records = journal.records_after(&last).await?;
                let Some(record) = records.last() else { break };
                record.id().clone_into(&mut last);
                records.into_iter().for_each(|record| database.restore(record));
                seeded = true;
            }
            events = journal.events().await?;
            if let Some(text) = journal.setting(AUTH_SETTING).await? {
                auth = serde_json::from_str(&text)?;
            }
        }
        let event_types = EventTypes::of(&schema);
        let org = Arc::new(Self {
            schema,
            clock: OrgClock::new(clock),
            random,
            faults: Faults::default(),
            budget: Arc::new(ApiBudget::new(settings.limits)),
            activity: Activity::default(),
            locators: Locators::default(),
            switches: Mutex::new(settings.switches()),
            settings,
            events,
            event_types,
            cometd: CometdClients::default(),
            jobs: Jobs::default(),
            blobs: Blobs::default(),
            auth: Mutex::new(auth),
            database: RwLock::new(database),
            writer: tokio::sync::Mutex::new(()),
            auth_writer: tokio::sync::Mutex::new(()),
            journal,
            seed,
        });
        if !seeded {
            org.plant().await?;
        }
        Ok(org)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&Database) -> T) -> T {
        look(&self.database.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn auth(&self) -> MutexGuard<'_, Auth> {
        locked(&self.auth)
    }

    pub(crate) fn switches(&self) -> Switches {
        *locked(&self.switches)
    }

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

    async fn transact_here<T: Send>(
        &self,
        writer: Writer,
        publishing: Publishing,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, ApiError> + Send,
    ) -> Result<T, ApiError> {
        let _writing = self.writer.lock().await;
        let now = self.now();
        let stamp = Stamp {
            now: datetime(now),
            user: writer.user,
            feed_tracking: self.switches().feed_tracking,
            audit_fields: self.switches().audit_fields,
            lock_row: writer.lock_row,
        };
        let (result, changes, batch, blobs, undo) = {
            let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
            let mut transaction = Transaction::begin(&mut database, stamp.clone());
            let result = work(&mut transaction);
            if result.is_err() {
                transaction.roll_back_to(0);
            }
            let changes = transaction.changes();
            let batch = match (&result, publishing) {
                (Ok(_), Publishing::All) => self.batch(&transaction, &stamp.user, now),
                _ => Batch::default(),
            };
            let blobs = transaction.take_blobs();
            (result, changes, batch, blobs, transaction.into_undo())
        };
        if result.is_ok()
            && let Err(error) = self.write_down(&changes, blobs, &batch).await
        {
            tracing::error!(error = &error as &dyn std::error::Error, "journal.write");
            let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
            Transaction::resume(&mut database, stamp, undo).roll_back_to(0);
            return Err(Self::unexpected("the sandbox could not write its data file"));
        }
        self.events.append(batch);
        result
    }

    /// The events a transaction is about to publish. The writer's lock is held.
    fn batch(&self, transaction: &Transaction<'_>, user: &str, now: Timestamp) -> Batch {
        let touched = transaction.touched();
        let published = transaction.published();
        if touched.is_empty() && published.is_empty() {
            return Batch::default();
        }
        let commit = self.commit(user, now);
        let drafts = events::drafts(&self.schema, &self.event_types, &touched, &published, &commit);
        self.events.prepare(drafts, now, || self.random.uuid_v7(now).to_string())
    }

    fn commit(&self, user: &str, now: Timestamp) -> Commit {
        Commit { at: now, user: user.to_owned(), key: self.random.uuid_v7(now).to_string(), number: self.events.last() }
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
        let drafts = drafts(&self.commit(user, now));
        let batch = self.events.prepare(drafts, now, || self.random.uuid_v7(now).to_string());
        if let Some(journal) = &self.journal {
            journal.write(&[], &batch).await?;
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

    /// Bytes first: without the records that refer to them they do no harm.
    async fn write_down(&self, changes: &[Change], blobs: Vec<Blob>, batch: &Batch) -> Result<(), JournalError> {
        self.blobs.keep(self.journal.as_ref(), blobs).await?;
        match &self.journal {
            Some(journal) => journal.write(changes, batch).await,
            None => Ok(()),
        }
    }

    /// The bytes a record's field stands for.
    pub(crate) async fn blob(&self, key: &str) -> Option<Bytes> {
        let found = self.blobs.get(self.journal.as_ref(), key).await;
        found
            .inspect_err(|error| tracing::error!(error = error as &dyn std::error::Error, "journal.read"))
            .ok()
            .flatten()
    }

    fn unexpected(message: &str) -> ApiError {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", message)
    }

    /// Keeps sessions and refresh tokens for the next start.
    pub(crate) async fn keep_auth(&self) {
        let Some(journal) = &self.journal else { return };
        let _writing = self.auth_writer.lock().await;
        let text = serde_json::to_string(&*self.auth());
        let kept = match text {
            Ok(text) => journal.set(AUTH_SETTING, &text).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = kept {
            tracing::error!(error = &error as &dyn std::error::Error, "journal.write");
        }
    }

    /// As on the first start: seed records alone, no faults, a full budget. Who is connected stays connected.
    ///
    /// # Errors
    /// The journal can't be written.
    pub(crate) async fn reset(&self) -> Result<(), JournalError> {
        {
            let _writing = self.writer.lock().await;
            if let Some(journal) = &self.journal {
                journal.clear_records().await?;
            }
            self.blobs.clear(self.journal.as_ref()).await?;
            let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
            database.clear();
            database.furnish();
        }
        self.expire_events().await?;
        self.faults.clear();
        self.budget.reset();
        self.activity.clear();
        self.locators.clear();
        self.jobs.clear();
        self.clock.reset();
        *locked(&self.switches) = self.settings.switches();
        self.plant().await
    }

    /// In several transactions, so that a large seed's undo doesn't stay in memory.
    async fn plant(&self) -> Result<(), JournalError> {
        if let Some(journal) = &self.journal {
            journal.set(PLANTING_SETTING, UNDER_WAY).await?;
        }
        let mut planting = Planting::new(self.seed, self.now());
        loop {
            let writer = Writer { user: seed::ADMIN_ID.to_owned(), lock_row: false };
            match self.transact_here(writer, Publishing::Nothing, |transaction| planting.step(transaction)).await {
                Ok(Progress::More) => {}
                Ok(Progress::Done) => break,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "seed");
                    break;
                }
            }
        }
        if let Some(journal) = &self.journal {
            journal.set(PLANTING_SETTING, DONE).await?;
        }
        Ok(())
    }

    /// An active user by user name, in any case.
    pub(crate) fn user_by_name(&self, username: &str) -> Option<Record> {
        self.read(|database| {
            database
                .records("User")
                .find(|user| {
                    user.get("IsActive") == &Value::Bool(true)
                        && user.text("Username").is_some_and(|name| name.eq_ignore_ascii_case(username))
                })
                .cloned()
        })
    }

    pub(crate) fn user(&self, id: &str) -> Option<Record> {
        self.read(|database| database.get_of("User", id).cloned())
    }

    /// Writes what is pending and lets the file go.
    pub(crate) async fn close(&self) {
        let _writing = self.writer.lock().await;
        if let Some(journal) = &self.journal {
            journal.close().await;
        }
    }

    /// 32 random bytes as unpadded URL-safe base64.
    pub(crate) fn secret(&self) -> String {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

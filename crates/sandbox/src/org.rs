//! The org itself: its schema, records, sessions, clock and faults, shared by every request.

mod planting;
mod settings;
mod transact;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use axum::body::Bytes;
use domain::{Clock, Random, Timestamp};
use serde_json::Value;

pub(crate) use self::{
    settings::{Settings, Switches},
    transact::Writer,
};
use crate::{
    activity::Activity,
    budget::ApiBudget,
    bulk::{self, Jobs},
    clock::OrgClock,
    events::{CometdClients, EventLog, EventTypes, ManagedSubscriptions, Streams},
    faults::Faults,
    lock::locked,
    oauth::Auth,
    records::{Blobs, Database, Emptied, Journal, JournalError, Record},
    rest::Locators,
    schema::Schema,
    seed::Seed,
};

const AUTH_SETTING: &str = "auth";
const CLOCK_SETTING: &str = "clock";
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
    /// What the bin has lost by its age since the last write.
    emptied: Mutex<Emptied>,
    pub(crate) switches: Mutex<Switches>,
    pub(crate) events: EventLog,
    pub(crate) event_types: EventTypes,
    pub(crate) cometd: CometdClients,
    pub(crate) streams: Streams,
    pub(crate) managed: ManagedSubscriptions,
    auth: Mutex<Auth>,
    database: RwLock<Database>,
    /// Held for a whole transaction, its journal entry included, so that transactions follow one another.
    writer: tokio::sync::Mutex<()>,
    /// Held while sessions and the like are written down, so that an older state never overwrites a newer one.
    settings_writer: tokio::sync::Mutex<()>,
    journal: Option<Journal>,
    seed: Seed,
    settings: Settings,
}

impl Org {
    /// The org's own id, 18 characters.
    pub(crate) fn organization_id(&self) -> &str {
        &self.settings.organization
    }

    /// The same in its short form.
    pub(crate) fn short_organization_id(&self) -> &str {
        self.settings.organization.get(..15).unwrap_or_default()
    }

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
        let mut managed = ManagedSubscriptions::restored(None, &schema)?;
        let mut jobs = Jobs::default();
        let mut offset = 0;
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
            journal.sweep_blobs(|key| database.has_bytes(key)).await?;
            events = journal.events().await?;
            jobs = Jobs::restored(journal).await?;
            let kept = journal.setting(ManagedSubscriptions::SETTING).await?;
            managed = ManagedSubscriptions::restored(kept.as_deref(), &schema)?;
            if let Some(text) = journal.setting(AUTH_SETTING).await? {
                auth = serde_json::from_str(&text)?;
            }
            if let Some(text) = journal.setting(CLOCK_SETTING).await? {
                offset = serde_json::from_str(&text)?;
            }
        }
        let event_types = EventTypes::of(&schema);
        let org = Arc::new(Self {
            schema,
            clock: OrgClock::new(clock, offset),
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
            streams: Streams::default(),
            managed,
            jobs,
            blobs: Blobs::default(),
            emptied: Mutex::default(),
            auth: Mutex::new(auth),
            database: RwLock::new(database),
            writer: tokio::sync::Mutex::new(()),
            settings_writer: tokio::sync::Mutex::new(()),
            journal,
            seed,
        });
        if !seeded {
            org.plant().await?;
        }
        bulk::resume(&org);
        Ok(org)
    }

    pub(crate) fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&Database) -> T) -> T {
        let now = self.now();
        {
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            if !database.is_bin_due(now) {
                return look(&database);
            }
        }
        self.empty_bin(&mut self.database.write().unwrap_or_else(PoisonError::into_inner), now);
        look(&self.database.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The bin empties itself by the org's clock, whenever somebody looks; the data file follows with the next write.
    fn empty_bin(&self, database: &mut Database, now: Timestamp) {
        if database.is_bin_due(now) {
            locked(&self.emptied).extend(database.empty_bin(now));
        }
    }

    pub(crate) fn auth(&self) -> MutexGuard<'_, Auth> {
        locked(&self.auth)
    }

    pub(crate) fn switches(&self) -> Switches {
        *locked(&self.switches)
    }

    /// The bytes a record's field stands for.
    pub(crate) async fn blob(&self, key: &str) -> Option<Bytes> {
        let found = self.blobs.get(self.journal.as_ref(), key).await;
        found
            .inspect_err(|error| tracing::error!(error = error as &dyn std::error::Error, "journal.read"))
            .ok()
            .flatten()
    }

    /// Keeps sessions and refresh tokens for the next start.
    pub(crate) async fn keep_auth(&self) {
        if let Err(error) = self.keep(AUTH_SETTING, || serde_json::to_string(&*self.auth())).await {
            tracing::error!(error = &error as &dyn std::error::Error, "journal.write");
        }
    }

    /// Moves the clock forward, and keeps that: what was written in its future stays in the past of every later write.
    ///
    /// # Errors
    /// The data file can't be written; the clock has moved all the same.
    pub(crate) async fn advance_clock(&self, by: Duration) -> Result<(), JournalError> {
        self.clock.advance(by);
        self.keep_clock().await
    }

    async fn keep_clock(&self) -> Result<(), JournalError> {
        self.keep(CLOCK_SETTING, || serde_json::to_string(&self.clock.offset())).await
    }

    /// Writes a setting down as it is when its turn has come.
    ///
    /// # Errors
    /// The data file can't be written.
    pub(crate) async fn keep(
        &self,
        name: &str,
        text: impl FnOnce() -> Result<String, serde_json::Error>,
    ) -> Result<(), JournalError> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let _writing = self.settings_writer.lock().await;
        let text = text()?;
        journal.set(name, &text).await
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

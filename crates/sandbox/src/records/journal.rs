//! The file behind the memory: every committed record, written before the commit is answered, so that it outlives a killed process.

use std::path::Path;

use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Change, Record};
use crate::{
    bulk,
    events::{Batch, EventBounds, EventLog},
};

const SET: &str =
    "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
const EVENT_BOUNDS: &str = "events";

/// Read or written by one statement.
const ROWS_AT_A_TIME: i64 = 2_000;

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("another program has the data file open, perhaps another sandbox org; stop that one, or name another file")]
    InUse,
    #[error("the data file could not be read or written")]
    Database(#[source] sqlx::Error),
    #[error("a record in the data file can't be understood; delete the file to start afresh")]
    Record(#[from] serde_json::Error),
}

/// SQLite's word for a file that somebody else has locked.
const BUSY: i32 = 5;

impl From<sqlx::Error> for JournalError {
    fn from(error: sqlx::Error) -> Self {
        // The low byte is the error itself, the others say more of it.
        let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
        if code.is_some_and(|code| code & 0xff == BUSY) { Self::InUse } else { Self::Database(error) }
    }
}

/// An SQLite file with a row for each record.
#[derive(Clone)]
pub(crate) struct Journal {
    pub(crate) pool: SqlitePool,
}

impl Journal {
    /// Opens or makes the file, for this program alone: two that wrote one file would each hold half of the org. One that is just
    /// ending is waited for a moment.
    ///
    /// # Errors
    /// The file can't be opened, isn't a sandbox's, or is another program's.
    pub(crate) async fn open(path: &Path) -> Result<Self, JournalError> {
        // Written ahead and synced at checkpoints: safe from a killed process, which is what is promised.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .locking_mode(SqliteLockingMode::Exclusive)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        sqlx::query("CREATE TABLE IF NOT EXISTS record (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID")
            .execute(&pool)
            .await?;
        sqlx::query("CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
            .execute(&pool)
            .await?;
        sqlx::query("CREATE TABLE IF NOT EXISTS event (replay_id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
            .execute(&pool)
            .await?;
        sqlx::query("CREATE TABLE IF NOT EXISTS blob (key TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID")
            .execute(&pool)
            .await?;
        for table in bulk::TABLES {
            sqlx::query(table).execute(&pool).await?;
        }
        Ok(Self { pool })
    }

    /// Up to so many records that come after an id, in the order of ids.
    pub(crate) async fn records_after(&self, id: &str) -> Result<Vec<Record>, JournalError> {
        let rows = sqlx::query("SELECT body FROM record WHERE id > ? ORDER BY id LIMIT ?")
            .bind(id)
            .bind(ROWS_AT_A_TIME)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(serde_json::from_str(row.try_get::<&str, _>(0)?)?)).collect()
    }

    /// The event log as it was kept.
    pub(crate) async fn events(&self) -> Result<EventLog, JournalError> {
        let Some(bounds) = self.setting(EVENT_BOUNDS).await? else { return Ok(EventLog::default()) };
        let rows = sqlx::query("SELECT body FROM event ORDER BY replay_id").fetch_all(&self.pool).await?;
        let events = rows.iter().map(|row| Ok(serde_json::from_str(row.try_get::<&str, _>(0)?)?));
        Ok(EventLog::restored(serde_json::from_str(&bounds)?, events.collect::<Result<_, JournalError>>()?))
    }

    /// Keeps where the event log begins and ends, and forgets what lies before.
    pub(crate) async fn bound_events(&self, bounds: EventBounds) -> Result<(), JournalError> {
        sqlx::query("DELETE FROM event WHERE replay_id <= ?").bind(bounds.expired()).execute(&self.pool).await?;
        self.set(EVENT_BOUNDS, &serde_json::to_string(&bounds)?).await
    }

    /// Writes what one transaction did: its records and events, and how far it brought a bulk job. All or none.
    pub(crate) async fn write(
        &self,
        changes: &[Change],
        events: &Batch,
        chunk: Option<&bulk::Chunk>,
    ) -> Result<(), JournalError> {
        if changes.is_empty() && events.is_empty() && chunk.is_none() {
            return Ok(());
        }
        let mut transaction = self.pool.begin().await?;
        if let Some(chunk) = chunk {
            bulk::write_chunk(&mut transaction, chunk).await?;
        }
        if !events.is_empty() {
            for row in events.rows()? {
                sqlx::query("INSERT INTO event (replay_id, body) VALUES (?, ?)")
                    .bind(row.replay_id)
                    .bind(row.body)
                    .execute(&mut *transaction)
                    .await?;
            }
            let bounds = events.bounds();
            sqlx::query("DELETE FROM event WHERE replay_id <= ?")
                .bind(bounds.expired())
                .execute(&mut *transaction)
                .await?;
            sqlx::query(SET)
                .bind(EVENT_BOUNDS)
                .bind(serde_json::to_string(&bounds)?)
                .execute(&mut *transaction)
                .await?;
        }
        for changes in changes.chunks(usize::try_from(ROWS_AT_A_TIME).unwrap_or(1)) {
            // One statement for many rows: a statement each would take a seed of a million records ten times as long.
            let (mut written, mut removed) = (Vec::new(), Vec::new());
            for change in changes {
                match &change.record {
                    Some(record) => written.push((&change.id, serde_json::to_string(record)?)),
                    None => removed.push(&change.id),
                }
            }
            if !written.is_empty() {
                // WHERE true keeps SQLite from reading ON as a join's.
                sqlx::query(
                    "INSERT INTO record (id, body) SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
                     ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                )
                .bind(serde_json::to_string(&written)?)
                .execute(&mut *transaction)
                .await?;
            }
            if !removed.is_empty() {
                sqlx::query("DELETE FROM record WHERE id IN (SELECT value FROM json_each(?))")
                    .bind(serde_json::to_string(&removed)?)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    pub(crate) async fn clear_records(&self) -> Result<(), JournalError> {
        sqlx::query("DELETE FROM record").execute(&self.pool).await?;
        Ok(())
    }

    pub(crate) async fn setting(&self, name: &str) -> Result<Option<String>, JournalError> {
        let row = sqlx::query("SELECT value FROM setting WHERE name = ?").bind(name).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    pub(crate) async fn set(&self, name: &str, value: &str) -> Result<(), JournalError> {
        sqlx::query(SET).bind(name).bind(value).execute(&self.pool).await?;
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

//! Where the bytes of files are kept: in the data file when there is one, else in memory.

use std::{collections::HashMap, sync::Mutex};

use axum::body::Bytes;
use sqlx::Row;

use super::{Journal, JournalError, files::Blob};
use crate::lock::locked;

#[derive(Default)]
pub(crate) struct Blobs {
    memory: Mutex<HashMap<String, Bytes>>,
}

impl Blobs {
    /// Before the records that refer to them: bytes without a record do no harm.
    ///
    /// # Errors
    /// The data file can't be written.
    pub(crate) async fn keep(&self, journal: Option<&Journal>, blobs: Vec<Blob>) -> Result<(), JournalError> {
        if let Some(journal) = journal {
            return journal.write_blobs(&blobs).await;
        }
        locked(&self.memory).extend(blobs.into_iter().map(|blob| (blob.key, blob.bytes.into())));
        Ok(())
    }

    /// After the records that referred to them.
    ///
    /// # Errors
    /// The data file can't be written.
    pub(crate) async fn let_go(&self, journal: Option<&Journal>, keys: &[String]) -> Result<(), JournalError> {
        if let Some(journal) = journal {
            return journal.remove_blobs(keys).await;
        }
        let mut memory = locked(&self.memory);
        for key in keys {
            memory.remove(key);
        }
        Ok(())
    }

    /// # Errors
    /// The data file can't be read.
    pub(crate) async fn get(&self, journal: Option<&Journal>, key: &str) -> Result<Option<Bytes>, JournalError> {
        match journal {
            Some(journal) => journal.blob(key).await,
            None => Ok(locked(&self.memory).get(key).cloned()),
        }
    }

    /// # Errors
    /// The data file can't be written.
    pub(crate) async fn clear(&self, journal: Option<&Journal>) -> Result<(), JournalError> {
        locked(&self.memory).clear();
        if let Some(journal) = journal {
            sqlx::query("DELETE FROM blob").execute(&journal.pool).await?;
        }
        Ok(())
    }
}

impl Journal {
    async fn write_blobs(&self, blobs: &[Blob]) -> Result<(), JournalError> {
        if blobs.is_empty() {
            return Ok(());
        }
        let mut transaction = self.pool.begin().await?;
        for blob in blobs {
            sqlx::query("INSERT INTO blob (key, bytes) VALUES (?, ?) ON CONFLICT (key) DO NOTHING")
                .bind(&blob.key)
                .bind(&blob.bytes)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn remove_blobs(&self, keys: &[String]) -> Result<(), JournalError> {
        if keys.is_empty() {
            return Ok(());
        }
        sqlx::query("DELETE FROM blob WHERE key IN (SELECT value FROM json_each(?))")
            .bind(serde_json::to_string(keys)?)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Removes bytes that a killed process left without a record.
    ///
    /// # Errors
    /// The data file can't be read or written.
    pub(crate) async fn sweep_blobs(&self, is_used: impl Fn(&str) -> bool) -> Result<(), JournalError> {
        let rows = sqlx::query("SELECT key FROM blob").fetch_all(&self.pool).await?;
        let mut unused = Vec::new();
        for row in rows {
            let key: String = row.try_get(0)?;
            if !is_used(&key) {
                unused.push(key);
            }
        }
        self.remove_blobs(&unused).await
    }

    async fn blob(&self, key: &str) -> Result<Option<Bytes>, JournalError> {
        let row = sqlx::query("SELECT bytes FROM blob WHERE key = ?").bind(key).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get::<Vec<u8>, _>(0)).transpose()?.map(Bytes::from))
    }
}

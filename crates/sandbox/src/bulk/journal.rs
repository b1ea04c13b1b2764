//! Jobs in the data file: a row for each job and batch, what was sent in pieces, and what became of its rows in the chunks
//! they were saved in, each written in the transaction that saved them.

use std::{collections::HashMap, sync::Arc};

use axum::body::Bytes;
use sqlx::{Row, SqliteConnection};

use super::{
    job::{Batch, Job},
    shelf::{Chunk, Upload},
};
use crate::records::{Journal, JournalError};

pub(crate) const TABLES: [&str; 4] = [
    "CREATE TABLE IF NOT EXISTS bulk_job (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS bulk_batch (id TEXT PRIMARY KEY, job TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS bulk_upload
     (batch TEXT NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (batch, number))",
    "CREATE TABLE IF NOT EXISTS bulk_chunk
     (batch TEXT NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, failed INTEGER NOT NULL, body TEXT NOT NULL,
      PRIMARY KEY (batch, first))",
];

/// The last number that was made an id of.
const LAST_SETTING: &str = "bulk";
/// SQLite copies what it is given, so it is given a little at a time.
const PIECE: usize = 1 << 20;

fn counted(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Writes down what a transaction did to the rows of a batch.
///
/// # Errors
/// The data file can't be written.
pub(crate) async fn write_chunk(connection: &mut SqliteConnection, chunk: &Chunk) -> Result<(), JournalError> {
    sqlx::query("INSERT INTO bulk_chunk (batch, first, count, failed, body) VALUES (?, ?, ?, ?, ?)")
        .bind(&chunk.batch)
        .bind(number(chunk.first))
        .bind(number(chunk.count))
        .bind(number(chunk.failed))
        .bind(&chunk.text)
        .execute(connection)
        .await?;
    Ok(())
}

impl Journal {
    /// Jobs in the order they were made, and the last number that was made an id of.
    pub(super) async fn jobs(&self) -> Result<(Vec<Job>, u64), JournalError> {
        // Written by a transaction that was under way when its job was deleted.
        for table in ["bulk_chunk", "bulk_upload"] {
            let orphans = format!("DELETE FROM {table} WHERE batch NOT IN (SELECT id FROM bulk_batch)");
            sqlx::query(sqlx::AssertSqlSafe(orphans)).execute(&self.pool).await?;
        }
        let counts =
            sqlx::query("SELECT batch, SUM(count), SUM(failed) FROM bulk_chunk GROUP BY batch").fetch_all(&self.pool);
        let counts: HashMap<String, (i64, i64)> = counts
            .await?
            .iter()
            .map(|row| Ok((row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?))))
            .collect::<Result<_, sqlx::Error>>()?;
        let rows = sqlx::query("SELECT body FROM bulk_job ORDER BY id").fetch_all(&self.pool).await?;
        let mut jobs = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut job: Job = serde_json::from_str(row.try_get::<&str, _>(0)?)?;
            job.batches = self.batches(&job.id, &counts).await?;
            jobs.push(job);
        }
        let last = self.setting(LAST_SETTING).await?;
        Ok((jobs, last.and_then(|text| text.parse().ok()).unwrap_or_default()))
    }

    async fn batches(&self, job: &str, counts: &HashMap<String, (i64, i64)>) -> Result<Vec<Batch>, JournalError> {
        let rows = sqlx::query("SELECT body FROM bulk_batch WHERE job = ? ORDER BY id").bind(job).fetch_all(&self.pool);
        let read = |row: &sqlx::sqlite::SqliteRow| {
            let mut batch: Batch = serde_json::from_str(row.try_get::<&str, _>(0)?)?;
            if let Some((processed, failed)) = counts.get(&batch.id) {
                (batch.processed, batch.failed) = (counted(*processed), counted(*failed));
            }
            Ok(batch)
        };
        rows.await?.iter().map(read).collect()
    }

    /// All of it or nothing.
    pub(super) async fn keep_job(
        &self,
        job: &Job,
        batches: impl Iterator<Item = &Batch>,
        uploads: &[Upload],
        chunks: &[Chunk],
        last: u64,
    ) -> Result<(), JournalError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO bulk_job (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        )
        .bind(&job.id)
        .bind(serde_json::to_string(job)?)
        .execute(&mut *transaction)
        .await?;
        for batch in batches {
            sqlx::query(
                "INSERT INTO bulk_batch (id, job, body) VALUES (?, ?, ?)
                 ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            )
            .bind(&batch.id)
            .bind(&job.id)
            .bind(serde_json::to_string(batch)?)
            .execute(&mut *transaction)
            .await?;
        }
        for upload in uploads {
            for (index, piece) in upload.content.chunks(PIECE).enumerate() {
                sqlx::query("INSERT INTO bulk_upload (batch, number, bytes) VALUES (?, ?, ?)")
                    .bind(&upload.batch)
                    .bind(number(index))
                    .bind(piece)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        for chunk in chunks {
            write_chunk(&mut transaction, chunk).await?;
        }
        sqlx::query(
            "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(LAST_SETTING)
        .bind(last.to_string())
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    pub(super) async fn forget_job(&self, job: &str) -> Result<(), JournalError> {
        let mut transaction = self.pool.begin().await?;
        for statement in [
            "DELETE FROM bulk_chunk WHERE batch IN (SELECT id FROM bulk_batch WHERE job = ?)",
            "DELETE FROM bulk_upload WHERE batch IN (SELECT id FROM bulk_batch WHERE job = ?)",
            "DELETE FROM bulk_batch WHERE job = ?",
            "DELETE FROM bulk_job WHERE id = ?",
        ] {
            sqlx::query(statement).bind(job).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    pub(super) async fn forget_jobs(&self) -> Result<(), JournalError> {
        let mut transaction = self.pool.begin().await?;
        for statement in
            ["DELETE FROM bulk_chunk", "DELETE FROM bulk_upload", "DELETE FROM bulk_batch", "DELETE FROM bulk_job"]
        {
            sqlx::query(statement).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    pub(super) async fn upload(&self, batch: &str) -> Result<Bytes, JournalError> {
        let length = sqlx::query("SELECT COALESCE(SUM(LENGTH(bytes)), 0) FROM bulk_upload WHERE batch = ?").bind(batch);
        let length: i64 = length.fetch_one(&self.pool).await?.try_get(0)?;
        let mut content = Vec::with_capacity(counted(length));
        let pieces = "SELECT bytes FROM bulk_upload WHERE batch = ? AND number = ?";
        while content.len() < counted(length) {
            let piece = sqlx::query(pieces).bind(batch).bind(number(content.len() / PIECE));
            content.extend_from_slice(piece.fetch_one(&self.pool).await?.try_get(0)?);
        }
        Ok(content.into())
    }

    /// The first row and the text of the chunk that holds a row.
    pub(super) async fn chunk_of(&self, batch: &str, row: usize) -> Result<Option<(usize, Arc<str>)>, JournalError> {
        let query = "SELECT first, body FROM bulk_chunk WHERE batch = ? AND first <= ? ORDER BY first DESC LIMIT 1";
        let found = sqlx::query(query).bind(batch).bind(number(row)).fetch_optional(&self.pool).await?;
        let read = |row: sqlx::sqlite::SqliteRow| Ok((counted(row.try_get(0)?), row.try_get::<&str, _>(1)?.into()));
        found.map(read).transpose()
    }
}

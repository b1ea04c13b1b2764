//! What is too much to be held for every job: what was sent, and what became of it. It is kept in the data file when there
//! is one, else in memory.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::{Arc, Mutex},
};

use axum::body::Bytes;
use futures::Stream;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    lock::locked,
    org::Org,
    records::{Journal, JournalError},
};

/// The content of a batch, to be kept with the batch itself.
pub(super) struct Upload {
    pub(super) batch: String,
    pub(super) content: Bytes,
}

/// What became of some rows of a batch that follow one another: outcomes of a load, or what a query found.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    pub(super) job: String,
    pub(super) batch: String,
    /// The number of its first row, counted from 0.
    pub(super) first: usize,
    pub(super) count: usize,
    pub(super) failed: usize,
    /// A JSON array with an element for each row.
    pub(super) text: String,
}

impl Chunk {
    pub(super) fn of<T: Serialize>(
        job: &str,
        batch: &str,
        first: usize,
        rows: &[T],
        failed: usize,
    ) -> Result<Self, JournalError> {
        let text = serde_json::to_string(rows)?;
        Ok(Self { job: job.to_owned(), batch: batch.to_owned(), first, count: rows.len(), failed, text })
    }
}

#[derive(Default)]
pub(super) struct Shelf {
    memory: Mutex<HashMap<String, Shelved>>,
}

#[derive(Default)]
struct Shelved {
    content: Bytes,
    /// By their first row.
    chunks: BTreeMap<usize, Arc<str>>,
}

impl Shelf {
    pub(super) fn put_upload(&self, upload: Upload) {
        locked(&self.memory).entry(upload.batch).or_default().content = upload.content;
    }

    pub(super) fn put_chunk(&self, chunk: Chunk) {
        locked(&self.memory).entry(chunk.batch).or_default().chunks.insert(chunk.first, chunk.text.into());
    }

    pub(super) fn remove(&self, batch: &str) {
        locked(&self.memory).remove(batch);
    }

    pub(super) fn clear(&self) {
        locked(&self.memory).clear();
    }

    /// As it was sent: rows, or a query.
    pub(super) async fn content(&self, journal: Option<&Journal>, batch: &str) -> Result<Bytes, JournalError> {
        match journal {
            Some(journal) => journal.upload(batch).await,
            None => Ok(locked(&self.memory).get(batch).map(|shelved| shelved.content.clone()).unwrap_or_default()),
        }
    }

    /// The first row and the text of the chunk that holds a row.
    async fn chunk_of(
        &self,
        journal: Option<&Journal>,
        batch: &str,
        row: usize,
    ) -> Result<Option<(usize, Arc<str>)>, JournalError> {
        if let Some(journal) = journal {
            return journal.chunk_of(batch, row).await;
        }
        let memory = locked(&self.memory);
        let found = memory.get(batch).and_then(|shelved| shelved.chunks.range(..=row).next_back());
        Ok(found.map(|(first, text)| (*first, Arc::clone(text))))
    }
}

/// What became of a batch's rows, read chunk by chunk while it is sent off.
pub(super) fn rows_of<T: DeserializeOwned + Send>(
    org: Arc<Org>,
    batch: String,
    range: Range<usize>,
) -> impl Stream<Item = Result<Vec<T>, JournalError>> + Send {
    async_stream::try_stream! {
        let mut at = range.start;
        while at < range.end {
            let Some((first, text)) = org.jobs.shelf.chunk_of(org.journal(), &batch, at).await? else { break };
            let rows: Vec<T> = serde_json::from_str(&text)?;
            let until = range.end.min(first + rows.len());
            if until <= at {
                break;
            }
            let rows = rows.into_iter().take(until - first).skip(at - first).collect();
            at = until;
            yield rows;
        }
    }
}

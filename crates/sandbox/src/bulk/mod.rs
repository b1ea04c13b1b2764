//! Bulk loads and extracts: jobs that run in the background, record after record in small transactions.
//!
//! [`v1`] and [`v2`] are the two interfaces; a job of the second is a job of the first with one batch.

mod chunking;
mod extract;
pub(crate) mod fuzzing;
mod job;
mod jobs;
mod journal;
mod load;
mod shelf;
mod table;
mod task;
mod v1;
mod v2;
mod work;
mod xml;

pub(crate) use jobs::{Jobs, resume};
pub(crate) use journal::{TABLES, write_chunk};
pub(crate) use shelf::Chunk;
pub(crate) use v1::routes;
pub(crate) use v2::{JobCall, answer, too_large, unread};

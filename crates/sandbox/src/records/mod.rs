//! What the org holds: typed records in memory with indexes, changed in transactions that validate as Salesforce does.

mod activity;
mod behaviour;
mod blobs;
mod check;
mod coerce;
mod compound;
mod database;
mod defaults;
mod delete;
mod files;
mod index;
mod journal;
mod record;
mod recycle_bin;
mod repeated;
mod sales;
mod save;
mod sorted;
mod transaction;
mod words;

pub(crate) use blobs::Blobs;
pub(crate) use check::is_audit_field;
pub use database::Database;
pub(crate) use database::{FURNISHED_AT, make_id};
pub(crate) use files::Blob;
pub(crate) use journal::Journal;
pub use journal::JournalError;
pub use record::Record;
pub(crate) use recycle_bin::Emptied;
pub(crate) use repeated::Repeated;
pub(crate) use transaction::{Authority, Change, Published, Stamp, Touched, Transaction, Upserted};

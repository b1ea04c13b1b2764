//! What a store promises, asked of SQLite and PostgreSQL alike.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod access_tokens;
mod case_handling;
mod cases;
mod catalogue;
mod connections;
mod deliveries;
mod history_loads;
mod imports;
mod org;
mod people;
mod posts;
mod revision;
mod search;
mod settings;
mod transactions;
mod world;

//! The client against small servers of its own: what is on the wire, and what becomes of it when the wire breaks.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's own servers fail the test when they fail")]

mod bulk;
mod collections;
mod composite;
mod oauth;
mod org;
mod query;
mod records;
mod session;
mod tls;
mod trouble;

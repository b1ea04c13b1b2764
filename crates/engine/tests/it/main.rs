//! The engine on both databases, without mocks: where the org comes into it, it is the sandbox org.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that can't go on fails")]

mod access;
mod cases;
mod catalogue;
mod catalogue_in_org;
mod connection;
mod delivery;
mod drafts;
mod history;
mod hostile_text;
mod identity;
mod old_orgs;
mod polling;
mod portal;
mod posting;
mod tokens;
mod trouble;
mod worker;

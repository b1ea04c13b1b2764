//! The engine on both databases, without mocks: where the org comes into it, it is the sandbox org.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that can't go on fails")]

mod access;
mod cases;
mod catalogue;
mod catalogue_in_org;
mod connection;
mod delivery;
mod drafts;
mod gone;
mod handling;
mod history;
mod hostile_text;
mod identity;
mod keeping;
mod old_orgs;
mod other_org;
mod polling;
mod portal;
mod posting;
mod preflight;
mod tokens;
mod trouble;
mod unlabelled;
mod windows;
mod worker;

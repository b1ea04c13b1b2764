//! The engine on both databases, without mocks.

mod access;
mod catalogue;
mod drafts;
mod identity;
mod portal;
mod posting;

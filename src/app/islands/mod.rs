//! What runs in the browser, too. One island: the conversation.

mod ask;
pub mod conversation;
mod wire;

pub use conversation::{CASES_PART, Conversation, HANDLING_PART, ORG_PART, OrgLink, Reader, Seed};

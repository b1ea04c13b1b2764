//! What runs in the browser, too. One island: the conversation.

mod ask;
pub mod conversation;
mod wire;

pub use conversation::{Conversation, OrgLink, Reader, Seed};

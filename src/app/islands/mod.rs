//! What runs in the browser, too. One island: the conversation.

pub mod conversation;

pub use conversation::{Conversation, OrgLink, Reader};

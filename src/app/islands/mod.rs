//! What runs in the browser, too. Two islands: the conversation, and one that keeps a page's parts up to date.

mod ask;
pub mod conversation;
pub mod parts;
mod wire;

pub use conversation::{Conversation, OrgLink, Reader, Seed};
pub use parts::Following;

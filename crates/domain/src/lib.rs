//! Pure types and rules shared by server and browser: ids, roles, visibility, limits, the comment format.
//!
//! Nothing here does I/O. Without the `server` feature the crate compiles to wasm and carries no calendar,
//! no randomness and no regular expressions.

mod catalogue;
mod comment;
mod ids;
mod person;
mod salesforce_id;
mod scope;
mod text;
mod thread;
mod time;

#[cfg(feature = "server")]
mod environment;

pub use catalogue::{CourseKey, IsNew, OfacDecision, OrganizationKey, RunKey, RunStatus};
pub use comment::{AuthorLabel, CommentBody, FEED_ITEM_MAX_CHARS, FeedText, ParsedFeedText};
pub use ids::{
    AccessTokenId, CaseId, ConnectionId, CourseId, CourseRunId, DeliveryId, HistoryLoadId, OrganizationId, PostId,
    PostKey, UserId,
};
pub use person::{Email, PersonName, Role, Username};
pub use salesforce_id::SalesforceId;
pub use scope::{Scope, Scopes};
pub use text::{Invalid, KeyText};
pub use thread::{Answered, CasePlace, Composer, PostSource, PostState, RunOption, Thread, ThreadPost, Visibility};
pub use time::Timestamp;

#[cfg(feature = "server")]
pub use environment::{Clock, ManualClock, Random, SeededRandom, SystemClock, SystemRandom};

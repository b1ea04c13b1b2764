//! Use cases: threads, catalogue, identity, the connection to the org, and the work that keeps both sides in step. Every use
//! case takes an [`Actor`] and decides here, in `access`, whether it may go ahead; callers only extract and map.

mod access;
mod actor;
mod cases;
mod catalogue;
mod comments;
mod crm;
mod drafts;
mod engine;
mod error;
mod facts;
mod feed_text;
mod health;
mod identity;
mod live;
mod options;
mod page;
mod posting;
mod sync;
mod threads;
mod time_text;
mod tokens;
mod views;

pub use actor::Actor;
pub use cases::{CaseDetail, NewCaseInput, NewPost, PostPage};
pub use catalogue::{CourseEntry, RunEntry};
pub use comments::{Comment, CommentUser, NewCourseComment};
pub use engine::Engine;
pub use error::{Error, Public, PublicKind};
pub use identity::NewPerson;
pub use options::{EngineOptions, Limits, OrgGrant, OrgOptions, UnusableOrg};
pub use page::{PAGE_MOST, PAGE_USUAL, Page, PageRequest};
pub use sync::{CourseProof, HistoryProgress, HistoryReport, HistoryStep, HistoryWatch, Reject, Tally};
pub use tokens::{Bearer, NewToken, TokenState, TokenView};
pub use views::{
    BeginConnect, CaseView, ConnectionState, ConnectionView, CourseFilter, CourseInput, CourseList, CourseSummary,
    CourseView, DatabaseState, DraftText, Health, ImportCount, ImportReport, NewComment, OrgState, OrganizationView,
    PollOutcome, PollReport, RunInput, RunView, Saved, Wait,
};

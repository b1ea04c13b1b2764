//! Use cases: threads, catalogue, identity, the connection to the org, and the work that keeps both sides in step. Every use
//! case takes an [`Actor`] and decides here, in `access`, whether it may go ahead; callers only extract and map.

mod access;
mod actor;
mod case_list;
mod cases;
mod catalogue;
mod comments;
mod crm;
mod drafts;
mod engine;
mod error;
mod excerpt;
mod facts;
mod feed_text;
mod handling;
mod health;
mod identity;
mod json;
mod live;
mod options;
mod org_dates;
mod outbox;
mod page;
mod people;
mod posting;
mod preflight;
mod settings;
mod sync;
mod threads;
mod time_text;
mod tokens;
mod views;
mod window;

pub use actor::Actor;
pub use cases::{CaseDetail, NewCaseInput, NewPost, PostPage};
pub use catalogue::{CourseEntry, OrganizationEntry, RunEntry};
pub use comments::{Comment, CommentUser, NewCourseComment};
pub use drafts::CaseDraft;
pub use engine::Engine;
pub use error::{Error, Public, PublicKind};
pub use identity::NewPerson;
pub use json::{JsonProblem, read_json};
pub use options::{EngineOptions, Limits, OrgGrant, OrgOptions, UnusableOrg};
pub use page::{PAGE_MOST, PAGE_USUAL, Page, PageRequest};
pub use people::PeopleReport;
pub use sync::{
    CourseProof, HistoryLoadState, HistoryLoadView, HistoryLoading, HistoryProgress, HistoryReport, HistoryStep,
    HistoryUpload, HistoryWatch, Reject, RejectFile, Tally,
};
pub use tokens::{Bearer, NewToken, OwnedToken, OwnedTokens, TokenState, TokenView};
pub use views::{
    ApiCalls, BeginConnect, BelongingCount, CaseFilter, CaseState, CaseView, CatalogueCourses, CatalogueOrganization,
    CatalogueOrganizations, CatalogueRun, Connecting, ConnectionState, ConnectionView, CourseFilter, CourseInput,
    CourseList, CoursePage, CourseSummary, CourseView, DatabaseState, DeadDeliveries, DeadDelivery, DeadSubject,
    DeletedRecords, DraftText, Finding, HandlingView, Health, ImportCount, ImportMode, ImportReport, NewComment,
    OrgState, OrganizationPage, OrganizationView, OtherOrg, OwnerOption, Person, PollOutcome, PollReport, Preflight,
    RecordState, RunInput, RunView, Saved, Severity, StatusOption, UnlabelledPosts, Wait,
};
pub use window::Window;

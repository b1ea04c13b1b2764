//! Both directions between the portal and the org: deliveries out, polling in, and the state they share.

mod ancestors;
mod breaker;
mod case_delivery;
mod case_values;
mod catalogue;
mod course_organizations;
mod deliver;
mod ensure;
mod gone;
mod history;
mod kind;
mod ledger;
mod merge;
mod needs;
mod old_cases;
mod poll;
mod post;
mod records;
mod rich_text;
mod rows;
mod session;
mod sources;
mod standing;
mod worker;

pub(crate) use gone::says_gone;
pub(crate) use history::Uploads;
pub use history::{
    CourseProof, HistoryLoadState, HistoryLoadView, HistoryLoading, HistoryProgress, HistoryReport, HistoryStep,
    HistoryUpload, HistoryWatch, Reject, RejectFile, Tally,
};
pub(crate) use kind::DeliveryKind;
pub(crate) use needs::{FieldNeed, ObjectNeed, Serves, Written, needs};
pub(crate) use session::{Org, OrgSession};
pub(crate) use sources::FEED_SOURCES;
pub(crate) use standing::OrgStanding;
pub(crate) use worker::{ExpectedOutcome, Outcomes, Settled, Worker};

//! Both directions between the portal and the org: deliveries out, polling in, and the state they share.

mod ancestors;
mod breaker;
mod catalogue;
mod course_organizations;
mod deliver;
mod ensure;
mod history;
mod kind;
mod ledger;
mod merge;
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

pub use history::{CourseProof, HistoryProgress, HistoryReport, HistoryStep, HistoryWatch, Reject, Tally};
pub(crate) use kind::DeliveryKind;
pub(crate) use session::Org;
pub(crate) use standing::OrgStanding;
pub(crate) use worker::{ExpectedOutcome, Outcomes, Settled, Worker};

//! Both directions between the portal and the org: deliveries out, polling in, and the state they share.

mod ancestors;
mod breaker;
mod deliver;
mod ledger;
mod merge;
mod poll;
mod rich_text;
mod rows;
mod session;
mod sources;
mod standing;
mod worker;

pub(crate) use session::Org;
pub(crate) use standing::OrgStanding;
pub(crate) use worker::{ExpectedOutcome, Outcomes, Settled, Worker};

/// The kind of a delivery that carries a post.
pub(crate) const DELIVER_POST: &str = "post";

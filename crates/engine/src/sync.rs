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
mod worker;

use domain::Timestamp;

pub(crate) use session::Org;
pub(crate) use worker::{ExpectedOutcome, Outcomes, Settled, Worker};

use crate::{Engine, Error, OrgState};

/// The kind of a delivery that carries a post.
pub(crate) const DELIVER_POST: &str = "post";

/// How things stand with the org, and how old the replica is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrgStanding {
    pub(crate) state: OrgState,
    /// When the org was last read to its end.
    pub(crate) read_at: Option<Timestamp>,
}

/// Polls that may be missed before a thread counts as behind.
const POLLS_MISSED: u32 = 3;

impl Engine {
    pub(crate) async fn org_standing(&self) -> Result<OrgStanding, Error> {
        let Some(org) = &self.org else {
            return Ok(OrgStanding { state: OrgState::NotConfigured, read_at: None });
        };
        let reader = self.store.read();
        let Some(connection) = reader.connections().latest().await? else {
            return Ok(OrgStanding { state: OrgState::Disconnected, read_at: None });
        };
        let read_at = reader.cursors().oldest_read_at(&connection.org_id).await?.filter(|at| at.as_micros() > 0);
        let now = self.clock.now();
        let patience = org.options.poll_interval.saturating_mul(POLLS_MISSED);
        let state = if connection.state != store::ConnectionState::Connected {
            OrgState::Disconnected
        } else if org.breaker.passage(now) != breaker::Passage::Free
            || now.since(read_at.unwrap_or(connection.created_at)) > patience
        {
            OrgState::Behind
        } else {
            OrgState::Connected
        };
        Ok(OrgStanding { state, read_at })
    }
}

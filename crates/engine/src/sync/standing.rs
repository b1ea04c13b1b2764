//! How things stand with the org, for the banner and the "as of" line of a page. Nobody's rights hang on it, so what the
//! database says is asked for at most once a second; what this process itself changes is seen at once.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::Timestamp;
use store::Reading;

use crate::{Engine, Error, OrgState};

/// How things stand with the org, and how old the replica is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrgStanding {
    pub(crate) state: OrgState,
    /// When the org was last read to its end.
    pub(crate) read_at: Option<Timestamp>,
}

/// Polls that may be missed before a thread counts as behind.
const POLLS_MISSED: u32 = 3;

const ASKED_EVERY: Duration = Duration::from_secs(1);

/// What the database last said, and when.
#[derive(Default)]
pub(crate) struct LastStanding(Mutex<Option<(Timestamp, Stored)>>);

#[derive(Clone, Copy)]
struct Stored {
    connection: Connection,
    reading: Option<Reading>,
}

#[derive(Clone, Copy)]
enum Connection {
    None,
    /// Ended, or paused until an admin connects again.
    Unusable,
    OtherOrg,
    Made {
        at: Timestamp,
    },
}

impl LastStanding {
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn at(&self, now: Timestamp) -> Option<Stored> {
        let held = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.filter(|(asked, _)| now.since(*asked) < ASKED_EVERY).map(|(_, stored)| stored)
    }

    fn keep(&self, now: Timestamp, stored: Stored) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, stored));
    }
}

impl Engine {
    pub(crate) async fn org_standing(&self) -> Result<OrgStanding, Error> {
        let Some(org) = &self.org else {
            return Ok(OrgStanding { state: OrgState::NotConfigured, read_at: None });
        };
        let now = self.clock.now();
        let Stored { connection, reading } = match org.standing.at(now) {
            Some(stored) => stored,
            None => {
                let stored = self.stored_standing().await?;
                org.standing.keep(now, stored);
                stored
            }
        };
        let read_at = reading.map(|reading| reading.to_the_end_at).filter(|at| at.as_micros() > 0);
        let state = match connection {
            Connection::None | Connection::Unusable => OrgState::Disconnected,
            Connection::OtherOrg => OrgState::OtherOrg,
            Connection::Made { at } => {
                let patience = org.options.poll_interval.saturating_mul(POLLS_MISSED);
                let is_late = |last: Timestamp| now.since(last) > patience;
                if !org.breaker.is_well() {
                    OrgState::Behind
                } else if !is_late(read_at.unwrap_or(at)) {
                    OrgState::Connected
                } else if reading.is_some_and(|reading| !is_late(reading.went_on_at)) {
                    OrgState::CatchingUp
                } else {
                    OrgState::Behind
                }
            }
        };
        Ok(OrgStanding { state, read_at })
    }

    async fn stored_standing(&self) -> Result<Stored, Error> {
        let reader = self.store.read();
        let connections = reader.connections();
        let connection = match connections.current().await? {
            None => connections.latest().await?,
            current => current,
        };
        let Some(connection) = connection else {
            return Ok(Stored { connection: Connection::None, reading: None });
        };
        let reading = reader.cursors().reading_of(&connection.org_id).await?;
        let connection = match connection.state {
            store::ConnectionState::Connected => Connection::Made { at: connection.created_at },
            store::ConnectionState::OtherOrg => Connection::OtherOrg,
            store::ConnectionState::Paused | store::ConnectionState::Disconnected => Connection::Unusable,
        };
        Ok(Stored { connection, reading })
    }
}

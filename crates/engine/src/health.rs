//! Whether the program can serve, and how far it is behind.

use crate::{DatabaseState, Engine, Error, Health, OrgState, sync::OrgStanding};

impl Engine {
    /// Never fails: a database that doesn't answer is part of the answer.
    pub async fn health(&self) -> Health {
        match self.standing_health().await {
            Ok(health) => health,
            Err(error) => {
                tracing::warn!(error = %error, "the database does not answer");
                Health {
                    database: DatabaseState::Unavailable,
                    org: if self.org_configured() { OrgState::Disconnected } else { OrgState::NotConfigured },
                    pending: 0,
                    oldest_pending_seconds: None,
                    last_poll_age_seconds: None,
                }
            }
        }
    }

    async fn standing_health(&self) -> Result<Health, Error> {
        self.store.ping().await?;
        let reader = self.store.read();
        let OrgStanding { state, read_at } = self.org_standing().await?;
        let now = self.clock.now();
        Ok(Health {
            database: DatabaseState::Ok,
            org: state,
            pending: reader.deliveries().pending_count().await?,
            oldest_pending_seconds: reader.deliveries().oldest_pending_at().await?.map(|at| now.since(at).as_secs()),
            last_poll_age_seconds: read_at.map(|at| now.since(at).as_secs()),
        })
    }
}

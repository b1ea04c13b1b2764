//! Deliveries: claimed with a lease, sent, settled, or tried again later.

use std::{sync::Arc, time::Duration};

use salesforce::MAX_RECORDS;
use store::{DeliveryRow, Tx};
use uuid::Uuid;

use super::{
    breaker::{Passage, Recovery},
    kind::DeliveryKind,
    session::OrgSession,
};
use crate::{Engine, Error};

/// A delivery this process holds the lease of.
pub(super) struct Claim {
    pub(super) delivery: DeliveryRow,
    pub(super) token: Uuid,
    pub(super) session: Arc<OrgSession>,
}

/// What is sent in one go.
pub(super) enum Load {
    Post(Claim),
    Case(Claim),
    /// Records of one kind.
    Catalogue(DeliveryKind, Vec<Claim>),
    /// Of a kind that only another version of this program knows.
    Unknown(Claim),
}

impl Load {
    fn len(&self) -> usize {
        match self {
            Self::Post(_) | Self::Case(_) | Self::Unknown(_) => 1,
            Self::Catalogue(_, claims) => claims.len(),
        }
    }
}

/// Whether to see first if there is anything to claim. A look costs less than a write transaction that finds nothing, and is
/// wasted when something was just enqueued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Before,
    No,
}

/// What a failed try calls for.
pub(super) enum Verdict {
    /// For good; the sentence is for people.
    Refused {
        reason: String,
        code: Option<String>,
    },
    Later(Error),
    /// Nothing goes on before an admin has connected again.
    Reconnect(salesforce::Error),
}

impl Engine {
    /// Delivers what is due, until nothing more is: one round, for tests and for commands. Answers how many were tried.
    ///
    /// # Errors
    /// The database is away.
    pub async fn deliver_due(&self) -> Result<usize, Error> {
        let mut tried = 0;
        loop {
            let loads = self.claim_due(self.limits.deliveries_at_once, 0, Look::Before).await?;
            if loads.is_empty() {
                return Ok(tried);
            }
            tried += loads.iter().map(Load::len).sum::<usize>();
            futures::future::join_all(loads.into_iter().map(|load| self.deliver(load))).await;
        }
    }

    /// Claims what is due, as far as the breaker lets anything through.
    pub(super) async fn claim_due(&self, room: usize, under_way: usize, look: Look) -> Result<Vec<Load>, Error> {
        let Some(org) = &self.org else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let room = match org.breaker.passage(now) {
            Passage::Free => room,
            Passage::Probe => 1_usize.saturating_sub(under_way),
            Passage::Shut(_) => 0,
        };
        if room == 0 {
            return Ok(Vec::new());
        }
        if look == Look::Before && self.store.read().deliveries().next_due_at().await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let Some(session) = self.org_session().await? else { return Ok(Vec::new()) };
        let token = self.random.uuid_v7(now);
        let tx = self.store.begin_repeatable().await?;
        let claimed = tx.deliveries().claim(now, self.limits.lease, token, room as u64).await?;
        let mut loads = Vec::with_capacity(claimed.len());
        let mut catalogue: Vec<(DeliveryKind, Vec<Claim>)> = Vec::new();
        let claim = |delivery| Claim { delivery, token, session: Arc::clone(&session) };
        for delivery in claimed {
            match DeliveryKind::from_name(&delivery.kind) {
                None => loads.push(Load::Unknown(claim(delivery))),
                Some(DeliveryKind::Post) => loads.push(Load::Post(claim(delivery))),
                Some(DeliveryKind::Case) => loads.push(Load::Case(claim(delivery))),
                Some(kind) => match catalogue.iter_mut().find(|(other, _)| *other == kind) {
                    Some((_, claims)) => claims.push(claim(delivery)),
                    None => catalogue.push((kind, vec![claim(delivery)])),
                },
            }
        }
        for (kind, mut claims) in catalogue {
            claims.extend(self.claim_alike(&tx, kind, token, claims.len()).await?.into_iter().map(claim));
            loads.push(Load::Catalogue(kind, claims));
        }
        tx.commit().await?;
        Ok(loads)
    }

    /// What else can go into the same call.
    async fn claim_alike(
        &self,
        tx: &Tx,
        kind: DeliveryKind,
        token: Uuid,
        claimed: usize,
    ) -> Result<Vec<DeliveryRow>, Error> {
        let room = MAX_RECORDS.saturating_sub(claimed) as u64;
        Ok(tx.deliveries().claim_of_kind(kind.name(), self.clock.now(), self.limits.lease, token, room).await?)
    }

    /// Tries a load and settles it. Never fails: what can't be settled keeps its lease until it runs out, and is tried again then.
    pub(super) async fn deliver(&self, load: Load) {
        let delivered = match &load {
            Load::Post(claim) => self.deliver_post(claim).await,
            Load::Case(claim) => self.deliver_case(claim).await,
            Load::Catalogue(kind, claims) => self.deliver_catalogue(*kind, claims).await,
            Load::Unknown(claim) => {
                let unknown = format!("this version can't deliver a “{}”", claim.delivery.kind);
                self.put_off(claim, &Error::internal(unknown)).await
            }
        };
        if let Err(error) = delivered {
            tracing::warn!(error = %error, deliveries = load.len(), "deliveries could not be settled; their lease will run out");
        }
    }

    /// Tells the breaker what the failure says of the org, and what to do about the delivery.
    pub(super) async fn verdict(&self, error: Error) -> Result<Verdict, Error> {
        Ok(match error {
            Error::Org(error) if error.needs_reconnect() => Verdict::Reconnect(error),
            // An answer that tells nothing is trouble on the way too; trying again is safe.
            Error::Org(error) if error.is_temporary() || error.outcome_unknown() => {
                // A lock is one record's trouble, not the org's.
                if error.code() != Some("UNABLE_TO_LOCK_ROW")
                    && let Some(org) = &self.org
                {
                    org.breaker.failed(self.clock.now());
                }
                Verdict::Later(error.into())
            }
            Error::Org(error) => {
                self.org_answered().await?;
                Verdict::Refused { reason: error.message(), code: error.code().map(str::to_owned) }
            }
            // What was accepted once and can't be written now: its author was renamed, for one.
            Error::Invalid(reason) => Verdict::Refused { reason, code: None },
            error => Verdict::Later(error),
        })
    }

    /// Temporary trouble: tried again later, later each time.
    pub(super) async fn put_off(&self, claim: &Claim, error: &Error) -> Result<(), Error> {
        let now = self.clock.now();
        let pause = self.retry_pause(claim.delivery.attempts);
        tracing::warn!(
            error = %error, delivery.id = %claim.delivery.id, delivery.attempts = claim.delivery.attempts,
            delivery.pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX), "delivery put off"
        );
        let tx = self.store.begin_repeatable().await?;
        let not_before = now.saturating_add(pause);
        let code = match error {
            Error::Org(error) => error.code(),
            _ => None,
        };
        tx.deliveries().retry(claim.delivery.id, claim.token, not_before, &error.to_string(), code).await?;
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn release(&self, claim: &Claim) -> Result<(), Error> {
        let tx = self.store.begin_repeatable().await?;
        tx.deliveries().release(claim.delivery.id, claim.token).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Exponential, with up to half of it left to chance so that many don't come back together.
    fn retry_pause(&self, attempts: u32) -> Duration {
        let factor = 2_u32.saturating_pow(attempts.saturating_sub(1).min(16));
        let pause = self.limits.retry_first.saturating_mul(factor).min(self.limits.retry_max);
        pause.mul_f64(1.0 - self.random.fraction() / 2.0)
    }

    /// The org is there. If it wasn't before, what waits for a later try goes out now.
    pub(super) async fn org_answered(&self) -> Result<(), Error> {
        let Some(org) = &self.org else { return Ok(()) };
        if org.breaker.succeeded() == Recovery::Recovered {
            let tx = self.store.begin_repeatable().await?;
            let hastened = tx.deliveries().hasten(self.clock.now()).await?;
            tx.commit().await?;
            tracing::info!(deliveries.waiting = hastened, "the org answers again");
            self.worker.wake();
        }
        Ok(())
    }
}

//! The two background loops: deliveries as soon as there are any, polling at its interval. And how a request that has just
//! written learns what became of it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::PostKey;
use futures::{FutureExt, future::BoxFuture};
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    breaker::Passage,
    deliver::{Load, Look},
};
use crate::{Engine, Error};

/// Wakes the delivery loop, and knows whether one runs in this process.
#[derive(Default)]
pub(crate) struct Worker {
    work: Notify,
    loops: AtomicUsize,
}

impl Worker {
    pub(crate) fn wake(&self) {
        self.work.notify_one();
    }

    pub(crate) fn runs_here(&self) -> bool {
        self.loops.load(Ordering::Relaxed) > 0
    }
}

/// Posts whose requests wait for the org's word.
#[derive(Default)]
pub(crate) struct Outcomes {
    waiting: Mutex<HashMap<PostKey, Arc<Notify>>>,
}

/// One request's wait. What settles between its making and its waiting is not missed.
pub(crate) struct ExpectedOutcome<'a> {
    outcomes: &'a Outcomes,
    key: PostKey,
    settled: Arc<Notify>,
}

/// How often a request looks for itself where another process delivers, and no signal can come.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Outcomes {
    pub(crate) fn expect(&self, key: PostKey) -> ExpectedOutcome<'_> {
        let settled = Arc::clone(self.waiting.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        ExpectedOutcome { outcomes: self, key, settled }
    }

    pub(super) fn settle(&self, key: PostKey) {
        if let Some(waiting) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&key) {
            waiting.notify_one();
        }
    }
}

/// Why a waiting request should look at its post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// The delivery was tried: delivered, refused, or put off.
    Tried,
    /// Time to look for oneself.
    Unknown,
}

impl ExpectedOutcome<'_> {
    pub(crate) async fn settled(&self, worker: &Worker) -> Settled {
        if worker.runs_here() {
            self.settled.notified().await;
            return Settled::Tried;
        }
        match tokio::time::timeout(LOOK_EVERY, self.settled.notified()).await {
            Ok(()) => Settled::Tried,
            Err(_) => Settled::Unknown,
        }
    }
}

impl Drop for ExpectedOutcome<'_> {
    fn drop(&mut self) {
        self.outcomes.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// Counts a delivery loop while it runs.
struct Running<'a>(&'a Worker);

impl<'a> Running<'a> {
    fn new(worker: &'a Worker) -> Self {
        worker.loops.fetch_add(1, Ordering::Relaxed);
        Self(worker)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.loops.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unattended {
    Try,
    Leave,
}

/// The longest the delivery loop sleeps: another process may have enqueued something.
const LOOK_FOR_WORK_EVERY: Duration = Duration::from_millis(500);

/// The pause after the database failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// How long deliveries under way may take to end once the worker is told to stop. What doesn't end is delivered again, and
/// the ledger makes that one effect.
const GRACE: Duration = Duration::from_secs(10);

impl Engine {
    /// Delivers and polls until told to stop. Without an org there is nothing to do.
    pub async fn run_worker(&self, stop: CancellationToken) {
        if !self.org_configured() {
            stop.cancelled().await;
            return;
        }
        let deliveries = self.delivery_loop(&stop).instrument(tracing::info_span!("deliver"));
        let polling = self.poll_loop(&stop).instrument(tracing::info_span!("poll"));
        futures::join!(deliveries, polling);
    }

    async fn delivery_loop(&self, stop: &CancellationToken) {
        let _running = Running::new(&self.worker);
        // Tasks of their own: one that waits for the database must go on while this loop waits for it too.
        let mut under_way = JoinSet::new();
        let mut look = Look::Before;
        loop {
            let room = self.limits.deliveries_at_once.saturating_sub(under_way.len());
            let pause = match self.claim_due(room, under_way.len(), look).await {
                Ok(loads) => {
                    for load in loads {
                        under_way.spawn(self.clone().delivery(load).in_current_span());
                    }
                    if under_way.is_empty() { self.until_next_delivery().await } else { LOOK_FOR_WORK_EVERY }
                }
                Err(error) => {
                    tracing::warn!(error = %error, "deliveries can't be claimed");
                    AFTER_FAILURE
                }
            };
            look = tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = under_way.join_next() => Look::No,
                () = self.worker.work.notified(), if under_way.len() < self.limits.deliveries_at_once => Look::No,
                () = tokio::time::sleep(pause) => Look::Before,
            }
        }
        let _ = tokio::time::timeout(GRACE, under_way.join_all()).await;
    }

    fn delivery(self, load: Load) -> BoxFuture<'static, ()> {
        async move { self.deliver(load).await }.boxed()
    }

    /// How long the loop may sleep when nobody wakes it.
    async fn until_next_delivery(&self) -> Duration {
        let now = self.clock.now();
        if let Some(org) = &self.org
            && let Passage::Shut(until) = org.breaker.passage(now)
        {
            return until.since(now).min(LOOK_FOR_WORK_EVERY);
        }
        match self.store.read().deliveries().next_due_at().await {
            Ok(Some(due)) => due.since(now).clamp(Duration::from_millis(5), LOOK_FOR_WORK_EVERY),
            Ok(None) => LOOK_FOR_WORK_EVERY,
            Err(_) => AFTER_FAILURE,
        }
    }

    /// Makes the first connection where no admin is needed for it and the org wasn't there at the start. A refusal isn't asked
    /// for twice.
    async fn connect_at_last(&self) -> Unattended {
        match self.store.read().connections().latest().await {
            Ok(None) => {}
            Ok(Some(_)) => return Unattended::Leave,
            Err(_) => return Unattended::Try,
        }
        match self.connect_unattended().await {
            Ok(()) => Unattended::Leave,
            Err(Error::Org(error)) if !error.is_temporary() => {
                tracing::error!(error = %error, "the org refuses to connect; check the client id, its secret or key, and restart");
                Unattended::Leave
            }
            Err(_) => Unattended::Try,
        }
    }

    async fn poll_loop(&self, stop: &CancellationToken) {
        let Some(org) = &self.org else { return };
        let mut unattended = Unattended::Try;
        loop {
            if unattended == Unattended::Try {
                unattended = self.connect_at_last().await;
            }
            let polled = tokio::select! {
                () = stop.cancelled() => return,
                polled = self.poll_once() => polled,
            };
            match polled {
                Ok(report) => tracing::debug!(poll.read = report.read, poll.changed = report.changed, "polled"),
                Err(error) => tracing::warn!(error = %error, "the org can't be read"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = org.poll_now.notified() => {}
                () = tokio::time::sleep(org.options.poll_interval) => {}
            }
        }
    }
}

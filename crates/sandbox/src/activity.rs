//! What was asked of the org: a log for tests that count calls, and the API budget every call is taken from.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::Serialize;

use crate::org::locked;

/// One request that reached the org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestLog {
    pub method: String,
    /// With the query.
    pub path: String,
    /// 0 when the connection was closed without an answer.
    pub status: u16,
}

/// The newest requests, oldest first.
#[derive(Default)]
pub(crate) struct Activity {
    requests: Mutex<VecDeque<RequestLog>>,
}

const KEPT: usize = 10_000;

impl Activity {
    pub(crate) fn record(&self, request: RequestLog) {
        let mut requests = locked(&self.requests);
        if requests.len() == KEPT {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    pub(crate) fn requests(&self) -> Vec<RequestLog> {
        locked(&self.requests).iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        locked(&self.requests).clear();
    }
}

/// Calls in the last 24 hours against the most there may be.
pub(crate) struct ApiBudget {
    used: AtomicU64,
    max: AtomicU64,
}

/// As large an edition as there is, so that a demo never runs dry.
const DEFAULT_MAX: u64 = 1_000_000;

impl Default for ApiBudget {
    fn default() -> Self {
        Self { used: AtomicU64::new(0), max: AtomicU64::new(DEFAULT_MAX) }
    }
}

impl ApiBudget {
    /// Takes one call; false when none is left.
    #[must_use]
    pub(crate) fn take(&self) -> bool {
        let max = self.max.load(Ordering::SeqCst);
        self.used.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |used| (used < max).then_some(used + 1)).is_ok()
    }

    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::SeqCst)
    }

    pub(crate) fn max(&self) -> u64 {
        self.max.load(Ordering::SeqCst)
    }

    pub(crate) fn remaining(&self) -> u64 {
        self.max().saturating_sub(self.used())
    }

    pub(crate) fn set_remaining(&self, remaining: u64) {
        self.max.fetch_max(remaining, Ordering::SeqCst);
        self.used.store(self.max().saturating_sub(remaining), Ordering::SeqCst);
    }

    pub(crate) fn reset(&self) {
        self.used.store(0, Ordering::SeqCst);
        self.max.store(DEFAULT_MAX, Ordering::SeqCst);
    }

    /// The value of `Sforce-Limit-Info`.
    pub(crate) fn header(&self) -> String {
        format!("api-usage={}/{}", self.used(), self.max())
    }
}

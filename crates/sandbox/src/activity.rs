//! What was asked of the org: a log for tests that count calls, and for people.

use std::{collections::VecDeque, sync::Mutex};

use serde::Serialize;

use crate::lock::locked;

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

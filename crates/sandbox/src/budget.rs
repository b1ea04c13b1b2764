//! What callers may use up: calls a day, long calls at once, and how long an unused session lasts.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lock::locked;

/// The org's allowances, as an admin of Salesforce's would set them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// API calls in any 24 hours.
    pub daily: u64,
    /// Calls under way for longer than `long_call_seconds`, beyond which every further call is refused.
    pub concurrent: usize,
    pub long_call_seconds: u64,
    /// How long a session lasts unused; those that are open keep theirs.
    pub session_seconds: u64,
}

impl Default for Limits {
    /// As many calls as the largest edition has, so that a demo never runs dry.
    fn default() -> Self {
        Self { daily: 1_000_000, concurrent: 25, long_call_seconds: 20, session_seconds: 7_200 }
    }
}

const HOUR_MICROS: i64 = 3_600_000_000;
const HOURS: i64 = 24;

/// Calls in the last 24 hours, to the hour, against the most there may be; and the calls under way.
pub(crate) struct ApiBudget {
    state: Mutex<State>,
    at_start: Limits,
}

struct State {
    limits: Limits,
    /// Hours since the epoch and the calls in each, the oldest first.
    hours: VecDeque<(i64, u64)>,
    /// When each call under way came, by number.
    under_way: BTreeMap<u64, Timestamp>,
    last: u64,
}

impl State {
    fn forget_before(&mut self, hour: i64) {
        while self.hours.front().is_some_and(|(first, _)| *first <= hour - HOURS) {
            self.hours.pop_front();
        }
    }

    fn used(&self) -> u64 {
        self.hours.iter().map(|(_, calls)| calls).sum()
    }

    fn long_calls(&self, now: Timestamp) -> usize {
        let long = Duration::from_secs(self.limits.long_call_seconds);
        self.under_way.values().filter(|since| now.since(**since) >= long).count()
    }
}

/// A call under way, until dropped.
pub(crate) struct UnderWay {
    budget: Arc<ApiBudget>,
    number: u64,
    /// Too many long calls were under way when it came.
    pub(crate) crowded: bool,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        locked(&self.budget.state).under_way.remove(&self.number);
    }
}

impl ApiBudget {
    pub(crate) fn new(limits: Limits) -> Self {
        let state = State { limits, hours: VecDeque::new(), under_way: BTreeMap::new(), last: 0 };
        Self { state: Mutex::new(state), at_start: limits }
    }

    pub(crate) fn begin(self: &Arc<Self>, now: Timestamp) -> UnderWay {
        let mut state = locked(&self.state);
        let crowded = state.long_calls(now) >= state.limits.concurrent;
        state.last += 1;
        let number = state.last;
        state.under_way.insert(number, now);
        UnderWay { budget: Arc::clone(self), number, crowded }
    }

    /// Takes one call; false when none is left.
    #[must_use]
    pub(crate) fn take(&self, now: Timestamp) -> bool {
        let hour = now.as_micros() / HOUR_MICROS;
        let mut state = locked(&self.state);
        state.forget_before(hour);
        if state.used() >= state.limits.daily {
            return false;
        }
        match state.hours.back_mut() {
            Some((last, calls)) if *last == hour => *calls += 1,
            _ => state.hours.push_back((hour, 1)),
        }
        true
    }

    pub(crate) fn limits(&self) -> Limits {
        locked(&self.state).limits
    }

    pub(crate) fn set_limits(&self, limits: Limits) {
        locked(&self.state).limits = limits;
    }

    pub(crate) fn remaining(&self) -> u64 {
        let state = locked(&self.state);
        state.limits.daily.saturating_sub(state.used())
    }

    pub(crate) fn calls_under_way(&self) -> usize {
        locked(&self.state).under_way.len()
    }

    pub(crate) fn long_calls(&self, now: Timestamp) -> usize {
        locked(&self.state).long_calls(now)
    }

    /// As if so many had been made this hour that only this many are left.
    pub(crate) fn set_remaining(&self, remaining: u64, now: Timestamp) {
        let mut state = locked(&self.state);
        state.limits.daily = state.limits.daily.max(remaining);
        let used = state.limits.daily.saturating_sub(remaining);
        state.hours = VecDeque::from([(now.as_micros() / HOUR_MICROS, used)]);
    }

    /// As at the start; calls under way stay so.
    pub(crate) fn reset(&self) {
        let mut state = locked(&self.state);
        state.limits = self.at_start;
        state.hours.clear();
    }

    /// The value of `Sforce-Limit-Info`.
    pub(crate) fn header(&self) -> String {
        let state = locked(&self.state);
        format!("api-usage={}/{}", state.used(), state.limits.daily)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use domain::Timestamp;

    use super::{ApiBudget, Limits};

    #[test]
    fn a_call_counts_for_a_day() {
        let budget = ApiBudget::new(Limits { daily: 2, ..Limits::default() });
        let mut now = Timestamp::from_micros(1_000_000_000_000_000);
        assert!(budget.take(now));
        now = now.saturating_add(Duration::from_hours(12));
        assert!(budget.take(now) && !budget.take(now));
        now = now.saturating_add(Duration::from_hours(12));
        assert!(budget.take(now), "the first has aged out");
        assert!(!budget.take(now));
        assert_eq!(budget.header(), "api-usage=2/2");
    }

    #[test]
    fn only_long_calls_crowd() {
        let budget = Arc::new(ApiBudget::new(Limits { concurrent: 1, ..Limits::default() }));
        let start = Timestamp::from_micros(0);
        let first = budget.begin(start);
        assert!(!budget.begin(start.saturating_add(Duration::from_secs(19))).crowded);
        assert!(budget.begin(start.saturating_add(Duration::from_secs(20))).crowded);
        drop(first);
        assert!(!budget.begin(start.saturating_add(Duration::from_secs(21))).crowded);
        assert_eq!(budget.calls_under_way(), 0);
    }
}

//! What callers may use up: calls a day, long calls at once, events published and delivered, streams open at once, and how long an
//! unused session lasts.

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
    /// Events delivered to subscribers in any 24 hours, each as often as it is delivered.
    pub delivered_events: u64,
    /// Platform events published in any hour, by triggers too. Change events don't count.
    pub published_events: u64,
    /// CometD clients at once.
    pub cometd_clients: usize,
    /// gRPC streams at once that subscribe or publish.
    pub event_streams: usize,
}

impl Default for Limits {
    /// As many calls as the largest edition has, so that a demo never runs dry.
    fn default() -> Self {
        Self {
            daily: 1_000_000,
            concurrent: 25,
            long_call_seconds: 20,
            session_seconds: 7_200,
            delivered_events: 1_000_000,
            published_events: 1_000_000,
            cometd_clients: 2_000,
            event_streams: 1_000,
        }
    }
}

const HOUR_MICROS: i64 = 3_600_000_000;
const DAY: i64 = 24;

/// How often something was used in the last hours, to the hour.
struct Uses {
    /// How many hours count.
    span: i64,
    /// Hours since the epoch and the uses in each, the oldest first.
    hours: VecDeque<(i64, u64)>,
}

impl Uses {
    fn of_the_last(span: i64) -> Self {
        Self { span, hours: VecDeque::new() }
    }

    fn count(&mut self, uses: u64, now: Timestamp) {
        let hour = now.as_micros() / HOUR_MICROS;
        self.forget(hour);
        match self.hours.back_mut() {
            Some((last, counted)) if *last == hour => *counted += uses,
            _ => self.hours.push_back((hour, uses)),
        }
    }

    fn forget(&mut self, hour: i64) {
        while self.hours.front().is_some_and(|(first, _)| *first <= hour - self.span) {
            self.hours.pop_front();
        }
    }

    fn left_of(&mut self, most: u64, now: Timestamp) -> u64 {
        self.forget(now.as_micros() / HOUR_MICROS);
        most.saturating_sub(self.total())
    }

    fn total(&self) -> u64 {
        self.hours.iter().map(|(_, uses)| uses).sum()
    }
}

/// What was used of the limits, and the calls under way.
pub(crate) struct ApiBudget {
    state: Mutex<State>,
    at_start: Limits,
}

struct State {
    limits: Limits,
    calls: Uses,
    delivered: Uses,
    published: Uses,
    /// When each call under way came, by number.
    under_way: BTreeMap<u64, Timestamp>,
    last: u64,
}

impl State {
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
        let state = State {
            limits,
            calls: Uses::of_the_last(DAY),
            delivered: Uses::of_the_last(DAY),
            published: Uses::of_the_last(1),
            under_way: BTreeMap::new(),
            last: 0,
        };
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
        let mut state = locked(&self.state);
        let daily = state.limits.daily;
        let is_left = state.calls.left_of(daily, now) > 0;
        if is_left {
            state.calls.count(1, now);
        }
        is_left
    }

    /// Takes so many deliveries, or as many as are left, and says how many.
    #[must_use]
    pub(crate) fn deliver(&self, events: usize, now: Timestamp) -> usize {
        let mut state = locked(&self.state);
        let most = state.limits.delivered_events;
        let left = usize::try_from(state.delivered.left_of(most, now)).unwrap_or(usize::MAX);
        let granted = events.min(left);
        state.delivered.count(u64::try_from(granted).unwrap_or(0), now);
        granted
    }

    pub(crate) fn deliveries_left(&self, now: Timestamp) -> u64 {
        let mut state = locked(&self.state);
        let most = state.limits.delivered_events;
        state.delivered.left_of(most, now)
    }

    pub(crate) fn count_published(&self, events: usize, now: Timestamp) {
        locked(&self.state).published.count(u64::try_from(events).unwrap_or(0), now);
    }

    pub(crate) fn publishable(&self, now: Timestamp) -> u64 {
        let mut state = locked(&self.state);
        let most = state.limits.published_events;
        state.published.left_of(most, now)
    }

    pub(crate) fn limits(&self) -> Limits {
        locked(&self.state).limits
    }

    pub(crate) fn set_limits(&self, limits: Limits) {
        locked(&self.state).limits = limits;
    }

    pub(crate) fn remaining(&self) -> u64 {
        let state = locked(&self.state);
        state.limits.daily.saturating_sub(state.calls.total())
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
        state.calls.hours.clear();
        state.calls.count(used, now);
    }

    /// As at the start; calls under way stay so.
    pub(crate) fn reset(&self) {
        let state = &mut *locked(&self.state);
        state.limits = self.at_start;
        for uses in [&mut state.calls, &mut state.delivered, &mut state.published] {
            uses.hours.clear();
        }
    }

    /// The value of `Sforce-Limit-Info`.
    pub(crate) fn header(&self) -> String {
        let state = locked(&self.state);
        format!("api-usage={}/{}", state.calls.total(), state.limits.daily)
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
    fn deliveries_are_granted_as_far_as_they_go() {
        let budget = ApiBudget::new(Limits { delivered_events: 5, published_events: 2, ..Limits::default() });
        let now = Timestamp::from_micros(1_000_000_000_000_000);
        assert_eq!((budget.deliver(3, now), budget.deliver(3, now), budget.deliver(1, now)), (3, 2, 0));
        budget.count_published(2, now);
        assert_eq!(budget.publishable(now), 0);
        let later = now.saturating_add(Duration::from_hours(1));
        assert_eq!((budget.publishable(later), budget.deliveries_left(later)), (2, 0));
        assert_eq!(budget.deliveries_left(now.saturating_add(Duration::from_hours(24))), 5);
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

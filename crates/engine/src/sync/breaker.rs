//! The breaker: while the org fails again and again, one delivery at a time finds out whether it is back.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::Timestamp;

#[derive(Debug)]
pub(crate) struct Breaker {
    after: u32,
    first_pause: Duration,
    longest_pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Temporary failures since the last success.
    failures: u32,
    /// Pauses since the last success; each is twice as long.
    pauses: u32,
    open_until: Option<Timestamp>,
}

/// What may be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    Free,
    /// The pause is over: one, to see.
    Probe,
    /// Nothing before then.
    Shut(Timestamp),
}

impl Breaker {
    pub(crate) fn new(after: u32, first_pause: Duration, longest_pause: Duration) -> Self {
        Self { after: after.max(1), first_pause, longest_pause, state: Mutex::default() }
    }

    pub(crate) fn passage(&self, now: Timestamp) -> Passage {
        match self.state().open_until {
            None => Passage::Free,
            Some(until) if now >= until => Passage::Probe,
            Some(until) => Passage::Shut(until),
        }
    }

    /// Whether the last thing heard of the org was an answer.
    pub(crate) fn is_well(&self) -> bool {
        self.state().failures == 0
    }

    /// Whether this success ended an outage.
    pub(crate) fn succeeded(&self) -> Recovery {
        let mut state = self.state();
        let before = std::mem::take(&mut *state);
        if before.failures > 0 { Recovery::Recovered } else { Recovery::WasWell }
    }

    pub(crate) fn failed(&self, now: Timestamp) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.after && state.open_until.is_none_or(|until| now >= until) {
            let factor = 2_u32.saturating_pow(state.pauses.min(16));
            let pause = self.first_pause.saturating_mul(factor).min(self.longest_pause);
            state.pauses = state.pauses.saturating_add(1);
            state.open_until = Some(now.saturating_add(pause));
            tracing::warn!(
                breaker.failures = state.failures,
                breaker.pause_ms = pause.as_millis() as u64,
                "the org keeps failing"
            );
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recovery {
    WasWell,
    Recovered,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0).saturating_add(Duration::from_secs(seconds))
    }

    #[test]
    fn it_opens_probes_and_closes() {
        let breaker = Breaker::new(2, Duration::from_secs(5), Duration::from_secs(30));
        breaker.failed(at(0));
        assert_eq!(breaker.passage(at(0)), Passage::Free);
        assert!(!breaker.is_well());
        breaker.failed(at(0));
        assert_eq!(breaker.passage(at(4)), Passage::Shut(at(5)));
        assert_eq!(breaker.passage(at(5)), Passage::Probe);
        breaker.failed(at(5));
        assert_eq!(breaker.passage(at(14)), Passage::Shut(at(15)));
        assert_eq!(breaker.succeeded(), Recovery::Recovered);
        assert_eq!(breaker.passage(at(14)), Passage::Free);
        assert_eq!(breaker.succeeded(), Recovery::WasWell);
        assert!(breaker.is_well());
    }

    #[test]
    fn pauses_have_a_longest() {
        let breaker = Breaker::new(1, Duration::from_secs(5), Duration::from_secs(30));
        let mut now = at(0);
        for _ in 0..50 {
            breaker.failed(now);
            let Passage::Shut(until) = breaker.passage(now) else { panic!("shut after a failure") };
            assert!(until.since(now) <= Duration::from_secs(30));
            now = until;
        }
    }
}

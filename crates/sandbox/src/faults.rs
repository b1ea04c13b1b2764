//! Trouble on request: what a test asks to go wrong, and when.

mod answer;

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::lock::locked;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultAction {
    /// The connection is closed at once: the org is down.
    Refuse,
    /// The answer comes `delay_ms` later.
    Delay,
    /// `status` is answered and nothing is done.
    Status,
    /// The connection is closed before anything is done.
    DropBeforeCommit,
    /// Everything is done, then the connection is closed without an answer.
    DropAfterCommit,
    /// The first write fails with `UNABLE_TO_LOCK_ROW`.
    LockRow,
    /// The event stream breaks without a word once `after_events` have come through: a gRPC `Subscribe`, `ManagedSubscribe` or
    /// `PublishStream` at its next message, a CometD `connect` in place of its answer.
    BreakStream,
}

/// One kind of trouble and the requests it strikes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub action: FaultAction,
    /// Any method when absent. What breaks a stream is also found by the stream's own call: `Subscribe`, `connect`.
    #[serde(default)]
    pub method: Option<String>,
    /// A part of the path, in which `*` stands for anything; every path when absent.
    #[serde(default)]
    pub path: Option<String>,
    /// How many requests it strikes; until cleared when absent.
    #[serde(default)]
    pub times: Option<u32>,
    #[serde(default)]
    pub delay_ms: Option<u64>,
    /// HTTP status, for `status`; 503 when absent.
    #[serde(default)]
    pub status: Option<u16>,
    /// `errorCode` of that answer; `SERVER_UNAVAILABLE` when absent.
    #[serde(default)]
    pub code: Option<String>,
    #[serde(default)]
    pub message: Option<String>,
    /// Events that a broken gRPC stream still delivers; none when absent.
    #[serde(default)]
    pub after_events: Option<u32>,
}

impl Fault {
    /// Strikes every request until cleared; narrow it with the methods below.
    pub fn new(action: FaultAction) -> Self {
        Self {
            action,
            method: None,
            path: None,
            times: None,
            delay_ms: None,
            status: None,
            code: None,
            message: None,
            after_events: None,
        }
    }

    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned());
        self.path = Some(path.to_owned());
        self
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    #[must_use]
    pub fn delay_ms(mut self, delay_ms: u64) -> Self {
        self.delay_ms = Some(delay_ms);
        self
    }

    /// What the answer of a `status` fault says.
    #[must_use]
    pub fn saying(mut self, code: &str, message: &str) -> Self {
        self.code = Some(code.to_owned());
        self.message = Some(message.to_owned());
        self
    }

    /// How many events come through before a stream breaks.
    #[must_use]
    pub fn after_events(mut self, events: u32) -> Self {
        self.after_events = Some(events);
        self
    }

    fn strikes(&self, methods: &[&str], path: &str) -> bool {
        let is_meant = |wanted: &str| wanted == "*" || methods.iter().any(|method| wanted.eq_ignore_ascii_case(method));
        self.method.as_deref().is_none_or(is_meant)
            && self.path.as_deref().is_none_or(|pattern| contains(path, pattern))
    }
}

/// Whether the pieces between `*` occur in the path, in order.
fn contains(path: &str, pattern: &str) -> bool {
    let mut rest = path;
    pattern.split('*').all(|piece| match rest.split_once(piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// The faults of an org, in the order they were added.
#[derive(Default)]
pub struct Faults {
    faults: Mutex<Vec<Fault>>,
}

impl Faults {
    pub fn add(&self, fault: Fault) {
        locked(&self.faults).push(fault);
    }

    pub fn clear(&self) {
        locked(&self.faults).clear();
    }

    /// The one at a place of the list; nothing where there is none.
    pub(crate) fn remove(&self, place: usize) {
        let mut faults = locked(&self.faults);
        if place < faults.len() {
            faults.remove(place);
        }
    }

    pub fn list(&self) -> Vec<Fault> {
        locked(&self.faults).clone()
    }

    /// The first fault that strikes this request; one of its times is used up.
    pub(crate) fn strike(&self, method: &str, path: &str) -> Option<Fault> {
        self.take(|fault| fault.action != FaultAction::BreakStream && fault.strikes(&[method], path))
    }

    /// The first fault that breaks the event stream a call opens or asks on; one of its times is used up.
    pub(crate) fn strike_stream(&self, call: &str, path: &str) -> Option<Fault> {
        self.take(|fault| fault.action == FaultAction::BreakStream && fault.strikes(&["POST", call], path))
    }

    fn take(&self, strikes: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut faults = locked(&self.faults);
        let position = faults.iter().position(strikes)?;
        let fault = faults.get_mut(position)?;
        let struck = fault.clone();
        match &mut fault.times {
            Some(times) if *times > 1 => *times -= 1,
            Some(_) => {
                faults.remove(position);
            }
            None => {}
        }
        Some(struck)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultAction, Faults};

    #[test]
    fn a_fault_strikes_as_often_as_asked_and_only_what_matches() {
        let faults = Faults::default();
        faults.add(Fault::new(FaultAction::Status).on("POST", "/composite").times(2));
        assert!(faults.strike("GET", "/services/data/v67.0/composite").is_none());
        assert!(faults.strike("POST", "/services/data/v67.0/query").is_none());
        assert!(faults.strike("post", "/services/data/v67.0/composite").is_some());
        assert!(faults.strike("POST", "/services/data/v67.0/composite/sobjects").is_some());
        assert!(faults.strike("POST", "/services/data/v67.0/composite").is_none());
    }

    #[test]
    fn a_stream_is_broken_by_the_name_of_its_call_and_no_other_request_is() {
        let faults = Faults::default();
        faults.add(Fault::new(FaultAction::BreakStream).on("Subscribe", "/eventbus").times(1));
        assert!(faults.strike("POST", "/eventbus.v1.PubSub/Subscribe").is_none());
        assert!(faults.strike_stream("ManagedSubscribe", "/eventbus.v1.PubSub/ManagedSubscribe").is_none());
        assert!(faults.strike_stream("Subscribe", "/eventbus.v1.PubSub/Subscribe").is_some());
        assert!(faults.strike_stream("Subscribe", "/eventbus.v1.PubSub/Subscribe").is_none());
    }

    #[test]
    fn a_star_stands_for_anything_between() {
        let faults = Faults::default();
        faults.add(Fault::new(FaultAction::Delay).on("*", "/data/*/sobjects/Case*Portal_Key__c"));
        assert!(faults.strike("PATCH", "/services/data/v67.0/sobjects/Case/Portal_Key__c/x").is_some());
        assert!(faults.strike("PATCH", "/services/data/v67.0/sobjects/Account/Portal_Key__c/x").is_none());
    }
}

//! The event log: every event of the last 72 hours in the order of its replay id.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::{broadcast, watch};

use super::{draft::Draft, topic::Topic};
use crate::lock::locked;

/// How long an event can be replayed, by the org's clock.
pub(crate) const RETENTION: Duration = Duration::from_hours(72);
/// Where replay ids start; what a client may rely on is only that they grow.
const FIRST_REPLAY_ID: u64 = 1_000;

/// One published event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) replay_id: u64,
    /// The publisher's own key, or a UUID.
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    /// `/data/CaseChangeEvent`, `/event/X__e`
    pub(crate) topic: String,
    /// As CometD shows it, in JSON; kept as text because a log holds many.
    payload: String,
}

impl Event {
    pub(crate) fn payload(&self) -> Map<String, Value> {
        serde_json::from_str(&self.payload).unwrap_or_default()
    }
}

/// A row of the data file.
pub(crate) struct EventRow {
    pub(crate) replay_id: i64,
    pub(crate) body: String,
}

/// Where the log begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bounds {
    /// The newest replay id that was handed out.
    last: u64,
    /// The newest replay id that can't be replayed from any more.
    expired: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { last: FIRST_REPLAY_ID, expired: 0 }
    }
}

/// Events with their replay ids that are not in the log yet.
#[derive(Default)]
pub(crate) struct Batch {
    events: Vec<Arc<Event>>,
    bounds: Bounds,
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// How many count against what may be published.
    pub(crate) fn platform_events(&self) -> usize {
        self.events.iter().filter(|event| event.topic.starts_with("/event/")).count()
    }

    /// What the data file keeps of them.
    ///
    /// # Errors
    /// An event can't be written as JSON.
    pub(crate) fn rows(&self) -> Result<Vec<EventRow>, serde_json::Error> {
        let row = |event: &Arc<Event>| {
            Ok(EventRow {
                replay_id: i64::try_from(event.replay_id).unwrap_or(i64::MAX),
                body: serde_json::to_string(&**event)?,
            })
        };
        self.events.iter().map(row).collect()
    }

    pub(crate) fn bounds(&self) -> Bounds {
        self.bounds
    }
}

impl Bounds {
    pub(crate) fn expired(self) -> i64 {
        i64::try_from(self.expired).unwrap_or(i64::MAX)
    }
}

/// The events of one topic.
pub(crate) struct OfTopic {
    pub(crate) topic: String,
    pub(crate) count: usize,
    /// Newest first, as many as were asked for.
    pub(crate) newest: Vec<Arc<Event>>,
}

/// What a test tells whoever subscribes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// End as when the service goes away.
    Drop,
    /// The stream of this number ends so.
    DropOne(u64),
    /// Say now what would be said after a silence.
    KeepAlive,
}

/// Where a subscriber starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Latest,
    Earliest,
    After(u64),
}

/// The replay id was never handed out, or what came after it is no longer all there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotReplayable;

pub(crate) struct EventLog {
    state: Mutex<State>,
    /// The newest replay id; changed too when something else is to be looked at.
    changed: watch::Sender<u64>,
    signals: broadcast::Sender<Signal>,
}

struct State {
    events: VecDeque<Arc<Event>>,
    bounds: Bounds,
}

impl State {
    fn prune(&mut self, now: Timestamp) {
        while let Some(event) = self.events.pop_front_if(|event| event.at.saturating_add(RETENTION) <= now) {
            self.bounds.expired = event.replay_id;
        }
    }
}

/// Replay ids leave gaps, as Salesforce's do, so that no client counts on the next number.
fn next_id(last: u64) -> u64 {
    last + 1 + last % 3
}

impl Default for EventLog {
    fn default() -> Self {
        Self::restored(Bounds::default(), Vec::new())
    }
}

impl EventLog {
    pub(crate) fn restored(bounds: Bounds, events: Vec<Event>) -> Self {
        let last = events.last().map_or(0, |event| event.replay_id).max(bounds.last);
        let state = State { events: events.into_iter().map(Arc::new).collect(), bounds: Bounds { last, ..bounds } };
        Self { state: Mutex::new(state), changed: watch::Sender::new(last), signals: broadcast::Sender::new(16) }
    }

    /// Gives drafts the next replay ids. Only the transaction that goes on to [`Self::append`] them may ask.
    pub(crate) fn prepare(&self, drafts: Vec<Draft>, at: Timestamp, mut new_id: impl FnMut() -> String) -> Batch {
        let mut state = locked(&self.state);
        state.prune(at);
        let mut bounds = state.bounds;
        let events = drafts.into_iter().map(|draft| {
            bounds.last = next_id(bounds.last);
            Arc::new(Event {
                replay_id: bounds.last,
                id: draft.id.unwrap_or_else(&mut new_id),
                at,
                topic: draft.topic,
                payload: Value::Object(draft.payload).to_string(),
            })
        });
        Batch { events: events.collect(), bounds }
    }

    /// The events of a committed transaction: from here on subscribers see them.
    pub(crate) fn append(&self, batch: Batch) {
        if batch.is_empty() {
            return;
        }
        let mut state = locked(&self.state);
        state.bounds = batch.bounds;
        state.events.extend(batch.events);
        self.changed.send_replace(state.bounds.last);
    }

    /// Nothing published so far can be replayed any more; answers what the data file has to keep.
    pub(crate) fn expire_all(&self) -> Bounds {
        let mut state = locked(&self.state);
        state.events.clear();
        state.bounds.expired = state.bounds.last;
        state.bounds.last = next_id(state.bounds.last);
        self.changed.send_replace(state.bounds.last);
        state.bounds
    }

    /// The newest replay id handed out.
    pub(crate) fn last(&self) -> u64 {
        locked(&self.state).bounds.last
    }

    /// The replay id after which a subscriber reads on.
    pub(crate) fn start(&self, start: Start, now: Timestamp) -> Result<u64, NotReplayable> {
        let mut state = locked(&self.state);
        state.prune(now);
        let Bounds { last, expired } = state.bounds;
        match start {
            Start::Latest => Ok(last),
            Start::Earliest => Ok(expired),
            Start::After(id) if id == last || (expired < id && id < last) => Ok(id),
            Start::After(_) => Err(NotReplayable),
        }
    }

    /// At most `limit` events of a topic after a replay id, and the replay id to read on from.
    pub(crate) fn after(&self, position: u64, topic: &Topic, limit: usize, now: Timestamp) -> (Vec<Arc<Event>>, u64) {
        let mut state = locked(&self.state);
        state.prune(now);
        let from = state.events.partition_point(|event| event.replay_id <= position);
        let found: Vec<Arc<Event>> =
            state.events.range(from..).filter(|event| topic.carries(&event.topic)).take(limit).cloned().collect();
        let reached = match found.last() {
            Some(event) if found.len() == limit => event.replay_id,
            _ => state.bounds.last.max(position),
        };
        (found, reached)
    }

    /// The newest events, oldest first.
    pub(crate) fn recent(&self, count: usize, now: Timestamp) -> Vec<Arc<Event>> {
        let mut state = locked(&self.state);
        state.prune(now);
        let from = state.events.len().saturating_sub(count);
        state.events.range(from..).cloned().collect()
    }

    /// What is in the log of each topic, the topic of the newest event first.
    pub(crate) fn by_topic(&self, each: usize, now: Timestamp) -> Vec<OfTopic> {
        let mut state = locked(&self.state);
        state.prune(now);
        let mut topics: Vec<OfTopic> = Vec::new();
        for event in state.events.iter().rev() {
            match topics.iter_mut().find(|topic| topic.topic == event.topic) {
                Some(topic) => {
                    topic.count += 1;
                    if topic.newest.len() < each {
                        topic.newest.push(Arc::clone(event));
                    }
                }
                None => {
                    let newest = vec![Arc::clone(event)];
                    topics.push(OfTopic { topic: event.topic.clone(), count: 1, newest });
                }
            }
        }
        topics
    }

    /// The replay id of the newest event with this id.
    pub(crate) fn replay_id_of(&self, id: &str) -> Option<u64> {
        locked(&self.state).events.iter().rev().find(|event| event.id == id).map(|event| event.replay_id)
    }

    /// Wakes whenever there may be something new.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Makes everybody who waits look again.
    pub(crate) fn wake(&self) {
        self.changed.send_modify(|_| {});
    }

    pub(crate) fn signals(&self) -> broadcast::Receiver<Signal> {
        self.signals.subscribe()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        // Nobody listening is no mistake.
        drop(self.signals.send(signal));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::Timestamp;

    use super::{EventLog, NotReplayable, Start};
    use crate::events::{draft::Draft, topic::Topic};

    fn publish(log: &EventLog, at: Timestamp, topic: &str) -> u64 {
        let draft = Draft { id: Some("x".to_owned()), topic: topic.to_owned(), payload: serde_json::Map::new() };
        log.append(log.prepare(vec![draft], at, String::new));
        log.last()
    }

    fn hours(hours: u64) -> Timestamp {
        Timestamp::from_micros(0).saturating_add(Duration::from_hours(hours))
    }

    #[test]
    fn an_event_is_kept_for_72_hours_and_then_its_replay_id_is_refused() {
        let log = EventLog::default();
        let platform = Topic::Platform("X__e".to_owned());
        let first = publish(&log, hours(0), "/event/X__e");
        let second = publish(&log, hours(1), "/event/X__e");
        let read = |now| log.after(0, &platform, 100, now).0.iter().map(|event| event.replay_id).collect::<Vec<_>>();
        assert_eq!(read(hours(71)), [first, second]);
        assert_eq!(log.start(Start::After(first), hours(71)), Ok(first));
        assert_eq!(read(hours(72)), [second]);
        assert_eq!(log.start(Start::After(first), hours(72)), Err(NotReplayable));
        assert_eq!(log.start(Start::After(second), hours(72)), Ok(second));
        assert_eq!(read(hours(73)), [] as [u64; 0]);
        assert_eq!(log.start(Start::After(second), hours(73)), Ok(second), "nothing came after it");
        let third = publish(&log, hours(74), "/event/X__e");
        assert!(third > second);
        assert_eq!(log.start(Start::After(second), hours(74)), Err(NotReplayable));
        assert_eq!(log.start(Start::After(third + 9), hours(74)), Err(NotReplayable), "from the future");
    }

    #[test]
    fn a_reader_passes_over_other_topics_and_stops_at_its_limit() {
        let log = EventLog::default();
        let topics = ["/event/X__e", "/data/CaseChangeEvent", "/event/X__e", "/event/X__e", "/data/CaseChangeEvent"];
        let ids: Vec<u64> = topics.iter().map(|topic| publish(&log, hours(0), topic)).collect();
        let platform = Topic::Platform("X__e".to_owned());
        let (found, reached) = log.after(0, &platform, 2, hours(0));
        assert_eq!((found.len(), reached), (2, ids[2]));
        let (found, reached) = log.after(reached, &platform, 2, hours(0));
        assert_eq!((found.len(), reached), (1, ids[4]));
        assert_eq!(log.after(0, &Topic::AllChanges, 9, hours(0)).0.len(), 2);
        let by_topic: Vec<_> =
            log.by_topic(2, hours(0)).into_iter().map(|of| (of.topic, of.count, of.newest[0].replay_id)).collect();
        let expected = [("/data/CaseChangeEvent", 2, ids[4]), ("/event/X__e", 3, ids[3])];
        assert_eq!(by_topic, expected.map(|(topic, count, newest)| (topic.to_owned(), count, newest)));
    }

    #[test]
    fn what_was_expired_on_purpose_is_gone_for_everybody() {
        let log = EventLog::default();
        let first = publish(&log, hours(0), "/event/X__e");
        log.expire_all();
        assert_eq!(log.start(Start::After(first), hours(0)), Err(NotReplayable));
        let earliest = log.start(Start::Earliest, hours(0)).unwrap();
        assert!(log.after(earliest, &Topic::Platform("X__e".to_owned()), 9, hours(0)).0.is_empty());
    }
}

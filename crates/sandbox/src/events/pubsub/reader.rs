//! What both kinds of subscription do: hand out the events of a channel as they are asked for, and wait for more.

use std::time::Duration;

use tokio::sync::{
    broadcast::{self, error::RecvError},
    watch,
};
use tonic::{Status, Streaming};

use super::{
    Rpc,
    breaking::Breaking,
    message::{ConsumerEvent, ProducerEvent},
    refusal::Refusal,
    replay_bytes,
};
use crate::events::{
    log::{Event, Signal},
    streams::OpenStream,
    topic::Topic,
};

const MOST_OUTSTANDING: i32 = 100;
/// Salesforce promises a word within 270 seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// A channel, how far it has been read, and how much more was asked for.
pub(super) struct Reader {
    pub(super) rpc: Rpc,
    topic: Topic,
    /// The replay id that everything up to it has been sent or passed over.
    position: u64,
    outstanding: i32,
    listed: OpenStream,
    breaking: Option<Breaking>,
}

/// Events for one answer.
pub(super) struct Delivery {
    pub(super) events: Vec<ConsumerEvent>,
    pub(super) latest_replay_id: Vec<u8>,
    pub(super) pending_num_requested: i32,
}

/// Where a reader starts and what it is called.
pub(super) struct Opening<'a> {
    pub(super) wire: &'static str,
    pub(super) channel: &'a str,
    pub(super) topic: Topic,
    pub(super) position: u64,
}

impl Reader {
    /// # Errors
    /// As many streams are open as may be.
    pub(super) fn open(rpc: Rpc, opening: Opening<'_>, breaking: Option<Breaking>) -> Result<Self, Status> {
        let Opening { wire, channel, topic, position } = opening;
        let listed = OpenStream::open(&rpc.org, wire, &rpc.user, channel, position, rpc.org.now());
        let listed = listed.ok_or_else(|| rpc.refuse(Refusal::ConcurrentClients))?;
        Ok(Self { rpc, topic, position, outstanding: 0, listed, breaking })
    }

    /// Takes in a request for so many more.
    ///
    /// # Errors
    /// None or too many, or the session is over.
    pub(super) fn ask(&mut self, requested: i32) -> Result<(), Status> {
        self.rpc.still_allowed()?;
        if requested <= 0 {
            return Err(self.rpc.refuse(Refusal::RequestedEvents));
        }
        let outstanding = self.outstanding.saturating_add(requested);
        if outstanding > MOST_OUTSTANDING {
            return Err(self.rpc.refuse(Refusal::Overflow));
        }
        self.outstanding = outstanding;
        self.listed.is_at(self.position, self.outstanding, 0);
        Ok(())
    }

    /// The events that are there and asked for; none when there are none.
    ///
    /// # Errors
    /// The session or the day's deliveries are over.
    pub(super) fn next(&mut self) -> Result<Option<Delivery>, Status> {
        let limit = usize::try_from(self.outstanding).unwrap_or(0);
        let limit = self.breaking.as_ref().map_or(limit, |breaking| limit.min(breaking.left()));
        if limit == 0 {
            return Ok(None);
        }
        let org = &self.rpc.org;
        let now = org.now();
        let (mut found, mut reached) = org.events.after(self.position, &self.topic, limit, now);
        if !found.is_empty() {
            self.rpc.still_allowed()?;
            let granted = org.budget.deliver(found.len(), now);
            if granted < found.len() {
                found.truncate(granted);
                reached = found.last().map_or(self.position, |event| event.replay_id);
            }
            if granted == 0 {
                return Err(self.rpc.refuse(Refusal::DeliveryLimit));
            }
        }
        self.position = reached;
        let Some(newest) = found.last().map(|event| event.replay_id) else { return Ok(None) };
        self.outstanding -= i32::try_from(found.len()).unwrap_or(self.outstanding);
        if let Some(breaking) = &mut self.breaking {
            breaking.came_through(found.len());
        }
        self.listed.is_at(self.position, self.outstanding, found.len());
        let events = found.iter().map(|event| self.consumer_event(event)).collect::<Result<_, _>>()?;
        Ok(Some(Delivery { events, latest_replay_id: replay_bytes(newest), pending_num_requested: self.outstanding }))
    }

    /// What is said after a silence.
    pub(super) fn silence(&self) -> Delivery {
        self.listed.is_at(self.position, self.outstanding, 0);
        Delivery {
            events: Vec::new(),
            latest_replay_id: replay_bytes(self.position),
            pending_num_requested: self.outstanding,
        }
    }

    /// Cuts the stream when it has come to where it breaks.
    pub(super) async fn break_if_due(&mut self) {
        if let Some(breaking) = self.breaking.take_if(|breaking| breaking.left() == 0) {
            breaking.cut().await;
        }
    }

    fn consumer_event(&self, event: &Event) -> Result<ConsumerEvent, Status> {
        let described = self.rpc.org.event_types.of_topic(&event.topic);
        // Only a schema that changed under a kept log leads here.
        let described = described.ok_or_else(|| self.rpc.refuse(Refusal::Internal))?;
        let payload = described.encode(event.payload()).map_err(|_| self.rpc.refuse(Refusal::Internal))?;
        let inner = ProducerEvent {
            id: event.id.clone(),
            schema_id: described.schema_id.clone(),
            payload,
            headers: Vec::new(),
        };
        Ok(ConsumerEvent { event: Some(inner), replay_id: replay_bytes(event.replay_id) })
    }
}

/// Why a subscription looks up.
pub(super) enum Woken<T> {
    Request(T),
    /// The client has said all it will, or the org ends.
    Ended,
    Changed,
    Silence,
}

/// What a subscription waits for.
pub(super) struct Waiting<T> {
    requests: Streaming<T>,
    changes: watch::Receiver<u64>,
    signals: broadcast::Receiver<Signal>,
}

impl<T> Waiting<T> {
    /// Begins to listen, so that nothing that happens from now on is missed.
    pub(super) fn begin(rpc: &Rpc, requests: Streaming<T>) -> Self {
        Self { requests, changes: rpc.org.events.changes(), signals: rpc.org.events.signals() }
    }

    pub(super) async fn first(&mut self) -> Result<Option<T>, Status> {
        self.requests.message().await
    }

    /// From here on, a change of the log wakes.
    pub(super) fn look(&mut self) {
        self.changes.mark_unchanged();
    }

    /// # Errors
    /// The client sent what is no message, the session is over, or the stream was dropped.
    pub(super) async fn next(&mut self, reader: &Reader) -> Result<Woken<T>, Status> {
        let signal = tokio::select! {
            request = self.requests.message() => return Ok(request?.map_or(Woken::Ended, Woken::Request)),
            changed = self.changes.changed() => return Ok(if changed.is_ok() { Woken::Changed } else { Woken::Ended }),
            signal = self.signals.recv() => signal,
            () = tokio::time::sleep(KEEP_ALIVE) => Ok(Signal::KeepAlive),
        };
        match signal {
            Ok(Signal::KeepAlive) => {
                reader.rpc.still_allowed()?;
                Ok(Woken::Silence)
            }
            Ok(Signal::DropOne(number)) if number != reader.listed.number => Ok(Woken::Changed),
            Ok(Signal::Drop | Signal::DropOne(_)) => Err(reader.rpc.refuse(Refusal::Unavailable)),
            Err(RecvError::Lagged(_)) => Ok(Woken::Changed),
            Err(RecvError::Closed) => Ok(Woken::Ended),
        }
    }
}

//! `Subscribe`: events as they are asked for, a few at a time, for as long as the client stays.

use std::time::Duration;

use futures::Stream;
use tokio::sync::broadcast::error::RecvError;
use tonic::{Status, Streaming};

use super::{
    Rpc,
    message::{ConsumerEvent, FetchRequest, FetchResponse, ProducerEvent, ReplayPreset},
    refusal::Refusal,
    replay_bytes,
};
use crate::events::{
    log::{Event, Signal, Start},
    topic::Topic,
};

const MOST_OUTSTANDING: i32 = 100;
/// Salesforce promises a word within 270 seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// What the first request settled, and what was asked for since.
struct Subscription {
    rpc: Rpc,
    name: String,
    topic: Topic,
    /// The replay id that everything up to it has been sent or passed over.
    position: u64,
    outstanding: i32,
}

enum Woken {
    /// None when the client has said all it will.
    Request(Result<Option<FetchRequest>, Status>),
    Ended,
    Changed,
    Signal(Signal),
    Silence,
}

pub(super) fn stream(
    rpc: Rpc,
    mut requests: Streaming<FetchRequest>,
) -> impl Stream<Item = Result<FetchResponse, Status>> + Send + 'static {
    async_stream::try_stream! {
        let mut changes = rpc.org.events.changes();
        let mut signals = rpc.org.events.signals();
        let Some(first) = requests.message().await? else { return };
        let mut subscription = Subscription::open(rpc, first)?;
        loop {
            changes.mark_unchanged();
            while let Some(response) = subscription.next()? {
                yield response;
            }
            let woken = tokio::select! {
                request = requests.message() => Woken::Request(request),
                changed = changes.changed() => if changed.is_ok() { Woken::Changed } else { Woken::Ended },
                signal = signals.recv() => match signal {
                    Ok(signal) => Woken::Signal(signal),
                    Err(RecvError::Lagged(_)) => Woken::Changed,
                    Err(RecvError::Closed) => Woken::Ended,
                },
                () = tokio::time::sleep(KEEP_ALIVE) => Woken::Silence,
            };
            match woken {
                Woken::Request(request) => match request? {
                    Some(request) => subscription.fetch(&request)?,
                    None => return,
                },
                Woken::Changed => {}
                Woken::Silence | Woken::Signal(Signal::KeepAlive) => {
                    subscription.rpc.still_allowed()?;
                    yield subscription.keep_alive();
                }
                Woken::Signal(Signal::Drop) => Err(subscription.rpc.refuse(Refusal::Unavailable))?,
                Woken::Ended => return,
            }
        }
    }
}

impl Subscription {
    fn open(rpc: Rpc, first: FetchRequest) -> Result<Self, Status> {
        let topic = rpc.topic(&first.topic_name)?;
        let start = match first.replay_preset() {
            ReplayPreset::Latest => Start::Latest,
            ReplayPreset::Earliest => Start::Earliest,
            ReplayPreset::Custom if first.replay_id.is_empty() => return Err(rpc.refuse(Refusal::ReplayIdMissing)),
            ReplayPreset::Custom => {
                let bytes = first.replay_id.as_slice().try_into();
                Start::After(u64::from_be_bytes(bytes.map_err(|_| rpc.refuse(Refusal::ReplayIdCorrupted))?))
            }
        };
        let position = rpc.org.events.start(start, rpc.org.now());
        let position = position.map_err(|_| rpc.refuse(Refusal::ReplayIdCorrupted))?;
        let mut subscription = Self { rpc, name: first.topic_name.clone(), topic, position, outstanding: 0 };
        subscription.fetch(&first)?;
        Ok(subscription)
    }

    /// Takes in one request for more.
    fn fetch(&mut self, request: &FetchRequest) -> Result<(), Status> {
        self.rpc.still_allowed()?;
        if !request.topic_name.is_empty() && request.topic_name != self.name {
            return Err(self.rpc.refuse(Refusal::TopicMismatch));
        }
        if request.num_requested <= 0 {
            return Err(self.rpc.refuse(Refusal::RequestedEvents));
        }
        self.outstanding = self.outstanding.saturating_add(request.num_requested);
        if self.outstanding > MOST_OUTSTANDING {
            return Err(self.rpc.refuse(Refusal::Overflow));
        }
        Ok(())
    }

    /// The events that are there and asked for; none when there are none.
    fn next(&mut self) -> Result<Option<FetchResponse>, Status> {
        let Ok(limit) = usize::try_from(self.outstanding) else { return Ok(None) };
        if limit == 0 {
            return Ok(None);
        }
        let (found, reached) = self.rpc.org.events.after(self.position, &self.topic, limit, self.rpc.org.now());
        self.position = reached;
        let Some(newest) = found.last().map(|event| event.replay_id) else { return Ok(None) };
        self.rpc.still_allowed()?;
        self.outstanding -= i32::try_from(found.len()).unwrap_or(self.outstanding);
        let events = found.iter().map(|event| self.consumer_event(event)).collect::<Result<_, _>>()?;
        Ok(Some(FetchResponse {
            events,
            latest_replay_id: replay_bytes(newest),
            rpc_id: self.rpc.id.clone(),
            pending_num_requested: self.outstanding,
        }))
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

    fn keep_alive(&self) -> FetchResponse {
        FetchResponse {
            events: Vec::new(),
            latest_replay_id: replay_bytes(self.position),
            rpc_id: self.rpc.id.clone(),
            pending_num_requested: self.outstanding,
        }
    }
}

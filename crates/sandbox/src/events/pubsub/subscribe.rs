//! `Subscribe`: events as they are asked for, a few at a time, for as long as the client stays.

use futures::Stream;
use tonic::{Status, Streaming};

use super::{
    Rpc,
    breaking::Breaking,
    message::{FetchRequest, FetchResponse, ReplayPreset},
    reader::{Delivery, Opening, Reader, Waiting, Woken},
    refusal::Refusal,
};
use crate::events::log::Start;

/// What the first request settled.
struct Subscription {
    reader: Reader,
    name: String,
}

pub(super) fn stream(
    rpc: Rpc,
    requests: Streaming<FetchRequest>,
    breaking: Option<Breaking>,
) -> impl Stream<Item = Result<FetchResponse, Status>> + Send + 'static {
    async_stream::try_stream! {
        let mut waiting = Waiting::begin(&rpc, requests);
        let Some(first) = waiting.first().await? else { return };
        let mut subscription = Subscription::open(rpc, &first, breaking)?;
        loop {
            waiting.look();
            while let Some(delivery) = subscription.reader.next()? {
                yield subscription.response(delivery);
            }
            subscription.reader.break_if_due().await;
            match waiting.next(&subscription.reader).await? {
                Woken::Request(request) => subscription.fetch(&request)?,
                Woken::Changed => {}
                Woken::Silence => yield subscription.response(subscription.reader.silence()),
                Woken::Ended => return,
            }
        }
    }
}

impl Subscription {
    fn open(rpc: Rpc, first: &FetchRequest, breaking: Option<Breaking>) -> Result<Self, Status> {
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
        let name = first.topic_name.clone();
        let opening = Opening { wire: "Pub/Sub", channel: &name, topic, position };
        let reader = Reader::open(rpc, opening, breaking)?;
        let mut subscription = Self { reader, name };
        subscription.fetch(first)?;
        Ok(subscription)
    }

    /// Takes in one request for more.
    fn fetch(&mut self, request: &FetchRequest) -> Result<(), Status> {
        if !request.topic_name.is_empty() && request.topic_name != self.name {
            return Err(self.reader.rpc.refuse(Refusal::TopicMismatch));
        }
        self.reader.rpc.refresh(&request.auth_refresh)?;
        self.reader.ask(request.num_requested)
    }

    fn response(&self, delivery: Delivery) -> FetchResponse {
        FetchResponse {
            events: delivery.events,
            latest_replay_id: delivery.latest_replay_id,
            rpc_id: self.reader.rpc.id.clone(),
            pending_num_requested: delivery.pending_num_requested,
        }
    }
}

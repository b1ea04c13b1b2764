//! `ManagedSubscribe`: as `Subscribe`, but the org keeps how far the client has got.

use futures::Stream;
use tonic::{Status, Streaming};

use super::{
    Rpc,
    breaking::Breaking,
    message::{
        CommitReplayRequest, CommitReplayResponse, ErrorCode, ManagedFetchRequest, ManagedFetchResponse, PublishError,
    },
    reader::{Delivery, Opening, Reader, Waiting, Woken},
    refusal::Refusal,
};
use crate::{
    events::{
        log::{NotReplayable, Start},
        managed::InUse,
    },
    org::Org,
    schema::ManagedEventSubscription,
};

/// What the first request settled.
struct Subscription {
    /// Nobody else subscribes by it meanwhile. Let go before the reader, so that who isn't listed any more isn't in the way.
    _in_use: InUse,
    reader: Reader,
    id: String,
    developer_name: String,
}

pub(super) fn stream(
    rpc: Rpc,
    requests: Streaming<ManagedFetchRequest>,
    breaking: Option<Breaking>,
) -> impl Stream<Item = Result<ManagedFetchResponse, Status>> + Send + 'static {
    async_stream::try_stream! {
        let mut waiting = Waiting::begin(&rpc, requests);
        let Some(first) = waiting.first().await? else { return };
        let mut subscription = Subscription::open(rpc, &first, breaking)?;
        let mut committing = subscription.take_in(first)?;
        loop {
            if let Some(request) = committing.take() {
                yield subscription.commit(request).await;
            }
            waiting.look();
            subscription.still_runs()?;
            while let Some(delivery) = subscription.reader.next()? {
                yield subscription.response(delivery);
            }
            subscription.reader.break_if_due().await;
            match waiting.next(&subscription.reader).await? {
                Woken::Request(request) => committing = subscription.take_in(request)?,
                Woken::Changed => {}
                Woken::Silence => yield subscription.response(subscription.reader.silence()),
                Woken::Ended => return,
            }
        }
    }
}

/// After what was committed; where that is out of retention, or nothing was, as the settings say.
fn start(org: &Org, settings: &ManagedEventSubscription, committed: Option<u64>) -> Result<u64, NotReplayable> {
    let now = org.now();
    let preset = |earliest: bool| if earliest { Start::Earliest } else { Start::Latest };
    match committed.map(|id| org.events.start(Start::After(id), now)) {
        Some(Ok(position)) => Ok(position),
        Some(Err(NotReplayable)) => org.events.start(preset(settings.recovers_from_earliest()), now),
        None => org.events.start(preset(settings.begins_with_earliest()), now),
    }
}

impl Subscription {
    fn open(rpc: Rpc, first: &ManagedFetchRequest, breaking: Option<Breaking>) -> Result<Self, Status> {
        let key = if first.subscription_id.is_empty() { &first.developer_name } else { &first.subscription_id };
        let managed = rpc.org.managed.find(key).ok_or_else(|| rpc.refuse(Refusal::ManagedUnknown))?;
        if !managed.settings.is_running() {
            return Err(rpc.refuse(Refusal::ManagedStopped));
        }
        let in_use = InUse::take(&rpc.org, &managed.id).ok_or_else(|| rpc.refuse(Refusal::ManagedInUse))?;
        let topic = rpc.topic(&managed.settings.topic_name)?;
        let position = start(&rpc.org, &managed.settings, managed.committed);
        let position = position.map_err(|NotReplayable| rpc.refuse(Refusal::ReplayIdCorrupted))?;
        let channel = format!("{} ({})", managed.settings.topic_name, managed.settings.developer_name);
        let opening = Opening { wire: "Pub/Sub, managed", channel: &channel, topic, position };
        let reader = Reader::open(rpc, opening, breaking)?;
        Ok(Self { _in_use: in_use, reader, id: managed.id, developer_name: managed.settings.developer_name })
    }

    /// Takes in one request for more, for a commit, or for both.
    fn take_in(&mut self, request: ManagedFetchRequest) -> Result<Option<CommitReplayRequest>, Status> {
        let is_other = |given: &str, own: &str| !given.is_empty() && !given.eq_ignore_ascii_case(own);
        let short = self.id.get(..15).unwrap_or_default();
        let is_other_id = is_other(&request.subscription_id, &self.id) && request.subscription_id != short;
        if is_other_id || is_other(&request.developer_name, &self.developer_name) {
            return Err(self.reader.rpc.refuse(Refusal::ManagedMismatch));
        }
        self.reader.rpc.refresh(&request.auth_refresh)?;
        let commit = request.commit_replay_id_request;
        if commit.is_none() || request.num_requested != 0 {
            self.reader.ask(request.num_requested)?;
        }
        Ok(commit)
    }

    /// A commit that fails says so and leaves the stream open.
    async fn commit(&self, request: CommitReplayRequest) -> ManagedFetchResponse {
        let org = &self.reader.rpc.org;
        let now = org.now();
        let replay_id = request.replay_id.as_slice().try_into().map(u64::from_be_bytes).ok();
        let replay_id = replay_id.and_then(|id| org.events.start(Start::After(id), now).ok());
        let kept = match replay_id {
            Some(id) => org.commit_managed(&self.id, id).await.map_err(|error| error.to_string()),
            None => Err("The Replay ID is not valid or not within the retention window.".to_owned()),
        };
        let error = kept.err().map(|msg| PublishError { code: ErrorCode::Commit.into(), msg });
        let commit_response = CommitReplayResponse {
            commit_request_id: request.commit_request_id,
            replay_id: request.replay_id,
            error,
            process_time: now.as_micros() / 1_000,
        };
        ManagedFetchResponse { commit_response: Some(commit_response), ..self.response(self.reader.silence()) }
    }

    /// # Errors
    /// An admin stopped it.
    fn still_runs(&self) -> Result<(), Status> {
        let rpc = &self.reader.rpc;
        match rpc.org.managed.find(&self.id) {
            Some(managed) if managed.settings.is_running() => Ok(()),
            Some(_) => Err(rpc.refuse(Refusal::ManagedStopped)),
            None => Err(rpc.refuse(Refusal::ManagedUnknown)),
        }
    }

    fn response(&self, delivery: Delivery) -> ManagedFetchResponse {
        ManagedFetchResponse {
            events: delivery.events,
            latest_replay_id: delivery.latest_replay_id,
            rpc_id: self.reader.rpc.id.clone(),
            pending_num_requested: delivery.pending_num_requested,
            commit_response: None,
        }
    }
}

//! `Publish` and `PublishStream`: each event stands or falls by itself, and is answered with its replay id or its error.

use futures::Stream;
use tonic::{Status, Streaming};

use super::{
    Rpc,
    breaking::Breaking,
    message::{ErrorCode, ProducerEvent, PublishError, PublishRequest, PublishResponse, PublishResult},
    refusal::Refusal,
    replay_bytes,
};
use crate::{
    events::{event_type::EventType, streams::OpenStream, topic::Topic},
    org::Writer,
    records::Authority,
};

pub(super) fn stream(
    mut rpc: Rpc,
    mut requests: Streaming<PublishRequest>,
    mut breaking: Option<Breaking>,
) -> impl Stream<Item = Result<PublishResponse, Status>> + Send + 'static {
    async_stream::try_stream! {
        let listed = OpenStream::open(&rpc.org, "Pub/Sub, publishing", &rpc.user, "", 0, rpc.org.now());
        let listed = listed.ok_or_else(|| rpc.refuse(Refusal::ConcurrentClients))?;
        let mut topic = String::new();
        while let Some(mut request) = requests.message().await? {
            if let Some(breaking) = breaking.take_if(|breaking| breaking.left() == 0) {
                breaking.cut().await;
            }
            rpc.refresh(&request.auth_refresh)?;
            rpc.still_allowed()?;
            if let Some(breaking) = &mut breaking {
                breaking.came_through(request.events.len());
            }
            if topic.is_empty() {
                topic.clone_from(&request.topic_name);
            } else if request.topic_name.is_empty() {
                request.topic_name.clone_from(&topic);
            } else if request.topic_name != topic {
                Err(rpc.refuse(Refusal::TopicMismatch))?;
            }
            listed.publishes_to(&topic, request.events.len());
            yield publish(&rpc, request).await?;
        }
    }
}

/// # Errors
/// No topic to publish to, or nothing to publish.
pub(super) async fn publish(rpc: &Rpc, request: PublishRequest) -> Result<PublishResponse, Status> {
    let topic = rpc.topic(&request.topic_name)?;
    let event = rpc.org.event_types.of_channel(&topic).cloned();
    let (Topic::Platform(_), Some(event)) = (&topic, event) else {
        return Err(rpc.refuse(Refusal::CannotPublish));
    };
    if request.events.is_empty() {
        return Err(rpc.refuse(Refusal::NoEvents));
    }
    let schema_id = event.schema_id.clone();
    let writer = Writer::within(rpc.user.as_str());
    let outcomes = rpc.org.transact(writer, move |transaction| {
        let outcomes = request.events.into_iter().map(|produced| {
            let outcome = accept(&event, transaction, &produced);
            (produced.id, outcome)
        });
        Ok(outcomes.collect::<Vec<_>>())
    });
    let outcomes = outcomes.await.map_err(|_| rpc.refuse(Refusal::Unavailable))?;
    let results = outcomes.into_iter().map(|(correlation_key, outcome)| match outcome {
        Ok(key) => {
            let replay_id = rpc.org.events.replay_id_of(&key).map(replay_bytes).unwrap_or_default();
            PublishResult { replay_id, error: None, correlation_key }
        }
        Err(msg) => {
            let error = PublishError { code: ErrorCode::Publish.into(), msg };
            PublishResult { replay_id: Vec::new(), error: Some(error), correlation_key }
        }
    });
    Ok(PublishResponse { results: results.collect(), schema_id, rpc_id: rpc.id.clone() })
}

/// Puts one event into the transaction and answers the key it can be found by; or says why not.
fn accept(
    event: &EventType,
    transaction: &mut crate::records::Transaction<'_>,
    produced: &ProducerEvent,
) -> Result<String, String> {
    if produced.schema_id != event.schema_id {
        return Err(format!("The schema ID {} is not the topic's", produced.schema_id));
    }
    if produced.id.is_empty() {
        return Err("The event has no id".to_owned());
    }
    let mut fields = event.decode(&produced.payload).map_err(|error| error.to_string())?;
    // Who publishes, and when, the org knows better.
    fields.retain(|name, value| !matches!(name.as_str(), "CreatedDate" | "CreatedById") && !value.is_null());
    transaction.insert(&event.object, &fields, Authority::User).map_err(|error| error.to_string())?;
    transaction.name_published(produced.id.clone());
    Ok(produced.id.clone())
}

//! The Pub/Sub API over plain HTTP/2, with clients that break its rules; well-behaved ones are in `tests/pubsub`.

use serde_json::json;
use tonic::{Code, Request};

use crate::{
    client::Org,
    eventbus::{
        CASES, Client, Fetch, Name, PORTAL, Produced, Publish, PublishResult, Results, Topic, earliest, error_code,
    },
};

#[tokio::test]
async fn no_more_comes_than_was_asked_for() {
    let org = Org::start().await;
    for number in 0..5 {
        org.sandbox.create("Case", json!({ "Subject": format!("{number}") })).await.unwrap();
    }
    let mut client = Client::of(&org).await;
    let more = Fetch { num_requested: 1, ..Fetch::default() };
    let mut stream = client.subscribe(vec![earliest(CASES, 2), more]).await.unwrap();
    let mut received = 0;
    let pending = loop {
        let fetched = stream.message().await.unwrap().unwrap();
        received += fetched.events.len();
        assert_eq!(fetched.latest_replay_id.len(), 8);
        if received == 3 {
            break fetched.pending_num_requested;
        }
    };
    assert_eq!(pending, 0);
    org.control("events/keep-alive", json!({})).await;
    let silent = stream.message().await.unwrap().unwrap();
    assert_eq!(silent.events.len(), 0, "two events are there, and nobody asked for them");
}

#[tokio::test]
async fn a_subscription_against_the_rules_is_refused_with_its_code() {
    let org = Org::start().await;
    let mut client = Client::of(&org).await;
    let custom = |replay_id: &[u8]| Fetch { replay_preset: 2, replay_id: replay_id.to_vec(), ..earliest(CASES, 1) };
    let invalid = |code: &str| (Code::InvalidArgument, code.to_owned());
    assert_eq!(client.refused(vec![earliest(CASES, 0)]).await, invalid("subscription.fetch.requested.events.invalid"));
    assert_eq!(client.refused(vec![earliest(CASES, -1)]).await, invalid("subscription.fetch.requested.events.invalid"));
    assert_eq!(client.refused(vec![earliest(CASES, 101)]).await, invalid("subscription.fetch.overflow"));
    let twice = vec![earliest(CASES, 60), earliest(CASES, 60)];
    assert_eq!(client.refused(twice).await, invalid("subscription.fetch.overflow"));
    let another = vec![earliest(CASES, 1), earliest(PORTAL, 1)];
    assert_eq!(client.refused(another).await, invalid("subscription.fetch.topic.mismatch"));
    assert_eq!(client.refused(vec![custom(b"")]).await, invalid("subscription.fetch.replayid.validation.failed"));
    assert_eq!(client.refused(vec![custom(b"123")]).await, invalid("subscription.fetch.replayid.corrupted"));
    assert_eq!(client.refused(vec![custom(&[0xff; 8])]).await, invalid("subscription.fetch.replayid.corrupted"));
    assert_eq!(client.refused(vec![earliest("", 1)]).await, invalid("topic.validation.empty"));
    let unknown = client.refused(vec![earliest("/data/CaseCommentChangeEvent", 1)]).await;
    assert_eq!(unknown, (Code::NotFound, "topic.not.found".to_owned()));
}

#[tokio::test]
async fn a_call_without_the_orgs_metadata_is_nobodys() {
    let org = Org::start().await;
    let mut client = Client::of(&org).await;
    let name = Name { name: CASES.to_owned() };
    let status = client.call::<_, Topic>("GetTopic", Request::new(name.clone())).await.unwrap_err();
    assert_eq!(
        (status.code(), error_code(&status)),
        (Code::Unauthenticated, "service.auth.headers.invalid".to_owned())
    );
    let mut foreign = client.request(name.clone());
    foreign.metadata_mut().insert("tenantid", "00D000000000000".parse().unwrap());
    assert!(client.call::<_, Topic>("GetTopic", foreign).await.is_err());
    org.sandbox.expire_sessions();
    let late = client.request(name);
    let status = client.call::<_, Topic>("GetTopic", late).await.unwrap_err();
    assert_eq!((status.code(), error_code(&status)), (Code::Unauthenticated, "service.auth.error".to_owned()));
}

#[tokio::test]
async fn an_event_that_cant_be_read_fails_alone() {
    let org = Org::start().await;
    let mut client = Client::of(&org).await;
    let request = client.request(Name { name: PORTAL.to_owned() });
    let topic: Topic = client.call("GetTopic", request).await.unwrap();
    assert!(topic.can_publish && topic.can_subscribe);
    // CreatedDate 0, CreatedById "", then four fields: a union's second branch and one letter each.
    let good = [&[0, 0][..], &[2, 2, b'x'].repeat(4)].concat();
    let produced = |id: &str, payload: &[u8]| Produced {
        id: id.to_owned(),
        schema_id: topic.schema_id.clone(),
        payload: payload.to_vec(),
    };
    let foreign = Produced { schema_id: "another".to_owned(), ..produced("foreign", &good) };
    let events = vec![
        produced("good", &good),
        produced("short", &good[..5]),
        produced("empty", &[]),
        produced("nulls", &[0, 0, 0, 0, 0, 0]),
        foreign,
        produced("also good", &good),
    ];
    let request = client.request(Publish { topic_name: PORTAL.to_owned(), events });
    let answer: Results = client.call("Publish", request).await.unwrap();
    let outcome =
        |result: &PublishResult| (result.correlation_key.clone(), result.error.is_none(), result.replay_id.len());
    let expected = [
        ("good", true, 8),
        ("short", false, 0),
        ("empty", false, 0),
        ("nulls", false, 0),
        ("foreign", false, 0),
        ("also good", true, 8),
    ];
    let expected = expected.map(|(key, good, length)| (key.to_owned(), good, length));
    assert_eq!(answer.results.iter().map(outcome).collect::<Vec<_>>(), expected);
    assert!(answer.results[1].error.as_ref().is_some_and(|error| error.code == 1 && !error.msg.is_empty()));

    let request = client.request(Publish { topic_name: CASES.to_owned(), events: vec![produced("x", &good)] });
    assert_eq!(client.call::<_, Results>("Publish", request).await.unwrap_err().code(), Code::PermissionDenied);
    let request = client.request(Name::default());
    assert_eq!(client.call::<_, Topic>("Reminisce", request).await.unwrap_err().code(), Code::Unimplemented);
}

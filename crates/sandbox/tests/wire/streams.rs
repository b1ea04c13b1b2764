//! Open event streams: listed, limited, dropped one by one, and broken on purpose.

use std::time::Duration;

use reqwest::StatusCode;
use sandbox::{Fault, FaultAction, Limits, SandboxOptions};
use serde_json::{Value, json};
use tonic::Code;

use crate::{
    client::{self, Org},
    eventbus::{CASES, Client, Fetch, Fetched, PORTAL, Publish, Results, earliest, error_code},
    events::{cometd, connect, handshake, subscribe},
};

async fn listeners(org: &Org) -> Vec<Value> {
    let url = format!("{}/_sandbox/events/streams", org.sandbox.url());
    client::answer(org.http.get(url)).await.1.as_array().unwrap().clone()
}

async fn cases(org: &Org, count: usize) {
    for number in 0..count {
        org.sandbox.create("Case", json!({ "Subject": format!("{number}") })).await.unwrap();
    }
}

/// So many events of a stream, or the error it ends with before.
async fn take(stream: &mut tonic::Streaming<Fetched>, count: usize) -> Result<usize, tonic::Status> {
    let mut received = 0;
    while received < count {
        received += stream.message().await?.unwrap().events.len();
    }
    Ok(received)
}

async fn org_with(limits: Limits) -> Org {
    Org::start_with(SandboxOptions { limits, ..SandboxOptions::default() }).await
}

#[tokio::test]
async fn whoever_listens_is_listed_and_can_be_dropped_alone() {
    let org = Org::start().await;
    cases(&org, 1).await;
    let mut client = Client::of(&org).await;
    let mut first = client.subscribe(vec![earliest(CASES, 5)]).await.unwrap();
    let mut second = client.subscribe(vec![earliest(CASES, 7)]).await.unwrap();
    take(&mut first, 1).await.unwrap();
    take(&mut second, 1).await.unwrap();
    let cometd_client = handshake(&org).await;
    subscribe(&org, &cometd_client, "/data/ChangeEvents", -2).await;

    let open = listeners(&org).await;
    let told = |listener: &Value| {
        (listener["wire"].as_str().unwrap().to_owned(), listener["channels"][0]["channel"].as_str().unwrap().to_owned())
    };
    let expected = [("Pub/Sub", CASES), ("Pub/Sub", CASES), ("CometD", "/data/ChangeEvents")];
    assert_eq!(
        open.iter().map(told).collect::<Vec<_>>(),
        expected.map(|(wire, channel)| (wire.to_owned(), channel.to_owned()))
    );
    assert_eq!((&open[1]["outstanding"], &open[1]["events"]), (&json!(6), &json!(1)));

    let drop = async |stream: &Value| {
        let url = format!("{}/_sandbox/events/drop-streams?stream={}", org.sandbox.url(), stream.as_str().unwrap());
        client::answer(org.http.post(url)).await.0
    };
    assert_eq!(drop(&open[0]["stream"]).await, StatusCode::OK);
    let ended = first.message().await.unwrap_err();
    assert_eq!((ended.code(), error_code(&ended)), (Code::Unavailable, "service.unavailable".to_owned()));
    cases(&org, 1).await;
    assert_eq!(take(&mut second, 1).await.unwrap(), 1, "the other goes on");
    assert_eq!(drop(&open[2]["stream"]).await, StatusCode::OK);
    let replies = connect(&org, &cometd_client).await;
    assert_eq!(replies[0]["error"], "403::Unknown client");
    assert_eq!(drop(&open[0]["stream"]).await, StatusCode::NOT_FOUND);
    assert_eq!(listeners(&org).await.len(), 1);
}

#[tokio::test]
async fn a_stream_breaks_without_a_word_where_a_test_wants_it_to() {
    let org = Org::start().await;
    cases(&org, 5).await;
    let fault = Fault::new(FaultAction::BreakStream).on("Subscribe", "/eventbus").times(1);
    org.sandbox.faults().add(fault.after_events(2));
    let mut client = Client::of(&org).await;
    let mut broken = client.subscribe(vec![earliest(CASES, 5)]).await.unwrap();
    let got = broken.message().await.unwrap().unwrap();
    assert_eq!((got.events.len(), got.pending_num_requested), (2, 3));
    let error = broken.message().await.unwrap_err();
    assert!(!error.metadata().contains_key("error-code"), "{error:?}");

    // The next goes on from where it was.
    let after = Fetch { replay_preset: 2, replay_id: got.latest_replay_id, ..earliest(CASES, 3) };
    let mut whole = client.subscribe(vec![after]).await.unwrap();
    assert_eq!(take(&mut whole, 3).await.unwrap(), 3);
    assert_eq!(listeners(&org).await.len(), 1, "the broken one is gone");
}

#[tokio::test]
async fn a_stream_of_publications_breaks_before_its_next_request() {
    let org = Org::start().await;
    org.control("faults", json!({ "action": "break_stream", "method": "PublishStream" })).await;
    let mut client = Client::of(&org).await;
    let said = futures::stream::iter([Publish { topic_name: PORTAL.to_owned(), events: Vec::new() }]);
    let mut answers = client.converse::<_, Results>("PublishStream", said).await.unwrap();
    let error = answers.message().await.unwrap_err();
    assert!(!error.metadata().contains_key("error-code"), "{error:?}");
}

#[tokio::test]
async fn a_broken_connect_takes_no_event_with_it() {
    let org = Org::start().await;
    let client = handshake(&org).await;
    subscribe(&org, &client, CASES, -1).await;
    cases(&org, 1).await;
    org.control("faults", json!({ "action": "break_stream", "method": "connect", "times": 1 })).await;
    let message = json!([{ "channel": "/meta/connect", "clientId": client, "connectionType": "long-polling" }]);
    let request = org.http.post(format!("{}/cometd/67.0", org.sandbox.url())).bearer_auth(&org.token);
    assert!(request.json(&message).send().await.is_err());
    assert_eq!(org.sandbox.requests().last().unwrap().status, 0);
    let heard = connect(&org, &client).await;
    assert_eq!((heard.len(), heard[0]["channel"].as_str()), (2, Some(CASES)));
}

#[tokio::test]
async fn no_more_clients_and_streams_are_let_in_than_the_org_allows() {
    let org = org_with(Limits { cometd_clients: 1, event_streams: 1, ..Limits::default() }).await;
    let hello =
        || json!([{ "channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"] }]);
    let first = cometd(&org, hello()).await[0]["clientId"].clone();
    let refused = cometd(&org, hello()).await;
    assert_eq!(
        (&refused[0]["error"], &refused[0]["ext"]["sfdc"]["failureReason"], &refused[0]["advice"]["reconnect"]),
        (&json!("403::Handshake denied"), &json!("403::Organization concurrent user limit exceeded"), &json!("none"))
    );
    cometd(&org, json!([{ "channel": "/meta/disconnect", "clientId": first }])).await;
    assert_eq!(cometd(&org, hello()).await[0]["successful"], true);

    cases(&org, 1).await;
    let mut client = Client::of(&org).await;
    let mut stream = client.subscribe(vec![earliest(CASES, 1)]).await.unwrap();
    take(&mut stream, 1).await.unwrap();
    let refused = client.refused(vec![earliest(CASES, 1)]).await;
    assert_eq!(refused, (Code::ResourceExhausted, "concurrent.client.limit.exceeded".to_owned()));
}

#[tokio::test]
async fn a_day_has_so_many_deliveries() {
    let org = org_with(Limits { delivered_events: 3, ..Limits::default() }).await;
    cases(&org, 5).await;
    let mut client = Client::of(&org).await;
    let mut stream = client.subscribe(vec![earliest(CASES, 5)]).await.unwrap();
    let got = stream.message().await.unwrap().unwrap();
    assert_eq!(got.events.len(), 3);
    let ended = stream.message().await.unwrap_err();
    assert_eq!((ended.code(), error_code(&ended)), (Code::ResourceExhausted, "subscription.limit.exceeded".to_owned()));
    let limits = org.get("/limits").await.1;
    assert_eq!(limits["DailyDeliveredPlatformEvents"], json!({ "Max": 3, "Remaining": 0 }));

    let cometd_client = handshake(&org).await;
    subscribe(&org, &cometd_client, CASES, -2).await;
    let refused = connect(&org, &cometd_client).await;
    assert_eq!(refused[0]["error"], "403::Organization total events daily limit exceeded");

    org.sandbox.advance_clock(Duration::from_hours(24));
    let org = Org { token: org.sandbox.token(), ..org };
    let mut client = Client::of(&org).await;
    let after = Fetch { replay_preset: 2, replay_id: got.latest_replay_id, ..earliest(CASES, 5) };
    let mut stream = client.subscribe(vec![after]).await.unwrap();
    assert_eq!(take(&mut stream, 2).await.unwrap(), 2, "what could not be delivered was kept");
}

#[tokio::test]
async fn an_hour_has_so_many_published_events() {
    let org = org_with(Limits { published_events: 2, ..Limits::default() }).await;
    let event = json!({
        "Case_Id__c": "500SB0000000001", "Record_Id__c": "0D5SB0000000001", "Object__c": "FeedItem", "Operation__c": "insert",
    });
    let publish = async || {
        let path = "/sobjects/Portal_Feed_Event__e";
        org.send(reqwest::Method::POST, path, event.clone()).await
    };
    assert_eq!(publish().await.0, StatusCode::CREATED);
    // The feed's trigger publishes too.
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    org.sandbox.create("FeedItem", json!({ "ParentId": case, "Body": "x" })).await.unwrap();
    let (status, body) = publish().await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("LIMIT_EXCEEDED")));
    org.sandbox.create("FeedItem", json!({ "ParentId": case, "Body": "y" })).await.unwrap();
    assert_eq!(org.sandbox.count("FeedItem"), 2, "the post stands though its event is lost");
    assert_eq!(org.get("/limits").await.1["HourlyPublishedPlatformEvents"], json!({ "Max": 2, "Remaining": 0 }));
    org.sandbox.advance_clock(Duration::from_hours(1));
    assert_eq!(publish().await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn a_stream_goes_on_with_the_session_it_is_refreshed_with() {
    let org = Org::start().await;
    cases(&org, 1).await;
    let mut client = Client::of(&org).await;
    let (said, requests) = futures::channel::mpsc::unbounded();
    said.unbounded_send(earliest(CASES, 1)).unwrap();
    let mut stream = client.converse::<Fetch, Fetched>("Subscribe", requests).await.unwrap();
    take(&mut stream, 1).await.unwrap();
    org.sandbox.expire_sessions();
    let token = org.sandbox.token();
    said.unbounded_send(Fetch { auth_refresh: token, num_requested: 1, ..Fetch::default() }).unwrap();
    cases(&org, 1).await;
    assert_eq!(take(&mut stream, 1).await.unwrap(), 1);
    said.unbounded_send(Fetch { auth_refresh: "nobody's".to_owned(), num_requested: 1, ..Fetch::default() }).unwrap();
    let refused = stream.message().await.unwrap_err();
    assert_eq!(error_code(&refused), "service.auth.refresh.invalid");
}

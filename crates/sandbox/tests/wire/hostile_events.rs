//! What no subscriber or publisher should send: refused by its protocol's own words, and the org goes on.

use axum::body::Body;
use http::{Request, Response};
use prost::Message;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tonic::{Code, Status, transport::Channel};
use tower::{Service, ServiceExt};

use crate::{
    client::{self, Org},
    eventbus::{CASES, Client, Fetched, Name, PORTAL, Produced, Publish, Results, Topic, earliest},
    events::{cometd, connect, handshake, subscribe},
};

/// Bytes in place of a message's frame.
async fn raw(org: &Org, method: &str, content_type: &str, bytes: Vec<u8>) -> Response<tonic::body::Body> {
    let mut channel = Channel::from_shared(org.sandbox.url()).unwrap().connect().await.unwrap();
    let request = Request::post(format!("{}/eventbus.v1.PubSub/{method}", org.sandbox.url()))
        .header("content-type", content_type)
        .header("te", "trailers")
        .header("accesstoken", &org.token)
        .header("instanceurl", "https://localhost")
        .header("tenantid", "00DSB0000000001")
        .body(tonic::body::Body::new(Body::from(bytes)))
        .unwrap();
    channel.ready().await.unwrap().call(request).await.unwrap()
}

fn frame(flag: u8, length: u32, bytes: &[u8]) -> Vec<u8> {
    [&[flag][..], &length.to_be_bytes(), bytes].concat()
}

async fn answers(org: &Org) {
    let mut client = Client::of(org).await;
    let request = client.request(Name { name: CASES.to_owned() });
    client.call::<_, Topic>("GetTopic", request).await.unwrap();
}

#[tokio::test]
async fn frames_that_are_no_messages_end_their_call_and_nothing_else() {
    let org = Org::start().await;
    let name = Name { name: CASES.to_owned() }.encode_to_vec();
    let whole = u32::try_from(name.len()).unwrap();
    for (what, bytes) in [
        ("nothing", Vec::new()),
        ("half a head", vec![0, 0, 0]),
        ("a promise of 4 GB", frame(0, u32::MAX, &name)),
        ("more than there is", frame(0, whole + 9, &name)),
        ("no such flag", frame(7, whole, &name)),
        ("compressed by nothing", frame(1, whole, &name)),
        ("no protobuf", frame(0, 4, &[0xff; 4])),
        ("text that is no UTF-8", frame(0, 4, &[0x0a, 2, 0xff, 0xfe])),
        ("a length beyond the end", frame(0, 3, &[0x0a, 0x7f, b'x'])),
    ] {
        for method in ["GetTopic", "Subscribe", "ManagedSubscribe", "PublishStream"] {
            let response = raw(&org, method, "application/grpc", bytes.clone()).await;
            assert_eq!(response.status(), StatusCode::OK, "{what}, {method}");
            if method == "GetTopic" {
                let status = Status::from_header_map(response.headers()).expect(what);
                assert_ne!(status.code(), Code::Ok, "{what}");
            }
        }
    }
    for content_type in ["application/json", "text/plain", "application/x-protobuf", ""] {
        let response = raw(&org, "GetTopic", content_type, frame(0, whole, &name)).await;
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
    }
    answers(&org).await;
}

#[tokio::test]
async fn a_message_larger_than_grpc_allows_is_refused() {
    let org = Org::start().await;
    let mut client = Client::of(&org).await;
    let large = Produced { id: "x".to_owned(), schema_id: "x".to_owned(), payload: vec![0; 5_000_000] };
    let request = client.request(Publish { topic_name: PORTAL.to_owned(), events: vec![large] });
    let refused = client.call::<_, Results>("Publish", request).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange, "{refused:?}");
    answers(&org).await;
}

/// A `FetchRequest` whose topic is a number.
#[derive(Clone, PartialEq, Message)]
struct Numbered {
    #[prost(int32, tag = "1")]
    topic: i32,
}

#[tokio::test]
async fn a_message_of_another_kind_ends_an_open_stream_with_an_error() {
    let org = Org::start().await;
    let mut client = Client::of(&org).await;
    let said = futures::stream::iter([Numbered { topic: 7 }]);
    let ended = match client.converse::<_, Fetched>("Subscribe", said).await {
        Ok(mut stream) => stream.message().await.unwrap_err(),
        Err(status) => status,
    };
    assert_eq!(ended.code(), Code::Internal);
    let mut stream = client.subscribe(vec![earliest(CASES, i32::MIN)]).await.unwrap();
    assert_eq!(stream.message().await.unwrap_err().code(), Code::InvalidArgument);
    answers(&org).await;
}

#[tokio::test]
async fn what_is_no_bayeux_message_is_refused_whatever_its_size() {
    let org = Org::start().await;
    let url = format!("{}/cometd/67.0", org.sandbox.url());
    let send = async |body: String| {
        let request = org.http.post(&url).bearer_auth(&org.token).header("content-type", "application/json");
        client::answer(request.body(body)).await
    };
    let (status, body) = send(format!("[{{\"channel\":\"{}\"}}]", "x".repeat(3_000_000))).await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("EXCEEDED_MAX_SIZE_REQUEST")));
    assert_eq!(send(format!("[{}{{}}]", "{},".repeat(1_000))).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let deep = format!("[{{\"channel\":\"/meta/handshake\",\"ext\":{}1{}}}]", "[".repeat(9_000), "]".repeat(9_000));
    assert_eq!(send(deep).await.0, StatusCode::BAD_REQUEST);
    for channel in [json!(null), json!(7), json!(""), json!("/meta/nothing"), json!(CASES), json!("/service/x")] {
        let replies = cometd(&org, json!([{ "channel": channel, "clientId": 7, "data": {} }])).await;
        assert_eq!(replies[0]["successful"], false, "{channel}: {replies}");
    }
    let client = handshake(&org).await;
    for subscription in [json!(null), json!([]), json!({}), json!("Case"), json!("/data/**"), json!("/topic/x")] {
        let message = json!([{ "channel": "/meta/subscribe", "clientId": client, "subscription": subscription }]);
        assert_eq!(cometd(&org, message).await[0]["successful"], false, "{subscription}");
    }
    for replay in [json!("-2"), json!(-3), json!(1.5), json!(u64::MAX), json!({})] {
        let message = json!([{
            "channel": "/meta/subscribe", "clientId": client, "subscription": CASES, "ext": { "replay": { CASES: replay } },
        }]);
        let error = cometd(&org, message).await[0]["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with("400::The replayId {"), "{replay}: {error}");
    }
    assert_eq!(subscribe(&org, &client, CASES, -1).await["successful"], true);
}

#[tokio::test]
async fn nobody_goes_on_with_anothers_client() {
    let org = Org::start().await;
    let client = handshake(&org).await;
    subscribe(&org, &client, CASES, -1).await;
    let form = [
        ("grant_type", "password"),
        ("client_id", "casebridge-dev"),
        ("client_secret", "casebridge-dev-secret"),
        ("username", "riley@sandbox.test"),
        ("password", "sandboxTOKEN"),
    ];
    let url = format!("{}/services/oauth2/token", org.sandbox.url());
    let (_, granted) = client::answer(org.http.post(url).form(&form)).await;
    let token = granted["access_token"].as_str().unwrap().to_owned();
    let riley = Org { token, ..org };
    for channel in ["connect", "subscribe", "unsubscribe", "disconnect"] {
        let message = json!([{ "channel": format!("/meta/{channel}"), "clientId": client, "subscription": CASES }]);
        let replies: Value = cometd(&riley, message).await;
        assert_eq!(replies[0]["error"], "403::Unknown client", "{channel}");
    }
    let own = Org { token: riley.sandbox.token(), ..riley };
    own.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    assert_eq!(connect(&own, &client).await.len(), 2, "its own user still has it");
}

#[tokio::test]
async fn a_channel_that_was_left_brings_nothing_more() {
    let org = Org::start().await;
    let client = handshake(&org).await;
    subscribe(&org, &client, CASES, -1).await;
    subscribe(&org, &client, "/data/AccountChangeEvent", -1).await;
    let leave = json!([{ "channel": "/meta/unsubscribe", "clientId": client, "subscription": CASES }]);
    assert_eq!(cometd(&org, leave).await[0]["successful"], true);
    org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    org.sandbox.create("Account", json!({ "Name": "x" })).await.unwrap();
    let heard = connect(&org, &client).await;
    assert_eq!((heard.len(), heard[0]["channel"].as_str()), (2, Some("/data/AccountChangeEvent")));
}

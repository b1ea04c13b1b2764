//! The Pub/Sub API over plain HTTP/2, with clients that break its rules; well-behaved ones are in `tests/pubsub`.

use futures::StreamExt;
use prost::Message;
use serde_json::json;
use tonic::{Code, Request, Status, Streaming, client::Grpc, transport::Channel};
use tonic_prost::ProstCodec;

use crate::client::Org;

#[derive(Clone, PartialEq, Message)]
struct Fetch {
    #[prost(string, tag = "1")]
    topic_name: String,
    #[prost(int32, tag = "2")]
    replay_preset: i32,
    #[prost(bytes = "vec", tag = "3")]
    replay_id: Vec<u8>,
    #[prost(int32, tag = "4")]
    num_requested: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Fetched {
    /// Each left undecoded: their number is what counts here.
    #[prost(bytes = "vec", repeated, tag = "1")]
    events: Vec<Vec<u8>>,
    #[prost(bytes = "vec", tag = "2")]
    latest_replay_id: Vec<u8>,
    #[prost(int32, tag = "4")]
    pending_num_requested: i32,
}

/// `TopicRequest` and `SchemaRequest`.
#[derive(Clone, PartialEq, Message)]
struct Name {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct Topic {
    #[prost(bool, tag = "3")]
    can_publish: bool,
    #[prost(bool, tag = "4")]
    can_subscribe: bool,
    #[prost(string, tag = "5")]
    schema_id: String,
}

#[derive(Clone, PartialEq, Message)]
struct Produced {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    schema_id: String,
    #[prost(bytes = "vec", tag = "3")]
    payload: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Publish {
    #[prost(string, tag = "1")]
    topic_name: String,
    #[prost(message, repeated, tag = "2")]
    events: Vec<Produced>,
}

#[derive(Clone, PartialEq, Message)]
struct PublishError {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    msg: String,
}

#[derive(Clone, PartialEq, Message)]
struct PublishResult {
    #[prost(bytes = "vec", tag = "1")]
    replay_id: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    error: Option<PublishError>,
    #[prost(string, tag = "3")]
    correlation_key: String,
}

#[derive(Clone, PartialEq, Message)]
struct Results {
    #[prost(message, repeated, tag = "1")]
    results: Vec<PublishResult>,
}

const CASES: &str = "/data/CaseChangeEvent";
const PORTAL: &str = "/event/Portal_Feed_Event__e";
const ORGANIZATION: &str = "00DSB0000000001";

struct Client {
    grpc: Grpc<Channel>,
    token: String,
}

impl Client {
    async fn of(org: &Org) -> Self {
        let channel = Channel::from_shared(org.sandbox.url()).unwrap().connect().await.unwrap();
        Self { grpc: Grpc::new(channel), token: org.token.clone() }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        for (name, value) in
            [("accesstoken", self.token.as_str()), ("instanceurl", "https://localhost"), ("tenantid", ORGANIZATION)]
        {
            request.metadata_mut().insert(name, value.parse().unwrap());
        }
        request
    }

    async fn call<Q, A>(&mut self, method: &str, request: Request<Q>) -> Result<A, Status>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        self.grpc.ready().await.unwrap();
        let path = format!("/eventbus.v1.PubSub/{method}").parse().unwrap();
        self.grpc.unary(request, path, ProstCodec::<Q, A>::default()).await.map(tonic::Response::into_inner)
    }

    /// A subscription that says these things and then stays.
    async fn subscribe(&mut self, requests: Vec<Fetch>) -> Result<Streaming<Fetched>, Status> {
        self.grpc.ready().await.unwrap();
        let said = futures::stream::iter(requests).chain(futures::stream::pending());
        let request = self.request(said);
        let path = "/eventbus.v1.PubSub/Subscribe".parse().unwrap();
        let response = self.grpc.streaming(request, path, ProstCodec::<Fetch, Fetched>::default()).await?;
        Ok(response.into_inner())
    }

    /// How a subscription that begins so is refused.
    async fn refused(&mut self, requests: Vec<Fetch>) -> (Code, String) {
        let status = match self.subscribe(requests).await {
            Ok(mut stream) => stream.message().await.unwrap_err(),
            Err(status) => status,
        };
        (status.code(), error_code(&status))
    }
}

fn error_code(status: &Status) -> String {
    assert!(status.metadata().contains_key("rpc-id"), "{status:?}");
    let code = status.metadata().get("error-code").unwrap().to_str().unwrap();
    code.strip_prefix("sfdc.platform.eventbus.grpc.").unwrap().to_owned()
}

fn earliest(topic: &str, num_requested: i32) -> Fetch {
    Fetch { topic_name: topic.to_owned(), replay_preset: 1, num_requested, ..Fetch::default() }
}

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
    assert_eq!(client.call::<_, Topic>("ManagedSubscribe", request).await.unwrap_err().code(), Code::Unimplemented);
}

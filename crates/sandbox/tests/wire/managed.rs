//! Managed event subscriptions: set up as an admin does, read as a client does, committed for good.

use futures::channel::mpsc::{UnboundedSender, unbounded};
use prost::Message;
use reqwest::{Method, StatusCode};
use sandbox::{SandboxOptions, Seed};
use serde_json::{Value, json};
use tonic::{Code, Status, Streaming};

use crate::{
    client::Org,
    eventbus::{CASES, Client, error_code},
};

#[derive(Clone, PartialEq, Message)]
struct Fetch {
    #[prost(string, tag = "1")]
    subscription_id: String,
    #[prost(string, tag = "2")]
    developer_name: String,
    #[prost(int32, tag = "3")]
    num_requested: i32,
    #[prost(message, optional, tag = "5")]
    commit: Option<Commit>,
}

#[derive(Clone, PartialEq, Message)]
struct Commit {
    #[prost(string, tag = "1")]
    commit_request_id: String,
    #[prost(bytes = "vec", tag = "2")]
    replay_id: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Fetched {
    #[prost(bytes = "vec", repeated, tag = "1")]
    events: Vec<Vec<u8>>,
    #[prost(bytes = "vec", tag = "2")]
    latest_replay_id: Vec<u8>,
    #[prost(message, optional, tag = "5")]
    commit_response: Option<Committed>,
}

#[derive(Clone, PartialEq, Message)]
struct Committed {
    #[prost(string, tag = "1")]
    commit_request_id: String,
    #[prost(bytes = "vec", tag = "2")]
    replay_id: Vec<u8>,
    #[prost(bytes = "vec", optional, tag = "3")]
    error: Option<Vec<u8>>,
    #[prost(int64, tag = "4")]
    process_time: i64,
}

const OBJECT: &str = "/tooling/sobjects/ManagedEventSubscription";

fn settings(state: &str) -> Value {
    json!({
        "label": "Cases", "topicName": CASES, "defaultReplay": "EARLIEST", "errorRecoveryReplay": "LATEST", "state": state,
    })
}

/// Sets up the subscription `Cases` and answers its id.
async fn set_up(org: &Org) -> String {
    let body = json!({ "FullName": "Cases", "Metadata": settings("RUN") });
    let (status, answer) = org.send(Method::POST, OBJECT, body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    answer["id"].as_str().unwrap().to_owned()
}

async fn cases(org: &Org, subjects: &[&str]) {
    for subject in subjects {
        org.sandbox.create("Case", json!({ "Subject": subject })).await.unwrap();
    }
}

fn by_name(num_requested: i32) -> Fetch {
    Fetch { developer_name: "Cases".to_owned(), num_requested, ..Fetch::default() }
}

async fn open(org: &Org, first: Fetch) -> Result<(UnboundedSender<Fetch>, Streaming<Fetched>), Status> {
    let (said, requests) = unbounded();
    said.unbounded_send(first).unwrap();
    let stream = Client::of(org).await.converse("ManagedSubscribe", requests).await?;
    Ok((said, stream))
}

/// How a subscription that begins so is refused.
async fn refused(org: &Org, first: Fetch) -> (Code, String) {
    let status = match open(org, first).await {
        Ok((_said, mut stream)) => stream.message().await.unwrap_err(),
        Err(status) => status,
    };
    (status.code(), error_code(&status))
}

/// The next message that carries events, and its replay id.
async fn events(stream: &mut Streaming<Fetched>) -> (usize, Vec<u8>) {
    let fetched = stream.message().await.unwrap().unwrap();
    (fetched.events.len(), fetched.latest_replay_id)
}

async fn commit(said: &UnboundedSender<Fetch>, stream: &mut Streaming<Fetched>, replay_id: &[u8]) -> Committed {
    let commit = Commit { commit_request_id: "mine".to_owned(), replay_id: replay_id.to_vec() };
    said.unbounded_send(Fetch { commit: Some(commit), ..Fetch::default() }).unwrap();
    stream.message().await.unwrap().unwrap().commit_response.unwrap()
}

#[tokio::test]
async fn a_client_goes_on_after_what_it_committed_even_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = || SandboxOptions {
        data: Some(folder.path().join("sandbox.db")),
        seed: Seed::None,
        ..SandboxOptions::default()
    };
    let org = Org::start_with(options()).await;
    let id = set_up(&org).await;
    cases(&org, &["one", "two", "three"]).await;
    let (said, mut stream) = open(&org, by_name(2)).await.unwrap();
    let (count, second) = events(&mut stream).await;
    assert_eq!(count, 2, "from the earliest, as it is set up");
    let committed = commit(&said, &mut stream, &second).await;
    assert_eq!(
        (committed.commit_request_id.as_str(), &committed.replay_id, &committed.error),
        ("mine", &second, &None)
    );
    assert!(committed.process_time > 1_700_000_000_000);
    // No farewell, as after a kill.
    drop((said, stream, org));

    let org = Org::start_with(options()).await;
    let by_id = Fetch { subscription_id: id, num_requested: 9, ..Fetch::default() };
    let (said, mut stream) = open(&org, by_id).await.unwrap();
    assert_eq!(events(&mut stream).await.0, 1, "the one after the committed");
    let bad = commit(&said, &mut stream, &[0xff; 8]).await;
    assert!(bad.error.is_some(), "{bad:?}");
    cases(&org, &["four"]).await;
    assert_eq!(events(&mut stream).await.0, 1, "a commit that fails leaves the stream open");
}

#[tokio::test]
async fn where_the_committed_is_out_of_retention_the_settings_say_where_to_begin() {
    let org = Org::start().await;
    set_up(&org).await;
    cases(&org, &["one"]).await;
    let (said, mut stream) = open(&org, by_name(9)).await.unwrap();
    let (_, first) = events(&mut stream).await;
    commit(&said, &mut stream, &first).await;
    drop((said, stream));
    cases(&org, &["two"]).await;
    org.control("events/expire", json!({})).await;
    cases(&org, &["three"]).await;
    while refused_as_in_use(&org).await {}
    let (_said, mut stream) = open(&org, by_name(9)).await.unwrap();
    org.control("events/keep-alive", json!({})).await;
    let silent = stream.message().await.unwrap().unwrap();
    assert_eq!(silent.events.len(), 0, "LATEST: what is there is passed over");
    cases(&org, &["four"]).await;
    assert_eq!(events(&mut stream).await.0, 1);
}

/// The org learns of a client that left a moment after it did.
async fn refused_as_in_use(org: &Org) -> bool {
    let url = format!("{}/_sandbox/events/streams", org.sandbox.url());
    !crate::client::answer(org.http.get(url)).await.1.as_array().unwrap().is_empty()
}

#[tokio::test]
async fn a_subscription_belongs_to_one_client_and_ends_when_it_is_stopped() {
    let org = Org::start().await;
    let id = set_up(&org).await;
    cases(&org, &["one"]).await;
    let code = |code, suffix: &str| (code, suffix.to_owned());
    let unknown = Fetch { developer_name: "Nothing".to_owned(), num_requested: 1, ..Fetch::default() };
    assert_eq!(refused(&org, unknown).await, code(Code::NotFound, "subscription.managed.not.found"));
    let invalid = "subscription.fetch.requested.events.invalid";
    assert_eq!(refused(&org, by_name(0)).await, code(Code::InvalidArgument, invalid));
    assert_eq!(refused(&org, by_name(101)).await, code(Code::InvalidArgument, "subscription.fetch.overflow"));

    let (said, mut stream) = open(&org, by_name(9)).await.unwrap();
    let (_, first) = events(&mut stream).await;
    commit(&said, &mut stream, &first).await;
    assert_eq!(refused(&org, by_name(1)).await, code(Code::AlreadyExists, "subscription.managed.in.use"));
    let path = format!("{OBJECT}/{id}");
    let (status, _) = org.send(Method::PATCH, &path, json!({ "Metadata": { "state": "STOP" } })).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let stopped = stream.message().await.unwrap_err();
    assert_eq!(error_code(&stopped), "subscription.managed.stopped");
    assert_eq!(refused(&org, by_name(1)).await, code(Code::FailedPrecondition, "subscription.managed.stopped"));
    org.send(Method::PATCH, &path, json!({ "Metadata": { "state": "RUN" } })).await;
    let (_said, mut stream) = open(&org, by_name(9)).await.unwrap();
    assert_eq!(events(&mut stream).await.0, 1, "a stop forgets what was committed");
}

#[tokio::test]
async fn the_tooling_api_sets_subscriptions_up_and_nothing_else() {
    let org = Org::start().await;
    let id = set_up(&org).await;
    assert!(id.starts_with("18x"));
    let query = "/tooling/query?q=SELECT+Id,DeveloperName,Metadata+FROM+ManagedEventSubscription+WHERE+DeveloperName='Cases'+LIMIT+1";
    let (status, found) = org.get(query).await;
    assert_eq!((status, &found["size"], &found["records"][0]["Id"]), (StatusCode::OK, &json!(1), &json!(id)));
    assert_eq!(found["records"][0]["Metadata"]["topicName"], CASES);
    assert!(found["records"][0]["attributes"]["url"].as_str().unwrap().ends_with(&format!("{OBJECT}/{id}")));
    let (_, read) = org.get(&format!("{OBJECT}/{}", &id[..15])).await;
    assert_eq!((&read["DeveloperName"], &read["State"]), (&json!("Cases"), &json!("RUN")));

    let refused = async |body: Value| {
        let (status, answer) = org.send(Method::POST, OBJECT, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        answer[0]["errorCode"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(json!({ "FullName": "Cases", "Metadata": settings("RUN") })).await, "DUPLICATE_DEVELOPER_NAME");
    assert_eq!(refused(json!({ "FullName": "9 x", "Metadata": settings("RUN") })).await, "INVALID_INPUT");
    assert_eq!(refused(json!({ "FullName": "X", "Metadata": settings("PAUSE") })).await, "INVALID_INPUT");
    assert_eq!(refused(json!({ "FullName": "X", "Colour": "red" })).await, "INVALID_FIELD");
    assert_eq!(refused(json!({ "FullName": "X" })).await, "JSON_PARSER_ERROR");
    let nowhere = json!({ "label": "x", "topicName": "/data/FeedItemChangeEvent" });
    assert_eq!(refused(json!({ "FullName": "X", "Metadata": nowhere })).await, "INVALID_INPUT");

    assert_eq!(org.get("/tooling/query?q=SELECT+Id+FROM+ApexClass").await.0, StatusCode::NOT_IMPLEMENTED);
    assert_eq!(org.get("/tooling/sobjects").await.0, StatusCode::NOT_IMPLEMENTED);
    let request = json!({ "compositeRequest": [
        { "method": "DELETE", "url": format!("/services/data/v67.0{OBJECT}/{id}"), "referenceId": "a" },
    ] });
    let (_, composite) = org.send(Method::POST, "/composite", request).await;
    assert_eq!(composite["compositeResponse"][0]["httpStatusCode"], 501);
    assert_eq!(org.send(Method::DELETE, &format!("{OBJECT}/{id}"), Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(org.get(&format!("{OBJECT}/{id}")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(org.get(query).await.1["size"], 0);
}

#[tokio::test]
async fn a_project_deploys_subscriptions_and_a_wrong_one_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("managedEventSubscriptions/Cases.managedEventSubscription-meta.xml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let deploy = |state: &str, channel: &str| {
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ManagedEventSubscription xmlns=\"http://soap.sforce.com/2006/04/metadata\">\
             <label>Cases</label><topicName>{channel}</topicName><defaultReplay>EARLIEST</defaultReplay><state>{state}</state>\
             </ManagedEventSubscription>"
        );
        std::fs::write(&file, xml).unwrap();
        SandboxOptions { schema_dir: folder.path().to_owned(), ..SandboxOptions::default() }
    };
    let org = Org::start_with(deploy("RUN", CASES)).await;
    cases(&org, &["one"]).await;
    let (_said, mut stream) = open(&org, by_name(9)).await.unwrap();
    assert_eq!(events(&mut stream).await.0, 1);
    for (state, channel, words) in [("WALK", CASES, "WALK"), ("RUN", "/event/Nothing__e", "/event/Nothing__e")] {
        let error = sandbox::Sandbox::start(deploy(state, channel)).await.err().unwrap();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(words) && cause.contains("Cases"), "{cause}");
    }
}

//! The event log: what gets in, how long it stays, and what strangers at its doors are told.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use sandbox::{SandboxOptions, Seed};
use serde_json::{Value, json};

use crate::client::{self, Org};

async fn events(org: &Org) -> Vec<Value> {
    let (status, body) = client::answer(org.http.get(format!("{}/_sandbox/events", org.sandbox.url()))).await;
    assert_eq!(status, StatusCode::OK);
    body.as_array().unwrap().clone()
}

async fn topics(org: &Org) -> Vec<String> {
    events(org).await.iter().map(|event| event["topic"].as_str().unwrap().to_owned()).collect()
}

/// Messages to the CometD door, with the session.
pub(crate) async fn cometd(org: &Org, messages: Value) -> Value {
    let request = org.http.post(format!("{}/cometd/67.0", org.sandbox.url())).bearer_auth(&org.token);
    let (status, replies) = client::answer(request.json(&messages)).await;
    assert_eq!(status, StatusCode::OK, "{replies}");
    replies
}

pub(crate) async fn handshake(org: &Org) -> String {
    let hello =
        json!([{ "channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"] }]);
    let replies = cometd(org, hello).await;
    assert_eq!(replies[0]["ext"]["replay"], true, "{replies}");
    replies[0]["clientId"].as_str().unwrap().to_owned()
}

pub(crate) async fn subscribe(org: &Org, client: &str, channel: &str, replay: i64) -> Value {
    let message = json!([{
        "channel": "/meta/subscribe", "clientId": client, "subscription": channel, "ext": { "replay": { channel: replay } },
    }]);
    cometd(org, message).await[0].clone()
}

/// What a connect brings, and its own reply last.
pub(crate) async fn connect(org: &Org, client: &str) -> Vec<Value> {
    let message = json!([{ "channel": "/meta/connect", "clientId": client, "connectionType": "long-polling" }]);
    cometd(org, message).await.as_array().unwrap().clone()
}

#[tokio::test]
async fn an_event_is_in_the_log_exactly_when_its_transaction_committed() {
    let org = Org::start().await;
    let account = |name: Value| json!({ "method": "POST", "url": "/services/data/v67.0/sobjects/Account", "referenceId": "a", "body": { "Name": name } });
    let event = json!({
        "method": "POST", "url": "/services/data/v67.0/sobjects/Portal_Feed_Event__e", "referenceId": "e",
        "body": { "Case_Id__c": "500SB0000000001", "Record_Id__c": "0D5SB0000000001", "Object__c": "FeedItem", "Operation__c": "insert" },
    });
    let mut second = account(json!(null));
    second["referenceId"] = json!("b");
    let body = json!({ "allOrNone": true, "compositeRequest": [account(json!("x")), event, second] });
    org.send(Method::POST, "/composite", body).await;
    assert_eq!(org.sandbox.count("Account"), 0);
    assert_eq!(topics(&org).await, [] as [String; 0]);

    let body = json!({ "allOrNone": true, "compositeRequest": [account(json!("x")), event] });
    org.send(Method::POST, "/composite", body).await;
    assert_eq!(topics(&org).await, ["/data/AccountChangeEvent", "/event/Portal_Feed_Event__e"]);
}

#[tokio::test]
async fn only_what_salesforce_covers_has_change_events() {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    org.sandbox.create("FeedItem", json!({ "ParentId": case, "Body": "x" })).await.unwrap();
    org.sandbox.create("CaseComment", json!({ "ParentId": case, "CommentBody": "x" })).await.unwrap();
    let account = org.sandbox.create("Account", json!({ "Name": "x" })).await.unwrap();
    org.sandbox.create("FeedItem", json!({ "ParentId": account, "Body": "not on a case" })).await.unwrap();
    let told = topics(&org).await;
    let portal = "/event/Portal_Feed_Event__e";
    assert_eq!(told, ["/data/CaseChangeEvent", portal, portal, "/data/AccountChangeEvent"]);
}

#[tokio::test]
async fn what_goes_with_its_case_runs_no_trigger() {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    let item = org.sandbox.create("FeedItem", json!({ "ParentId": case, "Body": "x" })).await.unwrap();
    let other = org.sandbox.create("FeedItem", json!({ "ParentId": case, "Body": "y" })).await.unwrap();
    org.sandbox.create("FeedComment", json!({ "FeedItemId": item, "CommentBody": "x" })).await.unwrap();
    let before = events(&org).await.len();
    org.sandbox.delete("FeedItem", &item).await.unwrap();
    let told = events(&org).await;
    assert_eq!(told.len(), before + 1, "the item alone, not the comment beneath it");
    let payload = &told.last().unwrap()["payload"];
    assert_eq!((&payload["Record_Id__c"], &payload["Operation__c"]), (&json!(item), &json!("delete")));
    org.sandbox.delete("Case", &case).await.unwrap();
    let told = events(&org).await;
    assert_eq!(told.len(), before + 2, "{other} goes with its case");
    assert_eq!(told.last().unwrap()["payload"]["ChangeEventHeader"]["changeType"], "DELETE");
}

#[tokio::test]
async fn an_event_can_be_replayed_for_72_hours() {
    let org = Org::start().await;
    org.sandbox.create("Case", json!({ "Subject": "old" })).await.unwrap();
    let old = events(&org).await[0]["replay_id"].as_i64().unwrap();
    org.sandbox.advance_clock(Duration::from_hours(71));
    org.sandbox.create("Case", json!({ "Subject": "new" })).await.unwrap();
    assert_eq!(events(&org).await.len(), 2);
    org.sandbox.advance_clock(Duration::from_hours(1));
    let org = Org { token: org.sandbox.token(), ..org };
    let client = handshake(&org).await;
    let refused = subscribe(&org, &client, "/data/CaseChangeEvent", old).await;
    assert_eq!(refused["successful"], false);
    assert!(
        refused["error"].as_str().unwrap().starts_with(&format!("400::The replayId {{{old}}} you provided")),
        "{refused}"
    );
    assert_eq!(subscribe(&org, &client, "/data/CaseChangeEvent", -2).await["successful"], true);
    let heard = connect(&org, &client).await;
    assert_eq!((heard.len(), &heard[0]["data"]["payload"]["Subject"]), (2, &json!("new")));
}

#[tokio::test]
async fn replay_ids_grow_over_a_restart_and_a_reset_and_the_seed_publishes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let options = || SandboxOptions {
        data: Some(folder.path().join("sandbox.db")),
        seed: Seed::Demo,
        ..SandboxOptions::default()
    };
    let org = Org::start_with(options()).await;
    assert_eq!(topics(&org).await, [] as [String; 0]);
    org.sandbox.create("Account", json!({ "Name": "x" })).await.unwrap();
    let first = events(&org).await;
    drop(org);
    let org = Org::start_with(options()).await;
    assert_eq!(events(&org).await, first);
    org.control("reset", json!({})).await;
    assert_eq!(topics(&org).await, [] as [String; 0]);
    drop(org);
    let org = Org::start_with(options()).await;
    assert_eq!(topics(&org).await, [] as [String; 0]);
    org.sandbox.create("Account", json!({ "Name": "y" })).await.unwrap();
    let next = events(&org).await[0]["replay_id"].as_u64().unwrap();
    assert!(next > first[0]["replay_id"].as_u64().unwrap());
}

#[tokio::test]
async fn a_connect_waits_for_an_event_and_an_older_one_gives_way() {
    let org = Org::start().await;
    let client = handshake(&org).await;
    assert_eq!(connect(&org, &client).await[0]["advice"]["timeout"], 110_000);
    assert_eq!(subscribe(&org, &client, "/data/ChangeEvents", -1).await["successful"], true);
    let (one, two) = (connect(&org, &client), connect(&org, &client));
    let (mut one, mut two) = (std::pin::pin!(one), std::pin::pin!(two));
    // Whichever the org took first gives way, and only then is there something to tell.
    let (older, newer) = tokio::select! {
        older = &mut one => (older, two),
        older = &mut two => (older, one),
    };
    assert_eq!((older.len(), &older[0]["successful"]), (1, &json!(true)));
    org.sandbox.create("Account", json!({ "Name": "x" })).await.unwrap();
    let heard = newer.await;
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0]["data"]["payload"]["ChangeEventHeader"]["entityName"], "Account");
}

#[tokio::test]
async fn a_connect_that_came_in_company_or_has_no_patience_is_answered_at_once() {
    let org = Org::start().await;
    let client = handshake(&org).await;
    connect(&org, &client).await;
    let connect = json!({ "channel": "/meta/connect", "clientId": client, "connectionType": "long-polling" });
    let subscribe = json!({
        "channel": "/meta/subscribe", "clientId": client, "subscription": "/data/ChangeEvents", "ext": { "replay": { "/data/ChangeEvents": -1 } },
    });
    let replies = cometd(&org, json!([connect, subscribe])).await;
    let told: Vec<_> =
        replies.as_array().unwrap().iter().map(|reply| (&reply["channel"], &reply["successful"])).collect();
    assert_eq!(told, [(&json!("/meta/connect"), &json!(true)), (&json!("/meta/subscribe"), &json!(true))]);

    let mut hasty = connect.clone();
    hasty["advice"] = json!({ "timeout": 0 });
    assert_eq!(cometd(&org, json!([hasty])).await.as_array().unwrap().len(), 1);
    org.sandbox.create("Account", json!({ "Name": "x" })).await.unwrap();
    let heard = cometd(&org, json!([hasty])).await;
    assert_eq!(heard[0]["data"]["payload"]["ChangeEventHeader"]["entityName"], "Account");
}

#[tokio::test]
async fn strangers_at_the_cometd_door_are_told_why() {
    let org = Org::start().await;
    let url = format!("{}/cometd/67.0", org.sandbox.url());
    let hello =
        json!([{ "channel": "/meta/handshake", "version": "1.0" }, { "channel": "/meta/connect", "clientId": "x" }]);
    let (status, replies) = client::answer(org.http.post(&url).json(&hello)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&replies[0]["error"], &replies[0]["advice"]["reconnect"]),
        (&json!("403::Handshake denied"), &json!("none"))
    );
    assert_eq!(replies[0]["ext"]["sfdc"]["failureReason"], "401::Authentication invalid");
    assert_eq!(replies[1]["error"], "401::Authentication invalid");

    let forgotten = connect(&org, "nobody").await;
    assert_eq!(
        (&forgotten[0]["error"], &forgotten[0]["advice"]["reconnect"]),
        (&json!("403::Unknown client"), &json!("handshake"))
    );
    let client = handshake(&org).await;
    assert_eq!(subscribe(&org, &client, "/data/FeedItemChangeEvent", -1).await["successful"], false);
    for body in ["", "{", "3", "[3, null, [], {\"channel\": 7}]"] {
        let answer = org.http.post(&url).bearer_auth(&org.token).body(body).send().await.unwrap();
        assert!(answer.status() == StatusCode::BAD_REQUEST || body.starts_with("[3"), "{body}");
    }
    let old = org.http.post(format!("{}/cometd/29.0", org.sandbox.url())).json(&hello).send().await.unwrap();
    assert_eq!(old.status(), StatusCode::GONE);
}

#[tokio::test]
async fn a_gap_is_refused_where_it_means_nothing() {
    let org = Org::start().await;
    let url = format!("{}/_sandbox/events/gap", org.sandbox.url());
    for (body, status) in [
        (json!({ "object": "FeedItem", "change_type": "GAP_UPDATE", "record_ids": ["x"] }), StatusCode::NOT_FOUND),
        (json!({ "object": "Case", "change_type": "UPDATE", "record_ids": ["x"] }), StatusCode::BAD_REQUEST),
        (json!({ "object": "Case", "change_type": "GAP_UPDATE" }), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(client::answer(org.http.post(&url).json(&body)).await.0, status, "{body}");
    }
    assert_eq!(topics(&org).await, [] as [String; 0]);
}

#[tokio::test]
async fn an_events_schema_is_found_by_its_object_and_by_its_id() {
    let org = Org::start().await;
    let (status, schema) = org.get("/sobjects/Portal_Feed_Event__e/eventSchema").await;
    assert_eq!(
        (status, &schema["name"], &schema["type"]),
        (StatusCode::OK, &json!("Portal_Feed_Event__e"), &json!("record"))
    );
    let (_, by_id) = org.get(&format!("/event/eventSchema/{}", schema["uuid"].as_str().unwrap())).await;
    assert_eq!(by_id, schema);
    assert_eq!(org.get("/sobjects/Account/eventSchema").await.0, StatusCode::NOT_FOUND);
    assert_eq!(org.get("/event/eventSchema/nothing").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_change_event_names_the_interface_the_version_and_the_client_it_came_by() {
    let org = Org::start().await;
    let url = org.sandbox.url();
    let called = |request: reqwest::RequestBuilder| {
        request
            .bearer_auth(&org.token)
            .header("X-SFDC-Session", &org.token)
            .header("Sforce-Call-Options", "client=Astro")
    };
    let rest = org.http.post(format!("{url}/services/data/v62.0/sobjects/Account")).json(&json!({ "Name": "rest" }));
    let (_, made) = client::answer(called(rest)).await;
    let job = json!({ "operation": "insert", "object": "Account", "contentType": "CSV" });
    let job =
        client::answer(called(org.http.post(format!("{url}/services/data/v61.0/jobs/ingest")).json(&job))).await.1;
    let id = job["id"].as_str().unwrap();
    crate::bulk::text(crate::bulk::put(&org, id, "Name\nbulk\n")).await;
    org.send(Method::PATCH, &format!("/jobs/ingest/{id}"), json!({ "state": "UploadComplete" })).await;
    crate::bulk::wait(&org, &format!("/jobs/ingest/{id}")).await;
    let id = made["id"].as_str().unwrap();
    org.send(Method::DELETE, &format!("/sobjects/Account/{id}"), json!(null)).await;
    let envelope = format!(
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header><SessionHeader><sessionId>{}</sessionId>\
         </SessionHeader><CallOptions><client>Codey</client></CallOptions></e:Header>\
         <e:Body><undelete><ids>{id}</ids></undelete></e:Body></e:Envelope>",
        org.token
    );
    crate::bulk::text(org.http.post(format!("{url}/services/Soap/u/60.0")).body(envelope)).await;
    org.sandbox.create("Account", json!({ "Name": "by no API" })).await.unwrap();
    let events = events(&org).await;
    let origins: Vec<&str> =
        events.iter().map(|event| event["payload"]["ChangeEventHeader"]["changeOrigin"].as_str().unwrap()).collect();
    assert_eq!(
        origins,
        [
            "com/salesforce/api/rest/62.0;client=Astro",
            "com/salesforce/api/bulkapi/61.0;client=Astro",
            "com/salesforce/api/rest/67.0",
            "com/salesforce/api/soap/60.0;client=Codey",
            ""
        ]
    );
}

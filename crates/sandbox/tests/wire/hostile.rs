//! What no client should send: refused in Salesforce's way, and nothing changes.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{self, Org};

#[tokio::test]
async fn bodies_that_arent_what_they_say_are_refused() {
    let org = Org::start().await;
    let post = |content_type: &str, body: Vec<u8>| {
        let request = org.request(Method::POST, "/sobjects/Account").header("content-type", content_type);
        client::answer(request.body(body))
    };
    for body in [&b"{"[..], b"[]", b"\"x\"", b"{\"Name\": }", b"\xff\xfe", b"{\"Name\":\"a\"}{", b"nul"] {
        let (status, answer) = post("application/json", body.to_vec()).await;
        assert_eq!(
            (status, &answer[0]["errorCode"]),
            (StatusCode::BAD_REQUEST, &json!("JSON_PARSER_ERROR")),
            "{body:?}"
        );
    }
    let deep = format!("{{\"Name\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(post("application/json", deep.into_bytes()).await.0, StatusCode::BAD_REQUEST);
    for content_type in ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let (status, answer) = post(content_type, b"{\"Name\":\"x\"}".to_vec()).await;
        let refused = matches!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::BAD_REQUEST);
        assert!(refused && answer[0]["errorCode"].is_string(), "{content_type}: {status}");
    }
    assert_eq!(org.sandbox.count("Account"), 0);
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let org = Org::start().await;
    let large = org.request(Method::POST, "/sobjects/Account").header("content-type", "application/json");
    let (status, answer) = client::answer(large.body(vec![b' '; 50_000_001])).await;
    assert_eq!((status, &answer[0]["errorCode"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("EXCEEDED_MAX_SIZE_REQUEST")));
    let long = org.request(Method::GET, "/limits").header("x-long", "x".repeat(17_000));
    assert_eq!(client::answer(long).await.0, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert_eq!(org.get(&format!("/limits?x={}", "y".repeat(17_000))).await.0, StatusCode::URI_TOO_LONG);
    assert_eq!(org.get("/limits").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_cursor_lives_two_days_by_the_orgs_clock() {
    let org = Org::start().await;
    let records: Vec<Value> =
        (0..201).map(|n| json!({ "attributes": { "type": "Contact" }, "LastName": format!("P{n}") })).collect();
    for records in records.chunks(200) {
        org.send(Method::POST, "/composite/sobjects", json!({ "records": records })).await;
    }
    let first =
        org.request(Method::GET, "/query?q=SELECT+Id+FROM+Contact").header("Sforce-Query-Options", "batchSize=200");
    let page = client::answer(first).await.1;
    let next = page["nextRecordsUrl"].as_str().unwrap().trim_start_matches("/services/data/v67.0").to_owned();
    // Asked every hour, the session stays good, so that only the cursor's own age can end it.
    for hour in 1..=48 {
        org.sandbox.advance_clock(std::time::Duration::from_hours(1));
        assert_eq!(org.get("/limits").await.0, StatusCode::OK);
        if hour == 47 {
            assert_eq!(org.get(&next).await.0, StatusCode::OK);
        }
    }
    org.sandbox.advance_clock(std::time::Duration::from_mins(1));
    let (status, body) = org.get(&next).await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("INVALID_QUERY_LOCATOR")));
}

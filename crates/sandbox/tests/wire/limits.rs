//! What callers may use up.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use sandbox::{Fault, FaultAction, Limits, SandboxOptions};
use serde_json::{Value, json};

use crate::client::{self, Org};

async fn state(org: &Org) -> Value {
    client::answer(org.http.get(format!("{}/_sandbox/limits", org.sandbox.url()))).await.1
}

#[tokio::test]
async fn calls_of_a_day_are_counted_and_come_back_with_the_next() {
    let limits = Limits { daily: 3, ..Limits::default() };
    let org = Org::start_with(SandboxOptions { limits, ..SandboxOptions::default() }).await;
    for used in 1..=3 {
        let response = org.request(Method::GET, "/limits").send().await.unwrap();
        assert_eq!(response.headers()["sforce-limit-info"], format!("api-usage={used}/3"));
    }
    let (status, body) = org.get("/limits").await;
    assert_eq!((status, body[0]["errorCode"].as_str()), (StatusCode::FORBIDDEN, Some("REQUEST_LIMIT_EXCEEDED")));
    org.sandbox.advance_clock(Duration::from_hours(24));
    let token = org.sandbox.token();
    let url = format!("{}/services/data/v67.0/limits", org.sandbox.url());
    let (status, body) = client::answer(org.http.get(url).bearer_auth(token)).await;
    assert_eq!((status, &body["DailyApiRequests"]["Remaining"]), (StatusCode::OK, &json!(2)));
    org.control("limits", json!({ "daily": 1_000 })).await;
    assert_eq!(state(&org).await["remaining"], 999);
    org.control("reset", json!({})).await;
    assert_eq!(state(&org).await["daily"], 3, "a reset goes back to how the org was started");
}

#[tokio::test]
async fn long_calls_shut_others_out_while_they_last() {
    let limits = Limits { concurrent: 1, ..Limits::default() };
    let org = Org::start_with(SandboxOptions { limits, ..SandboxOptions::default() }).await;
    org.sandbox.faults().add(Fault::new(FaultAction::Delay).on("GET", "/describe").delay_ms(3_600_000).times(1));
    let slow = tokio::spawn(org.request(Method::GET, "/sobjects/Case/describe").send());
    while state(&org).await["calls_under_way"] != 1 {}
    assert_eq!(org.get("/limits").await.0, StatusCode::OK);
    org.sandbox.advance_clock(Duration::from_secs(20));
    let (status, body) = org.get("/limits").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(body[0]["message"], "ConcurrentRequests (Concurrent API Requests) Limit exceeded.");
    slow.abort();
    while state(&org).await["calls_under_way"] != 0 {}
    assert_eq!(org.get("/limits").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_session_lasts_as_long_as_the_org_says() {
    let limits = Limits { session_seconds: 900, ..Limits::default() };
    let org = Org::start_with(SandboxOptions { limits, ..SandboxOptions::default() }).await;
    org.sandbox.advance_clock(Duration::from_secs(800));
    assert_eq!(org.get("/limits").await.0, StatusCode::OK);
    org.sandbox.advance_clock(Duration::from_secs(800));
    assert_eq!(org.get("/limits").await.0, StatusCode::OK, "use keeps it");
    org.sandbox.advance_clock(Duration::from_secs(900));
    assert_eq!(org.get("/limits").await.0, StatusCode::UNAUTHORIZED);
}

//! Trouble on request.

use reqwest::{Method, StatusCode};
use sandbox::{Fault, FaultAction};
use serde_json::json;

use crate::{
    client::{self, Org},
    eventbus::{CASES, Client, Name, Topic, error_code},
};

#[tokio::test]
async fn an_answer_lost_after_the_commit_leaves_the_record() {
    let org = Org::start().await;
    org.sandbox.faults().add(Fault::new(FaultAction::DropAfterCommit).on("POST", "/sobjects/Account").times(1));
    let lost = org.request(Method::POST, "/sobjects/Account").json(&json!({ "Name": "x" })).send().await;
    assert!(lost.unwrap_err().is_request());
    assert_eq!(org.sandbox.count("Account"), 1);
    assert_eq!(org.send(Method::POST, "/sobjects/Account", json!({ "Name": "y" })).await.0, StatusCode::CREATED);
    let logged: Vec<u16> = org.sandbox.requests().iter().map(|request| request.status).collect();
    assert_eq!(logged, [0, 201]);
}

#[tokio::test]
async fn a_connection_lost_before_the_commit_leaves_nothing() {
    let org = Org::start().await;
    org.sandbox.faults().add(Fault::new(FaultAction::DropBeforeCommit).times(1));
    assert!(org.request(Method::POST, "/sobjects/Account").json(&json!({ "Name": "x" })).send().await.is_err());
    assert_eq!(org.sandbox.count("Account"), 0);
}

#[tokio::test]
async fn an_org_that_is_down_refuses_until_it_is_up() {
    let org = Org::start().await;
    org.sandbox.faults().add(Fault::new(FaultAction::Refuse));
    for _ in 0..3 {
        assert!(org.request(Method::GET, "/limits").send().await.is_err());
    }
    org.sandbox.faults().clear();
    assert_eq!(org.get("/limits").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_status_is_answered_in_the_shape_of_an_error() {
    let org = Org::start().await;
    org.control("faults", json!({ "action": "status", "method": "GET", "path": "/limits", "times": 1 })).await;
    let (status, body) = org.get("/limits").await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("SERVER_UNAVAILABLE")));
    assert_eq!(org.get("/limits").await.0, StatusCode::OK);

    let wrong = org.http.post(format!("{}/_sandbox/faults", org.sandbox.url())).json(&json!({ "action": "explode" }));
    assert_eq!(client::answer(wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn each_api_words_the_status_it_is_made_to_answer() {
    let org = Org::start().await;
    let url = |path: &str| format!("{}{path}", org.sandbox.url());
    org.control(
        "faults",
        json!({
            "action": "status", "path": "/oauth2/token", "times": 1,
            "status": 400, "code": "invalid_grant", "message": "expired access/refresh token",
        }),
    )
    .await;
    let form = [("grant_type", "client_credentials"), ("client_id", "casebridge-dev")];
    let (status, body) = client::answer(org.http.post(url("/services/oauth2/token")).form(&form)).await;
    assert_eq!(
        (status, body),
        (
            StatusCode::BAD_REQUEST,
            json!({ "error": "invalid_grant", "error_description": "expired access/refresh token" })
        )
    );

    org.control("faults", json!({ "action": "status", "path": "/Soap/", "times": 1, "status": 500 })).await;
    let response = org.http.post(url("/services/Soap/u/59.0")).body("<x/>").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(response.text().await.unwrap().contains("<faultcode>sf:SERVER_UNAVAILABLE</faultcode>"));

    org.control("faults", json!({ "action": "status", "path": "/GetTopic", "times": 1, "status": 429 })).await;
    let mut client = Client::of(&org).await;
    let request = client.request(Name { name: CASES.to_owned() });
    let refused = client.call::<_, Topic>("GetTopic", request).await.unwrap_err();
    assert_eq!((refused.code(), error_code(&refused)), (tonic::Code::Unavailable, "service.unavailable".to_owned()));

    org.control("faults", json!({ "action": "status", "path": "/cometd", "times": 1 })).await;
    let (status, _) = client::answer(org.http.post(url("/cometd/67.0")).bearer_auth(&org.token).json(&json!([]))).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    org.control("faults", json!({ "action": "drop_before_commit", "path": "/oauth2/token", "times": 1 })).await;
    assert!(org.http.post(url("/services/oauth2/token")).form(&form).send().await.is_err());
}

#[tokio::test]
async fn a_locked_row_fails_the_first_write_and_the_whole_composite_with_it() {
    let org = Org::start().await;
    org.control("faults", json!({ "action": "lock_row", "method": "POST", "path": "/composite", "times": 1 })).await;
    let account = json!({ "method": "POST", "url": "/services/data/v67.0/sobjects/Account", "referenceId": "a", "body": { "Name": "x" } });
    let body = json!({ "allOrNone": true, "compositeRequest": [account] });
    let (status, answer) = org.send(Method::POST, "/composite", body.clone()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["compositeResponse"][0]["body"][0]["errorCode"], "UNABLE_TO_LOCK_ROW");
    assert_eq!(org.sandbox.count("Account"), 0);
    let (_, answer) = org.send(Method::POST, "/composite", body).await;
    assert_eq!(answer["compositeResponse"][0]["httpStatusCode"], 201);
}

#[tokio::test]
async fn a_spent_budget_refuses_and_every_answer_says_how_much_is_used() {
    let org = Org::start().await;
    let response = org.request(Method::GET, "/limits").send().await.unwrap();
    assert_eq!(response.headers()["sforce-limit-info"], "api-usage=1/1000000");
    org.sandbox.set_api_budget(1);
    assert_eq!(org.get("/limits").await.1["DailyApiRequests"]["Remaining"], 0);
    let (status, body) = org.get("/limits").await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::FORBIDDEN, &json!("REQUEST_LIMIT_EXCEEDED")));
    org.control("reset", json!({})).await;
    assert_eq!(org.get("/limits").await.0, StatusCode::OK);
}

#[tokio::test]
async fn the_control_routes_count_snapshot_log_and_move_the_clock() {
    let org = Org::start().await;
    org.sandbox.create("Account", json!({ "Name": "x" })).await.unwrap();
    let get = async |path: &str| client::answer(org.http.get(format!("{}/_sandbox/{path}", org.sandbox.url()))).await;
    assert_eq!(get("count?object=account").await.1, json!({ "count": 1 }));
    assert_eq!(get("count?object=Nothing").await.0, StatusCode::NOT_FOUND);
    assert_eq!(get("snapshot").await.1["Account"][0]["Name"], "x");
    org.get("/limits").await;
    assert_eq!(
        get("requests").await.1,
        json!([{ "method": "GET", "path": "/services/data/v67.0/limits", "status": 200 }])
    );

    let before = org.sandbox.records("Account")[0]["SystemModstamp"].as_str().unwrap().to_owned();
    org.control("clock", json!({ "advance_seconds": 31_536_000 })).await;
    // A year of being unused ends a session, so this one writes from within.
    org.sandbox.create("Account", json!({ "Name": "y" })).await.unwrap();
    let after = org.sandbox.records("Account")[1]["SystemModstamp"].as_str().unwrap().to_owned();
    assert!(after[..4].parse::<u32>().unwrap() > before[..4].parse::<u32>().unwrap(), "{before} {after}");
    let (status, body) = org.get("/limits").await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::UNAUTHORIZED, &json!("INVALID_SESSION_ID")));
}

#[tokio::test]
async fn a_page_of_another_site_can_neither_reset_the_org_nor_press_allow() {
    let org = Org::start().await;
    org.sandbox.create("Account", json!({ "Name": "x" })).await.unwrap();
    let authorize =
        "/services/oauth2/authorize?response_type=code&client_id=casebridge-dev&redirect_uri=http://localhost/";
    for path in ["/_sandbox/reset", authorize] {
        let request = org.http.post(format!("{}{path}", org.sandbox.url())).header("Origin", "https://example.org");
        assert_eq!(client::answer(request.form(&[("decision", "allow")])).await.0, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(org.sandbox.count("Account"), 1);
}

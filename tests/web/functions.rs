//! Server functions as islands call them.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use serde_json::{Value, json};

use crate::support::{Answer, Portal};

fn value(answer: &Answer) -> Value {
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

fn comment(key: &str, body: &str) -> Value {
    json!({"course": Portal::circuits(), "key": key, "body": body, "visibility": "public", "run": null})
}

const KEY: &str = "01932c07-2000-7000-8000-000000000001";

#[tokio::test]
async fn a_comment_is_answered_as_it_stands_in_the_thread() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let first = mia.call("post_comment", &comment(KEY, "Hello")).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    let post = value(&first);
    assert_eq!(
        (post["body"].as_str(), post["mine"].as_bool(), post["key"].as_str()),
        (Some("Hello"), Some(true), Some(KEY))
    );
    let again = mia.call("post_comment", &comment(KEY, "Hello")).await;
    assert_eq!(value(&again)["id"], post["id"]);
    let thread = value(&mia.call("get_thread", &json!({"course": Portal::circuits()})).await);
    assert_eq!(thread["posts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn refusals_are_json_with_a_kind_a_sentence_and_a_status() {
    let portal = Portal::start().await;
    let nobody = portal.visitor().call("post_comment", &comment(KEY, "Hello")).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    assert_eq!(value(&nobody)["kind"], "signed_out");
    let mut mia = portal.mia().await;
    let blank = mia.call("post_comment", &comment(KEY, " ")).await;
    assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(value(&blank)["kind"], "invalid");
    assert!(value(&blank)["message"].as_str().unwrap().contains("blank"));
    mia.call("post_comment", &comment(KEY, "Hello")).await;
    let conflict = mia.call("post_comment", &comment(KEY, "Other")).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    assert_eq!(value(&conflict)["kind"], "conflict");
}

#[tokio::test]
async fn nonsense_is_refused_and_tells_nothing_of_the_inside() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    for body in ["", "{", "[]", "null", "{\"course\": 7}", "{\"course\": \"x\", \"from\": \"y\"}"] {
        let request = mia
            .request(Method::POST, "/api/fn/get_thread")
            .header(header::CONTENT_TYPE, "application/json")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body))
            .unwrap();
        let answer = mia.send(request).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body:?}");
        answer.hides("line 1");
        answer.hides("expected");
    }
    assert_eq!(mia.call("no_such_function", &json!({})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(mia.get("/api/fn/get_thread").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

/// leptos answers a form's post with a redirect to the referring page; ours must not be steered by a header.
#[tokio::test]
async fn the_referrer_leads_nowhere() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let request = mia
        .request(Method::POST, "/api/fn/get_thread")
        .header(header::CONTENT_TYPE, "application/json")
        .header("sec-fetch-site", "same-origin")
        .header(header::REFERER, "https://evil.test/")
        .header(header::ACCEPT, "text/html")
        .body(Body::from(json!({"course": Portal::circuits()}).to_string()))
        .unwrap();
    let answer = mia.send(request).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::OK, ""));
}

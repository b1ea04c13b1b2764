//! What is known and what isn't emulated, asked over the wire.

use reqwest::{Method, StatusCode};
use sandbox::{Coverage, RESOURCES};
use serde_json::json;

use crate::client::{self, Org};

/// A path of the table with something that exists in each place.
fn filled(path: &str) -> String {
    path.replace("{object}", "User")
        .replace("{id}", sandbox::RILEY_ID)
        .replace("{field}", "Id")
        .replace("{value}", sandbox::RILEY_ID)
        .replace("{locator}", "0r8SB0000000001-2000")
        .replace("{version}", "59.0")
        .replace("{organization}", "00DSB00000000012AA")
        .replace("{user}", sandbox::RILEY_ID)
        .replace('*', "anything")
}

#[tokio::test]
async fn every_resource_of_the_table_answers_as_the_table_says() {
    let org = Org::start().await;
    for resource in RESOURCES {
        let path = filled(resource.path);
        let url = match path.strip_prefix('/') {
            Some(_) => format!("{}{path}", org.sandbox.url()),
            None => format!("{}/services/data/v67.0/{path}", org.sandbox.url()),
        };
        let methods = match resource.coverage {
            Coverage::Answered(methods) => methods,
            Coverage::NotEmulated(_) => "GET,POST",
        };
        for method in methods.split(',').filter(|method| *method != "HEAD") {
            let request = org.http.request(method.parse().unwrap(), &url).bearer_auth(org.sandbox.token());
            let response = request.json(&json!({})).send().await.unwrap();
            let (status, body) = (response.status(), response.text().await.unwrap());
            match resource.coverage {
                Coverage::Answered(_) => {
                    assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {url}: {body}");
                    assert_ne!(status, StatusCode::NOT_IMPLEMENTED, "{method} {url}: {body}");
                    assert!(!body.contains("has nothing to answer it with"), "{method} {url}: {body}");
                }
                Coverage::NotEmulated(name) => {
                    assert_eq!(status, StatusCode::NOT_IMPLEMENTED, "{method} {url}: {body}");
                    assert!(body.contains("NOT_IMPLEMENTED") && body.contains(name), "{method} {url}: {body}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_isnt_emulated_needs_a_session_first_and_counts_in_a_composite_too() {
    let org = Org::start().await;
    let url = format!("{}/services/data/v67.0/tooling/query", org.sandbox.url());
    assert_eq!(client::answer(org.http.get(url)).await.0, StatusCode::UNAUTHORIZED);
    let body = json!({ "compositeRequest": [
        { "method": "GET", "url": "/services/data/v67.0/ui-api/records/x", "referenceId": "a" },
        { "method": "GET", "url": "/services/data/v67.0/limits", "referenceId": "b" },
    ]});
    let (_, body) = org.send(Method::POST, "/composite", body).await;
    assert_eq!(body["compositeResponse"][0]["httpStatusCode"], 501);
    assert_eq!(body["compositeResponse"][1]["httpStatusCode"], 200);
}

#[tokio::test]
async fn what_is_not_json_says_that_it_is_not_emulated() {
    let org = Org::start().await;
    let asked = |path: &str, accept: &str| client::answer(org.request(Method::GET, path).header("accept", accept));
    for (path, accept) in [("/limits", "application/xml"), ("/limits", "text/xml;q=0.9"), ("/limits.xml", "*/*")] {
        let (status, body) = asked(path, accept).await;
        assert_eq!(
            (status, &body[0]["errorCode"]),
            (StatusCode::NOT_IMPLEMENTED, &json!("NOT_IMPLEMENTED")),
            "{path} {accept}"
        );
        assert!(body[0]["message"].as_str().unwrap().contains("XML"), "{body}");
    }
    let sent = org.request(Method::POST, "/sobjects/Account").header("content-type", "application/xml; charset=UTF-8");
    assert_eq!(client::answer(sent.body("<Account><Name>x</Name></Account>")).await.0, StatusCode::NOT_IMPLEMENTED);
    for (path, accept) in [
        ("/limits.json", "application/json"),
        ("/query.json?q=SELECT+Id+FROM+Case", "*/*"),
        ("/sobjects/Account/describe.json", "*/*"),
        ("/limits", "application/xml, application/json"),
        ("/limits", "text/html,application/xml;q=0.9,*/*;q=0.8"),
    ] {
        assert_eq!(asked(path, accept).await.0, StatusCode::OK, "{path} {accept}");
    }
    // A key keeps its dots.
    let key = "/sobjects/Account/Portal_Key__c/a.json";
    assert_eq!(org.send(Method::PATCH, key, json!({ "Name": "x" })).await.0, StatusCode::CREATED);
    assert_eq!(org.sandbox.records("Account")[0]["Portal_Key__c"], "a.json");
}

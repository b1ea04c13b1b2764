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

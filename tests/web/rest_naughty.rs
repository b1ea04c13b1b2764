//! Strings that have broken other programs, through the API: as comments, names, titles, subjects and keys they come back exact, or
//! are refused by name.

use axum::http::StatusCode;
use domain::{CommentBody, OrganizationKey};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use crate::support::Portal;

fn naughty() -> Vec<String> {
    let strings: Vec<String> =
        serde_json::from_str(include_str!("../../crates/engine/tests/data/naughty-strings.json")).unwrap();
    assert!(strings.len() > 400);
    strings
}

#[tokio::test]
async fn as_comments_they_come_back_exact() {
    let portal = Portal::start().await;
    let mia = portal.program("mia@mitx.test", "read write").await;
    let mut said = Vec::new();
    for text in naughty() {
        let answer = mia.post("/api/v1/comments/", &json!({"course_uuid": Portal::circuits(), "comment": text})).await;
        match CommentBody::new(&text) {
            Ok(body) => {
                assert_eq!(answer.status, StatusCode::CREATED, "{text:?}: {}", answer.text());
                assert_eq!(answer.json()["comment"], body.as_str());
                said.push(body.as_str().to_owned());
            }
            Err(_) => answer.is_problem(StatusCode::BAD_REQUEST, Some("comment")),
        }
        // As a run, an id, a cursor and a key it is nothing, whatever it looks like.
        let encoded = utf8_percent_encode(&text, NON_ALPHANUMERIC);
        for path in [
            format!("/api/v1/comments/?course_uuid={encoded}"),
            format!("/api/v1/course-runs/{encoded}"),
            format!("/api/v1/cases/{encoded}"),
        ] {
            let none = mia.get(&path).await;
            assert!(none.status.is_client_error(), "{path}: {}", none.status);
        }
    }
    let all = mia.get(&format!("/api/v1/comments/?course_uuid={}", Portal::circuits())).await.json();
    let mut read: Vec<&str> = all.as_array().unwrap().iter().map(|one| one["comment"].as_str().unwrap()).collect();
    // Several fall into one millisecond.
    read.sort_unstable();
    said.sort_unstable();
    assert_eq!(read, said);
}

#[tokio::test]
async fn as_names_subjects_and_keys_they_come_back_exact_or_are_refused_by_name() {
    let portal = Portal::start().await;
    let sam = portal.program("sam@casebridge.test", "read write catalogue").await;
    let mut taken = 0;
    for text in naughty() {
        let trimmed = text.trim();
        let is_line = !trimmed.contains(char::is_control) && trimmed.chars().count() <= 255;
        let shows = CommentBody::new(trimmed).is_ok();
        let named = sam.put("/api/v1/organizations/Named", &json!({"name": text})).await;
        if is_line && !trimmed.is_empty() {
            assert_eq!(named.json()["name"], trimmed, "{text:?}");
        } else {
            assert!(named.status.is_success() || named.json()["errors"][0]["field"] == "name", "{text:?}");
        }
        let opened =
            sam.post("/api/v1/cases", &json!({"course": Portal::circuits(), "subject": text, "body": "x"})).await;
        if is_line && shows {
            assert_eq!(opened.json()["subject"], trimmed, "{text:?}");
            assert_eq!(sam.get(opened.header("location")).await.json(), opened.json());
            taken += 1;
        } else {
            opened.is_problem(StatusCode::BAD_REQUEST, Some("subject"));
        }
        let path = format!("/api/v1/organizations/{}", utf8_percent_encode(&text, NON_ALPHANUMERIC));
        let keyed = sam.put(&path, &json!({"name": "x"})).await;
        if OrganizationKey::new(&*text).is_ok() {
            assert!(keyed.status.is_success(), "{text:?}: {}", keyed.text());
            assert_eq!(keyed.json()["key"], text);
            assert_eq!(sam.get(&path).await.json()["key"], text);
        } else if !text.is_empty() {
            keyed.is_problem(StatusCode::BAD_REQUEST, Some("key"));
        }
    }
    assert!(taken > 300, "{taken}");
}

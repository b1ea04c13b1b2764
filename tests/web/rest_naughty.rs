//! Strings that have broken other programs, through the API: as comments, names, titles, subjects and keys they come back exact, or
//! are refused by name.

use axum::http::StatusCode;
use domain::{CommentBody, OrganizationKey};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use crate::support::{Answer, Portal};

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
        if as_title(&text).is_some() {
            assert_eq!(named.json()["name"], trimmed, "{text:?}");
        } else {
            named.is_problem(StatusCode::BAD_REQUEST, Some("name"));
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

/// What is left of a text as a title or a name; none when it can be neither.
fn as_title(text: &str) -> Option<&str> {
    let title = text.trim();
    let is_line = !title.contains(char::is_control) && title.chars().count() <= 1_000;
    (is_line && CommentBody::new(title).is_ok()).then_some(title)
}

/// As text stands in a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What somebody finds in a field of a page.
fn in_field(page: &Answer, name: &str) -> String {
    let value = page.field(name).replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    value.replace("&#x27;", "'").replace("&amp;", "&")
}

/// A text that became part of the page's own markup would bring a tag, or end one.
fn tags(page: &Answer) -> usize {
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    page.text().matches('<').count()
}

#[tokio::test]
async fn as_titles_they_come_back_exact_and_are_found_and_shown_as_text() {
    let portal = Portal::start().await;
    let program = portal.program("sam@casebridge.test", "read write catalogue").await;
    let mut sam = portal.sam().await;
    let course = async |number: usize, title: &str| {
        let named = program.put(&format!("/api/v1/organizations/N{number:03}"), &json!({"name": title})).await;
        assert_eq!(named.json()["name"], title);
        let id = uuid::Uuid::from_u128(number as u128);
        let body = json!({"key": format!("N+{number}"), "title": title, "organizations": [format!("N{number:03}")]});
        let path = format!("/api/v1/courses/{id}");
        let put = program.put(&path, &body).await;
        assert_eq!((put.status, &put.json()["title"]), (StatusCode::CREATED, &json!(title)));
        assert_eq!(program.get(&path).await.json()["title"], title);
        id
    };
    let plain = course(0, "plain").await;
    let page_tags = tags(&sam.get(&format!("/courses/{plain}")).await);
    let keepers_tags = tags(&sam.get(&format!("/admin/courses/{plain}")).await);
    let mut titles = Vec::new();
    for (number, text) in (1..).zip(naughty()) {
        let Some(title) = as_title(&text) else {
            let body = json!({"key": "N+x", "title": text, "organizations": ["N000"]});
            let refused = program.put(&format!("/api/v1/courses/{}", uuid::Uuid::from_u128(9_999)), &body).await;
            refused.is_problem(StatusCode::BAD_REQUEST, Some("title"));
            continue;
        };
        let id = course(number, title).await;
        let page = sam.get(&format!("/courses/{id}")).await;
        page.shows(&escaped(title));
        assert_eq!(tags(&page), page_tags, "{title:?}");
        let page = sam.get(&format!("/admin/courses/{id}")).await;
        page.shows(&format!("<bdi>{}</bdi>", escaped(title)));
        assert_eq!(in_field(&page, "title"), title);
        assert_eq!(tags(&page), keepers_tags, "{title:?}");
        titles.push((id, title.to_owned()));
    }
    assert!(titles.len() > 400);
    for (id, title) in &titles {
        let asked = utf8_percent_encode(title, NON_ALPHANUMERIC);
        let text = escaped(title);
        for (list, link) in [
            ("/courses", format!("/courses/{id}\" dir=\"auto\">{text}</a>")),
            ("/admin/courses", format!("/admin/courses/{id}\"><bdi>{text}</bdi></a>")),
        ] {
            let page = sam.get(&format!("{list}?q={asked}")).await;
            assert_eq!(page.status, StatusCode::OK, "{title:?}");
            assert_eq!(in_field(&page, "q"), *title);
            // What is found in more titles than a page holds may stand on a later one.
            if !page.text().contains("Next page") {
                page.shows(&link);
            }
        }
    }
    let mut next = "/admin/organizations".to_owned();
    let mut shown = String::new();
    loop {
        let page = sam.get(&next).await;
        shown.push_str(page.text());
        let Some(after) = page.text().split("rel=\"next\" href=\"").nth(1) else { break };
        next = after.split('"').next().unwrap().replace("&amp;", "&");
    }
    for (_, title) in &titles {
        assert!(shown.contains(&format!(">{}<", escaped(title))), "{title:?}");
    }
}

//! The live line: who gets it, what it says, when it ends.

use axum::{
    body::{Body, BodyDataStream},
    http::{Method, StatusCode},
};
use futures::StreamExt;
use serde_json::json;

use crate::support::{Browser, Portal};

struct Line(BodyDataStream);

impl Line {
    async fn open(browser: &mut Browser<'_>) -> Self {
        let path = format!("{}/events", Portal::course_page());
        let request = browser.request(Method::GET, &path).header("accept-encoding", "br").body(Body::empty()).unwrap();
        let response = browser.open(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(response.headers().get("content-encoding").is_none(), "events are not held back to be compressed");
        Self(response.into_body().into_data_stream())
    }

    /// The version that the next event names; None once the line has ended. Waits as long as it takes: the test runner has the deadline.
    async fn version(&mut self) -> Option<i64> {
        loop {
            let bytes = self.0.next().await?.unwrap();
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            if let Some(data) = text.lines().find_map(|line| line.strip_prefix("data:")) {
                assert!(text.contains("event: version"), "{text}");
                return Some(data.trim().parse().unwrap());
            }
        }
    }
}

async fn post(browser: &mut Browser<'_>, key: &str, visibility: &str) {
    let comment =
        json!({"course": Portal::circuits(), "key": key, "body": "Hello", "visibility": visibility, "run": null});
    let answer = browser.call("post_comment", &comment).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

const FIRST: &str = "01932c07-2000-7000-8000-000000000001";
const SECOND: &str = "01932c07-2000-7000-8000-000000000002";

#[tokio::test]
async fn a_comment_wakes_the_readers_of_its_course() {
    let portal = Portal::start().await;
    let (mut mia, mut sam) = (portal.mia().await, portal.sam().await);
    let mut line = Line::open(&mut mia).await;
    let before = line.version().await.unwrap();
    post(&mut sam, FIRST, "public").await;
    assert!(line.version().await.unwrap() > before);
}

#[tokio::test]
async fn an_internal_note_wakes_staff_only() {
    let portal = Portal::start().await;
    let (mut mia, mut sam) = (portal.mia().await, portal.sam().await);
    post(&mut sam, FIRST, "public").await;
    let mut line = Line::open(&mut mia).await;
    let mut staff_line = Line::open(&mut sam.clone()).await;
    let before = line.version().await.unwrap();
    let staff_before = staff_line.version().await.unwrap();
    post(&mut sam, SECOND, "internal").await;
    assert!(staff_line.version().await.unwrap() > staff_before);
    let woken = tokio::time::timeout(std::time::Duration::from_millis(300), line.version()).await;
    assert!(woken.is_err(), "version {before} then {woken:?}");
}

#[tokio::test]
async fn signing_out_ends_it_at_once() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let mut line = Line::open(&mut mia).await;
    line.version().await.unwrap();
    mia.post("/logout", &[]).await;
    assert_eq!(line.version().await, None);
}

#[tokio::test]
async fn a_session_that_ended_elsewhere_hears_nothing_more() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let mut line = Line::open(&mut mia).await;
    line.version().await.unwrap();
    // As another instance does it: behind this one's back.
    let tx = portal.database.store.begin().await.unwrap();
    tx.sessions().delete_for_user(portal.people.mia).await.unwrap();
    tx.commit().await.unwrap();
    post(&mut portal.sam().await, FIRST, "public").await;
    assert_eq!(line.version().await, None);
}

#[tokio::test]
async fn losing_the_course_ends_it() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let mut line = Line::open(&mut mia).await;
    line.version().await.unwrap();
    let tx = portal.database.store.begin().await.unwrap();
    tx.users().set_memberships(portal.people.mia, &[]).await.unwrap();
    tx.commit().await.unwrap();
    post(&mut portal.sam().await, FIRST, "public").await;
    assert_eq!(line.version().await, None);
}

#[tokio::test]
async fn stopping_the_portal_ends_it() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let mut line = Line::open(&mut mia).await;
    line.version().await.unwrap();
    portal.shutdown.cancel();
    assert_eq!(line.version().await, None);
}

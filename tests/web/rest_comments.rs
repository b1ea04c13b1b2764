//! The Publisher's comments API: whoever called the old one calls this one and notices nothing.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use store::Backend;

use crate::support::{Portal, PortalOptions};

const COMMENTS: &str = "/api/v1/comments/";
const RUN: &str = "course-v1:MITx+6.002x+2012-09-05";
const NOBODYS: &str = "5b6e2d1c-0000-4000-8000-000000000000";

fn of(course: impl std::fmt::Display) -> String {
    format!("{COMMENTS}?course_uuid={course}")
}

async fn without_org() -> Portal {
    Portal::with(PortalOptions { org: None, ..PortalOptions::default() }).await
}

#[tokio::test]
async fn reading_checks_in_the_old_order_with_the_old_words() {
    let portal = Portal::start().await;
    let mia = portal.program("mia@mitx.test", "read").await;
    for path in [COMMENTS, "/api/v1/comments", "/api/v1/comments/?course_uuid="] {
        let missing = mia.get(path).await;
        assert_eq!(missing.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(missing.header("content-type"), "application/json");
        assert_eq!(missing.text(), r#""You must include a course_uuid in your query parameters.""#);
    }
    mia.get(&of(NOBODYS)).await.is_problem(StatusCode::NOT_FOUND, None);
    mia.get(&of(Portal::cs50())).await.is_problem(StatusCode::FORBIDDEN, None);
    let none_yet = mia.get(&of(Portal::circuits())).await;
    assert_eq!((none_yet.status, none_yet.text()), (StatusCode::OK, "[]"));
    assert_eq!(none_yet.header("content-type"), "application/json");
    mia.get(&of("not-a-uuid")).await.is_problem(StatusCode::BAD_REQUEST, Some("course_uuid"));
    mia.get(&format!("{}&course_uuid={NOBODYS}", of(NOBODYS)))
        .await
        .is_problem(StatusCode::BAD_REQUEST, Some("course_uuid"));
    assert_eq!(
        portal.program("sam@casebridge.test", "read").await.get(&of(Portal::cs50())).await.status,
        StatusCode::OK
    );

    let unconfigured = without_org().await;
    let mia = unconfigured.program("mia@mitx.test", "read write").await;
    assert_eq!(mia.get(COMMENTS).await.status, StatusCode::BAD_REQUEST);
    mia.get(&of(NOBODYS)).await.is_problem(StatusCode::NOT_FOUND, None);
    mia.get(&of(Portal::cs50())).await.is_problem(StatusCode::FORBIDDEN, None);
    mia.get(&of(Portal::circuits())).await.is_problem(StatusCode::NOT_FOUND, None);
    let comment = json!({"course_uuid": Portal::circuits(), "comment": "x"});
    mia.post(COMMENTS, &comment).await.is_problem(StatusCode::NOT_FOUND, None);
    let others = json!({"course_uuid": Portal::cs50(), "comment": "x"});
    mia.post(COMMENTS, &others).await.is_problem(StatusCode::FORBIDDEN, None);
    assert_eq!(mia.post(COMMENTS, &json!({})).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn writing_checks_in_the_old_order_with_the_old_words() {
    let portal = Portal::start().await;
    let mia = portal.program("mia@mitx.test", "read write").await;
    for (body, sentence) in [
        (json!({}), "Incorrect data sent. Missing value for: [course_uuid]. Missing value for: [comment]."),
        (json!({"comment": "x"}), "Incorrect data sent. Missing value for: [course_uuid]."),
        (json!({"course_uuid": NOBODYS}), "Incorrect data sent. Missing value for: [comment]."),
        (json!({"course_uuid": NOBODYS, "comment": null}), "Incorrect data sent. Missing value for: [comment]."),
    ] {
        let refused = mia.post(COMMENTS, &body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.json(), json!(sentence));
    }
    let comment = |course: String, text: &str| json!({"course_uuid": course, "comment": text});
    mia.post(COMMENTS, &comment(NOBODYS.to_owned(), " ")).await.is_problem(StatusCode::NOT_FOUND, None);
    mia.post(COMMENTS, &comment(Portal::cs50().to_string(), " ")).await.is_problem(StatusCode::FORBIDDEN, None);

    let made = mia.post(COMMENTS, &comment(Portal::circuits().to_string(), "Ready <b>&amp; done")).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let body = made.json();
    assert_eq!(
        body["user"],
        json!({"username": "mia", "email": "mia@mitx.test", "first_name": "Mia", "last_name": "Torres"})
    );
    assert_eq!(body["comment"], "Ready <b>&amp; done");
    assert_eq!(body["course_run_key"], Value::Null);
    let created = body["created"].as_str().unwrap();
    assert!(created.len() == "2000-01-01T00:00:00.000+0000".len() && created.ends_with("+0000"), "{created}");
    assert_eq!((&body["state"], &body["visibility"]), (&json!("queued"), &json!("public")));
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "user", "course_run_key", "comment", "created", "state", "visibility"]);

    let of_run = json!({"course_uuid": Portal::circuits(), "comment": "Later", "course_run_key": RUN});
    assert_eq!(mia.post("/api/v1/comments", &of_run).await.json()["course_run_key"], RUN);
    let empty_run = json!({"course_uuid": Portal::circuits(), "comment": "Last", "course_run_key": ""});
    assert_eq!(mia.post(COMMENTS, &empty_run).await.json()["course_run_key"], Value::Null);
    let all = mia.get(&of(Portal::circuits())).await.json();
    let said: Vec<&str> = all.as_array().unwrap().iter().map(|one| one["comment"].as_str().unwrap()).collect();
    assert_eq!(said, ["Ready <b>&amp; done", "Later", "Last"], "oldest first");
    assert_eq!(all[0], body, "what is read is what was answered");
}

#[tokio::test]
async fn defects_3_and_4_blank_comments_and_foreign_runs_are_refused_by_name() {
    let portal = Portal::start().await;
    let mia = portal.program("mia@mitx.test", "read write").await;
    let refused = async |body: Value, field: &str| {
        mia.post(COMMENTS, &body).await.is_problem(StatusCode::BAD_REQUEST, Some(field));
    };
    let course = Portal::circuits();
    refused(json!({"course_uuid": course, "comment": " \u{200b}\n"}), "comment").await;
    refused(json!({"course_uuid": course, "comment": "x".repeat(10_000)}), "comment").await;
    refused(json!({"course_uuid": course, "comment": "a\u{0}b"}), "comment").await;
    refused(json!({"course_uuid": course, "comment": 5}), "comment").await;
    refused(json!({"course_uuid": [course], "comment": "x"}), "course_uuid").await;
    refused(json!({"course_uuid": "not-a-uuid", "comment": "x"}), "course_uuid").await;
    refused(
        json!({"course_uuid": course, "comment": "x", "course_run_key": "course-v1:HarvardX+CS50x+2012-10-15"}),
        "course_run_key",
    )
    .await;
    refused(json!({"course_uuid": course, "comment": "x", "colour": "red"}), "colour").await;
    refused(json!({"course_uuid": course, "comment": "x", "visibility": "secret"}), "visibility").await;
    assert_eq!(mia.get(&of(course)).await.text(), "[]");
}

#[tokio::test]
async fn defects_8_and_10_internal_posts_and_staff_addresses_stay_inside() {
    let portal = Portal::start().await;
    let mia = portal.program("mia@mitx.test", "read write").await;
    let sam = portal.program("sam@casebridge.test", "read write").await;
    let say = |text: &str, visibility: &str| json!({"course_uuid": Portal::circuits(), "comment": text, "visibility": visibility});
    assert_eq!(sam.post(COMMENTS, &say("canary-7f3a", "internal")).await.json()["visibility"], "internal");
    assert_eq!(sam.post(COMMENTS, &say("An answer", "public")).await.status, StatusCode::CREATED);
    mia.post(COMMENTS, &say("Sneaky", "internal")).await.is_problem(StatusCode::FORBIDDEN, None);
    let seen = mia.get(&of(Portal::circuits())).await;
    seen.hides("canary-7f3a");
    seen.hides("sam@casebridge.test");
    let user = &seen.json()[0]["user"];
    assert_eq!(*user, json!({"username": "sam", "email": "", "first_name": "Sam", "last_name": "Okafor"}));
    let inside = sam.get(&of(Portal::circuits())).await.json();
    assert_eq!((inside.as_array().unwrap().len(), &inside[0]["user"]["email"]), (2, &json!("sam@casebridge.test")));
}

#[tokio::test]
async fn defect_13_the_same_request_again_is_one_comment() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let portal = Portal::with(PortalOptions { backend, ..PortalOptions::default() }).await;
        let mia = portal.program("mia@mitx.test", "read write").await.with("idempotency-key", "nightly/2026-11-20#1");
        let once = json!({"course_uuid": Portal::circuits(), "comment": "Once"});
        let (first, second) = tokio::join!(mia.post(COMMENTS, &once), mia.post(COMMENTS, &once));
        assert_eq!((first.status, second.status), (StatusCode::CREATED, StatusCode::CREATED));
        assert_eq!(first.json(), second.json());
        let other = json!({"course_uuid": Portal::circuits(), "comment": "Other"});
        mia.post(COMMENTS, &other).await.is_problem(StatusCode::CONFLICT, Some("Idempotency-Key"));
        // Somebody else's request of the same name is another request.
        let sam =
            portal.program("sam@casebridge.test", "read write").await.with("idempotency-key", "nightly/2026-11-20#1");
        assert_eq!(sam.post(COMMENTS, &other).await.status, StatusCode::CREATED);
        assert_eq!(mia.get(&of(Portal::circuits())).await.json().as_array().unwrap().len(), 2);
        for bad in ["", "a b", &"x".repeat(256)] {
            let mia = portal.program("mia@mitx.test", "write").await.with("idempotency-key", bad);
            mia.post(COMMENTS, &once).await.is_problem(StatusCode::BAD_REQUEST, Some("Idempotency-Key"));
        }
    }
}

#[tokio::test]
async fn defect_6_everything_comes_at_once_and_pages_only_to_who_asks() {
    let portal = Portal::start().await;
    let mia = portal.program("mia@mitx.test", "read write").await;
    for number in 0..7 {
        let body = json!({"course_uuid": Portal::circuits(), "comment": format!("Number {number}")});
        assert_eq!(mia.post(COMMENTS, &body).await.status, StatusCode::CREATED);
    }
    let all = mia.get(&of(Portal::circuits())).await;
    assert_eq!((all.json().as_array().unwrap().len(), all.header("link")), (7, ""));
    let (mut seen, mut next) = (Vec::new(), format!("{}&limit=3", of(Portal::circuits())));
    for left in [3, 3, 1] {
        let page = mia.get(&next).await;
        let items = page.json();
        assert_eq!(items.as_array().unwrap().len(), left);
        seen.extend(items.as_array().unwrap().iter().cloned());
        let link = page.header("link");
        assert_eq!(link.is_empty(), left == 1, "{link}");
        next = link.trim_start_matches('<').split(">; rel=\"next\"").next().unwrap().replace(&portal.origin, "");
    }
    assert_eq!(json!(seen), all.json());
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=", "cursor"),
        ("limit=1&limit=2", "limit"),
    ] {
        let bad = mia.get(&format!("{}&{query}", of(Portal::circuits()))).await;
        bad.is_problem(StatusCode::BAD_REQUEST, Some(field));
    }
}

#[tokio::test]
async fn defect_20_reading_writes_nothing() {
    let portal = Portal::start().await;
    let mia = portal.program("mia@mitx.test", "read").await;
    for _ in 0..3 {
        assert_eq!(mia.get(&of(Portal::circuits())).await.status, StatusCode::OK);
        assert_eq!(mia.send(Method::HEAD, &of(Portal::circuits()), None).await.status, StatusCode::OK);
    }
    let reader = portal.database.store.read();
    assert!(reader.cases().default_case_of(Portal::circuits()).await.unwrap().is_none());
    assert_eq!(reader.posts().count_queued().await.unwrap(), 0);
}

//! Who may use which route, for every route there is; and whose records.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use casebridge::http::{Policy, RouteRow, route_table};
use serde_json::json;

use crate::support::{Browser, Portal};

fn path(row: &RouteRow) -> String {
    row.path
        .replace("{course}", &Portal::circuits().to_string())
        .replace("{case}", "01932c07-2000-7000-8000-000000000002")
        .replace("{post}", "01932c07-2000-7000-8000-000000000001")
        .replace("{token}", "01932c07-2000-7000-8000-000000000001")
        .replace("{id}", "01932c07-2000-7000-8000-000000000001")
        .replace("{uuid}", &Portal::circuits().to_string())
        .replace("{key}", "MITx")
        .replace("{delivery}", "01932c07-2000-7000-8000-000000000001")
        .replace("{load}", "01932c07-2000-7000-8000-000000000001")
        .replace("{organization}", "01932c07-2000-7000-8000-000000000001")
}

/// Only the status is looked at: a body may be an endless stream.
async fn ask(browser: &mut Browser<'_>, row: &RouteRow) -> (StatusCode, String) {
    let mut request = browser.request(row.method.clone(), &path(row));
    if row.method != Method::GET {
        request = request.header("sec-fetch-site", "same-origin");
    }
    let body = if row.path.starts_with("/api/") {
        request = request.header(header::CONTENT_TYPE, "application/json");
        let course = Portal::circuits();
        let key = "01932c07-2000-7000-8000-0000000000aa";
        Body::from(
            json!({"course": course, "key": key, "body": "x", "visibility": "public", "run": null, "post": key})
                .to_string(),
        )
    } else {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        Body::empty()
    };
    let response = browser.open(request.body(body).unwrap()).await;
    let location = response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
    (response.status(), location.unwrap_or_default())
}

#[tokio::test]
async fn every_route_keeps_its_policy_for_everybody() {
    let portal = Portal::start().await;
    let table = route_table();
    assert!(
        table.iter().filter(|row| row.path.starts_with("/api/fn/")).count() >= 4,
        "server functions are in the table"
    );
    for row in &table {
        let place = format!("{} {}", row.method, row.path);
        let (nobody, location) = ask(&mut portal.visitor(), row).await;
        let login = nobody == StatusCode::SEE_OTHER && location.starts_with("/login");
        match row.policy {
            Policy::Public => {
                assert!(nobody != StatusCode::UNAUTHORIZED && nobody != StatusCode::NOT_FOUND, "{place}: {nobody}")
            }
            Policy::SignedIn | Policy::Staff | Policy::Admin => assert!(login, "{place}: {nobody} {location}"),
            Policy::Caller | Policy::AskedInside | Policy::Api(_) => {
                assert_eq!(nobody, StatusCode::UNAUTHORIZED, "{place}")
            }
        }
        // Each row with people of its own: some routes end a session.
        for (mut who, staff, admin) in
            [(portal.mia().await, false, false), (portal.sam().await, true, false), (portal.ada().await, true, true)]
        {
            let (status, location) = ask(&mut who, row).await;
            assert_ne!(status, StatusCode::UNAUTHORIZED, "{place}");
            assert!(!location.starts_with("/login") || row.path == "/logout", "{place}: {location}");
            if row.policy == Policy::Staff {
                // An organization that isn't there is absent for staff too; the pages are there.
                let hidden = status == StatusCode::NOT_FOUND;
                assert!(
                    if staff { row.path.contains("{organization}") || !hidden } else { hidden },
                    "{place}: {status}"
                );
            }
            if row.policy == Policy::Admin {
                // Without an org the actions are absent for admins too; the page is there.
                let hidden = status == StatusCode::NOT_FOUND;
                assert!(if admin { row.path != "/admin/salesforce" || !hidden } else { hidden }, "{place}: {status}");
            }
        }
    }
}

#[tokio::test]
async fn somebody_elses_course_and_no_course_are_one_answer() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let missing = "5b6e2d1c-0000-4000-8000-000000000000";
    for suffix in ["", "/events"] {
        let others = mia.get(&format!("/courses/{}{suffix}", Portal::cs50())).await;
        let none = mia.get(&format!("/courses/{missing}{suffix}")).await;
        let no_id = mia.get(&format!("/courses/not-an-id{suffix}")).await;
        assert_eq!(others.status, StatusCode::NOT_FOUND);
        assert_eq!(none.status, StatusCode::NOT_FOUND);
        assert_eq!(no_id.status, StatusCode::NOT_FOUND);
        assert_eq!(others.stable_text(), none.stable_text());
        assert_eq!(others.stable_text(), no_id.stable_text());
        others.hides("Introduction to Computer Science");
    }
    let form =
        [("key", "01932c07-2000-7000-8000-0000000000aa"), ("body", "mine now"), ("visibility", "public"), ("run", "")];
    let others = mia.post(&format!("/courses/{}/comments", Portal::cs50()), &form).await;
    let none = mia.post(&format!("/courses/{missing}/comments"), &form).await;
    assert_eq!((others.status, none.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(others.stable_text(), none.stable_text());
    let answers = [
        mia.call("get_thread", &json!({"course": Portal::cs50()})).await,
        mia.call("get_thread", &json!({"course": missing})).await,
    ];
    assert_eq!(answers[0].status, StatusCode::NOT_FOUND);
    assert_eq!(answers[0].body, answers[1].body);
    let mut harper = portal.harper().await;
    harper.get(&format!("/courses/{}", Portal::cs50())).await.hides("mine now");
}

#[tokio::test]
async fn lists_hold_only_ones_own_courses() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let list = mia.get("/courses").await;
    list.shows("Circuits and Electronics");
    list.hides("Introduction to Computer Science");
    mia.get("/courses?q=Introduction").await.hides("Introduction to Computer Science");
    let all = portal.sam().await.get("/courses").await;
    all.shows("Circuits and Electronics");
    all.shows("Introduction to Computer Science");
    for odd in ["/courses?after=nonsense", "/courses?q=%25&after=%F0%9F%92%A9", "/courses?q=%00", "/courses?q=%"] {
        let answer = mia.get(odd).await;
        assert!(!answer.status.is_server_error(), "{odd}: {}", answer.status);
    }
}

#[tokio::test]
async fn a_right_taken_away_is_gone_with_the_next_request() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    assert_eq!(mia.get(&Portal::course_page()).await.status, StatusCode::OK);
    let tx = portal.database.store.begin().await.unwrap();
    tx.users().set_memberships(portal.people.mia, &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(mia.get(&Portal::course_page()).await.status, StatusCode::NOT_FOUND);
    let tx = portal.database.store.begin().await.unwrap();
    let now = domain::Timestamp::from_micros(1);
    tx.users().set_disabled(portal.people.mia, Some(now), now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(mia.get("/courses").await.redirect(), "/login?next=%2Fcourses");
    let again =
        portal.visitor().post("/login", &[("email", "mia@mitx.test"), ("password", crate::support::PASSWORD)]).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn internal_posts_reach_no_partner_by_any_way() {
    const CANARY: &str = "canary-7f3a";
    let portal = Portal::start().await;
    let mut sam = portal.sam().await;
    let key = "01932c07-2000-7000-8000-0000000000ab";
    let form = [("key", key), ("body", CANARY), ("visibility", "internal"), ("run", "")];
    assert!(sam.post(&format!("{}/comments", Portal::course_page()), &form).await.redirect().contains("#post-"));
    sam.get(&Portal::course_page()).await.shows(CANARY);
    let mut mia = portal.mia().await;
    mia.get(&Portal::course_page()).await.hides(CANARY);
    mia.get("/courses").await.hides(CANARY);
    let list = mia.get("/courses").await;
    assert_eq!(list.text(), mia.get("/courses").await.text().replace(CANARY, ""));
    let thread = mia.call("get_thread", &json!({"course": Portal::circuits()})).await;
    assert_eq!(thread.status, StatusCode::OK);
    thread.hides(CANARY);
    let post = sam.call("get_thread", &json!({"course": Portal::circuits()})).await;
    let thread: serde_json::Value = serde_json::from_slice(&post.body).unwrap();
    let id = thread["posts"][0]["id"].as_str().unwrap();
    let retry = mia.call("retry_post", &json!({"post": id})).await;
    assert_eq!(retry.status, StatusCode::NOT_FOUND, "{}", retry.text());
    // The same key and text from somebody else tells nothing of the post it belongs to.
    let reuse = mia
        .post(
            &format!("{}/comments", Portal::course_page()),
            &[("key", key), ("body", CANARY), ("visibility", "public"), ("run", "")],
        )
        .await;
    assert_eq!(reuse.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn partners_write_no_internal_notes() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let form =
        [("key", "01932c07-2000-7000-8000-0000000000ac"), ("body", "sneaky"), ("visibility", "internal"), ("run", "")];
    let answer = mia.post(&format!("{}/comments", Portal::course_page()), &form).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    portal.sam().await.get(&Portal::course_page()).await.hides("sneaky");
}

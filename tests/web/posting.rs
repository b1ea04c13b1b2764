//! Comments by plain forms: stored once, refused in place, never lost.

use axum::http::StatusCode;
use engine::CourseView;
use serde_json::json;

use crate::support::{Answer, Browser, PASSWORD, Portal};

const KEY: &str = "01932c07-2000-7000-8000-000000000001";

async fn post(browser: &mut Browser<'_>, key: &str, body: &str, run: &str) -> Answer {
    let form = [("key", key), ("body", body), ("visibility", "public"), ("run", run)];
    browser.post(&format!("{}/comments", Portal::course_page()), &form).await
}

/// What staff see of the course: everything that is stored.
async fn stored(portal: &Portal) -> CourseView {
    let staff = portal.engine.actor(portal.people.sam).await.unwrap().unwrap();
    portal.engine.course(&staff, Portal::circuits()).await.unwrap()
}

async fn run_of(portal: &Portal, course: domain::CourseId) -> String {
    let staff = portal.engine.actor(portal.people.sam).await.unwrap().unwrap();
    portal.engine.course(&staff, course).await.unwrap().runs[0].id.to_string()
}

#[tokio::test]
async fn a_comment_is_on_the_page_one_comes_back_to() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let key = mia.get(&Portal::course_page()).await.field("key");
    let run = run_of(&portal, Portal::circuits()).await;
    let answer = post(&mut mia, &key, "The syllabus <b>is</b> ready\n& so am I", &run).await;
    let (page, anchor) = answer.redirect().split_once('#').unwrap();
    let page = mia.get(page).await;
    page.shows(&format!("id=\"{anchor}\""));
    page.shows("The syllabus &lt;b&gt;is&lt;/b&gt; ready\n&amp; so am I");
    page.shows("Mia Torres");
    assert_ne!(page.field("key"), key, "the next comment has a key of its own");
    let stored = stored(&portal).await;
    assert_eq!((stored.cases.len(), stored.thread.posts.len()), (1, 1));
}

#[tokio::test]
async fn a_double_click_is_one_comment() {
    let portal = Portal::start().await;
    let (mut mia, mut other_tab) = (portal.mia().await, portal.mia().await);
    let (first, second) = tokio::join!(post(&mut mia, KEY, "Once", ""), post(&mut other_tab, KEY, "Once", ""));
    assert_eq!(first.redirect(), second.redirect());
    assert_eq!(post(&mut mia, KEY, "Once", "").await.redirect(), first.redirect());
    assert_eq!(stored(&portal).await.thread.posts.len(), 1);
}

#[tokio::test]
async fn two_first_comments_make_one_case() {
    let portal = Portal::start().await;
    let (mut mia, mut sam) = (portal.mia().await, portal.sam().await);
    let (first, second) = tokio::join!(
        post(&mut mia, KEY, "First", ""),
        post(&mut sam, "01932c07-2000-7000-8000-000000000002", "Also first", "")
    );
    assert!(first.redirect().contains("#post-") && second.redirect().contains("#post-"));
    let stored = stored(&portal).await;
    assert_eq!((stored.cases.len(), stored.thread.posts.len()), (1, 2));
}

#[tokio::test]
async fn what_is_refused_comes_back_with_the_reason_and_is_not_stored() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let run = run_of(&portal, Portal::circuits()).await;
    let others = run_of(&portal, Portal::cs50()).await;

    let blank = post(&mut mia, KEY, " \r\n\u{200b}", &run).await;
    assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
    blank.shows("The comment is blank");
    assert_eq!(blank.field("key"), KEY);
    let picked = blank.text().split('<').find(|tag| tag.starts_with(&format!("option value=\"{run}\""))).unwrap();
    assert!(picked.contains("selected"), "the pick is kept: {picked}");

    let long = format!("{}end", "é".repeat(10_000));
    let long_answer = post(&mut mia, KEY, &long, "").await;
    assert_eq!(long_answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    long_answer.shows("too long");
    long_answer.shows(&long);

    for foreign in [others.as_str(), "not-a-run", "00000000-0000-4000-8000-000000000000"] {
        let answer = post(&mut mia, KEY, "About another course", foreign).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{foreign}");
        answer.shows("About another course");
        answer.shows("role=\"alert\"");
    }

    let nul = post(&mut mia, KEY, "a\0b", "").await;
    assert_eq!(nul.status, StatusCode::UNPROCESSABLE_ENTITY);

    assert_eq!(stored(&portal).await.thread.posts, []);
}

#[tokio::test]
async fn a_key_used_for_another_text_is_a_conflict_and_the_new_text_is_kept() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    post(&mut mia, KEY, "First words", "").await.redirect();
    let conflict = post(&mut mia, KEY, "Other words", "").await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    conflict.shows("Other words");
    let fresh = conflict.field("key");
    assert_ne!(fresh, KEY, "sent again, it is a comment of its own");
    post(&mut mia, &fresh, "Other words", "").await.redirect();
    assert_eq!(stored(&portal).await.thread.posts.len(), 2);

    let mut sam = portal.sam().await;
    let taken = post(&mut sam, KEY, "First words", "").await;
    assert_eq!(taken.status, StatusCode::CONFLICT, "somebody else's key, even with the same text");
    assert_eq!(stored(&portal).await.thread.posts.len(), 2);
}

#[tokio::test]
async fn a_form_without_a_key_still_posts() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    for key in ["", "nonsense"] {
        post(&mut mia, key, "No key", "").await.redirect();
    }
    assert_eq!(stored(&portal).await.thread.posts.len(), 2);
}

#[tokio::test]
async fn a_text_can_not_break_out_of_the_page() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let hostile = "</textarea><script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let refused = post(&mut mia, KEY, hostile, "not-a-run").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.hides("<script>alert(1)");
    refused.hides("<img src=x");
    refused.shows("&lt;/textarea&gt;&lt;script&gt;");
    post(&mut mia, KEY, hostile, "").await.redirect();
    let page = mia.get(&Portal::course_page()).await;
    page.hides("<script>alert(1)");
    page.hides("<img src=x");
    for data in page.text().split("<script type=\"application/json\"").skip(1) {
        let data = data.split_once('>').unwrap().1.split("</script>").next().unwrap();
        assert!(data.contains("alert(1)") && !data.contains('<'), "{data}");
    }
    let signed_out = post(&mut portal.visitor(), KEY, hostile, "").await;
    signed_out.hides("<script>alert(1)");
    let not_found = mia.get("/%3Cscript%3Ealert(1)%3C/script%3E?q=%3Cscript%3Ealert(1)").await;
    not_found.hides("<script>alert(1)");
    mia.get("/courses?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await.hides("<script>alert(1)");
}

#[tokio::test]
async fn a_comment_sent_after_the_session_ended_waits_as_a_draft() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let run = run_of(&portal, Portal::circuits()).await;
    mia.post("/logout", &[]).await;
    let kept = post(&mut mia, KEY, "Long thought out", &run).await;
    assert_eq!(kept.status, StatusCode::UNAUTHORIZED);
    kept.shows("You are signed out");
    kept.shows("Long thought out");
    let fields =
        ["pending_course", "pending_key", "pending_visibility", "pending_run"].map(|name| (name, kept.field(name)));
    let mut form = vec![("email", "mia@mitx.test"), ("password", "wrong"), ("pending_body", "Long thought out")];
    form.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
    let again = mia.post("/login", &form).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    again.shows("Long thought out");
    form[1].1 = PASSWORD;
    let back = mia.post("/login", &form).await;
    let page = mia.get(back.redirect()).await;
    page.shows("Long thought out");
    assert_eq!(page.field("key"), KEY);
    assert_eq!(stored(&portal).await.thread.posts, [], "nothing was posted by itself");
    post(&mut mia, KEY, "Long thought out", &run).await.redirect();
    assert_eq!(stored(&portal).await.thread.posts.len(), 1);
}

#[tokio::test]
async fn somebody_else_who_signs_in_gets_the_text_back_but_no_way_in() {
    let portal = Portal::start().await;
    let course = Portal::circuits().to_string();
    let form = [
        ("email", "harper@harvardx.test"),
        ("password", PASSWORD),
        ("pending_course", course.as_str()),
        ("pending_key", KEY),
        ("pending_body", "Not hers"),
        ("pending_visibility", "public"),
        ("pending_run", ""),
    ];
    let answer = portal.visitor().post("/login", &form).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    answer.shows("Not hers");
    answer.hides("Circuits");
}

#[tokio::test]
async fn drafts_are_there_again() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let draft =
        json!({"course": Portal::circuits(), "key": KEY, "body": "Half a thou", "visibility": "public", "run": null});
    assert_eq!(mia.call("save_draft", &draft).await.status, StatusCode::OK);
    let elsewhere = portal.mia().await.get(&Portal::course_page()).await;
    elsewhere.shows("Half a thou");
    assert_eq!(elsewhere.field("key"), KEY);
    portal.sam().await.get(&Portal::course_page()).await.hides("Half a thou");
    let form = [("key", KEY), ("body", "Half a thought"), ("visibility", "public"), ("run", "")];
    let beacon = mia.post(&format!("{}/draft", Portal::course_page()), &form).await;
    assert_eq!(beacon.status, StatusCode::NO_CONTENT);
    mia.get(&Portal::course_page()).await.shows("Half a thought");
    let beacon = mia
        .beacon(
            &format!("{}/draft", Portal::course_page()),
            &[form[0], ("body", "Half a thought, left"), form[2], form[3]],
        )
        .await;
    assert_eq!(beacon.status, StatusCode::NO_CONTENT, "{}", beacon.text());
    mia.get(&Portal::course_page()).await.shows("Half a thought, left");
    assert_eq!(mia.post(&format!("/courses/{}/draft", Portal::cs50()), &form).await.status, StatusCode::NOT_FOUND);
    post(&mut mia, KEY, "Half a thought", "").await.redirect();
    let page = mia.get(&Portal::course_page()).await;
    assert_ne!(page.field("key"), KEY, "posted, the draft is gone");
}

#[tokio::test]
async fn another_site_can_not_post_for_somebody() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let form = [("key", KEY), ("body", "Forged"), ("visibility", "public"), ("run", "")];
    let path = format!("{}/comments", Portal::course_page());
    for headers in [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")][..],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.test")],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1:3001")],
    ] {
        for path in [path.as_str(), "/logout", "/login", "/api/fn/post_comment", "/admin/salesforce/disconnect"] {
            let answer = mia.post_with(path, &form, headers).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
        }
    }
    assert_eq!(mia.get("/courses").await.status, StatusCode::OK, "still signed in");
    assert_eq!(stored(&portal).await.thread.posts, []);
    let own = mia.post_with(&path, &form, &[("origin", "http://127.0.0.1:3000")]).await;
    assert!(own.redirect().contains("#post-"), "an old browser that sends only Origin");
}

/// Mia's page stood open while Sam signed in with the same browser.
#[tokio::test]
async fn what_is_sent_from_anothers_page_is_nobodys() {
    let portal = Portal::start().await;
    let mut browser = portal.sam().await;
    let of_mia = format!("?reader={}", portal.people.mia);
    let form = [("key", KEY), ("body", "Mia wrote this"), ("visibility", "public"), ("run", "")];
    let kept = browser.post(&format!("{}/comments{of_mia}", Portal::course_page()), &form).await;
    assert_eq!(kept.status, StatusCode::UNAUTHORIZED);
    kept.shows("Mia wrote this");
    kept.hides("Sam Okafor");
    let beacon = browser.beacon(&format!("{}/draft{of_mia}", Portal::course_page()), &form).await;
    assert_eq!(beacon.status, StatusCode::UNAUTHORIZED);
    let comment = serde_json::json!(
        {"course": Portal::circuits(), "key": KEY, "body": "Mia wrote this", "visibility": "public", "run": null}
    );
    for function in ["post_comment", "save_draft", "get_thread"] {
        let answer = browser.call(&format!("{function}{of_mia}"), &comment).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{function}: {}", answer.text());
    }
    assert_eq!(
        browser.get(&format!("{}/events{of_mia}", Portal::course_page())).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        browser.get(&format!("{}/events?reader=x", Portal::course_page())).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(stored(&portal).await.thread.posts, []);
    browser.get(&Portal::course_page()).await.hides("Mia wrote this");

    let of_sam = format!("?reader={}", portal.people.sam);
    browser.post(&format!("{}/comments{of_sam}", Portal::course_page()), &form).await.redirect();
    assert_eq!(stored(&portal).await.thread.posts.len(), 1);
}

#[tokio::test]
async fn the_address_of_a_refused_form_leads_back_to_its_course() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    assert_eq!(mia.get(&format!("{}/comments", Portal::course_page())).await.redirect(), Portal::course_page());
}

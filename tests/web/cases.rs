//! Several cases of a course by plain forms: opened once, each with a page of its own, handled by staff alone.

use axum::http::StatusCode;
use domain::{ConnectionId, SalesforceId, Timestamp};
use secrecy::SecretString;
use store::{CaseOwner, CaseOwnerRow, CaseStatusRow, KnownOrg, NewConnection, OwnerKind};

use crate::support::{Answer, Browser, PASSWORD, Portal};

const KEY: &str = "01932c07-2000-7000-8000-000000000011";
const RILEY: &str = "005000000000002AAA";

async fn open(browser: &mut Browser<'_>, key: &str, subject: &str, body: &str) -> Answer {
    let form = [("key", key), ("subject", subject), ("body", body), ("run", "")];
    browser.post(&format!("{}/cases", Portal::course_page()), &form).await
}

/// What an org that was connected once would have said.
async fn org_values(portal: &Portal) {
    let org_id = SalesforceId::new("00D000000000001EAA").unwrap();
    let now = Timestamp::from_micros(1);
    let status = |value: &str, is_closed, is_default| CaseStatusRow {
        value: value.to_owned(),
        label: value.to_owned(),
        is_closed,
        is_default,
    };
    let riley = CaseOwner { id: SalesforceId::new(RILEY).unwrap(), name: "Riley <Reviewer>".to_owned() };
    let tx = portal.database.store.begin().await.unwrap();
    tx.connections()
        .replace(
            &NewConnection {
                id: ConnectionId::from_uuid("01932c07-2000-7000-8000-0000000000c0".parse().unwrap()),
                instance_url: "http://127.0.0.1:9".to_owned(),
                login_url: "http://127.0.0.1:9".to_owned(),
                org_id: org_id.clone(),
                org_user_id: SalesforceId::new("005000000000001AAA").unwrap(),
                org_username: "admin@sandbox.test".to_owned(),
                access_token: SecretString::from("token"),
                refresh_token: None,
                scope: None,
                issued_at: now,
                connected_by: None,
                created_at: now,
            },
            KnownOrg::Same,
        )
        .await
        .unwrap();
    let statuses = [status("Open", false, true), status("Resolved", true, false)];
    tx.case_values().replace_statuses(&org_id, &statuses).await.unwrap();
    tx.case_values().replace_owners(&org_id, &[CaseOwnerRow { owner: riley, kind: OwnerKind::User }]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_case_is_opened_once_and_has_a_page_of_its_own() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    mia.get(&Portal::course_page()).await.shows("New case");
    let form = mia.get(&format!("{}/cases/new", Portal::course_page())).await;
    form.shows("Partners of MITx and staff will see this.");
    let key = form.field("key");
    let opened = open(&mut mia, &key, "Captions <b>", "They lag & lag").await;
    let address = opened.redirect().to_owned();
    assert!(address.starts_with(&format!("{}/cases/", Portal::course_page())), "{address}");
    assert_eq!(open(&mut mia, &key, "Captions <b>", "They lag & lag").await.redirect(), address, "a double click");
    let page = mia.get(&address).await;
    page.shows("Captions &lt;b&gt;");
    page.shows("They lag &amp; lag");
    page.hides("Captions <b>");
    mia.get(&Portal::course_page()).await.hides("They lag &amp; lag");
    let comment = [("key", KEY), ("body", "More of it"), ("visibility", "public"), ("run", "")];
    let posted = mia.post(&format!("{address}/comments"), &comment).await;
    assert!(posted.redirect().starts_with(&format!("{address}#post-")));
    mia.get(&address).await.shows("More of it");
    assert_eq!(mia.get(&format!("{address}/comments")).await.redirect(), address);
    assert_eq!(
        mia.get(&format!("{}/cases", Portal::course_page())).await.redirect(),
        format!("{}/cases/new", Portal::course_page())
    );
}

#[tokio::test]
async fn a_refused_case_comes_back_with_everything_in_its_form() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let no_subject = open(&mut mia, KEY, " ", "The body stays").await;
    assert_eq!(no_subject.status, StatusCode::UNPROCESSABLE_ENTITY);
    no_subject.shows("The subject is blank.");
    no_subject.shows("The body stays");
    let no_body = open(&mut mia, KEY, "The subject stays", "").await;
    assert_eq!(no_body.status, StatusCode::UNPROCESSABLE_ENTITY);
    no_body.shows("The subject stays");
    let run = [("key", KEY), ("subject", "Captions"), ("body", "They lag"), ("run", "no run of ours")];
    let no_run = mia.post(&format!("{}/cases", Portal::course_page()), &run).await;
    assert_eq!(no_run.status, StatusCode::UNPROCESSABLE_ENTITY);
    no_run.shows("They lag");
    open(&mut mia, KEY, "Captions", "They lag").await.redirect();
    let reused = open(&mut mia, KEY, "Other", "Other").await;
    assert_eq!(reused.status, StatusCode::CONFLICT);
    assert_ne!(reused.field("key"), KEY, "posting again would be refused again");
}

#[tokio::test]
async fn a_case_sent_without_a_session_waits_in_the_form_after_signing_in() {
    let portal = Portal::start().await;
    let mut visitor = portal.visitor();
    let refused = open(&mut visitor, KEY, "Captions", "They lag\nby a lot").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    refused.shows("They lag\nby a lot");
    let form = [
        ("email", "mia@mitx.test"),
        ("password", PASSWORD),
        ("pending_course", &refused.field("pending_course")),
        ("pending_case", &refused.field("pending_case")),
        ("pending_subject", &refused.field("pending_subject")),
        ("pending_key", &refused.field("pending_key")),
        ("pending_body", "They lag\nby a lot"),
        ("pending_visibility", "public"),
    ];
    let page = visitor.post("/login", &form).await.redirect().to_owned();
    assert_eq!(page, format!("{}/cases/new", Portal::course_page()));
    let page = visitor.get(&page).await;
    assert_eq!((page.field("key").as_str(), page.field("subject").as_str()), (KEY, "Captions"));
    page.shows("They lag\nby a lot");
}

#[tokio::test]
async fn others_cases_and_none_are_one_answer_whatever_is_asked_of_them() {
    let portal = Portal::start().await;
    org_values(&portal).await;
    let case = open(&mut portal.mia().await, KEY, "Captions", "They lag").await.redirect().to_owned();
    let id = case.rsplit('/').next().unwrap();
    let none = format!("{}/cases/5b6e2d1c-0000-4000-8000-000000000000", Portal::course_page());
    let no_id = format!("{}/cases/not-an-id", Portal::course_page());
    let elsewhere = format!("/courses/{}/cases/{id}", Portal::cs50());
    let mut harper = portal.harper().await;
    for suffix in ["", "/events"] {
        let expected = harper.get(&format!("{none}{suffix}")).await;
        assert_eq!(expected.status, StatusCode::NOT_FOUND);
        for address in [&case, &no_id, &elsewhere] {
            let answer = harper.get(&format!("{address}{suffix}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}{suffix}");
            assert_eq!(answer.stable_text(), expected.stable_text(), "{address}{suffix}");
        }
    }
    let form = [("key", KEY), ("body", "mine"), ("visibility", "public"), ("status", "Resolved"), ("owner", RILEY)];
    for action in ["comments", "status", "owner"] {
        let expected = harper.post(&format!("{none}/{action}"), &form).await;
        for address in [&case, &elsewhere] {
            let answer = harper.post(&format!("{address}/{action}"), &form).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}/{action}");
            assert_eq!(answer.stable_text(), expected.stable_text(), "{address}/{action}");
        }
    }
    let form = format!("/courses/{}/cases/new", Portal::circuits());
    assert_eq!(harper.get(&form).await.status, StatusCode::NOT_FOUND);
    assert_eq!(open(&mut harper, KEY, "Captions", "They lag").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn staff_change_status_and_owner_and_partners_do_not() {
    let portal = Portal::start().await;
    org_values(&portal).await;
    let (mut mia, mut sam) = (portal.mia().await, portal.sam().await);
    let case = open(&mut mia, KEY, "Captions", "They lag").await.redirect().to_owned();
    let status = [("status", "Resolved")];
    assert_eq!(mia.post(&format!("{case}/status"), &status).await.status, StatusCode::FORBIDDEN);
    assert_eq!(mia.post(&format!("{case}/owner"), &[("owner", RILEY)]).await.status, StatusCode::FORBIDDEN);
    mia.get(&case).await.hides("Change status");
    sam.get(&case).await.shows("Change status");

    assert_eq!(sam.post(&format!("{case}/status"), &status).await.redirect(), case);
    let page = mia.get(&case).await;
    page.shows("This case is closed; staff will see your comment.");
    page.shows("Resolved");
    page.shows("Changing…");
    let comment = [("key", "01932c07-2000-7000-8000-000000000012"), ("body", "Still"), ("visibility", "public")];
    mia.post(&format!("{case}/comments"), &comment).await.redirect();
    mia.get(&case).await.shows("Still");

    assert_eq!(sam.post(&format!("{case}/owner"), &[("owner", RILEY)]).await.redirect(), case);
    sam.get(&case).await.shows("Riley &lt;Reviewer&gt;");
    mia.get(&case).await.hides("Riley");
    for wrong in ["", "Nope"] {
        let answer = sam.post(&format!("{case}/status"), &[("status", wrong)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn the_list_of_cases_is_filtered_by_address_and_hides_what_the_reader_may_not_see() {
    const CANARY: &str = "canary-9c1d";
    let portal = Portal::start().await;
    org_values(&portal).await;
    let (mut mia, mut sam) = (portal.mia().await, portal.sam().await);
    let case = open(&mut mia, KEY, "Captions", "They lag").await.redirect().to_owned();
    let internal = |key| [("key", key), ("body", CANARY), ("visibility", "internal"), ("run", "")];
    let before = mia.get(&case).await.stable_text();
    for key in ["01932c07-2000-7000-8000-0000000000b1", "01932c07-2000-7000-8000-0000000000b2"] {
        sam.post(&format!("{case}/comments"), &internal(key)).await.redirect();
    }
    let counted = sam.get(&case).await;
    counted.shows("3 comments");
    counted.shows(CANARY);
    let after = mia.get(&case).await;
    after.hides(CANARY);
    after.shows("1 comment");
    let cases = |page: &str| page.split("id=\"cases\"").nth(1).unwrap().split("</section>").next().unwrap().to_owned();
    assert_eq!(cases(&before), cases(&after.stable_text()), "not a number, not a time");
    // A second case, so that there is something to filter.
    let form = [("key", "01932c07-2000-7000-8000-0000000000b3"), ("body", "Hello"), ("visibility", "public")];
    mia.post(&format!("{}/comments", Portal::course_page()), &form).await.redirect();
    sam.post(&format!("{case}/status"), &[("status", "Resolved")]).await.redirect();
    let page = Portal::course_page();
    let closed = mia.get(&format!("{page}?state=closed")).await;
    closed.shows("Captions");
    closed.hides("Circuits and Electronics Comments");
    let open = mia.get(&format!("{page}?state=open")).await;
    open.hides("Captions");
    open.shows("Circuits and Electronics Comments");
    for odd in ["?state=💩&run=x", "?run=%00&state=", "?state=closed&run=01932c07-2000-7000-8000-0000000000ff"] {
        assert_eq!(mia.get(&format!("{page}{odd}")).await.status, StatusCode::OK, "{odd}");
    }
}

#[tokio::test]
async fn the_default_case_is_at_home_with_its_course() {
    let portal = Portal::start().await;
    org_values(&portal).await;
    let (mut mia, mut sam) = (portal.mia().await, portal.sam().await);
    let form = [("key", KEY), ("body", "Hello"), ("visibility", "public")];
    mia.post(&format!("{}/comments", Portal::course_page()), &form).await.redirect();
    let staff = portal.engine.actor(portal.people.sam).await.unwrap().unwrap();
    let case = portal.engine.course(&staff, Portal::circuits()).await.unwrap().shown.unwrap().id;
    let address = format!("{}/cases/{case}", Portal::course_page());
    assert_eq!(mia.get(&address).await.redirect(), Portal::course_page());
    let set = sam.post(&format!("{address}/status"), &[("status", "Resolved")]).await;
    assert_eq!(set.redirect(), Portal::course_page());
    mia.get(&Portal::course_page()).await.shows("This case is closed");
}

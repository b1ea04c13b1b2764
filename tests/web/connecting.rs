//! An admin connects the org through its consent page; comments arrive there, answers come back.

use axum::http::StatusCode;
use sandbox::{RILEY_ID, Sandbox, SandboxOptions};
use serde_json::json;
use store::Backend;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

use crate::support::{Browser, Portal, PortalOptions};

const PAGE: &str = "/admin/salesforce";

async fn org() -> Sandbox {
    Sandbox::start(SandboxOptions { schema_dir: "salesforce".into(), ..SandboxOptions::default() }).await.unwrap()
}

/// What happens at the org after "Connect": the person presses a button of the consent page and is sent back.
async fn consent(page: &str, decision: &str) -> String {
    let url: Url = page.parse().unwrap();
    let mut stream = TcpStream::connect((url.host_str().unwrap(), url.port().unwrap())).await.unwrap();
    let body = format!("decision={decision}");
    let request = format!(
        "POST {}?{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        url.path(),
        url.query().unwrap(),
        url.authority(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let location =
        answer.lines().find_map(|line| line.strip_prefix("location: ").or_else(|| line.strip_prefix("Location: ")));
    let back: Url = location.unwrap_or_else(|| panic!("no way back in:\n{answer}")).trim().parse().unwrap();
    format!("{}?{}", back.path(), back.query().unwrap())
}

async fn connect(ada: &mut Browser<'_>) {
    let begin = ada.post(&format!("{PAGE}/connect"), &[]).await;
    let callback = consent(begin.redirect(), "allow").await;
    assert_eq!(ada.get(&callback).await.redirect(), PAGE);
}

async fn journey(backend: Backend) {
    let org = org().await;
    let options = PortalOptions { backend, org: org.url().parse().ok(), ..PortalOptions::default() };
    let portal = Portal::with(options).await;
    let mut ada = portal.ada().await;
    let before = ada.get(PAGE).await;
    let policy = before.header("content-security-policy");
    assert!(policy.contains(&format!("form-action 'self' {}", org.url())), "the form may lead to the org: {policy}");
    connect(&mut ada).await;
    ada.get(PAGE).await.shows("Salesforce is connected.");
    ada.get(PAGE).await.hides("Salesforce is connected.");

    let mut mia = portal.mia().await;
    let comments = format!("{}/comments", Portal::course_page());
    let form =
        [("key", "01932c07-2000-7000-8000-000000000001"), ("body", "Hello org"), ("visibility", "public"), ("run", "")];
    mia.post(&comments, &form).await.redirect();
    portal.engine.deliver_due().await.unwrap();
    mia.get(&Portal::course_page()).await.shows("In Salesforce");
    for object in ["Publisher_Organization__c", "Account", "Course__c", "Contact", "Case", "FeedItem", "Portal_Post__c"]
    {
        assert_eq!(org.count(object), 1, "{object}");
    }

    let case = org.records("Case").remove(0)["Id"].clone();
    let answer = json!({"ParentId": case, "Body": "An answer for all", "Visibility": "AllUsers"});
    let answer = org.create_as(RILEY_ID, "FeedItem", answer).await.unwrap();
    org.create_as(RILEY_ID, "FeedComment", json!({"FeedItemId": answer, "CommentBody": "And one more thing"}))
        .await
        .unwrap();
    let note = json!({"ParentId": case, "Body": "Between us", "Visibility": "InternalUsers"});
    org.create_as(RILEY_ID, "FeedItem", note).await.unwrap();
    portal.engine.poll_once().await.unwrap();
    let page = mia.get(&Portal::course_page()).await;
    page.shows("An answer for all");
    page.shows("And one more thing");
    page.hides("Between us");
    portal.sam().await.get(&Portal::course_page()).await.shows("Between us");

    assert_eq!(ada.post(&format!("{PAGE}/disconnect"), &[]).await.redirect(), PAGE);
    ada.get(PAGE).await.shows("Salesforce is disconnected.");
    mia.get(&Portal::course_page()).await.shows("An answer for all");
    org.stop().await;
}

#[tokio::test]
async fn from_consent_to_answer_on_sqlite() {
    journey(Backend::Sqlite).await;
}

#[tokio::test]
async fn from_consent_to_answer_on_postgresql() {
    journey(Backend::Postgres).await;
}

#[tokio::test]
async fn an_authorization_belongs_to_the_session_that_began_it_and_counts_once() {
    let org = org().await;
    let portal = Portal::with(PortalOptions { org: org.url().parse().ok(), ..PortalOptions::default() }).await;
    let (mut ada, mut elsewhere) = (portal.ada().await, portal.ada().await);
    let begin = ada.post(&format!("{PAGE}/connect"), &[]).await.redirect().to_owned();
    assert!(begin.contains("code_challenge_method=S256"), "{begin}");
    let callback = consent(&begin, "allow").await;

    let refused = "belongs to no request of yours";
    elsewhere.get(&callback).await.redirect();
    elsewhere.get(PAGE).await.shows(refused);
    assert_eq!(portal.mia().await.get(&callback).await.status, StatusCode::NOT_FOUND);
    assert!(portal.visitor().get(&callback).await.redirect().starts_with("/login?next="));

    ada.get(&callback.replace("state=", "state=x")).await.redirect();
    ada.get(PAGE).await.shows(refused);
    // The wrong answer used the request up.
    ada.get(&callback).await.redirect();
    ada.get(PAGE).await.shows(refused);
    assert!(org.requests().iter().all(|request| !request.path.contains("/oauth2/token")), "no code was traded in");

    let begin = ada.post(&format!("{PAGE}/connect"), &[]).await.redirect().to_owned();
    let denied = consent(&begin, "deny").await;
    ada.get(&denied).await.redirect();
    ada.get(PAGE).await.shows("the request was denied");

    connect(&mut ada).await;
    ada.get(PAGE).await.shows("Salesforce is connected.");
    org.stop().await;
}

/// What the page says of the org: who acts, what is lacking, what is asked; and what is decided there.
#[tokio::test]
async fn the_page_tells_what_the_org_lacks_and_asks_what_it_can_not_know() {
    let lacking = ["FeedItem.Visibility", "Course_Run__c.Publisher_Status__c"].map(str::to_owned).to_vec();
    let options = SandboxOptions { schema_dir: "salesforce".into(), lacking, ..SandboxOptions::default() };
    let org = Sandbox::start(options).await.unwrap();
    let portal = Portal::with(PortalOptions { org: org.url().parse().ok(), ..PortalOptions::default() }).await;
    let mut ada = portal.ada().await;
    connect(&mut ada).await;
    let page = ada.get(PAGE).await;
    page.shows("Course_Run__c lacks Publisher_Status__c");
    page.shows("Deploy the folder salesforce/");
    page.shows("Sandbox Admin");
    page.shows("api refresh_token");
    page.shows("Nobody has answered yet");
    let nothing = ada.post(&format!("{PAGE}/settings"), &[]).await;
    assert_eq!(nothing.redirect(), PAGE);
    ada.get(PAGE).await.shows("Pick one of the answers");
    ada.post(&format!("{PAGE}/settings"), &[("unlabelled_posts", "public")]).await.redirect();
    ada.get(PAGE).await.hides("Nobody has answered yet");
    ada.post(&format!("{PAGE}/settings"), &[("deleted_records", "flag")]).await.redirect();
    ada.get(PAGE).await.shows("value=\"flag\" checked");
    ada.post(&format!("{PAGE}/check"), &[]).await.redirect();
    ada.get(PAGE).await.shows("The org was checked just now.");
    org.stop().await;
}

#[tokio::test]
async fn an_admin_decides_about_another_org_and_about_what_was_refused() {
    let first = org().await;
    let port = first.url().rsplit(':').next().unwrap().parse::<u16>().unwrap();
    let portal = Portal::with(PortalOptions { org: first.url().parse().ok(), ..PortalOptions::default() }).await;
    let mut ada = portal.ada().await;
    connect(&mut ada).await;
    first.stop().await;
    let other = Sandbox::start(SandboxOptions {
        schema_dir: "salesforce".into(),
        organization_id: "00DSB00000000092AA".to_owned(),
        listen: ([127, 0, 0, 1], port).into(),
        ..SandboxOptions::default()
    })
    .await
    .unwrap();
    connect(&mut ada).await;
    let page = ada.get(PAGE).await;
    page.shows("This is another Salesforce org than before.");
    page.shows("00DSB00000000012AA");
    page.shows("00DSB00000000092AA");
    let ready = portal.visitor().get("/health/ready").await;
    ready.shows("other_org");
    assert_eq!(other.count("Account"), 0);
    ada.post(&format!("{PAGE}/use-this-org"), &[]).await.redirect();
    ada.get(PAGE).await.shows("This org is used from now on.");
    other.faults().add(
        sandbox::Fault::new(sandbox::FaultAction::Status)
            .on("POST", "/composite")
            .status(400)
            .saying("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Nothing <i>today</i>"),
    );
    let form =
        [("key", "01932c07-2000-7000-8000-000000000001"), ("body", "Refuse me"), ("visibility", "public"), ("run", "")];
    portal.mia().await.post(&format!("{}/comments", Portal::course_page()), &form).await.redirect();
    portal.engine.deliver_due().await.unwrap();
    ada.get(PAGE).await.shows("href=\"/admin/deliveries\"");
    let dead = ada.get("/admin/deliveries").await;
    dead.shows("Nothing &lt;i&gt;today&lt;/i&gt;");
    dead.shows("Refuse me");
    let action = dead.text().split("action=\"").find(|part| part.starts_with("/admin/deliveries/")).unwrap();
    let action = action.split('"').next().unwrap().to_owned();
    let unsaid = ada.post(&action, &[("do", "forget"), ("reason", " ")]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    unsaid.shows("Say why");
    other.faults().clear();
    assert_eq!(ada.post(&action, &[("do", "retry")]).await.redirect(), "/admin/deliveries");
    portal.engine.deliver_due().await.unwrap();
    ada.get("/admin/deliveries").await.shows("Salesforce refused nothing");
    assert_eq!(other.count("FeedItem"), 1);
    other.stop().await;
}

/// Without an org its features are absent, not broken.
#[tokio::test]
async fn without_an_org_the_portal_reads() {
    let portal = Portal::with(PortalOptions { org: None, ..PortalOptions::default() }).await;
    let mut mia = portal.mia().await;
    assert_eq!(mia.get(&Portal::course_page()).await.status, StatusCode::OK);
    let form =
        [("key", "01932c07-2000-7000-8000-000000000001"), ("body", "To nobody"), ("visibility", "public"), ("run", "")];
    assert_eq!(mia.post(&format!("{}/comments", Portal::course_page()), &form).await.status, StatusCode::NOT_FOUND);
    let mut ada = portal.ada().await;
    assert_eq!(ada.get(PAGE).await.status, StatusCode::OK);
    assert_eq!(ada.post(&format!("{PAGE}/connect"), &[]).await.status, StatusCode::NOT_FOUND);
}

/// Whatever the org's reason, it was called a denial on its consent page.
#[tokio::test]
async fn what_the_org_says_of_a_refused_authorization_is_shown_escaped_and_in_bounds() {
    let org = org().await;
    let portal = Portal::with(PortalOptions { org: org.url().parse().ok(), ..PortalOptions::default() }).await;
    let mut ada = portal.ada().await;
    let long = format!("%3Cb%3Ebold%3C/b%3E+%0a{}", "x".repeat(5_000));
    for (answer, shown) in [
        (
            "error=access_denied&error_description=end-user+denied",
            "the request was denied there. It says: “end-user denied”.",
        ),
        ("error=access_denied", "the request was denied there."),
        (
            "error=OAUTH_APP_ACCESS_DENIED&error_description=no+such+user",
            "(OAUTH_APP_ACCESS_DENIED). It says: “no such user”.",
        ),
        ("error=server_error", "Salesforce refused the connection (server_error). Check"),
        (&*format!("error=invalid_scope&error_description={long}"), "&lt;b&gt;bold&lt;/b&gt; xxx"),
    ] {
        let begin: Url = ada.post(&format!("{PAGE}/connect"), &[]).await.redirect().parse().unwrap();
        let state = begin.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let callback = consent(begin.as_str(), "deny").await;
        let path = callback.split('?').next().unwrap();
        ada.get(&format!("{path}?state={state}&{answer}")).await.redirect();
        let page = ada.get(PAGE).await;
        page.shows(shown);
        page.hides("<b>bold");
        page.hides(&"x".repeat(300));
        if !answer.contains("access_denied") {
            page.hides("denied there");
        }
    }
    org.stop().await;
}

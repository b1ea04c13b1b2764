//! The pages for people.

use reqwest::StatusCode;
use sandbox::{SandboxOptions, Seed};
use serde_json::json;

use crate::{client::Org, events};

async fn page(org: &Org, path: &str) -> (StatusCode, String) {
    let response = org.http.get(format!("{}{path}", org.sandbox.url())).send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

#[tokio::test]
async fn a_person_finds_a_record_and_what_is_linked_to_it() {
    let org = Org::start_with(SandboxOptions { seed: Seed::Demo, ..SandboxOptions::default() }).await;
    let course = org.sandbox.create("Course__c", json!({ "Course_Name__c": "Circuits" })).await.unwrap();
    let case = json!({ "Subject": "Circuits <b>Comments</b>", "Course__c": course });
    let case = org.sandbox.create("Case", case).await.unwrap();

    let (status, home) = page(&org, "/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(home.contains(&format!("/console/records/{case}")));
    assert!(home.contains("Circuits &lt;b&gt;Comments"), "{home}");
    let (_, courses) = page(&org, "/console/objects/Course__c").await;
    assert!(courses.contains(&format!("/console/records/{course}")) && courses.contains("Circuits"));
    let (_, record) = page(&org, &format!("/console/records/{course}")).await;
    assert!(record.contains(&format!("/console/records/{case}")), "what refers to it is listed");
    assert_eq!(page(&org, "/console/records/500SB0000000099").await.0, StatusCode::NOT_FOUND);
    assert_eq!(page(&org, "/console/objects/Nothing").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_person_posts_on_a_case_and_replies_as_riley() {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    let send = async |path: String, form: &[(&str, &str)], origin: Option<&str>| {
        let request = org.http.post(format!("{}{path}", org.sandbox.url())).form(form);
        let request = match origin {
            Some(origin) => request.header("Origin", origin),
            None => request,
        };
        request.send().await.unwrap().status()
    };
    let posts = format!("/console/records/{case}/posts");
    let own = org.sandbox.url();
    let form = [("body", "A note"), ("visibility", "InternalUsers")];
    assert_eq!(send(posts.clone(), &form, Some("https://example.org")).await, StatusCode::FORBIDDEN);
    // As by a page whose owner has made its name lead here meanwhile: then it is the name the org is asked by too.
    let port = own.rsplit(':').next().unwrap();
    let rebound = org.http.post(format!("{own}{posts}")).form(&form).header("Host", format!("evil.example:{port}"));
    let rebound = rebound.header("Origin", format!("http://evil.example:{port}")).send().await.unwrap();
    assert_eq!(rebound.status(), StatusCode::FORBIDDEN);
    assert_eq!(org.sandbox.count("FeedItem"), 0);
    assert_eq!(send(posts.clone(), &form, Some(&own)).await, StatusCode::SEE_OTHER);
    assert_eq!(send(posts, &[("body", "  ")], Some(&own)).await, StatusCode::BAD_REQUEST);

    let items = org.sandbox.records("FeedItem");
    assert_eq!((items.len(), &items[0]["CreatedById"]), (1, &json!(sandbox::RILEY_ID)));
    assert_eq!(items[0]["Visibility"], "InternalUsers");
    let replies = format!("/console/records/{}/replies", items[0]["Id"].as_str().unwrap());
    assert_eq!(send(replies, &[("body", "A reply")], None).await, StatusCode::SEE_OTHER);
    let (_, page) = page(&org, &format!("/console/records/{case}")).await;
    for words in ["A note", "A reply", "Riley Reviewer", "internal"] {
        assert!(page.contains(words), "{words}");
    }
}

#[tokio::test]
async fn a_person_turns_what_a_test_turns() {
    let org = Org::start().await;
    let press = async |action: &str, form: &[(&str, &str)]| {
        let url = format!("{}/console/control/{action}", org.sandbox.url());
        org.http.post(url).form(form).send().await.unwrap().status()
    };
    let shown = async || page(&org, "/console/control").await.1;
    assert!(shown().await.contains("admin@sandbox.test"), "the test's own session");
    let fault = |status| {
        [
            ("action", "status"),
            ("method", "GET"),
            ("path", "/limits"),
            ("times", "1"),
            ("status", status),
            ("delay_ms", ""),
        ]
    };
    assert_eq!(press("add-fault", &fault("often")).await, StatusCode::BAD_REQUEST);
    assert_eq!(press("add-fault", &fault("502")).await, StatusCode::SEE_OTHER);
    assert!(shown().await.contains("Remove fault 1"));
    assert_eq!(org.get("/limits").await.0, StatusCode::BAD_GATEWAY);
    assert!(shown().await.contains("/services/data/v67.0/limits"), "the request is listed");
    press("add-fault", &fault("502")).await;
    press("remove-fault", &[("place", "0")]).await;
    assert_eq!(org.get("/limits").await.0, StatusCode::OK);

    let limits = [
        ("daily", "10"),
        ("remaining", "1"),
        ("concurrent", "5"),
        ("long_call_seconds", "20"),
        ("session_seconds", "60"),
        ("delivered_events", "100"),
        ("published_events", "50"),
        ("cometd_clients", "20"),
        ("event_streams", "10"),
    ];
    assert_eq!(press("limits", &limits).await, StatusCode::SEE_OTHER);
    assert_eq!(org.get("/limits").await.1["DailyApiRequests"], json!({ "Max": 10, "Remaining": 0 }));
    press("move-clock", &[("seconds", "86400")]).await;
    assert_eq!(org.get("/limits").await.0, StatusCode::UNAUTHORIZED, "a day later the session is over");
    assert!(shown().await.contains("Nobody is logged in"));
    press("stop-rotation", &[]).await;
    assert!(shown().await.contains("Start refresh token rotation"));
    org.sandbox.token();
    press("expire-sessions", &[]).await;
    assert!(shown().await.contains("Nobody is logged in"));
    press("forget-requests", &[]).await;
    assert!(org.sandbox.requests().is_empty());
    assert_eq!(press("nothing", &[]).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_person_sees_what_was_published_and_drops_who_listens() {
    let org = Org::start().await;
    let press = async |action: &str, form: &[(&str, &str)]| {
        let url = format!("{}/console/control/{action}", org.sandbox.url());
        org.http.post(url).form(form).send().await.unwrap().status()
    };
    let shown = async || page(&org, "/console/control").await.1;
    let empty = shown().await;
    assert!(empty.contains("Nothing was published") && empty.contains("Nobody subscribes"));
    let case = org.sandbox.create("Case", json!({ "Subject": "<b>" })).await.unwrap();
    org.sandbox.create("Account", json!({ "Name": "x" })).await.unwrap();
    let client = events::handshake(&org).await;
    events::subscribe(&org, &client, "/data/ChangeEvents", -1).await;
    let full = shown().await;
    let place = |words: &str| full.find(words).unwrap_or_else(|| panic!("{words} is not on the page"));
    assert!(place("/data/AccountChangeEvent") < place("/data/CaseChangeEvent"), "the newest first");
    assert!(
        full.contains(&format!("/console/records/{case}"))
            && full.contains("&quot;Subject&quot;: &quot;&lt;b&gt;&quot;")
    );
    assert!(full.contains("Drop stream 1, CometD") && full.contains("2 in the log, kept for 72 hours"));

    assert_eq!(press("drop-stream", &[("stream", "nothing")]).await, StatusCode::SEE_OTHER);
    assert!(shown().await.contains("Drop stream 1"));
    assert_eq!(press("drop-stream", &[("stream", &client)]).await, StatusCode::SEE_OTHER);
    assert!(shown().await.contains("Nobody subscribes"));
    events::handshake(&org).await;
    assert_eq!(press("drop-streams", &[]).await, StatusCode::SEE_OTHER);
    assert!(shown().await.contains("Nobody subscribes"));
    assert_eq!(press("keep-alive", &[]).await, StatusCode::SEE_OTHER);
    assert_eq!(press("expire-events", &[]).await, StatusCode::SEE_OTHER);
    assert!(shown().await.contains("Nothing was published"));
    let broken = [
        ("action", "break_stream"),
        ("method", "Subscribe"),
        ("path", ""),
        ("times", ""),
        ("status", ""),
        ("delay_ms", ""),
        ("after_events", "2"),
    ];
    assert_eq!(press("add-fault", &broken).await, StatusCode::SEE_OTHER);
    assert!(shown().await.contains("after 2 events"));
    assert_eq!(press("clear-faults", &[]).await, StatusCode::SEE_OTHER);
    assert!(org.sandbox.faults().list().is_empty());
}

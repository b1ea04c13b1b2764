//! The resources: what is put is got, what changed is told, what is wrong is named.

use axum::http::{Method, StatusCode};
use casebridge::http::{Policy, openapi, route_table};
use serde_json::{Value, json};

use crate::support::{Client, Portal};

const RUN: &str = "/api/v1/course-runs/course-v1:MITx+6.002x+2012-09-05";
const NEW: &str = "5b6e2d1c-0000-4000-8000-0000000000ff";

#[tokio::test]
async fn an_upstream_system_puts_organizations_courses_and_runs_and_gets_them_back() {
    let portal = Portal::start().await;
    let upstream = portal.program("sam@casebridge.test", "read catalogue").await;
    let organization = upstream.put("/api/v1/organizations/Org%2F1%20%C3%A9", &json!({"name": "Org & one"})).await;
    assert_eq!(organization.status, StatusCode::CREATED);
    assert_eq!(organization.json(), json!({"key": "Org/1 é", "name": "Org & one", "members": []}));
    let again = upstream.put("/api/v1/organizations/Org%2F1%20%C3%A9", &json!({"name": "Org & two"})).await;
    assert_eq!((again.status, &again.json()["name"]), (StatusCode::OK, &json!("Org & two")));
    assert_eq!(upstream.get("/api/v1/organizations/Org%2F1%20%C3%A9").await.json(), again.json());

    let course = json!({"key": "Org+1", "title": "A course", "organizations": ["MITx", "Org/1 é"]});
    let path = format!("/api/v1/courses/{NEW}");
    let made = upstream.put(&path, &course).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let shown =
        json!({"uuid": NEW, "key": "Org+1", "title": "A course", "organizations": ["MITx", "Org/1 é"], "editors": []});
    assert_eq!(made.json(), shown);
    assert_eq!(upstream.get(&path).await.json(), shown);
    assert_eq!(upstream.put(&path, &course).await.status, StatusCode::OK);

    let run = json!({"course": NEW, "title": "A run", "start": "2026-09-05", "end": "2026-12-20T23:59:59+01:00",
        "go_live_date": null, "status": "review_by_legal", "has_ofac_restrictions": false});
    let path = "/api/v1/course-runs/course-v1:Org+1+2026";
    let made = upstream.put(path, &run).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let shown = json!({"key": "course-v1:Org+1+2026", "course": NEW, "title": "A run", "start": "2026-09-05T00:00:00.000Z",
        "end": "2026-12-20T22:59:59.000Z", "go_live_date": null, "status": "review_by_legal", "has_ofac_restrictions": false,
        "is_new": false});
    assert_eq!(made.json(), shown);
    assert_eq!(upstream.get(path).await.json(), shown);
    assert_eq!(upstream.put(path, &run).await.status, StatusCode::OK);
}

#[tokio::test]
async fn members_and_editors_are_put_with_what_they_belong_to() {
    let portal = Portal::start().await;
    let upstream = portal.program("sam@casebridge.test", "read catalogue").await;
    let harper = portal.program("harper@harvardx.test", "read").await;
    let circuits = format!("/api/v1/courses/{}", Portal::circuits());
    let mitx = "/api/v1/organizations/MITx";
    assert_eq!(harper.get(&circuits).await.status, StatusCode::NOT_FOUND);
    let both = json!({"name": "MIT", "members": ["mia@mitx.test", "HARPER@harvardx.test"]});
    assert_eq!(upstream.put(mitx, &both).await.status, StatusCode::OK);
    assert_eq!(harper.get(&circuits).await.status, StatusCode::OK);
    assert_eq!(upstream.get(mitx).await.json()["members"], json!(["harper@harvardx.test", "mia@mitx.test"]));
    assert_eq!(harper.get(mitx).await.json(), json!({"key": "MITx", "name": "MIT"}), "partners see nobody's address");
    assert_eq!(upstream.put(mitx, &json!({"name": "M.I.T."})).await.status, StatusCode::OK);
    assert_eq!(harper.get(&circuits).await.status, StatusCode::OK, "left out: as it was");

    let mia = portal.program("mia@mitx.test", "read write").await;
    let comment = json!({"course_uuid": Portal::circuits(), "comment": "Hello"});
    let course = |editors: Value| json!({"key": "MITx+6.002x", "title": "Circuits", "organizations": ["MITx"], "editors": editors});
    assert_eq!(upstream.put(&circuits, &course(json!(["harper@harvardx.test"]))).await.status, StatusCode::OK);
    assert_eq!(upstream.get(&circuits).await.json()["editors"], json!(["harper@harvardx.test"]));
    assert_eq!(mia.get(&circuits).await.json().get("editors"), None);
    assert_eq!(mia.post("/api/v1/comments/", &comment).await.status, StatusCode::FORBIDDEN, "the editor alone writes");
    assert_eq!(upstream.put(&circuits, &course(Value::Null)).await.status, StatusCode::OK);
    assert_eq!(mia.post("/api/v1/comments/", &comment).await.status, StatusCode::FORBIDDEN);
    assert_eq!(upstream.put(&circuits, &course(json!([]))).await.status, StatusCode::OK);
    assert_eq!(mia.post("/api/v1/comments/", &comment).await.status, StatusCode::CREATED);

    for emails in [json!(["mia@mitx.test", "nobody@mitx.test"]), json!(["sam@casebridge.test"]), json!(["x"])] {
        let refused = upstream.put(mitx, &json!({"name": "Other", "members": emails})).await;
        refused.is_problem(StatusCode::BAD_REQUEST, Some("members"));
    }
    let refused = upstream.put(&circuits, &course(json!(["nobody@mitx.test"]))).await;
    refused.is_problem(StatusCode::BAD_REQUEST, Some("editors"));
    assert!(refused.json()["detail"].as_str().unwrap().contains("nobody@mitx.test"));
    assert_eq!(upstream.get(mitx).await.json()["name"], "M.I.T.", "nothing of a refused request is kept");
    upstream
        .put(mitx, &json!({"name": "MIT", "members": [5]}))
        .await
        .is_problem(StatusCode::BAD_REQUEST, Some("members[0]"));
    assert_eq!(upstream.put(mitx, &json!({"name": "MIT", "members": ["mia@mitx.test"]})).await.status, StatusCode::OK);
    assert_eq!(harper.get(&circuits).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_is_said_in_words_of_the_api() {
    let portal = Portal::start().await;
    let upstream = portal.program("sam@casebridge.test", "read write catalogue").await;
    for (path, body, sentence) in [
        (
            RUN,
            json!({"course": Portal::circuits(), "title": "x", "status": "live"}),
            "Give unpublished, review_by_legal,",
        ),
        (RUN, json!({"course": Portal::circuits(), "title": "x", "status": 5}), "Give text."),
        (RUN, json!({"course": "x", "title": "x", "status": "published"}), "That is not a UUID."),
        (RUN, json!({"course": Portal::circuits(), "status": "published"}), "It is missing."),
        ("/api/v1/organizations/New", json!({"name": "x", "colour": 1}), "There may be name or members."),
        ("/api/v1/organizations/New", json!({"name": []}), "Give text."),
        ("/api/v1/organizations/New", json!({"name": "x", "members": "y"}), "Give a list."),
        ("/api/v1/organizations/New", json!(["x"]), "Send an object."),
        ("/api/v1/organizations/New", json!("x"), "Give an object."),
        (
            RUN,
            json!({"course": Portal::circuits(), "title": "x", "status": "published", "end": "9999-12-31T23:59:59Z"}),
            "from 1700 to 4000",
        ),
        (
            RUN,
            json!({"course": Portal::circuits(), "title": "x", "status": "published", "end": "soon"}),
            "such as 2026-11-20",
        ),
    ] {
        let refused = upstream.put(path, &body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(sentence), "{detail}");
        for parsers in ["expected", "variant", "struct", "sequence", "`", "line 1"] {
            assert!(!detail.contains(parsers), "{detail}");
        }
    }
}

#[tokio::test]
async fn a_run_that_was_submitted_is_not_new_again() {
    let portal = Portal::start().await;
    let upstream = portal.program("sam@casebridge.test", "read catalogue").await;
    let path = "/api/v1/course-runs/course-v1:MITx+6.002x+2031";
    let put = async |status: &str, is_new: Option<bool>| {
        let mut run = json!({"course": Portal::circuits(), "title": "A run", "status": status});
        if let Some(is_new) = is_new {
            run["is_new"] = json!(is_new);
        }
        upstream.put(path, &run).await.json()["is_new"].clone()
    };
    assert_eq!(put("unpublished", None).await, json!(true));
    assert_eq!(put("unpublished", None).await, json!(true));
    assert_eq!(put("review_by_legal", None).await, json!(false));
    assert_eq!(put("unpublished", None).await, json!(false), "edits since, not a new run");
    assert_eq!(put("unpublished", Some(true)).await, json!(true), "who says so wins");
    assert_eq!(put("published", Some(true)).await, json!(true));
    assert_eq!(put("unpublished", None).await, json!(false));
}

#[tokio::test]
async fn what_is_wrong_with_a_record_is_named() {
    let portal = Portal::start().await;
    let upstream = portal.program("sam@casebridge.test", "read catalogue").await;
    let course = json!({"key": "Org+1", "title": "A course", "organizations": ["MITx"]});
    let run = json!({"course": Portal::circuits(), "title": "A run", "status": "published"});
    let with = |base: &Value, name: &str, value: Value| {
        let mut body = base.clone();
        body[name] = value;
        body
    };
    let course_path = format!("/api/v1/courses/{NEW}");
    for (path, body, field) in [
        ("/api/v1/organizations/New", json!({}), "name"),
        ("/api/v1/organizations/New", json!({"name": 5}), "name"),
        ("/api/v1/organizations/New", json!({"name": " "}), "name"),
        ("/api/v1/organizations/New", json!({"name": "a\u{0}b"}), "name"),
        ("/api/v1/organizations/New", json!({"name": "x", "key": "y"}), "key"),
        ("/api/v1/organizations/%20New", json!({"name": "x"}), "key"),
        ("/api/v1/organizations/%00", json!({"name": "x"}), "key"),
        ("/api/v1/organizations/%FF", json!({"name": "x"}), "path"),
        ("/api/v1/courses/not-a-uuid", course.clone(), "uuid"),
        (&course_path, with(&course, "organizations", json!([])), "organizations"),
        (&course_path, with(&course, "organizations", json!(["Nobody"])), "organizations"),
        (&course_path, with(&course, "organizations", json!(["MITx", 5])), "organizations[1]"),
        (&course_path, with(&course, "organizations", json!("MITx")), "organizations"),
        (&course_path, with(&course, "title", json!("x".repeat(1_001))), "title"),
        (&course_path, with(&course, "key", json!("")), "key"),
        (RUN, with(&run, "status", json!("live")), "status"),
        (RUN, with(&run, "start", json!("soon")), "start"),
        (RUN, with(&run, "start", json!(5)), "start"),
        (RUN, with(&run, "course", json!("x")), "course"),
        (RUN, with(&run, "course", json!(NEW)), "course"),
        (RUN, with(&run, "has_ofac_restrictions", json!("yes")), "has_ofac_restrictions"),
        (RUN, with(&with(&run, "start", json!("2026-02-01")), "end", json!("2026-01-01")), "end"),
        (RUN, with(&run, "start", json!("1699-12-31")), "start"),
        (RUN, with(&run, "end", json!("4001-01-01T00:00:00Z")), "end"),
        (RUN, with(&run, "go_live_date", json!("9999-12-31T23:59:59Z")), "go_live_date"),
        (RUN, with(&run, "start", json!("4000-12-31T23:30:00-01:00")), "start"),
        (RUN, with(&run, "colour", json!(1)), "colour"),
    ] {
        upstream.put(path, &body).await.is_problem(StatusCode::BAD_REQUEST, Some(field));
    }
    let taken = with(&course, "key", json!("HarvardX+CS50x"));
    upstream.put(&course_path, &taken).await.is_problem(StatusCode::CONFLICT, None);
    upstream.get(&course_path).await.is_problem(StatusCode::NOT_FOUND, None);
    upstream.get("/api/v1/organizations/New").await.is_problem(StatusCode::NOT_FOUND, None);
}

#[tokio::test]
async fn a_case_is_opened_listed_and_talked_on() {
    let portal = Portal::start().await;
    let mia = portal.program("mia@mitx.test", "read write").await;
    let courses_cases = format!("/api/v1/courses/{}/cases", Portal::circuits());
    assert_eq!(mia.get(&courses_cases).await.json(), json!({"items": [], "next": null}));
    let key = "course-v1:MITx+6.002x+2012-09-05";
    let body =
        json!({"course": Portal::circuits(), "course_run": key, "subject": "Captions", "body": "They are missing"});
    let named = mia.clone().with("idempotency-key", "1");
    let opened = named.post("/api/v1/cases", &body).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text());
    let case = opened.json();
    assert_eq!(opened.header("location"), format!("/api/v1/cases/{}", case["id"].as_str().unwrap()));
    assert_eq!(
        (&case["subject"], &case["course_run"], &case["status"]),
        (&json!("Captions"), &json!(key), &json!("Open"))
    );
    assert_eq!(named.post("/api/v1/cases", &body).await.json(), case, "the same request is the same case");
    let mut other = body.clone();
    other["subject"] = json!("Other");
    let reused = named.post("/api/v1/cases", &other).await;
    reused.is_problem(StatusCode::CONFLICT, Some("Idempotency-Key"));
    assert!(!reused.text().contains("another tab"), "{}", reused.text());
    assert_eq!(mia.get(&courses_cases).await.json()["items"], json!([case]));
    assert_eq!(mia.get(&format!("{RUN}/cases")).await.json()["items"], json!([case]));
    let other_run = "/api/v1/course-runs/course-v1:MITx+6.002x+2013-03-05/cases";
    assert_eq!(mia.get(other_run).await.json()["items"], json!([]));
    let address = opened.header("location").to_owned();
    assert_eq!(mia.get(&address).await.json(), case);

    let posts = format!("{address}/posts");
    let post = mia.post(&posts, &json!({"body": "And in week two"})).await;
    assert_eq!(post.status, StatusCode::CREATED, "{}", post.text());
    let all = mia.get(&posts).await.json();
    let said: Vec<&str> = all["items"].as_array().unwrap().iter().map(|post| post["body"].as_str().unwrap()).collect();
    assert_eq!(said, ["They are missing", "And in week two"]);
    assert_eq!(all["items"][1], post.json());
    assert_eq!(all["items"][0]["author"], json!({"name": "Mia Torres", "is_staff": false, "is_you": true}));
    let first = mia.get(&format!("{posts}?limit=1")).await;
    let cursor = first.json()["next"].as_str().unwrap().to_owned();
    assert!(first.header("link").contains(&cursor));
    assert_eq!(mia.get(&format!("{posts}?limit=1&cursor={cursor}")).await.json()["items"][0], post.json());
    for (body, field) in [
        (json!({"body": " "}), "body"),
        (json!({"body": "x", "course_run": "course-v1:HarvardX+CS50x+2012-10-15"}), "course_run"),
        (json!({"body": "x", "author": "Sam"}), "author"),
    ] {
        mia.post(&posts, &body).await.is_problem(StatusCode::BAD_REQUEST, Some(field));
    }
    mia.post(&posts, &json!({"body": "x", "visibility": "internal"})).await.is_problem(StatusCode::FORBIDDEN, None);
}

#[tokio::test]
async fn a_case_that_would_begin_with_an_internal_post_is_refused_by_name() {
    let portal = Portal::start().await;
    let sam = portal.program("sam@casebridge.test", "read write").await;
    let body = json!({"course": Portal::circuits(), "subject": "One", "body": "psst", "visibility": "internal"});
    let refused = sam.post("/api/v1/cases", &body).await;
    refused.is_problem(StatusCode::UNPROCESSABLE_ENTITY, Some("visibility"));
    assert!(refused.json()["detail"].as_str().unwrap().contains("partners see a case and its subject"));
    let cases = format!("/api/v1/courses/{}/cases", Portal::circuits());
    assert_eq!(sam.get(&cases).await.json()["items"], json!([]));
}

#[tokio::test]
async fn who_has_the_posts_already_is_told_so_until_something_they_may_see_changes() {
    let portal = Portal::start().await;
    let mia = portal.program("mia@mitx.test", "read write").await;
    let sam = portal.program("sam@casebridge.test", "read write").await;
    let body = json!({"course": Portal::circuits(), "subject": "One", "body": "First"});
    let case = mia.post("/api/v1/cases", &body).await.header("location").to_owned();
    let posts = format!("{case}/posts");
    let etag = mia.get(&posts).await.header("etag").to_owned();
    assert!(etag.starts_with('"'));
    let has = mia.clone().with("if-none-match", &etag);
    let same = has.get(&posts).await;
    assert_eq!((same.status, same.text(), same.header("etag")), (StatusCode::NOT_MODIFIED, "", etag.as_str()));
    assert_eq!(has.get(&format!("{posts}?limit=1")).await.status, StatusCode::OK, "another page is another answer");
    let sams = sam.clone().with("if-none-match", &etag);
    assert_eq!(sams.get(&posts).await.status, StatusCode::OK, "another reader, too");
    let note = json!({"body": "psst", "visibility": "internal"});
    let sams_etag = sam.get(&posts).await.header("etag").to_owned();
    assert_eq!(sam.post(&posts, &note).await.status, StatusCode::CREATED);
    assert_ne!(sam.get(&posts).await.header("etag"), sams_etag);
    assert_eq!(has.get(&posts).await.status, StatusCode::NOT_MODIFIED, "an internal note changes nothing for partners");
    assert_eq!(sam.post(&posts, &json!({"body": "An answer"})).await.status, StatusCode::CREATED);
    assert_eq!(has.get(&posts).await.status, StatusCode::OK);

    let etag = mia.get(&case).await.header("etag").to_owned();
    let has = mia.clone().with("if-none-match", &etag);
    assert_eq!(has.get(&case).await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(mia.with("if-none-match", "\"other\"").get(&case).await.status, StatusCode::OK);
}

#[tokio::test]
async fn whatever_goes_wrong_below_api_is_a_problem() {
    let portal = Portal::start().await;
    let mia = portal.program("mia@mitx.test", "read write").await;
    mia.get("/api/v1/nothing").await.is_problem(StatusCode::NOT_FOUND, None);
    mia.get("/api/v2/").await.is_problem(StatusCode::NOT_FOUND, None);
    mia.clone().with("accept", "text/html").get("/api/v1/nothing").await.is_problem(StatusCode::NOT_FOUND, None);
    let wrong_method = mia.send(Method::DELETE, "/api/v1/comments/", None).await;
    wrong_method.is_problem(StatusCode::METHOD_NOT_ALLOWED, None);
    assert!(wrong_method.header("allow").contains("POST"), "{:?}", wrong_method.headers);
    let path = format!("/api/v1/comments/?course_uuid={}", Portal::circuits());
    mia.clone().with("accept", "text/html").get(&path).await.is_problem(StatusCode::NOT_ACCEPTABLE, None);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"] {
        let sent = mia.clone().with("content-type", kind).post("/api/v1/comments/", &json!({})).await;
        sent.is_problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, None);
    }
    let huge = json!({"course_uuid": Portal::circuits(), "comment": "x".repeat(600_000)});
    mia.post("/api/v1/comments/", &huge).await.is_problem(StatusCode::PAYLOAD_TOO_LARGE, None);
    let long = mia.clone().with("content-length", "99999999");
    long.post("/api/v1/comments/", &json!({})).await.is_problem(StatusCode::PAYLOAD_TOO_LARGE, None);
    for body in ["", "{", "[]", "\"x\"", "{} {}", "{\"comment\":\"\\ud800\"}", "null"] {
        let sent = mia.send(Method::POST, "/api/v1/comments/", Some(body.to_owned())).await;
        sent.is_problem(StatusCode::BAD_REQUEST, None);
    }
}

#[tokio::test]
async fn the_description_names_every_operation_and_no_other() {
    let portal = Portal::start().await;
    let document = Client::anybody(&portal).get("/api/openapi.json").await;
    assert_eq!(document.status, StatusCode::OK);
    let document = document.json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut described: Vec<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let mut routed: Vec<String> = (route_table().iter())
        .filter(|row| matches!(row.policy, Policy::Api(_)))
        // The address without its slash is for callers who forget it.
        .filter(|row| row.path != "/api/v1/comments")
        .map(|row| format!("{} {}", row.method, row.path))
        .collect();
    described.sort();
    routed.sort();
    assert_eq!(described, routed);
    assert_eq!(document, serde_json::to_value(openapi()).unwrap());
}

#[test]
fn the_description_is_as_it_was_reviewed() {
    insta::assert_json_snapshot!("openapi", openapi());
}

#[tokio::test]
async fn the_page_of_the_api_lists_every_operation_and_leads_to_answers() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let page = mia.get("/api/").await;
    assert_eq!(page.status, StatusCode::OK);
    for (path, _) in openapi().paths.paths {
        page.shows(&path);
    }
    page.hides("<script");
    page.hides("style=\"");
    page.shows("action=\"/api/try\"");
    let tried =
        mia.get(&format!("/api/try?operation=listCourseCases&uuid={}&limit=&cursor=", Portal::circuits())).await;
    let address = format!("/api/v1/courses/{}/cases", Portal::circuits());
    assert_eq!(tried.redirect(), address);
    assert_eq!(mia.get(&address).await.status, StatusCode::OK);
    let odd = mia.get("/api/try?operation=getCourseRun&key=..%2F..%2F%2Fevil.test%3Fa%0d%0a").await;
    assert_eq!(odd.redirect(), "/api/v1/course-runs/..%2F..%2F%2Fevil.test%3Fa");
    for none in ["/api/try", "/api/try?operation=putCourse", "/api/try?operation=https://evil.test"] {
        assert_eq!(mia.get(none).await.redirect(), "/api/");
    }
    assert_eq!(portal.visitor().get("/api/").await.status, StatusCode::OK, "what the API is, is no secret");
}

//! The API under attack: with no token, another's, a spent one, one for something else; with other people's ids; from foreign pages.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use casebridge::http::{Policy, RouteRow, route_table};
use domain::Scope;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::support::{Client, Portal};

fn rows() -> Vec<RouteRow> {
    let rows: Vec<RouteRow> = route_table().into_iter().filter(|row| matches!(row.policy, Policy::Api(_))).collect();
    assert!(rows.len() >= 16);
    rows
}

fn path(row: &RouteRow) -> String {
    let key = if row.path.contains("organizations") { "MITx" } else { "course-v1:MITx+6.002x+2012-09-05" };
    row.path
        .replace("{uuid}", &Portal::circuits().to_string())
        .replace("{key}", key)
        .replace("{id}", "01932c07-2000-7000-8000-000000000001")
}

async fn ask(client: &Client<'_>, row: &RouteRow) -> crate::support::Answer {
    let body = (row.method != Method::GET).then(|| "{}".to_owned());
    client.send(row.method.clone(), &path(row), body).await
}

#[tokio::test]
async fn without_a_good_token_every_route_says_401_and_how_to_do_better() {
    let portal = Portal::start().await;
    let good = portal.token("mia@mitx.test", "read write").await;
    let spent = portal.token("mia@mitx.test", "read write").await;
    let mia = portal.engine.actor(portal.people.mia).await.unwrap().unwrap();
    let id = portal.engine.tokens(&mia).await.unwrap()[0].id;
    portal.engine.revoke_token(&mia, id).await.unwrap();
    let wrong = format!("{}0", &good.expose_secret()[..good.expose_secret().len() - 1]);
    for row in rows() {
        let bare = ask(&Client::anybody(&portal), &row).await;
        bare.is_problem(StatusCode::UNAUTHORIZED, None);
        assert_eq!(bare.header("www-authenticate"), "Bearer realm=\"casebridge\"");
        let basic = format!("Basic {}", good.expose_secret());
        let doubled = format!("Bearer {0} {0}", good.expose_secret());
        for authorization in
            [&format!("Bearer {}", spent.expose_secret()), &format!("Bearer {wrong}"), &basic, &doubled, "Bearer", ""]
        {
            let refused = ask(&Client::anybody(&portal).with("authorization", authorization), &row).await;
            refused.is_problem(StatusCode::UNAUTHORIZED, None);
            assert!(refused.header("www-authenticate").contains("invalid_token"));
        }
        let jwt = Client::anybody(&portal).with("authorization", &format!("JWT {}", good.expose_secret()));
        let refused = ask(&jwt, &row).await;
        refused.is_problem(StatusCode::UNAUTHORIZED, None);
        assert!(refused.text().contains("Authorization: Bearer cbt_"), "{}", refused.text());
        assert!(!refused.text().contains("expired"), "{}", refused.text());
        let two = Client::with_token(&portal, good.expose_secret()).with("authorization", "Bearer x");
        ask(&two, &row).await.is_problem(StatusCode::UNAUTHORIZED, None);
    }
}

#[tokio::test]
async fn a_scope_that_is_too_small_is_named_and_nothing_happens() {
    let portal = Portal::start().await;
    for scope in Scope::ALL {
        let sam = portal.program("sam@casebridge.test", scope.name()).await;
        for row in rows() {
            let Policy::Api(needed) = row.policy else { continue };
            let answer = ask(&sam, &row).await;
            if needed == scope {
                assert_ne!(answer.status, StatusCode::FORBIDDEN, "{} {}", row.method, row.path);
            } else {
                answer.is_problem(StatusCode::FORBIDDEN, None);
                let challenge = answer.header("www-authenticate");
                assert!(challenge.contains("insufficient_scope") && challenge.contains(needed.name()), "{challenge}");
            }
        }
    }
}

#[tokio::test]
async fn whoever_is_disabled_or_demoted_loses_it_with_the_next_request() {
    let portal = Portal::start().await;
    let path = format!("/api/v1/courses/{}", Portal::circuits());
    let mia = portal.program("mia@mitx.test", "read").await;
    assert_eq!(mia.get(&path).await.status, StatusCode::OK);
    let now = domain::Timestamp::from_micros(1);
    let tx = portal.database.store.begin().await.unwrap();
    tx.users().set_memberships(portal.people.mia, &[]).await.unwrap();
    tx.commit().await.unwrap();
    mia.get(&path).await.is_problem(StatusCode::NOT_FOUND, None);
    let tx = portal.database.store.begin().await.unwrap();
    tx.users().set_disabled(portal.people.mia, Some(now), now).await.unwrap();
    tx.commit().await.unwrap();
    mia.get(&path).await.is_problem(StatusCode::UNAUTHORIZED, None);
}

#[tokio::test]
async fn records_of_others_and_none_at_all_are_one_answer() {
    let portal = Portal::start().await;
    let harper = portal.program("harper@harvardx.test", "read write").await;
    let mia = portal.program("mia@mitx.test", "read write").await;
    let body = json!({"course": Portal::circuits(), "subject": "Secret", "body": "canary-5e1f"});
    let case = mia.post("/api/v1/cases", &body).await.header("location").to_owned();
    let none = "/api/v1/cases/01932c07-2000-7000-8000-000000000001";
    let pairs = [
        (case.clone(), none.to_owned()),
        (format!("{case}/posts"), format!("{none}/posts")),
        (
            format!("/api/v1/courses/{}", Portal::circuits()),
            "/api/v1/courses/01932c07-2000-7000-8000-000000000001".to_owned(),
        ),
        (
            format!("/api/v1/courses/{}/cases", Portal::circuits()),
            "/api/v1/courses/01932c07-2000-7000-8000-000000000001/cases".to_owned(),
        ),
        ("/api/v1/course-runs/course-v1:MITx+6.002x+2012-09-05".to_owned(), "/api/v1/course-runs/none".to_owned()),
        (
            "/api/v1/course-runs/course-v1:MITx+6.002x+2012-09-05/cases".to_owned(),
            "/api/v1/course-runs/none/cases".to_owned(),
        ),
        ("/api/v1/organizations/MITx".to_owned(), "/api/v1/organizations/none".to_owned()),
    ];
    for (others, missing) in pairs {
        let (others, missing) = (harper.get(&others).await, harper.get(&missing).await);
        others.is_problem(StatusCode::NOT_FOUND, None);
        assert_eq!(others.body, missing.body);
    }
    let (others, missing) = (
        harper.post(&format!("{case}/posts"), &json!({"body": "x"})).await,
        harper.post(&format!("{none}/posts"), &json!({"body": "x"})).await,
    );
    assert_eq!((others.status, &others.body), (StatusCode::NOT_FOUND, &missing.body));
    harper.post("/api/v1/cases", &body).await.is_problem(StatusCode::NOT_FOUND, None);
    for path in ["/api/v1/cases/not-an-id", "/api/v1/cases/%00/posts", "/api/v1/courses/1/cases"] {
        let field = if path.contains("courses") { "uuid" } else { "id" };
        harper.get(path).await.is_problem(StatusCode::BAD_REQUEST, Some(field));
    }
}

#[tokio::test]
async fn a_cookie_is_good_for_pages_of_the_portal_and_not_for_foreign_ones() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let path = format!("/api/v1/comments/?course_uuid={}", Portal::circuits());
    assert_eq!(mia.get(&path).await.status, StatusCode::OK);
    let body = json!({"course_uuid": Portal::circuits(), "comment": "Forged"}).to_string();
    for (headers, status) in [
        (vec![("sec-fetch-site", "cross-site")], StatusCode::FORBIDDEN),
        (vec![("origin", "https://evil.test")], StatusCode::FORBIDDEN),
        (vec![("sec-fetch-site", "same-origin")], StatusCode::CREATED),
    ] {
        let mut request =
            mia.request(Method::POST, "/api/v1/comments/").header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = mia.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        if status == StatusCode::FORBIDDEN {
            answer.is_problem(status, None);
        }
    }
    assert_eq!(mia.get(&path).await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn beside_a_token_no_cookie_is_looked_at() {
    let portal = Portal::start().await;
    let ada = portal.ada().await;
    let cookie: Vec<String> = ada.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let others = format!("/api/v1/courses/{}", Portal::cs50());
    let mia = portal.program("mia@mitx.test", "read write").await.with("cookie", &cookie.join("; "));
    mia.get(&others).await.is_problem(StatusCode::NOT_FOUND, None);
    let spent = Client::with_token(&portal, "cbt_x").with("cookie", &cookie.join("; "));
    spent.get(&others).await.is_problem(StatusCode::UNAUTHORIZED, None);
    // A program may run in a page of somewhere else: it had to be given the token.
    let anywhere = mia.with("sec-fetch-site", "cross-site").with("origin", "https://elsewhere.test");
    let comment = json!({"course_uuid": Portal::circuits(), "comment": "From elsewhere"});
    let said = anywhere.post("/api/v1/comments/", &comment).await;
    assert_eq!(said.status, StatusCode::CREATED, "{}", said.text());
    assert_eq!(said.json()["user"]["username"], "mia");
    assert_eq!(said.header("set-cookie"), "");
}

#[tokio::test]
async fn a_token_opens_no_page_and_no_server_function() {
    let portal = Portal::start().await;
    let ada = portal.program("ada@casebridge.test", "read write catalogue").await;
    for page in ["/courses", "/account/tokens", "/admin/salesforce"] {
        assert!(ada.get(page).await.redirect().starts_with("/login"), "{page}");
    }
    let call = ada.post("/api/fn/get_thread", &json!({"course": Portal::circuits()})).await;
    assert_eq!(call.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn partners_change_nothing_of_the_catalogue_by_cookie_either() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let request = mia
        .request(Method::PUT, "/api/v1/organizations/MITx")
        .header(header::CONTENT_TYPE, "application/json")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(r#"{"name":"Mine"}"#))
        .unwrap();
    mia.send(request).await.is_problem(StatusCode::FORBIDDEN, None);
}

//! What goes wrong is a page, too.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};

use crate::support::{Answer, Portal};

#[track_caller]
fn is_page(answer: &Answer, status: StatusCode) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(answer.header("content-type").starts_with("text/html"), "{answer:?}");
    answer.shows("<h1");
    answer.shows("<main");
}

#[tokio::test]
async fn an_address_that_is_none_is_a_page_that_knows_its_reader() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let answer = mia.get("/no/such/page").await;
    is_page(&answer, StatusCode::NOT_FOUND);
    answer.shows("Mia Torres");
    let answer = portal.visitor().get("/no/such/page").await;
    is_page(&answer, StatusCode::NOT_FOUND);
    answer.hides("Sign out");
}

#[tokio::test]
async fn a_form_address_that_is_opened_is_a_page() {
    let portal = Portal::start().await;
    let answer = portal.mia().await.get("/logout").await;
    is_page(&answer, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("allow"), "POST");
}

#[tokio::test]
async fn more_than_anybody_types_is_refused_with_a_page() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let body = "x".repeat(600 * 1024);
    let form = [
        ("key", "01932c07-2000-7000-8000-000000000001"),
        ("body", body.as_str()),
        ("visibility", "public"),
        ("run", ""),
    ];
    is_page(&mia.post(&format!("{}/comments", Portal::course_page()), &form).await, StatusCode::PAYLOAD_TOO_LARGE);
    // Without a length said before, too.
    let chunks = futures::stream::iter((0..600).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1024])));
    let request = mia
        .request(Method::POST, &format!("{}/comments", Portal::course_page()))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from_stream(chunks))
        .unwrap();
    is_page(&mia.send(request).await, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_request_nobody_can_read_is_a_page() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let request = mia
        .request(Method::POST, &format!("{}/comments", Portal::course_page()))
        .header(header::CONTENT_TYPE, "application/xml")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from("<a/>"))
        .unwrap();
    let answer = mia.send(request).await;
    is_page(&answer, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn without_the_database_one_is_told_to_wait() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    assert_eq!(portal.visitor().get("/health/ready").await.status, StatusCode::OK);
    portal.database.store.close().await;
    for path in ["/courses", Portal::course_page().as_str()] {
        let answer = mia.get(path).await;
        is_page(&answer, StatusCode::SERVICE_UNAVAILABLE);
        answer.hides("pool");
        answer.hides("sqlx");
    }
    assert_eq!(portal.visitor().get("/health/ready").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(portal.visitor().get("/health/live").await.status, StatusCode::OK);
}

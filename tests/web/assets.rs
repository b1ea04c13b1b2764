//! Static files.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};

use crate::support::Portal;

#[tokio::test]
async fn built_files_come_precompressed() {
    let portal = Portal::start().await;
    let mut visitor = portal.visitor();
    let plain = visitor.get("/pkg/casebridge.css").await;
    assert_eq!((plain.status, plain.text()), (StatusCode::OK, "body{}"));
    let request = visitor
        .request(Method::GET, "/pkg/casebridge.css")
        .header(header::ACCEPT_ENCODING, "br")
        .body(Body::empty())
        .unwrap();
    let brotli = visitor.send(request).await;
    assert_eq!((brotli.header("content-encoding"), brotli.text()), ("br", "as if brotli"));
    assert_eq!(brotli.header("content-type"), "text/css");
    assert_eq!(visitor.get("/favicon.svg").await.header("content-type"), "image/svg+xml");
    assert!(plain.headers.get(header::SET_COOKIE).is_none());
}

#[tokio::test]
async fn nothing_outside_the_site_is_served() {
    let portal = Portal::start().await;
    std::fs::write(portal.site().parent().unwrap().join("outside.txt"), "secret").unwrap();
    for path in [
        "/../outside.txt",
        "/%2e%2e/outside.txt",
        "/pkg/../../outside.txt",
        "/pkg/..%2f..%2foutside.txt",
        "//etc/passwd",
        "/pkg/",
        "/pkg",
        "/.git/config",
    ] {
        let answer = portal.visitor().get(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        answer.hides("secret");
    }
    std::fs::remove_file(portal.site().parent().unwrap().join("outside.txt")).unwrap();
}

//! Security headers, on whatever is answered.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use casebridge::http::route_table;

use crate::support::Portal;

#[tokio::test]
async fn every_answer_carries_them() {
    let portal = Portal::start().await;
    let mut ada = portal.ada().await;
    let mut places: Vec<(Method, String)> = route_table()
        .into_iter()
        .filter(|row| row.path != "/logout")
        .map(|row| (row.method, row.path.replace("{course}", &Portal::circuits().to_string()).replace("{post}", "x")))
        .collect();
    let others = ["/nothing-here", "/pkg/casebridge.css", "/pkg/missing.js", "/favicon.svg", "/courses/x"];
    places.extend(others.map(|path| (Method::GET, path.to_owned())));
    places.push((Method::DELETE, "/courses".to_owned()));
    for (method, path) in places {
        let request =
            ada.request(method.clone(), &path).header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap();
        let response = ada.open(request).await;
        let headers = response.headers();
        let value = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
        let place = format!("{method} {path}: {}", response.status());
        assert_eq!(value("x-content-type-options"), "nosniff", "{place}");
        assert_eq!(value("referrer-policy"), "same-origin", "{place}");
        assert_eq!(value("x-frame-options"), "DENY", "{place}");
        assert!(!value("x-request-id").is_empty(), "{place}");
        let policy = value("content-security-policy");
        for part in [
            "default-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "'strict-dynamic'",
        ] {
            assert!(policy.contains(part), "{place}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        // A stream that there is says so itself; that of no case is a plain 404.
        let stream = path.ends_with("/events") && response.status().is_success();
        let cached = path.starts_with("/pkg/casebridge") || path == "/favicon.svg" || stream;
        assert_eq!(value("cache-control") == "no-store", !cached, "{place}: {}", value("cache-control"));
    }
}

#[tokio::test]
async fn each_page_has_a_nonce_of_its_own_and_runs_no_other_script() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let mut nonces = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let page = mia.get(&Portal::course_page()).await;
        let policy = page.header("content-security-policy").to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(nonce.len() >= 22);
        for script in page.text().split("<script").skip(1) {
            let tag = script.split('>').next().unwrap();
            // Data is not run; that nothing in it can end it is for `posting` to try.
            let data = tag.contains("type=\"application/json\"");
            assert!(data || tag.contains(&format!("nonce=\"{nonce}\"")), "{tag}");
        }
        page.hides(" style=\"");
        page.hides(" onclick=");
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), 3);
}

#[tokio::test]
async fn pages_are_compressed_for_whom_it_helps() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let request =
        mia.request(Method::GET, "/courses").header(header::ACCEPT_ENCODING, "gzip, br").body(Body::empty()).unwrap();
    let answer = mia.send(request).await;
    assert_eq!((answer.status, answer.header("content-encoding")), (StatusCode::OK, "br"));
    assert!(answer.header("vary").to_lowercase().contains("accept-encoding"));
    assert_eq!(mia.get("/courses").await.header("content-encoding"), "");
}

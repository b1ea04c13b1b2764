//! The admins' pages about old comments: a file sent, followed and told about; nobody else's business.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};

use crate::support::{Answer, Browser, Portal};

async fn send(browser: &mut Browser<'_>, file: &str, mode: &str) -> Answer {
    let body = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"<b>.jsonl\"\r\n\r\n{file}\r\n--cut\r\n\
         Content-Disposition: form-data; name=\"mode\"\r\n\r\n{mode}\r\n--cut--\r\n"
    );
    let request = browser
        .request(Method::POST, "/admin/history")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

/// Runs the portal's loads until there is nothing more to do.
async fn run_loads(portal: &Portal, page: &str) -> Answer {
    let stop = tokio_util::sync::CancellationToken::new();
    let runner = tokio::spawn({
        let (engine, stop) = (portal.engine.clone(), stop.clone());
        async move { engine.run_history_loads(stop).await }
    });
    let mut ada = portal.ada().await;
    let shown = loop {
        let shown = ada.get(page).await;
        if !shown.text().contains("data-part=\"unsettled\"") {
            break shown;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    stop.cancel();
    runner.await.unwrap();
    shown
}

#[tokio::test]
async fn a_file_is_checked_and_what_is_wrong_with_it_told() {
    let portal = Portal::start().await;
    let mut ada = portal.ada().await;
    let line = format!(
        "{{\"course\":\"{}\",\"author\":\"ann\",\"body\":\"of old\",\"created\":\"2015-01-01\"}}",
        Portal::circuits()
    );
    let page = send(&mut ada, &format!("{line}\n<script>nonsense\n"), "check").await.redirect().to_owned();
    let waiting = ada.get(&page).await;
    waiting.shows("Waiting for its turn");
    waiting.shows("http-equiv=\"refresh\"");
    waiting.hides("<b>.jsonl");
    let checked = run_loads(&portal, &page).await;
    checked.shows("1 line left out");
    checked.shows("The lines left out can’t be loaded as they are; all others can.");
    checked.shows("It could not be loaded now.");
    checked.shows("No org is connected. Connect Salesforce first");
    checked.hides("http-equiv=\"refresh\"");
    let rejects = ada.get(&format!("{page}/left-out.jsonl")).await;
    assert!(rejects.text().contains("<script>nonsense") && rejects.text().contains("\"line\":2"), "{}", rejects.text());
    assert_eq!(rejects.header("content-type"), "application/jsonl; charset=utf-8");
    assert!(rejects.header("content-disposition").starts_with("attachment"));

    // Loading it fails, because no org is connected; that is said, and it can be gone on with.
    assert_eq!(ada.post(&page, &[("do", "load")]).await.redirect(), page);
    let failed = run_loads(&portal, &page).await;
    failed.shows("Failed");
    failed.shows("No org is connected. Connect Salesforce first");
    failed.shows("Go on");
    assert_eq!(ada.post(&page, &[("do", "stop")]).await.redirect(), page);
    ada.get(&page).await.shows("It has ended already.");
    assert_eq!(ada.post(&page, &[("do", "nothing")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ada.post(&page, &[("do", "remove")]).await.redirect(), "/admin/history");
    ada.get("/admin/history").await.hides("&lt;b>.jsonl");
    assert_eq!(ada.get(&page).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ada.get(&format!("{page}/left-out.jsonl")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_no_file_is_refused_in_place() {
    let portal = Portal::start().await;
    let mut ada = portal.ada().await;
    let empty = send(&mut ada, "", "load").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    empty.shows("Choose a file that is not empty.");
    let none = ada.post("/admin/history", &[("mode", "load")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    none.shows("Choose a file first.");
    let cut = ada
        .request(Method::POST, "/admin/history")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from("--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf"))
        .unwrap();
    let cut = ada.send(cut).await;
    assert_eq!(cut.status, StatusCode::UNPROCESSABLE_ENTITY);
    cut.shows("The file did not arrive whole. Send it again.");
    ada.get("/admin/history").await.hides("Loads</h2>");
}

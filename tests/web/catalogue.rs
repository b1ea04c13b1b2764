//! The pages of those who keep the catalogue, by plain forms.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};

use crate::support::{Answer, Browser, Portal, PortalOptions};

async fn upload(browser: &mut Browser<'_>, file: &str, mode: &str) -> Answer {
    let body = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"new.csv\"\r\nContent-Type: text/csv\r\n\r\n{file}\r\n--cut\r\n\
         Content-Disposition: form-data; name=\"mode\"\r\n\r\n{mode}\r\n--cut--\r\n"
    );
    let request = browser
        .request(Method::POST, "/admin/import")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

#[tokio::test]
async fn staff_make_and_change_what_the_catalogue_holds() {
    let portal = Portal::start().await;
    let mut sam = portal.sam().await;
    let added = sam.post("/admin/organizations", &[("key", "NewX"), ("name", "New <b>& Co</b>")]).await;
    assert_eq!(added.redirect(), "/admin/organizations");
    let list = sam.get("/admin/organizations").await;
    list.shows("New &lt;b&gt;&amp; Co&lt;/b&gt;");
    list.shows("The organization is in the catalogue.");
    list.shows("Waiting to be sent");

    let fields = [("key", "NewX+1"), ("title", "</textarea><script>"), ("organizations", "NewX, MITx")];
    let page = sam.post("/admin/courses", &fields).await.redirect().to_owned();
    let course = sam.get(&page).await;
    course.hides("</textarea><script>");
    course.shows("&lt;/textarea&gt;&lt;script&gt;");
    assert_eq!(course.field("organizations"), "NewX, MITx");
    let saved = sam.post(&page, &[("key", "NewX+1"), ("title", "First"), ("organizations", "MITx")]).await;
    assert_eq!(saved.redirect(), page);
    sam.get(&page).await.shows("Saved.");

    let run = [
        ("form", "new-run"),
        ("key", "course-v1:NewX+1+2026"),
        ("title", "Autumn"),
        ("start", "2026-09-01T08:30"),
        ("end", ""),
        ("go_live_date", ""),
        ("status", "reviewed"),
        ("has_ofac_restrictions", "false"),
    ];
    assert!(sam.post(&format!("{page}/runs"), &run).await.redirect().starts_with(&page));
    let shown = sam.get(&page).await;
    shown.shows("course-v1:NewX+1+2026");
    shown.shows("2026-09-01T08:30:00");
    shown.shows("id=\"run-");

    assert!(sam.post(&format!("{page}/editors"), &[("email", "mia@mitx.test")]).await.redirect().starts_with(&page));
    sam.get(&page).await.shows("Mia Torres");
    portal.mia().await.get(&page.replace("/admin", "")).await.shows("First");
}

#[tokio::test]
async fn what_is_refused_comes_back_in_its_form_with_the_reason() {
    let portal = Portal::start().await;
    let mut sam = portal.sam().await;
    let refused = sam.post("/admin/courses", &[("key", "MITx+9"), ("title", " "), ("organizations", "MITx")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.shows("The title is blank.");
    assert_eq!(refused.field("key"), "MITx+9", "what was typed is still there");
    let page = format!("/admin/courses/{}", Portal::circuits());
    let fields = [("key", "MITx+6.002x"), ("title", "Circuits"), ("organizations", "NoneX")];
    let refused = sam.post(&page, &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.shows("There is no organization “NoneX”");
    let taken = [("key", "HarvardX+CS50x"), ("title", "Circuits"), ("organizations", "MITx")];
    let refused = sam.post(&page, &taken).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.shows("Another course has the key");
    let run =
        [("form", "new-run"), ("key", "course-v1:a+b+c"), ("title", "x"), ("start", "soon"), ("status", "reviewed")];
    let refused = sam.post(&format!("{page}/runs"), &run).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.shows("That is no day and time between 1700 and 4000.");
    let refused = sam.post(&format!("{page}/editors"), &[("email", "nobody@example.org")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.shows("Nobody with this address");
    let missing = "/admin/courses/5b6e2d1c-0000-4000-8000-000000000000";
    assert_eq!(sam.get(missing).await.status, StatusCode::NOT_FOUND);
    assert_eq!(sam.post(missing, &taken).await.status, StatusCode::NOT_FOUND, "a form of a page makes no course");
}

#[tokio::test]
async fn members_see_their_courses_from_the_next_request_on() {
    let portal = Portal::start().await;
    let mut sam = portal.sam().await;
    let list = sam.get("/admin/organizations").await;
    let harvardx = list.text().split("href=\"").find(|part| part.contains(">HarvardX<")).unwrap();
    let page = harvardx.split('"').next().unwrap().to_owned();
    let mut mia = portal.mia().await;
    let cs50 = format!("/courses/{}", Portal::cs50());
    assert_eq!(mia.get(&cs50).await.status, StatusCode::NOT_FOUND);
    sam.post(&format!("{page}/members"), &[("email", "mia@mitx.test")]).await.redirect();
    assert_eq!(mia.get(&cs50).await.status, StatusCode::OK);
    let mia_id = portal.people.mia.to_string();
    sam.post(&format!("{page}/members"), &[("remove", &mia_id)]).await.redirect();
    assert_eq!(mia.get(&cs50).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_is_checked_then_imported_and_bad_lines_are_told() {
    let portal = Portal::start().await;
    let mut sam = portal.sam().await;
    let file = "institution,course_number,launch_date,title\nNewX,1,01/02/2026,One\nNewX,2,never,<script>\n";
    let checked = upload(&mut sam, file, "dry-run").await;
    assert_eq!(checked.status, StatusCode::OK);
    checked.shows("What an import would do");
    checked.shows("The launch_date “never” is no date.");
    sam.get("/admin/courses?q=NewX").await.shows("0 courses");
    let imported = upload(&mut sam, file, "write").await;
    imported.shows("What the import did");
    imported.shows("1 line has a problem; everything else was imported.");
    let none = upload(&mut sam, "{\"course\":{}}\n", "write").await;
    none.shows("1 line has a problem; nothing was imported.");
    let members = upload(&mut sam, "organization,email\nHarvardX,mia@mitx.test\n", "write").await;
    members.shows("Members");
    sam.get("/admin/courses?q=NewX").await.shows("NewX+1");
    let refused = upload(&mut sam, "", "write").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let refused = upload(&mut sam, "no,such,columns\n", "write").await;
    refused.shows("The file has no column");
    // Larger than any other form may be, and than this one may.
    let line = "{\"organization\":{\"key\":\"BigX\",\"name\":\"Big\"}}\n";
    let large = line.repeat(700 * 1024 / line.len());
    assert_eq!(upload(&mut sam, &large, "write").await.status, StatusCode::OK);
    let too_large = line.repeat(9 * 1024 * 1024 / line.len());
    assert_eq!(upload(&mut sam, &too_large, "write").await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn without_an_org_the_catalogue_is_kept_and_nothing_of_salesforce_shows() {
    let portal = Portal::with(PortalOptions { org: None, ..PortalOptions::default() }).await;
    let mut sam = portal.sam().await;
    let page = format!("/admin/courses/{}", Portal::circuits());
    for address in [page.as_str(), "/admin/courses", "/admin/organizations", "/admin/import"] {
        let answer = sam.get(address).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.hides("Salesforce");
    }
    let fields = [("key", "MITx+6.002x"), ("title", "Circuits anew"), ("organizations", "MITx")];
    sam.post(&page, &fields).await.redirect();
    for mut reader in [portal.mia().await, portal.sam().await] {
        let course = reader.get(&Portal::course_page()).await;
        course.shows("Circuits anew");
        course.hides("Salesforce");
        course.hides("<textarea");
    }
    let mut ada = portal.ada().await;
    for action in ["check", "use-this-org", "send-catalogue"] {
        let answer = ada.post(&format!("/admin/salesforce/{action}"), &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{action}");
    }
    assert_eq!(ada.get("/admin/deliveries").await.status, StatusCode::NOT_FOUND);
}

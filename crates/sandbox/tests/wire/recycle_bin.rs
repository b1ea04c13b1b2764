//! Deleting, bringing back, and deleting for good.

use reqwest::StatusCode;
use sandbox::SandboxOptions;
use serde_json::{Value, json};

use crate::client::Org;

/// A SOAP call with ids; answers status and body.
pub(crate) async fn soap(org: &Org, call: &str, ids: &[&str]) -> (StatusCode, String) {
    let ids: String = ids.iter().map(|id| format!("<ids>{id}</ids>")).collect();
    let body = format!(
        r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com">
        <soapenv:Header><SessionHeader><sessionId>{}</sessionId></SessionHeader></soapenv:Header>
        <soapenv:Body><{call}>{ids}</{call}></soapenv:Body></soapenv:Envelope>"#,
        org.sandbox.token()
    );
    let url = format!("{}/services/Soap/u/59.0", org.sandbox.url());
    let response = org.http.post(url).header("content-type", "text/xml").body(body).send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

#[tokio::test]
async fn what_was_deleted_together_comes_back_together() {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    let comment = |body: &str| json!({ "ParentId": case, "CommentBody": body });
    let kept = org.sandbox.create("CaseComment", comment("kept")).await.unwrap();
    let earlier = org.sandbox.create("CaseComment", comment("deleted earlier")).await.unwrap();
    org.sandbox.delete("CaseComment", &earlier).await.unwrap();
    org.sandbox.advance_clock(std::time::Duration::from_secs(60));
    org.sandbox.delete("Case", &case).await.unwrap();

    let (status, body) = soap(&org, "undelete", &[&kept]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("<success>false</success>"), "its case is in the bin: {body}");
    let (status, body) = soap(&org, "undelete", &[&case[..15], &case]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("<success>true</success>"), "{body}");
    assert!(body.contains("<statusCode>UNDELETE_FAILED</statusCode>"), "the second time it isn't there: {body}");
    assert_eq!(org.sandbox.count("Case"), 1);
    let comments = org.sandbox.records("CaseComment");
    assert_eq!(comments.iter().map(|comment| &comment["CommentBody"]).collect::<Vec<_>>(), ["kept"]);
}

#[tokio::test]
async fn an_emptied_bin_gives_nothing_back() {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    org.sandbox.create("CaseComment", json!({ "ParentId": case, "CommentBody": "y" })).await.unwrap();
    let (_, body) = soap(&org, "emptyRecycleBin", &[&case]).await;
    assert!(body.contains("<success>false</success>"), "a live record isn't in the bin: {body}");
    org.sandbox.delete("Case", &case).await.unwrap();
    let (_, body) = soap(&org, "emptyRecycleBin", &[&case]).await;
    assert!(body.contains("<success>true</success>"), "{body}");
    for object in ["Case", "CaseComment"] {
        let everything = org.get(&format!("/queryAll?q=SELECT+Id+FROM+{object}")).await.1;
        assert_eq!(everything["totalSize"], 0, "{object}");
    }
    assert!(soap(&org, "undelete", &[&case]).await.1.contains("<success>false</success>"));
}

#[tokio::test]
async fn calls_without_a_session_and_unknown_calls_are_refused() {
    let org = Org::start().await;
    let (status, body) = soap(&org, "convertLead", &[]).await;
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
    assert!(body.contains("convertLead"), "{body}");
    org.sandbox.expire_sessions();
    let url = format!("{}/services/Soap/u/59.0", org.sandbox.url());
    let bare = "<Envelope><Body><getUserInfo/></Body></Envelope>";
    let response = org.http.post(&url).body(bare).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(response.text().await.unwrap().contains("<faultcode>sf:INVALID_SESSION_ID</faultcode>"));
    let response = org.http.post(&url).body("{}").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn the_bin_empties_itself_after_fifteen_days_of_the_orgs_clock() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.db");
    let options = SandboxOptions { data: Some(file.clone()), ..SandboxOptions::default() };
    let org = Org::start_with(options).await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    org.sandbox.create("CaseComment", json!({ "ParentId": case, "CommentBody": "y" })).await.unwrap();
    org.sandbox.create("Attachment", json!({ "ParentId": case, "Name": "n", "Body": "YQ==" })).await.unwrap();
    let late = org.sandbox.create("Case", json!({ "Subject": "later" })).await.unwrap();
    org.sandbox.delete("Case", &case).await.unwrap();
    let day = std::time::Duration::from_hours(24);
    org.sandbox.advance_clock(day * 14);
    org.sandbox.delete("Case", &late).await.unwrap();
    // Sessions last hours, not weeks.
    let all = async |object: &str| {
        let url = format!("{}/services/data/v67.0/queryAll?q=SELECT+Id+FROM+{object}", org.sandbox.url());
        crate::client::answer(org.http.get(url).bearer_auth(org.sandbox.token())).await.1["totalSize"].clone()
    };
    assert_eq!((all("Case").await, all("CaseComment").await), (json!(2), json!(1)));
    org.sandbox.advance_clock(day);
    org.sandbox.advance_clock(std::time::Duration::from_secs(1));
    assert_eq!((all("Case").await, all("CaseComment").await, all("Attachment").await), (json!(1), json!(0), json!(0)));
    let (_, body) = soap(&org, "undelete", &[&case, "500SB0000009999"]).await;
    assert!(body.contains("<statusCode>UNDELETE_FAILED</statusCode>"), "{body}");
    assert!(
        body.contains("entity is not in the recycle bin") && body.contains("INVALID_CROSS_REFERENCE_KEY"),
        "{body}"
    );
    assert!(soap(&org, "undelete", &[&late]).await.1.contains("<success>true</success>"));
    drop(org);
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    let count = |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool);
    assert_eq!(count("SELECT count(*) FROM record WHERE body LIKE '%\"IsDeleted\":true%'").await.unwrap(), 0);
    assert_eq!(count("SELECT count(*) FROM blob").await.unwrap(), 0);
    pool.close().await;
}

/// Bytes are kept once, by what they are: a write removed what the bin had let go of, and with it its own.
#[tokio::test]
async fn bytes_that_come_in_again_after_the_bin_let_go_of_them_stay() {
    let folder = tempfile::tempdir().unwrap();
    let options = SandboxOptions { data: Some(folder.path().join("sandbox.db")), ..SandboxOptions::default() };
    let org = Org::start_with(options).await;
    let account = org.sandbox.create("Account", json!({ "Name": "x" })).await.unwrap();
    let attach = async || {
        org.sandbox.create("Attachment", json!({ "ParentId": account, "Name": "n", "Body": "YQ==" })).await.unwrap()
    };
    let first = attach().await;
    org.sandbox.delete("Attachment", &first).await.unwrap();
    org.sandbox.advance_clock(std::time::Duration::from_hours(16 * 24));
    let again = attach().await;
    let url = format!("{}/services/data/v67.0/sobjects/Attachment/{again}/Body", org.sandbox.url());
    let body = org.http.get(url).bearer_auth(org.sandbox.token()).send().await.unwrap();
    assert_eq!(body.bytes().await.unwrap().as_ref(), b"a");
}

#[tokio::test]
async fn lookups_refer_again_to_what_comes_back_unless_they_have_another_value() {
    let folder = tempfile::tempdir().unwrap();
    let options = SandboxOptions { data: Some(folder.path().join("sandbox.db")), ..SandboxOptions::default() };
    let org = Org::start_with(options.clone()).await;
    let course = async |key: &str| org.sandbox.create("Course__c", json!({ "Portal_Key__c": key })).await.unwrap();
    let (gone, other) = (course("gone").await, course("other").await);
    let case = json!({ "Subject": "x", "Course__c": gone });
    let first = org.sandbox.create("Case", case.clone()).await.unwrap();
    let moved = org.sandbox.create("Case", case.clone()).await.unwrap();
    let deleted = org.sandbox.create("Case", case).await.unwrap();
    org.sandbox.delete("Course__c", &gone).await.unwrap();
    assert!(org.sandbox.records("Case").iter().all(|case| case["Course__c"].is_null()));
    org.sandbox.update("Case", &moved, json!({ "Course__c": other })).await.unwrap();
    org.sandbox.delete("Case", &deleted).await.unwrap();
    let url = "/queryAll?q=SELECT+FIELDS(ALL)+FROM+Course__c+LIMIT+200";
    assert!(!org.get(url).await.1.to_string().contains("emptied"), "nobody sees what is kept for this");
    drop(org);

    let org = Org::start_with(options).await;
    assert!(soap(&org, "undelete", &[&gone]).await.1.contains("<success>true</success>"));
    let course = |id: &str| {
        let cases = org.sandbox.records("Case");
        cases.iter().find(|case| case["Id"] == id).unwrap()["Course__c"].clone()
    };
    assert_eq!((course(&first), course(&moved)), (json!(gone), json!(other)));
    assert!(soap(&org, "undelete", &[&deleted]).await.1.contains("<success>true</success>"));
    assert_eq!(course(&deleted), Value::Null);
}

//! Deleting, bringing back, and deleting for good.

use reqwest::StatusCode;
use serde_json::json;

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

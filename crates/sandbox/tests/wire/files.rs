//! Files: in as base64 or as parts, out whole or in ranges, and what is made along with them.

use reqwest::{Method, RequestBuilder, StatusCode};
use sandbox::SandboxOptions;
use serde_json::{Value, json};

use crate::client::{self, Org};

const ENTITY: &str =
    "Content-Disposition: form-data; name=\"entity_content\"\r\nContent-Type: application/json\r\n\r\n";
const BINARY: &str =
    "Content-Disposition: form-data; name=\"VersionData\"; filename=\"notes.txt\"\r\nContent-Type: text/plain\r\n\r\n";

fn multipart(org: &Org, parts: &[String]) -> RequestBuilder {
    let body: String = parts.iter().map(|part| format!("--cut\r\n{part}\r\n")).collect();
    org.request(Method::POST, "/sobjects/ContentVersion")
        .header("content-type", "multipart/form-data; boundary=cut")
        .body(format!("{body}--cut--\r\n"))
}

async fn bytes(org: &Org, id: &str, range: Option<&str>) -> (StatusCode, Vec<u8>) {
    let mut request = org.request(Method::GET, &format!("/sobjects/ContentVersion/{id}/VersionData"));
    if let Some(range) = range {
        request = request.header("range", range);
    }
    let response = request.send().await.unwrap();
    (response.status(), response.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn a_file_brings_its_document_and_a_link_to_where_it_was_published() {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    let file = json!({ "PathOnClient": "a/Report.PDF", "VersionData": "aGVsbG8=", "FirstPublishLocationId": case });
    let (status, made) = org.send(Method::POST, "/sobjects/ContentVersion", file).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let id = made["id"].as_str().unwrap();
    let version = org.get(&format!("/sobjects/ContentVersion/{id}")).await.1;
    let expected = json!({
        "Title": "Report", "FileExtension": "pdf", "FileType": "PDF", "ContentSize": 5, "VersionNumber": "1", "IsLatest": true,
        "Checksum": "5d41402abc4b2a76b9719d911017c592",
        "VersionData": format!("/services/data/v67.0/sobjects/ContentVersion/{id}/VersionData"),
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&version[field], value, "{field}");
    }
    let document = version["ContentDocumentId"].as_str().unwrap();
    let soql = format!(
        "SELECT LinkedEntityId, ShareType, Visibility FROM ContentDocumentLink WHERE ContentDocumentId = '{document}'"
    );
    let links = org.query(&soql).await;
    let linked: Vec<&Value> = links["records"].as_array().unwrap().iter().map(|link| &link["LinkedEntityId"]).collect();
    assert!(linked.contains(&&json!(case)) && linked.contains(&&json!(sandbox::ADMIN_ID)), "{links}");
    assert_eq!(bytes(&org, id, None).await, (StatusCode::OK, b"hello".to_vec()));
    assert_eq!(bytes(&org, id, Some("bytes=1-2")).await, (StatusCode::PARTIAL_CONTENT, b"el".to_vec()));
    assert_eq!(bytes(&org, id, Some("bytes=9-")).await.0, StatusCode::RANGE_NOT_SATISFIABLE);

    let again = json!({ "ContentDocumentId": document, "LinkedEntityId": case, "ShareType": "V" });
    let (status, body) = org.send(Method::POST, "/sobjects/ContentDocumentLink", again).await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("DUPLICATE_VALUE")));

    let next = json!({ "ContentDocumentId": document, "PathOnClient": "b.txt", "VersionData": "Ynll" });
    let (_, next) = org.send(Method::POST, "/sobjects/ContentVersion", next).await;
    let soql = "SELECT Id, VersionNumber, IsLatest FROM ContentVersion ORDER BY VersionNumber";
    let versions = org.query(soql).await;
    let shown: Vec<_> =
        versions["records"].as_array().unwrap().iter().map(|row| (&row["VersionNumber"], &row["IsLatest"])).collect();
    assert_eq!(shown, [(&json!("1"), &json!(false)), (&json!("2"), &json!(true))]);
    let held = org.get(&format!("/sobjects/ContentDocument/{document}")).await.1;
    assert_eq!((&held["LatestPublishedVersionId"], &held["ContentSize"]), (&next["id"], &json!(3)));
    assert_eq!(
        org.request(Method::DELETE, &format!("/sobjects/ContentVersion/{id}")).send().await.unwrap().status(),
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        org.request(Method::DELETE, &format!("/sobjects/ContentDocument/{document}")).send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!((org.sandbox.count("ContentVersion"), org.sandbox.count("ContentDocumentLink")), (0, 0));
    assert_eq!(bytes(&org, id, None).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn parts_may_come_in_either_order() {
    let org = Org::start().await;
    let entity = format!("{ENTITY}{}", json!({ "Title": "Notes", "PathOnClient": "notes.txt" }));
    // What jsforce sends: the bytes first, then the fields in a part named by the object.
    let named = entity.replace("entity_content", "ContentVersion");
    for parts in [[entity, format!("{BINARY}one\r\n--two")], [format!("{BINARY}one\r\n--two"), named]] {
        let (status, made) = client::answer(multipart(&org, &parts)).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        assert_eq!(bytes(&org, made["id"].as_str().unwrap(), None).await.1, b"one\r\n--two");
    }
    for broken in [vec![], vec!["no headers".to_owned()], vec![format!("{BINARY}x")], vec![format!("{ENTITY}{{")]] {
        let (status, body) = client::answer(multipart(&org, &broken)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
    let bad = json!({ "PathOnClient": "x", "VersionData": "not base64!" });
    assert_eq!(org.send(Method::POST, "/sobjects/ContentVersion", bad).await.1[0]["errorCode"], "JSON_PARSER_ERROR");
    let missing = json!({ "PathOnClient": "x" });
    assert_eq!(
        org.send(Method::POST, "/sobjects/ContentVersion", missing).await.1[0]["errorCode"],
        "REQUIRED_FIELD_MISSING"
    );
    assert_eq!(org.sandbox.count("ContentVersion"), 2);
}

#[tokio::test]
async fn bytes_outlive_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let options = SandboxOptions { data: Some(folder.path().join("sandbox.db")), ..SandboxOptions::default() };
    let org = Org::start_with(options.clone()).await;
    let (_, made) = org
        .send(Method::POST, "/sobjects/ContentVersion", json!({ "PathOnClient": "a", "VersionData": "aGVsbG8" }))
        .await;
    // No farewell, as after a kill.
    drop(org);
    let org = Org::start_with(options).await;
    assert_eq!(bytes(&org, made["id"].as_str().unwrap(), None).await, (StatusCode::OK, b"hello".to_vec()));
}

#[tokio::test]
async fn an_attachment_is_as_long_as_its_bytes() {
    let org = Org::start().await;
    let (_, account) = org.send(Method::POST, "/sobjects/Account", json!({ "Name": "Northwind" })).await;
    let fields = json!({ "ParentId": account["id"], "Name": "greeting.txt", "Body": "aGVsbG8=" });
    let (status, made) = org.send(Method::POST, "/sobjects/Attachment", fields).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let path = format!("/sobjects/Attachment/{}", made["id"].as_str().unwrap());
    assert_eq!(org.get(&path).await.1["BodyLength"], 5);
    let body = org.request(Method::GET, &format!("{path}/Body")).send().await.unwrap();
    assert_eq!(body.bytes().await.unwrap().as_ref(), b"hello");
}

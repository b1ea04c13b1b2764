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

#[tokio::test]
async fn links_of_files_are_asked_for_by_what_they_link() {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    let file = json!({ "PathOnClient": "a", "VersionData": "YQ==", "FirstPublishLocationId": case });
    org.sandbox.create("ContentVersion", file).await.unwrap();
    let by_case = org.query(&format!("SELECT ContentDocumentId, ShareType FROM ContentDocumentLink WHERE LinkedEntityId = '{case}' AND ShareType != 'C'")).await;
    assert_eq!((&by_case["totalSize"], &by_case["records"][0]["ShareType"]), (&json!(1), &json!("V")));
    let among = org.query("SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId IN (SELECT Id FROM Case)").await;
    assert_eq!(among["totalSize"], 1);
    let from_case = org.query("SELECT (SELECT Id FROM ContentDocumentLinks) FROM Case").await;
    assert_eq!(from_case["records"][0]["ContentDocumentLinks"]["totalSize"], 1);
    let document = &by_case["records"][0]["ContentDocumentId"];
    for (condition, words) in [
        (String::new(), "requires a filter by a single Id"),
        (" WHERE ShareType = 'V'".to_owned(), "requires a filter by a single Id"),
        (format!(" WHERE LinkedEntityId = '{case}' OR ShareType = 'V'"), "requires a filter by a single Id"),
        (format!(" WHERE LinkedEntityId != '{case}'"), "requires a filter by a single Id"),
        (
            format!(" WHERE ContentDocumentId = {} AND ShareType = 'V'", document.to_string().replace('"', "'")),
            "filtering on non-id fields",
        ),
    ] {
        let soql = format!("SELECT Id FROM ContentDocumentLink{condition}");
        let (status, body) = client::answer(org.request(Method::GET, "/query").query(&[("q", &soql)])).await;
        assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("MALFORMED_QUERY")), "{soql}");
        assert!(body[0]["message"].as_str().unwrap().contains(words), "{soql}: {body}");
    }
}

#[tokio::test]
async fn a_link_keeps_what_it_links_and_the_owners_stays() {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    let course = org.sandbox.create("Course__c", json!({ "Portal_Key__c": "c1" })).await.unwrap();
    let file = json!({ "PathOnClient": "a", "VersionData": "YQ==", "FirstPublishLocationId": case });
    let version = org.sandbox.create("ContentVersion", file).await.unwrap();
    let version = org.get(&format!("/sobjects/ContentVersion/{version}")).await.1;
    assert_eq!((&version["ContentLocation"], &version["PublishStatus"]), (&json!("S"), &json!("P")));
    let document = &version["ContentDocumentId"];
    let links = org.sandbox.records("ContentDocumentLink");
    let of = |entity: &str| links.iter().find(|link| link["LinkedEntityId"] == entity).unwrap();
    let path = |link: &Value| format!("/sobjects/ContentDocumentLink/{}", link["Id"].as_str().unwrap());
    let (mine, on_case) = (of(sandbox::ADMIN_ID), of(&case));
    assert_eq!((&mine["ShareType"], &on_case["ShareType"]), (&json!("I"), &json!("V")));

    for (link, change, expected) in [
        (on_case, json!({ "Visibility": "InternalUsers", "ShareType": "I" }), None),
        (on_case, json!({ "Visibility": "Everybody" }), Some("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")),
        (on_case, json!({ "Visibility": "SharedUsers" }), Some("FIELD_INTEGRITY_EXCEPTION")),
        (on_case, json!({ "LinkedEntityId": course }), Some("INVALID_FIELD_FOR_INSERT_UPDATE")),
        (mine, json!({ "Visibility": "InternalUsers" }), Some("FIELD_INTEGRITY_EXCEPTION")),
        (mine, json!({ "ShareType": "V" }), Some("FIELD_INTEGRITY_EXCEPTION")),
    ] {
        let (_, body) = org.send(Method::PATCH, &path(link), change.clone()).await;
        assert_eq!(body[0]["errorCode"].as_str(), expected, "{change}: {body}");
    }
    let internal = org.get(&path(on_case)).await.1;
    assert_eq!((&internal["Visibility"], &internal["CreatedDate"]), (&json!("InternalUsers"), &Value::Null));

    let link = |entity: &str| json!({ "ContentDocumentId": document, "LinkedEntityId": entity });
    for (body, expected) in [
        (json!({ "ContentDocumentId": document }), "REQUIRED_FIELD_MISSING"),
        (json!({ "LinkedEntityId": course }), "REQUIRED_FIELD_MISSING"),
        (link(document.as_str().unwrap()), "FIELD_INTEGRITY_EXCEPTION"),
        (link("500SB0000000999"), "INVALID_CROSS_REFERENCE_KEY"),
    ] {
        let (status, answer) = org.send(Method::POST, "/sobjects/ContentDocumentLink", body.clone()).await;
        assert_eq!((status, &answer[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!(expected)), "{body}");
    }
    let made = org.sandbox.create("ContentDocumentLink", link(&course)).await.unwrap();
    let made = org.get(&format!("/sobjects/ContentDocumentLink/{made}")).await.1;
    assert_eq!((&made["ShareType"], &made["Visibility"]), (&json!("V"), &json!("AllUsers")));

    let (status, body) = org.send(Method::DELETE, &path(mine), Value::Null).await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("FIELD_INTEGRITY_EXCEPTION")));
    org.sandbox
        .update("ContentDocument", document.as_str().unwrap(), json!({ "OwnerId": sandbox::RILEY_ID }))
        .await
        .unwrap();
    assert_eq!(org.send(Method::DELETE, &path(mine), Value::Null).await.0, StatusCode::NO_CONTENT);
    let left: Vec<Value> =
        org.sandbox.records("ContentDocumentLink").iter().map(|link| link["LinkedEntityId"].clone()).collect();
    assert!(left.contains(&json!(sandbox::RILEY_ID)) && left.len() == 3, "{left:?}");
    org.sandbox.delete("Case", &case).await.unwrap();
    assert_eq!((org.sandbox.count("ContentDocumentLink"), org.sandbox.count("ContentDocument")), (2, 1));
}

/// How many different bytes the data file holds, which is nobody else's while the org has it; and the org, started again.
async fn kept(org: Org, options: SandboxOptions) -> (i64, Org) {
    org.sandbox.stop().await;
    let file = options.data.clone().unwrap();
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    let count = sqlx::query_scalar("SELECT count(*) FROM blob").fetch_one(&pool).await.unwrap();
    pool.close().await;
    (count, Org::start_with(options).await)
}

#[tokio::test]
async fn bytes_go_with_the_last_record_that_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.db");
    let options = || SandboxOptions { data: Some(file.clone()), ..SandboxOptions::default() };
    let mut org = Org::start_with(options()).await;
    let account = org.sandbox.create("Account", json!({ "Name": "x" })).await.unwrap();
    let note =
        |body: &str| json!({ "attributes": { "type": "Attachment" }, "ParentId": account, "Name": "n", "Body": body });
    let first =
        org.sandbox.create("Attachment", json!({ "ParentId": account, "Name": "n", "Body": "YQ==" })).await.unwrap();
    let same =
        org.sandbox.create("Attachment", json!({ "ParentId": account, "Name": "m", "Body": "YQ==" })).await.unwrap();
    // One of two is refused, and its bytes with it.
    let two = json!({ "records": [note("Yg=="), { "attributes": { "type": "Attachment" }, "ParentId": "500SB0000000999", "Name": "n", "Body": "Yw==" }] });
    org.send(Method::POST, "/composite/sobjects", two).await;
    let none = json!({ "allOrNone": true, "records": [note("ZA=="), { "attributes": { "type": "Attachment" }, "Name": "n", "Body": "ZQ==" }] });
    org.send(Method::POST, "/composite/sobjects", none).await;
    let mut count;
    (count, org) = kept(org, options()).await;
    assert_eq!(count, 2, "a and b");

    for deleted in [&first, &same] {
        org.sandbox.delete("Attachment", deleted).await.unwrap();
    }
    (count, org) = kept(org, options()).await;
    assert_eq!(count, 2, "the bin gives them back");
    crate::recycle_bin::soap(&org, "emptyRecycleBin", &[&first]).await;
    (count, org) = kept(org, options()).await;
    assert_eq!(count, 2, "another has the same");
    crate::recycle_bin::soap(&org, "emptyRecycleBin", &[&same]).await;
    (count, org) = kept(org, options()).await;
    assert_eq!(count, 1);
    drop(org);

    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    sqlx::query("INSERT INTO blob (key, bytes) VALUES ('left', x'00')").execute(&pool).await.unwrap();
    pool.close().await;
    let (count, org) = kept(Org::start_with(options()).await, options()).await;
    assert_eq!(count, 1, "what a killed process left is swept");
    let body = org.sandbox.records("Attachment")[0]["Id"].as_str().unwrap().to_owned();
    let body = org.request(Method::GET, &format!("/sobjects/Attachment/{body}/Body")).send().await.unwrap();
    assert_eq!(body.bytes().await.unwrap().as_ref(), b"b");
}

#[tokio::test]
async fn a_document_and_its_latest_version_have_one_title() {
    let org = Org::start().await;
    let version = json!({ "Title": "First", "PathOnClient": "a.txt", "VersionData": "YQ==" });
    let first = org.sandbox.create("ContentVersion", version).await.unwrap();
    let document = org.sandbox.records("ContentDocument")[0]["Id"].as_str().unwrap().to_owned();
    let titles = || {
        let of = |object: &str| {
            org.sandbox
                .records(object)
                .iter()
                .map(|record| record["Title"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        (of("ContentDocument").concat(), of("ContentVersion"))
    };
    org.sandbox.update("ContentDocument", &document, json!({ "Title": "By document" })).await.unwrap();
    assert_eq!(titles(), ("By document".to_owned(), vec!["By document".to_owned()]));
    org.sandbox.update("ContentVersion", &first, json!({ "Title": "By version" })).await.unwrap();
    assert_eq!(titles(), ("By version".to_owned(), vec!["By version".to_owned()]));
    let second =
        json!({ "Title": "Second", "PathOnClient": "a.txt", "VersionData": "Yg==", "ContentDocumentId": document });
    org.sandbox.create("ContentVersion", second).await.unwrap();
    org.sandbox.update("ContentDocument", &document, json!({ "Title": "Later" })).await.unwrap();
    org.sandbox.update("ContentVersion", &first, json!({ "Title": "Old" })).await.unwrap();
    assert_eq!(titles(), ("Later".to_owned(), vec!["Old".to_owned(), "Later".to_owned()]));
}

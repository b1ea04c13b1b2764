//! External ids of a schema of our own: one that may repeat, one that is unique without regard to case.

use std::path::Path;

use reqwest::{Method, StatusCode};
use sandbox::SandboxOptions;
use serde_json::{Value, json};

use crate::client::Org;

fn deploy(folder: &Path) {
    let object = folder.join("objects/Thing__c");
    std::fs::create_dir_all(object.join("fields")).unwrap();
    let space = "http://soap.sforce.com/2006/04/metadata";
    let thing = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><CustomObject xmlns="{space}"><deploymentStatus>Deployed</deploymentStatus>
        <label>Thing</label><pluralLabel>Things</pluralLabel><nameField><label>Name</label><type>Text</type></nameField>
        <sharingModel>ReadWrite</sharingModel></CustomObject>"#
    );
    std::fs::write(object.join("Thing__c.object-meta.xml"), thing).unwrap();
    for (name, unique) in [("Loose__c", false), ("Strict__c", true)] {
        let field = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?><CustomField xmlns="{space}"><fullName>{name}</fullName><label>{name}</label>
            <type>Text</type><length>40</length><externalId>true</externalId><unique>{unique}</unique>
            <caseSensitive>false</caseSensitive></CustomField>"#
        );
        std::fs::write(object.join(format!("fields/{name}.field-meta.xml")), field).unwrap();
    }
}

#[tokio::test]
async fn a_key_that_several_records_have_is_answered_with_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    deploy(folder.path());
    let org = Org::start_with(SandboxOptions { schema_dir: folder.path().to_owned(), ..Default::default() }).await;
    let mut urls = Vec::new();
    for _ in 0..2 {
        let id = org.sandbox.create("Thing__c", json!({ "Loose__c": "Twice" })).await.unwrap();
        urls.push(format!("/services/data/v67.0/sobjects/Thing__c/{id}"));
    }
    // Found in any case.
    let path = "/sobjects/Thing__c/Loose__c/twice";
    for (status, body) in [org.get(path).await, org.send(Method::PATCH, path, json!({})).await] {
        assert_eq!((status, body), (StatusCode::MULTIPLE_CHOICES, json!(urls)));
    }
    let record = json!({ "attributes": { "type": "Thing__c" }, "Loose__c": "TWICE" });
    let (_, body) =
        org.send(Method::PATCH, "/composite/sobjects/Thing__c/Loose__c", json!({ "records": [record] })).await;
    assert_eq!(body[0]["errors"][0]["statusCode"], "DUPLICATE_EXTERNAL_ID");
}

#[tokio::test]
async fn a_key_that_is_unique_without_regard_to_case() {
    let folder = tempfile::tempdir().unwrap();
    deploy(folder.path());
    let org = Org::start_with(SandboxOptions { schema_dir: folder.path().to_owned(), ..Default::default() }).await;
    let first = org.sandbox.create("Thing__c", json!({ "Strict__c": "Key" })).await.unwrap();
    let error = org.sandbox.create("Thing__c", json!({ "Strict__c": "KEY" })).await.unwrap_err();
    assert_eq!(error.code, "DUPLICATE_VALUE");
    let (status, body) = org.send(Method::PATCH, "/sobjects/Thing__c/Strict__c/kEY", json!({ "Name": "n" })).await;
    assert_eq!((status, &body["id"]), (StatusCode::OK, &json!(first)));
    assert_eq!(org.sandbox.records("Thing__c")[0]["Strict__c"], "Key", "an upsert that finds a record leaves its key");

    // Without a name it is named by its id.
    let id = org.sandbox.create("Thing__c", json!({})).await.unwrap();
    let (_, read) = org.get(&format!("/sobjects/Thing__c/{id}")).await;
    assert_eq!((&read["Name"], &read["Strict__c"]), (&json!(id), &Value::Null));
}

/// Which of them should be the last, when a call has no order?
#[tokio::test]
async fn a_key_that_a_call_gives_twice_is_refused_in_both_rows() {
    let folder = tempfile::tempdir().unwrap();
    deploy(folder.path());
    let org = Org::start_with(SandboxOptions { schema_dir: folder.path().to_owned(), ..Default::default() }).await;
    let thing = |key: &str| json!({ "attributes": { "type": "Thing__c" }, "Strict__c": key, "Name": key });
    let records = json!({ "records": [thing("dd1"), thing("other"), thing("DD1"), thing("")] });
    let (_, results) = org.send(Method::PATCH, "/composite/sobjects/Thing__c/Strict__c", records).await;
    assert_eq!(
        results[0]["errors"],
        json!([{ "statusCode": "DUPLICATE_VALUE", "message": "Duplicate external id specified: dd1", "fields": ["Strict__c"] }])
    );
    assert_eq!(results[2]["errors"][0]["message"], "Duplicate external id specified: DD1");
    assert_eq!(
        (&results[1]["success"], &results[3]["errors"][0]["statusCode"]),
        (&json!(true), &json!("MISSING_ARGUMENT"))
    );
    assert_eq!(org.sandbox.count("Thing__c"), 1);

    let mut job = crate::bulk::job("upsert", "Thing__c");
    job["externalIdFieldName"] = json!("Strict__c");
    let done = crate::bulk::load(&org, job, "Strict__c,Name\ndd1,a\nother,b\ndd1,c\n").await;
    assert_eq!((&done["numberRecordsProcessed"], &done["numberRecordsFailed"]), (&json!(3), &json!(2)));
    let failed = crate::bulk::listed(&org, &done, "failedResults").await;
    assert_eq!(
        failed.matches("DUPLICATE_VALUE:Duplicate external id specified: dd1:Strict__c --").count(),
        2,
        "{failed}"
    );
    // Call by call it is the same record.
    for name in ["a", "b"] {
        let (status, _) = org.send(Method::PATCH, "/sobjects/Thing__c/Strict__c/dd1", json!({ "Name": name })).await;
        assert!(status.is_success());
    }
    assert_eq!(org.sandbox.count("Thing__c"), 2);
}

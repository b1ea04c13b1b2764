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

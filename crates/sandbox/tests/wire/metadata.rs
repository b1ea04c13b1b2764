//! What a project deploys besides objects and fields.

use std::{fs, path::Path};

use reqwest::{Method, StatusCode};
use sandbox::{Sandbox, SandboxOptions};
use serde_json::json;

use crate::client::Org;

fn write(folder: &Path, path: &str, body: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, body).unwrap();
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, body: &str| write(folder.path(), path, body);
    for name in ["Complaint", "Praise"] {
        put(
            &format!("objects/Case/recordTypes/{name}.recordType-meta.xml"),
            &format!(
                "<RecordType><fullName>{name}</fullName><active>true</active><label>{name} case</label></RecordType>"
            ),
        );
    }
    put(
        "objects/Setting__mdt/Setting__mdt.object-meta.xml",
        "<CustomObject><label>Setting</label><pluralLabel>Settings</pluralLabel></CustomObject>",
    );
    put(
        "objects/Setting__mdt/fields/Days__c.field-meta.xml",
        "<CustomField><fullName>Days__c</fullName><label>Days</label><type>Number</type><precision>4</precision><scale>0</scale></CustomField>",
    );
    put(
        "customMetadata/Setting.Default.md-meta.xml",
        r#"<CustomMetadata xmlns="http://soap.sforce.com/2006/04/metadata" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
           xmlns:xsd="http://www.w3.org/2001/XMLSchema"><label>The default</label><protected>false</protected>
           <values><field>Days__c</field><value xsi:type="xsd:double">30.0</value></values></CustomMetadata>"#,
    );
    put(
        "permissionsets/Portal.permissionset-meta.xml",
        "<PermissionSet><label>Portal</label><objectPermissions><allowRead>true</allowRead><object>Case</object></objectPermissions>
         <fieldPermissions><editable>true</editable><field>Case.Subject</field><readable>true</readable></fieldPermissions></PermissionSet>",
    );
    folder
}

async fn start() -> Org {
    let folder = project();
    Org::start_with(SandboxOptions { schema_dir: folder.path().to_owned(), ..SandboxOptions::default() }).await
}

#[tokio::test]
async fn record_types_are_records_and_rule_what_a_record_may_be() {
    let org = start().await;
    let types = org.query("SELECT Id, DeveloperName, Name, SobjectType FROM RecordType ORDER BY DeveloperName").await;
    let types = &types["records"];
    assert_eq!((&types[1]["DeveloperName"], &types[1]["Name"]), (&json!("Praise"), &json!("Praise case")));
    let (_, describe) = org.get("/sobjects/Case/describe").await;
    let infos = &describe["recordTypeInfos"];
    assert_eq!((&infos[0]["recordTypeId"], &infos[0]["defaultRecordTypeMapping"]), (&types[0]["Id"], &json!(true)));
    assert_eq!(infos[2]["master"], true);

    org.sandbox.create("Case", json!({ "Subject": "default" })).await.unwrap();
    org.sandbox.create("Case", json!({ "Subject": "chosen", "RecordTypeId": types[1]["Id"] })).await.unwrap();
    let cases = org.query("SELECT RecordType.DeveloperName FROM Case ORDER BY CaseNumber").await;
    let name = |index: usize| cases["records"][index]["RecordType"]["DeveloperName"].clone();
    assert_eq!((name(0), name(1)), (json!("Complaint"), json!("Praise")));
    let wrong = json!({ "Name": "x", "RecordTypeId": types[0]["Id"] });
    let (status, body) = org.send(Method::POST, "/sobjects/Account", wrong).await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("INVALID_CROSS_REFERENCE_KEY")));
}

#[tokio::test]
async fn custom_metadata_is_read_and_never_written() {
    let org = start().await;
    let found = org.query("SELECT DeveloperName, MasterLabel, Days__c FROM Setting__mdt").await;
    let record = &found["records"][0];
    assert_eq!(
        (&record["DeveloperName"], &record["MasterLabel"], &record["Days__c"]),
        (&json!("Default"), &json!("The default"), &json!(30.0))
    );
    let body = json!({ "DeveloperName": "Other", "MasterLabel": "Other", "QualifiedApiName": "Other" });
    let (status, _) = org.send(Method::POST, "/sobjects/Setting__mdt", body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    org.control("reset", json!({})).await;
    assert_eq!(org.sandbox.count("Setting__mdt"), 1, "a reset leaves what was deployed");
}

#[tokio::test]
async fn the_org_tells_of_its_own_metadata() {
    let org = start().await;
    let entity = org.query("SELECT KeyPrefix, Label FROM EntityDefinition WHERE QualifiedApiName = 'Case'").await;
    assert_eq!(entity["records"][0]["KeyPrefix"], "500");
    let closed = org.query("SELECT MasterLabel FROM CaseStatus WHERE IsClosed = true").await;
    assert_eq!((&closed["totalSize"], &closed["records"][0]["MasterLabel"]), (&json!(1), &json!("Closed")));
    let set = org.query("SELECT Id FROM PermissionSet WHERE Name = 'Portal'").await["records"][0]["Id"].clone();
    let assigned = json!({ "PermissionSetId": set, "AssigneeId": sandbox::RILEY_ID });
    org.sandbox.create("PermissionSetAssignment", assigned).await.unwrap();
}

#[tokio::test]
async fn a_permission_set_that_permits_what_isnt_there_is_not_deployed() {
    let folder = project();
    write(
        folder.path(),
        "permissionsets/Wrong.permissionset-meta.xml",
        "<PermissionSet><label>Wrong</label><fieldPermissions><field>Case.Nothing__c</field></fieldPermissions></PermissionSet>",
    );
    let options = SandboxOptions { schema_dir: folder.path().to_owned(), ..SandboxOptions::default() };
    let Err(error) = Sandbox::start(options).await else { panic!("it was deployed") };
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("Wrong.permissionset-meta.xml") && source.contains("Case.Nothing__c"), "{source}");
}

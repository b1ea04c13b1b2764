use std::{fs, path::Path};

use rstest::rstest;
use serde_json::json;

use super::{FieldKind, MetadataError, ObjectKind, OnDelete, Schema};

fn write(folder: &Path, path: &str, body: &str) {
    let path = folder.join("force-app/main/default/objects").join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, body).unwrap();
}

fn field_xml(name: &str, rest: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">
    <fullName>{name}</fullName>
    <label>{}</label>
    {rest}
</CustomField>"#,
        name.trim_end_matches("__c").replace('_', " ")
    )
}

fn course(folder: &Path) {
    write(
        folder,
        "Course__c/Course__c.object-meta.xml",
        r#"<?xml version="1.0" encoding="UTF-8"?>
<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">
    <deploymentStatus>Deployed</deploymentStatus>
    <enableFeeds>true</enableFeeds>
    <label>Course</label>
    <nameField><label>Course Name</label><type>Text</type></nameField>
    <pluralLabel>Courses</pluralLabel>
    <sharingModel>ReadWrite</sharingModel>
</CustomObject>"#,
    );
}

fn deployed() -> Schema {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    course(folder);
    write(
        folder,
        "Course__c/fields/Portal_Key__c.field-meta.xml",
        &field_xml(
            "Portal_Key__c",
            "<caseSensitive>true</caseSensitive><externalId>true</externalId><length>64</length>
             <required>false</required><type>Text</type><unique>true</unique>",
        ),
    );
    write(
        folder,
        "Course_Run__c/Course_Run__c.object-meta.xml",
        r"<CustomObject><label>Course Run</label><pluralLabel>Course Runs</pluralLabel>
          <nameField><displayFormat>RUN-{0000}</displayFormat><label>Number</label><startingNumber>7</startingNumber>
          <type>AutoNumber</type></nameField></CustomObject>",
    );
    write(
        folder,
        "Course_Run__c/fields/Course__c.field-meta.xml",
        &field_xml(
            "Course__c",
            "<referenceTo>Course__c</referenceTo><relationshipLabel>Runs</relationshipLabel>
             <relationshipName>Runs</relationshipName><relationshipOrder>0</relationshipOrder><type>MasterDetail</type>",
        ),
    );
    write(
        folder,
        "Course_Run__c/fields/Status__c.field-meta.xml",
        &field_xml(
            "Status__c",
            "<type>Picklist</type><valueSet><restricted>true</restricted><valueSetDefinition><sorted>false</sorted>
             <value><fullName>New</fullName><default>true</default><label>New one</label></value>
             <value><fullName>Live</fullName><default>false</default><label>Live</label></value>
             </valueSetDefinition></valueSet>",
        ),
    );
    write(
        folder,
        "Course_Run__c/fields/Seats__c.field-meta.xml",
        &field_xml("Seats__c", "<precision>6</precision><scale>0</scale><required>true</required><type>Number</type>"),
    );
    write(
        folder,
        "Course_Run__c/fields/Open__c.field-meta.xml",
        &field_xml("Open__c", "<defaultValue>true</defaultValue><type>Checkbox</type>"),
    );
    write(
        folder,
        "Case/fields/Course__c.field-meta.xml",
        &field_xml(
            "Course__c",
            "<deleteConstraint>SetNull</deleteConstraint><referenceTo>Course__c</referenceTo>
             <relationshipName>Cases</relationshipName><type>Lookup</type>",
        ),
    );
    write(
        folder,
        "Portal_Feed_Event__e/Portal_Feed_Event__e.object-meta.xml",
        "<CustomObject><deploymentStatus>Deployed</deploymentStatus><eventType>HighVolume</eventType>
         <label>Portal Feed Event</label><pluralLabel>Portal Feed Events</pluralLabel>
         <publishBehavior>PublishAfterCommit</publishBehavior></CustomObject>",
    );
    write(
        folder,
        "Portal_Feed_Event__e/fields/Record_Id__c.field-meta.xml",
        &field_xml("Record_Id__c", "<length>18</length><required>true</required><type>Text</type>"),
    );
    Schema::load(folder).unwrap()
}

#[rstest]
#[case("Account", "001")]
#[case("contact", "003")]
#[case("USER", "005")]
#[case("Opportunity", "006")]
#[case("Case", "500")]
#[case("CaseComment", "00a")]
#[case("FeedItem", "0D5")]
#[case("FeedComment", "0D7")]
#[case("EmailMessage", "02s")]
#[case("Event", "00U")]
#[case("Organization", "00D")]
#[case("RecordType", "012")]
#[case("Profile", "00e")]
#[case("Group", "00G")]
#[case("Product2", "01t")]
#[case("ContentVersion", "068")]
#[case("ContentDocument", "069")]
#[case("ContentDocumentLink", "06A")]
fn standard_objects_have_salesforces_prefixes(#[case] name: &str, #[case] prefix: &str) {
    let schema = Schema::standard();
    let object = schema.object(name).unwrap();
    assert_eq!(object.key_prefix, prefix);
    assert_eq!(schema.object_of_id(&format!("{prefix}000000000001AAA")).unwrap().name, object.name);
    assert!(object.field("id").is_some_and(|field| field.kind == FieldKind::Id));
    assert!(object.field("SystemModstamp").is_some());
}

#[rstest]
#[case("Case", "Feeds", "FeedItem", "ParentId")]
#[case("Case", "CaseComments", "CaseComment", "ParentId")]
#[case("Case", "EmailMessages", "EmailMessage", "ParentId")]
#[case("FeedItem", "FeedComments", "FeedComment", "FeedItemId")]
#[case("Account", "Contacts", "Contact", "AccountId")]
#[case("Account", "Cases", "Case", "AccountId")]
#[case("Contact", "Cases", "Case", "ContactId")]
#[case("Course__c", "Cases__r", "Case", "Course__c")]
#[case("Course__c", "runs__R", "Course_Run__c", "Course__c")]
#[case("Course__c", "Feeds", "FeedItem", "ParentId")]
fn references_turn_into_child_relationships(
    #[case] parent: &str,
    #[case] name: &str,
    #[case] child: &str,
    #[case] field: &str,
) {
    let schema = deployed();
    let relationship = schema.object(parent).unwrap().child(name).unwrap();
    assert_eq!((relationship.child_object.as_str(), relationship.field.as_str()), (child, field));
}

#[test]
fn every_reference_of_the_schema_names_an_object_of_the_schema() {
    // To objects that aren't emulated, and that nobody is sent to.
    const ELSEWHERE: [(&str, &str); 2] = [("Opportunity", "CampaignId"), ("RecordType", "BusinessProcessId")];
    for schema in [Schema::standard(), deployed()] {
        for object in schema.objects() {
            for field in object.fields().filter(|field| field.kind == FieldKind::Reference) {
                let leads_nowhere = ELSEWHERE.contains(&(object.name.as_str(), field.name.as_str()));
                assert_eq!(field.reference_to.is_empty(), leads_nowhere, "{}.{}", object.name, field.name);
                for target in &field.reference_to {
                    assert!(schema.object(target).is_some(), "{}.{} → {target}", object.name, field.name);
                }
            }
            let mut names: Vec<_> =
                object.children.iter().filter_map(|child| child.relationship_name.clone()).collect();
            names.sort();
            let count = names.len();
            names.dedup();
            assert_eq!(count, names.len(), "{} has a child relationship name twice", object.name);
        }
    }
}

#[test]
fn custom_objects_get_prefixes_by_name_and_the_systems_fields() {
    let schema = deployed();
    let course = schema.object("course__C").unwrap();
    assert_eq!((course.name.as_str(), course.kind, course.feed_enabled), ("Course__c", ObjectKind::Custom, true));
    let [first, second] = ["Course__c", "Course_Run__c"].map(|name| schema.object(name).unwrap().key_prefix.clone());
    assert_eq!([first.as_str(), second.as_str()], ["a00", "a01"]);
    assert_eq!(schema.object("Portal_Feed_Event__e").unwrap().key_prefix, "e00");
    let names: Vec<_> = course.fields().map(|field| field.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Id",
            "OwnerId",
            "IsDeleted",
            "Name",
            "CreatedDate",
            "CreatedById",
            "LastModifiedDate",
            "LastModifiedById",
            "SystemModstamp",
            "Portal_Key__c"
        ]
    );
    let key = course.field("portal_key__c").unwrap();
    assert!(key.external_id && key.unique && key.case_sensitive && key.custom && key.nillable);
    assert_eq!((key.length, key.label.as_str()), (Some(64), "Portal Key"));
}

#[test]
fn master_detail_cascades_and_takes_the_owner_from_the_master() {
    let schema = deployed();
    let run = schema.object("Course_Run__c").unwrap();
    assert!(run.field("OwnerId").is_none());
    let course = run.field("Course__c").unwrap();
    assert_eq!(course.on_delete, OnDelete::Cascade);
    assert_eq!(course.relationship_name.as_deref(), Some("Course__r"));
    assert!(course.required_on_create() && !course.updateable);
    assert_eq!(run.relationship("course__R").unwrap().name, "Course__c");
    let name = run.field("Name").unwrap();
    assert_eq!(name.kind, FieldKind::AutoNumber);
    assert_eq!((name.auto_number_format.as_deref(), name.auto_number_start), (Some("RUN-{0000}"), 7));
    assert!(!name.createable && name.name_field);
}

#[test]
fn field_types_keep_their_rules() {
    let schema = deployed();
    let run = schema.object("Course_Run__c").unwrap();
    let status = run.field("Status__c").unwrap();
    assert!(status.restricted);
    assert_eq!(status.default, Some(json!("New")));
    assert_eq!(status.picklist[0].label, "New one");
    let seats = run.field("Seats__c").unwrap();
    assert_eq!((seats.kind, seats.precision, seats.scale), (FieldKind::Double, 6, 0));
    assert!(seats.required_on_create());
    assert_eq!(run.field("Open__c").unwrap().default, Some(json!(true)));
    let body = schema.object("FeedItem").unwrap().field("Body").unwrap();
    assert!(!body.filterable && body.sortable && body.length == Some(10_000));
    assert!(schema.object("CaseComment").unwrap().field("CommentBody").unwrap().length_in_bytes);
    assert!(!schema.object("Portal_Feed_Event__e").unwrap().queryable);
}

/// What the portal upserts by; a project that lost one of these would make doubles.
#[rstest]
#[case("Publisher_Organization__c", "Portal_Key__c")]
#[case("Account", "Portal_Key__c")]
#[case("Course__c", "Portal_Key__c")]
#[case("Course_Run__c", "Portal_Key__c")]
#[case("Contact", "Portal_Key__c")]
#[case("Case", "Portal_Key__c")]
#[case("Portal_Post__c", "Key__c")]
fn the_projects_own_metadata_loads_with_its_external_ids(#[case] object: &str, #[case] key: &str) {
    let schema = Schema::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../salesforce")).unwrap();
    let field = schema.object(object).unwrap().field(key).unwrap();
    assert!(field.unique && field.external_id && field.id_lookup());
}

#[rstest]
#[case::unknown_type("<type>Prose</type>", "the sandbox has no field type Prose")]
#[case::no_type("", "type is missing")]
#[case::no_length("<type>Text</type>", "length is missing")]
#[case::no_target("<type>Lookup</type>", "referenceTo is missing")]
#[case::wrong_target("<referenceTo>Nope__c</referenceTo><type>Lookup</type>", "Nope__c, which is not an object")]
#[case::no_values("<type>Picklist</type>", "valueSet is missing")]
#[case::lost_values(
    "<type>Picklist</type><valueSet><valueSetName>Lost</valueSetName></valueSet>",
    "there is no globalValueSets/Lost.globalValueSet-meta.xml"
)]
fn a_field_that_cannot_be_deployed_says_which_file_and_why(#[case] rest: &str, #[case] reason: &str) {
    let folder = tempfile::tempdir().unwrap();
    course(folder.path());
    write(folder.path(), "Course__c/fields/Bad__c.field-meta.xml", &field_xml("Bad__c", rest));
    let message = Schema::load(folder.path()).unwrap_err().to_string();
    assert!(message.contains("Bad__c.field-meta.xml") && message.contains(reason), "{message}");
}

#[test]
fn broken_xml_and_a_missing_folder_and_a_missing_object_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Schema::load(&folder.path().join("nowhere")), Err(MetadataError::Read { .. })));
    write(folder.path(), "Lost__c/fields/Key__c.field-meta.xml", &field_xml("Key__c", "<type>Date</type>"));
    assert!(Schema::load(folder.path()).unwrap_err().to_string().contains("there is no object Lost__c"));
    write(folder.path(), "Lost__c/Lost__c.object-meta.xml", "<CustomObject><label>");
    assert!(matches!(Schema::load(folder.path()), Err(MetadataError::Parse { .. })));
}

#[test]
fn describe_answers_what_clients_read() {
    let schema = deployed();
    let describe = schema.object("FeedItem").unwrap().describe(&schema, "67.0");
    assert_eq!(describe["keyPrefix"], "0D5");
    assert_eq!(describe["urls"]["describe"], "/services/data/v67.0/sobjects/FeedItem/describe");
    let field =
        |name: &str| describe["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).unwrap().clone();
    assert_eq!(field("Body")["type"], "textarea");
    assert_eq!(field("Body")["filterable"], false);
    assert_eq!(field("Body")["length"], 10_000);
    assert_eq!(field("CreatedDate")["soapType"], "xsd:dateTime");
    assert_eq!(field("ParentId")["polymorphicForeignKey"], true);
    let values: Vec<_> = field("Visibility")["picklistValues"].as_array().unwrap().clone();
    assert_eq!(
        values[1],
        json!({"active": true, "defaultValue": false, "label": "InternalUsers", "validFor": null, "value": "InternalUsers"})
    );
    assert_eq!(describe["childRelationships"][0]["childSObject"], "ContentDocumentLink");
}

#[test]
fn global_describe_lists_every_object() {
    let schema = deployed();
    let global = schema.describe_global("67.0");
    assert_eq!(global["sobjects"].as_array().unwrap().len(), schema.objects().count());
    let course = global["sobjects"].as_array().unwrap().iter().find(|object| object["name"] == "Course__c").unwrap();
    assert_eq!((&course["custom"], &course["labelPlural"]), (&json!(true), &json!("Courses")));
}

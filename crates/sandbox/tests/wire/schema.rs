//! What a typical project's folder holds: every type of field, shared values, and values of standard fields.

use std::{fs, path::Path};

use reqwest::{Method, StatusCode};
use rstest::rstest;
use sandbox::SandboxOptions;
use serde_json::{Value, json};

use crate::client::Org;

fn write(folder: &Path, path: &str, body: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, body).unwrap();
}

fn field(folder: &Path, object: &str, name: &str, rest: &str) {
    let body = format!("<CustomField><fullName>{name}</fullName><label>{name}</label>{rest}</CustomField>");
    write(folder, &format!("objects/{object}/fields/{name}.field-meta.xml"), &body);
}

async fn start() -> Org {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(
        folder,
        "objects/Visit__c/Visit__c.object-meta.xml",
        "<CustomObject><label>Visit</label><pluralLabel>Visits</pluralLabel><nameField><label>Name</label><type>Text</type></nameField></CustomObject>",
    );
    write(
        folder,
        "globalValueSets/Rooms.globalValueSet-meta.xml",
        "<GlobalValueSet><customValue><fullName>North</fullName><default>true</default><label>North wing</label></customValue>
         <customValue><fullName>South</fullName><default>false</default><label>South wing</label></customValue>
         <customValue><fullName>Attic</fullName><default>false</default><isActive>false</isActive><label>Attic</label></customValue>
         <masterLabel>Rooms</masterLabel><sorted>false</sorted></GlobalValueSet>",
    );
    write(
        folder,
        "standardValueSets/CaseStatus.standardValueSet-meta.xml",
        "<StandardValueSet><sorted>false</sorted>
         <standardValue><fullName>Received</fullName><default>true</default><label>Received</label><closed>false</closed></standardValue>
         <standardValue><fullName>Answered</fullName><default>false</default><label>Answered</label><closed>true</closed></standardValue>
         <standardValue><fullName>Refused</fullName><default>false</default><label>Refused</label><closed>true</closed></standardValue>
         </StandardValueSet>",
    );
    write(
        folder,
        "standardValueSets/QuoteStatus.standardValueSet-meta.xml",
        "<StandardValueSet><standardValue><fullName>Draft</fullName><label>Draft</label></standardValue></StandardValueSet>",
    );
    let visit = |name: &str, rest: &str| field(folder, "Visit__c", name, rest);
    visit(
        "Room__c",
        "<type>Picklist</type><valueSet><restricted>true</restricted><valueSetName>Rooms</valueSetName></valueSet>",
    );
    visit(
        "Rooms__c",
        "<type>MultiselectPicklist</type><visibleLines>4</visibleLines><valueSet><valueSetName>Rooms</valueSetName></valueSet>",
    );
    visit("At__c", "<type>Time</type>");
    visit("Place__c", "<type>Location</type><scale>5</scale><displayLocationInDecimal>true</displayLocationInDecimal>");
    visit("Code__c", "<type>EncryptedText</type><length>20</length>");
    visit("Shown__c", "<type>Text</type><formula>UPPER(Name)</formula><required>false</required>");
    visit("Sum__c", "<type>Summary</type><summaryOperation>count</summaryOperation>");
    visit("Day__c", "<type>Date</type><defaultValue>TODAY()</defaultValue>");
    visit("Moment__c", "<type>DateTime</type><defaultValue> now() </defaultValue>");
    visit("Seats__c", "<type>Number</type><precision>4</precision><scale>0</scale><defaultValue>12</defaultValue>");
    visit("Note__c", "<type>Text</type><length>40</length><defaultValue>\"to do\"</defaultValue>");
    visit("Later__c", "<type>Date</type><defaultValue>TODAY() + 7</defaultValue>");
    field(
        folder,
        "User",
        "Mentor__c",
        "<type>Hierarchy</type><relationshipLabel>Mentees</relationshipLabel><relationshipName>Mentees</relationshipName>",
    );
    Org::start_with(SandboxOptions { schema_dir: folder.to_owned(), ..SandboxOptions::default() }).await
}

async fn described(org: &Org, object: &str, name: &str) -> Value {
    let (_, describe) = org.get(&format!("/sobjects/{object}/describe")).await;
    let fields = describe["fields"].as_array().unwrap();
    fields.iter().find(|field| field["name"] == name).unwrap_or(&Value::Null).clone()
}

#[tokio::test]
async fn every_type_of_field_holds_values_of_its_kind() {
    let org = start().await;
    let body = json!({
        "At__c": "10:30", "Place__Latitude__s": 52.52, "Place__Longitude__s": 13.405, "Code__c": "x", "Rooms__c": "South;North",
    });
    let (status, made) = org.send(Method::POST, "/sobjects/Visit__c", body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let visit = org.get(&format!("/sobjects/Visit__c/{}", made["id"].as_str().unwrap())).await.1;
    let today = visit["CreatedDate"].as_str().unwrap()[..10].to_owned();
    let expected = json!({
        "At__c": "10:30:00.000Z", "Place__c": { "latitude": 52.52, "longitude": 13.405 }, "Room__c": "North",
        "Day__c": today, "Moment__c": visit["CreatedDate"], "Seats__c": 12.0, "Note__c": "to do", "Rooms__c": "South;North",
        "Later__c": null, "Shown__c": null, "Sum__c": null,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&visit[name], value, "{name}");
    }
    let found = org.query("SELECT Place__c, At__c FROM Visit__c WHERE Place__Latitude__s > 50").await;
    assert_eq!(found["records"][0]["Place__c"]["longitude"], 13.405);

    org.sandbox.update("User", sandbox::RILEY_ID, json!({ "Mentor__c": sandbox::ADMIN_ID })).await.unwrap();
    let mentor = org.query("SELECT Mentor__r.Name FROM User WHERE Mentor__c != null").await;
    assert_eq!(mentor["records"][0]["Mentor__r"]["Name"], "Sandbox Admin");
}

#[rstest]
#[case::place(json!({ "Place__c": { "latitude": 1, "longitude": 2 } }), "INVALID_FIELD_FOR_INSERT_UPDATE")]
#[case::formula(json!({ "Shown__c": "x" }), "INVALID_FIELD_FOR_INSERT_UPDATE")]
#[case::summary(json!({ "Sum__c": 3 }), "INVALID_FIELD_FOR_INSERT_UPDATE")]
#[case::time(json!({ "At__c": "25:00" }), "JSON_PARSER_ERROR")]
#[case::shared_value(json!({ "Room__c": "Cellar" }), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")]
#[case::retired_value(json!({ "Room__c": "Attic" }), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")]
#[case::shared_values(json!({ "Rooms__c": "North;Cellar" }), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")]
#[case::degrees(json!({ "Place__Latitude__s": 90.5 }), "NUMBER_OUTSIDE_VALID_RANGE")]
#[case::degrees_east(json!({ "Place__Longitude__s": -180.5 }), "NUMBER_OUTSIDE_VALID_RANGE")]
#[tokio::test]
async fn what_isnt_of_a_kind_is_refused(#[case] body: Value, #[case] expected: &str) {
    let org = start().await;
    let (status, answer) = org.send(Method::POST, "/sobjects/Visit__c", body).await;
    assert_eq!((status, &answer[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!(expected)), "{answer}");
    assert_eq!(org.sandbox.count("Visit__c"), 0);
}

#[rstest]
#[case("At__c", json!({ "type": "time", "soapType": "xsd:time" }))]
#[case("Place__c", json!({ "type": "location", "soapType": "urn:location", "createable": false, "queryByDistance": true }))]
#[case("Place__Latitude__s", json!({ "type": "double", "compoundFieldName": "Place__c", "precision": 8, "scale": 5, "createable": true }))]
#[case("Shown__c", json!({ "type": "string", "calculated": true, "length": 1300, "createable": false, "updateable": false }))]
#[case("Sum__c", json!({ "type": "double", "calculated": true, "updateable": false }))]
#[case("Day__c", json!({ "defaultValueFormula": "TODAY()", "defaultedOnCreate": true }))]
#[case("Later__c", json!({ "defaultValueFormula": null, "defaultedOnCreate": false }))]
#[case("Code__c", json!({ "type": "string", "length": 20 }))]
#[tokio::test]
async fn describe_tells_each_type(#[case] name: &str, #[case] expected: Value) {
    let field = described(&start().await, "Visit__c", name).await;
    for (property, value) in expected.as_object().unwrap() {
        assert_eq!(&field[property], value, "{name}.{property}");
    }
}

#[tokio::test]
async fn a_case_is_closed_by_whatever_status_says_so() {
    let org = start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    let read = async || org.sandbox.records("Case")[0].clone();
    assert_eq!((&read().await["Status"], &read().await["IsClosed"]), (&json!("Received"), &json!(false)));
    org.sandbox.update("Case", &case, json!({ "Status": "Answered" })).await.unwrap();
    let closed = read().await;
    assert!(closed["IsClosed"] == true && closed["ClosedDate"].is_string(), "{closed}");
    org.sandbox.advance_clock(std::time::Duration::from_secs(60));
    org.sandbox.update("Case", &case, json!({ "Status": "Refused" })).await.unwrap();
    assert_eq!(read().await["ClosedDate"], closed["ClosedDate"], "closed already");
    org.sandbox.update("Case", &case, json!({ "Status": "Received" })).await.unwrap();
    assert_eq!((&read().await["IsClosed"], &read().await["ClosedDate"]), (&json!(false), &Value::Null));
    let statuses = org.query("SELECT ApiName, IsClosed, IsDefault FROM CaseStatus ORDER BY SortOrder").await;
    let shown: Vec<(&Value, &Value)> =
        statuses["records"].as_array().unwrap().iter().map(|row| (&row["ApiName"], &row["IsClosed"])).collect();
    assert_eq!(
        shown,
        [(&json!("Received"), &json!(false)), (&json!("Answered"), &json!(true)), (&json!("Refused"), &json!(true))]
    );
}

#[tokio::test]
async fn addresses_are_read_whole_and_written_in_parts() {
    let org = Org::start().await;
    let account = json!({ "Name": "Northwind", "BillingStreet": "1 Main St", "BillingPostalCode": "12345", "BillingCity": "Springfield" });
    let (_, made) = org.send(Method::POST, "/sobjects/Account", account).await;
    let path = format!("/sobjects/Account/{}", made["id"].as_str().unwrap());
    let billing = json!({
        "street": "1 Main St", "city": "Springfield", "state": null, "postalCode": "12345", "country": null, "latitude": null,
        "longitude": null, "geocodeAccuracy": null,
    });
    let read = org.get(&format!("{path}?fields=BillingAddress,ShippingAddress")).await.1;
    assert_eq!((&read["BillingAddress"], &read["ShippingAddress"]), (&billing, &Value::Null));
    org.send(Method::PATCH, &path, json!({ "BillingStreet": null, "BillingCity": null, "BillingPostalCode": null }))
        .await;
    let found = org.query("SELECT BillingAddress FROM Account").await;
    assert_eq!(found["records"][0]["BillingAddress"], Value::Null);

    let (_, refused) = org.send(Method::PATCH, &path, json!({ "BillingAddress": billing })).await;
    assert_eq!(
        (&refused[0]["errorCode"], &refused[0]["fields"]),
        (&json!("INVALID_FIELD_FOR_INSERT_UPDATE"), &json!(["BillingAddress"]))
    );
    for soql in ["SELECT Id FROM Account WHERE BillingAddress = 'x'", "SELECT Id FROM Account ORDER BY BillingAddress"]
    {
        let (status, body) = crate::client::answer(org.request(Method::GET, "/query").query(&[("q", soql)])).await;
        assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("INVALID_FIELD")), "{soql}");
    }
    for (object, whole, part) in [
        ("Account", "ShippingAddress", "ShippingCity"),
        ("Contact", "MailingAddress", "MailingState"),
        ("Contact", "OtherAddress", "OtherGeocodeAccuracy"),
        ("User", "Address", "Street"),
        ("Organization", "Address", "PostalCode"),
    ] {
        let (whole_field, part_field) = (described(&org, object, whole).await, described(&org, object, part).await);
        assert_eq!((&whole_field["type"], &whole_field["soapType"]), (&json!("address"), &json!("urn:address")));
        assert_eq!((&whole_field["updateable"], &whole_field["filterable"]), (&json!(false), &json!(true)));
        assert_eq!(part_field["compoundFieldName"], whole, "{object}.{part}");
    }
    let salutation = described(&org, "Contact", "Salutation").await;
    assert_eq!(
        (&salutation["compoundFieldName"], &salutation["extraTypeInfo"]),
        (&json!("Name"), &json!("personname"))
    );
}

#[rstest::rstest]
#[case::role("SELECT UserRoleId, UserRole.Name, Profile.UserLicense.Name FROM User")]
#[case::license("SELECT Name, LicenseDefinitionKey FROM UserLicense")]
#[case::process("SELECT BusinessProcessId FROM RecordType")]
#[case::opportunity(
    "SELECT CampaignId, LastStageChangeDate, PushCount, HasOpenActivity, HasOverdueTask FROM Opportunity"
)]
#[case::mail("SELECT ActivityId, Activity.Subject FROM EmailMessage")]
#[case::task(
    "SELECT IsRecurrence, RecurrenceType, RecurrenceInterval, RecurrenceStartDateOnly, RecurrenceRegeneratedType FROM Task"
)]
#[case::event(
    "SELECT RecurrenceActivityId, RecurrenceStartDateTime, RecurrenceTimeZoneSidKey, RecurrenceMonthOfYear FROM Event"
)]
#[case::line("SELECT Subtotal, TotalPrice FROM OpportunityLineItem")]
#[tokio::test]
async fn fields_that_tools_ask_for_are_there(#[case] soql: &str) {
    Org::start().await.query(soql).await;
}

#[tokio::test]
async fn an_opportunity_tells_when_it_moved_and_how_often_it_was_put_off() {
    let org = Org::start().await;
    let deal = json!({ "Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-05-20" });
    let id = org.sandbox.create("Opportunity", deal).await.unwrap();
    for close in ["2026-05-30", "2026-06-01", "2026-05-01", "2027-01-01"] {
        org.sandbox.update("Opportunity", &id, json!({ "CloseDate": close })).await.unwrap();
    }
    let read = async || org.get(&format!("/sobjects/Opportunity/{id}")).await.1;
    assert_eq!((&read().await["PushCount"], &read().await["LastStageChangeDate"]), (&json!(2), &Value::Null));
    org.sandbox.update("Opportunity", &id, json!({ "StageName": "Qualification" })).await.unwrap();
    let moved = read().await;
    assert!(moved["LastStageChangeDate"].is_string() && moved["LastStageChangeDate"] == moved["LastModifiedDate"]);
}

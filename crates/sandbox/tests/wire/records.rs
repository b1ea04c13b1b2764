//! Creating, reading, changing and deleting records over REST.

use crate::client::{self, Org};
use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

fn code(body: &Value) -> &str {
    body[0]["errorCode"].as_str().unwrap_or_default()
}

async fn create(org: &Org, object: &str, body: Value) -> String {
    let (status, body) = org.send(Method::POST, &format!("/sobjects/{object}"), body).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    body["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_record_is_made_read_changed_and_deleted() {
    let org = Org::start().await;
    let id = create(&org, "Contact", json!({ "FirstName": "Mia", "LastName": "Torres" })).await;
    assert!(id.len() == 18 && id.starts_with("003"));
    let path = format!("/sobjects/Contact/{id}");

    let (status, read) = org.get(&path).await;
    assert_eq!((status, &read["Name"]), (StatusCode::OK, &json!("Mia Torres")));
    assert_eq!(read["attributes"], json!({ "type": "Contact", "url": format!("/services/data/v67.0{path}") }));
    assert_eq!(read["CreatedById"], sandbox::ADMIN_ID);

    let (status, body) = org.send(Method::PATCH, &path, json!({ "LastName": "Díaz" })).await;
    assert_eq!((status, body), (StatusCode::NO_CONTENT, Value::Null));
    // The first 15 characters are the same id.
    let (_, read) = org.get(&format!("/sobjects/contact/{}?fields=Name,email", &id[..15])).await;
    assert_eq!((&read["Name"], &read["Email"], &read["Id"]), (&json!("Mia Díaz"), &Value::Null, &json!(id)));

    assert_eq!(org.send(Method::DELETE, &path, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(org.get(&path).await.0, StatusCode::NOT_FOUND);
    let (status, body) = org.send(Method::DELETE, &path, Value::Null).await;
    assert_eq!((status, code(&body)), (StatusCode::NOT_FOUND, "ENTITY_IS_DELETED"));
}

#[tokio::test]
async fn an_upsert_makes_a_record_once_and_then_changes_it() {
    let org = Org::start().await;
    let path = "/sobjects/Course_Run__c/Portal_Key__c/course-v1%3AMITx%2B6.002x%2F2012%20%C3%A4%23%3F";
    let (status, first) = org.send(Method::PATCH, path, json!({ "Course_Run_Name__c": "Fall" })).await;
    assert_eq!((status, &first["created"]), (StatusCode::CREATED, &json!(true)));
    let (status, second) = org.send(Method::PATCH, path, json!({ "Course_Run_Name__c": "Autumn" })).await;
    assert_eq!((status, &second["created"]), (StatusCode::OK, &json!(false)));
    assert_eq!(first["id"], second["id"]);
    let runs = org.sandbox.records("Course_Run__c");
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0]["Portal_Key__c"], "course-v1:MITx+6.002x/2012 ä#?");
    assert_eq!(runs[0]["Course_Run_Name__c"], "Autumn");

    let (status, body) = org.send(Method::PATCH, path, json!({ "Portal_Key__c": "x" })).await;
    assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, "INVALID_FIELD"));
    let absent = "/sobjects/Course_Run__c/Portal_Key__c/absent?updateOnly=true";
    assert_eq!(org.send(Method::PATCH, absent, json!({})).await.0, StatusCode::NOT_FOUND);
    let unkeyed = "/sobjects/Course_Run__c/Course_Run_Name__c/x";
    let (status, body) = org.send(Method::PATCH, unkeyed, json!({})).await;
    assert_eq!((status, code(&body)), (StatusCode::NOT_FOUND, "NOT_FOUND"));
}

#[tokio::test]
async fn a_parent_is_named_by_its_own_key() {
    let org = Org::start().await;
    create(&org, "Course__c", json!({ "Portal_Key__c": "c1", "Course_Name__c": "Circuits" })).await;
    let body = json!({ "Subject": "Circuits Comments", "Course__r": { "Portal_Key__c": "c1" } });
    create(&org, "Case", body).await;
    let found = org.query("SELECT Course__r.Course_Name__c FROM Case").await;
    assert_eq!(found["records"][0]["Course__r"]["Course_Name__c"], "Circuits");

    let body = json!({ "Subject": "x", "Course__r": { "Portal_Key__c": "nowhere" } });
    let (status, body) = org.send(Method::POST, "/sobjects/Case", body).await;
    assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, "INVALID_FIELD"));
    assert!(body[0]["message"].as_str().unwrap().contains("Foreign key external ID: nowhere not found"));
}

#[rstest]
#[case::required("Contact", json!({ "FirstName": "Mia" }), "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]")]
#[case::blank("Contact", json!({ "LastName": "  " }), "REQUIRED_FIELD_MISSING", "LastName")]
#[case::long("Contact", json!({ "LastName": "é".repeat(81) }), "STRING_TOO_LONG", "(max length=80)")]
#[case::unknown_field("Case", json!({ "Nope__c": 1 }), "INVALID_FIELD", "No such column 'Nope__c' on sobject of type Case")]
#[case::read_only("Case", json!({ "CaseNumber": "1" }), "INVALID_FIELD_FOR_INSERT_UPDATE", "CaseNumber")]
#[case::id("Case", json!({ "Id": "500000000000000AAA" }), "INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id")]
#[case::picklist("Portal_Post__c", json!({ "Key__c": "k", "Visibility__c": "everybody" }), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "everybody")]
#[case::absent("FeedItem", json!({ "ParentId": "500000000000000AAA", "Body": "x" }), "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")]
#[case::malformed("FeedItem", json!({ "ParentId": "case", "Body": "x" }), "MALFORMED_ID", "case")]
#[case::other_object("Contact", json!({ "LastName": "x", "AccountId": "005SB0000000001YAA" }), "FIELD_INTEGRITY_EXCEPTION", "incorrect type")]
#[case::email("Contact", json!({ "LastName": "x", "Email": "nobody" }), "INVALID_EMAIL_ADDRESS", "nobody")]
#[case::boolean("CaseComment", json!({ "IsPublished": "perhaps" }), "JSON_PARSER_ERROR", "boolean")]
#[case::date("Course_Run__c", json!({ "Course_Start_Date__c": "soon" }), "JSON_PARSER_ERROR", "soon")]
#[tokio::test]
async fn a_bad_record_is_refused_in_salesforces_words(
    #[case] object: &str,
    #[case] body: Value,
    #[case] expected: &str,
    #[case] words: &str,
) {
    let org = Org::start().await;
    let (status, body) = org.send(Method::POST, &format!("/sobjects/{object}"), body).await;
    assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, expected), "{body}");
    assert!(body[0]["message"].as_str().unwrap().contains(words), "{body}");
    assert_eq!(org.sandbox.count(object), 0);
}

#[tokio::test]
async fn a_case_comment_is_measured_in_bytes_and_a_feed_item_in_characters() {
    let org = Org::start().await;
    let case = create(&org, "Case", json!({ "Subject": "x" })).await;
    let comment = |length: usize| json!({ "ParentId": case, "CommentBody": "é".repeat(length) });
    assert_eq!(org.send(Method::POST, "/sobjects/CaseComment", comment(2_000)).await.0, StatusCode::CREATED);
    let (_, body) = org.send(Method::POST, "/sobjects/CaseComment", comment(2_001)).await;
    assert_eq!(code(&body), "STRING_TOO_LONG");
    let item = |length: usize| json!({ "ParentId": case, "Body": "é".repeat(length) });
    assert_eq!(org.send(Method::POST, "/sobjects/FeedItem", item(10_000)).await.0, StatusCode::CREATED);
    assert_eq!(code(&org.send(Method::POST, "/sobjects/FeedItem", item(10_001)).await.1), "STRING_TOO_LONG");
}

#[tokio::test]
async fn a_unique_key_is_taken_once_and_the_refusal_names_who_has_it() {
    let org = Org::start().await;
    let first = create(&org, "Portal_Post__c", json!({ "Key__c": "0193-a" })).await;
    let (status, body) = org.send(Method::POST, "/sobjects/Portal_Post__c", json!({ "Key__c": "0193-a" })).await;
    assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, "DUPLICATE_VALUE"));
    assert_eq!(
        body[0]["message"],
        format!("duplicate value found: Key__c duplicates value on record with id: {}", &first[..15])
    );
    // This key tells upper from lower case.
    create(&org, "Portal_Post__c", json!({ "Key__c": "0193-A" })).await;
    // A deleted record holds its key no longer.
    org.sandbox.delete("Portal_Post__c", &first).await.unwrap();
    create(&org, "Portal_Post__c", json!({ "Key__c": "0193-a" })).await;
}

#[tokio::test]
async fn a_case_numbers_itself_and_takes_its_account_from_its_contact() {
    let org = Org::start().await;
    let account = create(&org, "Account", json!({ "Name": "Northwind" })).await;
    let contact = create(&org, "Contact", json!({ "LastName": "H", "AccountId": account, "Email": "h@n.test" })).await;
    let first = create(&org, "Case", json!({ "Subject": "one", "ContactId": contact })).await;
    create(&org, "Case", json!({ "Subject": "two" })).await;
    let cases = org.sandbox.records("Case");
    let numbers: Vec<&str> = cases.iter().map(|case| case["CaseNumber"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["00000001", "00000002"]);
    assert_eq!((&cases[0]["AccountId"], &cases[0]["ContactEmail"]), (&json!(account), &json!("h@n.test")));
    assert_eq!((&cases[0]["Status"], &cases[0]["IsClosed"]), (&json!("New"), &json!(false)));

    org.sandbox.update("Case", &first, json!({ "Status": "Closed" })).await.unwrap();
    let closed = &org.sandbox.records("Case")[0];
    assert_eq!(closed["IsClosed"], true);
    assert!(closed["ClosedDate"].is_string());
}

#[tokio::test]
async fn deleting_a_case_takes_what_was_said_on_it() {
    let org = Org::start().await;
    let case = create(&org, "Case", json!({ "Subject": "x" })).await;
    let item = create(&org, "FeedItem", json!({ "ParentId": case, "Body": "x" })).await;
    create(&org, "FeedComment", json!({ "FeedItemId": item, "CommentBody": "y" })).await;
    assert_eq!(org.sandbox.records("FeedItem")[0]["CommentCount"], 1);
    assert_eq!(org.sandbox.records("FeedComment")[0]["ParentId"], case);
    let second = create(&org, "FeedComment", json!({ "FeedItemId": item, "CommentBody": "z" })).await;
    org.sandbox.delete("FeedComment", &second).await.unwrap();
    assert_eq!(org.sandbox.records("FeedItem")[0]["CommentCount"], 1, "a deleted reply no longer counts");
    org.sandbox.delete("Case", &case).await.unwrap();
    assert_eq!((org.sandbox.count("FeedItem"), org.sandbox.count("FeedComment")), (0, 0));
    let everything = org.get("/queryAll?q=SELECT+Id,IsDeleted+FROM+FeedItem").await.1;
    assert_eq!(everything["records"][0]["IsDeleted"], true);
}

#[tokio::test]
async fn a_platform_event_is_taken_and_not_kept() {
    let org = Org::start().await;
    let body = json!({ "Case_Id__c": "500SB0000000001", "Record_Id__c": "0D5SB0000000001", "Object__c": "FeedItem", "Operation__c": "insert" });
    let (status, _) = org.send(Method::POST, "/sobjects/Portal_Feed_Event__e", body).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(org.sandbox.count("Portal_Feed_Event__e"), 0);
}

#[tokio::test]
async fn feed_tracking_puts_an_item_without_a_body_on_a_new_case() {
    let org = Org::start().await;
    org.sandbox.set_feed_tracking(true);
    create(&org, "Case", json!({ "Subject": "x" })).await;
    let items = org.sandbox.records("FeedItem");
    assert_eq!(items.len(), 1);
    assert_eq!((&items[0]["Type"], &items[0]["Body"]), (&json!("CreateRecordEvent"), &Value::Null));
}

#[tokio::test]
async fn what_isnt_there_is_not_found_and_what_cant_be_done_is_not_allowed() {
    let org = Org::start().await;
    for path in
        ["/sobjects/Nothing__c", "/sobjects/Nothing__c/a00SB0000000001", "/nothing", "/sobjects/Case/500SB0000000009"]
    {
        let (status, body) = org.get(path).await;
        assert_eq!((status, code(&body)), (StatusCode::NOT_FOUND, "NOT_FOUND"), "{path}");
    }
    let (status, body) = org.send(Method::PUT, "/sobjects/Case", json!({})).await;
    assert_eq!((status, code(&body)), (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"));
    let request = org.request(Method::POST, "/sobjects/Case").header("content-type", "application/json").body("{");
    let (status, body) = client::answer(request).await;
    assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, "JSON_PARSER_ERROR"));
}

#[tokio::test]
async fn a_case_shows_its_contacts_newest_address_and_nobody_inactive_owns_it() {
    let org = Org::start().await;
    let contact = create(&org, "Contact", json!({ "LastName": "H", "Email": "old@n.test" })).await;
    let case = create(&org, "Case", json!({ "Subject": "one", "ContactId": contact })).await;
    org.sandbox.update("Contact", &contact, json!({ "Email": "new@n.test", "Fax": "1" })).await.unwrap();
    let read = &org.sandbox.records("Case")[0];
    assert_eq!((&read["ContactEmail"], &read["ContactFax"]), (&json!("new@n.test"), &json!("1")));
    assert_eq!(read["OwnerId"], sandbox::ADMIN_ID);

    org.sandbox.update("User", sandbox::RILEY_ID, json!({ "IsActive": false })).await.unwrap();
    let given = json!({ "OwnerId": sandbox::RILEY_ID });
    let (status, body) = org.send(Method::PATCH, &format!("/sobjects/Case/{case}"), given).await;
    assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, "INACTIVE_OWNER_OR_USER"));
}

#[tokio::test]
async fn what_is_too_large_or_no_json_is_refused_before_anything_is_done() {
    let org = Org::start().await;
    let post = |kind: &str, body: String| {
        org.request(Method::POST, "/sobjects/Account").header("content-type", kind).body(body)
    };
    let (status, body) = client::answer(post("text/csv", "Name".to_owned())).await;
    assert_eq!((status, code(&body)), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let (status, body) = client::answer(post("application/json; charset=utf-8", deep)).await;
    assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, "JSON_PARSER_ERROR"));
    let long = json!({ "Name": "x", "Description": "y".repeat(3 << 20) }).to_string();
    let (_, body) = client::answer(post("application/json", long)).await;
    assert_eq!(code(&body), "STRING_TOO_LONG", "three megabytes reach the field they are too long for");
    let (status, body) = client::answer(post("application/json", " ".repeat((50 << 20) + 1))).await;
    assert_eq!((status, code(&body)), (StatusCode::PAYLOAD_TOO_LARGE, "EXCEEDED_MAX_SIZE_REQUEST"));
    let address = org.get(&format!("/query?q={}", "x".repeat(16_400))).await;
    assert_eq!((address.0, code(&address.1)), (StatusCode::URI_TOO_LONG, "URI_TOO_LONG"));
    let headers = org.request(Method::GET, "/limits").header("x-long", "x".repeat(16_300));
    assert_eq!(client::answer(headers).await.0, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert_eq!(org.sandbox.count("Account"), 0);
}

#[rstest]
#[case::taken("RILEY@sandbox.test", "DUPLICATE_USERNAME")]
#[case::no_address("somebody", "INVALID_EMAIL_ADDRESS")]
#[tokio::test]
async fn a_user_name_is_an_address_that_nobody_else_has(#[case] name: &str, #[case] expected: &str) {
    let org = Org::start().await;
    let profile = org.query("SELECT Id FROM Profile").await["records"][0]["Id"].clone();
    let user = |name: &str| {
        json!({
            "Username": name, "LastName": "x", "Alias": "x", "Email": "x@x.test", "ProfileId": profile,
            "TimeZoneSidKey": "Europe/Berlin", "LocaleSidKey": "de_DE", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "de",
        })
    };
    create(&org, "User", user("new@sandbox.test")).await;
    for key in ["TimeZoneSidKey", "LocaleSidKey", "EmailEncodingKey", "LanguageLocaleKey"] {
        for (value, expected) in
            [(json!("nowhere"), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"), (Value::Null, "REQUIRED_FIELD_MISSING")]
        {
            let mut other = user("other@sandbox.test");
            other[key] = value;
            let (_, body) = org.send(Method::POST, "/sobjects/User", other).await;
            assert_eq!((code(&body), &body[0]["fields"]), (expected, &json!([key])));
        }
    }
    let (status, body) = org.send(Method::POST, "/sobjects/User", user(name)).await;
    assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, expected), "{body}");
}

#[tokio::test]
async fn a_condition_on_when_something_was_modified_is_kept_to() {
    let org = Org::start().await;
    let id = org.sandbox.create("Account", json!({ "Name": "x" })).await.unwrap();
    let record = format!("/sobjects/Account/{id}");
    let (before, after) = ("Tue, 10 Aug 2015 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT");
    let asked = async |path: &str, name: &str, value: &str| {
        let response = org.request(Method::GET, path).header(name, value).send().await.unwrap();
        let dated = response.headers().contains_key("last-modified");
        (response.status().as_u16(), dated, response.text().await.unwrap().len())
    };
    for path in [record.as_str(), "/sobjects/Account/describe", "/sobjects"] {
        assert_eq!(asked(path, "If-Modified-Since", after).await, (304, false, 0), "{path}");
        assert!(matches!(asked(path, "If-Modified-Since", before).await, (200, true, 1..)), "{path}");
        assert_eq!(asked(path, "If-Unmodified-Since", before).await.0, 412, "{path}");
        assert_eq!(asked(path, "If-Unmodified-Since", after).await.0, 200, "{path}");
        assert_eq!(asked(path, "If-Modified-Since", "yesterday").await.0, 200, "{path}");
    }
    for (value, expected) in [(before, 412), ("yesterday", 400), (after, 204)] {
        let change =
            org.request(Method::PATCH, &record).header("If-Unmodified-Since", value).json(&json!({ "Name": value }));
        assert_eq!(change.send().await.unwrap().status().as_u16(), expected, "{value}");
    }
    assert_eq!(org.get(&record).await.1["Name"], after, "the others changed nothing");
    // What an answer says of itself is a condition that holds.
    let dated = org.request(Method::GET, &record).send().await.unwrap().headers()["last-modified"].clone();
    assert_eq!(asked(&record, "If-Modified-Since", dated.to_str().unwrap()).await.0, 304);
}

#[tokio::test]
async fn records_are_found_by_the_standard_fields_that_find() {
    let org = Org::start().await;
    let contact = json!({ "LastName": "x", "Email": "Noor@northwind.test" });
    let contact = create(&org, "Contact", contact).await;
    let case = create(&org, "Case", json!({ "Subject": "x" })).await;
    for (path, id) in [
        ("Case/CaseNumber/00000001", case.as_str()),
        ("Contact/Email/noor@northwind.test", contact.as_str()),
        ("User/Username/Riley@sandbox.test", sandbox::RILEY_ID),
    ] {
        assert_eq!(org.get(&format!("/sobjects/{path}")).await.1["Id"], id, "{path}");
        let (object, field) = path.split_once('/').unwrap();
        let field = field.split_once('/').unwrap().0;
        let described = org.get(&format!("/sobjects/{object}/describe")).await.1;
        let described =
            described["fields"].as_array().unwrap().iter().find(|known| known["name"] == field).unwrap().clone();
        assert_eq!((&described["idLookup"], &described["externalId"]), (&json!(true), &json!(false)), "{path}");
    }
    let by_email = |body: Value| org.send(Method::PATCH, "/sobjects/Contact/Email/noor@northwind.test", body);
    let (status, body) = by_email(json!({ "LastName": "Haddad" })).await;
    assert_eq!((status, &body["created"]), (StatusCode::OK, &json!(false)));
    let mut job = crate::bulk::job("upsert", "Contact");
    job["externalIdFieldName"] = json!("Email");
    let done = crate::bulk::load(&org, job, "Email,LastName\nnoor@northwind.test,Bulk\nnew@x.test,New\n").await;
    assert_eq!(done["numberRecordsFailed"], 0, "{done}");
    assert_eq!(
        (org.sandbox.count("Contact"), org.get(&format!("/sobjects/Contact/{contact}")).await.1["LastName"].clone()),
        (2, json!("Bulk"))
    );
    create(&org, "Contact", json!({ "LastName": "y", "Email": "noor@northwind.test" })).await;
    assert_eq!(by_email(json!({})).await.0, StatusCode::MULTIPLE_CHOICES);
}

#[rstest]
#[case::itself(&["a", "a"])]
#[case::in_two_steps(&["a", "b", "a"])]
#[case::in_three_steps(&["a", "b", "c", "a"])]
#[tokio::test]
async fn nobody_is_above_themselves(#[case] chain: &[&str]) {
    let org = Org::start().await;
    for (object, field) in [("Account", "ParentId"), ("Contact", "ReportsToId")] {
        let mut ids = std::collections::HashMap::new();
        for name in chain {
            let name_field = if object == "Account" { "Name" } else { "LastName" };
            if !ids.contains_key(name) {
                ids.insert(*name, create(&org, object, json!({ name_field: name })).await);
            }
        }
        let mut last = Default::default();
        for pair in chain.windows(2) {
            last = org
                .send(Method::PATCH, &format!("/sobjects/{object}/{}", ids[pair[0]]), json!({ field: ids[pair[1]] }))
                .await;
        }
        assert_eq!((last.0, code(&last.1)), (StatusCode::BAD_REQUEST, "CIRCULAR_DEPENDENCY"), "{object}");
        assert_eq!(last.1[0]["fields"], json!([field]));
    }
}

#[tokio::test]
async fn relationships_are_followed_in_addresses() {
    let org = Org::start().await;
    let parent = create(&org, "Account", json!({ "Name": "Parent" })).await;
    let account = create(&org, "Account", json!({ "Name": "Northwind", "ParentId": parent })).await;
    let contact = create(&org, "Contact", json!({ "LastName": "Haddad", "AccountId": account })).await;
    create(&org, "Contact", json!({ "LastName": "Moreau", "AccountId": account })).await;
    let case = create(&org, "Case", json!({ "Subject": "x", "ContactId": contact })).await;
    let lonely = create(&org, "Case", json!({ "Subject": "y" })).await;
    assert_eq!(org.get(&format!("/sobjects/Case/{case}/Contact")).await.1["Id"], contact);
    let (_, up) = org.get(&format!("/sobjects/Case/{case}/Contact/Account/Parent?fields=Name")).await;
    assert_eq!((&up["Name"], &up["attributes"]["type"]), (&json!("Parent"), &json!("Account")));
    let (_, list) = org.get(&format!("/sobjects/Account/{account}/Contacts?fields=LastName,Email")).await;
    assert_eq!((&list["totalSize"], &list["done"]), (&json!(2), &json!(true)));
    assert_eq!((&list["records"][0]["LastName"], &list["records"][0]["Email"]), (&json!("Haddad"), &Value::Null));
    let (_, all) = org.get(&format!("/sobjects/Account/{account}/Cases")).await;
    assert_eq!((&all["records"][0]["Subject"], &all["records"][0]["Id"]), (&json!("x"), &json!(case)));
    let none = org.get(&format!("/sobjects/Account/{parent}/Contacts")).await;
    assert_eq!((none.0, &none.1["totalSize"]), (StatusCode::OK, &json!(0)));
    for (path, expected) in [
        (format!("Case/{lonely}/Contact"), (404, "NOT_FOUND")),
        (format!("Case/{case}/Nothing"), (404, "NOT_FOUND")),
        (format!("Account/{account}/Contacts/Cases"), (404, "NOT_FOUND")),
        ("Case/500SB0000000999/Contact".to_owned(), (404, "NOT_FOUND")),
        ("Case/nothing/Contact/Account".to_owned(), (404, "NOT_FOUND")),
        (format!("Account/{account}/Contacts?fields=Nope"), (400, "INVALID_FIELD")),
        (format!("Case/{case}/Contact?fields=Nope"), (400, "INVALID_FIELD")),
    ] {
        let (status, body) = org.get(&format!("/sobjects/{path}")).await;
        assert_eq!((status.as_u16(), code(&body)), expected, "{path}");
    }
    let changed = org.send(Method::PATCH, &format!("/sobjects/Case/{case}/Contact"), json!({ "Title": "Dean" })).await;
    assert_eq!(
        (changed.0, org.get(&format!("/sobjects/Contact/{contact}")).await.1["Title"].clone()),
        (StatusCode::NO_CONTENT, json!("Dean"))
    );
    let several = org.send(Method::DELETE, &format!("/sobjects/Account/{account}/Contacts"), Value::Null).await;
    assert_eq!(several.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(
        org.send(Method::DELETE, &format!("/sobjects/Contact/{contact}/Account"), Value::Null).await.1[0]["errorCode"],
        "DELETE_FAILED"
    );
    org.send(Method::DELETE, &format!("/sobjects/Case/{case}"), Value::Null).await;
    assert_eq!(
        org.send(Method::DELETE, &format!("/sobjects/Account/{account}/Parent"), Value::Null).await.0,
        StatusCode::NO_CONTENT
    );
}

//! Values that aren't a field's: refused in Salesforce's words, one by one, and nothing changes.

use reqwest::{Method, StatusCode};
use rstest::rstest;
use sandbox::SandboxOptions;
use serde_json::{Value, json};

use crate::client::{self, Org};

async fn refused(object: &str, body: Value, expected: &str, words: &str) {
    let org = Org::start().await;
    let (status, answer) = org.send(Method::POST, &format!("/sobjects/{object}"), body).await;
    assert_eq!((status, &answer[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!(expected)), "{answer}");
    assert!(answer[0]["message"].as_str().unwrap().contains(words), "{answer}");
    let about_request = matches!(expected, "JSON_PARSER_ERROR" | "INVALID_FIELD");
    assert_eq!(answer[0]["fields"].is_array(), !about_request, "{answer}");
    assert_eq!(org.sandbox.count(object), 0);
    assert_eq!(org.get("/limits").await.0, StatusCode::OK);
}

#[rstest]
#[case::text_from_object("Account", json!({ "Name": {} }))]
#[case::text_from_list("Account", json!({ "Name": ["x"] }))]
#[case::number_from_text("Account", json!({ "Name": "x", "AnnualRevenue": "many" }))]
#[case::number_from_infinity("Account", json!({ "Name": "x", "AnnualRevenue": "inf" }))]
#[case::number_from_nothing("Account", json!({ "Name": "x", "AnnualRevenue": "NaN" }))]
#[case::number_from_yes("Account", json!({ "Name": "x", "AnnualRevenue": true }))]
#[case::number_from_list("Account", json!({ "Name": "x", "AnnualRevenue": [1] }))]
#[case::whole_number_from_part("Account", json!({ "Name": "x", "NumberOfEmployees": 1.5 }))]
#[case::whole_number_from_text("Account", json!({ "Name": "x", "NumberOfEmployees": "1e3" }))]
#[case::yes_from_number("Contact", json!({ "LastName": "x", "DoNotCall": 1 }))]
#[case::yes_from_object("Contact", json!({ "LastName": "x", "DoNotCall": {} }))]
#[case::date_from_number("Contact", json!({ "LastName": "x", "Birthdate": 20_261_120 }))]
#[case::date_without_the_day("Contact", json!({ "LastName": "x", "Birthdate": "2026-11" }))]
#[case::date_that_never_was("Contact", json!({ "LastName": "x", "Birthdate": "2026-02-30" }))]
#[case::date_in_other_letters("Contact", json!({ "LastName": "x", "Birthdate": "２０２６-11-20" }))]
#[case::date_with_a_tail("Contact", json!({ "LastName": "x", "Birthdate": "2026-11-20 noon" }))]
#[case::time_from_date("Contact", json!({ "LastName": "x", "EmailBouncedDate": "2026-11-20" }))]
#[case::time_with_a_space("Contact", json!({ "LastName": "x", "EmailBouncedDate": "2026-11-20 12:00:00" }))]
#[case::time_that_never_was("Contact", json!({ "LastName": "x", "EmailBouncedDate": "2026-11-20T25:00:00Z" }))]
#[case::id_from_number("Contact", json!({ "LastName": "x", "AccountId": 1 }))]
#[case::id_from_object("Contact", json!({ "LastName": "x", "AccountId": { "Id": "x" } }))]
#[case::bytes_from_prose("Attachment", json!({ "Name": "x", "Body": [1, 2] }))]
#[case::relation_from_text("Contact", json!({ "LastName": "x", "Account": "Northwind" }))]
#[tokio::test]
async fn the_wrong_type_is_unreadable(#[case] object: &str, #[case] body: Value) {
    refused(object, body, "JSON_PARSER_ERROR", "").await;
}

#[rstest]
#[case::int(json!({ "NumberOfEmployees": 2_147_483_648_u32 }), "Employees: value outside of valid range on numeric field: 2147483648")]
#[case::int_below(json!({ "NumberOfEmployees": "-2147483649" }), "-2147483649")]
#[case::currency(json!({ "AnnualRevenue": 1e18 }), "Annual Revenue: value outside of valid range on numeric field: 1000000000000000000")]
#[case::currency_as_text(json!({ "AnnualRevenue": "1e300" }), "Annual Revenue")]
#[case::north(json!({ "BillingLatitude": 90.1 }), "Billing Latitude")]
#[tokio::test]
async fn a_number_is_within_its_digits(#[case] mut body: Value, #[case] words: &str) {
    body["Name"] = json!("x");
    refused("Account", body, "NUMBER_OUTSIDE_VALID_RANGE", words).await;
}

#[rstest]
#[case::text("AccountId", json!("somewhere"), "MALFORMED_ID", "Account ID: id value of incorrect type: somewhere")]
#[case::short("AccountId", json!("001SB000000000"), "MALFORMED_ID", "")]
#[case::not_a_letter("AccountId", json!("001SB000000000!"), "MALFORMED_ID", "")]
#[case::sixteen("AccountId", json!("001SB00000000010"), "MALFORMED_ID", "")]
#[case::wrong_end("AccountId", json!("001SB0000000001AAA"), "MALFORMED_ID", "")]
#[case::many_bytes("AccountId", json!("001SB0000000é"), "MALFORMED_ID", "")]
#[case::of_another("AccountId", json!("005SB0000000001"), "FIELD_INTEGRITY_EXCEPTION", "Account ID: id value of incorrect type: 005SB0000000001")]
#[case::of_nothing("AccountId", json!("zzzSB0000000001"), "FIELD_INTEGRITY_EXCEPTION", "")]
#[case::absent("AccountId", json!("001SB0000000999"), "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")]
#[case::own_key("Id", json!("003SB0000000009"), "INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call")]
#[case::unknown("", json!(1), "INVALID_FIELD", "No such column '' on sobject of type Contact")]
#[case::prototype("__proto__", json!({}), "INVALID_FIELD", "__proto__")]
#[case::maker("CreatedById", json!(sandbox::RILEY_ID), "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: CreatedById.")]
#[case::long_list("Email", json!("a@b.test, c@d.test"), "INVALID_EMAIL_ADDRESS", "Email: invalid email address")]
#[case::restricted("CleanStatus", json!("Spotless"), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Clean Status: bad value for restricted picklist field: Spotless")]
#[tokio::test]
async fn a_field_says_what_it_cannot_be(
    #[case] field: &str,
    #[case] value: Value,
    #[case] expected: &str,
    #[case] words: &str,
) {
    refused("Contact", json!({ "LastName": "x", field: value }), expected, words).await;
}

#[rstest]
#[case::lone_surrogate(r#"{"LastName":"\ud83d"}"#)]
#[case::half_a_pair(r#"{"LastName":"\ud83dx"}"#)]
#[case::beyond_numbers(r#"{"LastName":"x","Description":1e999}"#)]
#[case::two_bodies(r#"{"LastName":"x"}{"LastName":"y"}"#)]
#[case::raw_control("{\"LastName\":\"a\u{1}b\"}")]
#[case::list(r#"[{"LastName":"x"}]"#)]
#[case::nothing("null")]
#[tokio::test]
async fn what_is_no_record_is_unreadable(#[case] body: &'static str) {
    let org = Org::start().await;
    let request = org.request(Method::POST, "/sobjects/Contact").header("content-type", "application/json").body(body);
    let (status, answer) = client::answer(request).await;
    assert_eq!((status, &answer[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("JSON_PARSER_ERROR")), "{answer}");
    assert_eq!(org.sandbox.count("Contact"), 0);
}

#[tokio::test]
async fn text_is_counted_in_characters_and_kept_but_for_what_xml_has_not() {
    let folder = tempfile::tempdir().unwrap();
    let options = SandboxOptions { data: Some(folder.path().join("sandbox.db")), ..SandboxOptions::default() };
    let org = Org::start_with(options.clone()).await;
    let name = "😀".repeat(80);
    let (status, made) = org.send(Method::POST, "/sobjects/Contact", json!({ "LastName": name })).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let (_, long) = org.send(Method::POST, "/sobjects/Contact", json!({ "LastName": "😀".repeat(81) })).await;
    assert_eq!(long[0]["errorCode"], "STRING_TOO_LONG");
    let odd = "a\u{0}b\u{1}\u{7f}\u{200b}\u{feff}\"'\\;--\u{10ffff}";
    let (_, odd_made) =
        org.send(Method::POST, "/sobjects/Contact", json!({ "LastName": "x", "Description": odd })).await;
    drop(org);
    let org = Org::start_with(options).await;
    let read = async |id: &Value| org.get(&format!("/sobjects/Contact/{}", id.as_str().unwrap())).await.1;
    assert_eq!(read(&made["id"]).await["LastName"], name);
    assert_eq!(read(&odd_made["id"]).await["Description"], odd.replace(['\u{0}', '\u{1}'], ""));
}

#[tokio::test]
async fn a_record_in_the_bin_can_be_neither_referred_to_nor_changed() {
    let org = Org::start().await;
    let account = org.sandbox.create("Account", json!({ "Name": "x" })).await.unwrap();
    org.sandbox.delete("Account", &account).await.unwrap();
    let (status, body) =
        org.send(Method::POST, "/sobjects/Contact", json!({ "LastName": "x", "AccountId": account })).await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("ENTITY_IS_DELETED")));
    for (method, body) in [(Method::PATCH, json!({ "Name": "y" })), (Method::DELETE, Value::Null)] {
        let (status, body) = org.send(method, &format!("/sobjects/Account/{account}"), body).await;
        assert_eq!((status, &body[0]["errorCode"]), (StatusCode::NOT_FOUND, &json!("ENTITY_IS_DELETED")));
    }
    for (method, expected) in [
        (Method::GET, "NOT_FOUND"),
        (Method::PATCH, "INVALID_CROSS_REFERENCE_KEY"),
        (Method::DELETE, "INVALID_CROSS_REFERENCE_KEY"),
    ] {
        let (status, body) = org.send(method.clone(), "/sobjects/Account/001SB0000000999", json!({})).await;
        assert_eq!((status, &body[0]["errorCode"]), (StatusCode::NOT_FOUND, &json!(expected)), "{method}");
    }
}

#[rstest]
#[case::made("ContentDocument", Method::POST, "")]
#[case::member_changed("GroupMember", Method::PATCH, "/011SB0000000001")]
#[tokio::test]
async fn some_objects_are_never_written(#[case] object: &str, #[case] method: Method, #[case] path: &str) {
    let org = Org::start().await;
    let queue = org.sandbox.create("Group", json!({ "Name": "Q" })).await.unwrap();
    let member = json!({ "GroupId": queue, "UserOrGroupId": sandbox::RILEY_ID });
    org.sandbox.create("GroupMember", member).await.unwrap();
    let (status, body) = org.send(method, &format!("/sobjects/{object}{path}"), json!({})).await;
    assert_eq!(
        (status, &body[0]["errorCode"]),
        (StatusCode::BAD_REQUEST, &json!("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")),
        "{body}"
    );
}

/// Every field of every object is offered what no client should send: it takes it or refuses it as a client's mistake.
#[tokio::test]
async fn no_value_of_any_field_is_the_orgs_own_failure() {
    let org = Org::start().await;
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e308),
        json!(u64::MAX),
        json!(""),
        json!(" \t\n"),
        json!("\u{0}"),
        json!("é;😀;\u{10ffff}"),
        json!("2026-02-30T99:99:99.9999999999+9999"),
        json!("9999-12-31T23:59:59.999-2359"),
        json!("-262144-01-01"),
        json!("000000000000000AAA"),
        json!("x".repeat(140_000)),
        json!([[], {}]),
        json!({ "attributes": 1, "": { "": null } }),
    ];
    let objects = org.get("/sobjects").await.1;
    for object in objects["sobjects"].as_array().unwrap() {
        let name = object["name"].as_str().unwrap();
        let before = org.sandbox.count(name);
        let mut made = 0;
        let describe = org.get(&format!("/sobjects/{name}/describe")).await.1;
        for field in describe["fields"].as_array().unwrap() {
            let names = [field["name"].as_str(), field["relationshipName"].as_str()];
            for (field, value) in
                names.into_iter().flatten().flat_map(|field| odd.iter().map(move |value| (field, value)))
            {
                match org.sandbox.create(name, json!({ field: value })).await {
                    Ok(_) => made += 1,
                    Err(error) => assert!(error.status.is_client_error(), "{name}.{field} {error}"),
                }
            }
        }
        let stored = if object["queryable"] == true { made } else { 0 };
        assert_eq!(org.sandbox.count(name), before + stored, "{name}: what is refused is not there");
    }
}

#[rstest]
#[case::too_early("Contact", json!({ "LastName": "x", "Birthdate": "1699-12-31" }), "Birthdate: invalid date: ")]
#[case::too_late("Contact", json!({ "LastName": "x", "Birthdate": "4001-01-01" }), "Birthdate: invalid date: ")]
#[case::moment("Contact", json!({ "LastName": "x", "EmailBouncedDate": "0026-11-20T12:00:00Z" }), "invalid date: Fri Nov 20 12:00:00 GMT")]
#[case::ends_before_it_begins("Event", json!({ "StartDateTime": "2026-03-04T10:00:00Z", "EndDateTime": "2026-03-04T09:59:30Z" }), "Duration")]
#[case::lasts_less_than_nothing("Event", json!({ "ActivityDateTime": "2026-03-04T10:00:00Z", "DurationInMinutes": -1 }), "Duration")]
#[tokio::test]
async fn times_that_cannot_be_are_refused(#[case] object: &str, #[case] body: Value, #[case] words: &str) {
    refused(object, body, "FIELD_INTEGRITY_EXCEPTION", words).await;
}

#[tokio::test]
async fn an_event_begins_at_some_time() {
    refused("Event", json!({}), "REQUIRED_FIELD_MISSING", "Required fields are missing: [StartDateTime]").await;
    refused("Event", json!({ "Subject": "x", "EndDateTime": "2026-03-04T10:00:00Z" }), "REQUIRED_FIELD_MISSING", "")
        .await;
    let org = Org::start().await;
    org.sandbox.create("Event", json!({ "IsAllDayEvent": true, "ActivityDate": "2026-03-04" })).await.unwrap();
    for edge in ["1700-01-01", "4000-12-31"] {
        org.sandbox.create("Contact", json!({ "LastName": "x", "Birthdate": edge })).await.unwrap();
    }
}

#[tokio::test]
async fn a_relation_is_given_by_its_id_or_by_a_key_and_not_by_both() {
    let both = json!({ "LastName": "x", "AccountId": null, "Account": { "Portal_Key__c": "k" } });
    let words = "Cannot specify both an external ID reference Account and a salesforce id, AccountId";
    refused("Contact", both, "INVALID_FIELD", words).await;
}

#[tokio::test]
async fn blanks_around_text_are_not_kept() {
    let org = Org::start().await;
    let contact = json!({ "LastName": " \t Haddad\n", "Description": "\n  one\n  two  \n", "Email": " a@b.test " });
    let id = org.sandbox.create("Contact", contact).await.unwrap();
    let read = org.get(&format!("/sobjects/Contact/{id}")).await.1;
    assert_eq!(
        (&read["LastName"], &read["Name"], &read["Email"]),
        (&json!("Haddad"), &json!("Haddad"), &json!("a@b.test"))
    );
    assert_eq!(read["Description"], "one\n  two");
    let long = org.sandbox.create("Contact", json!({ "LastName": format!(" {} ", "x".repeat(80)) })).await;
    assert!(long.is_ok(), "what isn't kept isn't counted");
}

/// As a client sends it that takes it from the describe.
#[tokio::test]
async fn the_master_type_is_no_type() {
    let org = Org::start().await;
    let master = "012000000000000AAA";
    for object in ["Account", "Case"] {
        let describe = org.get(&format!("/sobjects/{object}/describe")).await.1;
        let types = describe["recordTypeInfos"].as_array().unwrap();
        assert!(types.iter().any(|known| known["recordTypeId"] == master && known["master"] == true), "{object}");
        let body = json!({ "Name": "x", "RecordTypeId": master });
        let body = if object == "Case" { json!({ "Subject": "x", "RecordTypeId": master }) } else { body };
        let id = org.sandbox.create(object, body).await.unwrap();
        let read = org.get(&format!("/sobjects/{object}/{id}")).await.1;
        let expected = if types.len() > 1 { json!(master) } else { Value::Null };
        assert_eq!(read["RecordTypeId"], expected, "{object}");
    }
}

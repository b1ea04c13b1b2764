//! What the org does by itself when records are saved: owners, audit fields, edits, comments, dates of activity.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{self, Org};

#[tokio::test]
async fn a_queue_owns_what_it_takes() {
    let org = Org::start().await;
    let queue = org.sandbox.create("Group", json!({ "Name": "Tier 1", "Type": "Queue" })).await.unwrap();
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    let path = format!("/sobjects/Case/{case}");
    let give = || org.send(Method::PATCH, &path, json!({ "OwnerId": queue }));
    let (status, body) = give().await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("INVALID_OPERATION")));
    assert_eq!(body[0]["message"], "Queue not associated with this SObject type");
    org.sandbox.create("QueueSobject", json!({ "QueueId": queue, "SobjectType": "Case" })).await.unwrap();
    assert_eq!(give().await.0, StatusCode::NO_CONTENT);
    let owner = org.query("SELECT Owner.Type, Owner.Name FROM Case").await["records"][0]["Owner"].clone();
    assert_eq!((&owner["Type"], &owner["Name"]), (&json!("Queue"), &json!("Tier 1")));
    let of_queues = org.query("SELECT COUNT() FROM Case WHERE Owner.Type = 'Queue'").await;
    assert_eq!(of_queues["totalSize"], 1);

    let people = org.sandbox.create("Group", json!({ "Name": "People" })).await.unwrap();
    let refused = org.send(Method::PATCH, &path, json!({ "OwnerId": people })).await.1;
    assert_eq!(refused[0]["errorCode"], "INVALID_OPERATION", "a group of people owns nothing");
    org.sandbox.update("User", sandbox::RILEY_ID, json!({ "IsActive": false })).await.unwrap();
    let refused = org.send(Method::PATCH, &path, json!({ "OwnerId": sandbox::RILEY_ID })).await.1;
    let message = format!("operation performed with inactive user [{}] as owner of case", &sandbox::RILEY_ID[..15]);
    assert_eq!(refused[0]["message"], message);
}

const LONG_AGO: &str = "2020-02-03T04:05:06.000+0000";

#[rstest]
#[case::feed_item("FeedItem", true)]
#[case::case_comment("CaseComment", true)]
#[case::contact("Contact", true)]
#[case::custom("Course__c", true)]
#[case::product("Product2", false)]
#[tokio::test]
async fn makers_and_times_can_be_set_where_the_org_lets_them(#[case] object: &str, #[case] lets: bool) {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    let mut body = match object {
        "FeedItem" => json!({ "ParentId": case, "Body": "x" }),
        "CaseComment" => json!({ "ParentId": case, "CommentBody": "x" }),
        "Contact" => json!({ "LastName": "x" }),
        "Course__c" => json!({ "Portal_Key__c": "x" }),
        _ => json!({ "Name": "x" }),
    };
    body["CreatedDate"] = json!(LONG_AGO);
    body["CreatedById"] = json!(sandbox::RILEY_ID);
    let path = format!("/sobjects/{object}");
    let (_, refused) = org.send(Method::POST, &path, body.clone()).await;
    assert_eq!(refused[0]["errorCode"], "INVALID_FIELD_FOR_INSERT_UPDATE");
    assert_eq!(refused[0]["fields"].as_array().unwrap().len(), 2);

    org.sandbox.set_audit_fields(true);
    let (status, made) = org.send(Method::POST, &path, body).await;
    if !lets {
        assert_eq!(
            (status, &made[0]["errorCode"]),
            (StatusCode::BAD_REQUEST, &json!("INVALID_FIELD_FOR_INSERT_UPDATE"))
        );
        return;
    }
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let path = format!("{path}/{}", made["id"].as_str().unwrap());
    let read = org.get(&path).await.1;
    assert_eq!((&read["CreatedDate"], &read["CreatedById"]), (&json!(LONG_AGO), &json!(sandbox::RILEY_ID)));
    assert_ne!(read["SystemModstamp"], LONG_AGO, "when the org itself wrote it");
    let (_, refused) = org.send(Method::PATCH, &path, json!({ "CreatedDate": LONG_AGO })).await;
    assert_eq!(refused[0]["errorCode"], "INVALID_FIELD_FOR_INSERT_UPDATE", "only as it is made");
}

#[tokio::test]
async fn nothing_is_changed_before_it_is_made() {
    let org = Org::start().await;
    org.sandbox.set_audit_fields(true);
    let body = json!({ "Subject": "x", "CreatedDate": "2021-01-02T00:00:00Z", "LastModifiedDate": LONG_AGO });
    let (status, refused) = org.send(Method::POST, "/sobjects/Case", body).await;
    assert_eq!((status, &refused[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("FIELD_INTEGRITY_EXCEPTION")));
    assert_eq!(
        refused[0]["message"],
        "Last Modified Date (Mon Feb 03 04:05:06 GMT 2020) before Create Date (Sat Jan 02 00:00:00 GMT 2021)"
    );
}

#[rstest]
#[case("FeedItem", "Body")]
#[case("FeedComment", "CommentBody")]
#[tokio::test]
async fn changing_the_words_of_a_post_makes_a_revision(#[case] object: &str, #[case] words: &str) {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    let item = org.sandbox.create("FeedItem", json!({ "ParentId": case, "Body": "one" })).await.unwrap();
    let id = match object {
        "FeedItem" => item,
        _ => org.sandbox.create("FeedComment", json!({ "FeedItemId": item, "CommentBody": "one" })).await.unwrap(),
    };
    let path = format!("/sobjects/{object}/{id}");
    let shown = async || {
        let read = org.get(&path).await.1;
        (read["Revision"].clone(), read["LastEditById"].clone(), read["LastEditDate"].clone())
    };
    assert_eq!(shown().await, (json!(1), Value::Null, Value::Null));
    org.send(Method::PATCH, &path, json!({ "Status": "Published" })).await;
    assert_eq!(shown().await.0, 1, "the words are the same");
    org.sandbox.advance_clock(Duration::from_secs(60));
    org.send(Method::PATCH, &path, json!({ words: "two" })).await;
    let (revision, by, at) = shown().await;
    assert_eq!((revision, by), (json!(2), json!(sandbox::ADMIN_ID)));
    assert!(at.is_string());
}

#[tokio::test]
async fn internal_comments_of_a_case_become_a_comment() {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x", "Comments": "first" })).await.unwrap();
    org.sandbox.update("Case", &case, json!({ "Comments": "second" })).await.unwrap();
    let comments = org.query("SELECT CommentBody, IsPublished FROM CaseComment WHERE CommentBody LIKE 's%'").await;
    assert_eq!((&comments["totalSize"], &comments["records"][0]["IsPublished"]), (&json!(1), &json!(false)));
    assert_eq!(org.sandbox.count("CaseComment"), 2);
    assert_eq!(org.get(&format!("/sobjects/Case/{case}")).await.1["Comments"], Value::Null);
}

#[tokio::test]
async fn a_contact_or_account_with_cases_is_kept_and_the_refusal_names_them() {
    let org = Org::start().await;
    let account = org.sandbox.create("Account", json!({ "Name": "Northwind" })).await.unwrap();
    let contact = json!({ "Salutation": "Mr.", "FirstName": "Josh", "LastName": "Davis", "AccountId": account });
    let contact = org.sandbox.create("Contact", contact).await.unwrap();
    let case = org.sandbox.create("Case", json!({ "Subject": "x", "ContactId": contact })).await.unwrap();
    let (status, body) = org.send(Method::DELETE, &format!("/sobjects/Contact/{contact}"), Value::Null).await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("DELETE_FAILED")));
    assert_eq!(
        body[0]["message"],
        "Your attempt to delete Mr. Josh Davis could not be completed because it is associated with the following cases.: 00000001\n"
    );
    let (_, body) = org.send(Method::DELETE, &format!("/sobjects/Account/{account}"), Value::Null).await;
    assert!(body[0]["message"].as_str().unwrap().starts_with("Your attempt to delete Northwind could"), "{body}");
    assert_eq!((org.sandbox.count("Account"), org.sandbox.count("Contact")), (1, 1), "all or nothing");
    org.sandbox.delete("Case", &case).await.unwrap();
    org.sandbox.delete("Account", &account).await.unwrap();
    assert_eq!(org.sandbox.count("Contact"), 0);
}

#[tokio::test]
async fn activities_say_when_something_was_last_done() {
    let org = Org::start().await;
    let account = org.sandbox.create("Account", json!({ "Name": "Northwind" })).await.unwrap();
    let contact = org.sandbox.create("Contact", json!({ "LastName": "x", "AccountId": account })).await.unwrap();
    let event = json!({ "Subject": "Call", "WhoId": contact, "StartDateTime": "2026-03-04T10:00:00Z", "DurationInMinutes": 90 });
    let event = org.sandbox.create("Event", event).await.unwrap();
    let read = org.get(&format!("/sobjects/Event/{event}")).await.1;
    let expected = json!({
        "EndDateTime": "2026-03-04T11:30:00.000+0000", "ActivityDate": "2026-03-04", "AccountId": account,
        "ActivityDateTime": "2026-03-04T10:00:00.000+0000",
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&read[field], value, "{field}");
    }
    org.sandbox.update("Event", &event, json!({ "EndDateTime": "2026-03-04T10:30:00Z" })).await.unwrap();
    assert_eq!(org.get(&format!("/sobjects/Event/{event}")).await.1["DurationInMinutes"], 30);
    let last = async |object: &str| org.sandbox.records(object)[0]["LastActivityDate"].clone();
    assert_eq!((last("Contact").await, last("Account").await), (json!("2026-03-04"), json!("2026-03-04")));

    let task = json!({ "Subject": "Call", "WhatId": account, "ActivityDate": "2026-05-06" });
    let task = org.sandbox.create("Task", task).await.unwrap();
    assert_eq!(last("Account").await, "2026-03-04", "an open task isn't done");
    org.sandbox.update("Task", &task, json!({ "Status": "Completed" })).await.unwrap();
    assert_eq!(last("Account").await, "2026-05-06");
    org.sandbox.delete("Task", &task).await.unwrap();
    org.sandbox.delete("Event", &event).await.unwrap();
    assert_eq!((last("Contact").await, last("Account").await), (Value::Null, Value::Null));
}

/// As far as anybody can tell: a real org's times end in `.000`, in records as in the events and extracts that tell of them.
#[tokio::test]
async fn times_are_kept_in_whole_seconds() {
    let org = Org::start().await;
    org.control("switches", json!({ "audit_fields": true })).await;
    let case = json!({ "Subject": "x", "CreatedDate": "2020-02-03T04:05:06.789Z", "Status": "Closed" });
    let (_, made) = org.send(Method::POST, "/sobjects/Case", case).await;
    let case = org.get(&format!("/sobjects/Case/{}", made["id"].as_str().unwrap())).await.1;
    assert_eq!(case["CreatedDate"], LONG_AGO);
    for field in ["LastModifiedDate", "SystemModstamp", "ClosedDate"] {
        assert!(case[field].as_str().unwrap().ends_with(".000+0000"), "{field} {case}");
    }
    let events = client::answer(org.http.get(format!("{}/_sandbox/events", org.sandbox.url()))).await.1;
    let payload = &events[0]["payload"];
    assert_eq!(payload["CreatedDate"], LONG_AGO.replace("+0000", "Z"));
    let at = payload["ChangeEventHeader"]["commitTimestamp"].as_i64().unwrap();
    let modified = case["LastModifiedDate"].as_str().unwrap().replace("+0000", "Z");
    let modified = modified.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    assert!((modified..modified + 1_000).contains(&at), "the commit's own time has its milliseconds");
}

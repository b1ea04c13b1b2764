//! Many records in one call.

use axum::http::Method;
use domain::SalesforceId;
use salesforce::{ErrorKind, Keyed};
use serde_json::{Value, json};

use crate::org::{Org, Reply};

fn keyed(key: &str, fields: Value) -> Keyed {
    Keyed { key: key.to_owned(), fields: fields.as_object().unwrap().clone() }
}

#[tokio::test]
async fn each_record_has_an_answer_of_its_own() {
    let org = Org::start(|_, _| {
        Reply::Json(
            200,
            json!([
                {"id": "a01000000000001AAA", "success": true, "errors": [], "created": true},
                {"success": false, "errors": [{"statusCode": "STRING_TOO_LONG", "message": "too long", "fields": ["Name"]}]},
                {"success": false, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "locked", "fields": []}]},
            ]),
        )
    })
    .await;
    let records = [
        keyed("a/b #1", json!({"Name": "A"})),
        keyed("two", json!({"Name": "B"})),
        keyed("three", json!({"Name": "C"})),
    ];
    let saved = org.client().upsert_all("Course__c", "Portal_Key__c", &records).await.unwrap();
    let made = saved[0].as_ref().unwrap();
    assert_eq!((made.id.as_str(), made.created), ("a01000000000001AAA", true));
    let errors: Vec<(Option<&str>, bool)> = saved[1..]
        .iter()
        .map(|outcome| outcome.as_ref().unwrap_err())
        .map(|error| (error.code(), error.is_temporary()))
        .collect();
    assert_eq!(errors, [(Some("STRING_TOO_LONG"), false), (Some("UNABLE_TO_LOCK_ROW"), true)]);
    let seen = &org.seen()[0];
    assert_eq!(
        (&seen.method, seen.target.as_str()),
        (&Method::PATCH, "/services/data/v67.0/composite/sobjects/Course__c/Portal_Key__c")
    );
    let body = seen.json();
    assert_eq!(body["allOrNone"], false);
    assert_eq!(
        body["records"][0],
        json!({"attributes": {"type": "Course__c"}, "Portal_Key__c": "a/b #1", "Name": "A"})
    );
}

#[tokio::test]
async fn an_answer_with_fewer_records_tells_nothing_of_any() {
    let org = Org::start(|_, _| Reply::Json(200, json!([]))).await;
    let id = SalesforceId::new("a01000000000001AAA").unwrap();
    let error = org.client().update_all("Course__c", &[(id, serde_json::Map::new())]).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert_eq!(org.seen()[0].target, "/services/data/v67.0/composite/sobjects");
    assert_eq!(org.seen()[0].json()["records"][0]["id"], "a01000000000001AAA");
}

#[tokio::test]
async fn more_than_a_call_takes_is_not_sent() {
    let org = Org::start(|_, _| Reply::Json(200, json!([]))).await;
    let many = vec![keyed("k", json!({})); 201];
    for records in [&many[..], &[]] {
        let error = org.client().upsert_all("Course__c", "Portal_Key__c", records).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Request { .. }));
    }
    assert!(org.seen().is_empty());
}

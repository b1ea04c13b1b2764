//! Records, describes and limits on the wire.

use axum::http::Method;
use domain::SalesforceId;
use salesforce::{ErrorKind, Repeat};
use serde::Deserialize;
use serde_json::json;

use crate::org::{Org, Reply};

fn id() -> SalesforceId {
    SalesforceId::new("500000000000001AAA").unwrap()
}

#[tokio::test]
async fn an_upsert_addresses_the_record_by_its_encoded_key() {
    let org = Org::start(|_, seen| {
        let status = if seen.target.ends_with("new") { 201 } else { 200 };
        Reply::Json(
            status,
            json!({"id": "a01000000000001AAA", "success": true, "errors": [], "created": status == 201}),
        )
    })
    .await;
    let client = org.client();
    let body = json!({"Name": "Circuits", "Course__r": {"Portal_Key__c": "MITx+6.002x"}});
    let updated = client.upsert("Course_Run__c", "Portal_Key__c", "course-v1:MITx+6.002x/é #?%", &body).await.unwrap();
    let made = client.upsert("Course_Run__c", "Portal_Key__c", "new", &body).await.unwrap();

    assert_eq!((updated.created, made.created), (false, true));
    let seen = &org.seen()[0];
    assert_eq!(seen.method, Method::PATCH);
    assert_eq!(
        seen.target,
        "/services/data/v67.0/sobjects/Course_Run__c/Portal_Key__c/course-v1%3AMITx%2B6.002x%2F%C3%A9%20%23%3F%25"
    );
    assert_eq!(seen.bearer(), Some("old"));
    assert_eq!(seen.json(), body);
}

#[tokio::test]
async fn several_records_with_one_key_are_a_mistake_in_the_org() {
    let org =
        Org::start(|_, _| Reply::Json(300, json!(["/services/data/v67.0/sobjects/Course__c/a01000000000001AAA"])))
            .await;
    let error = org.client().upsert("Course__c", "Portal_Key__c", "k", &json!({})).await.unwrap_err();
    assert_eq!((error.code(), error.is_temporary()), (Some("DUPLICATE_EXTERNAL_ID"), false));
}

#[tokio::test]
async fn keys_and_names_that_address_something_else_are_never_sent() {
    let org = Org::start(|_, _| Reply::Json(200, json!({}))).await;
    let client = org.client();
    for (object, key) in [("Course__c", ".."), ("Course__c", "."), ("Course__c", ""), ("Course__c/x", "k"), ("", "k")] {
        let error = client.upsert(object, "Portal_Key__c", key, &json!({})).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Request { .. }), "{object} {key}");
        assert!(!error.is_temporary() && !error.outcome_unknown());
    }
    assert!(org.seen().is_empty());
}

#[tokio::test]
async fn records_are_made_read_changed_and_deleted() {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Case {
        subject: String,
    }
    let org = Org::start(|_, seen| match seen.method {
        Method::POST => Reply::Json(201, json!({"id": "500000000000001", "success": true, "errors": []})),
        Method::GET => Reply::Json(200, json!({"attributes": {}, "Id": "500000000000001AAA", "Subject": "Hello"})),
        _ => Reply::Raw(204, "text/plain", String::new()),
    })
    .await;
    let client = org.client();
    assert_eq!(client.create("Case", &json!({"Subject": "Hello"}), Repeat::Never).await.unwrap().id, id());
    let case: Case = client.retrieve("Case", &id(), &["Subject", "Status"]).await.unwrap();
    assert_eq!(case.subject, "Hello");
    let _: Case = client.retrieve_by_external_id("Case", "Portal_Key__c", "a b", &[]).await.unwrap();
    client.update("Case", &id(), &json!({"Subject": "Bye"}), Repeat::Safe).await.unwrap();
    client.delete("Case", &id(), Repeat::Never).await.unwrap();

    let lines: Vec<_> = org.seen().iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect();
    assert_eq!(
        lines,
        [
            "POST /services/data/v67.0/sobjects/Case",
            "GET /services/data/v67.0/sobjects/Case/500000000000001AAA?fields=Subject%2CStatus",
            "GET /services/data/v67.0/sobjects/Case/Portal_Key__c/a%20b",
            "PATCH /services/data/v67.0/sobjects/Case/500000000000001AAA",
            "DELETE /services/data/v67.0/sobjects/Case/500000000000001AAA",
        ]
    );
}

#[tokio::test]
async fn describes_and_limits_are_read_with_whatever_else_the_org_adds() {
    let org = Org::start(|_, seen| match seen.target.rsplit('/').next() {
        Some("describe") => Reply::Json(
            200,
            json!({"name": "FeedItem", "label": "Feed Item", "keyPrefix": "0D5", "somethingNew": 1, "fields": [
                {"name": "Body", "type": "textarea", "length": 10000, "nillable": true, "filterable": false},
                {"name": "Visibility", "type": "picklist", "picklistValues": [{"value": "AllUsers", "label": "All", "active": true}]}
            ]}),
        ),
        Some("sobjects") => Reply::Json(
            200,
            json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": [{"name": "Case", "keyPrefix": "500", "label": "Case"}]}),
        ),
        _ => Reply::Json(200, json!({"DailyApiRequests": {"Max": 15000, "Remaining": 14982, "Some App": {"Max": 0, "Remaining": 0}}})),
    })
    .await;
    let client = org.client();
    let feed_item = client.describe("FeedItem").await.unwrap();
    assert_eq!(feed_item.field("visibility").unwrap().picklist_values[0].value, "AllUsers");
    assert_eq!(feed_item.field("body").unwrap().length, 10000);
    assert!(feed_item.field("Nope").is_none());
    assert_eq!(client.describe_global().await.unwrap().sobjects[0].key_prefix.as_deref(), Some("500"));
    assert_eq!(client.org_limits().await.unwrap()["DailyApiRequests"].remaining, 14982);
}

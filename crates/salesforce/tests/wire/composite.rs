//! Several requests in one.

use salesforce::{ApiPath, CompositeRequest, ErrorKind, Repeat, Subrequest, reference, rest::looks_like_reference};
use serde_json::{Value, json};

use crate::org::{Org, Reply};

fn post_and_ledger() -> CompositeRequest {
    CompositeRequest {
        all_or_none: true,
        subrequests: vec![
            Subrequest::create("post", "FeedItem", json!({"ParentId": "500000000000001AAA", "Body": "Hello"})),
            Subrequest::create(
                "ledger",
                "Portal_Post__c",
                json!({"Key__c": "k", "Feed_Item__c": reference("post", "id")}),
            ),
        ],
    }
}

fn part(reference_id: &str, status: u16, body: Value) -> Value {
    json!({"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": reference_id})
}

fn halted(reference_id: &str) -> Value {
    let message = "The transaction was rolled back since another operation in the same transaction failed.";
    part(reference_id, 400, json!([{"errorCode": "PROCESSING_HALTED", "message": message}]))
}

#[tokio::test]
async fn parts_go_in_order_and_their_ids_come_back() {
    let org = Org::start(|_, _| {
        Reply::Json(
            200,
            json!({"compositeResponse": [
                part("post", 201, json!({"id": "0D5000000000001CAA", "success": true, "errors": []})),
                part("ledger", 201, json!({"id": "a01000000000001AAA", "success": true, "errors": []})),
            ]}),
        )
    })
    .await;
    let response = org.client().composite(&post_and_ledger(), Repeat::Never).await.unwrap();
    assert!(response.first_failure().is_none());
    assert_eq!(response.get("post").unwrap().id().unwrap().as_str(), "0D5000000000001CAA");
    assert!(response.get("Post").is_none());

    let seen = &org.seen()[0];
    assert_eq!(seen.target, "/services/data/v67.0/composite");
    assert_eq!(
        seen.json(),
        json!({"allOrNone": true, "compositeRequest": [
            {"method": "POST", "url": "/services/data/v67.0/sobjects/FeedItem", "referenceId": "post",
             "body": {"ParentId": "500000000000001AAA", "Body": "Hello"}},
            {"method": "POST", "url": "/services/data/v67.0/sobjects/Portal_Post__c", "referenceId": "ledger",
             "body": {"Key__c": "k", "Feed_Item__c": "@{post.id}"}},
        ]})
    );
}

#[tokio::test]
async fn the_part_that_failed_is_told_from_those_it_took_along() {
    let org = Org::start(|_, _| {
        let duplicate = json!([{"errorCode": "DUPLICATE_VALUE", "fields": ["Key__c"],
            "message": "duplicate value found: Key__c duplicates value on record with id: a01000000000001"}]);
        Reply::Json(200, json!({"compositeResponse": [halted("post"), part("ledger", 400, duplicate)]}))
    })
    .await;
    let response = org.client().composite(&post_and_ledger(), Repeat::Never).await.unwrap();
    let failure = response.first_failure().unwrap();
    assert_eq!((failure.reference_id.as_str(), failure.error.code()), ("ledger", Some("DUPLICATE_VALUE")));
    assert!(!failure.error.is_temporary() && !failure.error.outcome_unknown());
    assert_eq!(failure.error.api_errors()[0].fields, ["Key__c"]);
}

#[tokio::test]
async fn a_locked_row_in_a_part_is_temporary_and_halted_parts_alone_still_fail() {
    let org = Org::start(|_, seen| {
        let first = match seen.json()["allOrNone"].as_bool() {
            Some(true) => part("post", 400, json!([{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "locked"}])),
            _ => halted("post"),
        };
        Reply::Json(200, json!({"compositeResponse": [first, halted("ledger")]}))
    })
    .await;
    let client = org.client();
    let mut request = post_and_ledger();
    assert!(client.composite(&request, Repeat::Never).await.unwrap().first_failure().unwrap().error.is_temporary());
    request.all_or_none = false;
    let failure = client.composite(&request, Repeat::Never).await.unwrap().first_failure().unwrap();
    assert_eq!(failure.error.code(), Some("PROCESSING_HALTED"));
}

#[tokio::test]
async fn a_lost_answer_is_in_doubt_and_is_not_sent_again() {
    let org = Org::start(|_, _| Reply::HangUp).await;
    let error = org.client().composite(&post_and_ledger(), Repeat::Never).await.unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(org.seen().len(), 1);
}

#[tokio::test]
async fn missing_parts_are_an_answer_of_another_shape() {
    let org = Org::start(|_, _| Reply::Json(200, json!({"compositeResponse": []}))).await;
    let error = org.client().composite(&post_and_ledger(), Repeat::Never).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Decode) && error.outcome_unknown());
}

#[tokio::test]
async fn a_request_the_org_would_refuse_whole_is_not_sent() {
    let org = Org::start(|_, _| Reply::Json(200, json!({"compositeResponse": []}))).await;
    let client = org.client();
    let part = |reference_id: &str| Subrequest::create(reference_id, "Case", json!({}));
    let with = |subrequests| CompositeRequest { all_or_none: true, subrequests };
    for request in [
        with(vec![]),
        with((0..26).map(|number| part(&format!("p{number}"))).collect()),
        with(vec![part("with space")]),
        with(vec![part("")]),
        with(vec![Subrequest::upsert("x", "Case", "Portal_Key__c", "..", json!({}))]),
    ] {
        let error = client.composite(&request, Repeat::Never).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Request { .. }), "{error:?}");
    }
    assert!(org.seen().is_empty());
}

#[tokio::test]
async fn keys_in_a_parts_address_are_encoded_and_references_are_not() {
    let org = Org::start(|_, _| {
        Reply::Json(200, json!({"compositeResponse": [part("a", 200, json!({})), part("b", 204, Value::Null)]}))
    })
    .await;
    let request = CompositeRequest {
        all_or_none: false,
        subrequests: vec![
            Subrequest::upsert("a", "Course__c", "Portal_Key__c", "MITx+6.002x/@{b.id}", json!({})),
            Subrequest::new("b", axum::http::Method::DELETE, ApiPath::object("Course__c").reference("a"), None),
        ],
    };
    let response = org.client().composite(&request, Repeat::Never).await.unwrap();
    assert!(response.first_failure().is_none());
    let sent = org.seen()[0].json();
    let url = |part: usize| sent["compositeRequest"][part]["url"].as_str().unwrap().to_owned();
    assert_eq!(url(0), "/services/data/v67.0/sobjects/Course__c/Portal_Key__c/MITx%2B6.002x%2F%40%7Bb.id%7D");
    assert_eq!(url(1), "/services/data/v67.0/sobjects/Course__c/@{a.id}");
}

#[test]
fn what_the_org_would_substitute_is_recognised() {
    assert!(looks_like_reference("see @{post.id}"));
    assert!(looks_like_reference(reference("post", "id").as_str().unwrap()));
    assert!(!looks_like_reference("@ {post.id} {@post}"));
}

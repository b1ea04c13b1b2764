//! Several calls in one: composite, batch, collections, tree.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::Org;

fn statuses(body: &Value) -> Vec<u64> {
    let responses = body["compositeResponse"].as_array().unwrap();
    responses.iter().map(|response| response["httpStatusCode"].as_u64().unwrap()).collect()
}

fn post(case: &str, key: &str, visibility: &str) -> Value {
    let url = "/services/data/v67.0/sobjects";
    json!([
        { "method": "POST", "url": format!("{url}/FeedItem"), "referenceId": "post",
          "body": { "ParentId": case, "Body": "Hello" } },
        { "method": "POST", "url": format!("{url}/Portal_Post__c"), "referenceId": "ledger",
          "body": { "Key__c": key, "Feed_Item__c": "@{post.id}", "Case__c": case, "Visibility__c": visibility } },
    ])
}

async fn composite(org: &Org, all_or_none: bool, requests: Value) -> Value {
    let body = json!({ "allOrNone": all_or_none, "compositeRequest": requests });
    let (status, body) = org.send(Method::POST, "/composite", body).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

#[tokio::test]
async fn a_post_and_its_ledger_row_arrive_together_once() {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    let first = composite(&org, true, post(&case, "k1", "public")).await;
    assert_eq!(statuses(&first), [201, 201]);
    let id = &first["compositeResponse"][0]["body"]["id"];
    assert_eq!(&org.sandbox.records("Portal_Post__c")[0]["Feed_Item__c"], id);
    assert_eq!(
        first["compositeResponse"][0]["httpHeaders"]["Location"],
        format!("/services/data/v67.0/sobjects/FeedItem/{}", id.as_str().unwrap())
    );

    let again = composite(&org, true, post(&case, "k1", "public")).await;
    assert_eq!(statuses(&again), [400, 400]);
    assert_eq!(again["compositeResponse"][0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(again["compositeResponse"][1]["body"][0]["errorCode"], "DUPLICATE_VALUE");
    assert_eq!((org.sandbox.count("FeedItem"), org.sandbox.count("Portal_Post__c")), (1, 1));
}

#[tokio::test]
async fn without_all_or_none_what_is_good_stays() {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    assert_eq!(statuses(&composite(&org, false, post(&case, "k", "everybody")).await), [201, 400]);
    assert_eq!((org.sandbox.count("FeedItem"), org.sandbox.count("Portal_Post__c")), (1, 0));
    assert_eq!(statuses(&composite(&org, true, post(&case, "k", "everybody")).await), [400, 400]);
    assert_eq!(org.sandbox.count("FeedItem"), 1);
}

#[tokio::test]
async fn two_askers_at_once_make_one_chain_of_ancestors() {
    let org = Org::start().await;
    let upsert = |object: &str, key: &str, reference: &str, body: Value| {
        json!({ "method": "PATCH", "url": format!("/services/data/v67.0/sobjects/{object}/Portal_Key__c/{key}"),
                "referenceId": reference, "body": body })
    };
    let chain = json!([
        upsert("Account", "MITx", "account", json!({ "Name": "MITx" })),
        upsert("Publisher_Organization__c", "MITx", "organization", json!({ "Account__c": "@{account.id}" })),
        upsert("Course__c", "c%2F1", "course", json!({ "Publisher_Organization__c": "@{organization.id}" })),
        upsert("Case", "k", "case", json!({ "Subject": "S", "Course__c": "@{course.id}" })),
        { "method": "GET", "url": "/services/data/v67.0/query?q=SELECT+Id,Course__c+FROM+Case", "referenceId": "found" },
        { "method": "PATCH", "url": "/services/data/v67.0/sobjects/Case/@{found.records[0].Id}",
          "referenceId": "again", "body": { "Description": "for @{found.records[0].Course__c}." } },
    ]);
    let (one, two) = tokio::join!(composite(&org, true, chain.clone()), composite(&org, true, chain));
    let mut outcomes = [statuses(&one), statuses(&two)];
    outcomes.sort();
    assert_eq!(outcomes, [[200, 200, 200, 200, 200, 204], [201, 201, 201, 201, 200, 204]]);
    for object in ["Account", "Publisher_Organization__c", "Course__c", "Case"] {
        assert_eq!(org.sandbox.count(object), 1, "{object}");
    }
    let course = org.sandbox.records("Course__c")[0]["Id"].as_str().unwrap().to_owned();
    assert_eq!(org.sandbox.records("Case")[0]["Description"], format!("for {course}."));
}

#[tokio::test]
async fn a_reference_to_nothing_and_a_composite_that_is_wrong_in_itself() {
    let org = Org::start().await;
    let request = |reference: &str, body: Value| json!({ "method": "POST", "url": "/services/data/v67.0/sobjects/Account", "referenceId": reference, "body": body });
    let body = composite(&org, false, json!([request("a", json!({ "Name": "@{b.id}" }))])).await;
    assert_eq!(statuses(&body), [400]);
    assert!(body["compositeResponse"][0]["body"][0]["message"].as_str().unwrap().contains("No value for b.id"));

    let named = json!({ "Name": "x" });
    for wrong in [
        json!([]),
        json!([request("a", named.clone()), request("a", named.clone())]),
        json!([request("a-b", named.clone())]),
        json!([{ "method": "GET" }]),
        Value::Array((0..26).map(|number| request(&format!("r{number}"), named.clone())).collect()),
    ] {
        let (status, _) = org.send(Method::POST, "/composite", json!({ "compositeRequest": wrong })).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(org.sandbox.count("Account"), 0);
}

#[tokio::test]
async fn a_batch_goes_on_past_an_error_unless_told_to_halt() {
    let org = Org::start().await;
    let requests = json!([
        { "method": "POST", "url": "v67.0/sobjects/Account", "richInput": { "Name": "One" } },
        { "method": "GET", "url": "v67.0/sobjects/Nothing__c" },
        { "method": "GET", "url": "/services/data/v67.0/limits" },
    ]);
    let results = |body: &Value| -> Vec<u64> {
        body["results"].as_array().unwrap().iter().map(|result| result["statusCode"].as_u64().unwrap()).collect()
    };
    let (_, body) = org.send(Method::POST, "/composite/batch", json!({ "batchRequests": requests })).await;
    assert_eq!((&body["hasErrors"], results(&body)), (&json!(true), vec![201, 404, 200]));
    let halting = json!({ "haltOnError": true, "batchRequests": requests });
    let (_, body) = org.send(Method::POST, "/composite/batch", halting).await;
    assert_eq!(results(&body), [201, 404, 412]);
    assert_eq!(org.sandbox.count("Account"), 2, "what went before an error stays");
}

#[tokio::test]
async fn collections_are_always_answered_with_200() {
    let org = Org::start().await;
    let contact = |fields: Value| {
        let mut record = json!({ "attributes": { "type": "Contact" } });
        record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        record
    };
    let records = json!([contact(json!({ "LastName": "Good" })), contact(json!({ "FirstName": "Bad" }))]);
    let (status, body) =
        org.send(Method::POST, "/composite/sobjects", json!({ "allOrNone": true, "records": records })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body[0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    assert_eq!(body[1]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    assert_eq!(org.sandbox.count("Contact"), 0);

    let (_, body) = org.send(Method::POST, "/composite/sobjects", json!({ "records": records })).await;
    assert_eq!((&body[0]["success"], &body[1]["success"]), (&json!(true), &json!(false)));
    let id = body[0]["id"].as_str().unwrap();

    let change = json!({ "records": [contact(json!({ "id": id, "LastName": "Better" })), contact(json!({ "id": "003SB0000000099", "LastName": "x" }))] });
    let (_, body) = org.send(Method::PATCH, "/composite/sobjects", change).await;
    assert_eq!(body[0]["success"], true);
    assert_eq!(body[1]["errors"][0]["statusCode"], "INVALID_CROSS_REFERENCE_KEY");

    let keyed = json!({ "records": [contact(json!({ "Portal_Key__c": "u1", "LastName": "Keyed" }))] });
    let path = "/composite/sobjects/Contact/Portal_Key__c";
    let (_, first) = org.send(Method::PATCH, path, keyed.clone()).await;
    let (_, second) = org.send(Method::PATCH, path, keyed).await;
    assert_eq!((&first[0]["created"], &second[0]["created"]), (&json!(true), &json!(false)));

    let asked = format!("/composite/sobjects/Contact?ids=003SB0000000099,{id}&fields=LastName");
    let (_, body) = org.get(&asked).await;
    assert_eq!((&body[0], &body[1]["LastName"]), (&Value::Null, &json!("Better")));

    let (_, body) = org.send(Method::DELETE, &format!("/composite/sobjects?ids={id}"), Value::Null).await;
    assert_eq!(body[0]["success"], true);
    assert_eq!(org.sandbox.count("Contact"), 1);
}

#[tokio::test]
async fn a_tree_is_planted_whole_or_not_at_all() {
    let org = Org::start().await;
    let tree = |last_name: Value| {
        json!({ "records": [{
            "attributes": { "type": "Account", "referenceId": "a" }, "Name": "Northwind",
            "Contacts": { "records": [{ "attributes": { "type": "Contact", "referenceId": "c" }, "LastName": last_name }] },
        }] })
    };
    let (status, body) = org.send(Method::POST, "/composite/tree/Account", tree(Value::Null)).await;
    assert_eq!((status, &body["results"][0]["referenceId"]), (StatusCode::BAD_REQUEST, &json!("c")));
    assert_eq!(org.sandbox.count("Account"), 0);
    let (status, body) = org.send(Method::POST, "/composite/tree/Account", tree(json!("Haddad"))).await;
    assert_eq!((status, &body["hasErrors"]), (StatusCode::CREATED, &json!(false)));
    assert_eq!(org.sandbox.records("Contact")[0]["AccountId"], org.sandbox.records("Account")[0]["Id"]);
}

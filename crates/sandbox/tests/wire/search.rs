//! SOSL over HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{self, Org};

async fn org() -> Org {
    let org = Org::start().await;
    let acme = org.sandbox.create("Account", json!({ "Name": "Acme Learning", "Phone": "555 0100" })).await.unwrap();
    org.sandbox.create("Account", json!({ "Name": "Other", "Description": "Once sold to acme" })).await.unwrap();
    let alex = json!({ "LastName": "Moreau", "AccountId": acme, "Email": "alex@acme.test" });
    org.sandbox.create("Contact", alex).await.unwrap();
    let post = json!({ "ParentId": acme, "Body": "All sold out" });
    org.sandbox.create("FeedItem", post).await.unwrap();
    let gone = org.sandbox.create("Account", json!({ "Name": "Acme Gone" })).await.unwrap();
    org.sandbox.delete("Account", &gone).await.unwrap();
    org
}

async fn find(org: &Org, sosl: &str) -> (StatusCode, Value) {
    client::answer(org.request(Method::GET, "/search/").query(&[("q", sosl)])).await
}

fn names(found: &Value) -> Vec<&str> {
    let records = found["searchRecords"].as_array().unwrap().iter();
    records
        .map(|record| record["Name"].as_str().unwrap_or_else(|| record["attributes"]["type"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn words_are_found_in_the_fields_asked_for() {
    let org = org().await;
    for (sosl, expected) in [
        ("FIND {acme}", vec!["Account", "Account", "Contact"]),
        ("find {ACM*} returning Account(Name), Contact(Name)", vec!["Acme Learning", "Other", "Moreau"]),
        ("FIND {acme} IN NAME FIELDS RETURNING Account(Name), Contact", vec!["Acme Learning"]),
        ("FIND {acme} IN EMAIL FIELDS RETURNING Account, Contact(Name)", vec!["Moreau"]),
        ("FIND {0100} IN PHONE FIELDS RETURNING Account(Name)", vec!["Acme Learning"]),
        ("FIND {acme} RETURNING Account(Name WHERE Phone = null)", vec!["Other"]),
        ("FIND {acme} RETURNING Account(Id, Name ORDER BY Name DESC LIMIT 1)", vec!["Other"]),
        ("FIND {acme} RETURNING Account(Name ORDER BY Name), Contact(Name) LIMIT 1", vec!["Acme Learning"]),
        ("FIND {\"sold to\" AND NOT learning} RETURNING Account(Name)", vec!["Other"]),
        ("FIND {moreau} RETURNING Contact(Account.Name) WITH SNIPPET LIMIT 5", vec!["Contact"]),
        ("FIND 'acme' RETURNING Account(Name WHERE Name LIKE 'o%')", vec!["Other"]),
        (
            "FIND {acme} RETURNING Account(Name, FORMAT(CreatedDate) made ORDER BY Name DESC LIMIT 1 OFFSET 1)",
            vec!["Acme Learning"],
        ),
        (
            "FIND {acme or moreau} IN SIDEBAR FIELDS RETURNING Account(Name), Contact(Name)",
            vec!["Acme Learning", "Moreau"],
        ),
        ("FIND {sold} IN NAME FIELDS RETURNING Account(Name), FeedItem", vec!["FeedItem"]),
        (
            "FIND {acme} RETURNING Contact WITH NETWORK IN ('0DB000000000001') WITH PricebookId = '01s' LIMIT 1",
            vec!["Contact"],
        ),
        ("FIND {nobody}", vec![]),
    ] {
        let (status, found) = find(&org, sosl).await;
        assert_eq!(status, StatusCode::OK, "{sosl}: {found}");
        assert_eq!(names(&found), expected, "{sosl}");
    }
}

#[tokio::test]
async fn a_search_follows_what_changes() {
    let org = org().await;
    let account = org.sandbox.create("Account", json!({ "Name": "Northwind" })).await.unwrap();
    let found = async |word: &str| {
        let sosl = format!("FIND {{{word}}} RETURNING Account(Name)");
        find(&org, &sosl).await.1["searchRecords"].as_array().unwrap().len()
    };
    assert_eq!((found("northwind").await, found("southwind").await), (1, 0));
    let address = format!("/sobjects/Account/{account}");
    org.send(Method::PATCH, &address, json!({ "Name": "Southwind" })).await;
    assert_eq!((found("northwind").await, found("southwind").await), (0, 1));
    org.sandbox.delete("Account", &account).await.unwrap();
    assert_eq!(found("southwind").await, 0);
    org.control("undelete", json!({ "ids": [account] })).await;
    assert_eq!(found("southw*").await, 1);
}

#[tokio::test]
async fn what_a_search_cannot_do_answers_501() {
    let org = org().await;
    for sosl in [
        "FIND {acme} RETURNING Account(Name USING ListView = Mine)",
        "FIND {acme} RETURNING Account WITH DATA CATEGORY Geography__c AT Rome__c",
    ] {
        let (status, body) = find(&org, sosl).await;
        assert_eq!((status, &body[0]["errorCode"]), (StatusCode::NOT_IMPLEMENTED, &json!("NOT_IMPLEMENTED")), "{sosl}");
    }
}

#[tokio::test]
async fn a_wrong_search_says_so() {
    let org = org().await;
    for (sosl, code) in [
        ("FIND acme", "MALFORMED_SEARCH"),
        ("FIND {acme", "MALFORMED_SEARCH"),
        ("FIND {a}", "MALFORMED_SEARCH"),
        ("SELECT Id FROM Account", "MALFORMED_SEARCH"),
        ("FIND {acme} IN BODY FIELDS", "MALFORMED_SEARCH"),
        ("FIND {acme} RETURNING Account(COUNT(Id))", "MALFORMED_SEARCH"),
        ("FIND {acme} RETURNING Account(Name) LIMIT", "MALFORMED_SEARCH"),
        ("FIND {acme} RETURNING Account(Bad)", "INVALID_FIELD"),
        ("FIND {acme} RETURNING Nothing__c", "INVALID_TYPE"),
        ("FIND {acme} RETURNING Organization", "INVALID_TYPE"),
    ] {
        let (status, body) = find(&org, sosl).await;
        assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!(code)), "{sosl}: {body}");
    }
    let (_, body) = find(&org, "FIND {acme}\nRETURNING Account(Bad)").await;
    assert!(body[0]["message"].as_str().unwrap().contains("ERROR at Row:2:Column:19"), "{body}");
    assert_eq!(org.get("/search").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_search_can_be_told_apart_in_parameters() {
    let org = org().await;
    let url = "/parameterizedSearch?q=acme&sobject=Account&Account.fields=id,name&Account.limit=1&sobject=Contact&fields=Name";
    assert_eq!(names(&org.get(url).await.1), ["Acme Learning", "Moreau"]);
    let body = json!({
        "q": "acme", "in": "NAME", "overallLimit": 5,
        "sobjects": [{ "name": "Account", "fields": ["Name"], "where": "Name != 'x'", "orderBy": "Name", "limit": 3 }],
    });
    assert_eq!(names(&org.send(Method::POST, "/parameterizedSearch", body).await.1), ["Acme Learning"]);
    let (status, body) = org.send(Method::POST, "/parameterizedSearch", json!({})).await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("MALFORMED_SEARCH")));
}

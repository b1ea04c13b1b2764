//! Queries over HTTP: pages, and what is told about the org.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{self, Org};

async fn contacts(org: &Org, count: usize) {
    for start in (0..count).step_by(200) {
        let records: Vec<Value> = (start..(start + 200).min(count))
            .map(|number| json!({ "attributes": { "type": "Contact" }, "LastName": format!("Person {number:03}") }))
            .collect();
        let (status, _) = org.send(Method::POST, "/composite/sobjects", json!({ "records": records })).await;
        assert_eq!(status, StatusCode::OK);
    }
}

fn small_pages(org: &Org) -> reqwest::RequestBuilder {
    org.request(Method::GET, "/query")
        .query(&[("q", "SELECT LastName FROM Contact ORDER BY LastName")])
        .header("Sforce-Query-Options", "batchSize=200")
}

#[tokio::test]
async fn pages_follow_one_another_and_dont_move_when_records_change() {
    let org = Org::start().await;
    contacts(&org, 450).await;
    let (_, mut page) = client::answer(small_pages(&org)).await;
    assert_eq!((&page["totalSize"], &page["done"]), (&json!(450), &json!(false)));
    org.sandbox.create("Contact", json!({ "LastName": "Aaron" })).await.unwrap();
    let mut names = Vec::new();
    loop {
        let records = page["records"].as_array().unwrap();
        names.extend(records.iter().map(|record| record["LastName"].as_str().unwrap().to_owned()));
        let Some(next) = page["nextRecordsUrl"].as_str() else { break };
        let next = next.strip_prefix("/services/data/v67.0").unwrap();
        assert!(next.starts_with("/query/0r8"), "{next}");
        page = org.get(next).await.1;
    }
    assert_eq!(page["done"], true);
    let expected: Vec<String> = (0..450).map(|number| format!("Person {number:03}")).collect();
    assert_eq!(names, expected);
}

#[tokio::test]
async fn a_cursor_dies_with_its_session() {
    let mut org = Org::start().await;
    contacts(&org, 201).await;
    let (_, page) = client::answer(small_pages(&org)).await;
    let next = page["nextRecordsUrl"].as_str().unwrap().strip_prefix("/services/data/v67.0").unwrap().to_owned();
    assert_eq!(org.get(&next).await.0, StatusCode::OK);
    org.sandbox.expire_sessions();
    org.token = org.sandbox.token();
    let (status, body) = org.get(&next).await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("INVALID_QUERY_LOCATOR")));
}

#[tokio::test]
async fn a_wrong_query_says_where() {
    let org = Org::start().await;
    let (status, body) = org.get("/query?q=SELECT+Bad+FROM+Contact").await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("INVALID_FIELD")));
    let message = body[0]["message"].as_str().unwrap();
    assert!(message.contains("ERROR at Row:1:Column:8"), "{message}");
    assert_eq!(org.get("/query?q=SELECT").await.1[0]["errorCode"], "MALFORMED_QUERY");
    assert_eq!(org.get("/query").await.1[0]["errorCode"], "MALFORMED_QUERY");
}

#[tokio::test]
async fn what_the_sandbox_cannot_do_answers_501_and_groups_have_no_second_page() {
    let org = Org::start().await;
    let place = "/query?q=SELECT+Id+FROM+Account+ORDER+BY+DISTANCE(Place__c,GEOLOCATION(1,2),'km')";
    let (status, body) = org.get(place).await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::NOT_IMPLEMENTED, &json!("NOT_IMPLEMENTED")));
    assert!(body[0]["message"].as_str().unwrap().contains("DISTANCE()"), "{body}");

    contacts(&org, 201).await;
    let groups = |limit: &str| {
        let soql = format!("SELECT LastName, COUNT(Id) FROM Contact GROUP BY LastName {limit}");
        client::answer(
            org.request(Method::GET, "/query").query(&[("q", soql)]).header("Sforce-Query-Options", "batchSize=200"),
        )
    };
    let (status, body) = groups("").await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("EXCEEDED_ID_LIMIT")));
    assert_eq!(groups("LIMIT 200").await.1["totalSize"], 200);
}

#[tokio::test]
async fn a_scope_is_about_whose_session_it_is() {
    let org = Org::start().await;
    org.sandbox.create("Case", json!({ "Subject": "mine" })).await.unwrap();
    org.sandbox.create_as(sandbox::RILEY_ID, "Case", json!({ "Subject": "Riley's" })).await.unwrap();
    let subjects = org.query("SELECT Subject FROM Case USING SCOPE mine").await;
    assert_eq!((&subjects["totalSize"], &subjects["records"][0]["Subject"]), (&json!(1), &json!("mine")));
}

#[tokio::test]
async fn internal_posts_are_readable_by_the_api_user() {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    let note = json!({ "ParentId": case, "Body": "for us", "Visibility": "InternalUsers" });
    org.sandbox.create_as(sandbox::RILEY_ID, "FeedItem", note).await.unwrap();
    let soql = format!("SELECT Body, Visibility, CreatedBy.Name FROM FeedItem WHERE ParentId = '{case}'");
    let row = &org.query(&soql).await["records"][0];
    assert_eq!((&row["Body"], &row["CreatedBy"]["Name"]), (&json!("for us"), &json!("Riley Reviewer")));
}

#[tokio::test]
async fn changed_and_deleted_records_are_listed_by_time() {
    let org = Org::start().await;
    let kept = org.sandbox.create("Account", json!({ "Name": "kept" })).await.unwrap();
    let gone = org.sandbox.create("Account", json!({ "Name": "gone" })).await.unwrap();
    org.sandbox.delete("Account", &gone).await.unwrap();
    let stamp = org.sandbox.records("Account")[0]["SystemModstamp"].as_str().unwrap().to_owned();
    let day = &stamp[..10];
    let span = format!("start={day}T00%3A00%3A00%2B00%3A00&end={day}T23%3A59%3A59%2B00%3A00");
    assert_eq!(org.get(&format!("/sobjects/Account/updated?{span}")).await.1["ids"], json!([kept]));
    let (_, deleted) = org.get(&format!("/sobjects/Account/deleted?{span}")).await;
    assert_eq!(deleted["deletedRecords"][0]["id"], gone);
    assert_eq!(org.get("/sobjects/Account/updated?start=x&end=y").await.0, StatusCode::BAD_REQUEST);
    for resource in ["updated", "deleted"] {
        let span = format!("start={day}T00%3A00%3A00%2B00%3A00&end={day}T00%3A00%3A59%2B00%3A00");
        let (_, body) = org.get(&format!("/sobjects/Account/{resource}?{span}")).await;
        assert_eq!(body[0]["errorCode"], "INVALID_REPLICATION_DATE", "less than a minute");
    }
}

#[tokio::test]
async fn versions_need_no_session_and_everything_else_does() {
    let org = Org::start().await;
    let (status, versions) = client::answer(org.http.get(format!("{}/services/data/", org.sandbox.url()))).await;
    assert_eq!(status, StatusCode::OK);
    let newest = versions.as_array().unwrap().last().unwrap();
    assert_eq!(newest, &json!({ "label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0" }));
    let (status, _) = client::answer(org.http.get(format!("{}/services/data/v67.0/limits", org.sandbox.url()))).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);

    let (_, map) = org.get("").await;
    assert_eq!(map["sobjects"], "/services/data/v67.0/sobjects");
    let identity = org.http.get(map["identity"].as_str().unwrap()).bearer_auth(&org.token);
    assert_eq!(client::answer(identity).await.1["username"], "admin@sandbox.test");
    assert_eq!(org.get("/sobjects/Case/describe").await.1["keyPrefix"], "500");
    let (_, global) = org.get("/sobjects/").await;
    assert!(global["sobjects"].as_array().unwrap().iter().any(|object| object["name"] == "Portal_Post__c"));
    let old = org.http.get(format!("{}/services/data/v20.0/limits", org.sandbox.url())).bearer_auth(&org.token);
    let (status, body) = client::answer(old).await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::GONE, &json!("UNSUPPORTED_API_VERSION")));
}

/// Names of the children in a list, and where it goes on.
fn children(list: &Value) -> (Vec<&str>, Option<&str>) {
    let names = list["records"].as_array().unwrap().iter().map(|record| record["LastName"].as_str().unwrap());
    (names.collect(), list["nextRecordsUrl"].as_str())
}

#[tokio::test]
async fn a_long_list_of_children_goes_on_by_its_own_locator() {
    let org = Org::start().await;
    let account = org.sandbox.create("Account", json!({ "Name": "Many" })).await.unwrap();
    contacts(&org, 1_200).await;
    org.sandbox.create("Account", json!({ "Name": "None" })).await.unwrap();
    for start in (0..1_200).step_by(200) {
        let soql = format!("SELECT Id FROM Contact ORDER BY LastName LIMIT 200 OFFSET {start}");
        let rows = org.query(&soql).await;
        let rows = rows["records"].as_array().unwrap().iter();
        let records: Vec<Value> = rows
            .map(|row| json!({ "attributes": { "type": "Contact" }, "id": row["Id"], "AccountId": account }))
            .collect();
        org.send(Method::PATCH, "/composite/sobjects", json!({ "records": records })).await;
    }
    let soql = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account ORDER BY Name";
    let asked = |size: Option<&str>| {
        let request = org.request(Method::GET, "/query").query(&[("q", soql)]);
        client::answer(match size {
            Some(size) => request.header("Sforce-Query-Options", format!("batchSize={size}")),
            None => request,
        })
    };
    for (size, first, others) in [(None, 499, vec![701]), (Some("200"), 199, vec![200, 200, 200, 200, 200, 1])] {
        let (_, answer) = asked(size).await;
        assert_eq!((&answer["done"], &answer["records"][1]["Contacts"]), (&json!(true), &Value::Null));
        let list = &answer["records"][0]["Contacts"];
        assert_eq!((&list["totalSize"], &list["done"]), (&json!(1_200), &json!(false)));
        let (names, mut next) = children(list);
        assert_eq!(names.len(), first);
        let mut all: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let mut page;
        let mut counts = Vec::new();
        while let Some(path) = next {
            assert!(path.ends_with(&format!("-{}", all.len())), "{path}");
            page = org.get(path.strip_prefix("/services/data/v67.0").unwrap()).await.1;
            let (names, further) = children(&page);
            assert_eq!((&page["totalSize"], page["done"] == true), (&json!(1_200), further.is_none()));
            counts.push(names.len());
            all.extend(names.into_iter().map(str::to_owned));
            next = further;
        }
        assert_eq!(counts, others);
        all.dedup();
        assert_eq!((all.len(), all[0].as_str(), all[1_199].as_str()), (1_200, "Person 000", "Person 999"));
    }
}

//! Pages.

use futures::{StreamExt as _, TryStreamExt as _, pin_mut};
use rstest::rstest;
use salesforce::{ErrorKind, Field, Page, Soql};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::org::{Org, Reply};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    number: u32,
}

fn rows(numbers: std::ops::Range<u32>, next: Option<&str>) -> Reply {
    let records: Vec<Value> = numbers.map(|number| json!({"attributes": {"type": "Case"}, "Number": number})).collect();
    let mut answer = json!({"totalSize": 5, "done": next.is_none(), "records": records});
    if let Some(next) = next {
        answer["nextRecordsUrl"] = next.into();
    }
    Reply::Json(200, answer)
}

fn numbers() -> Soql {
    Soql::select(["Number"]).from("Case")
}

#[tokio::test]
async fn pages_come_in_order_and_only_when_asked_for() {
    let org = Org::start(|_, seen| match seen.target.rsplit('/').next().unwrap() {
        "0r8000000000000001-2" => rows(2..4, Some("/services/data/v67.0/query/0r8000000000000001-4")),
        "0r8000000000000001-4" => rows(4..5, None),
        _ => rows(0..2, Some("/services/data/v67.0/query/0r8000000000000001-2")),
    })
    .await;
    let soql = numbers().filter(Field("Subject").eq("50% & é + \"x\"")).page_size(200);
    let client = org.client();
    let pages = client.query::<Row>(&soql);
    pin_mut!(pages);
    let first: Page<Row> = pages.next().await.unwrap().unwrap();
    assert_eq!((first.records.len(), first.total), (2, 5));
    assert_eq!(org.seen().len(), 1);

    let rest: Vec<Page<Row>> = pages.try_collect().await.unwrap();
    let all: Vec<u32> =
        first.records.iter().chain(rest.iter().flat_map(|page| &page.records)).map(|row| row.number).collect();
    assert_eq!(all, [0, 1, 2, 3, 4]);

    let seen = org.seen();
    let query = seen[0].target.strip_prefix("/services/data/v67.0/query?").unwrap();
    let (_, text) = url::form_urlencoded::parse(query.as_bytes()).next().unwrap();
    assert_eq!(text, soql.text().unwrap());
    assert_eq!(seen[0].headers["sforce-query-options"], "batchSize=200");
    assert_eq!(seen[1].target, "/services/data/v67.0/query/0r8000000000000001-2");
}

#[tokio::test]
async fn a_dead_locator_says_so_after_the_pages_that_came() {
    let org = Org::start(|_, seen| match seen.target.contains("0r8") {
        true => Reply::error(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
        false => rows(0..2, Some("/services/data/v67.0/query/0r8000000000000001-2")),
    })
    .await;
    let pages: Vec<_> = org.client().query::<Row>(&numbers()).collect().await;
    assert_eq!(pages.len(), 2);
    assert_eq!(pages[0].as_ref().unwrap().records.len(), 2);
    let error = pages[1].as_ref().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::LocatorExpired));
    assert!(error.is_temporary());
}

#[rstest]
#[case::host("https://evil.test/services/data/v67.0/query/0r8-2")]
#[case::scheme_relative("//evil.test/services/data/v67.0/query/0r8-2")]
#[case::user_info("@evil.test/query")]
#[case::circle("/services/data/v67.0/query/0r8-circle")]
#[tokio::test]
async fn a_next_page_that_leads_elsewhere_or_in_a_circle_is_not_followed(#[case] next: &'static str) {
    let org = Org::start(move |_, _| rows(0..2, Some(next))).await;
    let error = org.client().query_all::<Row>(&numbers()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Decode), "{error:?}");
    assert!(org.seen().len() <= 2);
}

#[tokio::test]
async fn deleted_rows_and_counts_have_their_own_ways() {
    let org = Org::start(|_, _| Reply::Json(200, json!({"totalSize": 290, "done": true, "records": []}))).await;
    let client = org.client();
    assert_eq!(client.query_total(&Soql::count().from("Course__c")).await.unwrap(), 290);
    client.query_all::<Row>(&numbers().with_deleted()).await.unwrap();
    let seen = org.seen();
    assert_eq!(seen[0].target, "/services/data/v67.0/query?q=SELECT+COUNT%28%29+FROM+Course__c");
    assert!(seen[1].target.starts_with("/services/data/v67.0/queryAll?q="));
}

#[tokio::test]
async fn a_query_that_no_uri_can_hold_is_refused_before_it_is_sent() {
    let org = Org::start(|_, _| rows(0..0, None)).await;
    let long = numbers().filter(Field("Subject").eq("x".repeat(20_000)));
    let error = org.client().query_all::<Row>(&long).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Request { .. }), "{error:?}");
    let bad = Soql::select(["Id FROM User"]).from("Case");
    let error = org.client().query_all::<Row>(&bad).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Request { .. }), "{error:?}");
    assert!(org.seen().is_empty());
}

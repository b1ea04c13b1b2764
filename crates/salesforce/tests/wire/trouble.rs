//! Broken connections, slow and strange answers: what the client repeats, and what it says.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use rstest::rstest;
use salesforce::{ErrorKind, Repeat};
use serde_json::json;

use crate::org::{Org, Reply};

const CREATED: &str = "500000000000001AAA";

fn created() -> Reply {
    Reply::Json(201, json!({"id": CREATED, "success": true, "errors": []}))
}

/// Loses the first answers, after having read the requests.
async fn org_losing(answers: usize) -> Org {
    let asked = AtomicUsize::new(0);
    Org::start(move |_, _| if asked.fetch_add(1, Ordering::SeqCst) < answers { Reply::HangUp } else { created() }).await
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_not_sent_again_and_says_it_may_have_happened() {
    let org = org_losing(1).await;
    let error = org.client().create("Case", &json!({"Subject": "x"}), Repeat::Never).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Interrupted), "{error:?}");
    assert!(error.outcome_unknown() && error.is_temporary());
    assert_eq!(org.seen().len(), 1);
}

#[tokio::test]
async fn what_may_be_repeated_is_repeated_once() {
    let org = org_losing(1).await;
    let upserted = org.client().upsert("Course__c", "Portal_Key__c", "k", &json!({"Name": "x"})).await.unwrap();
    assert_eq!(upserted.id.as_str(), CREATED);
    assert_eq!(org.seen().len(), 2);

    let org = org_losing(9).await;
    let error = org.client().create("Case", &json!({}), Repeat::Safe).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Interrupted) && error.outcome_unknown());
    assert_eq!(org.seen().len(), 2);
}

#[tokio::test]
async fn a_clear_refusal_of_the_second_try_leaves_the_first_in_doubt() {
    let asked = AtomicUsize::new(0);
    let org = Org::start(move |_, _| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::HangUp,
        _ => Reply::error(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access"),
    })
    .await;
    let error = org.client().upsert("Course__c", "Portal_Key__c", "k", &json!({})).await.unwrap_err();
    assert_eq!(error.code(), Some("UNABLE_TO_LOCK_ROW"));
    assert!(error.outcome_unknown());
}

#[tokio::test]
async fn a_lost_read_has_done_nothing() {
    let org = org_losing(9).await;
    let error = org.client().describe("Case").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Interrupted) && !error.outcome_unknown());
}

#[tokio::test]
async fn an_org_that_is_down_has_done_nothing() {
    let org = Org::start(|_, _| created()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let client = org.client();
    client.connect(crate::org::tokens(&nobody, "old", "refresh-1")).await.unwrap();
    let error = client.create("Case", &json!({}), Repeat::Never).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Connect), "{error:?}");
    assert!(error.is_temporary() && !error.outcome_unknown());
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let org = Org::start(|_, _| Reply::Silence).await;
    let client = org.client_with_deadline(Duration::from_millis(50));
    let error = client.create("Case", &json!({}), Repeat::Safe).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout), "{error:?}");
    assert!(error.is_temporary() && error.outcome_unknown());
    assert_eq!(org.seen().len(), 1);

    let error = client.describe("Case").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout) && !error.outcome_unknown());
}

#[tokio::test]
async fn a_renewal_that_hangs_ends_at_the_deadline_with_nothing_done() {
    let org = Org::start(|_, seen| if seen.is_token_request() { Reply::Silence } else { Reply::expired() }).await;
    let client = org.client_with_deadline(Duration::from_millis(50));
    let error = client.create("Case", &json!({}), Repeat::Never).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout), "{error:?}");
    assert!(error.is_temporary() && !error.outcome_unknown());
}

#[rstest]
#[case::gateway(502, "text/html", "<html>Bad gateway</html>", true, true)]
#[case::org(503, "application/json", r#"[{"errorCode":"SERVER_UNAVAILABLE","message":"busy"}]"#, true, false)]
#[case::throttled(420, "text/plain", "", true, false)]
#[case::to_a_maintenance_page(302, "text/html", "", true, false)]
#[case::validation(
    400,
    "application/json",
    r#"[{"errorCode":"STRING_TOO_LONG","message":"Subject: too large"}]"#,
    false,
    false
)]
#[tokio::test]
async fn refusals_tell_whether_to_wait_and_whether_to_doubt(
    #[case] status: u16,
    #[case] kind: &'static str,
    #[case] body: &'static str,
    #[case] temporary: bool,
    #[case] in_doubt: bool,
) {
    let org = Org::start(move |_, _| Reply::Raw(status, kind, body.to_owned())).await;
    let error = org.client().create("Case", &json!({}), Repeat::Never).await.unwrap_err();
    assert_eq!(error.status(), Some(status));
    assert_eq!((error.is_temporary(), error.outcome_unknown()), (temporary, in_doubt));
}

#[tokio::test]
async fn a_page_in_place_of_an_answer_is_an_interruption() {
    let org = Org::start(|_, _| Reply::Raw(200, "text/html", "<html>Back soon</html>".to_owned())).await;
    let error = org.client().create("Case", &json!({}), Repeat::Never).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Interrupted));
    assert!(error.outcome_unknown() && error.is_temporary());
}

#[tokio::test]
async fn an_answer_of_another_shape_is_not_waited_out() {
    let org = Org::start(|_, _| Reply::Json(201, json!({"id": 17}))).await;
    let error = org.client().create("Case", &json!({}), Repeat::Never).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Decode));
    assert!(error.outcome_unknown() && !error.is_temporary());
}

#[tokio::test]
async fn a_redirect_does_not_take_the_token_elsewhere() {
    let elsewhere = Org::start(|_, _| created()).await;
    let target = elsewhere.url.to_string();
    let org =
        Org::start(move |_, _| Reply::Raw(307, "text/plain", String::new()).with_header("location", &target)).await;
    org.client().describe("Case").await.unwrap_err();
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn usage_is_kept_from_every_answer_good_or_bad() {
    let asked = AtomicUsize::new(0);
    let org = Org::start(move |_, _| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => created().with_header("sforce-limit-info", "api-usage=18/15000"),
        _ => Reply::error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
            .with_header("sforce-limit-info", "api-usage=15000/15000"),
    })
    .await;
    let client = org.client();
    assert_eq!(client.limits(), None);
    client.create("Case", &json!({}), Repeat::Never).await.unwrap();
    assert_eq!(client.limits().unwrap().remaining(), 14_982);

    let error = client.clone().create("Case", &json!({}), Repeat::Never).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { .. }) && error.is_temporary() && !error.outcome_unknown());
    assert_eq!(
        (error.code(), error.message().as_str()),
        (Some("REQUEST_LIMIT_EXCEEDED"), "TotalRequests Limit exceeded.")
    );
    assert_eq!(client.limits().unwrap().remaining(), 0);
}

//! Everything that goes wrong between here and the org: one effect, whatever happens.

use std::time::Duration;

use domain::{PostState, Role};
use engine::{Limits, OrgState, Wait};
use rstest::rstest;
use sandbox::{Fault, FaultAction};
use serde_json::json;
use store::Backend;

use crate::portal::{Connected, circuits, comment, cs50, text};

fn counts(connected: &Connected) -> (usize, usize, usize) {
    (connected.org.count("Case"), connected.org.count("FeedItem"), connected.org.count("Portal_Post__c"))
}

#[rstest]
#[case::before_commit(FaultAction::DropBeforeCommit)]
#[case::after_commit(FaultAction::DropAfterCommit)]
#[case::lock(FaultAction::LockRow)]
#[case::unavailable(FaultAction::Status)]
#[tokio::test]
async fn a_call_that_fails_at_any_step_ends_in_one_effect(
    #[case] action: FaultAction,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("/Account/", "/Publisher_Organization__c/", "/Course__c/", "/Contact/", "/Case/", "/composite")]
    step: &str,
) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    // Twice: the client's own repetition fails too.
    connected.org.faults().add(Fault::new(action).on("*", step).times(2));
    let post = connected.say(&pat, circuits(), comment("once")).await;
    if post.state == PostState::Queued {
        for _ in 0..3 {
            connected.later();
            connected.engine().deliver_due().await.unwrap();
        }
    }
    assert_eq!(connected.post(&pat, circuits(), post.id).await.state, PostState::Delivered);
    assert_eq!(counts(&connected), (1, 1, 1));
    for object in ["Account", "Publisher_Organization__c", "Course__c", "Contact"] {
        assert_eq!(connected.org.count(object), 1, "{object}");
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn while_the_org_is_down_pages_read_and_posts_wait(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let pat = portal.person("pat", Role::Partner, &["MITx", "HarvardX"]).await;
    org.faults().add(Fault::new(FaultAction::Refuse));
    for number in 0..6 {
        portal.clock.advance(Duration::from_millis(10));
        let course = if number % 2 == 0 { circuits() } else { cs50() };
        let body = comment(&number.to_string());
        connected.engine().post_comment(&pat, course, body, Wait::ForNothing).await.unwrap();
        connected.engine().deliver_due().await.unwrap();
        portal.clock.advance(Duration::from_secs(20));
    }
    let view = connected.engine().course(&pat, circuits()).await.unwrap();
    assert_eq!(view.thread.posts.len(), 3);
    assert!(view.thread.posts.iter().all(|post| post.state == PostState::Queued));
    assert_eq!(view.org, OrgState::Behind);
    let refused = org.requests().len();
    connected.engine().deliver_due().await.unwrap();
    assert_eq!(org.requests().len(), refused, "the breaker is open, nothing is sent");

    org.faults().clear();
    for _ in 0..12 {
        connected.later();
        connected.engine().deliver_due().await.unwrap();
    }
    assert_eq!(counts(&connected), (2, 6, 6));
    assert_eq!(connected.bodies(&pat, circuits()).await, ["0", "2", "4"]);
    let order: Vec<_> = org.records("FeedItem").iter().map(|item| item["Body"].as_str().unwrap().to_owned()).collect();
    let of_circuits: Vec<_> = order.iter().filter(|body| body.ends_with(['0', '2', '4'])).cloned().collect();
    let mut sorted = of_circuits.clone();
    sorted.sort();
    assert_eq!(of_circuits, sorted, "a case's posts arrive in the order they were written");
    assert_eq!(
        connected.engine().course(&pat, circuits()).await.unwrap().org,
        OrgState::Behind,
        "nothing was polled yet"
    );
    connected.engine().poll_once().await.unwrap();
    assert_eq!(connected.engine().course(&pat, circuits()).await.unwrap().org, OrgState::Connected);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_process_killed_in_the_middle_of_a_delivery_leaves_one_effect(
    #[case] backend: Backend,
    #[values("/Account/", "/Case/", "/composite")] step: &str,
) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let post = portal.engine.post_comment(&pat, circuits(), comment("once"), Wait::ForNothing).await.unwrap();
    // The org does the step, and its answer takes for ever: the process dies waiting for it.
    org.faults().add(Fault::new(FaultAction::Delay).on("*", step).delay_ms(3_600_000).times(1));
    let before = org.requests().len();
    {
        let dying = portal.engine.deliver_due();
        tokio::pin!(dying);
        loop {
            tokio::select! {
                _ = &mut dying => panic!("the delivery ended"),
                () = tokio::task::yield_now() => {
                    if org.faults().list().is_empty() && org.requests().len() >= before { break }
                }
            }
        }
    }
    let reborn = portal.another_engine().await;
    assert_eq!(reborn.deliver_due().await.unwrap(), 0, "the lease is still the dead process's");
    connected.later();
    reborn.deliver_due().await.unwrap();
    assert_eq!(connected.post(&pat, circuits(), post.id).await.state, PostState::Delivered);
    assert_eq!(counts(&connected), (1, 1, 1));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_the_org_refuses_for_good_fails_alone_and_can_be_sent_again(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let olga = portal.person("olga", Role::Partner, &["MITx"]).await;
    let staff = portal.person("sam", Role::Staff, &[]).await;
    connected.say(&pat, circuits(), comment("fine")).await;
    let says = "Comments are closed for the holidays.";
    let fault = Fault::new(FaultAction::Status).on("POST", "/composite").times(1);
    org.faults().add(fault.status(400).saying("FIELD_CUSTOM_VALIDATION_EXCEPTION", says));
    portal.clock.advance(Duration::from_secs(1));
    let refused = connected.say(&pat, circuits(), comment("refused")).await;
    assert_eq!(refused.state, PostState::Failed { reason: says.to_owned() });
    portal.clock.advance(Duration::from_secs(1));
    assert_eq!(connected.say(&pat, circuits(), comment("fine too")).await.state, PostState::Delivered);
    assert_eq!(connected.bodies(&staff, circuits()).await, ["fine", "refused", "fine too"]);
    assert_eq!(connected.bodies(&olga, circuits()).await, ["fine", "fine too"], "nobody else waits for it");
    let admin = portal.person("ada", Role::Admin, &[]).await;
    assert_eq!(connected.engine().connection(&admin).await.unwrap().dead_deliveries, 1);

    let again = connected.engine().retry_post(&pat, refused.id).await.unwrap();
    assert_eq!(again.state, PostState::Queued);
    connected.engine().deliver_due().await.unwrap();
    assert_eq!(connected.post(&olga, circuits(), refused.id).await.state, PostState::Delivered);
    assert_eq!(counts(&connected), (1, 3, 3));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_record_deleted_in_the_org_is_made_again(
    #[case] backend: Backend,
    #[values("Case", "Contact", "Course__c", "Publisher_Organization__c")] object: &str,
) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    connected.say(&pat, circuits(), comment("one")).await;
    let id = connected.org.records(object)[0]["Id"].as_str().unwrap().to_owned();
    if object == "Contact" {
        // The org lets nobody delete a contact that has cases.
        let case = connected.case();
        connected.org.update("Case", &case, serde_json::json!({ "ContactId": null })).await.unwrap();
    }
    connected.org.delete(object, &id).await.unwrap();
    let post = connected.say(&pat, circuits(), comment("two")).await;
    assert_eq!(post.state, PostState::Delivered);
    assert_eq!(connected.org.count("Case"), 1);
    if object == "Case" || object == "Contact" {
        assert_eq!(connected.org.count(object), 1);
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_expired_session_is_renewed_on_the_way(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    connected.say(&pat, circuits(), comment("one")).await;
    connected.org.expire_sessions();
    assert_eq!(connected.say(&pat, circuits(), comment("two")).await.state, PostState::Delivered);
    connected.org.expire_sessions();
    connected.engine().poll_once().await.unwrap();
    assert_eq!(counts(&connected), (1, 2, 2));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn when_the_days_calls_are_nearly_used_up_reading_stops_and_writing_goes_on(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    connected.org.set_api_budget(100_000);
    connected.say(&pat, circuits(), comment("one")).await;
    let poll = connected.engine().poll_once().await.unwrap();
    assert_eq!(poll.outcome, engine::PollOutcome::Budget);
    assert_eq!(connected.say(&pat, circuits(), comment("two")).await.state, PostState::Delivered);
    connected.org.set_api_budget(1_000_000);
    connected.portal.clock.advance(Duration::from_secs(3_600));
    connected.say(&pat, circuits(), comment("three")).await;
    assert_eq!(connected.engine().poll_once().await.unwrap().outcome, engine::PollOutcome::Complete);
}

#[tokio::test]
async fn an_org_with_much_to_tell_is_not_one_that_is_away() {
    let connected = Connected::new(Backend::Sqlite).await;
    let Connected { portal, org } = &connected;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    connected.say(&pat, circuits(), comment("first")).await;
    connected.engine().poll_once().await.unwrap();
    let case = text(&org.records("Case")[0], "Id");
    for number in 0..Limits::default().poll_page + 20 {
        org.create("FeedItem", json!({"ParentId": case, "Body": format!("{number}"), "Visibility": "AllUsers"}))
            .await
            .unwrap();
    }
    // Cases come, and a page of the items; the next one doesn't.
    let read = |action| Fault::new(action).on("GET", "/queryAll");
    org.faults().add(read(FaultAction::Delay).delay_ms(1).times(2));
    org.faults().add(read(FaultAction::Status).status(400).saying("OTHER", "no").times(1));
    for _ in 0..4 {
        connected.later();
    }
    assert_eq!(connected.engine().course(&pat, circuits()).await.unwrap().org, OrgState::Behind);
    assert!(connected.engine().poll_once().await.is_err());
    assert_eq!(connected.engine().course(&pat, circuits()).await.unwrap().org, OrgState::CatchingUp);
    connected.engine().poll_once().await.unwrap();
    assert_eq!(connected.engine().course(&pat, circuits()).await.unwrap().org, OrgState::Connected);
}

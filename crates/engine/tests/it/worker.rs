//! The background loops, and requests that wait for them.

use std::time::Duration;

use domain::{PostState, Role};
use engine::{DraftText, OrgOptions, OrgState, Wait};
use futures::StreamExt;
use rstest::rstest;
use sandbox::{Fault, FaultAction, Sandbox, SandboxOptions};
use serde_json::json;
use store::Backend;
use tokio_util::sync::CancellationToken;

use crate::portal::{Connected, Portal, circuits, comment, new_key, org_at};

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_request_waits_for_the_worker_and_answers_delivered(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    let stop = CancellationToken::new();
    let engine = connected.engine().clone();
    let worker = tokio::spawn({
        let stop = stop.clone();
        async move { engine.run_worker(stop).await }
    });
    let mut versions = connected.engine().subscribe(&pat, circuits()).await.unwrap();
    assert_eq!(versions.next().await, Some(0));
    let post = connected.engine().post_comment(&pat, circuits(), comment("hello"), Wait::ForOutcome).await.unwrap();
    assert_eq!(post.state, PostState::Delivered);
    let draft = DraftText { key: new_key(), body: "next".into(), visibility: domain::Visibility::Public, run: None };
    connected.engine().save_draft(&pat, circuits(), draft).await.unwrap();
    assert!(versions.next().await.is_some_and(|version| version > 0));

    let refused = Fault::new(FaultAction::Status).on("POST", "/composite").times(1);
    connected.org.faults().add(refused.status(400).saying("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No."));
    let post = connected.engine().post_comment(&pat, circuits(), comment("refused"), Wait::ForOutcome).await.unwrap();
    assert_eq!(post.state, PostState::Failed { reason: "No.".to_owned() });
    let post = connected.engine().retry_post(&pat, post.id).await.unwrap();
    assert_eq!(post.state, PostState::Delivered);
    stop.cancel();
    worker.await.unwrap();
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_worker_in_another_process_is_noticed_too(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    let stop = CancellationToken::new();
    let other = connected.portal.another_engine().await;
    let worker = tokio::spawn({
        let stop = stop.clone();
        async move { other.run_worker(stop).await }
    });
    let post = connected.engine().post_comment(&pat, circuits(), comment("hello"), Wait::ForOutcome).await.unwrap();
    assert_eq!(post.state, PostState::Delivered);
    let mut versions = connected.engine().subscribe(&pat, circuits()).await.unwrap();
    let first = versions.next().await.unwrap();
    connected
        .riley_writes("FeedItem", json!({"ParentId": connected.case(), "Body": "answer", "Visibility": "AllUsers"}))
        .await;
    let polling = connected.portal.another_engine().await;
    polling.poll_once().await.unwrap();
    assert!(versions.next().await.is_some_and(|version| version > first));
    stop.cancel();
    worker.await.unwrap();
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_org_that_is_away_at_the_start_is_connected_when_it_comes(#[case] backend: Backend) {
    let org = Sandbox::start(SandboxOptions::default()).await.unwrap();
    org.faults().add(Fault::new(FaultAction::Refuse));
    let options = OrgOptions { poll_interval: Duration::from_millis(20), ..org_at(&org.url()) };
    let portal = Portal::new(backend, Some(options)).await;
    assert!(portal.engine.connect_unattended().await.is_err());
    let stop = CancellationToken::new();
    let engine = portal.engine.clone();
    let worker = tokio::spawn({
        let stop = stop.clone();
        async move { engine.run_worker(stop).await }
    });
    let state = async |wanted: OrgState| {
        while portal.engine.health().await.org != wanted {
            tokio::task::yield_now().await;
        }
    };
    state(OrgState::Disconnected).await;
    org.faults().clear();
    state(OrgState::Connected).await;
    stop.cancel();
    worker.await.unwrap();
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn many_at_once_are_each_delivered_once(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx", "HarvardX"]).await;
    let stop = CancellationToken::new();
    let workers: Vec<_> = futures::future::join_all((0..2).map(|_| connected.portal.another_engine()))
        .await
        .into_iter()
        .map(|engine| {
            let stop = stop.clone();
            tokio::spawn(async move { engine.run_worker(stop).await })
        })
        .collect();
    let posts = (0..40).map(|number| {
        let course = if number % 2 == 0 { circuits() } else { crate::portal::cs50() };
        connected.engine().post_comment(&pat, course, comment(&number.to_string()), Wait::ForOutcome)
    });
    let posts = futures::future::try_join_all(posts.collect::<Vec<_>>()).await.map_err(|_| "x");
    assert!(posts.unwrap().iter().all(|post| post.state == PostState::Delivered));
    assert_eq!((connected.org.count("Case"), connected.org.count("FeedItem")), (2, 40));
    stop.cancel();
    for worker in workers {
        worker.await.unwrap();
    }
}

//! What is accepted, and what isn't, before the org comes into it.

use domain::{PostState, Role};
use engine::{NewComment, OrgState, PublicKind, Wait};
use rstest::rstest;
use store::Backend;

use crate::portal::{Portal, absent_org, circuits, comment, cs50, kind, note};

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_same_key_is_one_post_or_a_conflict(#[case] backend: Backend) {
    let portal = Portal::new(backend, Some(absent_org())).await;
    let engine = &portal.engine;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let other = portal.person("olga", Role::Partner, &["MITx"]).await;
    let staff = portal.person("sam", Role::Staff, &[]).await;
    let post =
        async |actor, comment: NewComment| engine.post_comment(actor, circuits(), comment, Wait::ForNothing).await;
    let first = comment("hello\r\nthere");
    let stored = post(&pat, first.clone()).await.unwrap();
    assert_eq!((stored.body.as_str(), &stored.state, stored.mine), ("hello\nthere", &PostState::Queued, true));
    assert_eq!(post(&pat, first.clone()).await.unwrap(), stored);
    let run = engine.course(&pat, circuits()).await.unwrap().runs[0].id;
    for changed in [
        NewComment { body: "hello\nthere!".to_owned(), ..first.clone() },
        NewComment { run: Some(run), ..first.clone() },
    ] {
        assert_eq!(kind(post(&pat, changed).await), PublicKind::Conflict);
    }
    // Somebody else's key is in use, and that is all one learns.
    assert_eq!(kind(post(&other, first.clone()).await), PublicKind::Conflict);
    assert_eq!(kind(post(&staff, NewComment { key: first.key, ..note("hello\nthere") }).await), PublicKind::Conflict);
    assert_eq!(engine.thread(&pat, circuits(), engine::Window::Latest).await.unwrap().posts.len(), 1);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_double_click_is_one_post_and_two_first_comments_are_one_case(#[case] backend: Backend) {
    let portal = Portal::new(backend, Some(absent_org())).await;
    let engine = &portal.engine;
    let another = portal.another_engine().await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let clicked = comment("once");
    let (one, other) = futures::join!(
        engine.post_comment(&pat, circuits(), clicked.clone(), Wait::ForNothing),
        another.post_comment(&pat, circuits(), clicked.clone(), Wait::ForNothing),
    );
    assert_eq!(one.unwrap().id, other.unwrap().id);

    let harvard = portal.person("hal", Role::Partner, &["HarvardX"]).await;
    let (one, other) = futures::join!(
        engine.post_comment(&harvard, cs50(), comment("first!"), Wait::ForNothing),
        another.post_comment(&harvard, cs50(), comment("no, me!"), Wait::ForNothing),
    );
    one.unwrap();
    other.unwrap();
    let view = engine.course(&harvard, cs50()).await.unwrap();
    assert_eq!((view.cases.len(), view.thread.posts.len()), (1, 2));
    assert_eq!(view.cases[0].subject, "Introduction to Computer Science (2016) Comments");
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_will_not_do_is_refused_in_a_sentence_and_not_stored(#[case] backend: Backend) {
    let portal = Portal::new(backend, Some(absent_org())).await;
    let engine = &portal.engine;
    let pat = portal.person("pat", Role::Partner, &["MITx", "HarvardX"]).await;
    let strange_run = engine.course(&pat, cs50()).await.unwrap().runs[0].id;
    let room = engine.course(&pat, circuits()).await.unwrap().composer.unwrap().max_chars;
    for refused in [
        comment(""),
        comment(" \u{200b}\n"),
        comment("nul\0"),
        comment(&"é".repeat(10_001)),
        comment(&"@{".repeat(4_990)),
        NewComment { run: Some(strange_run), ..comment("wrong run") },
        NewComment { run: Some(domain::CourseRunId::from_uuid(uuid::Uuid::from_u128(7))), ..comment("no run") },
    ] {
        let answer = engine.post_comment(&pat, circuits(), refused, Wait::ForNothing).await;
        assert_eq!(kind(answer), PublicKind::Invalid);
    }
    assert_eq!(engine.thread(&pat, circuits(), engine::Window::Latest).await.unwrap().posts, []);
    let run = engine.course(&pat, circuits()).await.unwrap().runs.remove(0);
    let room = room - domain::FeedText::chars_of_run(&run.key);
    let over = NewComment { run: Some(run.id), ..comment(&"é".repeat(room + 1)) };
    assert_eq!(kind(engine.post_comment(&pat, circuits(), over, Wait::ForNothing).await), PublicKind::Invalid);
    let fits = NewComment { run: Some(run.id), ..comment(&"é".repeat(room)) };
    engine.post_comment(&pat, circuits(), fits, Wait::ForNothing).await.unwrap();
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn without_a_connection_a_post_waits_and_its_request_does_not(#[case] backend: Backend) {
    let portal = Portal::new(backend, Some(absent_org())).await;
    let engine = &portal.engine;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let post = engine.post_comment(&pat, circuits(), comment("hello"), Wait::ForOutcome).await.unwrap();
    assert_eq!(post.state, PostState::Queued);
    assert_eq!(engine.deliver_due().await.unwrap(), 0);
    let health = engine.health().await;
    assert_eq!((health.pending, health.org), (1, OrgState::Disconnected));
    portal.clock.advance(std::time::Duration::from_secs(90));
    assert_eq!(engine.health().await.oldest_pending_seconds, Some(90));
    assert_eq!(engine.course(&pat, circuits()).await.unwrap().org, OrgState::Disconnected);
}

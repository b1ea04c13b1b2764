//! Drafts come back, on another device too, and go when they are posted.

use domain::{Role, Visibility};
use engine::{DraftText, PublicKind, Wait};
use rstest::rstest;
use store::Backend;

use crate::portal::{Portal, absent_org, circuits, comment, cs50, kind, new_key};

fn draft(body: &str) -> DraftText {
    DraftText { key: new_key(), body: body.to_owned(), visibility: Visibility::Public, run: None }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_draft_and_its_key_come_back_until_it_is_posted(#[case] backend: Backend) {
    let portal = Portal::new(backend, Some(absent_org())).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let other = portal.person("olga", Role::Partner, &["MITx"]).await;
    let engine = &portal.engine;
    let composer = async |actor| engine.course(actor, circuits()).await.unwrap().composer.unwrap();
    assert_eq!(composer(&pat).await.body, "");
    let saved = draft("half a thou\0ght");
    engine.save_draft(&pat, circuits(), saved.clone()).await.unwrap();
    let found = composer(&pat).await;
    assert_eq!((found.key, found.body.as_str()), (saved.key, "half a thought"));
    assert_eq!(composer(&other).await.body, "");

    let mut posted = comment("half a thought, and the rest");
    posted.key = saved.key;
    engine.post_comment(&pat, circuits(), posted, Wait::ForNothing).await.unwrap();
    let fresh = composer(&pat).await;
    assert_eq!(fresh.body, "");
    assert_ne!(fresh.key, saved.key);
    // A save that was still on its way.
    engine.save_draft(&pat, circuits(), saved).await.unwrap();
    assert_eq!(composer(&pat).await.body, "");
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_blank_draft_is_forgotten_and_a_strangers_course_takes_none(#[case] backend: Backend) {
    let portal = Portal::new(backend, Some(absent_org())).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let engine = &portal.engine;
    engine.save_draft(&pat, circuits(), draft("something")).await.unwrap();
    engine.save_draft(&pat, circuits(), draft("  \n")).await.unwrap();
    assert_eq!(engine.course(&pat, circuits()).await.unwrap().composer.unwrap().body, "");
    assert_eq!(kind(engine.save_draft(&pat, cs50(), draft("x")).await), PublicKind::NotFound);
    let internal = DraftText { visibility: Visibility::Internal, ..draft("x") };
    assert_eq!(kind(engine.save_draft(&pat, circuits(), internal).await), PublicKind::Forbidden);
    let long = draft(&"x".repeat(60_000));
    assert_eq!(kind(engine.save_draft(&pat, circuits(), long).await), PublicKind::Invalid);
}

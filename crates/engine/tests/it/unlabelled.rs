//! An org whose feed items say nothing of who may see them: an admin is asked, nothing is guessed.

use domain::{PostState, Role};
use engine::{PublicKind, UnlabelledPosts};
use rstest::rstest;
use sandbox::{Sandbox, SandboxOptions};
use serde_json::json;
use store::Backend;

use crate::portal::{Connected, Portal, circuits, comment, kind, note, org_at};

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_the_orgs_people_write_is_internal_until_an_admin_has_answered(#[case] backend: Backend) {
    let options = SandboxOptions { lacking: vec!["FeedItem.Visibility".to_owned()], ..SandboxOptions::default() };
    let org = Sandbox::start(options).await.unwrap();
    let portal = Portal::new(backend, Some(org_at(&org.url()))).await;
    portal.engine.connect_unattended().await.unwrap();
    let connected = Connected { portal, org };
    let engine = connected.engine();
    let person = async |name, role, of: &[&str]| connected.portal.person(name, role, of).await;
    let (pat, sam, ada) = (
        person("pat", Role::Partner, &["MITx"]).await,
        person("sam", Role::Staff, &[]).await,
        person("ada", Role::Admin, &[]).await,
    );
    engine.preflight(&ada).await.unwrap();
    let view = engine.connection(&ada).await.unwrap();
    assert_eq!((view.posts_are_unlabelled, view.unlabelled_posts), (true, None), "the page asks");

    connected.say(&pat, circuits(), comment("question")).await;
    connected.org.advance_clock(std::time::Duration::from_secs(1));
    let answer = json!({"ParentId": connected.case(), "Body": "answer"});
    let answer = connected.riley_writes("FeedItem", answer).await;
    connected.org.advance_clock(std::time::Duration::from_secs(1));
    connected.riley_writes("FeedComment", json!({"FeedItemId": answer, "CommentBody": "and more"})).await;
    let poll = async || {
        connected.later();
        engine.poll_once().await.unwrap();
    };
    poll().await;
    assert_eq!(connected.bodies(&pat, circuits()).await, ["question"]);
    assert_eq!(connected.bodies(&sam, circuits()).await, ["question", "answer", "and more"]);

    assert_eq!(kind(engine.set_unlabelled_posts(&sam, UnlabelledPosts::Public).await), PublicKind::NotFound);
    engine.set_unlabelled_posts(&ada, UnlabelledPosts::Public).await.unwrap();
    poll().await;
    assert_eq!(connected.bodies(&pat, circuits()).await, ["question", "answer", "and more"], "what is shown follows");

    engine.set_unlabelled_posts(&ada, UnlabelledPosts::Internal).await.unwrap();
    poll().await;
    assert_eq!(connected.bodies(&pat, circuits()).await, ["question"], "and back again");
    // The portal's own comments are what they were written as, and internal notes are still refused.
    let refused = connected.say(&sam, circuits(), note("between us")).await;
    assert!(matches!(refused.state, PostState::Failed { .. }));
    engine.set_unlabelled_posts(&ada, UnlabelledPosts::Public).await.unwrap();
    poll().await;
    assert!(!connected.bodies(&pat, circuits()).await.contains(&"between us".to_owned()));
}

//! Another org answers than the one everything here is known of: nothing is read or sent until an admin has decided.

use domain::{PostState, Role};
use engine::{ConnectionState, OrgState, PollOutcome, PublicKind};
use rstest::rstest;
use sandbox::{Sandbox, SandboxOptions};
use store::Backend;

use crate::portal::{Connected, Portal, circuits, comment, engine_on, kind, org_at};

const OTHER: &str = "00DSB00000000092AA";

async fn other_org() -> Sandbox {
    Sandbox::start(SandboxOptions { organization_id: OTHER.to_owned(), ..SandboxOptions::default() }).await.unwrap()
}

/// A portal that has delivered one comment, and then finds another org where the configuration points.
struct Moved {
    connected: Connected,
    other: Sandbox,
    engine: engine::Engine,
}

impl Moved {
    async fn new(backend: Backend) -> Self {
        let connected = Connected::new(backend).await;
        let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
        assert_eq!(connected.say(&pat, circuits(), comment("of old")).await.state, PostState::Delivered);
        let admin = connected.portal.person("ada", Role::Admin, &[]).await;
        connected.engine().disconnect(&admin).await.unwrap();
        connected.portal.clock.advance(std::time::Duration::from_secs(1));
        let other = other_org().await;
        let engine =
            engine_on(connected.portal.database.store.clone(), &connected.portal.clock, Some(org_at(&other.url())));
        engine.connect_unattended().await.unwrap();
        Self { connected, other, engine }
    }

    fn portal(&self) -> &Portal {
        &self.connected.portal
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn it_is_noticed_and_nothing_is_read_or_sent(#[case] backend: Backend) {
    let moved = Moved::new(backend).await;
    let engine = &moved.engine;
    let admin = moved.portal().person("eve", Role::Admin, &[]).await;
    let view = engine.connection(&admin).await.unwrap();
    assert_eq!((view.state, view.org_id.as_deref()), (ConnectionState::OtherOrg, Some(OTHER)));
    let was = view.other_org.unwrap();
    assert_eq!((was.was_id.as_str(), was.was_username.as_str()), ("00DSB00000000012AA", "admin@sandbox.test"));

    let olga = moved.portal().person("olga", Role::Partner, &["MITx"]).await;
    let asked = moved.other.requests().len();
    engine.post_comment(&olga, circuits(), comment("waits"), engine::Wait::ForNothing).await.unwrap();
    assert_eq!(engine.deliver_due().await.unwrap(), 0);
    assert_eq!(engine.poll_once().await.unwrap().outcome, PollOutcome::NoConnection);
    assert_eq!(kind(engine.preflight(&admin).await), PublicKind::Conflict);
    assert_eq!(moved.other.requests().len(), asked, "nothing was asked of it");
    assert_eq!(engine.health().await.org, OrgState::OtherOrg);

    let staff = moved.portal().person("sam", Role::Staff, &[]).await;
    assert_eq!(kind(engine.use_this_org(&staff).await), PublicKind::NotFound);
    engine.disconnect(&admin).await.unwrap();
    assert!(moved.other.requests().iter().any(|request| request.path.contains("/revoke")));
    assert_eq!(kind(engine.use_this_org(&admin).await), PublicKind::Conflict, "there is nothing to decide any more");

    // The org of before is still the known one: it goes on where it stopped.
    let before = moved.connected.engine();
    before.connect_unattended().await.unwrap();
    assert_eq!(before.connection(&admin).await.unwrap().state, ConnectionState::Connected);
    before.deliver_due().await.unwrap();
    let (cases, items) = (moved.connected.org.count("Case"), moved.connected.org.count("FeedItem"));
    assert_eq!((cases, items), (1, 2), "nothing was made twice");
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn when_an_admin_says_so_everything_goes_there_and_what_was_said_stays(#[case] backend: Backend) {
    let moved = Moved::new(backend).await;
    let engine = &moved.engine;
    let admin = moved.portal().person("eve", Role::Admin, &[]).await;
    let olga = moved.portal().person("olga", Role::Partner, &["MITx"]).await;
    engine.post_comment(&olga, circuits(), comment("of new"), engine::Wait::ForNothing).await.unwrap();
    moved.portal().clock.advance(std::time::Duration::from_secs(1));
    engine.use_this_org(&admin).await.unwrap();
    assert_eq!(engine.connection(&admin).await.unwrap().state, ConnectionState::Connected);
    engine.deliver_due().await.unwrap();
    engine.poll_once().await.unwrap();

    let posts = engine.thread(&olga, circuits(), engine::Window::Latest).await.unwrap().posts;
    let said: Vec<_> = posts.iter().map(|post| (post.body.as_str(), post.state.clone())).collect();
    assert_eq!(said, [("of old", PostState::Delivered), ("of new", PostState::Delivered)]);
    assert_eq!((moved.other.count("Case"), moved.other.count("FeedItem")), (1, 1));
    assert_eq!((moved.other.count("Course__c"), moved.other.count("Course_Run__c")), (2, 4), "the whole catalogue");
    assert_eq!(engine.health().await.org, OrgState::Connected);
    assert_eq!(engine.health().await.pending, 0);
    // From now on this one is the known one.
    engine.disconnect(&admin).await.unwrap();
    engine.connect_unattended().await.unwrap();
    assert_eq!(engine.connection(&admin).await.unwrap().state, ConnectionState::Connected);
}

/// The org is exchanged behind the same address while the portal runs: the next log-in by itself leads to another one.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_org_exchanged_under_a_running_portal_is_noticed_too(#[case] backend: Backend) {
    let Connected { portal, org } = Connected::new(backend).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let admin = portal.person("ada", Role::Admin, &[]).await;
    let listen = org.url().trim_start_matches("http://").parse().unwrap();
    org.stop().await;
    let other =
        Sandbox::start(SandboxOptions { organization_id: OTHER.to_owned(), listen, ..SandboxOptions::default() })
            .await
            .unwrap();
    portal.engine.post_comment(&pat, circuits(), comment("for whom"), engine::Wait::ForNothing).await.unwrap();
    portal.engine.deliver_due().await.unwrap();
    assert_eq!(portal.engine.connection(&admin).await.unwrap().state, ConnectionState::OtherOrg);
    portal.clock.advance(std::time::Duration::from_secs(600));
    portal.engine.deliver_due().await.unwrap();
    for object in ["Account", "Case", "FeedItem"] {
        assert_eq!(other.count(object), 0, "{object}");
    }
}

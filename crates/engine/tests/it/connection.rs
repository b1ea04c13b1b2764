//! Connecting, losing and ending the connection.

use domain::{PostState, Role};
use engine::{ConnectionState, OrgGrant, OrgState, PublicKind, Wait};
use rstest::rstest;
use sandbox::{Sandbox, SandboxOptions};
use secrecy::SecretString;
use store::Backend;

use crate::portal::{Portal, circuits, comment, kind, org_at};

struct Web {
    portal: Portal,
    org: Sandbox,
}

impl Web {
    async fn new(backend: Backend) -> Self {
        let org = Sandbox::start(SandboxOptions::default()).await.unwrap();
        let mut options = org_at(&org.url());
        options.grant = OrgGrant::Web;
        options.public_url = "http://127.0.0.1:3000".parse().unwrap();
        let portal = Portal::new(backend, Some(options)).await;
        Self { portal, org }
    }

    /// What the browser does: through the consent page and back with a code.
    async fn connect(&self, admin: &engine::Actor) {
        let begun = self.portal.engine.begin_connect(admin).await.unwrap();
        let browser = salesforce::http::client(&salesforce::http::HttpOptions::default()).unwrap();
        let answer = browser
            .post(begun.authorize_url.clone())
            .header("content-type", "application/x-www-form-urlencoded")
            .body("decision=allow")
            .send()
            .await
            .unwrap();
        let location = answer.headers().get("location").unwrap().to_str().unwrap().to_owned();
        let back: url::Url = location.parse().unwrap();
        assert!(location.starts_with("http://127.0.0.1:3000/admin/salesforce/callback?"), "{location}");
        let value = |name: &str| back.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        assert_eq!(value("state"), begun.state);
        self.portal.engine.finish_connect(admin, value("code"), begun.verifier).await.unwrap();
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_admin_connects_loses_and_ends_the_connection(#[case] backend: Backend) {
    let web = Web::new(backend).await;
    let engine = &web.portal.engine;
    let admin = web.portal.person("ada", Role::Admin, &[]).await;
    let pat = web.portal.person("pat", Role::Partner, &["MITx"]).await;
    let post = async |body: &str| {
        engine.post_comment(&pat, circuits(), comment(body), Wait::ForNothing).await.unwrap();
        engine.deliver_due().await.unwrap();
        web.portal.clock.advance(std::time::Duration::from_secs(1));
        engine.thread(&pat, circuits(), engine::Window::Latest).await.unwrap().posts.last().unwrap().state.clone()
    };
    assert_eq!(post("before").await, PostState::Queued);

    web.connect(&admin).await;
    let view = engine.connection(&admin).await.unwrap();
    assert_eq!((view.state, view.problem.as_deref()), (ConnectionState::Connected, None));
    assert_eq!(view.org_username.as_deref(), Some("admin@sandbox.test"));
    assert_eq!(view.instance_host.as_deref(), Some("127.0.0.1"));
    assert_eq!(post("connected").await, PostState::Delivered);
    assert_eq!(web.org.count("FeedItem"), 2, "what waited went out too");

    // Sessions end and refresh tokens rotate without anybody noticing.
    for number in 0..3 {
        web.org.expire_sessions();
        assert_eq!(post(&number.to_string()).await, PostState::Delivered);
    }

    web.org.revoke_grants();
    assert_eq!(post("revoked").await, PostState::Queued);
    let view = engine.connection(&admin).await.unwrap();
    assert_eq!((view.state, view.pending_deliveries, view.dead_deliveries), (ConnectionState::Paused, 1, 0));
    assert!(view.problem.is_some_and(|problem| problem.contains("Connect again")));
    let asked = web.org.requests().len();
    web.portal.clock.advance(std::time::Duration::from_secs(600));
    assert_eq!(engine.deliver_due().await.unwrap(), 0);
    assert_eq!(engine.poll_once().await.unwrap().outcome, engine::PollOutcome::NoConnection);
    assert_eq!(web.org.requests().len(), asked, "a refused token isn't tried again");
    assert_eq!(engine.course(&pat, circuits()).await.unwrap().org, OrgState::Disconnected);

    web.connect(&admin).await;
    engine.deliver_due().await.unwrap();
    assert_eq!(web.org.count("FeedItem"), 6);
    assert_eq!(engine.connection(&admin).await.unwrap().pending_deliveries, 0);

    engine.disconnect(&admin).await.unwrap();
    assert_eq!(engine.connection(&admin).await.unwrap().state, ConnectionState::Disconnected);
    assert!(web.org.requests().iter().any(|request| request.path.contains("/revoke") && request.status == 200));
    assert_eq!(post("after").await, PostState::Queued);
    assert_eq!(web.org.count("FeedItem"), 6);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_wrong_code_or_verifier_connects_nothing(#[case] backend: Backend) {
    let web = Web::new(backend).await;
    let admin = web.portal.person("ada", Role::Admin, &[]).await;
    let finished = web.portal.engine.finish_connect(&admin, "made up".to_owned(), SecretString::from("verifier")).await;
    assert_eq!(kind(finished), PublicKind::Invalid);
    assert_eq!(web.portal.engine.connection(&admin).await.unwrap().state, ConnectionState::Disconnected);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn another_process_uses_the_tokens_the_first_one_renewed(#[case] backend: Backend) {
    let web = Web::new(backend).await;
    let admin = web.portal.person("ada", Role::Admin, &[]).await;
    web.connect(&admin).await;
    let other = web.portal.another_engine().await;
    other.poll_once().await.unwrap();
    for _ in 0..3 {
        web.org.expire_sessions();
        web.portal.engine.poll_once().await.unwrap();
        other.poll_once().await.unwrap();
    }
    assert_eq!(web.portal.engine.connection(&admin).await.unwrap().state, ConnectionState::Connected);
}

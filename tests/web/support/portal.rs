//! A portal with a small catalogue and one person of each kind.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::Router;
use casebridge::{
    config::{Proxy, Web},
    http::{AppOptions, AppState, router},
};
use domain::{
    Clock, CourseId, CourseKey, Email, ManualClock, OrganizationKey, PersonName, Random, Role, Scopes, SystemClock,
    SystemRandom, UserId, Username,
};
use engine::{Engine, EngineOptions, Limits, NewPerson, OrgGrant, OrgOptions};
use leptos::config::LeptosOptions;
use secrecy::{ExposeSecret, SecretString};
use store::{Backend, testing::TestDatabase};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Browser, Client};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// An org that is configured and away: posts are stored and wait.
const NOBODY: &str = "http://127.0.0.1:9";

const CATALOGUE: &str = "\
institution,course_number,launch_date,title,subject
MITx,6.002x,09/05/2012,Circuits and Electronics,STEM
MITx,6.002x,03/05/2013,Circuits and Electronics,STEM
HarvardX,CS50x,10/15/2012,Introduction to Computer Science,STEM
";

/// Whose ids tests need.
#[derive(Clone, Copy)]
pub(crate) struct People {
    /// A partner, of MITx. The other one, Harper, is of HarvardX.
    pub(crate) mia: UserId,
    /// Staff.
    pub(crate) sam: UserId,
}

pub(crate) struct PortalOptions {
    pub(crate) public_url: &'static str,
    pub(crate) backend: Backend,
    /// Where the org logs in. Without it Salesforce features, posting among them, are absent.
    pub(crate) org: Option<Url>,
}

impl Default for PortalOptions {
    fn default() -> Self {
        Self { public_url: "http://127.0.0.1:3000", backend: Backend::Sqlite, org: NOBODY.parse().ok() }
    }
}

pub(crate) struct Portal {
    pub(crate) router: Router,
    pub(crate) engine: Engine,
    pub(crate) database: TestDatabase,
    /// The web side's clock; the engine's is the system's.
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) people: People,
    pub(crate) origin: String,
    site: TempDir,
}

impl Portal {
    pub(crate) async fn start() -> Self {
        Self::with(PortalOptions::default()).await
    }

    pub(crate) async fn with(options: PortalOptions) -> Self {
        let database = store::testing::database(options.backend).await;
        let public_url: Url = options.public_url.parse().unwrap();
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let org = options.org.clone().map(|login_url| OrgOptions {
            login_url,
            client_id: "casebridge-dev".to_owned(),
            client_secret: Some(SecretString::from("casebridge-dev-secret")),
            grant: OrgGrant::Web,
            poll_interval: Duration::from_secs(60),
            public_url: public_url.clone(),
            extra_ca: None,
        });
        let site = site();
        let engine_with = |org| {
            Engine::new(EngineOptions {
                store: database.store.clone(),
                clock: Arc::new(SystemClock),
                random: Arc::clone(&random),
                org,
                uploads: site.path().join("uploads"),
                // No worker runs in these tests, so no outcome comes.
                limits: Limits { wait_for_outcome: Duration::from_millis(1), ..Limits::default() },
            })
            .unwrap()
        };
        let engine = engine_with(org);
        // Before there was an org, so that nothing of it waits to be sent.
        let report = engine_with(None).import_catalogue(CATALOGUE.as_bytes()).await.unwrap();
        assert_eq!(report.problems, []);
        let people = people(&engine).await;
        let leptos = LeptosOptions::builder()
            .output_name("casebridge")
            .site_root(site.path().to_str().unwrap().to_owned())
            .build();
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let shutdown = CancellationToken::new();
        let state = AppState::new(AppOptions {
            engine: engine.clone(),
            store: database.store.clone(),
            web: Web {
                listen: SocketAddr::from(([127, 0, 0, 1], 0)),
                public_url: public_url.clone(),
                proxy: Proxy::None,
            },
            leptos,
            clock: clock.clone(),
            random,
            org_login: options.org,
            shutdown: shutdown.clone(),
        })
        .unwrap();
        let origin = public_url.origin().ascii_serialization();
        Self { router: router(state), engine, database, clock, shutdown, people, origin, site }
    }

    /// Somebody who isn't signed in.
    pub(crate) fn visitor(&self) -> Browser<'_> {
        Browser::new(self)
    }

    pub(crate) async fn mia(&self) -> Browser<'_> {
        self.signed_in("mia@mitx.test").await
    }

    pub(crate) async fn harper(&self) -> Browser<'_> {
        self.signed_in("harper@harvardx.test").await
    }

    pub(crate) async fn sam(&self) -> Browser<'_> {
        self.signed_in("sam@casebridge.test").await
    }

    pub(crate) async fn ada(&self) -> Browser<'_> {
        self.signed_in("ada@casebridge.test").await
    }

    /// A program of the person with this address, whose token has these scopes.
    pub(crate) async fn program(&self, email: &str, scopes: &str) -> Client<'_> {
        Client::with_token(self, self.token(email, scopes).await.expose_secret())
    }

    pub(crate) async fn token(&self, email: &str, scopes: &str) -> SecretString {
        let email = Email::new(email).unwrap();
        let scopes = Some(Scopes::from_text(scopes).unwrap());
        self.engine.create_token_for(&email, "a test".to_owned(), scopes, Duration::from_secs(3_600)).await.unwrap()
    }

    async fn signed_in(&self, email: &str) -> Browser<'_> {
        let mut browser = self.visitor();
        let answer = browser.post("/login", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(answer.redirect(), "/courses", "{email} signs in");
        browser
    }

    /// The folder that static files come from.
    pub(crate) fn site(&self) -> PathBuf {
        self.site.path().to_owned()
    }

    pub(crate) fn circuits() -> CourseId {
        course("MITx+6.002x")
    }

    pub(crate) fn cs50() -> CourseId {
        course("HarvardX+CS50x")
    }

    pub(crate) fn course_page() -> String {
        format!("/courses/{}", Self::circuits())
    }
}

fn course(key: &str) -> CourseId {
    CourseId::from_key(&CourseKey::new(key).unwrap())
}

async fn people(engine: &Engine) -> People {
    let add = async |email: &str, role: Role, name: &str, organization: Option<&str>| {
        engine
            .add_user(NewPerson {
                email: Email::new(email).unwrap(),
                role,
                name: PersonName::from_full(name).unwrap(),
                username: Some(Username::new(email.split('@').next().unwrap()).unwrap()),
                organizations: organization.map(|key| OrganizationKey::new(key).unwrap()).into_iter().collect(),
                account: None,
                password: SecretString::from(PASSWORD),
            })
            .await
            .unwrap()
    };
    add("harper@harvardx.test", Role::Partner, "Harper Lin", Some("HarvardX")).await;
    add("ada@casebridge.test", Role::Admin, "Ada Novak", None).await;
    People {
        mia: add("mia@mitx.test", Role::Partner, "Mia Torres", Some("MITx")).await,
        sam: add("sam@casebridge.test", Role::Staff, "Sam Okafor", None).await,
    }
}

fn site() -> TempDir {
    let site = tempfile::tempdir().unwrap();
    std::fs::create_dir(site.path().join("pkg")).unwrap();
    std::fs::write(site.path().join("pkg/casebridge.css"), "body{}").unwrap();
    std::fs::write(site.path().join("pkg/casebridge.css.br"), "as if brotli").unwrap();
    std::fs::write(site.path().join("favicon.svg"), "<svg/>").unwrap();
    site
}

//! A portal for a test: an empty database, a small catalogue, a few people, a clock that stands still.

use std::{path::Path, sync::Arc, time::Duration};

use domain::{
    Clock, CourseId, CourseKey, Email, ManualClock, OrganizationKey, PersonName, PostId, PostKey, Random, Role,
    SystemClock, SystemRandom, ThreadPost, Username, Visibility,
};
use engine::{
    Actor, CourseFilter, Engine, EngineOptions, Error, Limits, NewComment, NewPerson, OrgGrant, OrgOptions, PublicKind,
    Wait, Window,
};
use sandbox::{RILEY_ID, Sandbox, SandboxOptions};
use secrecy::SecretString;
use serde_json::Value;
use store::{Backend, Store, testing::TestDatabase};
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) const CATALOGUE: &str = "institution,course_number,launch_date,title,subject
HarvardX,CS50x,10/15/2012,Introduction to Computer Science,Computer Science
HarvardX,CS50x,01/01/2016,Introduction to Computer Science (2016),Computer Science
MITx,6.002x,09/05/2012,Circuits and Electronics,Science
MITx,6.002x,03/03/2013,Circuits and Electronics,Science
";

pub(crate) struct Portal {
    pub(crate) database: TestDatabase,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) engine: Engine,
    pub(crate) org: Option<OrgOptions>,
    pub(crate) uploads: TempDir,
}

/// An org that nobody answers for.
pub(crate) fn absent_org() -> OrgOptions {
    org_at("http://127.0.0.1:9")
}

pub(crate) fn org_at(url: &str) -> OrgOptions {
    OrgOptions {
        login_url: url.parse().unwrap(),
        client_id: "casebridge-dev".to_owned(),
        client_secret: Some(SecretString::from("casebridge-dev-secret")),
        grant: OrgGrant::ClientCredentials,
        poll_interval: Duration::from_secs(60),
        public_url: "https://portal.example.org".parse().unwrap(),
        extra_ca: None,
    }
}

impl Portal {
    pub(crate) async fn new(backend: Backend, org: Option<OrgOptions>) -> Self {
        let database = store::testing::database(backend).await;
        // A second before the org's, which keeps whole seconds: what is said there in answer comes later.
        let clock = Arc::new(ManualClock::new(SystemClock.now().saturating_sub(Duration::from_secs(1))));
        let uploads = tempfile::tempdir().unwrap();
        let engine = engine_in(uploads.path(), database.store.clone(), &clock, org.clone());
        // Before there was an org, so that nothing of it waits to be sent.
        let earlier = engine_on(database.store.clone(), &clock, None);
        let report = earlier.import_catalogue(CATALOGUE.as_bytes()).await.unwrap();
        assert_eq!(report.problems, []);
        Self { database, clock, engine, org, uploads }
    }

    /// Another process on the same database.
    pub(crate) async fn another_engine(&self) -> Engine {
        engine_in(self.uploads.path(), self.database.reopen().await, &self.clock, self.org.clone())
    }

    pub(crate) async fn person(&self, name: &str, role: Role, organizations: &[&str]) -> Arc<Actor> {
        self.person_called(name, PersonName { first: name.to_owned(), last: "Ames".to_owned() }, role, organizations)
            .await
    }

    pub(crate) async fn person_called(
        &self,
        handle: &str,
        name: PersonName,
        role: Role,
        organizations: &[&str],
    ) -> Arc<Actor> {
        let id = self
            .engine
            .add_user(NewPerson {
                email: Email::new(&format!("{handle}@example.org")).unwrap(),
                role,
                name,
                username: Some(Username::new(handle).unwrap()),
                organizations: organizations.iter().map(|key| OrganizationKey::new(*key).unwrap()).collect(),
                account: None,
                password: SecretString::from(PASSWORD),
            })
            .await
            .unwrap();
        self.engine.actor(id).await.unwrap().unwrap()
    }

    /// The organization's only course in [`CATALOGUE`].
    pub(crate) async fn course_of(&self, actor: &Actor) -> CourseId {
        let list = self.engine.my_courses(actor, CourseFilter::default()).await.unwrap();
        assert_eq!(list.courses.len(), 1);
        list.courses[0].id
    }
}

/// One that nobody sends files to.
pub(crate) fn engine_on(store: Store, clock: &Arc<ManualClock>, org: Option<OrgOptions>) -> Engine {
    engine_in(Path::new("/nonexistent"), store, clock, org)
}

fn engine_in(uploads: &Path, store: Store, clock: &Arc<ManualClock>, org: Option<OrgOptions>) -> Engine {
    Engine::new(EngineOptions {
        store,
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        random: Arc::new(SystemRandom),
        org,
        uploads: uploads.to_owned(),
        limits: Limits { wait_for_outcome: Duration::from_secs(10), ..Limits::default() },
    })
    .unwrap()
}

pub(crate) fn course_id(key: &str) -> CourseId {
    CourseId::from_key(&CourseKey::new(key).unwrap())
}

pub(crate) fn cs50() -> CourseId {
    course_id("HarvardX+CS50x")
}

pub(crate) fn circuits() -> CourseId {
    course_id("MITx+6.002x")
}

pub(crate) fn new_key() -> PostKey {
    PostKey::from_uuid(SystemRandom.uuid_v7(SystemClock.now()))
}

pub(crate) fn comment(body: &str) -> NewComment {
    NewComment { key: new_key(), body: body.to_owned(), visibility: Visibility::Public, run: None }
}

pub(crate) fn note(body: &str) -> NewComment {
    NewComment { visibility: Visibility::Internal, ..comment(body) }
}

pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> PublicKind {
    result.unwrap_err().public().kind
}

/// A portal connected to a sandbox org of its own.
pub(crate) struct Connected {
    pub(crate) portal: Portal,
    pub(crate) org: Sandbox,
}

impl Connected {
    pub(crate) async fn new(backend: Backend) -> Self {
        let org = Sandbox::start(SandboxOptions::default()).await.unwrap();
        let portal = Portal::new(backend, Some(org_at(&org.url()))).await;
        portal.engine.connect_unattended().await.unwrap();
        Self { portal, org }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.portal.engine
    }

    /// Posts and delivers.
    pub(crate) async fn say(&self, actor: &Actor, course: CourseId, comment: NewComment) -> ThreadPost {
        let post = self.engine().post_comment(actor, course, comment, Wait::ForNothing).await.unwrap();
        self.engine().deliver_due().await.unwrap();
        self.post(actor, course, post.id).await
    }

    /// A post as its reader sees it now.
    pub(crate) async fn post(&self, actor: &Actor, course: CourseId, id: PostId) -> ThreadPost {
        self.posts(actor, course).await.into_iter().find(|post| post.id == id).unwrap()
    }

    pub(crate) async fn bodies(&self, actor: &Actor, course: CourseId) -> Vec<String> {
        self.posts(actor, course).await.into_iter().map(|post| post.body).collect()
    }

    /// The thread as its reader sees it; and so does one who remembers nothing.
    async fn posts(&self, actor: &Actor, course: CourseId) -> Vec<ThreadPost> {
        let posts = whole_thread(self.engine(), actor, course).await;
        let forgetful = engine_on(self.portal.database.store.clone(), &self.portal.clock, self.portal.org.clone());
        assert_eq!(posts, whole_thread(&forgetful, actor, course).await);
        posts
    }

    /// The id of the only case in the org.
    pub(crate) fn case(&self) -> String {
        let cases = self.org.records("Case");
        assert_eq!(cases.len(), 1);
        text(&cases[0], "Id")
    }

    /// A record written in the org by one of its people, not by the portal's user.
    pub(crate) async fn riley_writes(&self, object: &str, fields: Value) -> String {
        self.org.create_as(RILEY_ID, object, fields).await.unwrap()
    }

    /// Moves time on, past every pause and lease.
    pub(crate) fn later(&self) {
        self.portal.clock.advance(Duration::from_secs(120));
    }
}

/// Everything that a reader sees of a thread, window by window.
pub(crate) async fn whole_thread(engine: &Engine, actor: &Actor, course: CourseId) -> Vec<ThreadPost> {
    let mut thread = engine.thread(actor, course, engine::Window::Latest).await.unwrap();
    let mut posts = std::mem::take(&mut thread.posts);
    while thread.earlier {
        thread = engine.thread(actor, course, Window::Before(posts[0].id)).await.unwrap();
        let first = posts[0].id;
        posts.splice(0..0, std::mem::take(&mut thread.posts).into_iter().take_while(|post| post.id != first));
    }
    posts
}

pub(crate) fn text(record: &Value, field: &str) -> String {
    record[field].as_str().unwrap_or_default().to_owned()
}

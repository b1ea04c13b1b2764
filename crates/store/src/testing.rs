//! An empty database for a test, of either kind, gone when the test is.

use std::{fmt, sync::Arc};

use domain::{Random, SystemRandom};
use sea_orm::{ConnectionTrait, Database};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

use crate::{Backend, Store, StoreOptions, TokenCipher, cipher::hex};

/// Names an administrator's address of a throw-away PostgreSQL server.
const POSTGRES: &str = "CASEBRIDGE_TEST_POSTGRES_URL";

pub struct TestDatabase {
    pub url: SecretString,
    pub store: Store,
    guard: Guard,
}

impl fmt::Debug for TestDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestDatabase").field("store", &self.store).finish_non_exhaustive()
    }
}

enum Guard {
    #[expect(dead_code, reason = "removes the directory when it is dropped")]
    Directory(TempDir),
    Postgres {
        admin: SecretString,
        name: String,
    },
}

/// A migrated, empty database.
///
/// # Panics
/// The database can't be made; for PostgreSQL also when no server was named, because a test that was not run must not look
/// like one that passed.
#[expect(clippy::expect_used, reason = "a test without its database can only fail")]
pub async fn database(backend: Backend) -> TestDatabase {
    let database = unmigrated(backend).await;
    database.store.migrate().await.expect("the schema of a test database is made");
    database
}

/// A database without any table.
///
/// # Panics
/// As [`database`].
pub async fn unmigrated(backend: Backend) -> TestDatabase {
    let (url, guard) = match backend {
        Backend::Sqlite => sqlite(),
        Backend::Postgres => postgres().await,
    };
    let store = open(&url).await;
    TestDatabase { url, store, guard }
}

impl TestDatabase {
    /// Another store on the same database: a second process, as it were.
    pub async fn reopen(&self) -> Store {
        open(&self.url).await
    }
}

#[expect(clippy::expect_used, reason = "a test without its database can only fail")]
async fn open(url: &SecretString) -> Store {
    let cipher = TokenCipher::new([7; 32], Arc::new(SystemRandom));
    Store::connect(url, StoreOptions { max_connections: 8, cipher }).await.expect("a test database opens")
}

#[expect(clippy::expect_used, reason = "a test without its database can only fail")]
fn sqlite() -> (SecretString, Guard) {
    let directory =
        tempfile::Builder::new().prefix("casebridge-test-").tempdir().expect("a temporary directory is made");
    let url = format!("sqlite:{}?mode=rwc", directory.path().join("test.db").display());
    (url.into(), Guard::Directory(directory))
}

#[expect(clippy::expect_used, reason = "a test without its database can only fail")]
async fn postgres() -> (SecretString, Guard) {
    let admin = SecretString::from(
        std::env::var(POSTGRES)
            .expect("CASEBRIDGE_TEST_POSTGRES_URL names no PostgreSQL server: run it through make test"),
    );
    let mut bytes = [0; 8];
    SystemRandom.fill(&mut bytes);
    let name = format!("casebridge_test_{}", hex(&bytes));
    administer(&admin, &format!("CREATE DATABASE {name}")).await.expect("a test database is made");
    let mut url = url::Url::parse(admin.expose_secret()).expect("the server's address is a URL");
    url.set_path(&name);
    (String::from(url).into(), Guard::Postgres { admin, name })
}

async fn administer(admin: &SecretString, sql: &str) -> Result<(), sea_orm::DbErr> {
    let connection = Database::connect(admin.expose_secret()).await?;
    connection.execute_unprepared(sql).await?;
    connection.close().await
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        match &self.guard {
            // Removes itself.
            Guard::Directory(_) => {}
            Guard::Postgres { admin, name } => {
                let (admin, sql) = (admin.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
                // A runtime can't be waited for from inside itself. The server is thrown away anyway, so a failure may pass.
                let dropping = std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                    runtime.map(|runtime| runtime.block_on(administer(&admin, &sql)))
                });
                drop(dropping.join());
            }
        }
    }
}

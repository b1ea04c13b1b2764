//! Opening a database, and the two ways to use it: a transaction that writes, a reader that doesn't.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use sea_orm::{
    ConnAcquireErr, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use sea_orm_migration::MigratorTrait;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{
    AccessTokens, CaseHandling, CaseValues, Cases, Catalogue, Connections, Cursors, Deliveries, Drafts, Error,
    HistoryLoads, Imports, OrgRecords, Posts, Sessions, Settings, TokenCipher, Users, flush::GroupFlush,
    migrations::Migrator,
};

/// How long a caller waits for a connection, or for another process's write lock, before it is told [`Error::Unavailable`].
const PATIENCE: Duration = Duration::from_secs(10);

/// No statement here needs longer; a lost one must not hold its row locks for ever.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// Any number that is always the same: the advisory lock under which one process at a time migrates.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(4927310865)";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    fn of(url: &str) -> Result<Self, Error> {
        if url.starts_with("sqlite:") {
            Ok(Self::Sqlite)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(Self::Postgres)
        } else {
            Err(Error::Address)
        }
    }
}

#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// How many connections at most: readers on SQLite (which has one writer besides), everything on PostgreSQL.
    pub max_connections: u32,
    /// Seals the org's tokens.
    pub cipher: TokenCipher,
}

impl StoreOptions {
    pub const fn new(cipher: TokenCipher) -> Self {
        Self { max_connections: 10, cipher }
    }
}

/// An open database. Cheap to clone; all clones share its connections.
///
/// On SQLite one transaction writes at a time, and the others queue for their turn here instead of failing on the file's
/// lock; readers have their own connections and, thanks to the write-ahead log, wait for nobody.
#[derive(Clone)]
pub struct Store {
    write: DatabaseConnection,
    /// On SQLite, whose turn it is to write: first come, first served.
    turn: Option<Arc<Mutex<()>>>,
    /// On SQLite, what a commit waits for that must survive a power cut; PostgreSQL sees to that itself.
    flush: Option<Arc<GroupFlush>>,
    read: DatabaseConnection,
    backend: Backend,
    cipher: TokenCipher,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("backend", &self.backend).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database at `sqlite:path`, whose file is made when it isn't there, or `postgres://…`. The schema is not touched: see [`Store::migrate`].
    ///
    /// # Errors
    /// [`Error::Address`], or the database can't be reached or opened.
    pub async fn connect(url: &SecretString, options: StoreOptions) -> Result<Self, Error> {
        let backend = Backend::of(url.expose_secret())?;
        let StoreOptions { max_connections, cipher } = options;
        Ok(match backend {
            Backend::Sqlite => {
                let write = Database::connect(sqlite(url, 1, SqliteAccess::Write)).await?;
                Self {
                    flush: Some(Arc::new(flush_of(&write, url).await?)),
                    write,
                    turn: Some(Arc::default()),
                    read: Database::connect(sqlite(url, max_connections.max(1), SqliteAccess::Read)).await?,
                    backend,
                    cipher,
                }
            }
            Backend::Postgres => {
                let pool = Database::connect(postgres(url, max_connections.max(1))).await?;
                Self { write: pool.clone(), turn: None, flush: None, read: pool, backend, cipher }
            }
        })
    }

    /// Brings the schema up to date: all of it, or nothing. Several processes may try at once.
    ///
    /// # Errors
    /// [`Error::Migration`]
    pub async fn migrate(&self) -> Result<(), Error> {
        let tx = self.begin().await?;
        if self.backend == Backend::Postgres {
            tx.inner.execute_unprepared(MIGRATION_LOCK).await?;
        }
        Migrator::up(&tx.inner, None).await.map_err(Error::Migration)?;
        tx.commit().await
    }

    /// The names of the migrations this program has and the database hasn't.
    ///
    /// # Errors
    /// [`Error::Migration`]
    pub async fn pending_migrations(&self) -> Result<Vec<String>, Error> {
        let pending = Migrator::get_pending_migrations_read_only(&self.read).await.map_err(Error::Migration)?;
        Ok(pending.iter().map(|migration| migration.name().to_owned()).collect())
    }

    /// Starts a write transaction, durable once committed. Dropping it undoes it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no connection, or on SQLite the one write lock, is had in time.
    pub async fn begin(&self) -> Result<Tx, Error> {
        self.begin_with(self.flush.clone()).await
    }

    /// The same for what can be found out again: on SQLite its commit doesn't wait for the disk. It survives the end of this
    /// process; a power cut may undo it, but never out of order, and never what [`Self::begin`] wrote before or after and
    /// committed.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub async fn begin_repeatable(&self) -> Result<Tx, Error> {
        self.begin_with(None).await
    }

    async fn begin_with(&self, flush: Option<Arc<GroupFlush>>) -> Result<Tx, Error> {
        let turn = match &self.turn {
            Some(turn) => Some(
                tokio::time::timeout(PATIENCE, Arc::clone(turn).lock_owned())
                    .await
                    .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?,
            ),
            None => None,
        };
        // SQLite can't turn a reading transaction into a writing one once another has written, so the lock is taken first.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let inner = self.write.begin_with_options(options).await?;
        Ok(Tx { inner, cipher: self.cipher.clone(), turn, flush })
    }

    /// Reads, each statement for itself.
    pub fn read(&self) -> Reader {
        Reader { inner: self.read.clone(), cipher: self.cipher.clone() }
    }

    pub const fn backend(&self) -> Backend {
        self.backend
    }

    /// # Errors
    /// The database doesn't answer.
    pub async fn ping(&self) -> Result<(), Error> {
        self.read.ping().await?;
        Ok(())
    }

    /// Lets every connection finish and closes them. Other clones are closed too.
    pub async fn close(&self) {
        for pool in [&self.read, &self.write] {
            if let Err(error) = pool.close_by_ref().await {
                tracing::warn!(error = %error, "a database connection did not close cleanly");
            }
        }
    }
}

enum SqliteAccess {
    Write,
    Read,
}

fn sqlite(url: &SecretString, connections: u32, access: SqliteAccess) -> ConnectOptions {
    let mut options = pool(url, connections);
    options.idle_timeout(None).max_lifetime(None).test_before_acquire(false).map_sqlx_sqlite_opts(
        move |options: SqliteConnectOptions| {
            let options = options
                .journal_mode(SqliteJournalMode::Wal)
                // A commit by itself doesn't wait for the disk; who needs it there waits for a flush, after their turn.
                .synchronous(SqliteSynchronous::Normal)
                .foreign_keys(true)
                .busy_timeout(PATIENCE);
            match access {
                SqliteAccess::Write => options.create_if_missing(true),
                SqliteAccess::Read => options.pragma("query_only", "ON"),
            }
        },
    );
    options
}

/// # Errors
/// [`Error::NoLog`]
async fn flush_of(write: &DatabaseConnection, url: &SecretString) -> Result<GroupFlush, Error> {
    let options = SqliteConnectOptions::from_str(url.expose_secret()).map_err(|_| Error::Address)?;
    match pragma(write, "journal_mode").await? {
        journal if journal == "wal" => Ok(GroupFlush::of_log(options.get_filename())),
        journal => Err(Error::NoLog { journal }),
    }
}

async fn pragma(connection: &DatabaseConnection, name: &str) -> Result<String, DbErr> {
    let statement = Statement::from_string(
        connection.get_database_backend(),
        format!("SELECT CAST({name} AS TEXT) AS value FROM pragma_{name}"),
    );
    let row = connection.query_one_raw(statement).await?;
    row.map_or_else(|| Ok(String::new()), |row| row.try_get("", "value"))
}

fn postgres(url: &SecretString, connections: u32) -> ConnectOptions {
    let mut options = pool(url, connections);
    options
        .statement_timeout(STATEMENT_TIMEOUT)
        .set_application_name("casebridge")
        .test_before_acquire_if_idle_for(Duration::from_secs(30));
    options
}

fn pool(url: &SecretString, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.expose_secret());
    // sqlx logs statements as text; the spans of the use cases say more.
    options.max_connections(connections).acquire_timeout(PATIENCE).sqlx_logging(false);
    options
}

/// A unit of work: everything in it happens, or nothing.
#[must_use = "a transaction that is not committed is undone"]
pub struct Tx {
    inner: DatabaseTransaction,
    cipher: TokenCipher,
    /// Given up after the transaction is over: fields are dropped in order.
    turn: Option<OwnedMutexGuard<()>>,
    flush: Option<Arc<GroupFlush>>,
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tx")
    }
}

impl Tx {
    /// Durable when this returns.
    ///
    /// # Errors
    /// The database could not promise it. Whether it happened is then unknown.
    pub async fn commit(self) -> Result<(), Error> {
        let Self { inner, turn, flush, .. } = self;
        inner.commit().await?;
        // The next one writes while this one waits for the disk.
        drop(turn);
        match flush {
            Some(flush) => flush.wait().await.map_err(Error::Flush),
            None => Ok(()),
        }
    }

    /// # Errors
    /// The connection broke; the database undoes the transaction by itself.
    pub async fn rollback(self) -> Result<(), Error> {
        Ok(self.inner.rollback().await?)
    }
}

/// Looks, and can't touch.
#[derive(Clone)]
pub struct Reader {
    pub(crate) inner: DatabaseConnection,
    cipher: TokenCipher,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
}

macro_rules! repositories {
    ($($over:ident over $connection:ty),*; $repositories:tt) => {$( repositories!(@one $over, $connection, $repositories); )*};
    (@one $over:ident, $connection:ty, { $($name:ident: $repository:ident),* $(,)? }) => {
        impl $over {
            $( pub const fn $name(&self) -> $repository<'_, $connection> { $repository { connection: &self.inner } } )*

            pub const fn connections(&self) -> Connections<'_, $connection> {
                Connections { connection: &self.inner, cipher: &self.cipher }
            }
        }
    };
}

repositories! {
    Tx over DatabaseTransaction, Reader over DatabaseConnection;
    {
        users: Users,
        access_tokens: AccessTokens,
        catalogue: Catalogue,
        cases: Cases,
        case_handling: CaseHandling,
        case_values: CaseValues,
        posts: Posts,
        drafts: Drafts,
        deliveries: Deliveries,
        sessions: Sessions,
        settings: Settings,
        org_records: OrgRecords,
        cursors: Cursors,
        imports: Imports,
        history_loads: HistoryLoads,
    }
}

/// An update that must have met its row.
pub(crate) fn met(rows_affected: u64, what: &'static str) -> Result<(), Error> {
    if rows_affected == 0 { Err(Error::NotFound { what }) } else { Ok(()) }
}

/// For an insert that may find its row already there: whether it inserted.
pub(crate) fn inserted(result: Result<u64, DbErr>) -> Result<bool, Error> {
    match result {
        Ok(rows) => Ok(rows > 0),
        Err(DbErr::RecordNotInserted) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use domain::SeededRandom;

    use super::*;

    async fn open(folder: &tempfile::TempDir) -> Store {
        let url = SecretString::from(format!("sqlite:{}?mode=rwc", folder.path().join("a.db").display()));
        let cipher = TokenCipher::new([0; 32], Arc::new(SeededRandom::new(1)));
        Store::connect(&url, StoreOptions::new(cipher)).await.unwrap()
    }

    #[tokio::test]
    async fn sqlite_has_a_log_and_its_readers_only_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder).await;
        for (name, value) in [("journal_mode", "wal"), ("synchronous", "1"), ("foreign_keys", "1")] {
            assert_eq!(pragma(&store.write, name).await.unwrap(), value, "{name}");
        }
        assert!(store.read.execute_unprepared("CREATE TABLE t (x)").await.is_err());
        assert!(store.write.execute_unprepared("CREATE TABLE t (x)").await.is_ok());
    }

    #[tokio::test]
    async fn a_commit_is_told_of_once_the_log_is_flushed_unless_it_can_be_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let flushes = Arc::new(AtomicUsize::new(0));
        let (count, log) = (Arc::clone(&flushes), folder.path().join("a.db-wal"));
        let flush = GroupFlush::new(move || {
            // What is waited for is written already: a flush before that would flush something else.
            let written = std::fs::read(&log)?;
            assert!(written.windows(5).any(|bytes| bytes == b"words"));
            match count.fetch_add(1, Ordering::SeqCst) {
                0 => Ok(()),
                _ => Err(std::io::ErrorKind::StorageFull.into()),
            }
        });
        let store = Store { flush: Some(Arc::new(flush)), ..open(&folder).await };
        let write = async |tx: Tx| {
            tx.inner.execute_unprepared("CREATE TABLE IF NOT EXISTS t (x)").await.unwrap();
            tx.inner.execute_unprepared("INSERT INTO t VALUES ('words')").await.unwrap();
            tx
        };
        write(store.begin_repeatable().await.unwrap()).await.commit().await.unwrap();
        write(store.begin().await.unwrap()).await.rollback().await.unwrap();
        assert_eq!(flushes.load(Ordering::SeqCst), 0);
        write(store.begin().await.unwrap()).await.commit().await.unwrap();
        assert_eq!(flushes.load(Ordering::SeqCst), 1);
        let failed = write(store.begin().await.unwrap()).await.commit().await.unwrap_err();
        assert!(matches!(failed, Error::Flush(_)) && failed.is_temporary(), "{failed:?}");
    }
}

//! What can go wrong with a database, sorted by what a caller can do about it.

use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another row holds this value. After it, a PostgreSQL transaction is good for nothing but a rollback.
    #[error("another row has the same {constraint}")]
    Conflict {
        /// `{table}_{column}`, or `{table}_pkey` for a primary key; the same on both databases.
        constraint: String,
    },
    /// The row to change is not there.
    #[error("there is no such {what}")]
    NotFound { what: &'static str },
    /// Connecting, waiting for a connection or for a lock took too long, or the database is going away. Worth another try.
    #[error("the database is not available")]
    Unavailable(#[source] DbErr),
    /// A row holds what this version can't read.
    #[error("{table}.{column} holds what can't be read: {detail}")]
    Corrupt { table: &'static str, column: &'static str, detail: String },
    #[error("the schema could not be brought up to date")]
    Migration(#[source] DbErr),
    /// The address of the database is neither `sqlite:` nor `postgres://`.
    #[error("a database address begins with sqlite: or postgres://")]
    Address,
    /// Whether what was committed survives a power cut is unknown.
    #[error("the database's log could not be flushed to the disk")]
    Flush(#[source] std::io::Error),
    /// The file is where it can't have a write-ahead log, as on most network file systems.
    #[error(
        "the database can't have a write-ahead log where it is (its journal is “{journal}”): keep its file on a local disk"
    )]
    NoLog { journal: String },
    #[error("the database refused")]
    Database(#[source] DbErr),
}

impl Error {
    /// Another try later may succeed, unchanged.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Flush(_))
    }

    pub fn conflicts_on(&self, name: &str) -> bool {
        matches!(self, Self::Conflict { constraint } if constraint == name)
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(message)) = error.sql_err() {
            return Self::Conflict { constraint: constraint_name(&message) };
        }
        if is_temporary(&error) { Self::Unavailable(error) } else { Self::Database(error) }
    }
}

fn is_temporary(error: &DbErr) -> bool {
    let (DbErr::Conn(runtime) | DbErr::Exec(runtime) | DbErr::Query(runtime)) = error else {
        return matches!(error, DbErr::ConnectionAcquire(_));
    };
    let RuntimeErr::SqlxError(error) = runtime else { return false };
    match error.as_ref() {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(refusal) => refusal.code().is_some_and(|code| is_temporary_code(&code)),
        _ => false,
    }
}

/// SQLite's codes are numbers (5 busy, 6 locked, 10 I/O, 13 disk full, and their extended forms in the upper bits);
/// PostgreSQL's are SQLSTATEs of five characters (connection, rollback, resources, lock, operator, and system trouble).
fn is_temporary_code(code: &str) -> bool {
    if code.len() == 5 {
        return ["08", "40", "53", "55P03", "57", "58"].iter().any(|class| code.starts_with(class));
    }
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13))
}

/// SQLite names columns (`UNIQUE constraint failed: users.email`), PostgreSQL the constraint in quotes, which the migrations
/// named after table and column.
fn constraint_name(message: &str) -> String {
    if let Some((_, columns)) = message.rsplit_once("constraint failed: ") {
        let table = columns.split('.').next().unwrap_or_default();
        return if columns.contains(',') || columns.ends_with(".id") {
            format!("{table}_pkey")
        } else {
            columns.replace('.', "_")
        };
    }
    message.split('"').nth(1).unwrap_or(message).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constraint_has_one_name_whichever_database_speaks() {
        for (message, name) in [
            ("UNIQUE constraint failed: users.email", "users_email"),
            ("UNIQUE constraint failed: users.id", "users_pkey"),
            ("UNIQUE constraint failed: drafts.user_id, drafts.scope", "drafts_pkey"),
            (r#"duplicate key value violates unique constraint "users_email""#, "users_email"),
            (r#"duplicate key value violates unique constraint "users_pkey""#, "users_pkey"),
        ] {
            assert_eq!(constraint_name(message), name);
        }
    }

    #[test]
    fn busy_and_lost_connections_are_temporary_and_mistakes_are_not() {
        for code in ["5", "517", "261", "13", "40001", "40P01", "57P01", "53300", "08006", "55P03"] {
            assert!(is_temporary_code(code), "{code}");
        }
        for code in ["1", "19", "787", "2067", "42P01", "23505", "22021"] {
            assert!(!is_temporary_code(code), "{code}");
        }
    }
}

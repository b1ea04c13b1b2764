//! How far people, memberships and the catalogue have changed: see the migration that makes the database count.

use sea_orm::{ConnectionTrait, Statement};

use crate::{Error, Reader};

/// Two readings that are alike frame a time in which nothing of the above changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(i64);

impl Reader {
    /// The current one. What is read after it is at least as new.
    pub async fn revision(&self) -> Result<Revision, Error> {
        let backend = self.inner.get_database_backend();
        let row = self.inner.query_one_raw(Statement::from_string(backend, "SELECT value FROM revision")).await?;
        Ok(Revision(row.ok_or(Error::NotFound { what: "revision" })?.try_get("", "value")?))
    }
}

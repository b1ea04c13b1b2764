//! How far each source in the org has been read.

use domain::{SalesforceId, Timestamp};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
    sea_query::OnConflict,
};

use crate::{Error, decode::time, entities::cursors};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorRow {
    /// SystemModstamp and Id of the last record read.
    pub modstamp: Timestamp,
    pub last_id: String,
    /// When we last read to the end, whether or not there was anything.
    pub read_at: Timestamp,
    /// When we last read on and there was more.
    pub went_on_at: Timestamp,
}

/// How up to date the copy of an org is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// When the source that was read to its end longest ago was.
    pub to_the_end_at: Timestamp,
    /// When a source was last read on and there was more.
    pub went_on_at: Timestamp,
}

#[derive(Debug)]
pub struct Cursors<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> Cursors<'_, C> {
    pub async fn get(&self, org: &SalesforceId, source: &str) -> Result<Option<CursorRow>, Error> {
        let model =
            cursors::Entity::find_by_id((org.as_str().to_owned(), source.to_owned())).one(self.connection).await?;
        Ok(model.map(|model| CursorRow {
            modstamp: time(model.modstamp),
            last_id: model.last_id,
            read_at: time(model.read_at),
            went_on_at: time(model.went_on_at),
        }))
    }

    /// None before the first time.
    pub async fn reading_of(&self, org: &SalesforceId) -> Result<Option<Reading>, Error> {
        let times: Option<(Option<i64>, Option<i64>)> = cursors::Entity::find()
            .select_only()
            .column_as(cursors::Column::ReadAt.min(), "oldest")
            .column_as(cursors::Column::WentOnAt.max(), "went_on")
            .filter(cursors::Column::OrgId.eq(org.as_str()))
            .into_tuple()
            .one(self.connection)
            .await?;
        Ok(times
            .and_then(|(oldest, went_on)| Some(Reading { to_the_end_at: time(oldest?), went_on_at: time(went_on?) })))
    }
}

impl Cursors<'_, DatabaseTransaction> {
    pub async fn put(&self, org: &SalesforceId, source: &str, cursor: &CursorRow) -> Result<(), Error> {
        cursors::Entity::insert(cursors::ActiveModel {
            org_id: Set(org.as_str().to_owned()),
            source: Set(source.to_owned()),
            modstamp: Set(cursor.modstamp.as_micros()),
            last_id: Set(cursor.last_id.clone()),
            read_at: Set(cursor.read_at.as_micros()),
            went_on_at: Set(cursor.went_on_at.as_micros()),
        })
        .on_conflict(
            OnConflict::columns([cursors::Column::OrgId, cursors::Column::Source])
                .update_columns([
                    cursors::Column::Modstamp,
                    cursors::Column::LastId,
                    cursors::Column::ReadAt,
                    cursors::Column::WentOnAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(self.connection)
        .await?;
        Ok(())
    }

    /// The next poll of this source begins at the beginning. Whether it had begun.
    pub async fn forget(&self, org: &SalesforceId, source: &str) -> Result<bool, Error> {
        let key = (org.as_str().to_owned(), source.to_owned());
        Ok(cursors::Entity::delete_by_id(key).exec(self.connection).await?.rows_affected > 0)
    }

    /// The next poll begins at the beginning.
    pub async fn forget_org(&self, org: &SalesforceId) -> Result<u64, Error> {
        let result = cursors::Entity::delete_many()
            .filter(cursors::Column::OrgId.eq(org.as_str()))
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected)
    }
}

//! What admins decide while the portal runs, and what was found out for them; each by its name.

use domain::{Timestamp, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
    sea_query::OnConflict,
};

use crate::{Error, decode::time, entities::settings};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingRow {
    pub value: String,
    /// None where the program itself wrote it.
    pub changed_by: Option<UserId>,
    pub changed_at: Timestamp,
}

impl From<settings::Model> for SettingRow {
    fn from(model: settings::Model) -> Self {
        Self { value: model.value, changed_by: model.changed_by.map(UserId::from), changed_at: time(model.changed_at) }
    }
}

#[derive(Debug)]
pub struct Settings<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> Settings<'_, C> {
    /// None while it was never set.
    pub async fn get(&self, name: &str) -> Result<Option<SettingRow>, Error> {
        Ok(settings::Entity::find_by_id(name.to_owned()).one(self.connection).await?.map(SettingRow::from))
    }
}

impl Settings<'_, DatabaseTransaction> {
    /// The same, and nobody changes it before this transaction has ended.
    pub async fn hold(&self, name: &str) -> Result<Option<SettingRow>, Error> {
        let held = settings::Entity::find().filter(settings::Column::Name.eq(name)).lock_shared();
        Ok(held.one(self.connection).await?.map(SettingRow::from))
    }

    pub async fn put(&self, name: &str, setting: &SettingRow) -> Result<(), Error> {
        settings::Entity::insert(settings::ActiveModel {
            name: Set(name.to_owned()),
            value: Set(setting.value.clone()),
            changed_by: Set(setting.changed_by.map(|user| user.as_uuid())),
            changed_at: Set(setting.changed_at.as_micros()),
        })
        .on_conflict(
            OnConflict::column(settings::Column::Name)
                .update_columns([settings::Column::Value, settings::Column::ChangedBy, settings::Column::ChangedAt])
                .to_owned(),
        )
        .exec_without_returning(self.connection)
        .await?;
        Ok(())
    }

    /// As if it had never been set. Whether it was.
    pub async fn forget(&self, name: &str) -> Result<bool, Error> {
        Ok(settings::Entity::delete_by_id(name.to_owned()).exec(self.connection).await?.rows_affected > 0)
    }
}

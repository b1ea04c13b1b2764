//! Signed-in browsers. Stored under the SHA-256 of the cookie's id, so that a copied database opens no session.

use domain::{Timestamp, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::OnConflict,
};
use sha2::{Digest, Sha256};

use crate::{
    Error,
    cipher::hex,
    decode::{row_or_none, time},
    entities::sessions,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// None before sign-in.
    pub user_id: Option<UserId>,
    /// What the web layer keeps in it.
    pub data: Vec<u8>,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
}

impl TryFrom<sessions::Model> for SessionRow {
    type Error = Error;

    fn try_from(model: sessions::Model) -> Result<Self, Error> {
        Ok(Self {
            user_id: model.user_id.map(UserId::from),
            data: model.data,
            expires_at: time(model.expires_at),
            created_at: time(model.created_at),
            last_seen_at: time(model.last_seen_at),
        })
    }
}

#[derive(Debug)]
pub struct Sessions<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> Sessions<'_, C> {
    /// None when there is none or it has expired.
    pub async fn load(&self, id: &str, now: Timestamp) -> Result<Option<SessionRow>, Error> {
        let model = sessions::Entity::find_by_id(stored(id))
            .filter(sessions::Column::ExpiresAt.gt(now.as_micros()))
            .one(self.connection)
            .await?;
        row_or_none(model)
    }
}

impl Sessions<'_, DatabaseTransaction> {
    /// # Errors
    /// [`Error::Conflict`] on `sessions_pkey` when the id is taken.
    pub async fn create(&self, id: &str, session: &SessionRow) -> Result<(), Error> {
        sessions::Entity::insert(active(id, session)).exec_without_returning(self.connection).await?;
        Ok(())
    }

    /// Inserts or replaces; when it was created stays.
    pub async fn save(&self, id: &str, session: &SessionRow) -> Result<(), Error> {
        sessions::Entity::insert(active(id, session))
            .on_conflict(
                OnConflict::column(sessions::Column::Id)
                    .update_columns([
                        sessions::Column::UserId,
                        sessions::Column::Data,
                        sessions::Column::ExpiresAt,
                        sessions::Column::LastSeenAt,
                    ])
                    .to_owned(),
            )
            .exec_without_returning(self.connection)
            .await?;
        Ok(())
    }

    /// Whether there was one.
    pub async fn delete(&self, id: &str) -> Result<bool, Error> {
        Ok(sessions::Entity::delete_by_id(stored(id)).exec(self.connection).await?.rows_affected > 0)
    }

    /// Signs the person out everywhere; of how many browsers.
    pub async fn delete_for_user(&self, user: UserId) -> Result<u64, Error> {
        let result = sessions::Entity::delete_many()
            .filter(sessions::Column::UserId.eq(user.as_uuid()))
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected)
    }

    pub async fn delete_expired(&self, now: Timestamp) -> Result<u64, Error> {
        let result = sessions::Entity::delete_many()
            .filter(sessions::Column::ExpiresAt.lte(now.as_micros()))
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected)
    }
}

fn stored(id: &str) -> String {
    hex(&Sha256::digest(id.as_bytes()))
}

fn active(id: &str, session: &SessionRow) -> sessions::ActiveModel {
    sessions::ActiveModel {
        id: Set(stored(id)),
        user_id: Set(session.user_id.map(|user| user.as_uuid())),
        data: Set(session.data.clone()),
        expires_at: Set(session.expires_at.as_micros()),
        created_at: Set(session.created_at.as_micros()),
        last_seen_at: Set(session.last_seen_at.as_micros()),
    }
}

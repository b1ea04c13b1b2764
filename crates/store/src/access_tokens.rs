//! Bearer tokens. Stored under the SHA-256 of the token, so that a copied database opens nothing; a token is random enough that
//! nobody finds it from that.

use domain::{AccessTokenId, Scopes, Timestamp, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::{
    Error,
    cipher::hex,
    database::met,
    decode::{Field, row_or_none, rows, time, time_or_none},
    entities::access_tokens,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessTokenRow {
    pub id: AccessTokenId,
    pub user_id: UserId,
    /// What its owner calls it.
    pub name: String,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// To within some minutes.
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub struct NewAccessToken {
    pub id: AccessTokenId,
    pub user_id: UserId,
    pub name: String,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl TryFrom<access_tokens::Model> for AccessTokenRow {
    type Error = Error;

    fn try_from(model: access_tokens::Model) -> Result<Self, Error> {
        Ok(Self {
            id: model.id.into(),
            user_id: model.user_id.into(),
            name: model.name,
            scopes: Field("access_tokens", "scopes").read(Scopes::from_text(&model.scopes))?,
            created_at: time(model.created_at),
            expires_at: time(model.expires_at),
            last_used_at: time_or_none(model.last_used_at),
            revoked_at: time_or_none(model.revoked_at),
        })
    }
}

#[derive(Debug)]
pub struct AccessTokens<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> AccessTokens<'_, C> {
    /// The token's row as long as it may be used: neither revoked nor expired.
    pub async fn usable(&self, token: &SecretString, now: Timestamp) -> Result<Option<AccessTokenRow>, Error> {
        let model = access_tokens::Entity::find()
            .filter(access_tokens::Column::Hash.eq(stored(token)))
            .filter(access_tokens::Column::RevokedAt.is_null())
            .filter(access_tokens::Column::ExpiresAt.gt(now.as_micros()))
            .one(self.connection)
            .await?;
        row_or_none(model)
    }

    pub async fn by_id(&self, id: AccessTokenId) -> Result<Option<AccessTokenRow>, Error> {
        row_or_none(access_tokens::Entity::find_by_id(id.as_uuid()).one(self.connection).await?)
    }

    /// The newest first, spent ones too.
    pub async fn of_user(&self, user: UserId) -> Result<Vec<AccessTokenRow>, Error> {
        let models = access_tokens::Entity::find()
            .filter(access_tokens::Column::UserId.eq(user.as_uuid()))
            .order_by_desc(access_tokens::Column::CreatedAt)
            .order_by_desc(access_tokens::Column::Id)
            .all(self.connection)
            .await?;
        rows(models)
    }

    /// Everybody's, the newest first, spent ones too. `after` is the last one of the page before.
    pub async fn of_everybody(&self, after: Option<AccessTokenId>, limit: u64) -> Result<Vec<AccessTokenRow>, Error> {
        let mut query = access_tokens::Entity::find();
        if let Some(after) = after {
            query = query.filter(access_tokens::Column::Id.lt(after.as_uuid()));
        }
        // An id begins with the time it was made at.
        rows(query.order_by_desc(access_tokens::Column::Id).limit(limit).all(self.connection).await?)
    }

    /// How many of somebody's tokens may be used.
    pub async fn count_usable(&self, user: UserId, now: Timestamp) -> Result<u64, Error> {
        Ok(access_tokens::Entity::find()
            .filter(access_tokens::Column::UserId.eq(user.as_uuid()))
            .filter(access_tokens::Column::RevokedAt.is_null())
            .filter(access_tokens::Column::ExpiresAt.gt(now.as_micros()))
            .count(self.connection)
            .await?)
    }
}

impl AccessTokens<'_, DatabaseTransaction> {
    pub async fn insert(&self, token: &SecretString, new: &NewAccessToken) -> Result<(), Error> {
        access_tokens::Entity::insert(access_tokens::ActiveModel {
            id: Set(new.id.as_uuid()),
            user_id: Set(new.user_id.as_uuid()),
            name: Set(new.name.clone()),
            hash: Set(stored(token)),
            scopes: Set(new.scopes.to_string()),
            created_at: Set(new.created_at.as_micros()),
            expires_at: Set(new.expires_at.as_micros()),
            last_used_at: Set(None),
            revoked_at: Set(None),
        })
        .exec_without_returning(self.connection)
        .await?;
        Ok(())
    }

    pub async fn mark_used(&self, id: AccessTokenId, now: Timestamp) -> Result<(), Error> {
        let result = access_tokens::Entity::update_many()
            .col_expr(access_tokens::Column::LastUsedAt, Expr::value(Some(now.as_micros())))
            .filter(access_tokens::Column::Id.eq(id.as_uuid()))
            .exec(self.connection)
            .await?;
        met(result.rows_affected, "token")
    }

    /// Again is fine: when it was revoked first stays.
    pub async fn revoke(&self, id: AccessTokenId, now: Timestamp) -> Result<(), Error> {
        access_tokens::Entity::update_many()
            .col_expr(access_tokens::Column::RevokedAt, Expr::value(Some(now.as_micros())))
            .filter(access_tokens::Column::Id.eq(id.as_uuid()))
            .filter(access_tokens::Column::RevokedAt.is_null())
            .exec(self.connection)
            .await?;
        Ok(())
    }

    /// Forgets somebody's tokens that expired or were revoked before `before`; how many.
    pub async fn delete_spent(&self, user: UserId, before: Timestamp) -> Result<u64, Error> {
        let spent = access_tokens::Column::ExpiresAt
            .lt(before.as_micros())
            .or(access_tokens::Column::RevokedAt.lt(before.as_micros()));
        let result = access_tokens::Entity::delete_many()
            .filter(access_tokens::Column::UserId.eq(user.as_uuid()))
            .filter(spent)
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected)
    }
}

fn stored(token: &SecretString) -> String {
    hex(&Sha256::digest(token.expose_secret().as_bytes()))
}

//! The portal's right to act in an org: at most one at a time, tokens sealed.

use std::fmt;

use domain::{ConnectionId, SalesforceId, Timestamp, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};
use secrecy::SecretString;

use crate::{
    Error, TokenCipher,
    cipher::{TokenField, Unreadable},
    database::met,
    decode::{Field, time},
    entities::connections,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    Connected,
    /// The org no longer takes the tokens, or has a problem that people must mend; deliveries wait.
    Paused,
    /// It leads to another org than the one everything here is known of. Nothing is read or sent until an admin has decided.
    OtherOrg,
    /// Ended; the tokens are gone.
    Disconnected,
}

impl ConnectionState {
    const ALL: [Self; 4] = [Self::Connected, Self::Paused, Self::OtherOrg, Self::Disconnected];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Paused => "paused",
            Self::OtherOrg => "other_org",
            Self::Disconnected => "disconnected",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

#[derive(Clone, Debug)]
pub struct ConnectionRow {
    pub id: ConnectionId,
    pub state: ConnectionState,
    pub instance_url: String,
    pub login_url: String,
    pub org_id: SalesforceId,
    pub org_user_id: SalesforceId,
    pub org_username: String,
    /// None when it was erased, or sealed with another secret key than the present one: an admin has to connect again.
    pub access_token: Option<SecretString>,
    pub refresh_token: Option<SecretString>,
    pub scope: Option<String>,
    pub issued_at: Timestamp,
    /// Why it is paused, for admins.
    pub problem: Option<String>,
    pub connected_by: Option<UserId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct NewConnection {
    pub id: ConnectionId,
    pub instance_url: String,
    pub login_url: String,
    pub org_id: SalesforceId,
    pub org_user_id: SalesforceId,
    pub org_username: String,
    pub access_token: SecretString,
    pub refresh_token: Option<SecretString>,
    pub scope: Option<String>,
    pub issued_at: Timestamp,
    pub connected_by: Option<UserId>,
    pub created_at: Timestamp,
}

/// Whether the org a new connection leads to is the one everything here is known of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownOrg {
    /// Or the first there is.
    Same,
    Other,
}

/// What a refresh brought.
#[derive(Clone, Debug)]
pub struct RefreshedTokens {
    pub access_token: SecretString,
    /// None keeps the old one.
    pub refresh_token: Option<SecretString>,
    pub instance_url: String,
    pub issued_at: Timestamp,
}

pub struct Connections<'c, C> {
    pub(crate) connection: &'c C,
    pub(crate) cipher: &'c TokenCipher,
}

impl<C> fmt::Debug for Connections<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connections")
    }
}

impl<C: ConnectionTrait> Connections<'_, C> {
    /// The one that has not ended.
    pub async fn current(&self) -> Result<Option<ConnectionRow>, Error> {
        let model = connections::Entity::find()
            .filter(connections::Column::State.ne(ConnectionState::Disconnected.name()))
            .one(self.connection)
            .await?;
        model.map(|model| self.row(model)).transpose()
    }

    /// The newest that led to the org everything here is known of, whatever became of it since.
    pub async fn last_accepted(&self) -> Result<Option<ConnectionRow>, Error> {
        let model = connections::Entity::find()
            .filter(connections::Column::AcceptedAt.is_not_null())
            .order_by_desc(connections::Column::AcceptedAt)
            .order_by_desc(connections::Column::Id)
            .one(self.connection)
            .await?;
        model.map(|model| self.row(model)).transpose()
    }

    /// The newest, whatever its state.
    pub async fn latest(&self) -> Result<Option<ConnectionRow>, Error> {
        let model = connections::Entity::find()
            .order_by_desc(connections::Column::CreatedAt)
            .order_by_desc(connections::Column::Id)
            .one(self.connection)
            .await?;
        model.map(|model| self.row(model)).transpose()
    }

    fn row(&self, model: connections::Model) -> Result<ConnectionRow, Error> {
        let field = |column| Field("connections", column);
        let id = ConnectionId::from(model.id);
        Ok(ConnectionRow {
            id,
            state: field("state").known(&model.state, ConnectionState::from_name(&model.state))?,
            access_token: self.open(id, TokenField::Access, model.access_token.as_deref(), &model.secret_key_id),
            refresh_token: self.open(id, TokenField::Refresh, model.refresh_token.as_deref(), &model.secret_key_id),
            instance_url: model.instance_url,
            login_url: model.login_url,
            org_id: field("org_id").salesforce_id(&model.org_id)?,
            org_user_id: field("org_user_id").salesforce_id(&model.org_user_id)?,
            org_username: model.org_username,
            scope: model.scope,
            issued_at: time(model.issued_at),
            problem: model.problem,
            connected_by: model.connected_by.map(UserId::from),
            created_at: time(model.created_at),
            updated_at: time(model.updated_at),
        })
    }

    fn open(&self, id: ConnectionId, field: TokenField, sealed: Option<&[u8]>, key_id: &str) -> Option<SecretString> {
        match self.cipher.open(id, field, sealed?) {
            Ok(token) => Some(token),
            Err(Unreadable) => {
                let same_key = key_id == self.cipher.key_id();
                tracing::warn!(connection.id = %id, token.same_key = same_key, "a token of the org can't be opened; an admin has to connect again");
                None
            }
        }
    }
}

impl Connections<'_, DatabaseTransaction> {
    /// Ends the present connection, if there is one, and keeps this one.
    ///
    /// # Errors
    /// [`Error::Conflict`] on `connections_singleton` when another was made at the same moment.
    pub async fn replace(&self, new: &NewConnection, org: KnownOrg) -> Result<(), Error> {
        let (state, accepted_at) = match org {
            KnownOrg::Same => (ConnectionState::Connected, Some(new.created_at.as_micros())),
            KnownOrg::Other => (ConnectionState::OtherOrg, None),
        };
        let present = connections::Column::State.ne(ConnectionState::Disconnected.name());
        ended(new.created_at).filter(present).exec(self.connection).await?;
        let refresh_token =
            new.refresh_token.as_ref().map(|token| self.seal(new.id, TokenField::Refresh, token)).transpose()?;
        connections::Entity::insert(connections::ActiveModel {
            id: Set(new.id.as_uuid()),
            singleton: Set(1),
            state: Set(state.name().to_owned()),
            instance_url: Set(new.instance_url.clone()),
            login_url: Set(new.login_url.clone()),
            org_id: Set(new.org_id.as_str().to_owned()),
            org_user_id: Set(new.org_user_id.as_str().to_owned()),
            org_username: Set(new.org_username.clone()),
            access_token: Set(Some(self.seal(new.id, TokenField::Access, &new.access_token)?)),
            refresh_token: Set(refresh_token),
            secret_key_id: Set(self.cipher.key_id().to_owned()),
            scope: Set(new.scope.clone()),
            issued_at: Set(new.issued_at.as_micros()),
            problem: Set(None),
            connected_by: Set(new.connected_by.map(|user| user.as_uuid())),
            created_at: Set(new.created_at.as_micros()),
            updated_at: Set(new.created_at.as_micros()),
            accepted_at: Set(accepted_at),
        })
        .exec_without_returning(self.connection)
        .await?;
        Ok(())
    }

    /// # Errors
    /// [`Error::NotFound`] when the connection was ended meanwhile: its tokens stay erased.
    pub async fn save_tokens(&self, id: ConnectionId, tokens: &RefreshedTokens, now: Timestamp) -> Result<(), Error> {
        let mut update = connections::Entity::update_many()
            .col_expr(
                connections::Column::AccessToken,
                Expr::value(Some(self.seal(id, TokenField::Access, &tokens.access_token)?)),
            )
            .col_expr(connections::Column::InstanceUrl, Expr::value(tokens.instance_url.as_str()))
            .col_expr(connections::Column::IssuedAt, Expr::value(tokens.issued_at.as_micros()))
            .col_expr(connections::Column::SecretKeyId, Expr::value(self.cipher.key_id()))
            .col_expr(connections::Column::UpdatedAt, Expr::value(now.as_micros()));
        if let Some(refresh) = &tokens.refresh_token {
            update = update.col_expr(
                connections::Column::RefreshToken,
                Expr::value(Some(self.seal(id, TokenField::Refresh, refresh)?)),
            );
        }
        self.living(update, id).await
    }

    /// `problem` tells admins what to do.
    pub async fn pause(&self, id: ConnectionId, problem: &str, now: Timestamp) -> Result<(), Error> {
        self.living(moved(ConnectionState::Paused, Some(problem), now), id).await
    }

    pub async fn resume(&self, id: ConnectionId, now: Timestamp) -> Result<(), Error> {
        self.living(moved(ConnectionState::Connected, None, now), id).await
    }

    /// An admin decided that the org it leads to is the one to use. False when it isn't waiting for that any more.
    pub async fn accept(&self, id: ConnectionId, now: Timestamp) -> Result<bool, Error> {
        let result = moved(ConnectionState::Connected, None, now)
            .col_expr(connections::Column::AcceptedAt, Expr::value(Some(now.as_micros())))
            .filter(connections::Column::Id.eq(id.as_uuid()))
            .filter(connections::Column::State.eq(ConnectionState::OtherOrg.name()))
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected > 0)
    }

    /// Ends it and erases its tokens.
    pub async fn disconnect(&self, id: ConnectionId, now: Timestamp) -> Result<(), Error> {
        self.living(ended(now), id).await
    }

    async fn living(&self, update: sea_orm::UpdateMany<connections::Entity>, id: ConnectionId) -> Result<(), Error> {
        let result = update
            .filter(connections::Column::Id.eq(id.as_uuid()))
            .filter(connections::Column::State.ne(ConnectionState::Disconnected.name()))
            .exec(self.connection)
            .await?;
        met(result.rows_affected, "connection")
    }

    fn seal(&self, id: ConnectionId, field: TokenField, token: &SecretString) -> Result<Vec<u8>, Error> {
        self.cipher
            .seal(id, field, token)
            .map_err(|Unreadable| Field("connections", "access_token").corrupt("could not be sealed".into()))
    }
}

fn moved(state: ConnectionState, problem: Option<&str>, now: Timestamp) -> sea_orm::UpdateMany<connections::Entity> {
    connections::Entity::update_many()
        .col_expr(connections::Column::State, Expr::value(state.name()))
        .col_expr(connections::Column::Problem, Expr::value(problem))
        .col_expr(connections::Column::UpdatedAt, Expr::value(now.as_micros()))
}

fn ended(now: Timestamp) -> sea_orm::UpdateMany<connections::Entity> {
    moved(ConnectionState::Disconnected, None, now)
        .col_expr(connections::Column::AccessToken, Expr::value(None::<Vec<u8>>))
        .col_expr(connections::Column::RefreshToken, Expr::value(None::<Vec<u8>>))
}

//! People who sign in, and the organizations partners belong to.

use domain::{Email, OrganizationId, PersonName, Role, SalesforceId, Timestamp, UserId, Username};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{
    Error,
    database::{inserted, met},
    decode::{Field, row_or_none, rows, time, time_or_none},
    entities::{user_organizations, users},
};

/// A person who signs in.
#[derive(Clone, Debug)]
pub struct UserRow {
    pub id: UserId,
    pub email: Email,
    pub username: Username,
    pub name: PersonName,
    pub role: Role,
    /// A PHC string; empty for somebody without a password, who can't sign in by one.
    pub password_hash: SecretString,
    /// A customer's account.
    pub account_salesforce_id: Option<SalesforceId>,
    /// May not sign in since then.
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct NewUser {
    pub id: UserId,
    pub email: Email,
    pub username: Username,
    pub name: PersonName,
    pub role: Role,
    /// As [`UserRow::password_hash`] has it.
    pub password_hash: SecretString,
    pub account_salesforce_id: Option<SalesforceId>,
    pub created_at: Timestamp,
}

impl TryFrom<users::Model> for UserRow {
    type Error = Error;

    fn try_from(model: users::Model) -> Result<Self, Error> {
        let field = |column| Field("users", column);
        Ok(Self {
            id: model.id.into(),
            email: field("email").read(Email::new(&model.email))?,
            username: field("username").read(Username::new(&model.username))?,
            name: PersonName { first: model.first_name, last: model.last_name },
            role: field("role").known(&model.role, Role::from_name(&model.role))?,
            password_hash: model.password_hash.into(),
            account_salesforce_id: field("account_salesforce_id")
                .salesforce_id_or_none(model.account_salesforce_id.as_deref())?,
            disabled_at: time_or_none(model.disabled_at),
            created_at: time(model.created_at),
            updated_at: time(model.updated_at),
        })
    }
}

impl UserRow {
    /// None before one is set.
    pub fn password(&self) -> Option<&SecretString> {
        Some(&self.password_hash).filter(|hash| !hash.expose_secret().is_empty())
    }
}

#[derive(Debug)]
pub struct Users<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> Users<'_, C> {
    pub async fn by_id(&self, id: UserId) -> Result<Option<UserRow>, Error> {
        row_or_none(users::Entity::find_by_id(id.as_uuid()).one(self.connection).await?)
    }

    /// Those there are, in no order.
    pub async fn by_ids(&self, ids: &[UserId]) -> Result<Vec<UserRow>, Error> {
        let ids = ids.iter().map(UserId::as_uuid);
        rows(users::Entity::find().filter(users::Column::Id.is_in(ids)).all(self.connection).await?)
    }

    pub async fn by_email(&self, email: &Email) -> Result<Option<UserRow>, Error> {
        row_or_none(users::Entity::find().filter(users::Column::Email.eq(email.as_str())).one(self.connection).await?)
    }

    pub async fn by_username(&self, username: &Username) -> Result<Option<UserRow>, Error> {
        row_or_none(
            users::Entity::find().filter(users::Column::Username.eq(username.as_str())).one(self.connection).await?,
        )
    }

    pub async fn memberships(&self, user: UserId) -> Result<Vec<OrganizationId>, Error> {
        let ids: Vec<Uuid> = user_organizations::Entity::find()
            .select_only()
            .column(user_organizations::Column::OrganizationId)
            .filter(user_organizations::Column::UserId.eq(user.as_uuid()))
            .order_by_asc(user_organizations::Column::OrganizationId)
            .into_tuple()
            .all(self.connection)
            .await?;
        Ok(ids.into_iter().map(OrganizationId::from).collect())
    }

    /// By name.
    pub async fn members_of(&self, organization: OrganizationId) -> Result<Vec<UserRow>, Error> {
        let members = sea_orm::sea_query::Query::select()
            .column(user_organizations::Column::UserId)
            .from(user_organizations::Entity)
            .and_where(user_organizations::Column::OrganizationId.eq(organization.as_uuid()))
            .take();
        let models = users::Entity::find()
            .filter(users::Column::Id.in_subquery(members))
            .order_by_asc(users::Column::LastName)
            .order_by_asc(users::Column::FirstName)
            .order_by_asc(users::Column::Id)
            .all(self.connection)
            .await?;
        crate::decode::rows(models)
    }

    /// Whether anybody can sign in yet.
    pub async fn any(&self) -> Result<bool, Error> {
        Ok(users::Entity::find().limit(1).one(self.connection).await?.is_some())
    }
}

impl Users<'_, DatabaseTransaction> {
    /// # Errors
    /// [`Error::Conflict`] on `users_email` or `users_username`.
    pub async fn insert(&self, user: &NewUser) -> Result<(), Error> {
        users::Entity::insert(users::ActiveModel {
            id: Set(user.id.as_uuid()),
            email: Set(user.email.as_str().to_owned()),
            username: Set(user.username.as_str().to_owned()),
            first_name: Set(user.name.first.clone()),
            last_name: Set(user.name.last.clone()),
            role: Set(user.role.name().to_owned()),
            password_hash: Set(user.password_hash.expose_secret().to_owned()),
            account_salesforce_id: Set(user.account_salesforce_id.as_ref().map(|id| id.as_str().to_owned())),
            disabled_at: Set(None),
            created_at: Set(user.created_at.as_micros()),
            updated_at: Set(user.created_at.as_micros()),
        })
        .exec_without_returning(self.connection)
        .await?;
        Ok(())
    }

    /// Whether it is new that the person belongs there.
    pub async fn add_membership(&self, user: UserId, organization: OrganizationId) -> Result<bool, Error> {
        let link = user_organizations::ActiveModel {
            user_id: Set(user.as_uuid()),
            organization_id: Set(organization.as_uuid()),
        };
        let key = [user_organizations::Column::UserId, user_organizations::Column::OrganizationId];
        let insert = user_organizations::Entity::insert(link)
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(self.connection)
            .await;
        inserted(insert)
    }

    /// Whether the person belonged there.
    pub async fn remove_membership(&self, user: UserId, organization: OrganizationId) -> Result<bool, Error> {
        let key = (user.as_uuid(), organization.as_uuid());
        Ok(user_organizations::Entity::delete_by_id(key).exec(self.connection).await?.rows_affected > 0)
    }

    /// What somebody is called and may do, from now on.
    ///
    /// # Errors
    /// [`Error::Conflict`] on `users_username`.
    pub async fn describe(
        &self,
        user: UserId,
        username: &Username,
        name: &PersonName,
        role: Role,
        now: Timestamp,
    ) -> Result<(), Error> {
        let result = users::Entity::update_many()
            .col_expr(users::Column::Username, Expr::value(username.as_str()))
            .col_expr(users::Column::FirstName, Expr::value(name.first.as_str()))
            .col_expr(users::Column::LastName, Expr::value(name.last.as_str()))
            .col_expr(users::Column::Role, Expr::value(role.name()))
            .col_expr(users::Column::UpdatedAt, Expr::value(now.as_micros()))
            .filter(users::Column::Id.eq(user.as_uuid()))
            .exec(self.connection)
            .await?;
        met(result.rows_affected, "user")
    }

    /// These organizations and no others.
    pub async fn set_memberships(&self, user: UserId, organizations: &[OrganizationId]) -> Result<(), Error> {
        user_organizations::Entity::delete_many()
            .filter(user_organizations::Column::UserId.eq(user.as_uuid()))
            .exec(self.connection)
            .await?;
        let mut organizations = organizations.to_vec();
        organizations.sort_unstable();
        organizations.dedup();
        user_organizations::Entity::insert_many(organizations.iter().map(|organization| {
            user_organizations::ActiveModel {
                user_id: Set(user.as_uuid()),
                organization_id: Set(organization.as_uuid()),
            }
        }))
        .exec_without_returning(self.connection)
        .await?;
        Ok(())
    }

    pub async fn set_password_hash(&self, user: UserId, hash: &SecretString, now: Timestamp) -> Result<(), Error> {
        let result = users::Entity::update_many()
            .col_expr(users::Column::PasswordHash, Expr::value(hash.expose_secret()))
            .col_expr(users::Column::UpdatedAt, Expr::value(now.as_micros()))
            .filter(users::Column::Id.eq(user.as_uuid()))
            .exec(self.connection)
            .await?;
        met(result.rows_affected, "user")
    }

    /// From `at` on the person may not sign in; with none they may again.
    pub async fn set_disabled(&self, user: UserId, at: Option<Timestamp>, now: Timestamp) -> Result<(), Error> {
        let result = users::Entity::update_many()
            .col_expr(users::Column::DisabledAt, Expr::value(at.map(Timestamp::as_micros)))
            .col_expr(users::Column::UpdatedAt, Expr::value(now.as_micros()))
            .filter(users::Column::Id.eq(user.as_uuid()))
            .exec(self.connection)
            .await?;
        met(result.rows_affected, "user")
    }
}

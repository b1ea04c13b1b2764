//! What a case's status and owner can be in an org, as that org last said.

use domain::SalesforceId;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};

use crate::{
    CaseOwner, Error,
    decode::{Field, rows},
    entities::{case_owners, case_statuses},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseStatusRow {
    /// As the API takes it.
    pub value: String,
    /// As people see it.
    pub label: String,
    pub is_closed: bool,
    pub is_default: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerKind {
    Queue,
    User,
}

impl OwnerKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::User => "user",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseOwnerRow {
    pub owner: CaseOwner,
    pub kind: OwnerKind,
}

impl TryFrom<case_statuses::Model> for CaseStatusRow {
    type Error = Error;

    fn try_from(model: case_statuses::Model) -> Result<Self, Error> {
        let case_statuses::Model { value, label, is_closed, is_default, .. } = model;
        Ok(Self { value, label, is_closed, is_default })
    }
}

impl TryFrom<case_owners::Model> for CaseOwnerRow {
    type Error = Error;

    fn try_from(model: case_owners::Model) -> Result<Self, Error> {
        let field = |column| Field("case_owners", column);
        let kind = [OwnerKind::Queue, OwnerKind::User].into_iter().find(|kind| kind.name() == model.kind);
        Ok(Self {
            kind: field("kind").known(&model.kind, kind)?,
            owner: CaseOwner { id: field("salesforce_id").salesforce_id(&model.salesforce_id)?, name: model.name },
        })
    }
}

#[derive(Debug)]
pub struct CaseValues<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> CaseValues<'_, C> {
    /// In the org's order. None were read yet, or all: there is no org without.
    pub async fn statuses(&self, org: &SalesforceId) -> Result<Vec<CaseStatusRow>, Error> {
        let models = case_statuses::Entity::find()
            .filter(case_statuses::Column::OrgId.eq(org.as_str()))
            .order_by_asc(case_statuses::Column::Position)
            .all(self.connection)
            .await?;
        rows(models)
    }

    /// Queues first, then people, by name.
    pub async fn owners(&self, org: &SalesforceId) -> Result<Vec<CaseOwnerRow>, Error> {
        let models = case_owners::Entity::find()
            .filter(case_owners::Column::OrgId.eq(org.as_str()))
            .order_by_asc(case_owners::Column::Kind)
            .order_by_asc(case_owners::Column::Name)
            .order_by_asc(case_owners::Column::SalesforceId)
            .all(self.connection)
            .await?;
        rows(models)
    }
}

/// Rows written in one statement: few enough for either database's limit of parameters.
const AT_ONCE: usize = 500;

impl CaseValues<'_, DatabaseTransaction> {
    /// These and no others.
    pub async fn replace_statuses(&self, org: &SalesforceId, statuses: &[CaseStatusRow]) -> Result<(), Error> {
        case_statuses::Entity::delete_many()
            .filter(case_statuses::Column::OrgId.eq(org.as_str()))
            .exec(self.connection)
            .await?;
        if statuses.is_empty() {
            return Ok(());
        }
        let models = statuses.iter().zip(0..).map(|(status, position)| case_statuses::ActiveModel {
            org_id: Set(org.as_str().to_owned()),
            value: Set(status.value.clone()),
            label: Set(status.label.clone()),
            is_closed: Set(status.is_closed),
            is_default: Set(status.is_default),
            position: Set(position),
        });
        case_statuses::Entity::insert_many(models).exec_without_returning(self.connection).await?;
        Ok(())
    }

    /// These and no others.
    pub async fn replace_owners(&self, org: &SalesforceId, owners: &[CaseOwnerRow]) -> Result<(), Error> {
        case_owners::Entity::delete_many()
            .filter(case_owners::Column::OrgId.eq(org.as_str()))
            .exec(self.connection)
            .await?;
        for some in owners.chunks(AT_ONCE) {
            let models = some.iter().map(|CaseOwnerRow { owner, kind }| case_owners::ActiveModel {
                org_id: Set(org.as_str().to_owned()),
                salesforce_id: Set(owner.id.as_str().to_owned()),
                name: Set(owner.name.clone()),
                kind: Set(kind.name().to_owned()),
            });
            case_owners::Entity::insert_many(models).exec_without_returning(self.connection).await?;
        }
        Ok(())
    }
}

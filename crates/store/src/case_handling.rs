//! Who handles a case, and what people here want its status and owner to be.
//!
//! What is wanted stands beside what the org says, so that neither overwrites the other: reading the org never loses a wish, and
//! a wish that the org refuses leaves the org's own value to show.

use std::collections::HashMap;

use domain::{CaseId, SalesforceId, Timestamp};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Changed, Error,
    decode::{Field, row_or_none, rows},
    entities::case_handling,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseOwner {
    pub id: SalesforceId,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseHandlingRow {
    pub case_id: CaseId,
    /// As the org last said.
    pub owner: Option<CaseOwner>,
    /// Not delivered yet.
    pub wanted_status: Option<String>,
    /// Not delivered yet.
    pub wanted_owner: Option<CaseOwner>,
    /// Why the org did not take the last change, in its words.
    pub refusal: Option<String>,
}

impl TryFrom<case_handling::Model> for CaseHandlingRow {
    type Error = Error;

    fn try_from(model: case_handling::Model) -> Result<Self, Error> {
        Ok(Self {
            case_id: model.case_id.into(),
            owner: owner("owner_id", model.owner_id, model.owner_name)?,
            wanted_status: model.wanted_status,
            wanted_owner: owner("wanted_owner_id", model.wanted_owner_id, model.wanted_owner_name)?,
            refusal: model.refusal,
        })
    }
}

fn owner(column: &'static str, id: Option<String>, name: Option<String>) -> Result<Option<CaseOwner>, Error> {
    let Some(id) = id else { return Ok(None) };
    let id = Field("case_handling", column).salesforce_id(&id)?;
    Ok(Some(CaseOwner { name: name.unwrap_or_else(|| id.to_string()), id }))
}

#[derive(Debug)]
pub struct CaseHandling<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> CaseHandling<'_, C> {
    /// None: nothing was ever said or wanted of it.
    pub async fn of(&self, case: CaseId) -> Result<Option<CaseHandlingRow>, Error> {
        row_or_none(case_handling::Entity::find_by_id(case.as_uuid()).one(self.connection).await?)
    }

    pub async fn of_each(&self, cases: &[CaseId]) -> Result<HashMap<CaseId, CaseHandlingRow>, Error> {
        if cases.is_empty() {
            return Ok(HashMap::new());
        }
        let models = case_handling::Entity::find()
            .filter(case_handling::Column::CaseId.is_in(cases.iter().map(|case| case.as_uuid())))
            .all(self.connection)
            .await?;
        let found: Vec<CaseHandlingRow> = rows(models)?;
        Ok(found.into_iter().map(|row| (row.case_id, row)).collect())
    }
}

/// What a wish is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    Status(String),
    Owner(CaseOwner),
}

impl CaseHandling<'_, DatabaseTransaction> {
    /// Keeps a wish; the one before it for the same thing is dropped, and so is what the org said to it.
    pub async fn want(&self, case: CaseId, wish: &Wish, now: Timestamp) -> Result<(), Error> {
        use case_handling::Column;
        let mut row = empty(case, now);
        let columns = match wish {
            Wish::Status(status) => {
                row.wanted_status = Set(Some(status.clone()));
                vec![Column::WantedStatus, Column::Refusal, Column::UpdatedAt]
            }
            Wish::Owner(owner) => {
                row.wanted_owner_id = Set(Some(owner.id.as_str().to_owned()));
                row.wanted_owner_name = Set(Some(owner.name.clone()));
                vec![Column::WantedOwnerId, Column::WantedOwnerName, Column::Refusal, Column::UpdatedAt]
            }
        };
        self.put(row, columns).await
    }

    /// The org took or refused what `sent` says was wanted; what is wanted since then stands.
    pub async fn settle(&self, sent: &CaseHandlingRow, refusal: Option<&str>, now: Timestamp) -> Result<(), Error> {
        use case_handling::Column;
        let of_case = || {
            case_handling::Entity::update_many()
                .filter(Column::CaseId.eq(sent.case_id.as_uuid()))
                .col_expr(Column::UpdatedAt, Expr::value(now.as_micros()))
        };
        if let Some(status) = &sent.wanted_status {
            of_case()
                .col_expr(Column::WantedStatus, Expr::value(None::<String>))
                .filter(Column::WantedStatus.eq(status))
                .exec(self.connection)
                .await?;
        }
        if let Some(owner) = &sent.wanted_owner {
            of_case()
                .col_expr(Column::WantedOwnerId, Expr::value(None::<String>))
                .col_expr(Column::WantedOwnerName, Expr::value(None::<String>))
                .filter(Column::WantedOwnerId.eq(owner.id.as_str()))
                .exec(self.connection)
                .await?;
        }
        of_case().col_expr(Column::Refusal, Expr::value(refusal)).exec(self.connection).await?;
        Ok(())
    }

    /// Keeps who the org says owns the case.
    pub async fn set_owner(&self, case: CaseId, owner: &CaseOwner, now: Timestamp) -> Result<Changed, Error> {
        use case_handling::Column;
        let before = self.of(case).await?;
        if before.and_then(|row| row.owner).as_ref() == Some(owner) {
            return Ok(Changed::Unchanged);
        }
        let mut row = empty(case, now);
        row.owner_id = Set(Some(owner.id.as_str().to_owned()));
        row.owner_name = Set(Some(owner.name.clone()));
        self.put(row, vec![Column::OwnerId, Column::OwnerName, Column::UpdatedAt]).await?;
        Ok(Changed::Updated)
    }

    /// Another org was connected: nobody of the last one owns anything there.
    pub async fn forget_org(&self) -> Result<u64, Error> {
        Ok(case_handling::Entity::delete_many().exec(self.connection).await?.rows_affected)
    }

    async fn put(&self, row: case_handling::ActiveModel, columns: Vec<case_handling::Column>) -> Result<(), Error> {
        case_handling::Entity::insert(row)
            .on_conflict(OnConflict::column(case_handling::Column::CaseId).update_columns(columns).to_owned())
            .exec_without_returning(self.connection)
            .await?;
        Ok(())
    }
}

fn empty(case: CaseId, now: Timestamp) -> case_handling::ActiveModel {
    case_handling::ActiveModel {
        case_id: Set(case.as_uuid()),
        owner_id: Set(None),
        owner_name: Set(None),
        wanted_status: Set(None),
        wanted_owner_id: Set(None),
        wanted_owner_name: Set(None),
        refusal: Set(None),
        updated_at: Set(now.as_micros()),
    }
}

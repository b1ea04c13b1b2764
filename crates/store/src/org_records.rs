//! Which record of the org stands for which of ours, and what we last wrote to it.

use std::collections::HashMap;

use domain::{SalesforceId, Timestamp};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, sea_query::OnConflict,
};
use uuid::Uuid;

use crate::{
    CourseRow, Error,
    decode::{Field, rows, time},
    entities::{courses, org_records},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrgRecordKind {
    Organization,
    Account,
    Course,
    CourseRun,
    Contact,
    Case,
    /// A course's links to its organizations, all together.
    CourseOrganizations,
    /// That the org was searched for cases of a course from before the portal; stands for no record.
    OldCases,
}

impl OrgRecordKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Account => "account",
            Self::Course => "course",
            Self::CourseRun => "course_run",
            Self::Contact => "contact",
            Self::Case => "case",
            Self::CourseOrganizations => "course_organizations",
            Self::OldCases => "old_cases",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgRecord {
    pub salesforce_id: SalesforceId,
    /// Of the fields as last written: the same hash means there is nothing to write.
    pub content_hash: String,
    pub updated_at: Timestamp,
}

impl TryFrom<org_records::Model> for OrgRecord {
    type Error = Error;

    fn try_from(model: org_records::Model) -> Result<Self, Error> {
        Ok(Self {
            salesforce_id: Field("org_records", "salesforce_id").salesforce_id(&model.salesforce_id)?,
            content_hash: model.content_hash,
            updated_at: time(model.updated_at),
        })
    }
}

#[derive(Debug)]
pub struct OrgRecords<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> OrgRecords<'_, C> {
    pub async fn get(
        &self,
        org: &SalesforceId,
        kind: OrgRecordKind,
        portal_id: Uuid,
    ) -> Result<Option<OrgRecord>, Error> {
        crate::decode::row_or_none(
            org_records::Entity::find_by_id(key(org, kind, portal_id)).one(self.connection).await?,
        )
    }
}

impl<C: ConnectionTrait> OrgRecords<'_, C> {
    /// Courses that nothing of this kind is noted for, in order of their ids.
    pub async fn courses_without(
        &self,
        org: &SalesforceId,
        kind: OrgRecordKind,
        limit: u64,
    ) -> Result<Vec<CourseRow>, Error> {
        let noted = org_records::Entity::find()
            .select_only()
            .column(org_records::Column::PortalId)
            .filter(org_records::Column::OrgId.eq(org.as_str()))
            .filter(org_records::Column::Kind.eq(kind.name()))
            .into_query();
        let models = courses::Entity::find()
            .filter(courses::Column::Id.not_in_subquery(noted))
            .order_by_asc(courses::Column::Id)
            .limit(limit)
            .all(self.connection)
            .await?;
        rows(models)
    }

    /// Those of these that the org was given.
    pub async fn of(
        &self,
        org: &SalesforceId,
        kind: OrgRecordKind,
        portal_ids: &[Uuid],
    ) -> Result<HashMap<Uuid, OrgRecord>, Error> {
        let models = org_records::Entity::find()
            .filter(org_records::Column::OrgId.eq(org.as_str()))
            .filter(org_records::Column::Kind.eq(kind.name()))
            .filter(org_records::Column::PortalId.is_in(portal_ids.iter().copied()))
            .all(self.connection)
            .await?;
        models.into_iter().map(|model| Ok((model.portal_id, model.try_into()?))).collect()
    }
}

impl OrgRecords<'_, DatabaseTransaction> {
    pub async fn put(
        &self,
        org: &SalesforceId,
        kind: OrgRecordKind,
        portal_id: Uuid,
        record: &OrgRecord,
    ) -> Result<(), Error> {
        org_records::Entity::insert(org_records::ActiveModel {
            org_id: Set(org.as_str().to_owned()),
            kind: Set(kind.name().to_owned()),
            portal_id: Set(portal_id),
            salesforce_id: Set(record.salesforce_id.as_str().to_owned()),
            content_hash: Set(record.content_hash.clone()),
            updated_at: Set(record.updated_at.as_micros()),
        })
        .on_conflict(
            OnConflict::columns([org_records::Column::OrgId, org_records::Column::Kind, org_records::Column::PortalId])
                .update_columns([
                    org_records::Column::SalesforceId,
                    org_records::Column::ContentHash,
                    org_records::Column::UpdatedAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(self.connection)
        .await?;
        Ok(())
    }

    /// The org no longer has it. Whether we thought it had.
    pub async fn forget(&self, org: &SalesforceId, kind: OrgRecordKind, portal_id: Uuid) -> Result<bool, Error> {
        Ok(org_records::Entity::delete_by_id(key(org, kind, portal_id)).exec(self.connection).await?.rows_affected > 0)
    }

    pub async fn forget_org(&self, org: &SalesforceId) -> Result<u64, Error> {
        let result = org_records::Entity::delete_many()
            .filter(org_records::Column::OrgId.eq(org.as_str()))
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected)
    }
}

fn key(org: &SalesforceId, kind: OrgRecordKind, portal_id: Uuid) -> (String, String, Uuid) {
    (org.as_str().to_owned(), kind.name().to_owned(), portal_id)
}

//! Organizations, courses and their runs.

mod list;
mod upsert;

use domain::{
    CourseId, CourseKey, CourseRunId, IsNew, OfacDecision, OrganizationId, OrganizationKey, RunKey, RunStatus,
    Timestamp, UserId,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{NullOrdering, Order},
};
use uuid::Uuid;

pub use self::{
    list::{CourseAfter, CourseListRow, CourseQuery, CourseScope},
    upsert::{CourseUpsert, OrganizationUpsert, RunUpsert},
};
use crate::{
    Error,
    decode::{Field, row_or_none, rows, time, time_or_none},
    entities::{course_editors, course_organizations, course_runs, courses, organizations},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationRow {
    pub id: OrganizationId,
    pub key: OrganizationKey,
    pub name: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseRow {
    pub id: CourseId,
    pub key: CourseKey,
    pub title: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    pub id: CourseRunId,
    pub key: RunKey,
    pub course_id: CourseId,
    pub title: String,
    pub start_at: Option<Timestamp>,
    pub end_at: Option<Timestamp>,
    pub go_live_at: Option<Timestamp>,
    pub status: RunStatus,
    pub ofac: OfacDecision,
    pub is_new: IsNew,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl TryFrom<organizations::Model> for OrganizationRow {
    type Error = Error;

    fn try_from(model: organizations::Model) -> Result<Self, Error> {
        Ok(Self {
            id: model.id.into(),
            key: Field("organizations", "key").read(OrganizationKey::new(model.key))?,
            name: model.name,
            created_at: time(model.created_at),
            updated_at: time(model.updated_at),
        })
    }
}

impl TryFrom<courses::Model> for CourseRow {
    type Error = Error;

    fn try_from(model: courses::Model) -> Result<Self, Error> {
        Ok(Self {
            id: model.id.into(),
            key: Field("courses", "key").read(CourseKey::new(model.key))?,
            title: model.title,
            created_at: time(model.created_at),
            updated_at: time(model.updated_at),
        })
    }
}

impl TryFrom<course_runs::Model> for RunRow {
    type Error = Error;

    fn try_from(model: course_runs::Model) -> Result<Self, Error> {
        let field = |column| Field("course_runs", column);
        Ok(Self {
            id: model.id.into(),
            key: field("key").read(RunKey::new(model.key))?,
            course_id: model.course_id.into(),
            title: model.title,
            start_at: time_or_none(model.start_at),
            end_at: time_or_none(model.end_at),
            go_live_at: time_or_none(model.go_live_at),
            status: field("status").known(&model.status, RunStatus::from_name(&model.status))?,
            ofac: OfacDecision::from_restrictions(model.has_ofac_restrictions),
            is_new: if model.is_new { IsNew::Yes } else { IsNew::No },
            created_at: time(model.created_at),
            updated_at: time(model.updated_at),
        })
    }
}

/// Which records the catalogue has.
#[derive(Clone, Debug, Default)]
pub struct CatalogueIds {
    pub organizations: Vec<OrganizationId>,
    pub courses: Vec<CourseId>,
    pub runs: Vec<CourseRunId>,
}

#[derive(Debug)]
pub struct Catalogue<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> Catalogue<'_, C> {
    pub async fn organization(&self, id: OrganizationId) -> Result<Option<OrganizationRow>, Error> {
        row_or_none(organizations::Entity::find_by_id(id.as_uuid()).one(self.connection).await?)
    }

    pub async fn organization_by_key(&self, key: &OrganizationKey) -> Result<Option<OrganizationRow>, Error> {
        row_or_none(
            organizations::Entity::find()
                .filter(organizations::Column::Key.eq(key.as_str()))
                .one(self.connection)
                .await?,
        )
    }

    /// In order of key, behind the one given.
    pub async fn organizations_after(
        &self,
        after: Option<&OrganizationKey>,
        limit: u64,
    ) -> Result<Vec<OrganizationRow>, Error> {
        let mut query = organizations::Entity::find();
        if let Some(after) = after {
            query = query.filter(organizations::Column::Key.gt(after.as_str()));
        }
        rows(query.order_by_asc(organizations::Column::Key).limit(limit).all(self.connection).await?)
    }

    pub async fn course(&self, id: CourseId) -> Result<Option<CourseRow>, Error> {
        row_or_none(courses::Entity::find_by_id(id.as_uuid()).one(self.connection).await?)
    }

    pub async fn course_by_key(&self, key: &CourseKey) -> Result<Option<CourseRow>, Error> {
        row_or_none(courses::Entity::find().filter(courses::Column::Key.eq(key.as_str())).one(self.connection).await?)
    }

    pub async fn course_with_organizations(
        &self,
        id: CourseId,
    ) -> Result<Option<(CourseRow, Vec<OrganizationRow>)>, Error> {
        let Some(course) = self.course(id).await? else { return Ok(None) };
        Ok(Some((course, self.organizations_of(id).await?)))
    }

    /// In their order; the first is the one the org links the course to.
    pub async fn organizations_of(&self, course: CourseId) -> Result<Vec<OrganizationRow>, Error> {
        let links = course_organizations::Entity::find()
            .filter(course_organizations::Column::CourseId.eq(course.as_uuid()))
            .order_by_asc(course_organizations::Column::Position)
            .all(self.connection)
            .await?;
        let ids = links.iter().map(|link| link.organization_id);
        let found =
            organizations::Entity::find().filter(organizations::Column::Id.is_in(ids)).all(self.connection).await?;
        let in_order = links
            .iter()
            .filter_map(|link| found.iter().find(|organization| organization.id == link.organization_id).cloned());
        rows(in_order.collect())
    }

    /// The newest start first, those without one last.
    pub async fn runs_of(&self, course: CourseId) -> Result<Vec<RunRow>, Error> {
        let models = course_runs::Entity::find()
            .filter(course_runs::Column::CourseId.eq(course.as_uuid()))
            .order_by_with_nulls(course_runs::Column::StartAt, Order::Desc, NullOrdering::Last)
            .order_by_asc(course_runs::Column::Key)
            .all(self.connection)
            .await?;
        rows(models)
    }

    pub async fn run(&self, id: CourseRunId) -> Result<Option<RunRow>, Error> {
        row_or_none(course_runs::Entity::find_by_id(id.as_uuid()).one(self.connection).await?)
    }

    pub async fn run_by_key(&self, key: &RunKey) -> Result<Option<RunRow>, Error> {
        row_or_none(
            course_runs::Entity::find().filter(course_runs::Column::Key.eq(key.as_str())).one(self.connection).await?,
        )
    }

    /// Of everything there is, parents first.
    pub async fn every_id(&self) -> Result<CatalogueIds, Error> {
        let organizations: Vec<Uuid> = organizations::Entity::find()
            .select_only()
            .column(organizations::Column::Id)
            .order_by_asc(organizations::Column::Id)
            .into_tuple()
            .all(self.connection)
            .await?;
        let courses: Vec<Uuid> = courses::Entity::find()
            .select_only()
            .column(courses::Column::Id)
            .order_by_asc(courses::Column::Id)
            .into_tuple()
            .all(self.connection)
            .await?;
        let runs: Vec<Uuid> = course_runs::Entity::find()
            .select_only()
            .column(course_runs::Column::Id)
            .order_by_asc(course_runs::Column::Id)
            .into_tuple()
            .all(self.connection)
            .await?;
        Ok(CatalogueIds {
            organizations: organizations.into_iter().map(OrganizationId::from).collect(),
            courses: courses.into_iter().map(CourseId::from).collect(),
            runs: runs.into_iter().map(CourseRunId::from).collect(),
        })
    }

    pub async fn editors_of(&self, course: CourseId) -> Result<Vec<UserId>, Error> {
        let ids: Vec<Uuid> = course_editors::Entity::find()
            .select_only()
            .column(course_editors::Column::UserId)
            .filter(course_editors::Column::CourseId.eq(course.as_uuid()))
            .order_by_asc(course_editors::Column::UserId)
            .into_tuple()
            .all(self.connection)
            .await?;
        Ok(ids.into_iter().map(UserId::from).collect())
    }
}

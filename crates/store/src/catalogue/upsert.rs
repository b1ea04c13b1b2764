//! Taking the catalogue in: again is fine, and says that nothing changed.

use domain::{
    CourseId, CourseKey, CourseRunId, IsNew, OfacDecision, OrganizationId, OrganizationKey, RunKey, RunStatus,
    Timestamp, UserId,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, sea_query::OnConflict,
};
use uuid::Uuid;

use super::{Catalogue, CourseRow, OrganizationRow, RunRow, list::search_text};
use crate::{
    Changed, Error,
    decode::micros_or_none,
    entities::{course_editors, course_organizations, course_runs, courses, organizations},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationUpsert {
    pub key: OrganizationKey,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseUpsert {
    pub id: CourseId,
    pub key: CourseKey,
    pub title: String,
    /// In their order.
    pub organizations: Vec<OrganizationId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunUpsert {
    pub key: RunKey,
    pub course_id: CourseId,
    pub title: String,
    pub start_at: Option<Timestamp>,
    pub end_at: Option<Timestamp>,
    pub go_live_at: Option<Timestamp>,
    pub status: RunStatus,
    pub ofac: OfacDecision,
    pub is_new: IsNew,
}

/// What an upsert would do: for asking first.
impl<C: ConnectionTrait> Catalogue<'_, C> {
    pub async fn organization_change(&self, upsert: &OrganizationUpsert) -> Result<Changed, Error> {
        let found = self.organization_by_key(&upsert.key).await?;
        Ok(found.map_or(Changed::Inserted, |found| changed_unless(found.name == upsert.name)))
    }

    pub async fn course_change(&self, upsert: &CourseUpsert) -> Result<Changed, Error> {
        let Some(found) = self.course(upsert.id).await? else { return Ok(Changed::Inserted) };
        let same = found.title == upsert.title
            && found.key == upsert.key
            && self.organization_ids(upsert.id).await? == distinct(&upsert.organizations);
        Ok(changed_unless(same))
    }

    pub async fn run_change(&self, upsert: &RunUpsert) -> Result<Changed, Error> {
        let Some(found) = self.run_by_key(&upsert.key).await? else { return Ok(Changed::Inserted) };
        let same = found.course_id == upsert.course_id
            && found.title == upsert.title
            && found.start_at == upsert.start_at
            && found.end_at == upsert.end_at
            && found.go_live_at == upsert.go_live_at
            && found.status == upsert.status
            && found.ofac == upsert.ofac
            && found.is_new == upsert.is_new;
        Ok(changed_unless(same))
    }

    async fn organization_ids(&self, course: CourseId) -> Result<Vec<Uuid>, Error> {
        Ok(course_organizations::Entity::find()
            .select_only()
            .column(course_organizations::Column::OrganizationId)
            .filter(course_organizations::Column::CourseId.eq(course.as_uuid()))
            .order_by_asc(course_organizations::Column::Position)
            .into_tuple()
            .all(self.connection)
            .await?)
    }
}

impl Catalogue<'_, DatabaseTransaction> {
    /// Found by its key; `new_id` is used when it is new.
    pub async fn upsert_organization(
        &self,
        upsert: &OrganizationUpsert,
        new_id: OrganizationId,
        now: Timestamp,
    ) -> Result<(OrganizationRow, Changed), Error> {
        let found = organizations::Entity::find()
            .filter(organizations::Column::Key.eq(upsert.key.as_str()))
            .one(self.connection)
            .await?;
        if let Some(found) = &found
            && found.name == upsert.name
        {
            return Ok((found.clone().try_into()?, Changed::Unchanged));
        }
        let model = organizations::Entity::insert(organizations::ActiveModel {
            id: Set(new_id.as_uuid()),
            key: Set(upsert.key.as_str().to_owned()),
            name: Set(upsert.name.clone()),
            created_at: Set(now.as_micros()),
            updated_at: Set(now.as_micros()),
        })
        .on_conflict(
            OnConflict::column(organizations::Column::Key)
                .update_columns([organizations::Column::Name, organizations::Column::UpdatedAt])
                .to_owned(),
        )
        .exec_with_returning(self.connection)
        .await?;
        let changed = outcome(model.id == new_id.as_uuid() && found.is_none());
        Ok((model.try_into()?, changed))
    }

    /// Found by its id. The organizations given replace those there are.
    ///
    /// # Errors
    /// [`Error::Conflict`] on `courses_key` when another course has the key.
    pub async fn upsert_course(&self, upsert: &CourseUpsert, now: Timestamp) -> Result<(CourseRow, Changed), Error> {
        let found = courses::Entity::find_by_id(upsert.id.as_uuid()).one(self.connection).await?;
        let wanted = distinct(&upsert.organizations);
        if let Some(found) = &found
            && found.title == upsert.title
            && found.key == upsert.key.as_str()
            && self.organization_ids(upsert.id).await? == wanted
        {
            return Ok((found.clone().try_into()?, Changed::Unchanged));
        }
        let model = courses::Entity::insert(courses::ActiveModel {
            id: Set(upsert.id.as_uuid()),
            key: Set(upsert.key.as_str().to_owned()),
            title: Set(upsert.title.clone()),
            search_text: Set(search_text(&upsert.title, &upsert.key)),
            created_at: Set(now.as_micros()),
            updated_at: Set(now.as_micros()),
        })
        .on_conflict(
            OnConflict::column(courses::Column::Id)
                .update_columns([
                    courses::Column::Key,
                    courses::Column::Title,
                    courses::Column::SearchText,
                    courses::Column::UpdatedAt,
                ])
                .to_owned(),
        )
        .exec_with_returning(self.connection)
        .await?;
        self.replace_organizations(upsert.id, &wanted).await?;
        Ok((model.try_into()?, outcome(found.is_none())))
    }

    async fn replace_organizations(&self, course: CourseId, organizations: &[Uuid]) -> Result<(), Error> {
        course_organizations::Entity::delete_many()
            .filter(course_organizations::Column::CourseId.eq(course.as_uuid()))
            .exec(self.connection)
            .await?;
        course_organizations::Entity::insert_many(organizations.iter().zip(0..).map(|(organization, position)| {
            course_organizations::ActiveModel {
                course_id: Set(course.as_uuid()),
                organization_id: Set(*organization),
                position: Set(position),
            }
        }))
        .exec_without_returning(self.connection)
        .await?;
        Ok(())
    }

    /// Found by its key; `new_id` is used when it is new.
    pub async fn upsert_run(
        &self,
        upsert: &RunUpsert,
        new_id: CourseRunId,
        now: Timestamp,
    ) -> Result<(RunRow, Changed), Error> {
        let found = course_runs::Entity::find()
            .filter(course_runs::Column::Key.eq(upsert.key.as_str()))
            .one(self.connection)
            .await?;
        let wanted = course_runs::Model {
            id: found.as_ref().map_or(new_id.as_uuid(), |run| run.id),
            key: upsert.key.as_str().to_owned(),
            course_id: upsert.course_id.as_uuid(),
            title: upsert.title.clone(),
            start_at: micros_or_none(upsert.start_at),
            end_at: micros_or_none(upsert.end_at),
            go_live_at: micros_or_none(upsert.go_live_at),
            status: upsert.status.name().to_owned(),
            has_ofac_restrictions: upsert.ofac.restrictions(),
            is_new: upsert.is_new == IsNew::Yes,
            created_at: found.as_ref().map_or(now.as_micros(), |run| run.created_at),
            updated_at: found.as_ref().map_or(now.as_micros(), |run| run.updated_at),
        };
        if found.as_ref() == Some(&wanted) {
            return Ok((wanted.try_into()?, Changed::Unchanged));
        }
        let mut write = course_runs::ActiveModel::from(wanted).reset_all();
        write.updated_at = Set(now.as_micros());
        if found.is_none() {
            write.created_at = Set(now.as_micros());
        }
        let model = course_runs::Entity::insert(write)
            .on_conflict(
                OnConflict::column(course_runs::Column::Key)
                    .update_columns([
                        course_runs::Column::CourseId,
                        course_runs::Column::Title,
                        course_runs::Column::StartAt,
                        course_runs::Column::EndAt,
                        course_runs::Column::GoLiveAt,
                        course_runs::Column::Status,
                        course_runs::Column::HasOfacRestrictions,
                        course_runs::Column::IsNew,
                        course_runs::Column::UpdatedAt,
                    ])
                    .to_owned(),
            )
            .exec_with_returning(self.connection)
            .await?;
        Ok((model.try_into()?, outcome(found.is_none())))
    }

    /// Whether it is new that the person is one. Again is fine.
    pub async fn add_editor(&self, course: CourseId, user: UserId) -> Result<bool, Error> {
        let link = course_editors::ActiveModel { course_id: Set(course.as_uuid()), user_id: Set(user.as_uuid()) };
        let insert = course_editors::Entity::insert(link)
            .on_conflict(
                OnConflict::columns([course_editors::Column::CourseId, course_editors::Column::UserId])
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(self.connection)
            .await;
        crate::database::inserted(insert)
    }

    /// Whether it was one.
    pub async fn remove_editor(&self, course: CourseId, user: UserId) -> Result<bool, Error> {
        let key = (course.as_uuid(), user.as_uuid());
        Ok(course_editors::Entity::delete_by_id(key).exec(self.connection).await?.rows_affected > 0)
    }
}

/// Each once, where it stood first.
fn distinct(organizations: &[OrganizationId]) -> Vec<Uuid> {
    let mut distinct: Vec<Uuid> = Vec::with_capacity(organizations.len());
    for organization in organizations {
        if !distinct.contains(&organization.as_uuid()) {
            distinct.push(organization.as_uuid());
        }
    }
    distinct
}

const fn changed_unless(same: bool) -> Changed {
    if same { Changed::Unchanged } else { Changed::Updated }
}

const fn outcome(is_new: bool) -> Changed {
    if is_new { Changed::Inserted } else { Changed::Updated }
}

//! What somebody is still writing: one draft a person and place.

use domain::{CourseRunId, PostKey, Timestamp, UserId, Visibility};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::OnConflict,
};

use crate::{
    Error,
    decode::{row_or_none, time},
    entities::drafts,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRow {
    pub user_id: UserId,
    /// The composer it belongs to.
    pub scope: String,
    /// The key the post will have.
    pub key: PostKey,
    pub body: String,
    pub visibility: Visibility,
    pub course_run_id: Option<CourseRunId>,
    pub updated_at: Timestamp,
}

impl TryFrom<drafts::Model> for DraftRow {
    type Error = Error;

    fn try_from(model: drafts::Model) -> Result<Self, Error> {
        Ok(Self {
            user_id: model.user_id.into(),
            scope: model.scope,
            key: model.key.into(),
            body: model.body,
            visibility: Visibility::from_name(&model.visibility),
            course_run_id: model.course_run_id.map(CourseRunId::from),
            updated_at: time(model.updated_at),
        })
    }
}

#[derive(Debug)]
pub struct Drafts<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> Drafts<'_, C> {
    pub async fn get(&self, user: UserId, scope: &str) -> Result<Option<DraftRow>, Error> {
        row_or_none(drafts::Entity::find_by_id((user.as_uuid(), scope.to_owned())).one(self.connection).await?)
    }
}

impl Drafts<'_, DatabaseTransaction> {
    /// In place of what was there.
    pub async fn put(&self, draft: &DraftRow) -> Result<(), Error> {
        drafts::Entity::insert(drafts::ActiveModel {
            user_id: Set(draft.user_id.as_uuid()),
            scope: Set(draft.scope.clone()),
            key: Set(draft.key.as_uuid()),
            body: Set(draft.body.clone()),
            visibility: Set(draft.visibility.name().to_owned()),
            course_run_id: Set(draft.course_run_id.map(|run| run.as_uuid())),
            updated_at: Set(draft.updated_at.as_micros()),
        })
        .on_conflict(
            OnConflict::columns([drafts::Column::UserId, drafts::Column::Scope])
                .update_columns([
                    drafts::Column::Key,
                    drafts::Column::Body,
                    drafts::Column::Visibility,
                    drafts::Column::CourseRunId,
                    drafts::Column::UpdatedAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(self.connection)
        .await?;
        Ok(())
    }

    /// Whether there was one.
    pub async fn delete(&self, user: UserId, scope: &str) -> Result<bool, Error> {
        let result = drafts::Entity::delete_by_id((user.as_uuid(), scope.to_owned())).exec(self.connection).await?;
        Ok(result.rows_affected > 0)
    }

    /// Deletes it unless the person has gone on to write another post since.
    pub async fn delete_if_key(&self, user: UserId, scope: &str, key: PostKey) -> Result<bool, Error> {
        let result = drafts::Entity::delete_many()
            .filter(drafts::Column::UserId.eq(user.as_uuid()))
            .filter(drafts::Column::Scope.eq(scope))
            .filter(drafts::Column::Key.eq(key.as_uuid()))
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected > 0)
    }
}

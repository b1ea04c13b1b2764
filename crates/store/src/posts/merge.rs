//! Bringing what the org says together with what was written here, so that nothing shows twice and nothing internal shows.

use domain::{CaseId, CourseRunId, PostId, PostKey, PostSource, SalesforceId, Timestamp, UserId, Visibility};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use super::{DELIVERED, PostRow, Posts};
use crate::{
    Changed, Error,
    database::inserted,
    decode::{micros_or_none, row_or_none},
    entities::posts,
};

/// What a delivery brought back.
#[derive(Clone, Debug)]
pub struct Delivered {
    pub feed_item_id: SalesforceId,
    pub ledger_id: Option<SalesforceId>,
    /// The org's own time of creation, when it is known.
    pub created_at: Option<Timestamp>,
}

/// Something said, as read from the org.
#[derive(Clone, Debug)]
pub struct OrgPost {
    /// Its id here, should it be new.
    pub id: PostId,
    pub case_id: CaseId,
    pub source: PostSource,
    pub salesforce_id: SalesforceId,
    /// From its ledger row: which post written here it is.
    pub key: Option<PostKey>,
    pub ledger_salesforce_id: Option<SalesforceId>,
    pub parent_post_id: Option<PostId>,
    pub author_user_id: Option<UserId>,
    pub author_name: String,
    pub author_is_staff: bool,
    pub visibility: Visibility,
    pub body: String,
    pub course_run_id: Option<CourseRunId>,
    pub run_key: Option<String>,
    pub created_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
}

impl Posts<'_, DatabaseTransaction> {
    /// The org has it. A copy that a poll stored meanwhile as a post of its own goes.
    pub async fn mark_delivered(&self, post: PostId, delivered: &Delivered, now: Timestamp) -> Result<(), Error> {
        let found = posts::Entity::find_by_id(post.as_uuid())
            .one(self.connection)
            .await?
            .ok_or(Error::NotFound { what: "post" })?;
        self.absorb_twin(&delivered.feed_item_id, found.id).await?;
        let created_at = delivered.created_at.map_or(found.created_at, Timestamp::as_micros);
        let mut update = posts::ActiveModel::from(found);
        update.salesforce_id = Set(Some(delivered.feed_item_id.as_str().to_owned()));
        if let Some(ledger) = &delivered.ledger_id {
            update.ledger_salesforce_id = Set(Some(ledger.as_str().to_owned()));
        }
        update.state = Set(DELIVERED.to_owned());
        update.failure = Set(None);
        update.created_at = Set(created_at);
        update.changed_at = Set(now.as_micros());
        update.update(self.connection).await?;
        Ok(())
    }

    /// Found by its record in the org, else by its key. Of a post written here, author, time and words stay as they were written;
    /// what the org may change is who can see it. A reply to an internal post is internal, and a post that turns internal, or is
    /// deleted, takes its replies along.
    pub async fn upsert_from_org(&self, post: &OrgPost, now: Timestamp) -> Result<Changed, Error> {
        let visibility = self.visibility_under(post.parent_post_id, post.visibility).await?;
        let found = match self.find_in_portal_or_org(post).await? {
            Some(found) => found,
            None => {
                if self.insert_from_org(post, visibility, now).await? {
                    return Ok(Changed::Inserted);
                }
                // Another poll stored it between the look and the insert.
                self.model_by_salesforce_id(&post.salesforce_id).await?.ok_or(Error::NotFound { what: "post" })?
            }
        };
        let before = found.clone();
        let mut wanted = found;
        wanted.salesforce_id = Some(post.salesforce_id.as_str().to_owned());
        if let Some(ledger) = &post.ledger_salesforce_id {
            wanted.ledger_salesforce_id = Some(ledger.as_str().to_owned());
        }
        wanted.visibility = visibility.name().to_owned();
        wanted.deleted_at = micros_or_none(post.deleted_at);
        wanted.state = DELIVERED.to_owned();
        wanted.failure = None;
        if wanted.source != PostSource::Portal.name() {
            wanted.case_id = post.case_id.as_uuid();
            wanted.source = post.source.name().to_owned();
            wanted.parent_post_id = post.parent_post_id.map(|parent| parent.as_uuid());
            wanted.author_user_id = post.author_user_id.map(|user| user.as_uuid());
            wanted.author_name = post.author_name.clone();
            wanted.author_is_staff = post.author_is_staff;
            wanted.body = post.body.clone();
            wanted.course_run_id = post.course_run_id.map(|run| run.as_uuid());
            wanted.run_key = post.run_key.clone();
            wanted.created_at = post.created_at.as_micros();
        }
        if wanted == before {
            return Ok(Changed::Unchanged);
        }
        wanted.changed_at = now.as_micros();
        let id = wanted.id;
        posts::Entity::update(posts::ActiveModel::from(wanted).reset_all())
            .exec_without_returning(self.connection)
            .await?;
        if visibility == Visibility::Internal && before.visibility != Visibility::Internal.name() {
            self.hide_replies(id, now).await?;
        }
        if let (Some(deleted_at), None) = (post.deleted_at, before.deleted_at) {
            self.delete_replies(id, deleted_at, now).await?;
        }
        Ok(Changed::Updated)
    }

    /// The row as it was; none when there is none, or it was deleted already. Its replies go with it, as they do in the org.
    pub async fn mark_deleted_by_salesforce_id(
        &self,
        id: &SalesforceId,
        now: Timestamp,
    ) -> Result<Option<PostRow>, Error> {
        let Some(found) = self.model_by_salesforce_id(id).await?.filter(|post| post.deleted_at.is_none()) else {
            return Ok(None);
        };
        posts::Entity::update_many()
            .col_expr(posts::Column::DeletedAt, Expr::value(Some(now.as_micros())))
            .col_expr(posts::Column::ChangedAt, Expr::value(now.as_micros()))
            .filter(posts::Column::Id.eq(found.id))
            .exec(self.connection)
            .await?;
        self.delete_replies(found.id, now, now).await?;
        row_or_none(Some(found))
    }

    async fn find_in_portal_or_org(&self, post: &OrgPost) -> Result<Option<posts::Model>, Error> {
        if let Some(key) = post.key
            && let Some(ours) =
                posts::Entity::find().filter(posts::Column::Key.eq(key.as_uuid())).one(self.connection).await?
        {
            self.absorb_twin(&post.salesforce_id, ours.id).await?;
            return Ok(Some(ours));
        }
        self.model_by_salesforce_id(&post.salesforce_id).await
    }

    /// Removes another row that stands for the same record of the org; its replies move to `ours`.
    pub(super) async fn absorb_twin(&self, record: &SalesforceId, ours: Uuid) -> Result<(), Error> {
        let Some(twin) = self.model_by_salesforce_id(record).await?.filter(|twin| twin.id != ours) else {
            return Ok(());
        };
        if twin.source == PostSource::Portal.name() {
            // Two posts written here can't be one record; let the unique index say so.
            return Ok(());
        }
        posts::Entity::update_many()
            .col_expr(posts::Column::ParentPostId, Expr::value(Some(ours)))
            .filter(posts::Column::ParentPostId.eq(twin.id))
            .exec(self.connection)
            .await?;
        posts::Entity::delete_by_id(twin.id).exec(self.connection).await?;
        Ok(())
    }

    async fn insert_from_org(&self, post: &OrgPost, visibility: Visibility, now: Timestamp) -> Result<bool, Error> {
        let insert = posts::Entity::insert(posts::ActiveModel {
            id: Set(post.id.as_uuid()),
            case_id: Set(post.case_id.as_uuid()),
            source: Set(post.source.name().to_owned()),
            key: Set(post.key.map(|key| key.as_uuid())),
            salesforce_id: Set(Some(post.salesforce_id.as_str().to_owned())),
            ledger_salesforce_id: Set(post.ledger_salesforce_id.as_ref().map(|id| id.as_str().to_owned())),
            parent_post_id: Set(post.parent_post_id.map(|parent| parent.as_uuid())),
            author_user_id: Set(post.author_user_id.map(|user| user.as_uuid())),
            author_name: Set(post.author_name.clone()),
            author_is_staff: Set(post.author_is_staff),
            visibility: Set(visibility.name().to_owned()),
            body: Set(post.body.clone()),
            course_run_id: Set(post.course_run_id.map(|run| run.as_uuid())),
            run_key: Set(post.run_key.clone()),
            content_hash: Set(None),
            state: Set(DELIVERED.to_owned()),
            failure: Set(None),
            created_at: Set(post.created_at.as_micros()),
            changed_at: Set(now.as_micros()),
            deleted_at: Set(micros_or_none(post.deleted_at)),
        })
        .on_conflict(OnConflict::column(posts::Column::SalesforceId).do_nothing().to_owned())
        .exec_without_returning(self.connection)
        .await;
        inserted(insert)
    }

    async fn visibility_under(&self, parent: Option<PostId>, own: Visibility) -> Result<Visibility, Error> {
        let Some(parent) = parent else { return Ok(own) };
        let parent = posts::Entity::find_by_id(parent.as_uuid()).one(self.connection).await?;
        let hidden = parent.is_none_or(|parent| parent.visibility != Visibility::Public.name());
        Ok(if hidden { Visibility::Internal } else { own })
    }

    async fn hide_replies(&self, parent: Uuid, now: Timestamp) -> Result<(), Error> {
        posts::Entity::update_many()
            .col_expr(posts::Column::Visibility, Expr::value(Visibility::Internal.name()))
            .col_expr(posts::Column::ChangedAt, Expr::value(now.as_micros()))
            .filter(posts::Column::ParentPostId.eq(parent))
            .exec(self.connection)
            .await?;
        Ok(())
    }

    async fn delete_replies(&self, parent: Uuid, deleted_at: Timestamp, now: Timestamp) -> Result<(), Error> {
        posts::Entity::update_many()
            .col_expr(posts::Column::DeletedAt, Expr::value(Some(deleted_at.as_micros())))
            .col_expr(posts::Column::ChangedAt, Expr::value(now.as_micros()))
            .filter(posts::Column::ParentPostId.eq(parent))
            .filter(posts::Column::DeletedAt.is_null())
            .exec(self.connection)
            .await?;
        Ok(())
    }
}

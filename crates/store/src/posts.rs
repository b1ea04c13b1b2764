//! What is said on cases: written here, or read from the org.

mod history;
mod merge;
mod stretch;

use std::collections::HashMap;

use domain::{
    CaseId, CommentBody, CourseRunId, PostId, PostKey, PostSource, PostState, RunKey, SalesforceId, Timestamp, UserId,
    Visibility,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

pub use self::{
    history::LoadedPost,
    merge::{Delivered, OrgPost},
    stretch::{PostPlace, Stretch},
};
use crate::{
    Error, VisibilityScope,
    database::met,
    decode::{Field, row_or_none, rows, time, time_or_none},
    entities::posts,
};

const QUEUED: &str = "queued";
const DELIVERED: &str = "delivered";
const FAILED: &str = "failed";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostRow {
    pub id: PostId,
    pub case_id: CaseId,
    pub source: PostSource,
    /// Of posts written here.
    pub key: Option<PostKey>,
    /// The FeedItem, FeedComment, CaseComment or EmailMessage it is in the org.
    pub salesforce_id: Option<SalesforceId>,
    pub ledger_salesforce_id: Option<SalesforceId>,
    /// The post it answers.
    pub parent_post_id: Option<PostId>,
    pub author_user_id: Option<UserId>,
    pub author_name: String,
    pub author_is_staff: bool,
    pub visibility: Visibility,
    pub body: String,
    pub course_run_id: Option<CourseRunId>,
    pub run_key: Option<String>,
    /// Of posts written here: what tells a resend from another post under the same key.
    pub content_hash: Option<String>,
    pub state: PostState,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
}

/// A post written here, not yet in the org.
#[derive(Clone, Debug)]
pub struct NewPost {
    pub id: PostId,
    pub case_id: CaseId,
    pub key: PostKey,
    pub author_user_id: UserId,
    pub author_name: String,
    pub author_is_staff: bool,
    pub visibility: Visibility,
    pub body: CommentBody,
    pub course_run_id: Option<CourseRunId>,
    pub run_key: Option<RunKey>,
    pub content_hash: String,
    pub created_at: Timestamp,
}

impl TryFrom<posts::Model> for PostRow {
    type Error = Error;

    fn try_from(model: posts::Model) -> Result<Self, Error> {
        let field = |column| Field("posts", column);
        let state = match model.state.as_str() {
            QUEUED => Some(PostState::Queued),
            DELIVERED => Some(PostState::Delivered),
            FAILED => Some(PostState::Failed { reason: model.failure.unwrap_or_default() }),
            _ => None,
        };
        Ok(Self {
            id: model.id.into(),
            case_id: model.case_id.into(),
            source: field("source").known(&model.source, PostSource::from_name(&model.source))?,
            key: model.key.map(PostKey::from),
            salesforce_id: field("salesforce_id").salesforce_id_or_none(model.salesforce_id.as_deref())?,
            ledger_salesforce_id: field("ledger_salesforce_id")
                .salesforce_id_or_none(model.ledger_salesforce_id.as_deref())?,
            parent_post_id: model.parent_post_id.map(PostId::from),
            author_user_id: model.author_user_id.map(UserId::from),
            author_name: model.author_name,
            author_is_staff: model.author_is_staff,
            visibility: Visibility::from_name(&model.visibility),
            body: model.body,
            course_run_id: model.course_run_id.map(CourseRunId::from),
            run_key: model.run_key,
            content_hash: model.content_hash,
            state: field("state").known(&model.state, state)?,
            created_at: time(model.created_at),
            changed_at: time(model.changed_at),
            deleted_at: time_or_none(model.deleted_at),
        })
    }
}

/// What somebody may see of what was said on a case, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    pub posts: u64,
    pub last_at: Timestamp,
}

#[derive(Debug)]
pub struct Posts<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> Posts<'_, C> {
    pub async fn by_key(&self, key: PostKey) -> Result<Option<PostRow>, Error> {
        row_or_none(posts::Entity::find().filter(posts::Column::Key.eq(key.as_uuid())).one(self.connection).await?)
    }

    pub async fn by_id(&self, id: PostId) -> Result<Option<PostRow>, Error> {
        row_or_none(posts::Entity::find_by_id(id.as_uuid()).one(self.connection).await?)
    }

    pub async fn by_salesforce_id(&self, id: &SalesforceId) -> Result<Option<PostRow>, Error> {
        row_or_none(self.model_by_salesforce_id(id).await?)
    }

    async fn model_by_salesforce_id(&self, id: &SalesforceId) -> Result<Option<posts::Model>, Error> {
        Ok(posts::Entity::find().filter(posts::Column::SalesforceId.eq(id.as_str())).one(self.connection).await?)
    }

    /// The newest `limit` posts, or all, that are not deleted; oldest first, by time and id.
    pub async fn thread(
        &self,
        case: CaseId,
        visible: VisibilityScope,
        limit: Option<u64>,
    ) -> Result<Vec<PostRow>, Error> {
        let mut query = posts::Entity::find()
            .filter(posts::Column::CaseId.eq(case.as_uuid()))
            .filter(posts::Column::DeletedAt.is_null());
        if visible == VisibilityScope::Public {
            query = query.filter(posts::Column::Visibility.eq(Visibility::Public.name()));
        }
        let mut models = query
            .order_by_desc(posts::Column::CreatedAt)
            .order_by_desc(posts::Column::Id)
            .limit(limit)
            .all(self.connection)
            .await?;
        models.reverse();
        rows(models)
    }

    /// How many posts `reader` may see on each of the cases, and when the last of them was written. A case without any is not in it.
    pub async fn said_on(
        &self,
        cases: &[CaseId],
        visible: VisibilityScope,
        reader: UserId,
    ) -> Result<HashMap<CaseId, Said>, Error> {
        if cases.is_empty() {
            return Ok(HashMap::new());
        }
        let query = posts::Entity::find()
            .select_only()
            .column(posts::Column::CaseId)
            .column_as(posts::Column::Id.count(), "posts")
            .column_as(posts::Column::CreatedAt.max(), "last_at")
            .filter(posts::Column::CaseId.is_in(cases.iter().map(|case| case.as_uuid())))
            .filter(seen_by(visible, reader))
            .group_by(posts::Column::CaseId);
        let said: Vec<(Uuid, i64, i64)> = query.into_tuple().all(self.connection).await?;
        Ok(said
            .into_iter()
            .map(|(case, posts, last)| (case.into(), Said { posts: posts.unsigned_abs(), last_at: time(last) }))
            .collect())
    }

    /// How many posts the org hasn't got yet.
    pub async fn count_queued(&self) -> Result<u64, Error> {
        // Written out, so that SQLite sees that the partial index holds exactly these.
        Ok(posts::Entity::find().filter(Expr::cust(r#""posts"."state" = 'queued'"#)).count(self.connection).await?)
    }
}

/// Which posts count for a reader. What the org refused is seen by its author alone, and by staff.
pub(crate) fn seen_by(visible: VisibilityScope, reader: UserId) -> Condition {
    let there = Condition::all().add(posts::Column::DeletedAt.is_null());
    match visible {
        VisibilityScope::All => there,
        VisibilityScope::Public => there.add(posts::Column::Visibility.eq(Visibility::Public.name())).add(
            Condition::any().add(posts::Column::State.ne(FAILED)).add(posts::Column::AuthorUserId.eq(reader.as_uuid())),
        ),
    }
}

impl Posts<'_, DatabaseTransaction> {
    /// Keeps a post written here, queued.
    ///
    /// # Errors
    /// [`Error::Conflict`] on `posts_key` when the key is taken.
    pub async fn insert(&self, post: &NewPost) -> Result<(), Error> {
        posts::Entity::insert(posts::ActiveModel {
            id: Set(post.id.as_uuid()),
            case_id: Set(post.case_id.as_uuid()),
            source: Set(PostSource::Portal.name().to_owned()),
            key: Set(Some(post.key.as_uuid())),
            salesforce_id: Set(None),
            ledger_salesforce_id: Set(None),
            parent_post_id: Set(None),
            author_user_id: Set(Some(post.author_user_id.as_uuid())),
            author_name: Set(post.author_name.clone()),
            author_is_staff: Set(post.author_is_staff),
            visibility: Set(post.visibility.name().to_owned()),
            body: Set(post.body.as_str().to_owned()),
            course_run_id: Set(post.course_run_id.map(|run| run.as_uuid())),
            run_key: Set(post.run_key.as_ref().map(|key| key.as_str().to_owned())),
            content_hash: Set(Some(post.content_hash.clone())),
            state: Set(QUEUED.to_owned()),
            failure: Set(None),
            created_at: Set(post.created_at.as_micros()),
            changed_at: Set(post.created_at.as_micros()),
            deleted_at: Set(None),
        })
        .exec_without_returning(self.connection)
        .await?;
        Ok(())
    }

    /// The org refused it for good; `reason` is for its author.
    pub async fn mark_failed(&self, post: PostId, reason: &str, now: Timestamp) -> Result<(), Error> {
        self.set_state(post, FAILED, Some(reason), now).await
    }

    /// To be tried again.
    pub async fn mark_queued(&self, post: PostId, now: Timestamp) -> Result<(), Error> {
        self.set_state(post, QUEUED, None, now).await
    }

    /// Another org took the place of the one these ids were of. What was said stays said.
    pub async fn forget_org(&self) -> Result<u64, Error> {
        let result = posts::Entity::update_many()
            .col_expr(posts::Column::SalesforceId, Expr::value(None::<String>))
            .col_expr(posts::Column::LedgerSalesforceId, Expr::value(None::<String>))
            .filter(posts::Column::SalesforceId.is_not_null())
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected)
    }

    async fn set_state(&self, post: PostId, state: &str, failure: Option<&str>, now: Timestamp) -> Result<(), Error> {
        let result = posts::Entity::update_many()
            .col_expr(posts::Column::State, Expr::value(state))
            .col_expr(posts::Column::Failure, Expr::value(failure))
            .col_expr(posts::Column::ChangedAt, Expr::value(now.as_micros()))
            .filter(posts::Column::Id.eq(post.as_uuid()))
            .exec(self.connection)
            .await?;
        met(result.rows_affected, "post")
    }
}

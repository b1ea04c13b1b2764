//! Comments from before the portal, loaded in bulk: rows for what the org has already.

use std::collections::{HashMap, HashSet};

use domain::{
    CaseId, CommentBody, CourseRunId, PostId, PostKey, PostSource, RunKey, SalesforceId, Timestamp, UserId, Visibility,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use super::{DELIVERED, PostRow, Posts};
use crate::{Error, decode::rows, entities::posts};

/// Keys in one query and rows in one statement; a statement holds at most 32,766 values on SQLite.
const AT_ONCE: usize = 500;

/// A comment that was loaded into the org.
#[derive(Clone, Debug)]
pub struct LoadedPost {
    pub id: PostId,
    pub case_id: CaseId,
    pub key: PostKey,
    pub salesforce_id: SalesforceId,
    pub ledger_salesforce_id: Option<SalesforceId>,
    /// Whose it is, when the author is somebody here.
    pub author_user_id: Option<UserId>,
    pub author_name: String,
    pub author_is_staff: bool,
    pub visibility: Visibility,
    pub body: CommentBody,
    pub course_run_id: Option<CourseRunId>,
    pub run_key: Option<RunKey>,
    pub created_at: Timestamp,
}

impl<C: ConnectionTrait> Posts<'_, C> {
    /// Which of these keys are of posts that the org has.
    pub async fn keys_in_org(&self, keys: &[PostKey]) -> Result<HashSet<PostKey>, Error> {
        let mut found = HashSet::new();
        for some in keys.chunks(AT_ONCE) {
            let keys: Vec<Option<Uuid>> = posts::Entity::find()
                .select_only()
                .column(posts::Column::Key)
                .filter(posts::Column::Key.is_in(some.iter().map(|key| key.as_uuid())))
                .filter(posts::Column::SalesforceId.is_not_null())
                .into_tuple()
                .all(self.connection)
                .await?;
            found.extend(keys.into_iter().flatten().map(PostKey::from));
        }
        Ok(found)
    }

    /// How many posts with a key the org has.
    pub async fn count_in_ledger(&self) -> Result<u64, Error> {
        Ok(posts::Entity::find()
            .filter(posts::Column::Key.is_not_null())
            .filter(posts::Column::SalesforceId.is_not_null())
            .count(self.connection)
            .await?)
    }

    /// The posts with these keys, in no particular order.
    pub async fn by_keys(&self, keys: &[PostKey]) -> Result<Vec<PostRow>, Error> {
        let mut found = Vec::with_capacity(keys.len());
        for some in keys.chunks(AT_ONCE) {
            let models = posts::Entity::find()
                .filter(posts::Column::Key.is_in(some.iter().map(|key| key.as_uuid())))
                .all(self.connection)
                .await?;
            found.extend(rows::<_, PostRow>(models)?);
        }
        Ok(found)
    }

    /// Posts on these cases that the org has and that no key is known of, oldest first: what an earlier load, or another
    /// system, may have brought.
    pub async fn unkeyed_on(&self, cases: &[CaseId], created: (Timestamp, Timestamp)) -> Result<Vec<PostRow>, Error> {
        let mut found = Vec::new();
        for some in cases.chunks(AT_ONCE) {
            let models = posts::Entity::find()
                .filter(posts::Column::CaseId.is_in(some.iter().map(|case| case.as_uuid())))
                .filter(posts::Column::Key.is_null())
                .filter(posts::Column::Source.eq(PostSource::FeedItem.name()))
                .filter(posts::Column::DeletedAt.is_null())
                .filter(posts::Column::CreatedAt.between(created.0.as_micros(), created.1.as_micros()))
                .order_by_asc(posts::Column::CreatedAt)
                .order_by_asc(posts::Column::Id)
                .all(self.connection)
                .await?;
            found.extend(rows::<_, PostRow>(models)?);
        }
        Ok(found)
    }
}

impl Posts<'_, DatabaseTransaction> {
    /// Keeps what was loaded. A copy that a poll stored meanwhile becomes this post; one that has its key already stays, and learns
    /// where it is where another org has taken the place of the first.
    pub async fn insert_loaded(&self, loaded: &[LoadedPost], now: Timestamp) -> Result<(), Error> {
        for some in loaded.chunks(AT_ONCE) {
            let keys: Vec<PostKey> = some.iter().map(|post| post.key).collect();
            let known = self.keys_in_org(&keys).await?;
            let elsewhere = self.ids_of_keys(&keys).await?;
            let twins: HashMap<String, Uuid> = posts::Entity::find()
                .select_only()
                .columns([posts::Column::SalesforceId, posts::Column::Id])
                .filter(posts::Column::SalesforceId.is_in(some.iter().map(|post| post.salesforce_id.as_str())))
                .filter(posts::Column::Key.is_null())
                .into_tuple()
                .all(self.connection)
                .await?
                .into_iter()
                .collect();
            let mut new: Vec<posts::ActiveModel> = Vec::with_capacity(some.len());
            for post in some.iter().filter(|post| !known.contains(&post.key)) {
                if let Some(id) = elsewhere.get(&post.key) {
                    self.absorb_twin(&post.salesforce_id, *id).await?;
                    self.place_in_org(*id, post, now).await?;
                    continue;
                }
                let mut row = active(post, now);
                match twins.get(post.salesforce_id.as_str()) {
                    // Under its own id, which its replies point to.
                    Some(twin) => {
                        row.id = Set(*twin);
                        posts::Entity::update(row).exec_without_returning(self.connection).await?;
                    }
                    None => new.push(row),
                }
            }
            if new.is_empty() {
                continue;
            }
            posts::Entity::insert_many(new)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(self.connection)
                .await?;
        }
        Ok(())
    }

    async fn ids_of_keys(&self, keys: &[PostKey]) -> Result<HashMap<PostKey, Uuid>, Error> {
        let found: Vec<(Option<Uuid>, Uuid)> = posts::Entity::find()
            .select_only()
            .columns([posts::Column::Key, posts::Column::Id])
            .filter(posts::Column::Key.is_in(keys.iter().map(|key| key.as_uuid())))
            .into_tuple()
            .all(self.connection)
            .await?;
        Ok(found.into_iter().filter_map(|(key, id)| Some((PostKey::from(key?), id))).collect())
    }

    async fn place_in_org(&self, id: Uuid, post: &LoadedPost, now: Timestamp) -> Result<(), Error> {
        let ledger = post.ledger_salesforce_id.as_ref().map(|id| id.as_str().to_owned());
        posts::Entity::update_many()
            .col_expr(posts::Column::SalesforceId, Expr::value(Some(post.salesforce_id.as_str().to_owned())))
            .col_expr(posts::Column::LedgerSalesforceId, Expr::value(ledger))
            .col_expr(posts::Column::ChangedAt, Expr::value(now.as_micros()))
            .filter(posts::Column::Id.eq(id))
            .exec(self.connection)
            .await?;
        Ok(())
    }
}

fn active(post: &LoadedPost, now: Timestamp) -> posts::ActiveModel {
    posts::ActiveModel {
        id: Set(post.id.as_uuid()),
        case_id: Set(post.case_id.as_uuid()),
        source: Set(PostSource::Portal.name().to_owned()),
        key: Set(Some(post.key.as_uuid())),
        salesforce_id: Set(Some(post.salesforce_id.as_str().to_owned())),
        ledger_salesforce_id: Set(post.ledger_salesforce_id.as_ref().map(|id| id.as_str().to_owned())),
        parent_post_id: Set(None),
        author_user_id: Set(post.author_user_id.map(|user| user.as_uuid())),
        author_name: Set(post.author_name.clone()),
        author_is_staff: Set(post.author_is_staff),
        visibility: Set(post.visibility.name().to_owned()),
        body: Set(post.body.as_str().to_owned()),
        course_run_id: Set(post.course_run_id.map(|run| run.as_uuid())),
        run_key: Set(post.run_key.as_ref().map(|key| key.as_str().to_owned())),
        content_hash: Set(None),
        state: Set(DELIVERED.to_owned()),
        failure: Set(None),
        created_at: Set(post.created_at.as_micros()),
        changed_at: Set(now.as_micros()),
        deleted_at: Set(None),
    }
}

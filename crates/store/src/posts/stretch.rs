//! A stretch of a thread: some of a case's posts, next to a place in their order.

use domain::{CaseId, PostId, Timestamp, UserId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use super::{PostRow, Posts, seen_by};
use crate::{Error, VisibilityScope, decode::rows, entities::posts};

/// Where a post is in its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PostPlace {
    pub at: Timestamp,
    pub id: PostId,
}

impl PostPlace {
    pub const fn of(post: &PostRow) -> Self {
        Self { at: post.created_at, id: post.id }
    }
}

/// Which posts, as seen from a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    First,
    Last,
    /// The last ones before it.
    Before(PostPlace),
    /// The first ones behind it.
    After(PostPlace),
    /// The same with the post that is there.
    From(PostPlace),
}

impl<C: ConnectionTrait> Posts<'_, C> {
    /// At most `limit` posts that `reader` may see; oldest first, by time and id.
    pub async fn stretch(
        &self,
        case: CaseId,
        visible: VisibilityScope,
        reader: UserId,
        stretch: Stretch,
        limit: u64,
    ) -> Result<Vec<PostRow>, Error> {
        let query = posts::Entity::find()
            .filter(posts::Column::CaseId.eq(case.as_uuid()))
            .filter(seen_by(visible, reader))
            .limit(limit);
        // Compared as one value, so that both databases start in the index where the stretch does.
        let here = || Expr::tuple([posts::Column::CreatedAt.into_expr(), posts::Column::Id.into_expr()]);
        let there = |place: PostPlace| Expr::tuple([place.at.as_micros().into(), place.id.as_uuid().into()]);
        let query = match stretch {
            Stretch::First | Stretch::Last => query,
            Stretch::Before(place) => query.filter(here().lt(there(place))),
            Stretch::After(place) => query.filter(here().gt(there(place))),
            Stretch::From(place) => query.filter(here().gte(there(place))),
        };
        let models = match stretch {
            Stretch::First | Stretch::After(_) | Stretch::From(_) => {
                query
                    .order_by_asc(posts::Column::CreatedAt)
                    .order_by_asc(posts::Column::Id)
                    .all(self.connection)
                    .await?
            }
            Stretch::Last | Stretch::Before(_) => {
                let query = query.order_by_desc(posts::Column::CreatedAt).order_by_desc(posts::Column::Id);
                let mut models = query.all(self.connection).await?;
                models.reverse();
                models
            }
        };
        rows(models)
    }

    /// Those of the posts that are there and not deleted, in no particular order.
    pub async fn by_ids(&self, ids: &[PostId]) -> Result<Vec<PostRow>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = posts::Entity::find()
            .filter(posts::Column::Id.is_in(ids.iter().map(|id| id.as_uuid())))
            .filter(posts::Column::DeletedAt.is_null());
        rows(found.all(self.connection).await?)
    }

    /// Who has a post on the case that the org refused.
    pub async fn refused_authors(&self, case: CaseId) -> Result<Vec<UserId>, Error> {
        let authors: Vec<Option<Uuid>> = posts::Entity::find()
            .select_only()
            .column(posts::Column::AuthorUserId)
            .distinct()
            .filter(posts::Column::CaseId.eq(case.as_uuid()))
            // Written out, so that SQLite sees that the partial index holds exactly these.
            .filter(Expr::cust(r#""posts"."state" = 'failed'"#))
            .into_tuple()
            .all(self.connection)
            .await?;
        Ok(authors.into_iter().flatten().map(UserId::from).collect())
    }
}

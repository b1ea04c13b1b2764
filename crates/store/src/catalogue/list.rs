//! The list of courses a reader may see, with what has been said on each.

use std::collections::HashMap;

use domain::{CourseId, CourseKey, OrganizationId, Timestamp, UserId};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, Func, LikeExpr, Query, SimpleExpr},
};
use uuid::Uuid;

use super::{Catalogue, CourseRow, OrganizationRow};
use crate::{
    Error, VisibilityScope,
    decode::time_or_none,
    entities::{cases, course_organizations, course_runs, courses, organizations, posts},
    posts::seen_by,
};

/// Which courses there are for a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CourseScope {
    All,
    /// Those of any of these organizations; of none, no courses.
    Organizations(Vec<OrganizationId>),
}

#[derive(Clone, Debug, Default)]
pub struct CourseQuery {
    /// Somewhere in title or key, or in name or key of an organization, whatever the case of its letters. Nothing in it has a special meaning.
    pub text: Option<String>,
    /// Begin behind this one.
    pub after: Option<CourseAfter>,
    pub limit: u64,
}

/// A place in the list: that of a page's last course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseAfter {
    pub title: String,
    pub id: CourseId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseListRow {
    pub course: CourseRow,
    /// In their order.
    pub organizations: Vec<OrganizationRow>,
    pub run_count: u64,
    /// Posts on its cases that this reader can see.
    pub post_count: u64,
    /// The newest of those.
    pub last_post_at: Option<Timestamp>,
}

/// No title is this long, so a longer search finds nothing. (SQLite refuses patterns far beyond it.)
const LONGEST_SEARCH_CHARS: usize = 2_000;

impl<C: ConnectionTrait> Catalogue<'_, C> {
    /// In order of title and id, with what `reader` may see of what was said.
    pub async fn courses_for(
        &self,
        scope: &CourseScope,
        query: &CourseQuery,
        visible: VisibilityScope,
        reader: UserId,
    ) -> Result<Vec<CourseListRow>, Error> {
        let Some(mut condition) = self.matching(scope, query.text.as_deref()).await? else { return Ok(Vec::new()) };
        if let Some(after) = &query.after {
            let behind = Condition::any().add(courses::Column::Title.gt(after.title.as_str())).add(
                Condition::all()
                    .add(courses::Column::Title.eq(after.title.as_str()))
                    .add(courses::Column::Id.gt(after.id.as_uuid())),
            );
            condition = condition.add(behind);
        }
        let models = courses::Entity::find()
            .filter(condition)
            .order_by_asc(courses::Column::Title)
            .order_by_asc(courses::Column::Id)
            .limit(query.limit)
            .all(self.connection)
            .await?;
        let ids: Vec<Uuid> = models.iter().map(|course| course.id).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut organizations = self.organizations_by_course(&ids).await?;
        let run_counts = self.run_counts(&ids).await?;
        let said = self.said(&ids, visible, reader).await?;
        models
            .into_iter()
            .map(|model| {
                let (post_count, last_post_at) = said.get(&model.id).copied().unwrap_or_default();
                Ok(CourseListRow {
                    organizations: organizations.remove(&model.id).unwrap_or_default(),
                    run_count: run_counts.get(&model.id).copied().unwrap_or_default(),
                    post_count,
                    last_post_at,
                    course: model.try_into()?,
                })
            })
            .collect()
    }

    pub async fn count_courses_for(&self, scope: &CourseScope, text: Option<&str>) -> Result<u64, Error> {
        let Some(condition) = self.matching(scope, text).await? else { return Ok(0) };
        Ok(courses::Entity::find().filter(condition).count(self.connection).await?)
    }

    /// None when nothing can match.
    async fn matching(&self, scope: &CourseScope, text: Option<&str>) -> Result<Option<Condition>, Error> {
        let mut condition = Condition::all();
        if let CourseScope::Organizations(theirs) = scope {
            if theirs.is_empty() {
                return Ok(None);
            }
            condition = condition.add(authored_by(theirs.iter().map(OrganizationId::as_uuid).collect()));
        }
        let text = text.unwrap_or_default().trim();
        if !text.is_empty() {
            // PostgreSQL refuses a NUL, and no title holds one.
            if text.chars().count() > LONGEST_SEARCH_CHARS || text.contains('\0') {
                return Ok(None);
            }
            let said = Expr::col((courses::Entity, courses::Column::SearchText)).like(contains(text));
            let mut either = Condition::any().add(said);
            let called = self.organizations_called(text).await?;
            if !called.is_empty() {
                either = either.add(authored_by(called));
            }
            condition = condition.add(either);
        }
        Ok(Some(condition))
    }

    /// Looked for here, since the databases differ in what they take for the same letter. There are few organizations.
    async fn organizations_called(&self, text: &str) -> Result<Vec<Uuid>, Error> {
        let text = text.to_lowercase();
        let all: Vec<(Uuid, String, String)> = organizations::Entity::find()
            .select_only()
            .column(organizations::Column::Id)
            .column(organizations::Column::Key)
            .column(organizations::Column::Name)
            .into_tuple()
            .all(self.connection)
            .await?;
        let called = |text_of: &str| text_of.to_lowercase().contains(&text);
        Ok(all.into_iter().filter(|(_, key, name)| called(key) || called(name)).map(|(id, ..)| id).collect())
    }

    async fn organizations_by_course(&self, courses: &[Uuid]) -> Result<HashMap<Uuid, Vec<OrganizationRow>>, Error> {
        let links = course_organizations::Entity::find()
            .filter(course_organizations::Column::CourseId.is_in(courses.iter().copied()))
            .order_by_asc(course_organizations::Column::CourseId)
            .order_by_asc(course_organizations::Column::Position)
            .all(self.connection)
            .await?;
        let mut ids: Vec<Uuid> = links.iter().map(|link| link.organization_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let found =
            organizations::Entity::find().filter(organizations::Column::Id.is_in(ids)).all(self.connection).await?;
        let by_id: HashMap<Uuid, OrganizationRow> =
            found.into_iter().map(|model| Ok((model.id, model.try_into()?))).collect::<Result<_, Error>>()?;
        let mut by_course: HashMap<Uuid, Vec<OrganizationRow>> = HashMap::new();
        for link in links {
            by_course.entry(link.course_id).or_default().extend(by_id.get(&link.organization_id).cloned());
        }
        Ok(by_course)
    }

    async fn run_counts(&self, courses: &[Uuid]) -> Result<HashMap<Uuid, u64>, Error> {
        let counts: Vec<(Uuid, i64)> = course_runs::Entity::find()
            .select_only()
            .column(course_runs::Column::CourseId)
            .column_as(course_runs::Column::Id.count(), "runs")
            .filter(course_runs::Column::CourseId.is_in(courses.iter().copied()))
            .group_by(course_runs::Column::CourseId)
            .into_tuple()
            .all(self.connection)
            .await?;
        Ok(counts.into_iter().map(|(course, runs)| (course, runs.unsigned_abs())).collect())
    }

    /// How many posts, and when the last was, by course.
    async fn said(
        &self,
        courses: &[Uuid],
        visible: VisibilityScope,
        reader: UserId,
    ) -> Result<HashMap<Uuid, (u64, Option<Timestamp>)>, Error> {
        let mut query = Query::select();
        query
            .expr_as(Expr::col((cases::Entity, cases::Column::CourseId)), "course_id")
            .expr_as(Func::count(Expr::col((posts::Entity, posts::Column::Id))), "posts")
            .expr_as(Func::max(Expr::col((posts::Entity, posts::Column::CreatedAt))), "last_at")
            .from(cases::Entity)
            .inner_join(
                posts::Entity,
                Expr::col((posts::Entity, posts::Column::CaseId)).equals((cases::Entity, cases::Column::Id)),
            )
            .and_where(Expr::col((cases::Entity, cases::Column::CourseId)).is_in(courses.iter().copied()))
            .cond_where(seen_by(visible, reader))
            .group_by_col((cases::Entity, cases::Column::CourseId));
        let mut said = HashMap::new();
        for row in self.connection.query_all(&query).await? {
            let course: Uuid = row.try_get("", "course_id")?;
            let posts: i64 = row.try_get("", "posts")?;
            let last_at: Option<i64> = row.try_get("", "last_at")?;
            said.insert(course, (posts.unsigned_abs(), time_or_none(last_at)));
        }
        Ok(said)
    }
}

/// Courses of any of these organizations.
fn authored_by(organizations: Vec<Uuid>) -> SimpleExpr {
    let theirs = Query::select()
        .column(course_organizations::Column::CourseId)
        .from(course_organizations::Entity)
        .and_where(course_organizations::Column::OrganizationId.is_in(organizations))
        .take();
    courses::Column::Id.in_subquery(theirs)
}

/// What a search looks in of a course itself.
pub(super) fn search_text(title: &str, key: &CourseKey) -> String {
    format!("{title}\n{key}").to_lowercase()
}

/// A pattern for "holds this text", in which nothing of the text is a wildcard.
fn contains(text: &str) -> LikeExpr {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape('\\')
}

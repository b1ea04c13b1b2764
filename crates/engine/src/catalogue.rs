//! The catalogue: organizations, courses and their runs; the list of courses and the course page.

mod belonging;
mod entry;
mod import;
mod intake;
mod json_lines;
mod keep;
mod save;

use std::{ops::Deref, sync::Arc};

use domain::{AuthorLabel, CasePlace, Composer, CourseId, FeedText, PostKey, RunStatus, Timestamp, Visibility};
use store::{CaseRow, CourseAfter, CourseListRow, CourseQuery, OrganizationRow, RunRow};

use crate::{
    Actor, CaseFilter, CourseFilter, CourseList, CourseSummary, CourseView, Engine, Error, OrganizationView, RunView,
    Window,
    access::{self, CourseRight},
    drafts,
    facts::CourseFacts,
    threads::{self, ShownThread},
    time_text,
};

pub use self::entry::{CourseEntry, OrganizationEntry, RunEntry};
pub(crate) use self::import::{begins_as_json, column_names, csv_fields};

const COURSES_PER_PAGE: u64 = 50;

/// A course that the actor at hand may read; only [`Engine::readable_course`] makes one.
pub(crate) struct ReadableCourse(Arc<CourseFacts>);

impl Deref for ReadableCourse {
    type Target = CourseFacts;
    fn deref(&self) -> &CourseFacts {
        &self.0
    }
}

impl Engine {
    /// One page of the courses an actor may read, by title.
    ///
    /// # Errors
    /// The database is away.
    pub async fn my_courses(&self, actor: &Actor, filter: CourseFilter) -> Result<CourseList, Error> {
        let scope = access::course_scope(actor);
        let visible = access::visibility_scope(actor);
        let text =
            filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(|text| text.replace('\0', ""));
        let reader = self.store.read();
        // A cursor is the id of the last course shown. One that fits nothing starts from the top.
        let after = match filter.after.as_deref().and_then(|after| after.parse::<CourseId>().ok()) {
            Some(id) => reader.catalogue().course(id).await?.map(|course| CourseAfter { title: course.title, id }),
            None => None,
        };
        let total = reader.catalogue().count_courses_for(&scope, text.as_deref()).await?;
        let query = CourseQuery { text, after, limit: COURSES_PER_PAGE + 1 };
        let mut rows = reader.catalogue().courses_for(&scope, &query, visible, actor.user).await?;
        let more = rows.len() as u64 > COURSES_PER_PAGE;
        rows.truncate(usize::try_from(COURSES_PER_PAGE).unwrap_or(usize::MAX));
        let next = rows.last().filter(|_| more).map(|row| row.course.id.to_string());
        Ok(CourseList { courses: rows.into_iter().map(summary).collect(), total, next })
    }

    /// Everything a course page shows, with the thread of its default case and all its cases.
    ///
    /// # Errors
    /// As [`Engine::course_with`].
    pub async fn course(&self, actor: &Actor, place: impl Into<CasePlace>) -> Result<CourseView, Error> {
        self.course_with(actor, place, CaseFilter::default(), Window::Latest).await
    }

    /// The same, with a window of the thread of the case named and the cases asked for.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a course that doesn't exist or that the actor can't read, and for a case that isn't its.
    pub async fn course_with(
        &self,
        actor: &Actor,
        place: impl Into<CasePlace>,
        filter: CaseFilter,
        window: Window,
    ) -> Result<CourseView, Error> {
        let place = place.into();
        let course = self.readable_course(actor, place.course).await?;
        let id = course.row.id;
        let reader = self.store.read();
        let cases = reader.cases();
        let (cases, standing) =
            futures::try_join!(async { cases.cases_of(id).await.map_err(Error::from) }, self.org_standing(),)?;
        let shown = match place.case {
            None => cases.iter().find(|case| case.is_default),
            Some(case) => Some(cases.iter().find(|row| row.id == case).ok_or(Error::NotFound)?),
        };
        let writes = access::course_right(actor, &course.editors) == CourseRight::Write && self.org_configured();
        let composer = |visibility, offered| self.composer(actor, id, shown, &course.runs, visibility, offered);
        let (said_here, composer, internal_composer, handling) = futures::try_join!(
            self.thread_of(actor, shown, window, &standing),
            composer(Visibility::Public, writes),
            composer(Visibility::Internal, writes && actor.role().is_internal()),
            self.handling(actor, shown),
        )?;
        let ShownThread { thread, said } = said_here;
        let known = shown.map(|case| (case.id, said));
        let listed = self.case_views(actor, &course, &cases, known).await?;
        let shown = shown.and_then(|row| listed.iter().find(|case| case.id == row.id)).cloned();
        let case_count = u64::try_from(listed.len()).unwrap_or(u64::MAX);
        Ok(CourseView {
            id,
            key: course.row.key.to_string(),
            title: course.row.title.clone(),
            audience: audience(&course.organizations),
            organizations: course
                .organizations
                .iter()
                .map(|organization| OrganizationView {
                    key: organization.key.to_string(),
                    name: organization.name.clone(),
                })
                .collect(),
            runs: course.runs.iter().map(run_view).collect(),
            cases: listed.into_iter().filter(|case| filter.takes(case)).collect(),
            case_count,
            filter,
            shown,
            handling,
            can_write: writes,
            thread,
            composer,
            internal_composer,
            org: standing.state,
        })
    }

    /// The gate of every use case about a course.
    pub(crate) async fn readable_course(&self, actor: &Actor, course: CourseId) -> Result<ReadableCourse, Error> {
        match self.course_facts(course).await? {
            Some(facts) if access::may_read_course(actor, &facts.organizations) => Ok(ReadableCourse(facts)),
            _ => Err(Error::NotFound),
        }
    }

    /// The same for a use case that writes.
    pub(crate) async fn writable_course(&self, actor: &Actor, course: CourseId) -> Result<ReadableCourse, Error> {
        let course = self.readable_course(actor, course).await?;
        access::check_may_write_to(actor, &course.editors)?;
        Ok(course)
    }

    /// The draft as it was left, or an empty composer with a new key. None where the actor may not write.
    async fn composer(
        &self,
        actor: &Actor,
        course: CourseId,
        case: Option<&CaseRow>,
        runs: &[RunRow],
        visibility: Visibility,
        offered: bool,
    ) -> Result<Option<Composer>, Error> {
        if !offered {
            return Ok(None);
        }
        let draft = self.store.read().drafts().get(actor.user(), &drafts::scope_of(course, case, visibility)).await?;
        let author = AuthorLabel::new(actor.name(), actor.username());
        let max_chars = FeedText::room(&author, None);
        let (key, body, run) = match draft {
            Some(draft) => {
                (draft.key, draft.body, draft.course_run_id.filter(|id| runs.iter().any(|run| run.id == *id)))
            }
            None => (PostKey::from_uuid(self.random.uuid_v7(self.clock.now())), String::new(), None),
        };
        Ok(Some(Composer { key, body, run, visibility, max_chars, error: None }))
    }

    /// The version of a case's thread; 0 before there is one.
    pub(crate) async fn thread_version(&self, actor: &Actor, place: CasePlace) -> Result<i64, Error> {
        let (_, case) = self.readable_place(actor, place).await?;
        Ok(threads::version(actor, case.as_ref()))
    }
}

fn summary(row: CourseListRow) -> CourseSummary {
    CourseSummary {
        id: row.course.id,
        key: row.course.key.to_string(),
        title: row.course.title,
        organizations: row.organizations.into_iter().map(|organization| organization.name).collect(),
        run_count: row.run_count,
        post_count: row.post_count,
        last_post: row.last_post_at.map(Timestamp::to_rfc3339),
        last_post_text: row.last_post_at.map(time_text::moment),
    }
}

fn run_view(run: &RunRow) -> RunView {
    RunView {
        id: run.id,
        key: run.key.to_string(),
        title: run.title.clone(),
        start_text: run.start_at.map(time_text::day),
        end_text: run.end_at.map(time_text::day),
        status_text: match run.status {
            RunStatus::Unpublished => "Unpublished",
            RunStatus::ReviewByLegal => "In legal review",
            RunStatus::ReviewByInternal => "In internal review",
            RunStatus::Reviewed => "Scheduled",
            RunStatus::Published => "Published",
        }
        .to_owned(),
    }
}

/// "Partners of HarvardX, MITx and staff"
fn audience(organizations: &[OrganizationRow]) -> String {
    let names: Vec<&str> = organizations.iter().map(|organization| organization.name.as_str()).collect();
    if names.is_empty() { "Staff".to_owned() } else { format!("Partners of {} and staff", names.join(", ")) }
}

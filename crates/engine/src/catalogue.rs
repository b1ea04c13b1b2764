//! The catalogue: organizations, courses and their runs; the list of courses and the course page.

mod entry;
mod import;
mod intake;
mod json_lines;
mod keep;
mod save;

use std::{ops::Deref, sync::Arc};

use domain::{AuthorLabel, Composer, CourseId, FeedText, PostKey, RunStatus, Timestamp, Visibility};
use store::{CaseRow, CourseAfter, CourseListRow, CourseQuery, OrganizationRow, RunRow};

use crate::{
    Actor, CaseView, CourseFilter, CourseList, CourseSummary, CourseView, Engine, Error, OrganizationView, RunView,
    access::{self, CourseRight},
    drafts,
    facts::CourseFacts,
    threads, time_text,
};

pub use self::entry::{CourseEntry, RunEntry};

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
        let mut rows = reader.catalogue().courses_for(&scope, &query, visible).await?;
        let more = rows.len() as u64 > COURSES_PER_PAGE;
        rows.truncate(usize::try_from(COURSES_PER_PAGE).unwrap_or(usize::MAX));
        let next = rows.last().filter(|_| more).map(|row| row.course.id.to_string());
        Ok(CourseList { courses: rows.into_iter().map(summary).collect(), total, next })
    }

    /// Everything a course page shows.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a course that doesn't exist or that the actor can't read.
    pub async fn course(&self, actor: &Actor, course: CourseId) -> Result<CourseView, Error> {
        let course = self.readable_course(actor, course).await?;
        let id = course.row.id;
        let reader = self.store.read();
        let cases = reader.cases();
        let (cases, standing) =
            futures::try_join!(async { cases.cases_of(id).await.map_err(Error::from) }, self.org_standing(),)?;
        let default_case = cases.iter().find(|case| case.is_default);
        let writes = access::course_right(actor, &course.editors) == CourseRight::Write && self.org_configured();
        let (thread, composer, internal_composer) = futures::try_join!(
            self.thread_of(actor, default_case, &standing),
            self.composer(actor, id, &course.runs, Visibility::Public, writes),
            self.composer(actor, id, &course.runs, Visibility::Internal, writes && actor.role().is_internal()),
        )?;
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
            cases: cases.into_iter().map(case_view).collect(),
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
        match access::course_right(actor, &course.editors) {
            CourseRight::Write => Ok(course),
            CourseRight::Read => Err(Error::Forbidden("You can read this course but not write to it.".to_owned())),
        }
    }

    /// The draft as it was left, or an empty composer with a new key. None where the actor may not write.
    async fn composer(
        &self,
        actor: &Actor,
        course: CourseId,
        runs: &[RunRow],
        visibility: Visibility,
        offered: bool,
    ) -> Result<Option<Composer>, Error> {
        if !offered {
            return Ok(None);
        }
        let draft = self.store.read().drafts().get(actor.user(), &drafts::scope(course, visibility)).await?;
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

    /// The version of the default case's thread; 0 before there is one.
    pub(crate) async fn thread_version(&self, actor: &Actor, course: CourseId) -> Result<i64, Error> {
        let course = self.readable_course(actor, course).await?;
        let case = self.store.read().cases().default_case_of(course.row.id).await?;
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

fn case_view(case: CaseRow) -> CaseView {
    CaseView {
        id: case.id,
        subject: case.subject,
        number: case.case_number,
        status: Some(case.status).filter(|status| !status.is_empty()),
        is_default: case.is_default,
        in_org: case.salesforce_id.is_some(),
    }
}

/// "Partners of HarvardX, MITx and staff"
fn audience(organizations: &[OrganizationRow]) -> String {
    let names: Vec<&str> = organizations.iter().map(|organization| organization.name.as_str()).collect();
    if names.is_empty() { "Staff".to_owned() } else { format!("Partners of {} and staff", names.join(", ")) }
}

//! Cases as people see them: those of a course or run, one alone, its posts; a new one with its first post.

use domain::{CaseId, CasePlace, CommentBody, CourseId, CourseRunId, RunKey, ThreadPost, Timestamp, Visibility};
use store::{CaseRow, NewCase, RunRow};

use crate::{
    Actor, Engine, Error, NewComment, Page, PageRequest, Wait,
    catalogue::ReadableCourse,
    facts::CourseFacts,
    page::Place,
    posting::{OPEN, SUBJECT_MAX_CHARS, Target},
    threads,
};

/// Before a case's id in the `Portal_Key__c` of one that is not a course's default case.
const CASE_KEY: &str = "case-";

/// A case, without what was said on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseDetail {
    pub id: CaseId,
    pub course: CourseId,
    /// The run it is about, where it is about one.
    pub run_key: Option<String>,
    pub subject: String,
    /// The org's CaseNumber, once it has one.
    pub number: Option<String>,
    /// As the org calls it.
    pub status: Option<String>,
    pub is_default: bool,
    /// The org has the case.
    pub in_org: bool,
    pub created: Timestamp,
}

/// Some of a case's posts, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostPage {
    pub page: Page<ThreadPost>,
    /// Rises with every change to the thread that this reader could see.
    pub version: i64,
}

/// A case to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCaseInput {
    pub course: CourseId,
    /// One of the course's runs.
    pub run_key: Option<String>,
    pub subject: String,
    /// Its first post, which is public.
    pub first: NewPost,
}

/// What somebody says on a case, its run named by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPost {
    pub key: domain::PostKey,
    pub body: String,
    pub visibility: Visibility,
    pub run_key: Option<String>,
}

/// A case the actor may read, with its course.
pub(crate) struct ReadableCase {
    pub(crate) row: CaseRow,
    pub(crate) course: ReadableCourse,
}

impl Engine {
    /// A course's cases, oldest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a course that the actor can't read and in a portal without an org; [`Error::InvalidField`] for
    /// a page there can't be.
    pub async fn cases_of_course(
        &self,
        actor: &Actor,
        course: CourseId,
        page: &PageRequest,
    ) -> Result<Page<CaseDetail>, Error> {
        self.org()?;
        let course = self.readable_course(actor, course).await?;
        self.cases_page(&course, None, page).await
    }

    /// The cases that are about a run, oldest first.
    ///
    /// # Errors
    /// As [`Engine::cases_of_course`].
    pub async fn cases_of_run(&self, actor: &Actor, run: &str, page: &PageRequest) -> Result<Page<CaseDetail>, Error> {
        self.org()?;
        let key = RunKey::new(run).map_err(|invalid| Error::field("key", invalid.0))?;
        let run = self.store.read().catalogue().run_by_key(&key).await?.ok_or(Error::NotFound)?;
        let course = self.readable_course(actor, run.course_id).await?;
        self.cases_page(&course, Some(run.id), page).await
    }

    async fn cases_page(
        &self,
        course: &ReadableCourse,
        run: Option<CourseRunId>,
        page: &PageRequest,
    ) -> Result<Page<CaseDetail>, Error> {
        let mut cases = self.store.read().cases().cases_of(course.row.id).await?;
        if run.is_some() {
            cases.retain(|case| case.course_run_id == run);
        }
        let place = |case: &CaseRow| Place { at: case.created_at, id: case.id.as_uuid() };
        cases.sort_by_key(place);
        let Page { items, next } = page.of(cases, place)?;
        Ok(Page { items: items.into_iter().map(|case| detail(course, case)).collect(), next })
    }

    /// # Errors
    /// [`Error::NotFound`] for a case of a course that the actor can't read and in a portal without an org.
    pub async fn case(&self, actor: &Actor, case: CaseId) -> Result<CaseDetail, Error> {
        let ReadableCase { row, course } = self.readable_case(actor, case).await?;
        Ok(detail(&course, row))
    }

    /// # Errors
    /// As [`Engine::case`]; [`Error::InvalidField`] for a page there can't be.
    pub async fn case_posts(&self, actor: &Actor, case: CaseId, page: &PageRequest) -> Result<PostPage, Error> {
        let case = self.readable_case(actor, case).await?.row;
        let version = threads::version(actor, Some(&case));
        let Page { items, next } = self.posts_page(actor, &case, page).await?;
        let items = items.into_iter().map(|row| threads::view(actor, row)).collect();
        Ok(PostPage { page: Page { items, next }, version })
    }

    /// The version of [`PostPage`] alone, for who may have the page already.
    ///
    /// # Errors
    /// As [`Engine::case`].
    pub async fn case_version(&self, actor: &Actor, case: CaseId) -> Result<i64, Error> {
        let case = self.readable_case(actor, case).await?.row;
        Ok(threads::version(actor, Some(&case)))
    }

    /// Stores a post on the case and its delivery. The same key with the same content answers with what was stored the first
    /// time.
    ///
    /// # Errors
    /// As [`Engine::case`] and [`Engine::post_comment`].
    pub async fn post_on_case(
        &self,
        actor: &Actor,
        case: CaseId,
        post: NewPost,
        wait: Wait,
    ) -> Result<ThreadPost, Error> {
        let case = self.readable_case(actor, case).await?;
        let course = self.writable_course(actor, case.course.row.id).await?;
        let comment = comment(&course, post)?;
        let row = self.post_to(actor, &course, Target::Known(&case.row), comment, wait).await?;
        Ok(threads::view(actor, row))
    }

    /// Opens a case for a course or one of its runs, with its first post. The same key with the same content answers with the
    /// case that was opened the first time.
    ///
    /// # Errors
    /// As [`Engine::post_comment`]; [`Error::InvalidField`] for a subject that won't do and for a first post that is internal.
    pub async fn open_case(&self, actor: &Actor, case: NewCaseInput, wait: Wait) -> Result<CaseDetail, Error> {
        self.org()?;
        let course = self.writable_course(actor, case.course).await?;
        // The list of a course's cases, with their subjects, is for everybody who reads the course.
        if case.first.visibility == Visibility::Internal {
            return Err(Error::field(
                "visibility",
                "A case's first post is public: partners see a case and its subject. Open it with a public post, then add the note.",
            ));
        }
        let subject = subject(&case.subject)?;
        let run = case.run_key.as_deref().map(|key| run_by_key(&course, key)).transpose()?;
        let now = self.clock.now();
        let id = CaseId::from_uuid(self.random.uuid_v7(now));
        let new = NewCase {
            id,
            course_run_id: run.map(|run| run.id),
            portal_key: format!("{CASE_KEY}{id}"),
            subject,
            status: OPEN.to_owned(),
            priority: None,
            created_at: now,
        };
        let comment = comment(&course, case.first)?;
        let post = self.post_to(actor, &course, Target::New(&new), comment, wait).await?;
        let row = self.store.read().cases().by_id(post.case_id).await?.ok_or(Error::NotFound)?;
        Ok(detail(&course, row))
    }

    /// The gate of every use case about one of a course's cases. No row: the default one, before its first comment.
    pub(crate) async fn readable_place(
        &self,
        actor: &Actor,
        place: CasePlace,
    ) -> Result<(ReadableCourse, Option<CaseRow>), Error> {
        let course = self.readable_course(actor, place.course).await?;
        let reader = self.store.read();
        let row = match place.case {
            None => reader.cases().default_case_of(course.row.id).await?,
            Some(id) => {
                let row = reader.cases().by_id(id).await?;
                Some(row.filter(|row| row.course_id == Some(course.row.id)).ok_or(Error::NotFound)?)
            }
        };
        Ok((course, row))
    }

    /// The gate of every use case about a case.
    pub(crate) async fn readable_case(&self, actor: &Actor, case: CaseId) -> Result<ReadableCase, Error> {
        self.org()?;
        let row = self.store.read().cases().by_id(case).await?.ok_or(Error::NotFound)?;
        let course = self.readable_course(actor, row.course_id.ok_or(Error::NotFound)?).await?;
        Ok(ReadableCase { row, course })
    }
}

/// One of the course's own runs.
pub(crate) fn run_by_key<'a>(course: &'a CourseFacts, key: &str) -> Result<&'a RunRow, Error> {
    course.runs.iter().find(|run| run.key.as_str() == key).ok_or_else(|| {
        Error::field("course_run", format!("The course has no run “{key}”. Give the key of one of its runs, or none."))
    })
}

fn comment(course: &CourseFacts, post: NewPost) -> Result<NewComment, Error> {
    let run = post.run_key.as_deref().map(|key| run_by_key(course, key)).transpose()?;
    Ok(NewComment { key: post.key, body: post.body, visibility: post.visibility, run: run.map(|run| run.id) })
}

fn subject(text: &str) -> Result<String, Error> {
    let subject = text.trim();
    if subject.contains(char::is_control) {
        return Err(Error::field("subject", "The subject holds control characters or line breaks. Remove them."));
    }
    // What shows nothing as a comment shows nothing as a subject.
    if CommentBody::new(subject).is_err() {
        return Err(Error::field("subject", "The subject is blank. Say in a few words what the case is about."));
    }
    if subject.chars().count() > SUBJECT_MAX_CHARS {
        let sentence = format!("The subject is longer than {SUBJECT_MAX_CHARS} characters. Shorten it.");
        return Err(Error::field("subject", sentence));
    }
    Ok(subject.to_owned())
}

fn detail(course: &ReadableCourse, case: CaseRow) -> CaseDetail {
    let run = case.course_run_id.and_then(|id| course.runs.iter().find(|run| run.id == id));
    CaseDetail {
        id: case.id,
        course: course.row.id,
        run_key: run.map(|run| run.key.to_string()),
        subject: case.subject,
        number: case.case_number,
        status: Some(case.status).filter(|status| !status.is_empty()),
        is_default: case.is_default,
        in_org: case.salesforce_id.is_some(),
        created: case.created_at,
    }
}

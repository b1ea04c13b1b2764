//! Drafts: what somebody is typing, saved so that a reload, another device or a log-in finds it again.

use domain::{CaseId, CasePlace, CourseId, PostKey, Visibility};
use store::{CaseRow, DraftRow};

use crate::{Actor, DraftText, Engine, Error, access};

/// More than any comment may have; enough not to lose what is about to be shortened.
const DRAFT_MAX_CHARS: usize = 50_000;

/// A person has one public and one internal draft per case. That of a course's default case is the course's, whether or not
/// there is one yet.
pub(crate) fn scope(course: CourseId, visibility: Visibility) -> String {
    format!("course:{course}:{}", visibility.name())
}

/// Of a case beside the default one.
pub(crate) fn scope_on(case: CaseId, visibility: Visibility) -> String {
    format!("case:{case}:{}", visibility.name())
}

/// Of the case that somebody is about to open.
pub(crate) fn scope_of_new_case(course: CourseId) -> String {
    format!("course:{course}:new-case")
}

pub(crate) fn scope_of(course: CourseId, case: Option<&CaseRow>, visibility: Visibility) -> String {
    match case {
        Some(case) if !case.is_default => scope_on(case.id, visibility),
        _ => scope(course, visibility),
    }
}

/// A case that somebody began to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseDraft {
    pub key: PostKey,
    pub subject: String,
    pub body: String,
    pub run: Option<domain::CourseRunId>,
    pub visibility: Visibility,
}

impl Engine {
    /// # Errors
    /// [`Error::NotFound`] for a course the actor can't read or a case that isn't its, [`Error::Forbidden`] where the actor
    /// can't write, [`Error::Invalid`] for a text that can't be stored.
    pub async fn save_draft(&self, actor: &Actor, place: impl Into<CasePlace>, draft: DraftText) -> Result<(), Error> {
        let (course, case) = self.readable_place(actor, place.into()).await?;
        access::check_may_write_to(actor, &course.editors)?;
        let scope = scope_of(course.row.id, case.as_ref(), draft.visibility);
        self.keep_draft(actor, scope, draft).await
    }

    /// Keeps what somebody wrote into the form for a new case and could not send.
    ///
    /// # Errors
    /// As [`Engine::save_draft`].
    pub async fn save_case_draft(&self, actor: &Actor, course: CourseId, draft: CaseDraft) -> Result<(), Error> {
        let course = self.writable_course(actor, course).await?;
        let CaseDraft { key, subject, body, run, visibility } = draft;
        let body = format!("{}\n{body}", subject.lines().next().unwrap_or_default());
        self.keep_draft(actor, scope_of_new_case(course.row.id), DraftText { key, body, visibility, run }).await
    }

    /// # Errors
    /// As [`Engine::save_draft`], and [`Error::NotFound`] in a portal without an org.
    pub async fn case_draft(&self, actor: &Actor, course: CourseId) -> Result<CaseDraft, Error> {
        self.org()?;
        let course = self.writable_course(actor, course).await?;
        let draft = self.store.read().drafts().get(actor.user, &scope_of_new_case(course.row.id)).await?;
        Ok(match draft {
            Some(DraftRow { key, body, visibility, course_run_id, .. }) => {
                let (subject, body) = body.split_once('\n').unwrap_or(("", &body));
                CaseDraft { key, subject: subject.to_owned(), body: body.to_owned(), run: course_run_id, visibility }
            }
            None => CaseDraft {
                key: PostKey::from_uuid(self.random.uuid_v7(self.clock.now())),
                subject: String::new(),
                body: String::new(),
                run: None,
                visibility: Visibility::Public,
            },
        })
    }

    async fn keep_draft(&self, actor: &Actor, scope: String, draft: DraftText) -> Result<(), Error> {
        access::check_may_write(actor, draft.visibility)?;
        if draft.body.chars().count() > DRAFT_MAX_CHARS {
            return Err(Error::invalid(format!("The text is longer than {DRAFT_MAX_CHARS} characters. Shorten it.")));
        }
        // A save that was on its way while the comment was posted must not bring the draft back.
        let posted = self.store.read().posts().by_key(draft.key).await?.is_some();
        let tx = self.store.begin().await?;
        if posted {
            tx.drafts().delete_if_key(actor.user, &scope, draft.key).await?;
        } else if draft.body.trim().is_empty() {
            tx.drafts().delete(actor.user, &scope).await?;
        } else {
            tx.drafts()
                .put(&DraftRow {
                    user_id: actor.user,
                    scope,
                    key: draft.key,
                    body: draft.body.replace('\0', ""),
                    visibility: draft.visibility,
                    course_run_id: draft.run,
                    updated_at: self.clock.now(),
                })
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

//! Drafts: what somebody is typing, saved so that a reload, another device or a log-in finds it again.

use domain::{CourseId, Visibility};
use store::DraftRow;

use crate::{Actor, DraftText, Engine, Error, access};

/// More than any comment may have; enough not to lose what is about to be shortened.
const DRAFT_MAX_CHARS: usize = 50_000;

/// A person has one public and one internal draft per course.
pub(crate) fn scope(course: CourseId, visibility: Visibility) -> String {
    format!("course:{course}:{}", visibility.name())
}

impl Engine {
    /// # Errors
    /// [`Error::NotFound`] for a course the actor can't read, [`Error::Forbidden`] where it can't write, [`Error::Invalid`]
    /// for a text that can't be stored.
    pub async fn save_draft(&self, actor: &Actor, course: CourseId, draft: DraftText) -> Result<(), Error> {
        let course = self.writable_course(actor, course).await?;
        access::check_may_write(actor, draft.visibility)?;
        if draft.body.chars().count() > DRAFT_MAX_CHARS {
            return Err(Error::invalid(format!("The text is longer than {DRAFT_MAX_CHARS} characters. Shorten it.")));
        }
        let scope = scope(course.row.id, draft.visibility);
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

//! Reading a course's thread.

use domain::{CasePlace, Thread, ThreadPost, Timestamp};
use store::{CaseRow, PostRow, VisibilityScope};

use crate::{Actor, Engine, Error, access, sync::OrgStanding, time_text};

impl Engine {
    /// The thread of one of a course's cases, as this reader may see it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a course that the actor can't read, or a case that isn't the course's.
    pub async fn thread(
        &self,
        actor: &Actor,
        place: impl Into<CasePlace>,
        _since: Option<i64>,
    ) -> Result<Thread, Error> {
        let ((_, case), standing) = futures::try_join!(self.readable_place(actor, place.into()), self.org_standing())?;
        self.thread_of(actor, case.as_ref(), &standing).await
    }

    pub(crate) async fn thread_of(
        &self,
        actor: &Actor,
        case: Option<&CaseRow>,
        standing: &OrgStanding,
    ) -> Result<Thread, Error> {
        let posts = match case {
            Some(case) => self
                .posts_of(case)
                .await?
                .iter()
                .filter(|row| access::may_see_post(actor, row))
                .map(|row| view(actor, row.clone()))
                .collect(),
            None => Vec::new(),
        };
        Ok(Thread { posts, read_from_org: standing.read_at.map(Timestamp::to_rfc3339), version: version(actor, case) })
    }
}

/// Rises with every change this reader could see, and with no other: the number itself gives nothing away.
pub(crate) fn version(actor: &Actor, case: Option<&CaseRow>) -> i64 {
    case.map_or(0, |case| match access::visibility_scope(actor) {
        VisibilityScope::All => case.version,
        VisibilityScope::Public => case.public_version,
    })
}

/// A post as its reader sees it. The caller has checked that it may.
pub(crate) fn view(actor: &Actor, row: PostRow) -> ThreadPost {
    let mine = access::is_author(actor, &row);
    ThreadPost {
        id: row.id,
        key: row.key.filter(|_| mine),
        author: row.author_name,
        by_staff: row.author_is_staff,
        mine,
        visibility: row.visibility,
        body: row.body,
        run_key: row.run_key,
        created: row.created_at.to_rfc3339(),
        created_text: time_text::moment(row.created_at),
        reply_to: row.parent_post_id,
        state: row.state,
    }
}

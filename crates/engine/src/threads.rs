//! Reading a course's thread.

use std::sync::Arc;

use domain::{Answered, CasePlace, Thread, ThreadPost, Timestamp};
use store::{CaseRow, PostRow, Said, VisibilityScope};

use crate::{
    Actor, Engine, Error, Window, access,
    excerpt::excerpt,
    sync::OrgStanding,
    time_text,
    window::{Latest, WindowRows},
};

/// A window of a thread, with what there is in all of them.
pub(crate) struct ShownThread {
    pub(crate) thread: Thread,
    /// None: nothing was said.
    pub(crate) said: Option<Said>,
}

impl Engine {
    /// What was said on one of a course's cases, as this reader may see it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a course that the actor can't read, or a case that isn't the course's.
    pub async fn thread(&self, actor: &Actor, place: impl Into<CasePlace>, window: Window) -> Result<Thread, Error> {
        let ((_, case), standing) = futures::try_join!(self.readable_place(actor, place.into()), self.org_standing())?;
        Ok(self.thread_of(actor, case.as_ref(), window, &standing).await?.thread)
    }

    pub(crate) async fn thread_of(
        &self,
        actor: &Actor,
        case: Option<&CaseRow>,
        window: Window,
        standing: &OrgStanding,
    ) -> Result<ShownThread, Error> {
        let (latest, other) = match case {
            Some(case) => {
                let latest = self.latest_posts(actor, case).await?;
                let other = if latest.window.earlier { self.other_window(actor, case, window).await? } else { None };
                (latest, other)
            }
            None => (Arc::<Latest>::default(), None),
        };
        let window = other.as_ref().unwrap_or(&latest.window);
        let thread = Thread {
            posts: views(actor, window),
            total: latest.said.map_or(0, |said| said.posts),
            earlier: window.earlier,
            later: window.later,
            read_from_org: standing.read_at.map(Timestamp::to_rfc3339),
            version: version(actor, case),
        };
        Ok(ShownThread { thread, said: latest.said })
    }
}

fn views(actor: &Actor, window: &WindowRows) -> Vec<ThreadPost> {
    let seen = |row: &&PostRow| access::may_see_post(actor, row);
    let answered = |row: &PostRow| {
        let post = window.answered.iter().filter(seen).find(|post| Some(post.id) == row.parent_post_id)?;
        Some(Answered { author: post.author_name.clone(), excerpt: excerpt(&post.body) })
    };
    let shown = window.posts.iter().filter(seen);
    shown.map(|row| ThreadPost { answers: answered(row), ..view(actor, row.clone()) }).collect()
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
        answers: None,
        state: row.state,
    }
}

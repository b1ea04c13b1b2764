//! Which of a thread's posts are read at once: a window of them, so that a page, and the memory it takes, has a bound however much
//! was said. The latest window is kept in memory while it stands; the others are read when they are asked for.

use std::sync::Arc;

use domain::{CaseId, PostId, UserId};
use store::{CaseRow, PostPlace, PostRow, Said, Stretch, VisibilityScope};
use uuid::Uuid;

use crate::{
    Actor, Engine, Error, Page, PageRequest, access,
    page::{Bounds, Place},
};

/// Posts in a window.
pub(crate) const WINDOW: usize = 200;

/// Which window of a thread is asked for. A post that this reader can't see asks for the latest, as one that isn't there does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    #[default]
    Latest,
    /// The one that ends before the post.
    Before(PostId),
    /// The one that begins with the post; near the end of the thread, the latest, which holds it.
    From(PostId),
}

impl Window {
    /// As addresses and requests name it, by one post or none.
    pub fn asked(before: Option<PostId>, from: Option<PostId>) -> Self {
        match (before, from) {
            (Some(post), _) => Self::Before(post),
            (None, Some(post)) => Self::From(post),
            (None, None) => Self::Latest,
        }
    }
}

/// The posts of a window, for one kind of reader.
#[derive(Default)]
pub(crate) struct WindowRows {
    /// Oldest first.
    pub(crate) posts: Vec<PostRow>,
    pub(crate) earlier: bool,
    pub(crate) later: Option<PostId>,
    /// What some of them answer, where it is not among them; of every visibility.
    pub(crate) answered: Vec<PostRow>,
}

/// The latest window, and how much there is beside it.
#[derive(Default)]
pub(crate) struct Latest {
    pub(crate) window: WindowRows,
    /// None: nothing was said.
    pub(crate) said: Option<Said>,
    /// Whose posts the org refused. They alone see those, so this is not what they see.
    refused: Vec<UserId>,
}

impl Latest {
    fn is_for(&self, actor: &Actor) -> bool {
        access::visibility_scope(actor) == VisibilityScope::All || !self.refused.contains(&actor.user)
    }

    pub(crate) fn bytes(&self) -> u64 {
        let rows = self.window.posts.iter().chain(&self.window.answered);
        rows.map(|post| (size_of::<PostRow>() + post.body.len() + 128) as u64).sum::<u64>().max(1)
    }
}

impl Engine {
    /// The latest window as of the case's row, or newer.
    pub(crate) async fn latest_posts(&self, actor: &Actor, case: &CaseRow) -> Result<Arc<Latest>, Error> {
        let visible = access::visibility_scope(actor);
        let nobody = UserId::from_uuid(Uuid::nil());
        let latest = self.standing_thread(case, visible, self.read_latest(case.id, visible, nobody)).await?;
        if latest.is_for(actor) {
            Ok(latest)
        } else {
            Ok(Arc::new(self.read_latest(case.id, visible, actor.user).await?))
        }
    }

    async fn read_latest(&self, case: CaseId, visible: VisibilityScope, reader: UserId) -> Result<Latest, Error> {
        let posts = self.store.read();
        let posts = posts.posts();
        let (mut rows, mut said, refused) = futures::try_join!(
            posts.stretch(case, visible, reader, Stretch::Last, WINDOW as u64 + 1),
            posts.said_on(std::slice::from_ref(&case), visible, reader),
            posts.refused_authors(case),
        )?;
        let earlier = rows.len() > WINDOW;
        rows.drain(..rows.len().saturating_sub(WINDOW));
        let window = self.with_answered(case, WindowRows { posts: rows, earlier, ..WindowRows::default() }).await?;
        Ok(Latest { window, said: said.remove(&case), refused })
    }

    /// None: it is the latest.
    pub(crate) async fn other_window(
        &self,
        actor: &Actor,
        case: &CaseRow,
        window: Window,
    ) -> Result<Option<WindowRows>, Error> {
        let (Window::Before(post) | Window::From(post)) = window else { return Ok(None) };
        let Some(place) = self.place_of(actor, case, post).await? else { return Ok(None) };
        let read = |stretch, limit: usize| self.stretch_of(actor, case.id, stretch, limit);
        let (posts, earlier, later) = match window {
            Window::Latest => return Ok(None),
            Window::From(_) => {
                let (posts, later) = cut(read(Stretch::From(place), WINDOW + 1).await?);
                (posts, !read(Stretch::Before(place), 1).await?.is_empty(), later)
            }
            Window::Before(_) => {
                let mut posts = read(Stretch::Before(place), WINDOW + 1).await?;
                if posts.len() > WINDOW {
                    posts.remove(0);
                    (posts, true, read(Stretch::From(place), 1).await?.first().map(|post| post.id))
                } else {
                    // What follows fills the first window up.
                    let (posts, later) = cut(read(Stretch::First, WINDOW + 1).await?);
                    (posts, false, later)
                }
            }
        };
        if later.is_none() {
            return Ok(None);
        }
        self.with_answered(case.id, WindowRows { posts, earlier, later, answered: Vec::new() }).await.map(Some)
    }

    /// Where a post is, or was before it was deleted, as far as the reader may know of it.
    async fn place_of(&self, actor: &Actor, case: &CaseRow, post: PostId) -> Result<Option<PostPlace>, Error> {
        let row = self.store.read().posts().by_id(post).await?;
        let known = row.filter(|row| row.case_id == case.id && access::may_see_post(actor, row));
        Ok(known.as_ref().map(PostPlace::of))
    }

    async fn stretch_of(
        &self,
        actor: &Actor,
        case: CaseId,
        stretch: Stretch,
        limit: usize,
    ) -> Result<Vec<PostRow>, Error> {
        let visible = access::visibility_scope(actor);
        Ok(self.store.read().posts().stretch(case, visible, actor.user, stretch, limit as u64).await?)
    }

    async fn with_answered(&self, case: CaseId, window: WindowRows) -> Result<WindowRows, Error> {
        let here = |id: &PostId| window.posts.iter().any(|post| post.id == *id);
        let mut ids: Vec<PostId> = window.posts.iter().filter_map(|post| post.parent_post_id).collect();
        ids.retain(|id| !here(id));
        ids.sort_unstable();
        ids.dedup();
        let mut answered = self.store.read().posts().by_ids(&ids).await?;
        answered.retain(|post| post.case_id == case);
        Ok(WindowRows { answered, ..window })
    }

    /// Everything that the reader may see of the case, however much it is.
    pub(crate) async fn all_posts(&self, actor: &Actor, case: &CaseRow) -> Result<Vec<PostRow>, Error> {
        let latest = self.latest_posts(actor, case).await?;
        let mut posts = if latest.window.earlier {
            self.store.read().posts().thread(case.id, access::visibility_scope(actor), None).await?
        } else {
            latest.window.posts.clone()
        };
        posts.retain(|post| access::may_see_post(actor, post));
        Ok(posts)
    }

    /// # Errors
    /// [`Error::InvalidField`] for a page there can't be.
    pub(crate) async fn posts_page(
        &self,
        actor: &Actor,
        case: &CaseRow,
        page: &PageRequest,
    ) -> Result<Page<PostRow>, Error> {
        let Bounds { after, limit } = page.bounds()?;
        let latest = self.latest_posts(actor, case).await?;
        let mut posts = if latest.window.earlier {
            let stretch = after.map_or(Stretch::First, |place| {
                Stretch::After(PostPlace { at: place.at, id: PostId::from_uuid(place.id) })
            });
            // One more than the page holds says that there is another.
            self.stretch_of(actor, case.id, stretch, limit + 1).await?
        } else {
            latest.window.posts.clone()
        };
        posts.retain(|post| access::may_see_post(actor, post));
        page.of(posts, |post| Place { at: post.created_at, id: post.id.as_uuid() })
    }
}

/// A window out of at most one post more, and that one's id.
fn cut(mut posts: Vec<PostRow>) -> (Vec<PostRow>, Option<PostId>) {
    let later = if posts.len() > WINDOW { posts.pop().map(|post| post.id) } else { None };
    (posts, later)
}

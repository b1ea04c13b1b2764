//! What the parts of a conversation share.

use std::{ops::Deref, sync::Arc};

use domain::{CasePlace, PostId, ThreadPost};

use super::{
    OrgLink, Reader,
    timeline::{News, Timeline},
    told::Told,
};

/// A handle on the conversation's state; a clone is another handle on the same.
#[derive(Clone)]
pub(super) struct Room(Arc<State>);

pub(super) struct State {
    pub(super) place: CasePlace,
    /// The post that this page's window begins with. None: the page follows the latest.
    pub(super) from: Option<PostId>,
    pub(super) reader: Reader,
    pub(super) org: OrgLink,
    pub(super) timeline: Told<Timeline>,
    /// The browser's clock, milliseconds since 1970. None on the server, and in the browser until the island is awake:
    /// both have to draw the same first.
    pub(super) now: Told<Option<f64>>,
    /// The same clock, told more often: for what changes within seconds.
    pub(super) beat: Told<Option<f64>>,
    /// Read out politely.
    pub(super) announcement: Told<String>,
    pub(super) link: Told<Link>,
}

/// How the page stands with the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Live,
    /// New posts do not arrive at the moment; tried again on its own.
    Cut,
    SignedOut,
}

impl Deref for Room {
    type Target = State;
    fn deref(&self) -> &State {
        &self.0
    }
}

impl Room {
    pub(super) fn new(place: CasePlace, reader: Reader, org: OrgLink, thread: domain::Thread) -> Self {
        let from = thread.later.and(thread.posts.first()).map(|post| post.id);
        Self(Arc::new(State {
            place,
            from,
            reader,
            org,
            timeline: Told::new(Timeline::new(thread)),
            now: Told::new(None),
            beat: Told::new(None),
            announcement: Told::new(String::new()),
            link: Told::new(Link::Live),
        }))
    }

    pub(super) fn settle(&self, post: ThreadPost) {
        self.timeline.update(|timeline| timeline.settle(post));
    }

    /// Takes over a thread from the server; the list is drawn again only when it has to be.
    pub(super) fn take(&self, thread: domain::Thread) -> News {
        let news = self.timeline.update_quietly(|timeline| timeline.take(thread));
        if news.redraw {
            self.timeline.tell();
        }
        news
    }

    pub(super) fn announce(&self, words: &str) {
        self.announcement.set(words.to_owned());
    }
}

//! What the parts of a conversation share.

use domain::{CourseId, ThreadPost, Visibility};
use leptos::prelude::*;

use super::{OrgLink, Reader, clock, live, live::Link, timeline::Timeline};

/// A handle on the conversation's state; copying it copies the handle.
#[derive(Clone, Copy)]
pub(super) struct Room {
    pub(super) course: CourseId,
    pub(super) reader: StoredValue<Reader>,
    pub(super) org: OrgLink,
    pub(super) timeline: RwSignal<Timeline>,
    /// The browser's clock, milliseconds since 1970. None on the server, and in the browser until the island is awake:
    /// both have to draw the same first.
    pub(super) now: RwSignal<Option<f64>>,
    /// Read out politely.
    pub(super) announcement: RwSignal<String>,
    pub(super) link: RwSignal<Link>,
    /// A failed post's text, on its way back into the composer of its kind.
    pub(super) revision: RwSignal<Option<(Visibility, String)>>,
}

impl Room {
    pub(super) fn new(course: CourseId, reader: Reader, org: OrgLink, timeline: Timeline) -> Self {
        Self {
            course,
            reader: StoredValue::new(reader),
            org,
            timeline: RwSignal::new(timeline),
            now: RwSignal::new(None),
            announcement: RwSignal::new(String::new()),
            link: RwSignal::new(Link::Live),
            revision: RwSignal::new(None),
        }
    }

    /// Starts the clock and the live link. Effects run in the browser only.
    pub(super) fn wake(self) {
        Effect::new(move |_| {
            clock::start(self.now);
            live::watch(self);
        });
    }

    pub(super) fn settle(self, post: ThreadPost) {
        self.timeline.update(|timeline| timeline.settle(post));
    }
}

//! A thread and the composers beneath it. The server renders it whole; in the browser it wakes up and posts without a page load,
//! follows the thread live, and keeps drafts. Every form in it works without scripts.

mod clock;
mod composer;
mod draft;
mod live;
mod post;
mod room;
mod timeline;

use domain::{Composer, CourseId, RunOption, Thread, UserId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use self::{
    composer::composer_form,
    live::link_note,
    post::post_item,
    room::Room,
    timeline::{Entry, Timeline},
};
use crate::app::ui::{IconName, icon};

/// Who reads and writes here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    pub user: UserId,
    pub name: String,
    pub by_staff: bool,
}

/// What a post that waits is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrgLink {
    /// There is no org: posts stay here, and nothing is said of Salesforce.
    Absent,
    /// An admin has still to connect.
    Disconnected,
    Up,
    /// The org does not answer.
    Behind,
}

#[island]
pub fn Conversation(
    course: CourseId,
    reader: Reader,
    thread: Thread,
    runs: Vec<RunOption>,
    /// None: may read only.
    composer: Option<Composer>,
    /// Staff only.
    internal: Option<Composer>,
    /// Who will read a public post: "Partners of MITx and staff".
    audience: String,
    org: OrgLink,
) -> impl IntoView {
    let can_write = composer.is_some();
    let room = Room::new(course, reader, org, Timeline::new(thread));
    room.wake();
    let count = move || room.timeline.with(|timeline| timeline.entries().len());
    let form = |start: Option<Composer>| {
        let (runs, audience) = (runs.clone(), audience.clone());
        start.map(move |start| composer_form(room, start, runs, &audience))
    };
    view! {
        <section class="thread" aria-labelledby="thread-heading">
            <div class="thread-head">
                <h2 id="thread-heading">"Conversation"</h2>
                <span class="thread-count">{count}</span>
                {link_note(room)}
                {can_write.then(|| view! { <a class="thread-jump" href="#comment">"Write a comment"</a> })}
            </div>
            <div class="empty" hidden=move || { count() > 0 }>
                <span class="empty-icon">
                    {icon(IconName::Comment)}
                </span>
                <h3>"No comments yet"</h3>
                <p>{if can_write { "Ask a question or leave a note. The people who work on this course read it here." } else { "When somebody comments on this course, it shows here." }}</p>
            </div>
            <ol class="posts" aria-label="Conversation" hidden=move || { count() == 0 }>
                <For
                    each=move || room.timeline.with(|timeline| timeline.entries().to_vec())
                    key=|entry: &Entry| entry.serial
                    children=move |entry| post_item(entry, room)
                />
            </ol>
            <p class="sr-only" aria-live="polite">{move || room.announcement.get()}</p>
        </section>
        {form(composer)}
        {form(internal)}
    }
}

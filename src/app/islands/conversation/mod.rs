//! A thread and the composers beneath it. The server renders it whole; in the browser it wakes up and posts without a page load,
//! follows the thread live, and keeps drafts. Every form in it works without scripts.

mod clock;
mod composer;
mod desk;
mod draft;
mod live;
mod post;
mod room;
mod seed;
mod timeline;
mod told;

use domain::{CasePlace, Composer, PostId};
use leptos::prelude::*;

pub use self::seed::{OrgLink, Reader, Seed};
use self::{
    composer::composer_form,
    desk::Desk,
    live::link_note,
    post::post_item,
    room::Room,
    timeline::{Entry, Timeline},
    told::live,
};
use crate::app::{
    routes,
    ui::{IconName, icon},
};

/// Starts with the [`Seed`] that the page provides as context and writes into itself.
#[island]
pub fn Conversation() -> impl IntoView {
    Seed::find().map(conversation)
}

fn conversation(seed: Seed) -> impl IntoView {
    let Seed { place, reader, thread, runs, composer, internal, audience, org } = seed;
    let can_write = composer.is_some();
    let later = thread.later.map(|post| later_pages(place, post));
    let room = Room::new(place, reader, org, thread);
    let count = {
        let room = room.clone();
        live(move || room.timeline.with(Timeline::total).to_string())
    };
    let is_empty = {
        let room = room.clone();
        move || room.timeline.with(|timeline| timeline.entries().is_empty())
    };
    let any = is_empty.clone();
    let announcement = {
        let room = room.clone();
        live(move || room.announcement.get())
    };
    let entries = {
        let room = room.clone();
        move || room.timeline.with(|timeline| timeline.entries().to_vec())
    };
    let desk = |start: &Composer| Desk::new(&room, start, runs.clone());
    // One writes where one sees it come: beneath the latest.
    let written = || [&composer, &internal].into_iter().flatten().filter(|_| room.from.is_none());
    let desks = written().map(desk).collect::<Vec<_>>();
    let forms = desks
        .iter()
        .zip(written().cloned())
        .map(|(desk, start)| composer_form(desk, start, runs.clone(), &audience))
        .collect::<Vec<_>>();
    let (here, awake) = (room.clone(), room.clone());
    // Effects run in the browser only.
    Effect::new(move |_| {
        clock::start(&awake);
        live::watch(&awake);
        desks.iter().for_each(Desk::wake);
    });
    let invitation = if can_write {
        "Ask a question or leave a note. The people who work on this course read it here."
    } else {
        "When somebody comments on this course, it shows here."
    };
    let jump = if later.is_some() {
        Some((routes::thread(place), "Latest comments"))
    } else {
        can_write.then(|| ("#comment".to_owned(), "Write a comment"))
    };
    let jump = jump.map(|(address, words)| view! { <a class="thread-jump" href=address>{words}</a> });
    view! {
        <section class="thread" aria-labelledby="thread-heading">
            <div class="thread-head">
                <h2 id="thread-heading">"Conversation"</h2>
                <span class="thread-count">{count}</span>
                {link_note(&room)}
                {jump}
            </div>
            <div class="empty" hidden=live(move || !is_empty())>
                <span class="empty-icon">{icon(IconName::Comment)}</span>
                <h3>"No comments yet"</h3>
                <p>{invitation}</p>
            </div>
            <ol class="posts" aria-label="Conversation" hidden=live(any)>
                <For each=entries key=|entry: &Entry| entry.serial children=move |entry| post_item(entry, &here) />
            </ol>
            {later}
            <p class="sr-only" aria-live="polite">{announcement}</p>
        </section>
        {forms}
    }
}

/// The way on from a window that others follow.
fn later_pages(place: CasePlace, next: PostId) -> impl IntoView + use<> {
    view! {
        <nav class="pages" aria-label="Later comments">
            <a class="button" rel="next" href=routes::post(place, next)>"Later comments"</a>
            <a class="button" href=routes::thread(place)>"Latest comments"</a>
        </nav>
    }
}

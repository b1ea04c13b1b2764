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

use domain::Composer;
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
use crate::app::ui::{IconName, icon};

/// Starts with the [`Seed`] that the page provides as context and writes into itself.
#[island]
pub fn Conversation() -> impl IntoView {
    Seed::find().map(conversation)
}

fn conversation(seed: Seed) -> impl IntoView {
    let Seed { place, reader, thread, runs, composer, internal, audience, org } = seed;
    let can_write = composer.is_some();
    let room = Room::new(place, reader, org, Timeline::new(thread));
    let count = {
        let room = room.clone();
        move || room.timeline.with(|timeline| timeline.entries().len())
    };
    let (none, any) = (count.clone(), count.clone());
    let announcement = {
        let room = room.clone();
        live(move || room.announcement.get())
    };
    let entries = {
        let room = room.clone();
        move || room.timeline.with(|timeline| timeline.entries().to_vec())
    };
    let desk = |start: &Composer| Desk::new(&room, start, runs.clone());
    let desks = composer.iter().chain(&internal).map(desk).collect::<Vec<_>>();
    let forms = desks
        .iter()
        .zip([composer, internal].into_iter().flatten())
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
    view! {
        <section class="thread" aria-labelledby="thread-heading">
            <div class="thread-head">
                <h2 id="thread-heading">"Conversation"</h2>
                <span class="thread-count">{live(move || count().to_string())}</span>
                {link_note(&room)}
                {can_write.then(|| view! { <a class="thread-jump" href="#comment">"Write a comment"</a> })}
            </div>
            <div class="empty" hidden=live(move || none() > 0)>
                <span class="empty-icon">{icon(IconName::Comment)}</span>
                <h3>"No comments yet"</h3>
                <p>{invitation}</p>
            </div>
            <ol class="posts" aria-label="Conversation" hidden=live(move || any() == 0)>
                <For each=entries key=|entry: &Entry| entry.serial children=move |entry| post_item(entry, &here) />
            </ol>
            <p class="sr-only" aria-live="polite">{announcement}</p>
        </section>
        {forms}
    }
}

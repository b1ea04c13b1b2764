//! One post: who, when, about which run, what, and how far it has come.

use std::sync::Arc;

use domain::{PostState, ThreadPost, Visibility};
use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local, web_sys};

use super::{
    OrgLink, clock,
    desk::revise,
    room::Room,
    timeline::{Entry, Progress},
    told::{Told, live},
};
use crate::app::{
    islands::ask::retry_post,
    routes,
    ui::{IconName, icon},
};

pub(super) fn post_item(entry: Entry, room: &Room) -> impl IntoView + use<> {
    let Entry { post, progress, gap, .. } = entry;
    let earlier = gap.then(|| {
        view! {
            <a class="thread-earlier" rel="prev" href=routes::before(room.place, post.id)>"Earlier comments"</a>
        }
    });
    let class = match (post.visibility, post.reply_to.is_some()) {
        (Visibility::Public, false) => "post",
        (Visibility::Public, true) => "post post-reply",
        (Visibility::Internal, false) => "post post-internal",
        (Visibility::Internal, true) => "post post-internal post-reply",
    };
    let id = format!("post-{}", post.id);
    // With the window, which the post will have left one day.
    let link = routes::post(room.place, post.id);
    let label = format!("Post by {}", post.author);
    let avatar = if post.by_staff { "avatar avatar-staff" } else { "avatar" };
    let mine = post.mine.then(|| view! { <span class="post-you">"You"</span> });
    let staff = post.by_staff.then(|| view! { <span class="badge badge-accent">"Staff"</span> });
    let internal = (post.visibility == Visibility::Internal).then(|| {
        view! {
            <span class="badge badge-internal">
                {icon(IconName::Lock)}
                "Internal note"
            </span>
        }
    });
    let run = post.run_key.clone().map(|run| {
        view! {
            <p class="post-run">
                <span class="sr-only">"About the run "</span>
                {icon(IconName::Calendar)}
                <code>{run}</code>
            </p>
        }
    });
    let above = post.reply_to.filter(|_| post.answers.is_none());
    let above = above.map(|_| view! { <span class="sr-only">"Answers the post above"</span> });
    let answers = post.reply_to.zip(post.answers.clone()).map(|(parent, answered)| {
        view! {
            <p class="post-answers">
                "Answers " <a href=routes::post(room.place, parent)><bdi>{answered.author}</bdi></a> ": "
                <bdi>{answered.excerpt}</bdi>
            </p>
        }
    });
    let (clock, time) = (room.clone(), post.clone());
    let time_text = live(move || match clock.now.get() {
        Some(now) => clock::in_words(&time.created, now),
        None => time.created_text.clone(),
    });
    let (clock, time) = (room.clone(), post.clone());
    let exact = live(move || match clock.now.get() {
        Some(_) => clock::exact(&time.created),
        None => time.created_text.clone(),
    });
    view! {
        <li class=class>
            {earlier}
            <article id=id aria-label=label tabindex="-1">
                <header class="post-head">
                    <span class=avatar aria-hidden="true">{initials(&post.author)}</span>
                    <h3><bdi>{post.author.clone()}</bdi></h3>
                    {mine}
                    {staff}
                    {internal}
                    {above}
                    <a class="post-time" href=link>
                        <time datetime=post.created.clone() title=exact>{time_text}</time>
                    </a>
                </header>
                {run}
                {answers}
                <div class="post-body" dir="auto">{post.body.clone()}</div>
                {foot(post, progress, room)}
            </article>
        </li>
    }
}

/// The first letters of the first and the last word, in the case they are written; the style sheet makes them capitals.
fn initials(author: &str) -> String {
    let mut words = author.split([' ', '(']).filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).collect()
}

/// The state in words; for one's own failed post, what can be done.
fn foot(post: Arc<ThreadPost>, progress: Arc<Told<Progress>>, room: &Room) -> impl IntoView + use<> {
    let (shown, clock, created) = (Arc::clone(&progress), room.clone(), Arc::clone(&post));
    let chip = move || {
        // The clock is followed only while it says something.
        let on_its_way = || clock.beat.get().is_none_or(|now| clock::is_fresh(&created.created, now));
        let (class, mark, text) = shown.with(|progress| words(progress, clock.org, on_its_way))?;
        Some(view! {
            <p class=class>
                {icon(mark)}
                <span>{text}</span>
            </p>
        })
    };
    let actions = post.mine.then_some(post).map(|post| {
        let room = room.clone();
        move || {
            let failed = progress.with(|progress| matches!(progress, Progress::Stored(PostState::Failed { .. })));
            failed.then(|| failed_actions(&post, &progress, &room))
        }
    });
    view! { <footer class="post-foot">{chip} {actions}</footer> }
}

/// While Salesforce answers, a post that was written just now is on its way and not waiting.
fn words(
    progress: &Progress,
    org: OrgLink,
    on_its_way: impl FnOnce() -> bool,
) -> Option<(&'static str, IconName, String)> {
    const GOOD: &str = "state state-good";
    const WAIT: &str = "state state-wait";
    Some(match (progress, org) {
        (Progress::Sending, _) => (WAIT, IconName::Send, "Sending…".to_owned()),
        (Progress::Stored(PostState::Failed { reason }), _) => {
            ("state state-bad", IconName::Warning, format!("Failed: {reason}"))
        }
        (_, OrgLink::Absent) => return None,
        (Progress::Stored(PostState::Delivered), _) => (GOOD, IconName::Check, "In Salesforce".to_owned()),
        (Progress::Stored(PostState::Queued), OrgLink::Disconnected) => {
            (WAIT, IconName::Clock, "Queued – will be delivered when Salesforce is connected".to_owned())
        }
        (Progress::Stored(PostState::Queued), OrgLink::Up) if on_its_way() => {
            (WAIT, IconName::Send, "Sending…".to_owned())
        }
        (Progress::Stored(PostState::Queued), OrgLink::Up | OrgLink::Behind) => {
            (WAIT, IconName::Clock, "Queued – will be delivered when Salesforce is back".to_owned())
        }
    })
}

fn failed_actions(post: &ThreadPost, progress: &Arc<Told<Progress>>, room: &Room) -> impl IntoView + use<> {
    let (id, place, reader) = (post.id, room.place, room.reader.user);
    let case = place.case.map(|case| view! { <input type="hidden" name="case" value=case.to_string() /> });
    let (progress, here) = (Arc::clone(progress), room.clone());
    let retry = move |event: SubmitEvent| {
        event.prevent_default();
        let before = progress.peek(Progress::clone);
        if before == Progress::Sending {
            return;
        }
        progress.set(Progress::Sending);
        let (progress, room) = (Arc::clone(&progress), here.clone());
        spawn_local(async move {
            match retry_post(reader, id).await {
                Ok(post) => room.settle(post),
                Err(error) => {
                    progress.set(before);
                    room.announce(&error.message);
                }
            }
        });
    };
    let asleep = || {
        let room = room.clone();
        live(move || room.now.with(Option::is_none))
    };
    let (visibility, edited, copied, here) = (post.visibility, post.body.clone(), post.body.clone(), room.clone());
    // Where the composer is.
    let edit = room.from.is_none().then(|| {
        view! {
            <button
                type="button"
                class="button button-small"
                hidden=asleep()
                on:click=move |_| revise(visibility, &edited)
            >
                "Edit"
            </button>
        }
    });
    view! {
        <form method="post" action=routes::retry(id, reader) on:submit=retry>
            <input type="hidden" name="course" value=place.course.to_string() />
            {case}
            <button class="button button-small">"Retry"</button>
        </form>
        {edit}
        <button type="button" class="button button-small" hidden=asleep() on:click=move |_| copy(&copied, &here)>
            "Copy"
        </button>
    }
}

fn copy(text: &str, room: &Room) {
    let clipboard = web_sys::window().map(|window| window.navigator().clipboard());
    // Browsers offer the clipboard to pages that came over a secure connection.
    match clipboard.filter(|clipboard| !clipboard.is_undefined()) {
        Some(clipboard) => {
            let _ = clipboard.write_text(text);
            room.announce("Copied.");
        }
        None => room.announce("The browser does not allow copying here. Select the text instead."),
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        for (author, expected) in
            [("Alice Ames", "AA"), ("alice", "a"), ("Ada King Lovelace", "AL"), ("Éva (eva)", "Ée"), ("", "")]
        {
            assert_eq!(initials(author), expected, "{author:?}");
        }
    }
}

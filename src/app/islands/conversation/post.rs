//! One post: who, when, about which run, what, and how far it has come.

use domain::{PostState, ThreadPost, Visibility};
use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local, web_sys};

use super::{
    OrgLink, clock,
    room::Room,
    timeline::{Entry, Progress},
};
use crate::{
    app::{
        islands::ask::ask,
        routes,
        ui::{IconName, icon},
    },
    functions::threads::RetryPost,
};

pub(super) fn post_item(entry: Entry, room: Room) -> impl IntoView {
    let Entry { post, progress, .. } = entry;
    let class = match (post.visibility, post.reply_to.is_some()) {
        (Visibility::Public, false) => "post",
        (Visibility::Public, true) => "post post-reply",
        (Visibility::Internal, false) => "post post-internal",
        (Visibility::Internal, true) => "post post-internal post-reply",
    };
    let id = format!("post-{}", post.id);
    let link = format!("#{id}");
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
    let answers = post.reply_to.map(|_| view! { <span class="sr-only">"Answers the post above"</span> });
    let (time, title) = (post.clone(), post.clone());
    let time_text = move || match room.now.get() {
        Some(now) => clock::in_words(&time.created, now),
        None => time.created_text.clone(),
    };
    let exact = move || match room.now.get() {
        Some(_) => clock::exact(&title.created),
        None => title.created_text.clone(),
    };
    view! {
        <li class=class>
            <article id=id aria-label=label tabindex="-1">
                <header class="post-head">
                    <span class=avatar aria-hidden="true">{initials(&post.author)}</span>
                    <h3><bdi>{post.author.clone()}</bdi></h3>
                    {mine}
                    {staff}
                    {internal}
                    {answers}
                    <a class="post-time" href=link>
                        <time datetime=post.created.clone() title=exact>{time_text}</time>
                    </a>
                </header>
                {run}
                <div class="post-body" dir="auto">{post.body.clone()}</div>
                {foot(post.mine.then_some(post), progress, room)}
            </article>
        </li>
    }
}

/// The first letters of the first and the last word.
fn initials(author: &str) -> String {
    let mut words = author.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

/// The state in words; for one's own failed post, what can be done. `own` is None for what others wrote.
fn foot(own: Option<std::sync::Arc<ThreadPost>>, progress: ArcRwSignal<Progress>, room: Room) -> impl IntoView {
    let shown = progress.clone();
    let chip = move || {
        let (class, mark, text) = words(&shown.get(), room.org)?;
        Some(view! {
            <p class=class>
                {icon(mark)}
                <span>{text}</span>
            </p>
        })
    };
    let actions = own.map(|post| {
        let failed = progress.clone();
        move || {
            let failed = matches!(failed.get(), Progress::Stored(PostState::Failed { .. }));
            failed.then(|| failed_actions(&post, progress.clone(), room))
        }
    });
    view! { <footer class="post-foot">{chip} {actions}</footer> }
}

fn words(progress: &Progress, org: OrgLink) -> Option<(&'static str, IconName, String)> {
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
        (Progress::Stored(PostState::Queued), OrgLink::Up | OrgLink::Behind) => {
            (WAIT, IconName::Clock, "Queued – will be delivered when Salesforce is back".to_owned())
        }
    })
}

fn failed_actions(post: &ThreadPost, progress: ArcRwSignal<Progress>, room: Room) -> impl IntoView + use<> {
    let id = post.id;
    let retry = move |event: SubmitEvent| {
        event.prevent_default();
        let before = progress.get_untracked();
        if before == Progress::Sending {
            return;
        }
        progress.set(Progress::Sending);
        let progress = progress.clone();
        spawn_local(async move {
            match ask(&RetryPost { post: id }).await {
                Ok(post) => room.settle(post),
                Err(error) => {
                    progress.set(before);
                    room.announcement.set(error.message);
                }
            }
        });
    };
    let awake = move || room.now.with(Option::is_some);
    let (visibility, edited, copied) = (post.visibility, post.body.clone(), post.body.clone());
    view! {
        <form method="post" action=routes::retry(id) on:submit=retry>
            <input type="hidden" name="course" value=room.course.to_string() />
            <button class="button button-small">"Retry"</button>
        </form>
        <button
            type="button"
            class="button button-small"
            hidden=move || !awake()
            on:click=move |_| room.revision.set(Some((visibility, edited.clone())))
        >
            "Edit"
        </button>
        <button type="button" class="button button-small" hidden=move || !awake() on:click=move |_| copy(&copied, room)>
            "Copy"
        </button>
    }
}

fn copy(text: &str, room: Room) {
    let clipboard = web_sys::window().map(|window| window.navigator().clipboard());
    // Browsers offer the clipboard to pages that came over a secure connection.
    match clipboard.filter(|clipboard| !clipboard.is_undefined()) {
        Some(clipboard) => {
            let _ = clipboard.write_text(text);
            room.announcement.set("Copied.".to_owned());
        }
        None => room.announcement.set("The browser does not allow copying here. Select the text instead.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        for (author, expected) in [
            ("Alice Ames", "AA"),
            ("alice", "A"),
            ("Ada King Lovelace", "AL"),
            ("Éva (eva)", "ÉE"),
            ("", ""),
            ("—", ""),
        ] {
            assert_eq!(initials(author), expected, "{author:?}");
        }
    }
}

//! Following the thread: the server tells of new versions, the page fetches them. However long the link was cut, the page then equals a fresh load.

use std::{cell::Cell, cell::RefCell, rc::Rc, time::Duration};

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_bindgen::{JsCast, closure::Closure},
    web_sys::{EventSource, MessageEvent, VisibilityState},
};

use super::{
    room::{Link, Room},
    told::live,
};
use crate::{
    app::{
        islands::{ask::get_thread, parts},
        routes,
    },
    functions::{FailureKind, FunctionError},
};

/// Says when the page is not live, and nothing otherwise.
pub(super) fn link_note(room: &Room) -> impl IntoView + use<> {
    let (here, there) = (room.clone(), room.clone());
    let words = live(move || {
        let words = match here.link.get() {
            Link::Live => "",
            Link::Cut => "Offline – new comments show when the connection is back",
            Link::SignedOut => "You are signed out –",
        };
        words.to_owned()
    });
    let sign_in = move || {
        (there.link.get() == Link::SignedOut)
            .then(|| view! { <a href=routes::sign_in_for(there.place)>"sign in to see new comments"</a> })
    };
    view! { <p class="thread-link" role="status">{words} " " {sign_in}</p> }
}

/// Follows the thread for as long as the page lives.
pub(super) fn watch(room: &Room) {
    let watcher = Rc::new(Watcher {
        room: room.clone(),
        source: RefCell::new(None),
        patience: Cell::new(FIRST_WAIT),
        reopening: Cell::new(false),
        looking: Cell::new(false),
        fetch: Cell::new(Fetch::Idle),
    });
    Watcher::open(&watcher);
    for event in ["visibilitychange", "online", "pageshow"] {
        let watcher = Rc::clone(&watcher);
        window_event_listener_untyped(event, move |_| {
            if document().visibility_state() == VisibilityState::Visible {
                Watcher::fetch(&watcher);
                Watcher::open_if_closed(&watcher);
            }
        });
    }
}

const FIRST_WAIT: Duration = Duration::from_secs(2);
const LOOK_AFTER: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fetch {
    Idle,
    Running,
    /// Something changed while the thread was on its way: fetch once more.
    Again,
}

struct Watcher {
    room: Room,
    source: RefCell<Option<EventSource>>,
    patience: Cell<Duration>,
    reopening: Cell<bool>,
    looking: Cell<bool>,
    fetch: Cell<Fetch>,
}

impl Watcher {
    fn open(this: &Rc<Self>) {
        let Ok(source) = EventSource::new(&routes::events(this.room.place, this.room.reader.user)) else { return };
        let watcher = Rc::clone(this);
        let on_version = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            watcher.patience.set(FIRST_WAIT);
            watcher.room.link.set(Link::Live);
            let told = event.data().as_string().and_then(|data| data.parse::<i64>().ok());
            let known = watcher.room.timeline.peek(super::Timeline::version);
            if told.is_none_or(|told| told > known) {
                Self::fetch(&watcher);
            }
        });
        let watcher = Rc::clone(this);
        let on_error = Closure::<dyn Fn()>::new(move || {
            Self::look_soon(&watcher);
            // The browser opens a cut stream again by itself, but gives up on one that was refused.
            Self::reopen_if_closed(&watcher);
        });
        let listening = source.add_event_listener_with_callback("version", on_version.as_ref().unchecked_ref()).is_ok();
        source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        // They live as long as the page does.
        on_version.forget();
        on_error.forget();
        if listening {
            this.source.replace(Some(source));
        }
    }

    fn is_closed(&self) -> bool {
        self.source.borrow().as_ref().is_none_or(|source| source.ready_state() == EventSource::CLOSED)
    }

    fn open_if_closed(this: &Rc<Self>) {
        if this.is_closed() {
            Self::open(this);
        }
    }

    fn reopen_if_closed(this: &Rc<Self>) {
        if !this.is_closed() || this.reopening.replace(true) {
            return;
        }
        let wait = this.patience.get();
        this.patience.set((wait * 2).min(LONGEST_WAIT));
        let watcher = Rc::clone(this);
        // Fails only where there is no window; then there is nothing to reopen for.
        let _ = set_timeout(
            move || {
                watcher.reopening.set(false);
                Self::open_if_closed(&watcher);
            },
            wait,
        );
    }

    /// Tells a session that ended from a portal that is away. Not at once: a page that is being left has its stream cut too, and
    /// has nothing to ask any more.
    fn look_soon(this: &Rc<Self>) {
        if this.looking.replace(true) {
            return;
        }
        let watcher = Rc::clone(this);
        // Fails only where there is no window.
        let _ = set_timeout(
            move || {
                watcher.looking.set(false);
                Self::fetch(&watcher);
            },
            LOOK_AFTER,
        );
    }

    fn fetch(this: &Rc<Self>) {
        if this.fetch.get() != Fetch::Idle {
            this.fetch.set(Fetch::Again);
            return;
        }
        this.fetch.set(Fetch::Running);
        let watcher = Rc::clone(this);
        spawn_local(async move {
            loop {
                watcher.take(get_thread(watcher.room.reader.user, watcher.room.place, watcher.room.from).await);
                if watcher.fetch.replace(Fetch::Running) != Fetch::Again {
                    break;
                }
            }
            watcher.fetch.set(Fetch::Idle);
        });
    }

    fn take(&self, answer: Result<domain::Thread, FunctionError>) {
        let room = &self.room;
        match answer {
            Ok(thread) => {
                room.link.set(if self.is_closed() { Link::Cut } else { Link::Live });
                parts::refresh();
                if let Some(words) = announced(&room.take(thread).authors) {
                    room.announcement.set(words);
                }
            }
            Err(error) => room.link.set(match error.kind {
                FailureKind::SignedOut => Link::SignedOut,
                _ => Link::Cut,
            }),
        }
    }
}

fn announced(authors: &[String]) -> Option<String> {
    match authors {
        [] => None,
        [author] => Some(format!("New comment from {author}")),
        several => Some(format!("{} new comments", several.len())),
    }
}

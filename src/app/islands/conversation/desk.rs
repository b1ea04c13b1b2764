//! The state behind a composer: its draft, its key, and what became of the last try.
//!
//! The text itself lives in the textarea, so that what was typed before the island woke counts.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{CommentBody, Composer, CourseRunId, FeedText, PostKey, PostState, RunOption, ThreadPost, Visibility};
use leptos::{
    ev::KeyboardEvent,
    leptos_dom::helpers::TimeoutHandle,
    prelude::{document, set_timeout, window, window_event_listener_untyped},
    task::spawn_local,
    wasm_bindgen::JsCast,
    web_sys::{
        Event, EventInit, FormData, HtmlDetailsElement, HtmlFormElement, HtmlSelectElement, HtmlTextAreaElement,
        js_sys::Date,
    },
};

use super::{
    draft::{Draft, Shelf, new_key},
    room::{Link, Room},
    told::Told,
};
use crate::{
    app::{
        islands::ask::{Written, post_comment, save_draft},
        routes,
    },
    functions::{FailureKind, FunctionError},
};

/// How long after the last key a draft goes to the server.
const SAVE_AFTER: Duration = Duration::from_millis(500);

/// The DOM ids within one composer.
pub(super) struct Ids {
    pub(super) form: &'static str,
    pub(super) heading: &'static str,
    pub(super) body: &'static str,
    pub(super) run: &'static str,
    pub(super) audience: &'static str,
    pub(super) count: &'static str,
    pub(super) error: &'static str,
    /// What describes the textarea.
    pub(super) described: &'static str,
    /// Around the form, where there is one.
    pub(super) details: &'static str,
}

impl Ids {
    const COMMENT: Self = Self {
        form: "comment",
        heading: "comment-heading",
        body: "comment-body",
        run: "comment-run",
        audience: "comment-audience",
        count: "comment-count",
        error: "comment-error",
        described: "comment-audience comment-count comment-error",
        details: "comment-details",
    };
    const NOTE: Self = Self {
        form: "note",
        heading: "note-heading",
        body: "note-body",
        run: "note-run",
        audience: "note-audience",
        count: "note-count",
        error: "note-error",
        described: "note-audience note-count note-error",
        details: "note-details",
    };

    pub(super) const fn of(visibility: Visibility) -> &'static Self {
        match visibility {
            Visibility::Public => &Self::COMMENT,
            Visibility::Internal => &Self::NOTE,
        }
    }
}

fn element<T: JsCast>(id: &str) -> Option<T> {
    document().get_element_by_id(id).map(JsCast::unchecked_into)
}

/// What a composer shows of its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) key: PostKey,
    pub(super) count: usize,
    /// How many characters fit, given the run that is chosen.
    pub(super) max: usize,
    pub(super) sending: bool,
    pub(super) trouble: Option<Trouble>,
}

/// Why the last try went wrong, in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) message: String,
    pub(super) signed_out: bool,
}

impl From<FunctionError> for Trouble {
    fn from(error: FunctionError) -> Self {
        Self { signed_out: error.kind == FailureKind::SignedOut, message: error.message }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Saving {
    Idle,
    Running,
    /// The content changed while it was on its way to the server.
    Again,
}

/// The draft's way to the server.
struct Post {
    saving: Saving,
    timer: Option<TimeoutHandle>,
}

/// A handle; a clone is another handle on the same composer.
#[derive(Clone)]
pub(super) struct Desk(Arc<State>);

pub(super) struct State {
    pub(super) room: Room,
    pub(super) visibility: Visibility,
    /// How many characters fit where no run is chosen.
    max_chars: usize,
    pub(super) shown: Told<Shown>,
    ids: &'static Ids,
    runs: Vec<RunOption>,
    shelf: Shelf,
    post: Mutex<Post>,
}

impl Deref for Desk {
    type Target = State;
    fn deref(&self) -> &State {
        &self.0
    }
}

impl Desk {
    pub(super) fn new(room: &Room, start: &Composer, runs: Vec<RunOption>) -> Self {
        let trouble = start.error.clone().map(|message| Trouble { message, signed_out: false });
        Self(Arc::new(State {
            room: room.clone(),
            visibility: start.visibility,
            max_chars: start.max_chars,
            shown: Told::new(Shown {
                key: start.key,
                count: start.body.chars().count(),
                max: room_beside(start.max_chars, start.run, &runs),
                sending: false,
                trouble,
            }),
            ids: Ids::of(start.visibility),
            runs,
            shelf: Shelf::new(room.reader.user, room.place, start.visibility),
            post: Mutex::new(Post { saving: Saving::Idle, timer: None }),
        }))
    }

    /// Text typed before now wins, then what this browser kept; else what the server sent stands.
    pub(super) fn wake(&self) {
        if let Some(body) = element::<HtmlTextAreaElement>(self.ids.body) {
            if body.default_value().is_ok_and(|sent| sent != body.value()) {
                self.typed();
            } else if let Some(draft) = self.shelf.kept() {
                self.fill(&draft.body);
                self.shown.update(|shown| shown.key = draft.key);
                if let Some(select) = element::<HtmlSelectElement>(self.ids.run) {
                    select.set_value(&draft.run.map(|run| run.to_string()).unwrap_or_default());
                }
                self.typed();
            }
        }
        // A tab that is closed has no time for an ordinary request.
        let desk = self.clone();
        window_event_listener_untyped("pagehide", move |_| desk.save_while_leaving());
    }

    fn fill(&self, text: &str) {
        if let Some(body) = element::<HtmlTextAreaElement>(self.ids.body) {
            body.set_value(text);
        }
        if !text.is_empty() {
            open(self.ids);
        }
    }

    fn draft(&self) -> Draft {
        Draft {
            key: self.shown.peek(|shown| shown.key),
            run: element::<HtmlSelectElement>(self.ids.run).and_then(|select| select.value().parse().ok()),
            body: element::<HtmlTextAreaElement>(self.ids.body).map(|body| body.value()).unwrap_or_default(),
        }
    }

    fn written(&self, Draft { key, run, body }: Draft) -> Written {
        Written { reader: self.room.reader.user, place: self.room.place, key, body, visibility: self.visibility, run }
    }

    fn with_post<R>(&self, act: impl FnOnce(&mut Post) -> R) -> R {
        act(&mut self.post.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn typed(&self) {
        let draft = self.draft();
        self.shown.update(|shown| {
            shown.count = draft.body.chars().count();
            shown.max = room_beside(self.max_chars, draft.run, &self.runs);
        });
        self.shelf.keep(&draft);
        self.stop_timer();
        let desk = self.clone();
        let timer = set_timeout(move || desk.save(), SAVE_AFTER).ok();
        self.with_post(|post| post.timer = timer);
    }

    /// Whether a save was about to happen.
    fn stop_timer(&self) -> bool {
        let timer = self.with_post(|post| post.timer.take());
        timer.map(|timer| timer.clear()).is_some()
    }

    pub(super) fn key_down(&self, event: &KeyboardEvent) {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            self.submit();
        }
    }

    /// One at a time, so that an older text never overtakes a newer one.
    fn save(&self) {
        let busy = self.with_post(|post| {
            post.timer = None;
            let busy = post.saving != Saving::Idle;
            post.saving = if busy { Saving::Again } else { Saving::Running };
            busy
        });
        if busy {
            return;
        }
        let desk = self.clone();
        spawn_local(async move {
            loop {
                let draft = desk.draft();
                let answer = save_draft(desk.written(draft.clone())).await;
                if desk.with_post(|post| std::mem::replace(&mut post.saving, Saving::Running)) == Saving::Again {
                    continue;
                }
                match answer {
                    Ok(()) if desk.draft() == draft => desk.shelf.forget(),
                    Err(error) if error.kind == FailureKind::SignedOut => desk.room.link.set(Link::SignedOut),
                    // Kept in this browser; the next key or the next visit tries again.
                    _ => {}
                }
                break;
            }
            desk.with_post(|post| post.saving = Saving::Idle);
        });
    }

    fn save_while_leaving(&self) {
        if self.stop_timer()
            && let Some(form) = element::<HtmlFormElement>(self.ids.form)
            && let Ok(data) = FormData::new_with_form(&form)
        {
            let address = routes::draft(self.room.place, self.room.reader.user);
            let _ = window().navigator().send_beacon_with_opt_form_data(&address, Some(&data));
        }
    }

    /// Why the text can't be sent, if it can't; the server checks the same again.
    fn refusal(&self, draft: &Draft) -> Option<String> {
        if let Err(invalid) = CommentBody::new(&draft.body) {
            return Some(invalid.0);
        }
        let max = room_beside(self.max_chars, draft.run, &self.runs);
        let over = draft.body.chars().count().saturating_sub(max);
        (over > 0).then(|| {
            let characters = if over == 1 { "character" } else { "characters" };
            format!("The comment is {over} {characters} too long. Shorten it, or post it in parts.")
        })
    }

    pub(super) fn submit(&self) {
        if self.shown.peek(|shown| shown.sending) {
            return;
        }
        let draft = self.draft();
        if let Some(message) = self.refusal(&draft) {
            self.shown.update(|shown| shown.trouble = Some(Trouble { message, signed_out: false }));
            return;
        }
        self.stop_timer();
        self.shown.update(|shown| {
            shown.sending = true;
            shown.trouble = None;
        });
        self.room.timeline.update(|timeline| timeline.add_sending(self.sketch(&draft)));
        let (desk, key) = (self.clone(), draft.key);
        let written = self.written(draft);
        spawn_local(async move {
            match post_comment(written).await {
                Ok(post) => {
                    desk.room.settle(post);
                    desk.clear();
                }
                Err(error) => {
                    desk.room.timeline.update(|timeline| timeline.withdraw(key));
                    desk.shown.update(|shown| {
                        shown.sending = false;
                        // The key belongs to another text; this one is posted under its own.
                        if error.kind == FailureKind::Conflict {
                            shown.key = new_key();
                        }
                        shown.trouble = Some(error.into());
                    });
                    // Posting stopped the draft's own way to the server.
                    desk.typed();
                }
            }
        });
    }

    /// The post as it will look, until the server's answer takes its place.
    fn sketch(&self, draft: &Draft) -> ThreadPost {
        let run_key = self.runs.iter().find(|run| Some(run.id) == draft.run).map(|run| run.key.clone());
        ThreadPost {
            id: draft.key.as_uuid().into(),
            key: Some(draft.key),
            author: self.room.reader.name.clone(),
            by_staff: self.room.reader.by_staff,
            mine: true,
            visibility: self.visibility,
            body: draft.body.clone(),
            run_key,
            created: Date::new_0().to_iso_string().into(),
            created_text: "just now".to_owned(),
            reply_to: None,
            answers: None,
            state: PostState::Queued,
        }
    }

    /// An empty composer with a key of its own, once its text is a post.
    fn clear(&self) {
        self.shelf.forget();
        self.fill("");
        self.shown.update(|shown| {
            *shown = Shown { key: new_key(), count: 0, max: shown.max, sending: false, trouble: None };
        });
        self.room.announce(match self.visibility {
            Visibility::Public => "Your comment is posted.",
            Visibility::Internal => "Your internal note is added.",
        });
        // A save that is still on its way would bring the draft back after the post took it away.
        self.with_post(|post| {
            if post.saving != Saving::Idle {
                post.saving = Saving::Again;
            }
        });
    }
}

/// How much of the room for a comment is left beside the name of a run.
fn room_beside(max_chars: usize, run: Option<CourseRunId>, runs: &[RunOption]) -> usize {
    let run = runs.iter().find(|option| Some(option.id) == run);
    max_chars.saturating_sub(run.map_or(0, |run| FeedText::chars_of_run(&run.key)))
}

/// Opens what the form is folded into, if it is.
fn open(ids: &Ids) {
    if let Some(details) = element::<HtmlDetailsElement>(ids.details) {
        details.set_open(true);
    }
}

/// Puts a failed post's text into the composer of its kind, beneath what is there.
pub(super) fn revise(visibility: Visibility, text: &str) {
    let ids = Ids::of(visibility);
    let Some(body) = element::<HtmlTextAreaElement>(ids.body) else { return };
    let there = body.value();
    body.set_value(&if there.trim().is_empty() { text.to_owned() } else { format!("{there}\n\n{text}") });
    open(ids);
    let _ = body.focus();
    // To the composer this is typing like any other.
    let init = EventInit::new();
    init.set_bubbles(true);
    if let Ok(event) = Event::new_with_event_init_dict("input", &init) {
        let _ = body.dispatch_event(&event);
    }
}

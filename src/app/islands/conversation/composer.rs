//! Writing: to everybody on the course, or, for staff, to staff alone. The two never look or read alike.

use std::time::Duration;

use domain::{CommentBody, Composer, PostKey, PostState, RunOption, ThreadPost, Visibility};
use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    html::{Form, Select, Textarea},
    leptos_dom::helpers::TimeoutHandle,
    prelude::*,
    task::spawn_local,
    web_sys::{FormData, js_sys::Date},
};

use super::{
    draft::{Draft, Shelf, new_key},
    live::Link,
    room::Room,
};
use crate::{
    app::{
        islands::ask::ask,
        routes,
        ui::{IconName, icon},
    },
    functions::{FailureKind, FunctionError, drafts::SaveDraft, threads::PostComment},
};

/// How long after the last key a draft goes to the server.
const SAVE_AFTER: Duration = Duration::from_millis(500);

/// The DOM ids within one composer.
struct Ids {
    form: &'static str,
    heading: &'static str,
    body: &'static str,
    run: &'static str,
    audience: &'static str,
    count: &'static str,
    error: &'static str,
    /// What describes the textarea.
    described: &'static str,
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
    };
}

/// How one kind of composer looks and reads.
struct Wording {
    ids: &'static Ids,
    class: &'static str,
    icon: IconName,
    heading: &'static str,
    label: &'static str,
    audience: String,
    submit: String,
    submit_class: &'static str,
}

impl Wording {
    fn new(visibility: Visibility, audience: &str) -> Self {
        match visibility {
            Visibility::Public => Self {
                ids: &Ids::COMMENT,
                class: "composer",
                icon: IconName::Comment,
                heading: "Comment",
                label: "Your comment",
                audience: format!("{audience} will see this."),
                submit: format!("Post to {}", lower_first(audience)),
                submit_class: "button button-primary",
            },
            Visibility::Internal => Self {
                ids: &Ids::NOTE,
                class: "composer composer-internal",
                icon: IconName::Lock,
                heading: "Internal note",
                label: "Your internal note",
                audience: format!("Only staff will see this. {} will not.", without_staff(audience)),
                submit: "Add internal note".to_owned(),
                submit_class: "button button-internal",
            },
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().into_iter().flat_map(char::to_lowercase).chain(chars).collect()
}

/// "Partners of MITx and staff" → "Partners of MITx".
fn without_staff(audience: &str) -> &str {
    audience.strip_suffix(" and staff").unwrap_or("Partners")
}

pub(super) fn composer_form(
    room: Room,
    start: Composer,
    runs: Vec<RunOption>,
    audience: &str,
) -> impl IntoView + use<> {
    let visibility = start.visibility;
    let wording = Wording::new(visibility, audience);
    let desk = Desk::new(room, &start, runs.clone());
    desk.wake();
    let ids = wording.ids;
    let heading = view! {
        <h2 class="composer-heading" id=ids.heading>
            {icon(wording.icon)}
            {wording.heading}
        </h2>
    };
    let (heading_here, heading_above) = match visibility {
        Visibility::Public => (Some(heading), None),
        Visibility::Internal => (None, Some(heading)),
    };
    let failed = start.error.is_some();
    let max = start.max_chars;
    let chosen = start.run;
    let options = runs
        .into_iter()
        .map(|run| view! { <option value=run.id.to_string() selected=chosen == Some(run.id)>{run.label}</option> })
        .collect::<Vec<_>>();
    let count = move || {
        let count = desk.count.get();
        match count.checked_sub(max).filter(|over| *over > 0) {
            None => format!("{count} / {max}"),
            Some(over) => format!("{count} / {max} – {over} too many"),
        }
    };
    let over = move || desk.count.get() > max;
    let error = move || {
        desk.trouble.get().map(|trouble| {
            let sign_in = trouble.signed_out.then(|| {
                view! { " " <a href=routes::sign_in_for(room.course)>"Sign in"</a> }
            });
            view! {
                {icon(IconName::Warning)}
                <span>{trouble.message} {sign_in}</span>
            }
        })
    };
    let form = view! {
        <form
            id=ids.form
            class=wording.class
            method="post"
            action=routes::comments(room.course)
            aria-labelledby=ids.heading
            node_ref=desk.form
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                desk.submit();
            }
        >
            {heading_here}
            <input type="hidden" name="key" value=move || desk.key.get().to_string() />
            <input type="hidden" name="visibility" value=visibility.name() />
            <div class="field">
                <label for=ids.body>{wording.label}</label>
                // HTML drops the first line break inside a textarea; this one is there to be dropped.
                <textarea
                    class="input textarea"
                    id=ids.body
                    name="body"
                    rows="4"
                    dir="auto"
                    autocomplete="off"
                    autofocus=failed
                    aria-describedby=ids.described
                    aria-invalid=move || desk.trouble.with(Option::is_some).then_some("true")
                    node_ref=desk.body
                    readonly=move || desk.sending.get()
                    on:input=move |_| desk.typed()
                    on:keydown=move |event: KeyboardEvent| desk.key_down(&event)
                >
                    {format!("\n{}", start.body)}
                </textarea>
            </div>
            <p class="field-error" role="alert" id=ids.error>{error}</p>
            <div class="composer-row">
                <div class="field field-inline">
                    <label for=ids.run>"Course run"</label>
                    <select class="input select" id=ids.run name="run" node_ref=desk.run on:change=move |_| desk.typed()>
                        <option value="">"No course run"</option>
                        {options}
                    </select>
                </div>
                <p class="composer-count" id=ids.count class:composer-over=over>{count}</p>
            </div>
            <div class="composer-row">
                <p class="composer-audience" id=ids.audience>
                    {icon(match visibility { Visibility::Public => IconName::Eye, Visibility::Internal => IconName::Lock })}
                    <span>{wording.audience}</span>
                </p>
                <button class=wording.submit_class aria-disabled=move || desk.sending.get().then_some("true")>
                    {move || if desk.sending.get() { "Sending…".to_owned() } else { wording.submit.clone() }}
                </button>
            </div>
        </form>
    };
    let open = failed || !start.body.is_empty();
    match visibility {
        Visibility::Public => form.into_any(),
        Visibility::Internal => view! {
            <details class="internal-details" open=open node_ref=desk.details>
                <summary>{heading_above}</summary>
                {form}
            </details>
        }
        .into_any(),
    }
}

/// Why the last try went wrong, in place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Trouble {
    message: String,
    signed_out: bool,
}

impl From<FunctionError> for Trouble {
    fn from(error: FunctionError) -> Self {
        Self { signed_out: error.kind == FailureKind::SignedOut, message: error.message }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Saving {
    Idle,
    Running,
    /// The content changed while it was on its way to the server.
    Again,
}

/// A composer's state; copying it copies the handle. The text itself lives in the textarea, so that what is typed before the island wakes counts.
#[derive(Clone, Copy)]
struct Desk {
    room: Room,
    visibility: Visibility,
    max_chars: usize,
    shelf: StoredValue<Shelf>,
    runs: StoredValue<Vec<RunOption>>,
    form: NodeRef<Form>,
    body: NodeRef<Textarea>,
    run: NodeRef<Select>,
    details: NodeRef<leptos::html::Details>,
    key: RwSignal<PostKey>,
    count: RwSignal<usize>,
    sending: RwSignal<bool>,
    trouble: RwSignal<Option<Trouble>>,
    saving: StoredValue<Saving>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Desk {
    fn new(room: Room, start: &Composer, runs: Vec<RunOption>) -> Self {
        let user = room.reader.with_value(|reader| reader.user);
        let error = start.error.clone();
        Self {
            room,
            visibility: start.visibility,
            max_chars: start.max_chars,
            shelf: StoredValue::new(Shelf::new(user, room.course, start.visibility)),
            runs: StoredValue::new(runs),
            form: NodeRef::new(),
            body: NodeRef::new(),
            run: NodeRef::new(),
            details: NodeRef::new(),
            key: RwSignal::new(start.key),
            count: RwSignal::new(start.body.chars().count()),
            sending: RwSignal::new(false),
            trouble: RwSignal::new(error.map(|message| Trouble { message, signed_out: false })),
            saving: StoredValue::new(Saving::Idle),
            timer: StoredValue::new(None),
        }
    }

    /// Effects run in the browser only.
    fn wake(self) {
        Effect::new(move |_| {
            self.restore();
            // A tab that is closed has no time for an ordinary request.
            window_event_listener_untyped("pagehide", move |_| self.save_while_leaving());
        });
        Effect::new(move |_| {
            if let Some((visibility, text)) = self.room.revision.get()
                && visibility == self.visibility
            {
                self.room.revision.set(None);
                self.revise(&text);
            }
        });
    }

    /// Text typed before now wins, then what this browser kept; else what the server sent stands.
    fn restore(self) {
        let Some(body) = self.body.get_untracked() else { return };
        if body.default_value().is_ok_and(|sent| sent != body.value()) {
            self.typed();
        } else if let Some(draft) = self.shelf.with_value(Shelf::kept) {
            self.fill(&draft.body);
            self.key.set(draft.key);
            if let Some(select) = self.run.get_untracked() {
                select.set_value(&draft.run.map(|run| run.to_string()).unwrap_or_default());
            }
            self.typed();
        }
    }

    /// Puts a failed post's text beneath what is there.
    fn revise(self, text: &str) {
        let draft = self.draft();
        let body = if draft.body.trim().is_empty() { text.to_owned() } else { format!("{}\n\n{text}", draft.body) };
        self.fill(&body);
        self.typed();
        if let Some(body) = self.body.get_untracked() {
            let _ = body.focus();
        }
    }

    fn fill(self, text: &str) {
        if let Some(body) = self.body.get_untracked() {
            body.set_value(text);
        }
        if !text.is_empty()
            && let Some(details) = self.details.get_untracked()
        {
            details.set_open(true);
        }
    }

    fn draft(self) -> Draft {
        Draft {
            key: self.key.get_untracked(),
            run: self.run.get_untracked().and_then(|select| select.value().parse().ok()),
            body: self.body.get_untracked().map(|body| body.value()).unwrap_or_default(),
        }
    }

    fn typed(self) {
        let draft = self.draft();
        self.count.set(draft.body.chars().count());
        self.shelf.with_value(|shelf| shelf.keep(&draft));
        self.stop_timer();
        self.timer.set_value(set_timeout(move || self.save(), SAVE_AFTER).ok());
    }

    fn stop_timer(self) -> bool {
        let timer = self.timer.try_update_value(Option::take).flatten();
        timer.map(|timer| timer.clear()).is_some()
    }

    fn key_down(self, event: &KeyboardEvent) {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            self.submit();
        }
    }

    /// One at a time, so that an older text never overtakes a newer one.
    fn save(self) {
        self.timer.set_value(None);
        if self.saving.get_value() != Saving::Idle {
            self.saving.set_value(Saving::Again);
            return;
        }
        self.saving.set_value(Saving::Running);
        spawn_local(async move {
            loop {
                let Draft { key, run, body } = self.draft();
                let answer = ask(&SaveDraft {
                    course: self.room.course,
                    key,
                    body: body.clone(),
                    visibility: self.visibility,
                    run,
                })
                .await;
                if self.saving.try_update_value(|saving| std::mem::replace(saving, Saving::Running))
                    == Some(Saving::Again)
                {
                    continue;
                }
                match answer {
                    Ok(()) if self.draft() == (Draft { key, run, body }) => self.shelf.with_value(Shelf::forget),
                    Err(error) if error.kind == FailureKind::SignedOut => self.room.link.set(Link::SignedOut),
                    // Kept in this browser; the next key or the next visit tries again.
                    _ => {}
                }
                break;
            }
            self.saving.set_value(Saving::Idle);
        });
    }

    fn save_while_leaving(self) {
        if self.stop_timer()
            && let Some(form) = self.form.get_untracked()
            && let Ok(data) = FormData::new_with_form(&form)
        {
            let address = format!("{}/draft", routes::course(self.room.course));
            let _ = window().navigator().send_beacon_with_opt_form_data(&address, Some(&data));
        }
    }

    /// Why the text can't be sent, if it can't; the server checks the same again.
    fn refusal(self, body: &str) -> Option<String> {
        if let Err(invalid) = CommentBody::new(body) {
            return Some(invalid.0);
        }
        let over = body.chars().count().saturating_sub(self.max_chars);
        (over > 0).then(|| {
            let characters = if over == 1 { "character" } else { "characters" };
            format!("The comment is {over} {characters} too long. Shorten it, or post it in parts.")
        })
    }

    fn submit(self) {
        if self.sending.get_untracked() {
            return;
        }
        let draft = self.draft();
        if let Some(message) = self.refusal(&draft.body) {
            self.trouble.set(Some(Trouble { message, signed_out: false }));
            return;
        }
        self.stop_timer();
        self.sending.set(true);
        self.trouble.set(None);
        self.room.timeline.update(|timeline| timeline.add_sending(self.sketch(&draft)));
        spawn_local(async move {
            let Draft { key, run, body } = draft;
            match ask(&PostComment { course: self.room.course, key, body, visibility: self.visibility, run }).await {
                Ok(post) => {
                    self.room.settle(post);
                    self.clear();
                }
                Err(error) => {
                    self.room.timeline.update(|timeline| timeline.withdraw(key));
                    if error.kind == FailureKind::Conflict {
                        self.key.set(new_key());
                    }
                    self.trouble.set(Some(error.into()));
                }
            }
            self.sending.set(false);
        });
    }

    /// The post as it will look, until the server's answer takes its place.
    fn sketch(self, draft: &Draft) -> ThreadPost {
        let reader = self.room.reader.get_value();
        let run_key =
            self.runs.with_value(|runs| runs.iter().find(|run| Some(run.id) == draft.run).map(|run| run.key.clone()));
        ThreadPost {
            id: draft.key.as_uuid().into(),
            key: Some(draft.key),
            author: reader.name,
            by_staff: reader.by_staff,
            mine: true,
            visibility: self.visibility,
            body: draft.body.clone(),
            run_key,
            created: Date::new_0().to_iso_string().into(),
            created_text: "just now".to_owned(),
            reply_to: None,
            state: PostState::Queued,
        }
    }

    /// An empty composer with a key of its own, once its text is a post.
    fn clear(self) {
        self.shelf.with_value(Shelf::forget);
        self.key.set(new_key());
        self.fill("");
        self.count.set(0);
        self.room.announcement.set(match self.visibility {
            Visibility::Public => "Your comment is posted.".to_owned(),
            Visibility::Internal => "Your internal note is added.".to_owned(),
        });
        // A save that is still on its way would bring the draft back after the post took it away.
        if self.saving.get_value() != Saving::Idle {
            self.saving.set_value(Saving::Again);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{lower_first, without_staff};

    #[test]
    fn the_audience_is_named_in_both_composers() {
        assert_eq!(lower_first("Partners of MITx and staff"), "partners of MITx and staff");
        assert_eq!(without_staff("Partners of MITx and staff"), "Partners of MITx");
        assert_eq!(without_staff("Staff"), "Partners");
    }
}

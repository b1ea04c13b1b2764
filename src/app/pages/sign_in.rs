//! Signing in, and the same page for somebody whose session ended with a comment half written.

use domain::{CaseId, CourseId, CourseRunId, Visibility};
use leptos::prelude::*;

use crate::app::{
    Frame, routes,
    shell::{Head, Place, Scripts, document},
    ui::{IconName, icon, logo},
};

/// What the form starts with.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    pub email: String,
    /// A local path to go to afterwards.
    pub next: Option<String>,
    /// Why the last try failed.
    pub error: Option<String>,
    pub pending: Option<PendingComment>,
}

/// A comment that arrived without a session. It travels through the form, and becomes a draft after signing in.
#[derive(Clone, Debug)]
pub struct PendingComment {
    pub course: CourseId,
    pub case: PendingCase,
    pub key: String,
    pub body: String,
    pub visibility: Visibility,
    pub run: Option<CourseRunId>,
}

/// Which case of the course it was written for.
#[derive(Clone, Debug)]
pub enum PendingCase {
    Default,
    Known(CaseId),
    /// One that was to be opened, with this subject.
    New(String),
}

impl PendingCase {
    /// As the form sends it.
    pub const NEW: &str = "new";
}

pub fn sign_in(frame: &Frame, form: SignIn) -> String {
    let title = if form.pending.is_some() { "You are signed out" } else { "Sign in" };
    document(frame, &Head { title, place: Place::Elsewhere, scripts: Scripts::None }, move || page(title, form))
}

fn page(title: &'static str, form: SignIn) -> impl IntoView {
    let SignIn { email, next, error, pending } = form;
    let failed = error.is_some();
    let lead = if pending.is_some() {
        "Your text is kept. Sign in and it is back in the composer, ready to post."
    } else {
        "Talk about the cases of your courses with the people who work on them."
    };
    let error = error.map(|error| {
        view! {
            <p class="notice notice-bad" role="alert" id="sign-in-error">
                {icon(IconName::Warning)}
                <span>{error}</span>
            </p>
        }
    });
    let next = next.map(|next| view! { <input type="hidden" name="next" value=next /> });
    let described = failed.then_some("sign-in-error");
    view! {
        <div class="sign-in">
            <div class="sign-in-head">
                {logo()}
                <h1>{title}</h1>
                <p>{lead}</p>
            </div>
            <form class="panel stack" method="post" action=routes::SIGN_IN>
                {error}
                <div class="field">
                    <label for="email">"Email"</label>
                    <input
                        class="input"
                        id="email"
                        name="email"
                        type="email"
                        autocomplete="username"
                        autocapitalize="none"
                        spellcheck="false"
                        required
                        value=email
                        autofocus=!failed
                        aria-describedby=described
                    />
                </div>
                <div class="field">
                    <label for="password">"Password"</label>
                    <input
                        class="input"
                        id="password"
                        name="password"
                        type="password"
                        autocomplete="current-password"
                        required
                        autofocus=failed
                        aria-describedby=described
                    />
                </div>
                {next}
                {pending.map(kept_text)}
                <button class="button button-primary button-wide">"Sign in"</button>
            </form>
        </div>
    }
}

fn kept_text(comment: PendingComment) -> impl IntoView {
    let label = match comment.visibility {
        Visibility::Public => "Your comment",
        Visibility::Internal => "Your internal note",
    };
    let (case, subject) = match comment.case {
        PendingCase::Default => (String::new(), None),
        PendingCase::Known(case) => (case.to_string(), None),
        PendingCase::New(subject) => (PendingCase::NEW.to_owned(), Some(subject)),
    };
    let subject = subject.map(|subject| {
        view! {
            <div class="field">
                <label for="pending-subject">"Subject of the case"</label>
                <input class="input" id="pending-subject" name="pending_subject" readonly dir="auto" value=subject />
            </div>
        }
    });
    view! {
        {subject}
        <div class="field">
            <label for="pending-body">{label}</label>
            // HTML drops the first line break inside a textarea; this one is there to be dropped.
            <textarea class="input textarea" id="pending-body" name="pending_body" readonly rows="6" dir="auto">
                {format!("\n{}", comment.body)}
            </textarea>
        </div>
        <input type="hidden" name="pending_course" value=comment.course.to_string() />
        <input type="hidden" name="pending_case" value=case />
        <input type="hidden" name="pending_key" value=comment.key />
        <input type="hidden" name="pending_visibility" value=comment.visibility.name() />
        <input type="hidden" name="pending_run" value=comment.run.map(|run| run.to_string()).unwrap_or_default() />
    }
}

//! The form for a new case: what it is about, the run if it is about one, and what is said first.

use domain::{CourseRunId, PostKey, UserId};
use engine::CourseView;
use leptos::prelude::*;

use crate::app::{
    Frame, routes,
    shell::{Head, Place, Scripts, document},
    ui::{IconName, icon, named},
};

/// What the form starts with.
#[derive(Clone, Debug)]
pub struct NewCaseForm {
    pub key: PostKey,
    pub subject: String,
    pub body: String,
    pub run: Option<CourseRunId>,
    /// The field that is wrong, where it is one, and the sentence for the person.
    pub problem: Option<(Option<&'static str>, String)>,
}

pub fn new_case(frame: &Frame, course: &CourseView, form: NewCaseForm) -> String {
    let title = format!("New case · {}", named(&course.title, &course.key));
    let head = Head { title: &title, place: Place::Courses, scripts: Scripts::None };
    let reader = frame.viewer.as_ref().map(|viewer| viewer.id);
    document(frame, &head, || reader.map(|reader| page(course, reader, form)))
}

fn page(course: &CourseView, reader: UserId, form: NewCaseForm) -> impl IntoView + use<> {
    let NewCaseForm { key, subject, body, run, problem } = form;
    let (at, sentence) = match problem {
        Some((at, sentence)) => (at, Some(sentence)),
        None => (None, None),
    };
    let about_subject = at == Some("subject");
    let about_body = sentence.is_some() && !about_subject;
    let wrong = |here: bool| here.then_some("true");
    let problem = |id: &'static str, here: bool| {
        let sentence = sentence.clone().filter(|_| here);
        let sentence = sentence.map(|sentence| view! { {icon(IconName::Warning)} <span>{sentence}</span> });
        view! {
            <p class="field-error" role="alert" id=id>
                {sentence}
            </p>
        }
    };
    let options = course
        .runs
        .iter()
        .map(|option| {
            view! { <option value=option.id.to_string() selected=run == Some(option.id)>{option.key.clone()}</option> }
        })
        .collect::<Vec<_>>();
    view! {
        <div class="page page-narrow">
            <nav class="crumbs" aria-label="Breadcrumb">
                <a href=routes::COURSES>"My courses"</a>
                <a href=routes::course(course.id) dir="auto">
                    {named(&course.title, &course.key)}
                </a>
            </nav>
            <div class="page-head">
                <h1>"New case"</h1>
                <p class="muted">
                    "A case of its own for something that does not belong into the course’s conversation. Nothing is sent before you press the button."
                </p>
            </div>
            <form class="panel stack case-form" method="post" action=routes::cases(course.id, reader)>
                <input type="hidden" name="key" value=key.to_string() />
                <div class="field">
                    <label for="case-subject">"Subject"</label>
                    <input
                        class="input"
                        id="case-subject"
                        name="subject"
                        dir="auto"
                        autocomplete="off"
                        required
                        autofocus=!about_body
                        value=subject
                        aria-invalid=wrong(about_subject)
                        aria-describedby="case-subject-error"
                    />
                    {problem("case-subject-error", about_subject)}
                </div>
                <div class="field">
                    <label for="case-run">"Course run"</label>
                    <select class="input select" id="case-run" name="run">
                        <option value="">"No course run"</option>
                        {options}
                    </select>
                </div>
                <div class="field">
                    <label for="case-body">"First comment"</label>
                    // HTML drops the first line break inside a textarea; this one is there to be dropped.
                    <textarea
                        class="input textarea"
                        id="case-body"
                        name="body"
                        rows="6"
                        dir="auto"
                        autocomplete="off"
                        required
                        autofocus=about_body
                        aria-invalid=wrong(about_body)
                        aria-describedby="case-body-error case-audience"
                    >
                        {format!("\n{body}")}
                    </textarea>
                    {problem("case-body-error", about_body)}
                </div>
                <div class="composer-row">
                    <p class="composer-audience" id="case-audience">
                        {icon(IconName::Eye)}
                        <span>{format!("{} will see this.", course.audience)}</span>
                    </p>
                    <button class="button button-primary">"Open case"</button>
                </div>
            </form>
        </div>
    }
}

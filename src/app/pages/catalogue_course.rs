//! One course, for those who keep the catalogue: what it is, who edits it, its runs.

use domain::{RunStatus, Timestamp};
use engine::{CatalogueRun, CoursePage, Person};
use leptos::prelude::*;

use super::catalogue::{Part, state, tabs};
use crate::app::{
    Frame, Notice, Refused, routes,
    shell::{Head, Place, Scripts, document},
    ui::{FormState, named, notice_bar},
};

const STATUSES: [(&str, &str); 5] = [
    ("unpublished", "Unpublished"),
    ("review_by_legal", "In legal review"),
    ("review_by_internal", "In internal review"),
    ("reviewed", "Scheduled"),
    ("published", "Published"),
];

const RESTRICTIONS: [(&str, &str); 3] = [("", "Not reviewed"), ("false", "No restrictions"), ("true", "Restricted")];

pub fn catalogue_course(
    frame: &Frame,
    course: &CoursePage,
    notice: Option<Notice>,
    refused: Option<&Refused>,
) -> String {
    let title = format!("{} in the catalogue", named(&course.title, &course.key));
    let head = Head { title: &title, place: Place::Catalogue, scripts: Scripts::None };
    document(frame, &head, || {
        let form = FormState::new("course", refused);
        let keys: Vec<&str> = course.organizations.iter().map(|organization| organization.key.as_str()).collect();
        let organizations = course
            .organizations
            .iter()
            .map(|organization| {
                view! {
                    <li>
                        <a href=routes::catalogue_organization(organization.id)><bdi>{named(&organization.name, &organization.key)}</bdi></a>
                        " "
                        {state(&organization.state)}
                    </li>
                }
            })
            .collect::<Vec<_>>();
        let runs = course.runs.iter().map(|run| run_panel(course, run, refused)).collect::<Vec<_>>();
        let editors_form = FormState::new("editors", refused);
        let new_run = FormState::new("new-run", refused);
        let editors = course.editors.iter().map(|editor| editor_row(course, editor)).collect::<Vec<_>>();
        let open_to_all = editors.is_empty().then(|| {
            view! { <p class="muted">"Nobody is named, so every member of an authoring organization may write."</p> }
        });
        view! {
            <div class="page">
                {tabs(Part::Courses)}
                <div class="page-head">
                    <h1><bdi>{named(&course.title, &course.key)}</bdi></h1>
                    <p class="muted course-meta">
                        <code>{course.key.clone()}</code>
                        <a href=routes::course(course.id)>"Its thread"</a>
                        {state(&course.state)}
                    </p>
                </div>
                {notice.map(notice_bar)}
                <section class="panel keep stack" aria-labelledby="course-heading">
                    <h2 class="section-heading" id="course-heading">"Course"</h2>
                    <form class="stack" method="post" action=routes::catalogue_course(course.id)>
                        {form.problem()}
                        {form.text("key", "Key", &course.key, "text")}
                        {form.text("title", "Title", &course.title, "text")}
                        {form.input("organizations", "Organizations", Some("Their keys, separated by commas; the first one publishes the course."), &keys.join(", "), "text")}
                        <div><button class="button button-primary">"Save course"</button></div>
                    </form>
                    <h3>"Its organizations, in order"</h3>
                    <ol class="plain-list">{organizations}</ol>
                </section>
                <section class="panel keep stack" aria-labelledby="editors-heading">
                    <h2 class="section-heading" id="editors-heading">"Editors"</h2>
                    {open_to_all}
                    <ul class="plain-list">{editors}</ul>
                    <form class="stack" method="post" action=format!("{}/editors", routes::catalogue_course(course.id))>
                        {editors_form.problem()}
                        {editors_form.text("email", "Email address of a new editor", "", "email")}
                        <div><button class="button">"Add editor"</button></div>
                    </form>
                </section>
                <section class="stack" aria-labelledby="runs-heading">
                    <h2 class="section-heading" id="runs-heading">"Runs"</h2>
                    {runs}
                    <details class="panel keep" open=new_run.is_refused()>
                        <summary>"New run"</summary>
                        {run_form(course, new_run, None)}
                    </details>
                </section>
            </div>
        }
    })
}

fn editor_row(course: &CoursePage, editor: &Person) -> AnyView {
    let idle = (!editor.counts)
        .then(|| view! { <span class="badge">"May not edit: disabled, or in none of the organizations"</span> });
    view! {
        <li class="keep-row">
            <span><bdi>{editor.name.clone()}</bdi> " " <span class="muted">{editor.email.clone()}</span> " " {idle}</span>
            <form method="post" action=format!("{}/editors", routes::catalogue_course(course.id))>
                <input type="hidden" name="remove" value=editor.id.to_string() />
                <button class="button button-small">"Remove"<span class="sr-only">" " {editor.name.clone()}</span></button>
            </form>
        </li>
    }
    .into_any()
}

fn run_panel(course: &CoursePage, run: &CatalogueRun, refused: Option<&Refused>) -> AnyView {
    let id = format!("run-{}", run.id);
    let form = FormState::new(&id, refused);
    let heading = format!("{id}-heading");
    view! {
        <section class="panel keep stack" id=id.clone() aria-labelledby=heading.clone()>
            <h3 id=heading.clone()><bdi>{named(&run.title, &run.key)}</bdi></h3>
            <p class="course-meta"><code>{run.key.clone()}</code> {state(&run.state)}</p>
            <details open=form.is_refused()>
                <summary>"Change"<span class="sr-only">" " {run.key.clone()}</span></summary>
                {run_form(course, form, Some(run))}
            </details>
        </section>
    }
    .into_any()
}

fn run_form(course: &CoursePage, form: FormState<'_>, run: Option<&CatalogueRun>) -> AnyView {
    let time = |at: Option<Timestamp>| at.map(input_time).unwrap_or_default();
    let key = match run {
        Some(run) => {
            let id = format!("run-{}", run.id);
            view! {
                <input type="hidden" name="form" value=id />
                <input type="hidden" name="key" value=run.key.clone() />
            }
            .into_any()
        }
        None => view! {
            <input type="hidden" name="form" value="new-run" />
            {form.input("key", "Key", Some("As in course-v1:HarvardX+CS50x+2012. It can't be changed later."), "", "text")}
        }
        .into_any(),
    };
    let restrictions = match run.and_then(|run| run.has_ofac_restrictions) {
        None => "",
        Some(false) => "false",
        Some(true) => "true",
    };
    view! {
        <form class="stack" method="post" action=format!("{}/runs", routes::catalogue_course(course.id))>
            {form.problem()}
            {key}
            {form.text("title", "Title", run.map_or("", |run| &run.title), "text")}
            <div class="field-grid">
                {form.text("start", "Start (UTC)", &time(run.and_then(|run| run.start)), "datetime-local")}
                {form.text("end", "End (UTC)", &time(run.and_then(|run| run.end)), "datetime-local")}
                {form.text("go_live_date", "Expected to go live (UTC)", &time(run.and_then(|run| run.go_live_date)), "datetime-local")}
                {form.select("status", "Status", &STATUSES, run.map_or(RunStatus::default(), |run| run.status).name())}
                {form.select("has_ofac_restrictions", "Export control", &RESTRICTIONS, restrictions)}
            </div>
            <div><button class="button button-primary">{if run.is_some() { "Save run" } else { "Add run" }}</button></div>
        </form>
    }
    .into_any()
}

/// As a browser's field for day and time takes it.
fn input_time(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

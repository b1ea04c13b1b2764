//! The courses of the catalogue, for those who keep it.

use engine::{CatalogueCourses, RecordState};
use leptos::prelude::*;

use super::catalogue::{Part, state, tabs};
use crate::app::{
    Frame, Notice, Refused, routes,
    shell::{Head, Place, Scripts, document},
    ui::{FormState, IconName, PagedList, counted, empty, icon, named, notice_bar},
};

pub struct CoursesAsked<'a> {
    /// As it was typed.
    pub query: &'a str,
    pub later: bool,
}

pub fn catalogue_courses(
    frame: &Frame,
    courses: &CatalogueCourses,
    asked: &CoursesAsked<'_>,
    notice: Option<Notice>,
    refused: Option<&Refused>,
) -> String {
    let head = Head { title: "Courses of the catalogue", place: Place::Catalogue, scripts: Scripts::None };
    document(frame, &head, || {
        let CatalogueCourses { list, states } = courses;
        // Without an org nothing of it shows.
        let has_org = states.iter().any(|state| *state != RecordState::Local);
        let rows = list
            .courses
            .iter()
            .zip(states)
            .map(|(course, standing)| {
                view! {
                    <tr>
                        <th scope="row">
                            <a href=routes::catalogue_course(course.id)><bdi>{named(&course.title, &course.key)}</bdi></a>
                            <code>{course.key.clone()}</code>
                        </th>
                        <td><bdi>{course.organizations.join(", ")}</bdi></td>
                        <td>{counted(course.run_count, "run", "runs")}</td>
                        {has_org.then(|| view! { <td>{state(standing)}</td> })}
                    </tr>
                }
            })
            .collect::<Vec<_>>();
        let table = (!rows.is_empty()).then(|| {
            view! {
                <div class="table-scroll panel" tabindex="0" role="region" aria-label="Courses">
                    <table class="table table-rows">
                        <thead>
                            <tr>
                                <th scope="col">"Course"</th>
                                <th scope="col">"Organizations"</th>
                                <th scope="col">"Runs"</th>
                                {has_org.then(|| view! { <th scope="col">"Salesforce"</th> })}
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            }
        });
        let none = table.is_none().then(|| {
            let next = view! { <p>"Make one below, import a file, or let an upstream system put them here."</p> };
            empty(IconName::Building, "No courses here", next)
        });
        let pages = PagedList {
            path: routes::CATALOGUE_COURSES,
            query: asked.query,
            later: asked.later,
            next: list.next.clone(),
        };
        let form = FormState::new("new-course", refused);
        view! {
            <div class="page">
                {tabs(Part::Courses)}
                <div class="page-head page-head-row">
                    <div>
                        <h1>"Courses"</h1>
                        <p class="muted" role="status">{counted(list.total, "course", "courses")}</p>
                    </div>
                    <form class="search" role="search" method="get" action=routes::CATALOGUE_COURSES>
                        <label class="sr-only" for="q">"Search courses"</label>
                        {icon(IconName::Search)}
                        <input class="input" id="q" name="q" type="search" placeholder="Title or key" value=asked.query.to_owned() autocomplete="off" />
                        <button class="button">"Search"</button>
                    </form>
                </div>
                {notice.map(notice_bar)}
                {table}
                {none}
                {pages.links()}
                <details class="panel keep" open=form.is_refused()>
                    <summary>"New course"</summary>
                    <form class="stack" method="post" action=routes::CATALOGUE_COURSES>
                        {form.problem()}
                        {form.input("key", "Key", Some("As in HarvardX+CS50x. The course's id follows from it."), "", "text")}
                        {form.text("title", "Title", "", "text")}
                        {form.input("organizations", "Organizations", Some("Their keys, separated by commas; the first one publishes the course."), "", "text")}
                        <div><button class="button button-primary">"Add course"</button></div>
                    </form>
                </details>
            </div>
        }
    })
}

//! "My courses": what somebody may read, searchable, fifty to a page.

use engine::{CourseList, CourseSummary};
use leptos::prelude::*;

use crate::app::{
    Frame, routes,
    shell::{Head, Place, Scripts, document},
    ui::{IconName, PagedList, counted, empty, icon, named},
};

/// Which part of the list a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListPart {
    First,
    Later,
}

/// `query` is the search as it was typed; blank for none.
pub fn courses(frame: &Frame, list: &CourseList, query: &str, part: ListPart) -> String {
    let title = if query.trim().is_empty() { "My courses".to_owned() } else { format!("“{query}” in my courses") };
    let head = Head { title: &title, place: Place::Courses, scripts: Scripts::None };
    document(frame, &head, || page(list, query, part))
}

fn page(list: &CourseList, query: &str, part: ListPart) -> impl IntoView + use<> {
    let searching = !query.trim().is_empty();
    let count = if searching {
        format!("{} found", counted(list.total, "course", "courses"))
    } else {
        counted(list.total, "course", "courses")
    };
    let clear = searching.then(|| view! { <a class="button button-quiet" href=routes::COURSES>"Clear"</a> });
    let rows = list.courses.iter().map(row).collect::<Vec<_>>();
    let none = list.courses.is_empty().then(|| nothing(query, searching));
    let has_rows = none.is_none();
    let pages = PagedList { path: routes::COURSES, query, later: part == ListPart::Later, next: list.next.clone() };
    view! {
        <div class="page">
            <div class="page-head page-head-row">
                <div>
                    <h1>"My courses"</h1>
                    <p class="muted" role="status">{count}</p>
                </div>
                <form class="search" role="search" method="get" action=routes::COURSES>
                    <label class="sr-only" for="q">"Search courses"</label>
                    {icon(IconName::Search)}
                    <input
                        class="input"
                        id="q"
                        name="q"
                        type="search"
                        placeholder="Title, key or organization"
                        value=query.to_owned()
                        autocomplete="off"
                        spellcheck="false"
                    />
                    <button class="button">"Search"</button>
                    {clear}
                </form>
            </div>
            {none}
            {has_rows.then(|| view! { <ol class="course-list panel">{rows}</ol> })}
            {pages.links()}
        </div>
    }
}

fn row(course: &CourseSummary) -> impl IntoView + use<> {
    let activity = match (&course.last_post, &course.last_post_text) {
        (Some(at), Some(text)) => Some(
            view! { <span><span class="sr-only">"Last comment "</span><time datetime=at.clone()>{text.clone()}</time></span> },
        ),
        _ => None,
    };
    let quiet = activity.is_none().then(|| view! { <span>"No comments yet"</span> });
    let posts = (course.post_count > 0).then(|| {
        view! {
            <span class="fact">
                {icon(IconName::Comment)}
                {counted(course.post_count, "comment", "comments")}
            </span>
        }
    });
    view! {
        <li class="course-row">
            <div class="course-what">
                <h2>
                    <a href=routes::course(course.id) dir="auto">
                        {named(&course.title, &course.key)}
                    </a>
                </h2>
                <p class="course-meta">
                    <code>{course.key.clone()}</code>
                    <span class="fact">
                        {icon(IconName::Building)}
                        <bdi>{course.organizations.join(", ")}</bdi>
                    </span>
                </p>
            </div>
            <p class="course-facts">
                <span class="fact">
                    {icon(IconName::Calendar)}
                    {counted(course.run_count, "run", "runs")}
                </span>
                {posts}
                <span class="course-activity">{activity} {quiet}</span>
            </p>
        </li>
    }
}

fn nothing(query: &str, searching: bool) -> impl IntoView + use<> {
    if searching {
        let asked = query.to_owned();
        let next = view! {
            <p>"Nothing has “" <bdi>{asked}</bdi> "” in its title, key or organization. Try fewer or other words."</p>
            <a class="button" href=routes::COURSES>
                "Show all my courses"
            </a>
        };
        empty(IconName::Search, "No course matches", next).into_any()
    } else {
        let next = view! {
            <p>
                "Courses appear here as soon as one of your organizations has them. If you expected some, ask the staff to add you to the organization."
            </p>
        };
        empty(IconName::Building, "No courses yet", next).into_any()
    }
}

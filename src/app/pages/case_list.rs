//! The cases of a course, beside its thread: how each stands, which one is shown, and the way to a new one.

use domain::CasePlace;
use engine::{CaseState, CaseView, CourseView, OrgState};
use leptos::prelude::*;

use crate::app::{
    routes,
    ui::{IconName, counted, icon, named, part_state},
};

pub(super) fn case_list(course: &CourseView, place: CasePlace) -> impl IntoView + use<> {
    let CourseView { cases, org, shown, .. } = course;
    let shown = shown.as_ref().map(|case| case.id);
    let rows = cases.iter().map(|case| case_row(course, case, shown == Some(case.id))).collect::<Vec<_>>();
    let none = cases.is_empty().then(|| {
        let words = if course.case_count == 0 {
            "The first comment opens this course’s case."
        } else {
            "No case matches. Choose another run or state."
        };
        view! { <p class="muted">{words}</p> }
    });
    let settled = |case: &CaseView| case.in_org && case.number.is_some() && !case.is_changing;
    let settled = *org == OrgState::NotConfigured || (course.case_count > 0 && cases.iter().all(settled));
    let filter = (course.case_count > 1).then(|| filter_form(course, place));
    let new_case = course.can_write.then(|| {
        view! {
            <p class="side-action">
                <a class="button button-small" href=routes::new_case(course.id)>
                    "New case"
                </a>
            </p>
        }
    });
    view! {
        <section class="side-section" id="cases" data-part=part_state(settled) aria-labelledby="cases-heading">
            <h2 id="cases-heading">"Cases"</h2>
            {filter}
            {none}
            <ul class="side-list">{rows}</ul>
            {new_case}
        </section>
    }
}

fn filter_form(course: &CourseView, place: CasePlace) -> impl IntoView + use<> {
    let filter = course.filter;
    let runs = course
        .runs
        .iter()
        .map(|run| {
            view! { <option value=run.id.to_string() selected=filter.run == Some(run.id)>{run.key.clone()}</option> }
        })
        .collect::<Vec<_>>();
    let state = |state: CaseState| filter.state == Some(state);
    let clear = (filter != engine::CaseFilter::default())
        .then(|| view! { <a class="button button-small button-quiet" href=routes::thread(place)>"Show all"</a> });
    // The window of the thread stays as it is.
    let window = course.thread.later.and(course.thread.posts.first());
    let window = window.map(|post| view! { <input type="hidden" name="from" value=post.id.to_string() /> });
    view! {
        <form class="case-filter" method="get" action=routes::thread(place) aria-label="Which cases">
            {window}
            <div class="field">
                <label for="cases-run">"Course run"</label>
                <select class="input select" id="cases-run" name="run">
                    <option value="">"All"</option>
                    {runs}
                </select>
            </div>
            <div class="field">
                <label for="cases-state">"State"</label>
                <select class="input select" id="cases-state" name="state">
                    <option value="">"Open and closed"</option>
                    <option value="open" selected=state(CaseState::Open)>
                        "Open"
                    </option>
                    <option value="closed" selected=state(CaseState::Closed)>
                        "Closed"
                    </option>
                </select>
            </div>
            <p class="side-facts">
                <button class="button button-small">"Filter"</button>
                {clear}
            </p>
        </form>
    }
}

fn case_row(course: &CourseView, case: &CaseView, here: bool) -> impl IntoView + use<> {
    let place = CasePlace { course: course.id, case: (!case.is_default).then_some(case.id) };
    let posts = (case.post_count > 0).then(|| {
        view! {
            <span class="fact">{icon(IconName::Comment)} {counted(case.post_count, "comment", "comments")}</span>
        }
    });
    let activity = match (&case.last_post, &case.last_post_text) {
        (Some(at), Some(text)) => Some(view! {
            <span class="muted">
                <span class="sr-only">"Last comment "</span>
                <time datetime=at.clone()>{text.clone()}</time>
            </span>
        }),
        _ => None,
    };
    let run = case.run_key.clone().map(|run| view! { <code>{run}</code> });
    view! {
        <li class="side-row">
            <p class="side-title" dir="auto">
                <a href=routes::thread(place) aria-current=here.then_some("page")>
                    {case_name(case)}
                </a>
            </p>
            <p class="side-facts">
                {here.then(|| view! { <span class="badge badge-accent">"This thread"</span> })}
                {standing(case, course.org)}
            </p>
            <p class="side-facts">{run} {posts} {activity}</p>
        </li>
    }
}

/// The subject; of a case whose subject shows nothing, its number.
pub(super) fn case_name(case: &CaseView) -> String {
    named(&case.subject, &case.number.as_ref().map_or_else(|| "Case".to_owned(), |number| format!("Case {number}")))
}

/// Status, number, and what the org has still to hear.
pub(super) fn standing(case: &CaseView, org: OrgState) -> impl IntoView + use<> {
    let number = case.number.clone().map(|number| view! { <span class="muted">{format!("Case {number}")}</span> });
    let status = case.status.clone().map(|status| view! { <span class="badge">{status}</span> });
    let closed = (case.state == CaseState::Closed && case.status.as_deref() != Some("Closed"))
        .then(|| view! { <span class="muted">"Closed"</span> });
    let changing = case.is_changing.then(|| {
        view! { <span class="fact muted">{icon(IconName::Clock)} "Changing…"</span> }
    });
    let waiting = (!case.in_org && org != OrgState::NotConfigured)
        .then(|| view! { <span class="muted">"Not in Salesforce yet"</span> });
    view! { {status} {closed} {changing} {number} {waiting} }
}

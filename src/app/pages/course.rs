//! A course: its facts, its cases, and the conversation of one of them.

use domain::{CasePlace, Role, RunOption};
use engine::{CaseState, CaseView, CourseView, OrgState, RunView};
use leptos::prelude::*;

use super::{
    case_handling::case_handling,
    case_list::{case_list, case_name, standing},
};
use crate::app::{
    Frame, Notice,
    islands::{Conversation, OrgLink, Reader, Seed},
    routes,
    shell::{Head, Place, Scripts, document},
    ui::{IconName, counted, icon, named, notice_bar, part_state},
};

/// A refused form post is the same page again, with the composer's text and error filled in.
pub fn course(frame: &Frame, course: CourseView, notice: Option<Notice>) -> String {
    let title = match course.shown.as_ref().filter(|case| !case.is_default) {
        Some(case) => format!("{} · {}", case_name(case), course_name(&course)),
        None => course_name(&course),
    };
    let head = Head { title: &title, place: Place::Courses, scripts: Scripts::Islands };
    document(frame, &head, move || page(frame, course, notice))
}

fn page(frame: &Frame, course: CourseView, notice: Option<Notice>) -> impl IntoView + use<> {
    let other = course.shown.clone().filter(|case| !case.is_default);
    let place = CasePlace { course: course.id, case: other.as_ref().map(|case| case.id) };
    let title = course_name(&course);
    let cases = case_list(&course, place);
    let closed = course.shown.as_ref().filter(|case| case.state == CaseState::Closed).map(|_| closed_notice(frame));
    let CourseView {
        id, key, organizations, runs, thread, handling, composer, internal_composer, audience, org, ..
    } = course;
    let viewer = frame.viewer.clone();
    let internal_reader = viewer.as_ref().is_some_and(|viewer| viewer.role.is_internal());
    let viewer_is_admin = viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Admin);
    let viewer_id = viewer.as_ref().map(|viewer| viewer.id);
    let reader = viewer.map(|viewer| Reader { user: viewer.id, name: viewer.name, by_staff: internal_reader });
    let options = runs
        .iter()
        .map(|run| RunOption { id: run.id, key: run.key.clone(), label: run_label(run) })
        .collect::<Vec<_>>();
    let handling = viewer_id.zip(handling).map(|(reader, handling)| case_handling(id, reader, handling));
    let organizations = organizations
        .into_iter()
        .map(|organization| {
            view! {
                <span class="fact">
                    {icon(IconName::Building)}
                    <bdi>{organization.name}</bdi>
                </span>
            }
        })
        .collect::<Vec<_>>();
    let run_count = counted(u64::try_from(runs.len()).unwrap_or(u64::MAX), "run", "runs");
    let link = match org {
        OrgState::NotConfigured => OrgLink::Absent,
        OrgState::Disconnected | OrgState::OtherOrg => OrgLink::Disconnected,
        OrgState::Connected | OrgState::CatchingUp => OrgLink::Up,
        OrgState::Behind => OrgLink::Behind,
    };
    let conversation = reader.map(|reader| {
        let seed =
            Seed { place, reader, thread, runs: options, composer, internal: internal_composer, audience, org: link };
        let element = seed.element().ok();
        provide_context(seed);
        view! {
            <Conversation />
            {element}
        }
    });
    view! {
        <div class="page">
            <nav class="crumbs" aria-label="Breadcrumb">
                <a href=routes::COURSES>"My courses"</a>
                {other.is_some().then(|| view! { <a href=routes::course(id) dir="auto">{title.clone()}</a> })}
            </nav>
            <div class="page-head">
                <h1 dir="auto">{title.clone()}</h1>
                <p class="course-meta">
                    <code>{key}</code>
                    {organizations}
                    <span class="fact">
                        {icon(IconName::Calendar)}
                        {run_count}
                    </span>
                </p>
            </div>
            {notice.map(notice_bar)}
            {org_banner(org, viewer_is_admin)}
            <div class="course-columns">
                <div class="course-main">
                    {other.map(|case| case_head(&case, org))}
                    {closed}
                    {conversation}
                </div>
                <aside class="course-side" aria-label="About this course">
                    {handling}
                    {cases}
                    {run_list(&runs)}
                </aside>
            </div>
        </div>
    }
}

fn course_name(course: &CourseView) -> String {
    named(&course.title, &course.key)
}

/// What the case is about, above what is said on it.
fn case_head(case: &CaseView, org: OrgState) -> impl IntoView + use<> {
    let run = case.run_key.clone().map(|run| view! { <code>{run}</code> });
    view! {
        <div class="case-head">
            <h2 dir="auto">{case_name(case)}</h2>
            <p class="side-facts">{standing(case, org)} {run}</p>
        </div>
    }
}

fn closed_notice(frame: &Frame) -> impl IntoView + use<> {
    let by_staff = frame.viewer.as_ref().is_some_and(|viewer| viewer.role.is_internal());
    let words = if by_staff {
        "This case is closed. Comments are still delivered; change its status to reopen it."
    } else {
        "This case is closed; staff will see your comment."
    };
    view! {
        <p class="notice notice-wait">
            {icon(IconName::Check)}
            <span>{words}</span>
        </p>
    }
}

fn run_label(run: &RunView) -> String {
    match &run.start_text {
        Some(start) => format!("{start} · {}", run.key),
        None => run.key.clone(),
    }
}

fn org_banner(org: OrgState, viewer_is_admin: bool) -> impl IntoView {
    let trouble = match org {
        OrgState::NotConfigured | OrgState::Connected => None,
        OrgState::Disconnected | OrgState::OtherOrg => Some((
            "Salesforce is not connected yet — comments are kept here and delivered when it is.",
            "Connect Salesforce",
        )),
        OrgState::CatchingUp => Some((
            "Much is still being read from Salesforce — replies made there may show late. Comments are delivered as usual.",
            "See the connection",
        )),
        OrgState::Behind => Some((
            "Salesforce is not answering — comments are kept here and delivered when it is back.",
            "See the connection",
        )),
    };
    let settled = trouble.is_none();
    let banner = trouble.map(|(text, mend)| {
        let link = viewer_is_admin.then(|| view! { " " <a href=routes::SALESFORCE>{mend}</a> });
        view! {
            <p class="notice notice-wait">
                {icon(IconName::Cloud)}
                <span>{text} {link}</span>
            </p>
        }
    });
    view! {
        <div class="banner" id="org" data-part=part_state(settled)>
            {banner}
        </div>
    }
}

fn run_list(runs: &[RunView]) -> impl IntoView + use<> {
    let rows = runs.iter().map(run_row).collect::<Vec<_>>();
    let none = runs.is_empty().then(|| view! { <p class="muted">"No runs are scheduled."</p> });
    view! {
        <section class="side-section" aria-labelledby="runs-heading">
            <h2 id="runs-heading">"Course runs"</h2>
            {none}
            <ul class="side-list">{rows}</ul>
        </section>
    }
}

fn run_row(run: &RunView) -> impl IntoView + use<> {
    let dates = match (&run.start_text, &run.end_text) {
        (None, None) => "No dates yet".to_owned(),
        (Some(start), None) => format!("Starts {start}"),
        (None, Some(end)) => format!("Ends {end}"),
        (Some(start), Some(end)) => format!("{start} – {end}"),
    };
    view! {
        <li class="side-row">
            <p class="side-title">
                <code>{run.key.clone()}</code>
            </p>
            <p class="side-facts">
                <span class="badge">{run.status_text.clone()}</span>
                <span class="muted">{dates}</span>
            </p>
        </li>
    }
}

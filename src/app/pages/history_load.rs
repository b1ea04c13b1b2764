//! One load of old comments: how far it is, what came of it, what can be done now.

use engine::{CourseProof, HistoryLoadState, HistoryLoadView, HistoryLoading, HistoryReport, HistoryStep};
use leptos::prelude::*;

use super::history::{badge, name};
use crate::app::{
    Frame, Notice,
    islands::Following,
    routes,
    shell::{Head, Place, Scripts, document},
    ui::{IconName, counted, grouped, icon, notice_bar, part_state},
};

/// Courses that a page shows; those that differ come first.
const COURSES_SHOWN: usize = 300;

pub fn history_load(frame: &Frame, load: &HistoryLoadView, notice: Option<Notice>) -> String {
    let moves = is_under_way(load.state);
    let scripts = if moves { Scripts::Following } else { Scripts::None };
    let head = Head { title: "A load of old comments", place: Place::Salesforce, scripts };
    document(frame, &head, || {
        let by = load.begun_by.clone().unwrap_or_else(|| "the command line".to_owned());
        view! {
            <div class="page page-narrow">
                <div class="page-head">
                    <h1><bdi>{name(load)}</bdi></h1>
                    <p class="muted">{size(load.file_size)} ", begun " {load.begun_text.clone()} ", by " <bdi>{by}</bdi></p>
                    <p><a href=routes::HISTORY>"All loads"</a></p>
                </div>
                {notice.map(notice_bar)}
                <section class="panel keep stack" id="load" data-part=part_state(!moves) aria-labelledby="load-heading">
                    <h2 class="section-heading" id="load-heading">{if moves { "Progress " } else { "Result " }} {badge(load)}</h2>
                    {progress(load)}
                    {outcome(load)}
                </section>
                <div class="actions" id="load-actions" data-part=part_state(!moves)>{actions(load)}</div>
                {moves.then(|| view! { <Following /> })}
            </div>
        }
    })
}

const fn is_under_way(state: HistoryLoadState) -> bool {
    matches!(state, HistoryLoadState::Waiting | HistoryLoadState::Running | HistoryLoadState::Stopping)
}

fn progress(load: &HistoryLoadView) -> Option<AnyView> {
    if !is_under_way(load.state) {
        return None;
    }
    if load.state == HistoryLoadState::Waiting {
        return Some(view! { <p class="muted">"One load runs at a time."</p> }.into_any());
    }
    let Some(at) = load.progress else {
        return Some(view! { <p class="muted">"It begins."</p> }.into_any());
    };
    let label = match at.step {
        HistoryStep::Waiting => "Waiting for another load to end",
        HistoryStep::Checking => "Checking every line",
        HistoryStep::Loading => "Loading",
        HistoryStep::Proving => "Comparing the file, the org and the threads",
    };
    let left_out =
        (at.rejected > 0).then(|| view! { <p>{counted(at.rejected, "line", "lines")} " left out so far."</p> });
    Some(
        view! {
            <p><label for="progress">{label}</label></p>
            <progress class="progress" id="progress" max=at.total.max(1).to_string() value=at.done.to_string()></progress>
            <p class="muted">{figures(&at)}</p>
            {left_out}
        }
        .into_any(),
    )
}

/// `12,000 of 40,000 comments · 4,000 a second · about 7 seconds left`
fn figures(at: &HistoryLoading) -> String {
    let bytes = at.step == HistoryStep::Checking;
    let amount = |amount: u64| if bytes { size(amount) } else { grouped(amount) };
    let mut words = vec![if bytes {
        format!("{} of {}", amount(at.done), amount(at.total))
    } else {
        format!("{} of {}", amount(at.done), counted(at.total, "comment", "comments"))
    }];
    words.extend(at.per_second.map(|rate| format!("{} a second", amount(rate))));
    words.extend(at.seconds_left.map(|seconds| match seconds {
        0..=90 => format!("about {} left", counted(seconds.max(1), "second", "seconds")),
        _ => format!("about {} left", counted(seconds.div_ceil(60), "minute", "minutes")),
    }));
    words.join(" · ")
}

fn outcome(load: &HistoryLoadView) -> AnyView {
    let problem = load.problem.clone().map(|problem| {
        view! { <p class="notice notice-bad">{icon(IconName::Warning)}<span>{problem}</span></p> }
    });
    let stopped = (load.state == HistoryLoadState::Stopped && load.problem.is_none())
        .then(|| view! { <p>"It was stopped. What was loaded until then stays."</p> });
    let report = load.report.as_ref().map(|report| summary(load, report));
    view! { {problem} {stopped} {report} }.into_any()
}

fn summary(load: &HistoryLoadView, report: &HistoryReport) -> AnyView {
    let fact = |name: &'static str, count: u64| view! { <div><dt>{name}</dt><dd>{grouped(count)}</dd></div> };
    let loaded = (!load.check_only).then(|| {
        view! { {fact("Loaded", report.loaded)} {fact("There already", report.already)} }
    });
    let verdict = match (load.check_only, report.is_proved(), report.rejected) {
        (_, false, _) => bad(
            "The org or the threads don’t hold what the file holds; the courses are marked below. Somebody may have changed comments in Salesforce.",
        ),
        (true, _, 0) => good("Every line can be loaded."),
        (true, ..) => bad("The lines left out can’t be loaded as they are; all others can."),
        (false, _, 0) => good("Everything in the file is in the org and in the threads."),
        (false, ..) => bad(
            "All lines but those left out are in the org and in the threads. Mend them in your file and send it again: what is loaded already is not loaded twice.",
        ),
    };
    let obstacle = report.obstacle.clone().map(|obstacle| {
        view! { <p class="notice notice-bad">{icon(IconName::Warning)}<span>"It could not be loaded now. " {obstacle}</span></p> }
    });
    let rejects = load.has_rejects.then(|| {
        view! { <p><a href=routes::history_rejects(load.id) download="">"The lines left out, with the reasons"</a></p> }
    });
    view! {
        {verdict}
        {obstacle}
        <dl class="facts">
            {fact("Lines", report.lines)}
            {loaded}
            {fact("Left out", report.rejected)}
        </dl>
        {rejects}
        {courses(report)}
    }
    .into_any()
}

fn good(words: &'static str) -> AnyView {
    view! { <p class="notice notice-good">{icon(IconName::Check)}<span>{words}</span></p> }.into_any()
}

fn bad(words: &'static str) -> AnyView {
    view! { <p class="notice notice-bad">{icon(IconName::Warning)}<span>{words}</span></p> }.into_any()
}

fn courses(report: &HistoryReport) -> Option<AnyView> {
    if report.courses.is_empty() {
        return None;
    }
    let mut courses: Vec<&CourseProof> = report.courses.iter().collect();
    courses.sort_by_key(|course| course.agrees());
    let more = (courses.len() > COURSES_SHOWN).then(
        || view! { <p class="muted">{grouped((courses.len() - COURSES_SHOWN) as u64)} " more are the same."</p> },
    );
    let rows = courses.into_iter().take(COURSES_SHOWN).map(course_row).collect::<Vec<_>>();
    Some(
        view! {
            <details open=!report.is_proved()>
                <summary>{counted(report.courses.len() as u64, "course", "courses")} ", compared"</summary>
                <div class="table-scroll" tabindex="0" role="region" aria-label="Courses">
                    <table class="table">
                        <thead>
                            <tr>
                                <th scope="col">"Course"</th>
                                <th scope="col">"File"</th>
                                <th scope="col">"Org"</th>
                                <th scope="col">"Threads"</th>
                                <th scope="col">"Content"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
                {more}
            </details>
        }
        .into_any(),
    )
}

fn course_row(course: &CourseProof) -> AnyView {
    let verdict = if course.agrees() {
        view! { <span class="badge badge-good">"The same"</span> }.into_any()
    } else {
        view! { <span class="badge badge-bad">"Different"</span> }.into_any()
    };
    view! {
        <tr>
            <th scope="row"><a href=routes::course(course.course)><bdi>{course.key.clone()}</bdi></a></th>
            <td>{grouped(course.file.comments)}</td>
            <td>{grouped(course.org.comments)}</td>
            <td>{grouped(course.threads.comments)}</td>
            <td>{verdict}</td>
        </tr>
    }
    .into_any()
}

fn actions(load: &HistoryLoadView) -> AnyView {
    let action = routes::history_load(load.id);
    let button = |what: &'static str, label: &'static str, class: &'static str| {
        view! { <form method="post" action=action.clone()><button class=class name="do" value=what>{label}</button></form> }
            .into_any()
    };
    match load.state {
        HistoryLoadState::Waiting | HistoryLoadState::Running => button("stop", "Stop", "button"),
        HistoryLoadState::Stopping => ().into_any(),
        HistoryLoadState::Stopped | HistoryLoadState::Failed | HistoryLoadState::Done => {
            let label = match load.state {
                HistoryLoadState::Done if load.check_only => "Load it",
                HistoryLoadState::Done => "Load it again",
                _ => "Go on",
            };
            let again = load.file_kept.then(|| button("load", label, "button button-primary"));
            view! { {again} {button("remove", "Remove from the list", "button")} }.into_any()
        }
    }
}

/// `12.3 MB`
fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000 => return counted(bytes, "byte", "bytes"),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    let tenths = bytes / (unit / 10);
    format!("{}.{} {name}", grouped(tenths / 10), tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_like_figures() {
        let at = HistoryLoading {
            step: HistoryStep::Loading,
            done: 12_000,
            total: 40_000,
            per_second: Some(4_000),
            seconds_left: Some(7),
            rejected: 0,
        };
        assert_eq!(figures(&at), "12,000 of 40,000 comments · 4,000 a second · about 7 seconds left");
        let at = HistoryLoading { step: HistoryStep::Checking, done: 12_345_678, seconds_left: Some(150), ..at };
        let at = HistoryLoading { total: 1_999_999_999, per_second: None, ..at };
        assert_eq!(figures(&at), "12.3 MB of 1.9 GB · about 3 minutes left");
        assert_eq!(size(999), "999 bytes");
    }
}

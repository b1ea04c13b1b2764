//! Old comments: sending a file of them, and the loads there were.

use engine::{HistoryLoadState, HistoryLoadView};
use leptos::prelude::*;

use crate::app::{
    Frame, Notice, routes,
    shell::{Head, Place, Scripts, document},
    ui::{IconName, Mode, counted, empty, file_form, notice_bar},
};

pub fn history(frame: &Frame, loads: &[HistoryLoadView], has_org: bool, notice: Option<Notice>) -> String {
    let head = Head { title: "Old comments", place: Place::Salesforce, scripts: Scripts::None };
    document(frame, &head, || {
        let body = if has_org {
            view! { {form()} {list(loads)} }.into_any()
        } else {
            let next = view! { <p>"Comments are loaded into Salesforce, and no org is configured."</p> };
            empty(IconName::Cloud, "No org is configured", next).into_any()
        };
        view! {
            <div class="page page-narrow">
                <div class="page-head">
                    <h1>"Old comments"</h1>
                    <p class="muted">
                        "What was said before there was a portal goes into Salesforce and into the threads here, with its dates and authors. Loading a file again adds nothing."
                    </p>
                    <p><a href=routes::SALESFORCE>"The connection"</a></p>
                </div>
                {notice.map(notice_bar)}
                {body}
            </div>
        }
    })
}

fn form() -> AnyView {
    file_form(
        routes::HISTORY,
        "JSON lines or CSV with course, author, body and created; run, modified and visibility where there are any. At most 1 GB.",
        Mode { value: "check", label: "Check the file" },
        Mode { value: "load", label: "Check and load it" },
    )
}

fn list(loads: &[HistoryLoadView]) -> Option<AnyView> {
    let rows = loads
        .iter()
        .map(|load| {
            let by = load.begun_by.clone().unwrap_or_else(|| "the command line".to_owned());
            view! {
                <li class="keep-row">
                    <span>
                        <a href=routes::history_load(load.id)><bdi>{name(load)}</bdi></a>
                        <br />
                        <span class="muted field-hint">{load.begun_text.clone()} ", by " <bdi>{by}</bdi></span>
                    </span>
                    {badge(load)}
                </li>
            }
        })
        .collect::<Vec<_>>();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="panel keep" aria-labelledby="loads-heading">
                <h2 class="section-heading" id="loads-heading">"Loads"</h2>
                <ul class="plain-list">{rows}</ul>
            </section>
        }
        .into_any()
    })
}

/// What the file is called; a browser may not say.
pub(super) fn name(load: &HistoryLoadView) -> String {
    if load.file_name.is_empty() { "A file".to_owned() } else { load.file_name.clone() }
}

pub(super) fn badge(load: &HistoryLoadView) -> AnyView {
    let (class, words) = match load.state {
        HistoryLoadState::Waiting => ("badge badge-wait", "Waiting for its turn".to_owned()),
        HistoryLoadState::Running => ("badge badge-wait", "Under way".to_owned()),
        HistoryLoadState::Stopping => ("badge badge-wait", "Stopping".to_owned()),
        HistoryLoadState::Stopped => ("badge", "Stopped".to_owned()),
        HistoryLoadState::Failed => ("badge badge-bad", "Failed".to_owned()),
        HistoryLoadState::Done => match &load.report {
            Some(report) if !report.is_proved() => ("badge badge-bad", "Not as in the file".to_owned()),
            Some(report) if report.rejected > 0 => {
                ("badge badge-bad", format!("{} left out", counted(report.rejected, "line", "lines")))
            }
            _ if load.check_only => ("badge badge-good", "Checked".to_owned()),
            _ => ("badge badge-good", "Loaded and proved".to_owned()),
        },
    };
    view! { <span class=class>{words}</span> }.into_any()
}

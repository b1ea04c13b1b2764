//! What goes wrong on purpose: the list, and the form that adds to it.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    control::{PAGE, back, button},
    page,
};
use crate::{
    faults::{Fault, FaultAction},
    org::Org,
};

const ACTIONS: [(&str, &str, FaultAction); 7] = [
    ("status", "Answer with a status", FaultAction::Status),
    ("delay", "Answer late", FaultAction::Delay),
    ("refuse", "Refuse the connection", FaultAction::Refuse),
    ("drop_before_commit", "Hang up before anything is done", FaultAction::DropBeforeCommit),
    ("drop_after_commit", "Hang up after everything is done", FaultAction::DropAfterCommit),
    ("lock_row", "Find the first row locked", FaultAction::LockRow),
    ("break_stream", "Break the event stream", FaultAction::BreakStream),
];

pub(super) fn faults(org: &Org) -> Markup {
    let faults = org.faults.list();
    html! {
        section.panel aria-labelledby="faults" {
            h2 #faults { "Faults" }
            @if faults.is_empty() {
                p.empty { "Nothing goes wrong on purpose." }
            } @else {
                ol.rows {
                    @for (place, fault) in faults.iter().enumerate() {
                        li.row {
                            span { (words(fault)) }
                            form method="post" action={ (PAGE) "/remove-fault" } {
                                input type="hidden" name="place" value=(place);
                                button type="submit" aria-label={ "Remove fault " (place + 1) } { "Remove" }
                            }
                        }
                    }
                }
                div.actions { (button("clear-faults", "Remove all faults")) }
            }
            form.composer method="post" action={ (PAGE) "/add-fault" } {
                div.fields {
                    div.field {
                        label for="action" { "What goes wrong" }
                        select #action name="action" {
                            @for (value, words, _) in ACTIONS { option value=(value) { (words) } }
                        }
                    }
                    div.field {
                        label for="method" { "Of which method" }
                        input #method name="method" placeholder="any, or Subscribe";
                    }
                    div.field {
                        label for="path" { "Where the path has" }
                        input #path name="path" placeholder="anything, * for a gap";
                    }
                    div.field {
                        label for="times" { "How often" }
                        input #times name="times" type="number" min="1" placeholder="until removed";
                    }
                    div.field {
                        label for="status" { "Status, if it answers" }
                        input #status name="status" type="number" min="100" max="599" placeholder="503";
                    }
                    div.field {
                        label for="delay" { "Milliseconds, if late" }
                        input #delay name="delay_ms" type="number" min="0" placeholder="1000";
                    }
                    div.field {
                        label for="code" { "Error code, if it answers" }
                        input #code name="code" placeholder="SERVER_UNAVAILABLE";
                    }
                    div.field {
                        label for="after_events" { "Events before a stream breaks" }
                        input #after_events name="after_events" type="number" min="0" placeholder="0";
                    }
                }
                div.actions { button.primary type="submit" { "Add the fault" } }
            }
        }
    }
}

fn words(fault: &Fault) -> Markup {
    let name =
        ACTIONS.iter().find(|(.., action)| *action == fault.action).map_or("Another fault", |(_, words, _)| words);
    html! {
        strong { (name) }
        " " (fault.method.as_deref().unwrap_or("any method"))
        " " code { (fault.path.as_deref().unwrap_or("any path")) }
        @if let Some(status) = fault.status { ", status " (status) }
        @if let Some(code) = &fault.code { ", " code { (code) } }
        @if let Some(events) = fault.after_events { ", after " (events) " events" }
        @if let Some(delay) = fault.delay_ms { ", " (delay) " ms" }
        @match fault.times {
            Some(times) => { ", " (times) " more" },
            None => ", until removed",
        }
    }
}

/// As a browser sends it: what was left empty is empty text.
#[derive(Deserialize)]
pub(super) struct AddFault {
    action: String,
    method: String,
    path: String,
    times: String,
    status: String,
    delay_ms: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    after_events: String,
}

pub(super) async fn add_fault(State(org): State<Arc<Org>>, Form(form): Form<AddFault>) -> Response {
    fn number<T: std::str::FromStr>(text: &str) -> Result<Option<T>, StatusCode> {
        let text = text.trim();
        if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| StatusCode::BAD_REQUEST) }
    }
    let words = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let read = || {
        let action = ACTIONS.iter().find(|(value, ..)| *value == form.action).map(|(.., action)| *action);
        let mut fault = Fault::new(action.ok_or(StatusCode::BAD_REQUEST)?);
        fault.method = words(&form.method);
        fault.path = words(&form.path);
        fault.times = number(&form.times)?.filter(|times| *times > 0);
        fault.status = number(&form.status)?;
        fault.delay_ms = number(&form.delay_ms)?;
        fault.code = words(&form.code);
        fault.after_events = number(&form.after_events)?;
        Ok::<_, StatusCode>(fault)
    };
    match read() {
        Ok(fault) => {
            org.faults.add(fault);
            back()
        }
        Err(status) => {
            let content = html! {
                h1 { "That is no fault" }
                p { "The numbers must be whole numbers. " a href=(PAGE) { "Back" } }
            };
            (status, page("Refused", content)).into_response()
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RemoveFault {
    place: usize,
}

pub(super) async fn remove_fault(State(org): State<Arc<Org>>, Form(form): Form<RemoveFault>) -> Response {
    org.faults.remove(form.place);
    back()
}

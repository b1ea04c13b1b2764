//! What was asked of the org and what can be turned about it: a page of plain forms over what `/_sandbox/` does.

use std::{sync::Arc, time::Duration};

use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use domain::Timestamp;
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::{missing, page, shown};
use crate::{
    budget::Limits,
    clock::datetime,
    faults::{Fault, FaultAction},
    lock::locked,
    org::Org,
};

const NEWEST_REQUESTS: usize = 50;
const PAGE: &str = "/console/control";

/// GET `/console/control`
pub(super) async fn control(State(org): State<Arc<Org>>) -> Markup {
    page(
        "Control",
        html! {
            h1 { "Control" }
            p.quiet { "What a test asks of " code { "/_sandbox/" } ", by hand." }
            div.columns {
                div { (requests(&org)) (faults(&org)) }
                // What events there are, and dropping their streams, belongs here as one more section.
                div { (clock(&org)) (sessions(&org)) (limits(&org)) }
            }
        },
    )
}

fn requests(org: &Org) -> Markup {
    let requests = org.activity.requests();
    html! {
        section.panel aria-labelledby="requests" {
            h2 #requests { "Requests " span.quiet { "the newest " (requests.len().min(NEWEST_REQUESTS)) " of " (requests.len()) } }
            @if requests.is_empty() {
                p.empty { "Nothing was asked of the API yet." }
            } @else {
                div.scroll tabindex="0" role="region" aria-label="Requests" {
                    table {
                        thead { tr { th scope="col" { "Status" } th scope="col" { "Method" } th scope="col" { "Path" } } }
                        tbody {
                            @for request in requests.iter().rev().take(NEWEST_REQUESTS) {
                                tr {
                                    td { @if request.status == 0 { "cut off" } @else { (request.status) } }
                                    td { (request.method) }
                                    td { code { (request.path) } }
                                }
                            }
                        }
                    }
                }
                (button("forget-requests", "Forget them"))
            }
        }
    }
}

const ACTIONS: [(&str, &str, FaultAction); 6] = [
    ("status", "Answer with a status", FaultAction::Status),
    ("delay", "Answer late", FaultAction::Delay),
    ("refuse", "Refuse the connection", FaultAction::Refuse),
    ("drop_before_commit", "Hang up before anything is done", FaultAction::DropBeforeCommit),
    ("drop_after_commit", "Hang up after everything is done", FaultAction::DropAfterCommit),
    ("lock_row", "Find the first row locked", FaultAction::LockRow),
];

fn faults(org: &Org) -> Markup {
    let faults = org.faults.list();
    html! {
        section.panel aria-labelledby="faults" {
            h2 #faults { "Faults" }
            @if faults.is_empty() {
                p.empty { "Nothing goes wrong on purpose." }
            } @else {
                ol {
                    @for (place, fault) in faults.iter().enumerate() {
                        li {
                            (words(fault))
                            form method="post" action={ (PAGE) "/remove-fault" } {
                                input type="hidden" name="place" value=(place);
                                button type="submit" aria-label={ "Remove fault " (place + 1) } { "Remove" }
                            }
                        }
                    }
                }
            }
            form.composer method="post" action={ (PAGE) "/add-fault" } {
                label for="action" { "What goes wrong" }
                select #action name="action" {
                    @for (value, words, _) in ACTIONS { option value=(value) { (words) } }
                }
                label for="method" { "Of which method" }
                input #method name="method" placeholder="any";
                label for="path" { "Where the path has" }
                input #path name="path" placeholder="anything, * for a gap";
                label for="times" { "How often" }
                input #times name="times" type="number" min="1" placeholder="until removed";
                label for="status" { "Status, if it answers" }
                input #status name="status" type="number" min="100" max="599" placeholder="503";
                label for="delay" { "Milliseconds, if late" }
                input #delay name="delay_ms" type="number" min="0" placeholder="1000";
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
        @if let Some(delay) = fault.delay_ms { ", " (delay) " ms" }
        @match fault.times {
            Some(times) => { ", " (times) " more" },
            None => ", until removed",
        }
    }
}

fn clock(org: &Org) -> Markup {
    html! {
        section.panel aria-labelledby="clock" {
            h2 #clock { "Clock" }
            p { (shown::moment(&datetime(org.now()))) }
            form.composer method="post" action={ (PAGE) "/move-clock" } {
                label for="seconds" { "Seconds to go forward" }
                input #seconds name="seconds" type="number" min="1" max="31536000" value="3600" required;
                div.actions { button.primary type="submit" { "Move the clock" } }
            }
        }
    }
}

fn sessions(org: &Org) -> Markup {
    let now = org.now();
    let (sessions, grants) = {
        let auth = org.auth();
        (auth.open_sessions(now), auth.grants_count())
    };
    let rotation = org.switches().rotation;
    let moment = |moment: Timestamp| shown::moment(&datetime(moment));
    html! {
        section.panel aria-labelledby="sessions" {
            h2 #sessions { "Sessions" }
            @if sessions.is_empty() { p.empty { "Nobody is logged in." } }
            ul {
                @for session in &sessions {
                    li {
                        (org.user(&session.user).and_then(|user| user.text("Username").map(str::to_owned)).unwrap_or_default())
                        " by " (session.client_id.as_deref().unwrap_or("password"))
                        ", until " (moment(session.expires_at()))
                    }
                }
            }
            p { (grants) @if grants == 1 { " refresh token" } @else { " refresh tokens" } " can make more." }
            div.actions {
                (button("expire-sessions", "Expire all sessions"))
                (button("revoke-tokens", "Revoke all tokens"))
                @if rotation {
                    (button("stop-rotation", "Stop refresh token rotation"))
                } @else {
                    (button("start-rotation", "Start refresh token rotation"))
                }
            }
        }
    }
}

fn limits(org: &Org) -> Markup {
    let limits = org.budget.limits();
    let field = |id: &str, label: &str, value: u64| {
        html! {
            label for=(id) { (label) }
            input id=(id) name=(id) type="number" min="0" value=(value) required;
        }
    };
    html! {
        section.panel aria-labelledby="limits" {
            h2 #limits { "Limits" }
            p { (org.budget.remaining()) " of " (limits.daily) " calls are left, " (org.budget.calls_under_way()) " are under way." }
            form.composer method="post" action={ (PAGE) "/limits" } {
                (field("daily", "Calls in 24 hours", limits.daily))
                (field("remaining", "Calls left", org.budget.remaining()))
                (field("concurrent", "Long calls at once", u64::try_from(limits.concurrent).unwrap_or(u64::MAX)))
                (field("long_call_seconds", "Seconds that make a call long", limits.long_call_seconds))
                (field("session_seconds", "Seconds an unused session lasts", limits.session_seconds))
                div.actions { button.primary type="submit" { "Set the limits" } }
            }
        }
    }
}

fn button(action: &str, words: &str) -> Markup {
    html! {
        form method="post" action={ (PAGE) "/" (action) } { button type="submit" { (words) } }
    }
}

fn back() -> Response {
    Redirect::to(PAGE).into_response()
}

/// POST `/console/control/{action}`, for what needs no form.
pub(super) async fn press(State(org): State<Arc<Org>>, Path(action): Path<String>) -> Response {
    match action.as_str() {
        "forget-requests" => org.activity.clear(),
        "expire-sessions" => {
            org.auth().expire_sessions();
            org.keep_auth().await;
        }
        "revoke-tokens" => {
            org.auth().revoke_all();
            org.keep_auth().await;
        }
        "stop-rotation" => locked(&org.switches).rotation = false,
        "start-rotation" => locked(&org.switches).rotation = true,
        _ => return missing(),
    }
    back()
}

#[derive(Deserialize)]
pub(super) struct MoveClock {
    seconds: u64,
}

pub(super) async fn move_clock(State(org): State<Arc<Org>>, Form(form): Form<MoveClock>) -> Response {
    org.clock.advance(Duration::from_secs(form.seconds));
    back()
}

#[derive(Deserialize)]
pub(super) struct SetLimits {
    daily: u64,
    remaining: u64,
    concurrent: usize,
    long_call_seconds: u64,
    session_seconds: u64,
}

pub(super) async fn set_limits(State(org): State<Arc<Org>>, Form(form): Form<SetLimits>) -> Response {
    org.budget.set_limits(Limits {
        daily: form.daily,
        concurrent: form.concurrent,
        long_call_seconds: form.long_call_seconds,
        session_seconds: form.session_seconds,
    });
    org.budget.set_remaining(form.remaining.min(form.daily), org.now());
    back()
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

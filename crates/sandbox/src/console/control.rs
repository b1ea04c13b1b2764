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

use super::{events, faults, missing, page, shown};
use crate::{budget::Limits, clock::datetime, events::Signal, lock::locked, org::Org};

const NEWEST_REQUESTS: usize = 50;
pub(super) const PAGE: &str = "/console/control";

/// GET `/console/control`
pub(super) async fn control(State(org): State<Arc<Org>>) -> Markup {
    page(
        "Control",
        html! {
            h1 { "Control" }
            p.quiet {
                "What a test asks of " code { "/_sandbox/" } ", by hand. As it was at " (shown::moment(&datetime(org.now())))
                " by the org’s clock. " a href=(PAGE) { "Look again" }
            }
            div.columns {
                div { (requests(&org)) (events::log(&org)) (events::streams(&org)) }
                div { (faults::faults(&org)) (clock(&org)) (sessions(&org)) (limits(&org)) }
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
    let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let field = |id: &str, label: &str, value: u64| {
        html! {
            div.field {
                label for=(id) { (label) }
                input id=(id) name=(id) type="number" min="0" value=(value) required;
            }
        }
    };
    html! {
        section.panel aria-labelledby="limits" {
            h2 #limits { "Limits" }
            p { (org.budget.remaining()) " of " (limits.daily) " calls are left, " (org.budget.calls_under_way()) " are under way." }
            p {
                (org.budget.deliveries_left(org.now())) " of " (limits.delivered_events) " events can be delivered today, "
                (org.budget.publishable(org.now())) " of " (limits.published_events) " published this hour."
            }
            form.composer method="post" action={ (PAGE) "/limits" } {
                div.fields {
                    (field("daily", "Calls in 24 hours", limits.daily))
                    (field("remaining", "Calls left", org.budget.remaining()))
                    (field("concurrent", "Long calls at once", wide(limits.concurrent)))
                    (field("long_call_seconds", "Seconds that make a call long", limits.long_call_seconds))
                    (field("session_seconds", "Seconds an unused session lasts", limits.session_seconds))
                    (field("delivered_events", "Events delivered in 24 hours", limits.delivered_events))
                    (field("published_events", "Platform events published in an hour", limits.published_events))
                    (field("cometd_clients", "CometD clients at once", wide(limits.cometd_clients)))
                    (field("event_streams", "Pub/Sub streams at once", wide(limits.event_streams)))
                }
                div.actions { button.primary type="submit" { "Set the limits" } }
            }
        }
    }
}

pub(super) fn button(action: &str, words: &str) -> Markup {
    html! {
        form method="post" action={ (PAGE) "/" (action) } { button type="submit" { (words) } }
    }
}

pub(super) fn back() -> Response {
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
        "drop-streams" => org.drop_streams(),
        "keep-alive" => org.events.signal(Signal::KeepAlive),
        "expire-events" => {
            if let Err(error) = org.expire_events().await {
                return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response();
            }
        }
        "clear-faults" => org.faults.clear(),
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
    match org.advance_clock(Duration::from_secs(form.seconds)).await {
        Ok(()) => back(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[derive(Deserialize)]
pub(super) struct SetLimits {
    daily: u64,
    remaining: u64,
    concurrent: usize,
    long_call_seconds: u64,
    session_seconds: u64,
    delivered_events: u64,
    published_events: u64,
    cometd_clients: usize,
    event_streams: usize,
}

pub(super) async fn set_limits(State(org): State<Arc<Org>>, Form(form): Form<SetLimits>) -> Response {
    org.budget.set_limits(Limits {
        daily: form.daily,
        concurrent: form.concurrent,
        long_call_seconds: form.long_call_seconds,
        session_seconds: form.session_seconds,
        delivered_events: form.delivered_events,
        published_events: form.published_events,
        cometd_clients: form.cometd_clients,
        event_streams: form.event_streams,
    });
    org.budget.set_remaining(form.remaining.min(form.daily), org.now());
    back()
}

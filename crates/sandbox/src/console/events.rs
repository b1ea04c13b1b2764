//! What was published, and who listens.

use std::sync::Arc;

use axum::{Form, extract::State, response::Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::{
    control::{PAGE, back, button},
    shown,
};
use crate::{
    clock::datetime,
    events::{Event, HEADER, Listener, RETENTION},
    org::Org,
};

/// Events shown of each channel.
const NEWEST: usize = 20;
/// Records linked of each event.
const SHOWN_IDS: usize = 20;

/// The log, channel by channel, the one of the newest event first and open.
pub(super) fn log(org: &Org) -> Markup {
    let topics = org.events.by_topic(NEWEST, org.now());
    let total: usize = topics.iter().map(|topic| topic.count).sum();
    html! {
        section.panel aria-labelledby="events" {
            h2 #events { "Events " span.quiet { (total) " in the log, kept for " (RETENTION.as_secs() / 3_600) " hours" } }
            @if topics.is_empty() {
                p.empty { "Nothing was published. Change a record of an object with change events, and its event appears here." }
            } @else {
                @for (place, topic) in topics.iter().enumerate() {
                    details.channel open[place == 0] {
                        summary { code { (topic.topic) } " " span.count { (topic.count) } }
                        ul.rows {
                            @for event in &topic.newest { li { (one(event)) } }
                        }
                        @if topic.count > topic.newest.len() {
                            p.quiet { "and " (topic.count - topic.newest.len()) " older" }
                        }
                    }
                }
                div.actions { (button("expire-events", "Expire all events")) }
            }
        }
    }
}

fn one(event: &Event) -> Markup {
    let payload = event.payload();
    let of_header = |name: &str| payload.get(HEADER).and_then(|header| header.get(name));
    let ids = of_header("recordIds").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let ids: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
    html! {
        details {
            summary {
                span.replay { (event.replay_id) } " "
                @if let Some(change) = of_header("changeType").and_then(Value::as_str) { strong { (change) } " " }
                @if let Some(first) = ids.first() { code { (first) } " " }
                @if ids.len() > 1 { "and " (ids.len() - 1) " more " }
                span.quiet { (shown::moment(&datetime(event.at))) }
            }
            @if !ids.is_empty() {
                p {
                    @for id in ids.iter().take(SHOWN_IDS) { a href={ "/console/records/" (id) } { code { (id) } } " " }
                    @if ids.len() > SHOWN_IDS { "and " (ids.len() - SHOWN_IDS) " more" }
                }
            }
            pre tabindex="0" role="region" aria-label={ "Payload of event " (event.replay_id) } {
                (serde_json::to_string_pretty(&payload).unwrap_or_default())
            }
        }
    }
}

/// Who subscribes right now.
pub(super) fn streams(org: &Org) -> Markup {
    let listeners = org.listeners();
    html! {
        section.panel aria-labelledby="streams" {
            h2 #streams { "Streams open now " span.quiet { (listeners.len()) } }
            @if listeners.is_empty() {
                p.empty { "Nobody subscribes." }
            } @else {
                ul.rows {
                    @for (place, listener) in listeners.iter().enumerate() { (row(org, place + 1, listener)) }
                }
                div.actions {
                    (button("drop-streams", "Drop all streams"))
                    (button("keep-alive", "Send keep-alives"))
                }
            }
        }
    }
}

fn row(org: &Org, number: usize, listener: &Listener) -> Markup {
    let user = org.user(&listener.user).and_then(|user| user.text("Username").map(str::to_owned));
    html! {
        li.row {
            div {
                strong { (listener.wire) } " " (user.unwrap_or_default())
                @for place in &listener.channels {
                    br;
                    code { (place.channel) } span.quiet { " at " (place.replay_id) }
                }
                br;
                span.quiet {
                    (listener.events) @if listener.events == 1 { " event" } @else { " events" }
                    @if let Some(outstanding) = listener.outstanding { ", " (outstanding) " more asked for" }
                    ", since " (shown::moment(&listener.since))
                }
            }
            form method="post" action={ (PAGE) "/drop-stream" } {
                input type="hidden" name="stream" value=(listener.stream);
                button type="submit" aria-label={ "Drop stream " (number) ", " (listener.wire) } { "Drop" }
            }
        }
    }
}

#[derive(Deserialize)]
pub(super) struct DropStream {
    stream: String,
}

/// POST `/console/control/drop-stream`. One that ended meanwhile is no mistake.
pub(super) async fn drop_stream(State(org): State<Arc<Org>>, Form(form): Form<DropStream>) -> Response {
    org.drop_stream(&form.stream);
    back()
}

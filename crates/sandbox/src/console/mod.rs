//! The web pages on which a person sees what arrived in the org, and answers on a case as somebody who works there.

mod control;
mod events;
mod faults;
mod feed;
mod lists;
mod record;
mod shown;

use std::sync::Arc;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{StatusCode, header};
use maud::{DOCTYPE, Markup, html};

use crate::org::Org;

pub(crate) fn routes() -> Router<Arc<Org>> {
    Router::new()
        .route("/", get(lists::home))
        .route("/console/objects/{object}", get(lists::object))
        .route("/console/records/{id}", get(record::record))
        .route("/console/records/{id}/posts", post(feed::post))
        .route("/console/records/{id}/replies", post(feed::reply))
        .route("/console/control", get(control::control))
        .route("/console/control/move-clock", post(control::move_clock))
        .route("/console/control/limits", post(control::set_limits))
        .route("/console/control/add-fault", post(faults::add_fault))
        .route("/console/control/remove-fault", post(faults::remove_fault))
        .route("/console/control/drop-stream", post(events::drop_stream))
        .route("/console/control/{action}", post(control::press))
        .route("/console/style.css", get(style))
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}

/// A whole page around some content.
pub(crate) fn page(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Sandbox org" }
                link rel="stylesheet" href="/console/style.css";
                link rel="icon" href="data:,";
            }
            body {
                a.skip href="#content" { "Skip to content" }
                header.bar {
                    a.brand href="/" { "Sandbox org" }
                    span.quiet { "a local stand-in for Salesforce, for development" }
                    nav aria-label="Console" { a href="/" { "Records" } " " a href="/console/control" { "Control" } }
                }
                main #content { (content) }
            }
        }
    }
}

fn missing() -> Response {
    let body = page(
        "Not found",
        html! {
            h1 { "Not found" }
            p { "There is no such object or record here. " a href="/" { "See what there is" } "." }
        },
    );
    (StatusCode::NOT_FOUND, body).into_response()
}

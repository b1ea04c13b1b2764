//! The web page on which a person sees what arrived in the org.

use std::sync::Arc;

use axum::Router;
use maud::{DOCTYPE, Markup, html};

use crate::org::Org;

pub(crate) fn routes() -> Router<Arc<Org>> {
    Router::new()
}

/// A whole page around some content.
pub(crate) fn page(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Sandbox org" }
            }
            body { main { (content) } }
        }
    }
}

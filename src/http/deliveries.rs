//! The admin's page about what the org refused for good.

use axum::{
    Form,
    extract::{FromRequestParts, Query, State},
    http::{StatusCode, request::Parts},
    response::Response,
};
use domain::DeliveryId;
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    AppState,
    courses::path_id,
    flash::{self, Told, value},
    identity::SignedIn,
    view::View,
};
use crate::app::{Tone, pages, routes};

#[derive(Deserialize)]
pub(crate) struct Page {
    after: Option<String>,
}

impl Page {
    fn after(&self) -> Option<DeliveryId> {
        self.after.as_deref().and_then(|after| after.parse().ok())
    }
}

pub(crate) async fn show(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    Query(page): Query<Page>,
    Told(notice): Told,
) -> Response {
    match state.engine().dead_deliveries(&actor, page.after()).await {
        Ok(dead) => view.page(StatusCode::OK, pages::deliveries(&view.frame, &dead, notice, None)),
        Err(error) => view.failed(&error),
    }
}

/// The delivery a path names.
pub(crate) struct DeliveryPath(DeliveryId);

impl FromRequestParts<AppState> for DeliveryPath {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Response> {
        path_id(parts).await.map(Self)
    }
}

pub(crate) async fn act(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
    DeliveryPath(id): DeliveryPath,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let engine = state.engine();
    let (done, says) = match value(&fields, "do") {
        "recreate" => (engine.recreate_delivery(&actor, id).await, "It is made again in Salesforce and sent."),
        "forget" => {
            (engine.forget_delivery(&actor, id, value(&fields, "reason")).await, "It is laid aside, with your reason.")
        }
        _ => (engine.retry_delivery(&actor, id).await, "It is sent again."),
    };
    let Err(error) = done else { return flash::back(&session, &view, routes::DELIVERIES, Tone::Good, says).await };
    let Some(refused) = flash::refused(&format!("delivery-{id}"), fields, &error) else { return view.failed(&error) };
    match engine.dead_deliveries(&actor, None).await {
        Ok(dead) => {
            view.page(StatusCode::UNPROCESSABLE_ENTITY, pages::deliveries(&view.frame, &dead, None, Some(&refused)))
        }
        Err(error) => view.failed(&error),
    }
}

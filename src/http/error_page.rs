//! Turns bare errors (no route, wrong method, too long, too slow, refused, panicked) into pages people can read.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{
    AppState, CurrentActor, rest,
    view::{Drawn, View},
};
use crate::app::pages::Failure;

pub(crate) async fn draw(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let reads_pages = reads_pages(&request);
    let for_programs = rest::is_programs_path(request.uri().path());
    let mut view = View::of(&state, request.extensions(), None);
    let bare = next.run(request).await;
    let failed = bare.status().is_client_error() || bare.status().is_server_error();
    if failed && for_programs {
        return rest::say(bare);
    }
    if !failed || !reads_pages || bare.extensions().get::<Drawn>().is_some() {
        return bare;
    }
    view.frame.viewer = CurrentActor::viewer(bare.extensions());
    let mut page = view.failure(&failure(bare.status()));
    keep(bare.headers(), page.headers_mut());
    page
}

/// A person's browser opening a page or sending a form, not a script, an image or a stream.
fn reads_pages(request: &Request) -> bool {
    let path = request.uri().path();
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    !path.starts_with("/api/")
        && !path.starts_with("/health/")
        && accepts.is_some_and(|accept| accept.contains("text/html"))
}

/// What the bare answer said beside its text.
fn keep(from: &HeaderMap, to: &mut HeaderMap) {
    for name in [header::ALLOW, header::RETRY_AFTER, header::SET_COOKIE] {
        for value in from.get_all(&name) {
            to.append(name.clone(), value.clone());
        }
    }
}

fn failure(status: StatusCode) -> Failure {
    let other =
        |title: &str, message: &str| Failure::Other { status, title: title.to_owned(), message: message.to_owned() };
    match status {
        StatusCode::NOT_FOUND => Failure::NotFound,
        StatusCode::FORBIDDEN => Failure::Forbidden,
        StatusCode::TOO_MANY_REQUESTS => Failure::TooMany,
        StatusCode::SERVICE_UNAVAILABLE => Failure::Unavailable,
        StatusCode::UNAUTHORIZED => other("You are signed out", "Sign in, then try again."),
        StatusCode::METHOD_NOT_ALLOWED => other(
            "This address takes no such request",
            "It belongs to a form. Go back to the page you came from and use its buttons.",
        ),
        StatusCode::REQUEST_TIMEOUT => other(
            "That took too long",
            "The portal stopped waiting. Go back, make sure that your text is still there, and try again.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => other(
            "That is too long",
            "The portal takes no text of that length. Go back, shorten it or split it up, and send it again.",
        ),
        status if status.is_server_error() => Failure::Internal,
        _ => other("The portal did not understand that", "Go back, reload the page, and try again."),
    }
}

//! The admins' pages about old comments: sending a file, following its load, and what to do with one that ended.

use axum::{
    Form,
    body::Body,
    extract::{
        FromRequestParts, Multipart, State,
        multipart::{MultipartError, MultipartRejection},
    },
    http::{HeaderValue, Request, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use domain::HistoryLoadId;
use engine::{Error, HistoryUpload, PublicKind};
use tower::ServiceExt;
use tower_http::services::ServeFile;
use tower_sessions::Session;

use super::{
    AppState,
    courses::path_id,
    flash::{self, Told, value},
    identity::SignedIn,
    view::View,
};
use crate::app::{Notice, Tone, pages, routes};

pub(crate) async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Told(notice): Told,
    view: View,
) -> Response {
    list_page(&state, &actor, &view, StatusCode::OK, notice).await
}

async fn list_page(
    state: &AppState,
    actor: &engine::Actor,
    view: &View,
    status: StatusCode,
    notice: Option<Notice>,
) -> Response {
    let has_org = state.engine().org_configured();
    match state.engine().history_loads(actor).await {
        Ok(loads) => view.page(status, pages::history(&view.frame, &loads, has_org, notice)),
        Err(error) => view.failed(&error),
    }
}

/// Why a file was not taken.
enum Trouble {
    Parts(MultipartError),
    Engine(Error),
}

/// The file as it comes in, part by part; the whole of it is never in memory.
async fn take(mut parts: Multipart, mut upload: HistoryUpload) -> Result<HistoryLoadId, Trouble> {
    let (mut name, mut check_only) = (String::new(), true);
    while let Some(mut part) = parts.next_field().await.map_err(Trouble::Parts)? {
        match part.name().unwrap_or_default() {
            "file" => {
                part.file_name().unwrap_or_default().clone_into(&mut name);
                while let Some(bytes) = part.chunk().await.map_err(Trouble::Parts)? {
                    upload.write(&bytes).await.map_err(Trouble::Engine)?;
                }
            }
            // Nothing is loaded unless that button was pressed.
            "mode" => check_only = part.text().await.map_err(Trouble::Parts)? != "load",
            _ => {}
        }
    }
    upload.finish(&name, check_only).await.map_err(Trouble::Engine)
}

pub(crate) async fn receive(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    parts: Result<Multipart, MultipartRejection>,
) -> Response {
    let complain = async |status: StatusCode, text: &str| {
        let notice = Notice { tone: Tone::Bad, text: text.to_owned() };
        list_page(&state, &actor, &view, status, Some(notice)).await
    };
    let Ok(parts) = parts else {
        return complain(StatusCode::UNPROCESSABLE_ENTITY, "Choose a file first.").await;
    };
    let upload = match state.engine().receive_history(&actor).await {
        Ok(upload) => upload,
        Err(error) => return view.failed(&error),
    };
    match take(parts, upload).await {
        Ok(id) => Redirect::to(&routes::history_load(id)).into_response(),
        Err(Trouble::Parts(error)) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let sentence = "The file is larger than 1 GB. Split it, or use casebridge import comments.";
            complain(StatusCode::PAYLOAD_TOO_LARGE, sentence).await
        }
        Err(Trouble::Parts(_)) => {
            complain(StatusCode::UNPROCESSABLE_ENTITY, "The file did not arrive whole. Send it again.").await
        }
        Err(Trouble::Engine(error)) if error.public().kind == PublicKind::Invalid => {
            complain(StatusCode::UNPROCESSABLE_ENTITY, &error.public().message).await
        }
        Err(Trouble::Engine(error)) => view.failed(&error),
    }
}

/// The load a path names.
pub(crate) struct LoadPath(HistoryLoadId);

impl FromRequestParts<AppState> for LoadPath {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Response> {
        path_id(parts).await.map(Self)
    }
}

pub(crate) async fn show(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Told(notice): Told,
    view: View,
    LoadPath(id): LoadPath,
) -> Response {
    match state.engine().history_load(&actor, id).await {
        Ok(load) => view.page(StatusCode::OK, pages::history_load(&view.frame, &load, notice)),
        Err(error) => view.failed(&error),
    }
}

pub(crate) async fn act(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
    LoadPath(id): LoadPath,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let engine = state.engine();
    let here = routes::history_load(id);
    let done = match value(&fields, "do") {
        "stop" => engine.stop_history_load(&actor, id).await,
        "load" => engine.resume_history_load(&actor, id).await,
        "remove" => match engine.remove_history_load(&actor, id).await {
            Ok(()) => {
                let says = "It is removed from the list. What it loaded stays.";
                return flash::back(&session, &view, routes::HISTORY, Tone::Good, says).await;
            }
            Err(error) => Err(error),
        },
        _ => return view.not_found(),
    };
    match done {
        Ok(()) => Redirect::to(&here).into_response(),
        Err(error) if error.public().kind == PublicKind::Conflict => {
            flash::back(&session, &view, &here, Tone::Bad, &error.public().message).await
        }
        Err(error) => view.failed(&error),
    }
}

pub(crate) async fn rejects(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    LoadPath(id): LoadPath,
) -> Response {
    let path = match state.engine().history_rejects(&actor, id).await {
        Ok(path) => path,
        Err(error) => return view.failed(&error),
    };
    let answered = ServeFile::new(path).oneshot(Request::new(())).await;
    let mut response = match answered {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jsonl; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"left-out.jsonl\""));
    response
}

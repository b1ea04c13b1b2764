//! Writing into a thread by plain forms: post, retry, keep as draft. A refused post comes back in its composer, with the reason.

use axum::{
    Form,
    extract::{FromRequest, FromRequestParts, Multipart, Request, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use domain::{CaseId, CasePlace, CourseId, CourseRunId, PostId, PostKey, Visibility};
use engine::{Actor, DraftText, NewComment, PublicKind, Wait};
use serde::Deserialize;

use super::{
    AppState, CurrentActor,
    courses::{PlacePath, path_id},
    identity::SignedIn,
    log_fault,
    view::View,
};
use crate::app::{
    pages::{self, PendingCase, PendingComment, SignIn},
    routes,
};

/// As the composer sends it. Texts, so that whatever is wrong can be answered in place.
#[derive(Default, Deserialize)]
pub(crate) struct CommentForm {
    #[serde(default)]
    key: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    run: String,
    #[serde(default)]
    visibility: String,
}

const NO_SUCH_RUN: &str = "That course run is not one of this course. Pick another, or none.";

impl CommentForm {
    fn key(&self, state: &AppState) -> PostKey {
        // A form without a key can't be told from its repetition, but it is no reason to lose the text.
        self.key.parse().unwrap_or_else(|_| state.random().uuid_v7(state.clock().now()).into())
    }

    /// # Errors
    /// Something other than an id was sent.
    fn run(&self) -> Result<Option<CourseRunId>, &'static str> {
        match self.run.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| NO_SUCH_RUN),
        }
    }

    fn visibility(&self) -> Visibility {
        Visibility::from_name(&self.visibility)
    }
}

pub(crate) async fn post(
    State(state): State<AppState>,
    axum::Extension(current): axum::Extension<CurrentActor>,
    view: View,
    PlacePath(place): PlacePath,
    headers: HeaderMap,
    Form(form): Form<CommentForm>,
) -> Response {
    let Some(actor) = current.0 else { return signed_out(&view, place, form) };
    let run = match form.run() {
        Ok(run) => run,
        Err(sentence) => {
            return refused(&state, &view, &actor, place, &form, StatusCode::UNPROCESSABLE_ENTITY, sentence).await;
        }
    };
    let comment = NewComment { key: form.key(&state), body: form.body.clone(), visibility: form.visibility(), run };
    match state.engine().post_comment(&actor, place, comment, wait(&headers)).await {
        Ok(post) => Redirect::to(&post_address(place, post.id)).into_response(),
        Err(error) => {
            let public = error.public();
            let Some(status) = status_of_form(public.kind) else { return view.failed(&error) };
            log_fault(&error);
            refused(&state, &view, &actor, place, &form, status, &public.message).await
        }
    }
}

/// With which status a form comes back, text and all. None: there is no form to come back to.
pub(crate) fn status_of_form(refusal: PublicKind) -> Option<StatusCode> {
    match refusal {
        PublicKind::Invalid => Some(StatusCode::UNPROCESSABLE_ENTITY),
        PublicKind::Conflict => Some(StatusCode::CONFLICT),
        PublicKind::RateLimited => Some(StatusCode::TOO_MANY_REQUESTS),
        PublicKind::Unavailable => Some(StatusCode::SERVICE_UNAVAILABLE),
        _ => None,
    }
}

/// A refused form leaves its own address in the browser, and people load that again.
pub(crate) async fn back_to_thread(PlacePath(place): PlacePath) -> Redirect {
    Redirect::to(&routes::thread(place))
}

/// RFC 7240: who sends `Prefer: respond-async` is answered as soon as the post is stored.
pub(crate) fn wait(headers: &HeaderMap) -> Wait {
    let asynchronous = headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|preference| preference.trim().eq_ignore_ascii_case("respond-async"));
    if asynchronous { Wait::ForNothing } else { Wait::ForOutcome }
}

/// The log-in form with the text in it: nothing typed is lost because a session ended meanwhile.
fn signed_out(view: &View, place: CasePlace, form: CommentForm) -> Response {
    let visibility = form.visibility();
    let run = form.run().ok().flatten();
    let sign_in = SignIn {
        email: String::new(),
        next: None,
        error: None,
        pending: Some(PendingComment {
            course: place.course,
            case: place.case.map_or(PendingCase::Default, PendingCase::Known),
            key: form.key,
            body: form.body,
            visibility,
            run,
        }),
    };
    view.page(StatusCode::UNAUTHORIZED, pages::sign_in(&view.frame, sign_in))
}

/// The course's page again, with the text, the pick and the reason in the composer they came from.
async fn refused(
    state: &AppState,
    view: &View,
    actor: &Actor,
    place: CasePlace,
    form: &CommentForm,
    status: StatusCode,
    sentence: &str,
) -> Response {
    let mut page = match state.engine().course(actor, place).await {
        Ok(page) => page,
        Err(error) => return view.failed(&error),
    };
    let composer = match form.visibility() {
        Visibility::Public => page.composer.as_mut(),
        Visibility::Internal => page.internal_composer.as_mut(),
    };
    let Some(composer) = composer else { return view.not_found() };
    // A key that belongs to another text would be refused again: the composer's own is fresh or the draft's.
    if status != StatusCode::CONFLICT {
        composer.key = form.key(state);
    } else if form.key.parse() == Ok(composer.key) {
        composer.key = state.random().uuid_v7(state.clock().now()).into();
    }
    composer.body.clone_from(&form.body);
    composer.run = form.run().ok().flatten();
    composer.error = Some(sentence.to_owned());
    view.page(status, pages::course(&view.frame, page, None))
}

#[derive(Deserialize)]
pub(crate) struct RetryForm {
    #[serde(default)]
    course: String,
    /// Blank for the default one.
    #[serde(default)]
    case: String,
}

/// The post a path names.
pub(crate) struct PostPath(PostId);

impl FromRequestParts<AppState> for PostPath {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Response> {
        path_id(parts).await.map(Self)
    }
}

pub(crate) async fn retry(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    PostPath(post): PostPath,
    Form(form): Form<RetryForm>,
) -> Response {
    match state.engine().retry_post(&actor, post).await {
        Ok(post) => match form.course.parse::<CourseId>() {
            Ok(course) => {
                let place = CasePlace { course, case: form.case.parse::<CaseId>().ok() };
                Redirect::to(&routes::post(place, post.id)).into_response()
            }
            Err(_) => Redirect::to("/courses").into_response(),
        },
        Err(error) => view.failed(&error),
    }
}

/// For a page that is being left: what was typed is sent as a form that nobody waits for.
pub(crate) async fn save_draft(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    PlacePath(place): PlacePath,
    AnyForm(form): AnyForm,
) -> StatusCode {
    let Ok(key) = form.key.parse() else { return StatusCode::UNPROCESSABLE_ENTITY };
    let draft = DraftText { key, visibility: form.visibility(), run: form.run().ok().flatten(), body: form.body };
    match state.engine().save_draft(&actor, place, draft).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(error) => {
            log_fault(&error);
            match error.public().kind {
                PublicKind::NotFound | PublicKind::Forbidden => StatusCode::NOT_FOUND,
                PublicKind::Invalid | PublicKind::Conflict => StatusCode::UNPROCESSABLE_ENTITY,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            }
        }
    }
}

/// A comment form in either encoding: pages send the plain one, `navigator.sendBeacon` the one with parts.
pub(crate) struct AnyForm(CommentForm);

impl FromRequest<AppState> for AnyForm {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("multipart/form-data") {
            return Form::from_request(request, state)
                .await
                .map(|Form(form)| Self(form))
                .map_err(IntoResponse::into_response);
        }
        let mut parts = Multipart::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        let mut form = CommentForm::default();
        while let Some(part) = parts.next_field().await.map_err(IntoResponse::into_response)? {
            let name = part.name().unwrap_or_default().to_owned();
            let text = part.text().await.map_err(IntoResponse::into_response)?;
            match name.as_str() {
                "key" => form.key = text,
                "body" => form.body = text,
                "run" => form.run = text,
                "visibility" => form.visibility = text,
                _ => {}
            }
        }
        Ok(Self(form))
    }
}

pub(crate) fn post_address(place: CasePlace, post: PostId) -> String {
    format!("{}#post-{post}", routes::thread(place))
}

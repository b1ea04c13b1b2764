//! Signing in and out.

use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use domain::{CaseId, CasePlace, CourseId, CourseRunId, PostKey, Visibility};
use engine::{Actor, CaseDraft, DraftText, PublicKind};
use secrecy::SecretString;
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    AppState, CurrentActor, client_address::ClientAddress, identity::Unknown, local_path::LocalPath, log_fault,
    rate_limit::RetryAfter, session, view::View,
};
use crate::app::{
    pages::{self, Failure, PendingCase, PendingComment, SignIn},
    routes,
};

const HOME: &str = "/courses";

pub(crate) async fn home(axum::Extension(current): axum::Extension<CurrentActor>) -> Redirect {
    Redirect::to(if current.0.is_some() { HOME } else { "/login" })
}

#[derive(Deserialize)]
pub(crate) struct SignInQuery {
    #[serde(default)]
    next: String,
}

pub(crate) async fn show(
    axum::Extension(current): axum::Extension<CurrentActor>,
    view: View,
    Query(query): Query<SignInQuery>,
) -> Response {
    let next = LocalPath::parse(&query.next);
    if current.0.is_some() {
        return Redirect::to(next.as_ref().map_or(HOME, LocalPath::as_str)).into_response();
    }
    let form =
        SignIn { email: String::new(), next: next.map(|next| next.as_str().to_owned()), error: None, pending: None };
    view.page(StatusCode::OK, pages::sign_in(&view.frame, form))
}

/// What the form sends. Everything is optional here, so that an incomplete form is answered with a sentence.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    pending_course: String,
    #[serde(default)]
    pending_case: String,
    #[serde(default)]
    pending_subject: String,
    #[serde(default)]
    pending_key: String,
    #[serde(default)]
    pending_body: String,
    #[serde(default)]
    pending_visibility: String,
    #[serde(default)]
    pending_run: String,
}

impl Credentials {
    fn pending(&self) -> Option<PendingComment> {
        let course: CourseId = self.pending_course.parse().ok()?;
        Some(PendingComment {
            course,
            case: match self.pending_case.parse::<CaseId>() {
                Ok(case) => PendingCase::Known(case),
                Err(_) if self.pending_case == PendingCase::NEW => PendingCase::New(self.pending_subject.clone()),
                Err(_) => PendingCase::Default,
            },
            key: self.pending_key.clone(),
            body: self.pending_body.clone(),
            visibility: Visibility::from_name(&self.pending_visibility),
            run: self.pending_run.parse::<CourseRunId>().ok(),
        })
    }

    fn again(&self, error: impl Into<String>) -> SignIn {
        SignIn {
            email: self.email.clone(),
            next: LocalPath::parse(&self.next).map(|next| next.as_str().to_owned()),
            error: Some(error.into()),
            pending: self.pending(),
        }
    }
}

pub(crate) async fn sign_in(
    State(state): State<AppState>,
    session: Session,
    address: ClientAddress,
    view: View,
    Form(form): Form<Credentials>,
) -> Response {
    let again = |status: StatusCode, error: &str| view.page(status, pages::sign_in(&view.frame, form.again(error)));
    if form.email.trim().is_empty() || form.password.is_empty() {
        return again(StatusCode::UNPROCESSABLE_ENTITY, "Write your email address and your password.");
    }
    if let Err(RetryAfter(seconds)) = state.sign_in_attempts().count(address.0, &form.email) {
        let minutes = seconds.div_ceil(60);
        let wait = if minutes == 1 { "a minute".to_owned() } else { format!("{minutes} minutes") };
        let sentence = format!("Too many tries. Wait {wait}, then try again.");
        let mut response = again(StatusCode::TOO_MANY_REQUESTS, &sentence);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return response;
    }
    let actor = match state.engine().sign_in(&form.email, SecretString::from(form.password.as_str())).await {
        Ok(actor) => actor,
        Err(error) => {
            log_fault(&error);
            let public = error.public();
            return again(status(public.kind), &public.message);
        }
    };
    state.sign_in_attempts().forgive(address.0, &form.email);
    if let Err(error) = session::begin(&state, &session, actor.user()).await {
        tracing::warn!(%error, "a session could not be made");
        return again(StatusCode::SERVICE_UNAVAILABLE, "You can't be signed in right now. Try again in a moment.");
    }
    tracing::info!(user.id = %actor.user(), "signed in");
    match form.pending() {
        Some(pending) => keep_as_draft(&state, &view, &actor, pending).await,
        None => {
            let next = LocalPath::parse(&form.next);
            Redirect::to(next.as_ref().map_or(HOME, LocalPath::as_str)).into_response()
        }
    }
}

/// A comment posted without a session waits in the composer of its course now; it is not posted by itself, because who signed in
/// need not be who wrote it.
async fn keep_as_draft(state: &AppState, view: &View, actor: &Actor, pending: PendingComment) -> Response {
    let key: PostKey = match pending.key.parse() {
        Ok(key) => key,
        Err(_) => state.random().uuid_v7(state.clock().now()).into(),
    };
    let PendingComment { course, visibility, run, .. } = pending;
    let body = pending.body.clone();
    let engine = state.engine();
    let (kept, page) = match pending.case {
        PendingCase::New(subject) => {
            let draft = CaseDraft { key, subject, body, run, visibility };
            (engine.save_case_draft(actor, course, draft).await, routes::new_case(course))
        }
        case => {
            let case = if let PendingCase::Known(case) = case { Some(case) } else { None };
            let place = CasePlace { course, case };
            let draft = DraftText { key, body, visibility, run };
            (engine.save_draft(actor, place, draft).await, routes::thread(place))
        }
    };
    match kept {
        Ok(()) => Redirect::to(&page).into_response(),
        Err(error) => {
            log_fault(&error);
            // The only copy of the text is in this request, so it goes back with the answer.
            view.failure(&Failure::Other {
                status: status(error.public().kind),
                title: "You are signed in, but your comment could not be kept".to_owned(),
                message: format!("{} Copy your text from here: {}", error.public().message, pending.body),
            })
        }
    }
}

pub(crate) async fn sign_out(State(state): State<AppState>, session: Session, view: View) -> Response {
    if let Err(error) = session::end(&state, &session).await {
        return Unknown::Session(error).answer(&view);
    }
    let mut response = Redirect::to("/login").into_response();
    session::forget_cookie(&state, &mut response);
    response
}

const fn status(kind: PublicKind) -> StatusCode {
    match kind {
        PublicKind::BadCredentials => StatusCode::UNAUTHORIZED,
        PublicKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        PublicKind::NotFound => StatusCode::NOT_FOUND,
        PublicKind::Forbidden => StatusCode::FORBIDDEN,
        PublicKind::Conflict => StatusCode::CONFLICT,
        PublicKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        PublicKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        PublicKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

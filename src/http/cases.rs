//! Opening a case by a plain form, and changing one's status and owner. A refused form comes back with everything typed in it.

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use domain::{CasePlace, CourseId, CourseRunId, PostKey, Visibility};
use engine::{Actor, NewCaseInput, NewPost, Public};
use serde::Deserialize;

use super::{
    AppState, CurrentActor, comments,
    courses::{CoursePath, PlacePath},
    identity::SignedIn,
    log_fault,
    view::View,
};
use crate::app::{
    pages::{self, NewCaseForm, PendingCase, PendingComment, SignIn},
    routes,
};

/// As the page sends it. Texts, so that whatever is wrong can be answered in place.
#[derive(Default, Deserialize)]
pub(crate) struct CaseForm {
    #[serde(default)]
    key: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    run: String,
}

impl CaseForm {
    fn key(&self, state: &AppState) -> PostKey {
        // A form without a key can't be told from its repetition, but it is no reason to lose the text.
        self.key.parse().unwrap_or_else(|_| state.random().uuid_v7(state.clock().now()).into())
    }

    fn run(&self) -> Option<CourseRunId> {
        self.run.parse().ok()
    }
}

pub(crate) async fn new(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    CoursePath(course): CoursePath,
) -> Response {
    let engine = state.engine();
    let read = async { Ok((engine.case_draft(&actor, course).await?, engine.course(&actor, course).await?)) };
    match read.await {
        Ok((draft, course)) => {
            let form =
                NewCaseForm { key: draft.key, subject: draft.subject, body: draft.body, run: draft.run, problem: None };
            view.page(StatusCode::OK, pages::new_case(&view.frame, &course, form))
        }
        Err(error) => view.failed(&error),
    }
}

/// A refused form leaves its own address in the browser, and people load that again.
pub(crate) async fn back_to_form(CoursePath(course): CoursePath) -> Redirect {
    Redirect::to(&routes::new_case(course))
}

pub(crate) async fn open(
    State(state): State<AppState>,
    axum::Extension(current): axum::Extension<CurrentActor>,
    view: View,
    CoursePath(course): CoursePath,
    headers: HeaderMap,
    Form(form): Form<CaseForm>,
) -> Response {
    let Some(actor) = current.0 else { return signed_out(&view, course, form) };
    let page = match state.engine().course(&actor, course).await {
        Ok(page) => page,
        Err(error) => return view.failed(&error),
    };
    // A run that isn't the course's stays as it was sent, and is refused for what it is.
    let run_key = page.runs.iter().find(|run| Some(run.id) == form.run()).map(|run| run.key.clone());
    let run_key = run_key.or_else(|| Some(form.run.clone()).filter(|run| !run.is_empty()));
    let first = NewPost {
        key: form.key(&state),
        body: form.body.clone(),
        visibility: Visibility::Public,
        run_key: run_key.clone(),
    };
    let case = NewCaseInput { course, run_key, subject: form.subject.clone(), first };
    match state.engine().open_case(&actor, case, comments::wait(&headers)).await {
        Ok(case) => Redirect::to(&routes::thread(CasePlace { course, case: Some(case.id) })).into_response(),
        Err(error) => {
            let public = error.public();
            let Some(status) = comments::status_of_form(public.kind) else { return view.failed(&error) };
            log_fault(&error);
            let problem = Some(problem(public));
            // A key that belongs to another text would be refused again.
            let key = match status {
                StatusCode::CONFLICT => state.random().uuid_v7(state.clock().now()).into(),
                _ => form.key(&state),
            };
            let run = form.run();
            let form = NewCaseForm { key, run, subject: form.subject, body: form.body, problem };
            view.page(status, pages::new_case(&view.frame, &page, form))
        }
    }
}

fn problem(public: Public) -> (Option<&'static str>, String) {
    (public.field, public.message)
}

/// The log-in form with everything in it: nothing typed is lost because a session ended meanwhile.
fn signed_out(view: &View, course: CourseId, form: CaseForm) -> Response {
    let run = form.run();
    let sign_in = SignIn {
        pending: Some(PendingComment {
            course,
            case: PendingCase::New(form.subject),
            key: form.key,
            body: form.body,
            visibility: Visibility::Public,
            run,
        }),
        ..SignIn::default()
    };
    view.page(StatusCode::UNAUTHORIZED, pages::sign_in(&view.frame, sign_in))
}

#[derive(Deserialize)]
pub(crate) struct StatusForm {
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
pub(crate) struct OwnerForm {
    #[serde(default)]
    owner: String,
}

pub(crate) async fn set_status(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    PlacePath(place): PlacePath,
    Form(form): Form<StatusForm>,
) -> Response {
    let set = state.engine().set_case_status(&actor, place, &form.status).await;
    back_to_case(&state, &actor, &view, place, set).await
}

pub(crate) async fn set_owner(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    PlacePath(place): PlacePath,
    Form(form): Form<OwnerForm>,
) -> Response {
    let set = state.engine().set_case_owner(&actor, place, &form.owner).await;
    back_to_case(&state, &actor, &view, place, set).await
}

/// To where the case shows; the default one with its course.
async fn back_to_case(
    state: &AppState,
    actor: &Actor,
    view: &View,
    place: CasePlace,
    set: Result<(), engine::Error>,
) -> Response {
    let read = match set {
        Ok(()) => match place.case {
            Some(case) => state.engine().case(actor, case).await,
            None => return view.not_found(),
        },
        Err(error) => Err(error),
    };
    match read {
        Ok(case) if case.is_default => Redirect::to(&routes::course(place.course)).into_response(),
        Ok(_) => Redirect::to(&routes::thread(place)).into_response(),
        Err(error) => view.failed(&error),
    }
}

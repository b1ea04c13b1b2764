//! "My courses" and a course's page.

use axum::{
    extract::{FromRequestParts, Path, Query, RawPathParams, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use domain::{CasePlace, CourseId};
use engine::{CaseFilter, CaseState, CourseFilter, Window};
use serde::Deserialize;

use super::{AppState, identity::SignedIn, view::View};
use crate::app::{
    pages::{self, ListPart},
    routes,
};

#[derive(Deserialize)]
pub(crate) struct CoursesQuery {
    q: Option<String>,
    after: Option<String>,
}

pub(crate) async fn list(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    Query(query): Query<CoursesQuery>,
) -> Response {
    let search = query.q.unwrap_or_default();
    let part = if query.after.is_some() { ListPart::Later } else { ListPart::First };
    let filter = CourseFilter {
        text: Some(search.trim().to_owned()).filter(|text| !text.is_empty()),
        after: query.after.filter(|after| !after.is_empty()),
    };
    match state.engine().my_courses(&actor, filter).await {
        Ok(list) => view.page(StatusCode::OK, pages::courses(&view.frame, &list, &search, part)),
        Err(error) => view.failed(&error),
    }
}

/// Which cases the list beside the thread holds, and which window of the thread is shown. Texts, so that one that means nothing asks
/// for all cases, and for the latest window.
#[derive(Deserialize)]
pub(crate) struct PageQuery {
    #[serde(default)]
    run: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    before: String,
    #[serde(default)]
    from: String,
}

impl PageQuery {
    fn window(&self) -> Window {
        Window::asked(self.before.parse().ok(), self.from.parse().ok())
    }

    fn filter(&self) -> CaseFilter {
        let state = match self.state.as_str() {
            "open" => Some(CaseState::Open),
            "closed" => Some(CaseState::Closed),
            _ => None,
        };
        CaseFilter { run: self.run.parse().ok(), state }
    }
}

pub(crate) async fn show(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    PlacePath(place): PlacePath,
    Query(query): Query<PageQuery>,
) -> Response {
    match state.engine().course_with(&actor, place, query.filter(), query.window()).await {
        // The default case has one address: its course's.
        Ok(page) if place.case.is_some() && page.shown.as_ref().is_some_and(|case| case.is_default) => {
            Redirect::to(&routes::course(place.course)).into_response()
        }
        Ok(page) => view.page(StatusCode::OK, pages::course(&view.frame, page, None)),
        Err(error) => view.failed(&error),
    }
}

/// The course a path names. A text that is no id names nothing, and is answered as such.
pub(crate) struct CoursePath(pub(crate) CourseId);

impl FromRequestParts<AppState> for CoursePath {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Response> {
        path_id(parts).await.map(Self)
    }
}

/// The case a path names: `/courses/{course}` the default one, `/courses/{course}/cases/{case}` any.
pub(crate) struct PlacePath(pub(crate) CasePlace);

impl FromRequestParts<AppState> for PlacePath {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Response> {
        let not_found = || StatusCode::NOT_FOUND.into_response();
        let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| not_found())?;
        let text = |wanted: &str| params.iter().find(|(name, _)| *name == wanted).map(|(_, text)| text);
        let course = text("course").and_then(|course| course.parse().ok()).ok_or_else(not_found)?;
        let case = text("case").map(str::parse).transpose().map_err(|_| not_found())?;
        Ok(Self(CasePlace { course, case }))
    }
}

/// # Errors
/// A bare 404, drawn by the error pages.
pub(crate) async fn path_id<T: std::str::FromStr>(parts: &mut Parts) -> Result<T, Response> {
    let not_found = || StatusCode::NOT_FOUND.into_response();
    let Path(text) = Path::<String>::from_request_parts(parts, &()).await.map_err(|_| not_found())?;
    text.parse().map_err(|_| not_found())
}

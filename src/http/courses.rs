//! "My courses" and a course's page.

use axum::{
    extract::{FromRequestParts, Path, Query, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use domain::CourseId;
use engine::CourseFilter;
use serde::Deserialize;

use super::{AppState, identity::SignedIn, view::View};
use crate::app::pages::{self, ListPart};

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

pub(crate) async fn show(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    CoursePath(course): CoursePath,
) -> Response {
    match state.engine().course(&actor, course).await {
        Ok(course) => view.page(StatusCode::OK, pages::course(&view.frame, course, None)),
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

/// # Errors
/// A bare 404, drawn by the error pages.
pub(crate) async fn path_id<T: std::str::FromStr>(parts: &mut Parts) -> Result<T, Response> {
    let not_found = || StatusCode::NOT_FOUND.into_response();
    let Path(text) = Path::<String>::from_request_parts(parts, &()).await.map_err(|_| not_found())?;
    text.parse().map_err(|_| not_found())
}

//! Courses of the catalogue.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use engine::{CourseEntry, CourseInput};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Problem, answer, body::Body, caller::Caller, parameters::PathText};
use crate::http::AppState;

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Course {
    uuid: Uuid,
    #[schema(example = "MITx+6.002x")]
    key: String,
    title: String,
    /// Keys of the authoring organizations, the one that publishes first.
    organizations: Vec<String>,
    /// Addresses of its editors, in order of the alphabet. Staff and admins alone are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!(["mia@mitx.test"]))]
    editors: Option<Vec<String>>,
}

impl From<CourseEntry> for Course {
    fn from(course: CourseEntry) -> Self {
        let CourseEntry { id, key, title, organizations, editors } = course;
        Self { uuid: id.as_uuid(), key, title, organizations, editors }
    }
}

/// What a course is to be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CourseBody {
    #[schema(example = "MITx+6.002x", min_length = 1, max_length = 255)]
    key: String,
    #[schema(example = "Circuits and Electronics", min_length = 1, max_length = 1000)]
    title: String,
    /// Keys of organizations that are there already, the one that publishes first.
    #[schema(example = json!(["MITx"]), min_items = 1)]
    organizations: Vec<String>,
    /// Addresses of everybody who is to be an editor, all of them known here. Left out: they stay as they are.
    #[schema(example = json!(["mia@mitx.test"]))]
    editors: Option<Vec<String>>,
}

/// One course
#[utoipa::path(get, path = "/api/v1/courses/{uuid}", tag = "Catalogue", operation_id = "getCourse",
    params(("uuid" = Uuid, Path)),
    responses((status = 200, description = "The course", body = Course)))]
pub(crate) async fn show(
    State(state): State<AppState>,
    Caller(actor): Caller,
    uuid: PathText,
) -> Result<Response, Problem> {
    let course = state.engine().course_entry(&actor, uuid.id("uuid")?).await?;
    Ok(Json(Course::from(course)).into_response())
}

/// Make or change a course
///
/// Staff and admins only. Salesforce follows by itself.
#[utoipa::path(put, path = "/api/v1/courses/{uuid}", tag = "Catalogue", operation_id = "putCourse",
    params(("uuid" = Uuid, Path)),
    request_body = CourseBody,
    responses((status = 200, description = "It was there", body = Course),
              (status = 201, description = "It is new", body = Course)))]
pub(crate) async fn save(
    State(state): State<AppState>,
    Caller(actor): Caller,
    uuid: PathText,
    Body(body): Body<CourseBody>,
) -> Result<Response, Problem> {
    let id = uuid.id("uuid")?;
    let CourseBody { key, title, organizations, editors } = body;
    let saved = state.engine().put_course(&actor, id, CourseInput { key, title, organizations, editors }).await?;
    let course = state.engine().course_entry(&actor, id).await?;
    Ok((answer::saved(saved), Json(Course::from(course))).into_response())
}

//! Cases: of a course or run, one alone, a new one.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use engine::{NewCaseInput, NewPost};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Problem, answer,
    body::Body,
    caller::Caller,
    idempotency::{self, IdempotencyKey},
    parameters::{PathText, Query},
    shapes::{Case, Cases, PostVisibility},
};
use crate::http::{AppState, comments::wait};

/// A case to open, with its first post.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCaseBody {
    course: Uuid,
    /// Key of one of the course's runs.
    course_run: Option<String>,
    #[schema(example = "Captions are missing", min_length = 1, max_length = 255)]
    subject: String,
    /// The first post: plain text.
    #[schema(example = "The second week's videos have none.", min_length = 1)]
    body: String,
    /// Of the first post: `public`, for partners see every case of their courses and its subject. Internal notes are added afterwards.
    #[serde(default)]
    #[schema(value_type = String, pattern = "^public$", example = "public")]
    visibility: PostVisibility,
}

/// Cases of a course
#[utoipa::path(get, path = "/api/v1/courses/{uuid}/cases", tag = "Cases", operation_id = "listCourseCases",
    params(("uuid" = Uuid, Path), ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many at most; 50 unless said"),
           ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, description = "Oldest first", body = Cases, headers(("Link" = Option<String>, description = "The next page")))))]
pub(crate) async fn of_course(
    State(state): State<AppState>,
    Caller(actor): Caller,
    uuid: PathText,
    query: Query,
) -> Result<Response, Problem> {
    let course = uuid.id("uuid")?;
    let page = state.engine().cases_of_course(&actor, course, &query.page()?).await?;
    Ok(paged(&state, page.into(), &format!("/api/v1/courses/{course}/cases"), &query))
}

/// Cases about a course run
#[utoipa::path(get, path = "/api/v1/course-runs/{key}/cases", tag = "Cases", operation_id = "listCourseRunCases",
    params(("key" = String, Path), ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many at most; 50 unless said"),
           ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, description = "Oldest first", body = Cases, headers(("Link" = Option<String>, description = "The next page")))))]
pub(crate) async fn of_run(
    State(state): State<AppState>,
    Caller(actor): Caller,
    key: PathText,
    query: Query,
    uri: axum::http::Uri,
) -> Result<Response, Problem> {
    let page = state.engine().cases_of_run(&actor, key.as_str(), &query.page()?).await?;
    Ok(paged(&state, page.into(), uri.path(), &query))
}

fn paged(state: &AppState, cases: Cases, path: &str, query: &Query) -> Response {
    let next = cases.next.clone();
    let mut response = Json(cases).into_response();
    if let Some(next) = next {
        answer::link_next(state, &mut response, path, &with_cursor(query, &next));
    }
    response
}

/// What was asked for, from there on.
pub(crate) fn with_cursor<'a>(query: &'a Query, cursor: &'a str) -> Vec<(&'a str, &'a str)> {
    query.iter().filter(|(name, _)| *name != "cursor").chain([("cursor", cursor)]).collect()
}

/// One case
#[utoipa::path(get, path = "/api/v1/cases/{id}", tag = "Cases", operation_id = "getCase",
    params(("id" = Uuid, Path), ("If-None-Match" = Option<String>, Header, description = "ETag of an earlier answer")),
    responses((status = 200, description = "The case", body = Case, headers(("ETag" = String, description = "Of this answer"))),
              (status = 304, description = "It is as it was")))]
pub(crate) async fn show(
    State(state): State<AppState>,
    Caller(actor): Caller,
    id: PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let case = Case::from(state.engine().case(&actor, id.id("id")?).await?);
    let etag = answer::etag(&[&serde_json::to_vec(&case).unwrap_or_default()]);
    if answer::has_already(&headers, &etag) {
        return Ok(answer::not_modified(&etag));
    }
    Ok(answer::with_etag(Json(case).into_response(), &etag))
}

/// Open a case with its first post
///
/// Whoever may write to the course. Partners see the case, its subject and this first post, so the post is public; internal notes are
/// added afterwards. With an `Idempotency-Key` the same request again answers with the same case.
#[utoipa::path(post, path = "/api/v1/cases", tag = "Cases", operation_id = "openCase",
    params(("Idempotency-Key" = Option<String>, Header, description = "Any name for this request, such as a UUID")),
    request_body = NewCaseBody,
    responses((status = 201, description = "The case", body = Case, headers(("Location" = String, description = "Where it is"))),
              (status = 422, description = "The first post would be internal", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn open(
    State(state): State<AppState>,
    Caller(actor): Caller,
    key: IdempotencyKey,
    headers: HeaderMap,
    Body(body): Body<NewCaseBody>,
) -> Result<Response, Problem> {
    let first = NewPost {
        key: key.post_key(&state, &actor)?,
        body: body.body,
        visibility: body.visibility.into(),
        run_key: body.course_run.clone(),
    };
    let case = NewCaseInput { course: body.course.into(), run_key: body.course_run, subject: body.subject, first };
    let opened = state.engine().open_case(&actor, case, wait(&headers)).await;
    let case = opened.map_err(|error| {
        idempotency::told(error.into()).with_status_for("visibility", StatusCode::UNPROCESSABLE_ENTITY)
    })?;
    Ok(answer::created(&format!("/api/v1/cases/{}", case.id), Case::from(case)))
}

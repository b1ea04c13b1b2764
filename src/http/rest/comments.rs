//! The Publisher's comments API, as its callers know it: shapes, statuses, the order of checks, and two messages word for word.
//! What is beyond it (`id`, `state`, `visibility`, pages, `Idempotency-Key`) is there only for who asks or looks.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::{CourseId, Timestamp};
use engine::NewCourseComment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Problem, answer,
    body::Body,
    caller::Caller,
    cases::with_cursor,
    idempotency::{self, IdempotencyKey},
    parameters::{Query, id},
    shapes::{Delivery, PostVisibility},
};
use crate::http::{AppState, comments::wait};

const NO_COURSE: &str = "You must include a course_uuid in your query parameters.";

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Comment {
    id: Uuid,
    user: CommentUser,
    course_run_key: Option<String>,
    comment: String,
    #[schema(example = "2000-01-01T00:00:00.000+0000")]
    created: String,
    state: Delivery,
    visibility: PostVisibility,
}

/// What isn't known, or isn't for you, is empty: partners don't see addresses of staff.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CommentUser {
    username: String,
    email: String,
    first_name: String,
    last_name: String,
}

impl From<engine::Comment> for Comment {
    fn from(comment: engine::Comment) -> Self {
        let engine::CommentUser { username, email, first_name, last_name } = comment.user;
        Self {
            id: comment.id.as_uuid(),
            user: CommentUser { username, email, first_name, last_name },
            course_run_key: comment.run_key,
            comment: comment.body,
            created: as_salesforce_writes(comment.created),
            state: Delivery::from(&comment.state),
            visibility: comment.visibility.into(),
        }
    }
}

/// `2000-01-01T00:00:00.000+0000`
fn as_salesforce_writes(moment: Timestamp) -> String {
    format!("{}+0000", moment.to_rfc3339().trim_end_matches('Z'))
}

/// A comment to make. `course_uuid` and `comment` have to be there.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCommentBody {
    #[schema(value_type = Uuid, required = true)]
    course_uuid: Option<String>,
    #[schema(value_type = String, required = true, example = "The syllabus is ready.", min_length = 1)]
    comment: Option<String>,
    /// Key of one of the course's runs.
    course_run_key: Option<String>,
    #[serde(default)]
    visibility: PostVisibility,
}

/// Comments of a course
///
/// All of them, oldest first; pages are for who gives a `limit`.
#[utoipa::path(get, path = "/api/v1/comments/", tag = "Comments", operation_id = "listComments",
    params(("course_uuid" = Uuid, Query),
           ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many at most; all unless said"),
           ("cursor" = Option<String>, Query, description = "From `Link` of the page before")),
    responses((status = 200, description = "Oldest first", body = [Comment], headers(("Link" = Option<String>, description = "The next page")))))]
pub(crate) async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    query: Query,
) -> Result<Response, Problem> {
    let given = query.one("course_uuid")?.filter(|text| !text.is_empty());
    let Some(given) = given else { return Ok(old_refusal(NO_COURSE)) };
    let course: CourseId = id("course_uuid", given)?;
    let page = query.page()?;
    let pages = (page.limit.is_some() || page.cursor.is_some()).then_some(&page);
    let comments = state.engine().comments(&actor, course, pages).await?;
    let bare: Vec<Comment> = comments.items.into_iter().map(Comment::from).collect();
    let mut response = Json(bare).into_response();
    if let Some(next) = comments.next {
        answer::link_next(&state, &mut response, "/api/v1/comments/", &with_cursor(&query, &next));
    }
    Ok(response)
}

/// Comment on a course
///
/// Whoever may write to the course. With an `Idempotency-Key` the same request again answers with the same comment.
#[utoipa::path(post, path = "/api/v1/comments/", tag = "Comments", operation_id = "createComment",
    params(("Idempotency-Key" = Option<String>, Header, description = "Any name for this request, such as a UUID")),
    request_body = NewCommentBody,
    responses((status = 201, description = "The comment", body = Comment)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    Caller(actor): Caller,
    key: IdempotencyKey,
    headers: HeaderMap,
    Body(body): Body<NewCommentBody>,
) -> Result<Response, Problem> {
    let (Some(course), Some(text)) = (&body.course_uuid, &body.comment) else {
        return Ok(old_refusal(&missing(&body)));
    };
    let comment = NewCourseComment {
        key: key.post_key(&state, &actor)?,
        body: text.clone(),
        // Old callers send an empty one for none.
        run_key: body.course_run_key.clone().filter(|key| !key.is_empty()),
        visibility: body.visibility.into(),
    };
    let made = state.engine().add_comment(&actor, id("course_uuid", course)?, comment, wait(&headers)).await;
    let made = made.map_err(|error| {
        idempotency::told(error.into()).renamed("body", "comment").renamed("course_run", "course_run_key")
    })?;
    Ok((StatusCode::CREATED, Json(Comment::from(made))).into_response())
}

fn missing(body: &NewCommentBody) -> String {
    let absent = [("course_uuid", body.course_uuid.is_none()), ("comment", body.comment.is_none())];
    let names = absent.iter().filter(|(_, absent)| *absent).map(|(name, _)| format!(" Missing value for: [{name}]."));
    format!("Incorrect data sent.{}", names.collect::<String>())
}

/// A sentence alone, as a JSON string.
fn old_refusal(sentence: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(sentence)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_the_old_api_wrote_them() {
        assert_eq!(as_salesforce_writes(Timestamp::from_micros(946_684_800_000_999)), "2000-01-01T00:00:00.000+0000");
    }
}

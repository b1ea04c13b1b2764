//! What is said on a case.

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use domain::{CaseId, PostState, ThreadPost};
use engine::NewPost;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Problem, answer,
    body::Body,
    caller::Caller,
    cases::with_cursor,
    idempotency::{self, IdempotencyKey},
    parameters::{PathText, Query},
    shapes::{Delivery, PostVisibility},
};
use crate::http::{AppState, comments::wait};

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Post {
    id: Uuid,
    author: Author,
    /// Plain text, exactly as written.
    body: String,
    /// Key of the run it is about, where it is about one.
    course_run: Option<String>,
    visibility: PostVisibility,
    state: Delivery,
    /// Why Salesforce refused it.
    failure: Option<String>,
    #[schema(format = DateTime)]
    created: String,
    /// The post it answers.
    reply_to: Option<Uuid>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Author {
    name: String,
    is_staff: bool,
    /// It is you.
    is_you: bool,
}

impl From<ThreadPost> for Post {
    fn from(post: ThreadPost) -> Self {
        let state = Delivery::from(&post.state);
        let failure = match post.state {
            PostState::Failed { reason } => Some(reason),
            PostState::Queued | PostState::Delivered => None,
        };
        Self {
            id: post.id.as_uuid(),
            author: Author { name: post.author, is_staff: post.by_staff, is_you: post.mine },
            body: post.body,
            course_run: post.run_key,
            visibility: post.visibility.into(),
            state,
            failure,
            created: post.created,
            reply_to: post.reply_to.map(|post| post.as_uuid()),
        }
    }
}

/// Posts, oldest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Posts {
    items: Vec<Post>,
    /// What `cursor` has to be for the next page; none on the last.
    next: Option<String>,
}

/// What to say.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPostBody {
    /// Plain text.
    #[schema(example = "The captions are there now.", min_length = 1)]
    body: String,
    /// Key of one of the course's runs.
    course_run: Option<String>,
    #[serde(default)]
    visibility: PostVisibility,
}

/// What was said on a case
///
/// Partners get public posts alone.
#[utoipa::path(get, path = "/api/v1/cases/{id}/posts", tag = "Cases", operation_id = "listPosts",
    params(("id" = Uuid, Path), ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many at most; 50 unless said"),
           ("cursor" = Option<String>, Query, description = "`next` of the page before"),
           ("If-None-Match" = Option<String>, Header, description = "ETag of an earlier answer")),
    responses((status = 200, description = "Oldest first", body = Posts,
                   headers(("ETag" = String, description = "Of this answer"), ("Link" = Option<String>, description = "The next page"))),
              (status = 304, description = "Nothing has changed")))]
pub(crate) async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    id: PathText,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let case: CaseId = id.id("id")?;
    let page = query.page()?;
    let etag = |version: i64| {
        let (limit, cursor) = (page.limit.map(|limit| limit.to_string()), page.cursor.clone());
        answer::etag(&[
            actor.user().as_uuid().as_bytes(),
            case.as_uuid().as_bytes(),
            &version.to_le_bytes(),
            limit.unwrap_or_default().as_bytes(),
            cursor.unwrap_or_default().as_bytes(),
        ])
    };
    let known = etag(state.engine().case_version(&actor, case).await?);
    if answer::has_already(&headers, &known) {
        return Ok(answer::not_modified(&known));
    }
    let posts = state.engine().case_posts(&actor, case, &page).await?;
    let next = posts.page.next.clone();
    let items = posts.page.items.into_iter().map(Post::from).collect();
    let mut response = Json(Posts { items, next: next.clone() }).into_response();
    if let Some(next) = next {
        answer::link_next(&state, &mut response, &format!("/api/v1/cases/{case}/posts"), &with_cursor(&query, &next));
    }
    Ok(answer::with_etag(response, &etag(posts.version)))
}

/// Say something on a case
///
/// Whoever may write to its course. With an `Idempotency-Key` the same request again answers with the same post.
#[utoipa::path(post, path = "/api/v1/cases/{id}/posts", tag = "Cases", operation_id = "createPost",
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "Any name for this request, such as a UUID")),
    request_body = NewPostBody,
    responses((status = 201, description = "The post", body = Post)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    Caller(actor): Caller,
    id: PathText,
    key: IdempotencyKey,
    headers: HeaderMap,
    Body(body): Body<NewPostBody>,
) -> Result<Response, Problem> {
    let post = NewPost {
        key: key.post_key(&state, &actor)?,
        body: body.body,
        visibility: body.visibility.into(),
        run_key: body.course_run,
    };
    let post = state.engine().post_on_case(&actor, id.id("id")?, post, wait(&headers)).await;
    let post = post.map_err(|error| idempotency::told(error.into()))?;
    Ok((axum::http::StatusCode::CREATED, Json(Post::from(post))).into_response())
}

//! Reading a course's thread and writing into it.

use domain::{CaseId, CourseId, CourseRunId, PostId, PostKey, Thread, ThreadPost, Visibility};
use leptos::{prelude::*, server_fn::codec::Json};

use super::FunctionError;
#[cfg(feature = "ssr")]
use super::caller::Caller;

/// A case's thread as the caller may see it; without a case, that of the course's default one. It is the latest window of it, or the one that ends `before` a post, or begins `from` one.
///
/// # Errors
/// Not signed in, no such course or case for this person, or the database is away.
#[server(prefix = "/api/fn", endpoint = "get_thread", input = Json, output = Json)]
pub async fn get_thread(
    course: CourseId,
    case: Option<CaseId>,
    before: Option<PostId>,
    from: Option<PostId>,
) -> Result<Thread, FunctionError> {
    let Caller { engine, actor } = Caller::current()?;
    let place = domain::CasePlace { course, case };
    Ok(engine.thread(&actor, place, engine::Window::asked(before, from)).await?)
}

/// Posts a comment once, however often the same `key` is sent with the same content.
///
/// # Errors
/// What [`get_thread`] refuses; a text or run that breaks a rule; a key already used for another text.
#[server(prefix = "/api/fn", endpoint = "post_comment", input = Json, output = Json)]
pub async fn post_comment(
    course: CourseId,
    case: Option<CaseId>,
    key: PostKey,
    body: String,
    visibility: Visibility,
    run: Option<CourseRunId>,
) -> Result<ThreadPost, FunctionError> {
    let Caller { engine, actor } = Caller::current()?;
    let comment = engine::NewComment { key, body, visibility, run };
    Ok(engine.post_comment(&actor, domain::CasePlace { course, case }, comment, engine::Wait::ForOutcome).await?)
}

/// Tries a post again that the org refused.
///
/// # Errors
/// Not the caller's post, or not one that failed.
#[server(prefix = "/api/fn", endpoint = "retry_post", input = Json, output = Json)]
pub async fn retry_post(post: PostId) -> Result<ThreadPost, FunctionError> {
    let Caller { engine, actor } = Caller::current()?;
    Ok(engine.retry_post(&actor, post).await?)
}

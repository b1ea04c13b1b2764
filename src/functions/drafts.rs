//! What is typed and not yet posted, kept on the server so that it is there again on any device.

use domain::{CaseId, CourseId, CourseRunId, PostKey, Visibility};
use leptos::{prelude::*, server_fn::codec::Json};

use super::FunctionError;
#[cfg(feature = "ssr")]
use super::caller::Caller;

/// Keeps the composer's content; an empty body forgets it.
///
/// # Errors
/// Not signed in, or no such course or case for this person.
#[server(prefix = "/api/fn", endpoint = "save_draft", input = Json, output = Json)]
pub async fn save_draft(
    course: CourseId,
    case: Option<CaseId>,
    key: PostKey,
    body: String,
    visibility: Visibility,
    run: Option<CourseRunId>,
) -> Result<(), FunctionError> {
    let Caller { engine, actor } = Caller::current()?;
    Ok(engine
        .save_draft(&actor, domain::CasePlace { course, case }, engine::DraftText { key, body, visibility, run })
        .await?)
}

//! Calls a server function with the browser's own `fetch`.
//!
//! The client that `#[server]` generates does the same for a third more program. Address and argument names are still those of the generated
//! functions; a test holds the two together.

use domain::{CasePlace, CourseRunId, PostId, PostKey, Thread, ThreadPost, UserId, Visibility};
use leptos::{
    server_fn::ServerFn,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{Headers, RequestInit, Response, js_sys::futures::JsFuture},
};

use super::wire::{FromJson, Json, object};
use crate::{
    app::routes,
    functions::{
        FailureKind, FunctionError,
        drafts::SaveDraft,
        threads::{GetThread, PostComment, RetryPost},
    },
};

/// What a composer holds, on its way to becoming a draft or a post.
pub(super) struct Written {
    /// Whose page it was written in.
    pub(super) reader: UserId,
    pub(super) place: CasePlace,
    pub(super) key: PostKey,
    pub(super) body: String,
    pub(super) visibility: Visibility,
    pub(super) run: Option<CourseRunId>,
}

type Arguments<const N: usize> = [(&'static str, Option<String>); N];

impl Written {
    fn arguments(&self) -> Arguments<6> {
        [
            ("course", Some(self.place.course.to_string())),
            ("case", self.place.case.map(|case| case.to_string())),
            ("key", Some(self.key.to_string())),
            ("body", Some(self.body.clone())),
            ("visibility", Some(self.visibility.name().to_owned())),
            ("run", self.run.map(|run| run.to_string())),
        ]
    }
}

pub(super) async fn get_thread(
    reader: UserId,
    place: CasePlace,
    from: Option<PostId>,
) -> Result<Thread, FunctionError> {
    ask(GetThread::PATH, reader, &get_thread_arguments(place, from)).await
}

fn get_thread_arguments(place: CasePlace, from: Option<PostId>) -> Arguments<4> {
    let case = place.case.map(|case| case.to_string());
    let from = from.map(|post| post.to_string());
    [("course", Some(place.course.to_string())), ("case", case), ("before", None), ("from", from)]
}

pub(super) async fn post_comment(comment: Written) -> Result<ThreadPost, FunctionError> {
    ask(PostComment::PATH, comment.reader, &comment.arguments()).await
}

pub(super) async fn save_draft(draft: Written) -> Result<(), FunctionError> {
    fetch(SaveDraft::PATH, draft.reader, &object(&draft.arguments())).await.map(drop)
}

pub(super) async fn retry_post(reader: UserId, post: PostId) -> Result<ThreadPost, FunctionError> {
    ask(RetryPost::PATH, reader, &retry_post_arguments(post)).await
}

fn retry_post_arguments(post: PostId) -> Arguments<1> {
    [("post", Some(post.to_string()))]
}

async fn ask<T: FromJson>(
    path: &str,
    reader: UserId,
    arguments: &[(&str, Option<String>)],
) -> Result<T, FunctionError> {
    let text = fetch(path, reader, &object(arguments)).await?;
    Json::parse(&text).and_then(|json| T::from_json(&json)).ok_or_else(unreadable)
}

/// The answer's text, when it is a good one.
async fn fetch(path: &str, reader: UserId, body: &str) -> Result<String, FunctionError> {
    let (status, text) = exchange(&routes::for_reader(path, reader), body).await.map_err(|_| {
        FunctionError::new(
            FailureKind::Unreachable,
            "The portal can’t be reached. Your text is kept; check your connection and try again.",
        )
    })?;
    let kind = match status {
        200..=299 => return Ok(text),
        401 => FailureKind::SignedOut,
        409 => FailureKind::Conflict,
        // The others are alike to whoever reads the sentence that comes with them.
        _ => FailureKind::Internal,
    };
    match Json::parse(&text).and_then(|json| json.at("message").text()) {
        Some(message) => Err(FunctionError::new(kind, message)),
        None => Err(FunctionError { kind, ..unreadable() }),
    }
}

async fn exchange(path: &str, body: &str) -> Result<(u16, String), JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    headers.set("accept", "application/json")?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(body));
    let response = JsFuture::from(leptos::prelude::window().fetch_with_str_and_init(path, &init)).await?;
    let response: Response = response.unchecked_into();
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    Ok((response.status(), text))
}

/// A proxy's page, or the answer of a portal of another version.
fn unreadable() -> FunctionError {
    FunctionError::new(
        FailureKind::Unavailable,
        "The portal’s answer can’t be read. Your text is kept; reload the page and try again.",
    )
}

#[cfg(test)]
mod tests {
    use domain::{CaseId, CourseId};
    use serde_json::{Value, to_value};

    use super::*;

    fn sent<const N: usize>(arguments: Arguments<N>) -> Value {
        arguments.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
    }

    #[test]
    fn what_is_sent_is_what_the_server_functions_take() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let (course, post): (CourseId, PostId) = (id.parse().unwrap(), id.parse().unwrap());
        let case: Option<CaseId> = id.parse().ok();
        let (key, run): (PostKey, CourseRunId) = (id.parse().unwrap(), id.parse().unwrap());
        let reader: UserId = id.parse().unwrap();
        for (visibility, run, case) in [
            (Visibility::Public, None, None),
            (Visibility::Internal, Some(run), None),
            (Visibility::Public, None, case),
        ] {
            let place = CasePlace { course, case };
            let body = "a \"quoted\"\nline".to_owned();
            let written = || sent(Written { reader, place, key, body: body.clone(), visibility, run }.arguments());
            let comment = PostComment { course, case, key, body: body.clone(), visibility, run };
            assert_eq!(written(), to_value(comment).unwrap());
            let from = case.map(|_| post);
            let sent_thread = sent(get_thread_arguments(place, from));
            assert_eq!(sent_thread, to_value(GetThread { course, case, before: None, from }).unwrap());
            assert_eq!(
                written(),
                to_value(SaveDraft { course, case, key, body: body.clone(), visibility, run }).unwrap()
            );
        }
        assert_eq!(sent(retry_post_arguments(post)), to_value(RetryPost { post }).unwrap());
    }
}

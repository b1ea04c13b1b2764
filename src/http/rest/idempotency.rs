//! `Idempotency-Key`: the same request again, however often, is one post.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, StatusCode, request::Parts},
};
use domain::PostKey;
use engine::Actor;
use uuid::Uuid;

use super::Problem;
use crate::http::AppState;

const NAME: HeaderName = HeaderName::from_static("idempotency-key");
const SAID: &str = "Idempotency-Key";
const MAX_CHARS: usize = 255;

/// What the caller calls its request, if anything.
pub(crate) struct IdempotencyKey(Vec<Option<String>>);

impl FromRequestParts<AppState> for IdempotencyKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        let given = parts.headers.get_all(&NAME).iter();
        Ok(Self(given.map(|value| value.to_str().ok().map(str::to_owned)).collect()))
    }
}

impl IdempotencyKey {
    /// The post's key. It follows from the caller and what they said, so nobody meets another's.
    ///
    /// # Errors
    /// The header is there twice, blank, too long or not of visible ASCII characters.
    pub(crate) fn post_key(&self, state: &AppState, actor: &Actor) -> Result<PostKey, Problem> {
        let wrong = || {
            Problem::field(SAID, format!("Give one key of 1 to {MAX_CHARS} visible ASCII characters, such as a UUID."))
        };
        match self.0.as_slice() {
            [] => Ok(state.random().uuid_v7(state.clock().now()).into()),
            [Some(key)] if (1..=MAX_CHARS).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Ok(Uuid::new_v5(&actor.user().as_uuid(), key.as_bytes()).into())
            }
            _ => Err(wrong()),
        }
    }
}

/// A post's key is this header and nothing else, so a conflict about it is one about the header.
pub(crate) fn told(problem: Problem) -> Problem {
    if problem.status() != StatusCode::CONFLICT {
        return problem;
    }
    let sentence = "This Idempotency-Key was used for another request. Send a new one with a new request; the same one only with the same content.";
    Problem::field(SAID, sentence).with_status_for(SAID, StatusCode::CONFLICT)
}

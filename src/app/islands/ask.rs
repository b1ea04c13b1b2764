//! Calls a server function with the browser's own `fetch`.
//!
//! The client that `#[server]` generates does the same for a third more program; the argument struct and the address are still the generated ones.

use leptos::{
    server_fn::ServerFn,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{Headers, RequestInit, Response, js_sys::futures::JsFuture},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::functions::{FailureKind, FunctionError};

pub(super) async fn ask<F>(call: &F) -> Result<F::Output, FunctionError>
where
    F: ServerFn + Serialize,
    F::Output: DeserializeOwned,
{
    let call = serde_json::to_string(call).map_err(|_| unreadable())?;
    let answer = fetch(F::PATH, &call).await.map_err(|_| unreachable())?;
    if answer.fine {
        serde_json::from_str(&answer.text).map_err(|_| unreadable())
    } else {
        Err(serde_json::from_str(&answer.text).unwrap_or_else(|_| unreadable()))
    }
}

struct Answer {
    fine: bool,
    text: String,
}

/// Not generic, so that it is compiled once.
async fn fetch(path: &str, body: &str) -> Result<Answer, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    headers.set("accept", "application/json")?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(body));
    let response: Response =
        JsFuture::from(leptos::prelude::window().fetch_with_str_and_init(path, &init)).await?.unchecked_into();
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    Ok(Answer { fine: response.ok(), text })
}

fn unreachable() -> FunctionError {
    FunctionError::new(
        FailureKind::Unreachable,
        "The portal can’t be reached. Your text is kept; check your connection and try again.",
    )
}

/// A proxy's page, or the answer of a portal of another version.
fn unreadable() -> FunctionError {
    FunctionError::new(
        FailureKind::Unavailable,
        "The portal’s answer can’t be read. Your text is kept; reload the page and try again.",
    )
}

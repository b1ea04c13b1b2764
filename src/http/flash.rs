//! What became of the thing somebody just did, told once on the page they are sent back to.

use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::{identity::Unknown, log_fault, session::NOTICE, view::View};
use crate::app::{Notice, Refused, Tone};

#[derive(Serialize, Deserialize)]
struct Flash {
    good: bool,
    text: String,
}

/// What to tell on this page, if anything; it is told once.
///
/// # Errors
/// The session can't be read or written; the answer says so.
pub(crate) async fn take(session: &Session, view: &View) -> Result<Option<Notice>, Response> {
    let unknown = |error| Unknown::Session(error).answer(view);
    let Some(flash) = session.get::<Flash>(NOTICE).await.map_err(unknown)? else { return Ok(None) };
    session.remove_value(NOTICE).await.map_err(unknown)?;
    Ok(Some(Notice { tone: if flash.good { Tone::Good } else { Tone::Bad }, text: flash.text }))
}

/// Back to a page of the portal, with a word.
pub(crate) async fn back(session: &Session, view: &View, page: &str, tone: Tone, text: &str) -> Response {
    let flash = Flash { good: tone == Tone::Good, text: text.to_owned() };
    match session.insert(NOTICE, flash).await {
        Ok(()) => Redirect::to(page).into_response(),
        Err(error) => Unknown::Session(error).answer(view),
    }
}

/// What people can mend in a form, to be shown in it; anything else is a page of its own.
pub(crate) fn refused(form: &str, fields: Vec<(String, String)>, error: &engine::Error) -> Option<Refused> {
    log_fault(error);
    let public = error.public();
    match public.kind {
        engine::PublicKind::Invalid | engine::PublicKind::Conflict => {
            Some(Refused { form: form.to_owned(), fields, field: public.field, sentence: public.message })
        }
        _ => None,
    }
}

/// The first value of a field, or nothing.
pub(crate) fn value<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
}

//! What became of the thing somebody just did, told once on the page they are sent back to.

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::{AppState, CurrentActor, identity::Unknown, log_fault, session::NOTICE, view::View};
use crate::app::{Notice, Refused, Tone};

#[derive(Serialize, Deserialize)]
struct Flash {
    good: bool,
    text: String,
}

/// What to tell on this page, if anything; it is told once. A handler that names what its path means before this keeps it for the next
/// page where there is no such thing.
pub(crate) struct Told(pub(crate) Option<Notice>);

impl FromRequestParts<AppState> for Told {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let session = Session::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let view = View::of(state, &parts.extensions, CurrentActor::viewer(&parts.extensions));
        take(&session).await.map(Self).map_err(|error| Unknown::Session(error).answer(&view))
    }
}

async fn take(session: &Session) -> Result<Option<Notice>, tower_sessions::session::Error> {
    let Some(flash) = session.get::<Flash>(NOTICE).await? else { return Ok(None) };
    session.remove_value(NOTICE).await?;
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

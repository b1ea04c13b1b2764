//! The admin's page about the org: connect, come back from the org's consent page, disconnect.

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use tower_sessions::Session;

use super::{
    AppState,
    identity::{SignedIn, Unknown},
    log_fault,
    security_headers::FormTargets,
    session::{NOTICE, ORG_AUTHORIZATION},
    view::View,
};
use crate::app::{Notice, Tone, pages};

const PAGE: &str = "/admin/salesforce";

/// What happened on the way here, shown once.
#[derive(Serialize, Deserialize)]
struct Flash {
    good: bool,
    text: String,
}

/// An authorization under way. In the session, so that no other browser can finish it; taken out by the first callback.
#[derive(Serialize, Deserialize)]
struct OrgAuthorization {
    state: String,
    verifier: String,
}

/// The only admin page there is.
pub(crate) async fn first_page() -> Redirect {
    Redirect::to(PAGE)
}

pub(crate) async fn show(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
) -> Response {
    let connection = match state.engine().connection(&actor).await {
        Ok(connection) => connection,
        Err(error) => return view.failed(&error),
    };
    let flash = match session.get::<Flash>(NOTICE).await {
        Ok(Some(flash)) => match session.remove_value(NOTICE).await {
            Ok(_) => Some(flash),
            Err(error) => return Unknown::Session(error).answer(&view),
        },
        Ok(None) => None,
        Err(error) => return Unknown::Session(error).answer(&view),
    };
    let notice = flash.map(|flash| Notice { tone: if flash.good { Tone::Good } else { Tone::Bad }, text: flash.text });
    let mut page = view.page(StatusCode::OK, pages::salesforce_connection(&view.frame, &connection, notice));
    page.extensions_mut().insert(FormTargets(form_targets(&state)));
    page
}

/// The "Connect" button leads to the org by redirects: its log-in, and wherever that sends people.
fn form_targets(state: &AppState) -> String {
    let Some(login) = state.org_login() else { return String::new() };
    let origin = login.origin().ascii_serialization();
    if login.scheme() == "https" { format!("{origin} https://*.salesforce.com https://*.force.com") } else { origin }
}

pub(crate) async fn connect(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
) -> Response {
    let begin = match state.engine().begin_connect(&actor).await {
        Ok(begin) => begin,
        Err(error) => return failed(&session, &view, &error).await,
    };
    let authorization = OrgAuthorization { state: begin.state, verifier: begin.verifier.expose_secret().to_owned() };
    match session.insert(ORG_AUTHORIZATION, authorization).await {
        Ok(()) => Redirect::to(begin.authorize_url.as_str()).into_response(),
        Err(error) => Unknown::Session(error).answer(&view),
    }
}

#[derive(Deserialize)]
pub(crate) struct Callback {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    error: Option<String>,
}

pub(crate) async fn callback(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
    Query(callback): Query<Callback>,
) -> Response {
    let authorization = match session.remove::<OrgAuthorization>(ORG_AUTHORIZATION).await {
        Ok(authorization) => authorization,
        Err(error) => return Unknown::Session(error).answer(&view),
    };
    let begun = authorization.filter(|begun| bool::from(begun.state.as_bytes().ct_eq(callback.state.as_bytes())));
    let Some(begun) = begun else {
        return back(
            &session,
            &view,
            Tone::Bad,
            "This answer of Salesforce belongs to no request of yours, or was used before. Press Connect again.",
        )
        .await;
    };
    if let Some(error) = callback.error {
        tracing::info!(oauth.error = %error, "the org refused the authorization");
        let sentence = if error == "access_denied" {
            "Salesforce was not connected: the request was denied on its consent page."
        } else {
            "Salesforce refused the connection. Check the connected app's settings in the org, then press Connect again."
        };
        return back(&session, &view, Tone::Bad, sentence).await;
    }
    match state.engine().finish_connect(&actor, callback.code, SecretString::from(begun.verifier)).await {
        Ok(()) => {
            back(&session, &view, Tone::Good, "Salesforce is connected. Comments are delivered from now on.").await
        }
        Err(error) => failed(&session, &view, &error).await,
    }
}

pub(crate) async fn disconnect(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
) -> Response {
    match state.engine().disconnect(&actor).await {
        Ok(()) => {
            back(
                &session,
                &view,
                Tone::Good,
                "Salesforce is disconnected. Comments are kept here and wait until it is connected again.",
            )
            .await
        }
        Err(error) => failed(&session, &view, &error).await,
    }
}

async fn failed(session: &Session, view: &View, error: &engine::Error) -> Response {
    let public = error.public();
    match public.kind {
        engine::PublicKind::NotFound => view.not_found(),
        _ => {
            log_fault(error);
            back(session, view, Tone::Bad, &public.message).await
        }
    }
}

async fn back(session: &Session, view: &View, tone: Tone, text: &str) -> Response {
    let flash = Flash { good: tone == Tone::Good, text: text.to_owned() };
    match session.insert(NOTICE, flash).await {
        Ok(()) => Redirect::to(PAGE).into_response(),
        Err(error) => Unknown::Session(error).answer(view),
    }
}

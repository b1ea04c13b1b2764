//! The admin's page about the org: connect, come back from the org's consent page, disconnect.

use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use engine::{Connecting, DeletedRecords, UnlabelledPosts};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use tower_sessions::Session;

use super::{
    AppState,
    flash::{self, Told},
    identity::{SignedIn, Unknown},
    log_fault,
    security_headers::FormTargets,
    session::ORG_AUTHORIZATION,
    view::View,
};
use crate::app::{Tone, pages, routes};

const PAGE: &str = "/admin/salesforce";

/// An authorization under way. In the session, so that no other browser can finish it; taken out by the first callback.
#[derive(Serialize, Deserialize)]
struct OrgAuthorization {
    state: String,
    verifier: String,
}

/// What somebody who opens `/admin` has most to do with.
pub(crate) async fn first_page(SignedIn(actor): SignedIn) -> Redirect {
    Redirect::to(if actor.role() == domain::Role::Admin { PAGE } else { routes::CATALOGUE_COURSES })
}

pub(crate) async fn show(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    Told(notice): Told,
) -> Response {
    let connection = match state.engine().connection(&actor).await {
        Ok(connection) => connection,
        Err(error) => return view.failed(&error),
    };
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
    error_description: Option<String>,
}

/// Of what an org says, as much as a notice has room for.
const SAID_MAX_CHARS: usize = 200;

/// What the org made of the authorization, in its own words. `access_denied` alone is a refusal of the person at its consent page.
fn refused(error: &str, description: &str) -> String {
    let said = |text: &str| -> String {
        let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(SAID_MAX_CHARS) {
            Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
            None => line,
        }
    };
    let (error, description) = (said(error), said(description));
    let says = if description.is_empty() { String::new() } else { format!(" It says: “{description}”.") };
    if error == "access_denied" {
        return format!("Salesforce was not connected: the request was denied there.{says}");
    }
    format!(
        "Salesforce refused the connection ({error}).{says} Check the connected app's settings in the org, then press Connect again."
    )
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
        let sentence = refused(&error, callback.error_description.as_deref().unwrap_or_default());
        return back(&session, &view, Tone::Bad, &sentence).await;
    }
    match state.engine().finish_connect(&actor, callback.code, SecretString::from(begun.verifier)).await {
        Ok(Connecting::Connected) => {
            // What it finds is on the page; that it could not look is no reason to tell of a failure.
            if let Err(error) = state.engine().preflight(&actor).await {
                log_fault(&error);
            }
            back(&session, &view, Tone::Good, "Salesforce is connected. Comments are delivered from now on.").await
        }
        Ok(Connecting::OtherOrg) => {
            let text = "This is another Salesforce org than before. Nothing is read or sent until you have decided.";
            back(&session, &view, Tone::Bad, text).await
        }
        Err(error) => failed(&session, &view, &error).await,
    }
}

pub(crate) async fn check(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
) -> Response {
    match state.engine().preflight(&actor).await {
        Ok(_) => back(&session, &view, Tone::Good, "The org was checked just now.").await,
        Err(error) => failed(&session, &view, &error).await,
    }
}

pub(crate) async fn use_this_org(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
) -> Response {
    match state.engine().use_this_org(&actor).await {
        Ok(()) => {
            if let Err(error) = state.engine().preflight(&actor).await {
                log_fault(&error);
            }
            back(&session, &view, Tone::Good, "This org is used from now on. The whole catalogue is on its way there.")
                .await
        }
        Err(error) => failed(&session, &view, &error).await,
    }
}

pub(crate) async fn send_catalogue(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
) -> Response {
    match state.engine().send_whole_catalogue(&actor).await {
        Ok(count) => {
            let text =
                format!("The catalogue is sent again: {count} records wait. What the org has already is left alone.");
            back(&session, &view, Tone::Good, &text).await
        }
        Err(error) => failed(&session, &view, &error).await,
    }
}

pub(crate) async fn save_settings(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let unlabelled = UnlabelledPosts::from_name(flash::value(&fields, "unlabelled_posts"));
    let deleted = DeletedRecords::from_name(flash::value(&fields, "deleted_records"));
    let done = match (unlabelled, deleted) {
        (Some(answer), _) => state.engine().set_unlabelled_posts(&actor, answer).await,
        (None, Some(policy)) => state.engine().set_deleted_records(&actor, policy).await,
        (None, None) => return back(&session, &view, Tone::Bad, "Pick one of the answers, then save.").await,
    };
    match done {
        Ok(()) => back(&session, &view, Tone::Good, "Saved. What is shown follows.").await,
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
    flash::back(session, view, PAGE, tone, text).await
}

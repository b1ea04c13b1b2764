//! The page that asks a person to let an app in. In the sandbox they are signed in already.

use std::sync::Arc;

use axum::{
    Extension, Form,
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use maud::{Markup, html};
use url::{Host, Url};

use super::{
    auth::{CLIENT_ID, Code},
    token::{self, Granted},
    value,
};
use crate::{console, org::Org, records::Record, seed, server::Origin};

type Pairs = Vec<(String, String)>;

/// What the app is to be sent back with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// To be exchanged by the app's server, or with a verifier.
    Code,
    /// At once, behind the `#`, where only the page sees it: the user-agent flow.
    Token,
}

impl Wanted {
    fn named(response_type: &str) -> Option<Self> {
        match response_type {
            "code" => Some(Self::Code),
            "token" => Some(Self::Token),
            _ => None,
        }
    }
}

/// A request for consent that can be answered.
struct Asked {
    wanted: Wanted,
    redirect_uri: Url,
    /// As the app wrote it; the exchange must repeat it.
    redirect_text: String,
    state: Option<String>,
    scope: String,
    challenge: Option<String>,
    user: Record,
}

/// Something is wrong that can't be told to the app, because its address can't be trusted.
struct Refused {
    error: &'static str,
    description: &'static str,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = console::page(
            "Can’t authorize",
            html! {
                h1 { "The app can’t be authorized" }
                p { code { "error=" (self.error) "&error_description=" (self.description) } }
                p { "Check the client id and the callback address the app was set up with, then start again from the app." }
            },
        );
        (StatusCode::BAD_REQUEST, body).into_response()
    }
}

/// Any address of this machine is a callback of the development app.
fn loopback(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && match url.host() {
            Some(Host::Domain(domain)) => domain == "localhost" || domain.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}

fn answer(wanted: Wanted, redirect_uri: &Url, state: Option<&str>, pairs: &[(&str, &str)]) -> Response {
    let mut url = redirect_uri.clone();
    let pairs = pairs.iter().copied().chain(state.map(|state| ("state", state)));
    match wanted {
        Wanted::Code => {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        Wanted::Token => {
            let fragment = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            url.set_fragment(Some(&fragment));
        }
    }
    (StatusCode::FOUND, Redirect::to(url.as_str())).into_response()
}

fn understand(org: &Org, query: &[(String, String)]) -> Result<Asked, Box<Response>> {
    let refuse = |error, description| Box::new(Refused { error, description }.into_response());
    if value(query, "client_id") != Some(CLIENT_ID) {
        return Err(refuse("invalid_client_id", "client identifier invalid"));
    }
    let redirect_text = value(query, "redirect_uri").unwrap_or_default().to_owned();
    let redirect_uri = Url::parse(&redirect_text)
        .ok()
        .filter(loopback)
        .ok_or_else(|| refuse("redirect_uri_mismatch", "redirect_uri must match configuration"))?;
    let state = value(query, "state").map(str::to_owned);
    let wanted = value(query, "response_type").and_then(Wanted::named);
    let tell = |error: &str, description: &str| {
        let pairs = [("error", error), ("error_description", description)];
        Box::new(answer(wanted.unwrap_or(Wanted::Code), &redirect_uri, state.as_deref(), &pairs))
    };
    let wanted = wanted.ok_or_else(|| tell("unsupported_response_type", "response type not supported"))?;
    // A challenge without a method is read as S256, which is what clients send it for.
    let challenge = value(query, "code_challenge").map(str::to_owned);
    if challenge.is_some() && value(query, "code_challenge_method").is_some_and(|method| method != "S256") {
        return Err(tell("invalid_request", "code challenge method must be S256"));
    }
    let user = match value(query, "login_hint") {
        Some(username) => org.user_by_name(username),
        None => org.user(seed::ADMIN_ID),
    };
    let user = user.ok_or_else(|| tell("access_denied", "no such user"))?;
    let scope = value(query, "scope").filter(|scope| !scope.is_empty()).unwrap_or("api refresh_token").to_owned();
    Ok(Asked { wanted, redirect_uri, redirect_text, state, scope, challenge, user })
}

/// GET: shows who is asked and for what.
pub(super) async fn ask(State(org): State<Arc<Org>>, Query(query): Query<Pairs>) -> Response {
    match understand(&org, &query) {
        Ok(asked) => consent(&asked).into_response(),
        Err(response) => *response,
    }
}

fn consent(asked: &Asked) -> Markup {
    let name = asked.user.text("Name").unwrap_or_default();
    let username = asked.user.text("Username").unwrap_or_default();
    console::page(
        "Allow access?",
        html! {
            section.consent {
                h1 { "Allow access?" }
                p { strong { (CLIENT_ID) } " asks to act in the sandbox org as" }
                p.who { strong { (name) } br; (username) }
                p { "It would be able to:" }
                ul {
                    @for scope in asked.scope.split_whitespace() {
                        li { (meaning(scope)) }
                    }
                }
                p.quiet { "Afterwards you go back to " (asked.redirect_uri.origin().ascii_serialization()) "." }
                // No action: the form answers at the address that asked.
                form.actions method="post" {
                    button.primary type="submit" name="decision" value="allow" { "Allow" }
                    button type="submit" name="decision" value="deny" { "Deny" }
                }
            }
        },
    )
}

fn meaning(scope: &str) -> &str {
    match scope {
        "api" => "Read and change records through APIs (api)",
        "refresh_token" | "offline_access" => "Do so at any time (refresh_token)",
        "openid" => "Know your identity (openid)",
        "profile" | "email" | "id" => "Read your profile (id)",
        "full" => "Do everything you can do (full)",
        other => other,
    }
}

/// POST to the same address: the button that was pressed.
pub(super) async fn decide(
    State(org): State<Arc<Org>>,
    Extension(origin): Extension<Origin>,
    Query(query): Query<Pairs>,
    Form(form): Form<Pairs>,
) -> Response {
    let asked = match understand(&org, &query) {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    if value(&form, "decision") != Some("allow") {
        let denied = [("error", "access_denied"), ("error_description", "end-user denied authorization")];
        return answer(asked.wanted, &asked.redirect_uri, asked.state.as_deref(), &denied);
    }
    if asked.wanted == Wanted::Token {
        let granted = Granted::in_browser(asked.user.id().to_owned(), asked.scope);
        let told = token::answer(&org, &origin, &granted);
        org.keep_auth().await;
        let pairs: Vec<(&str, &str)> =
            told.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default())).collect();
        return answer(asked.wanted, &asked.redirect_uri, asked.state.as_deref(), &pairs);
    }
    let code = format!("aPrx{}", org.secret());
    let details = Code {
        client_id: CLIENT_ID.to_owned(),
        redirect_uri: asked.redirect_text,
        user: asked.user.id().to_owned(),
        scope: asked.scope,
        challenge: asked.challenge,
        made_at: org.now(),
    };
    org.auth().add_code(&code, details);
    answer(asked.wanted, &asked.redirect_uri, asked.state.as_deref(), &[("code", &code)])
}

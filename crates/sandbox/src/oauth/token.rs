//! The token endpoint: five grants, one shape of answer.

use std::sync::Arc;

use axum::{Extension, extract::State, response::Response};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    OAuthError,
    auth::{CLIENT_ID, CLIENT_SECRET, PASSWORD, Refreshed, SECURITY_TOKEN, Session},
    form::{Notation, Pairs},
    jwt, value,
};
use crate::{org::Org, seed, server::Origin};

/// How the client proved itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    Secret,
    /// No secret was sent, as by a public client.
    None,
}

/// A session to open, and what else the answer names.
pub(super) struct Granted {
    user: String,
    scope: Option<String>,
    grant: Option<u64>,
    refresh_token: Option<String>,
    api_instance_url: bool,
}

impl Granted {
    /// To an app in a browser, which can keep no secret and so gets no refresh token.
    pub(super) fn in_browser(user: String, scope: String) -> Self {
        Self { user, scope: Some(scope), grant: None, refresh_token: None, api_instance_url: false }
    }
}

pub(super) async fn token(
    State(org): State<Arc<Org>>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    Pairs(form): Pairs,
) -> Response {
    let notation = Notation::wanted(&form, &headers);
    let granted = match grant(&org, &origin, &headers, &form).await {
        Ok(granted) => granted,
        Err(error) => return notation.answer(StatusCode::BAD_REQUEST, &error.body()),
    };
    let body = answer(&org, &origin, &granted);
    org.keep_auth().await;
    notation.answer(StatusCode::OK, &body)
}

async fn grant(
    org: &Org,
    origin: &Origin,
    headers: &HeaderMap,
    form: &[(String, String)],
) -> Result<Granted, OAuthError> {
    match value(form, "grant_type").unwrap_or_default() {
        "authorization_code" => authorization_code(org, client(headers, form)?, form),
        "refresh_token" => refresh_token(org, client(headers, form)?, form).await,
        "client_credentials" => client_credentials(client(headers, form)?),
        "password" => password(org, client(headers, form)?, form),
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => jwt_bearer(org, origin, form),
        _ => Err(OAuthError::new("unsupported_grant_type", "grant type not supported")),
    }
}

/// The client's identity from HTTP Basic or the form.
pub(super) fn client(headers: &HeaderMap, form: &[(String, String)]) -> Result<Proof, OAuthError> {
    let basic = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|encoded| STANDARD.decode(encoded.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (id, secret) = match basic.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((id, secret)) => (decode(id), Some(decode(secret))),
        None => {
            (value(form, "client_id").unwrap_or_default().to_owned(), value(form, "client_secret").map(str::to_owned))
        }
    };
    if id != CLIENT_ID {
        return Err(OAuthError::new("invalid_client_id", "client identifier invalid"));
    }
    match secret.as_deref() {
        Some(CLIENT_SECRET) => Ok(Proof::Secret),
        None | Some("") => Ok(Proof::None),
        Some(_) => Err(OAuthError::new("invalid_client", "invalid client credentials")),
    }
}

fn authorization_code(org: &Org, proof: Proof, form: &[(String, String)]) -> Result<Granted, OAuthError> {
    let code = value(form, "code").unwrap_or_default();
    let code = org
        .auth()
        .take_code(code, org.now())
        .filter(|code| code.client_id == CLIENT_ID)
        .ok_or_else(|| OAuthError::grant("expired authorization code"))?;
    if value(form, "redirect_uri") != Some(code.redirect_uri.as_str()) {
        return Err(OAuthError::new("redirect_uri_mismatch", "redirect_uri must match configuration"));
    }
    match (&code.challenge, value(form, "code_verifier")) {
        (Some(challenge), verifier) => {
            let hashed = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.unwrap_or_default().as_bytes()));
            if hashed != challenge.trim_end_matches('=') {
                return Err(OAuthError::grant("invalid code verifier"));
            }
        }
        (None, _) if proof == Proof::None => {
            return Err(OAuthError::new("invalid_client", "invalid client credentials"));
        }
        (None, _) => {}
    }
    let refreshable =
        code.scope.split_whitespace().any(|scope| matches!(scope, "refresh_token" | "offline_access" | "full"));
    let refresh_token = refreshable.then(|| new_refresh_token(org));
    let grant = refresh_token.as_deref().map(|token| org.auth().add_grant(CLIENT_ID, &code.user, &code.scope, token));
    Ok(Granted { user: code.user, scope: Some(code.scope), grant, refresh_token, api_instance_url: false })
}

async fn refresh_token(org: &Org, _proof: Proof, form: &[(String, String)]) -> Result<Granted, OAuthError> {
    let next = org.switches().rotation.then(|| new_refresh_token(org));
    let token = value(form, "refresh_token").unwrap_or_default();
    let refreshed = org.auth().refresh(CLIENT_ID, token, next.as_deref());
    match refreshed {
        Refreshed::Renewed { user, scope, grant } => {
            Ok(Granted { user, scope: Some(scope), grant: Some(grant), refresh_token: next, api_instance_url: false })
        }
        Refreshed::Refused => {
            // A replayed token has ended its grant: that must outlive a restart too.
            org.keep_auth().await;
            Err(OAuthError::grant("expired access/refresh token"))
        }
    }
}

fn client_credentials(proof: Proof) -> Result<Granted, OAuthError> {
    if proof == Proof::None {
        return Err(OAuthError::new("invalid_client", "invalid client credentials"));
    }
    Ok(Granted {
        user: seed::ADMIN_ID.to_owned(),
        scope: Some("api".to_owned()),
        grant: None,
        refresh_token: None,
        api_instance_url: true,
    })
}

fn password(org: &Org, proof: Proof, form: &[(String, String)]) -> Result<Granted, OAuthError> {
    if proof == Proof::None {
        return Err(OAuthError::new("invalid_client", "invalid client credentials"));
    }
    let user = org.user_by_name(value(form, "username").unwrap_or_default());
    let right = value(form, "password") == Some(&format!("{PASSWORD}{SECURITY_TOKEN}"));
    match user.filter(|_| right) {
        Some(user) => Ok(Granted {
            user: user.id().to_owned(),
            scope: None,
            grant: None,
            refresh_token: None,
            api_instance_url: false,
        }),
        None => Err(OAuthError::grant("authentication failure")),
    }
}

fn jwt_bearer(org: &Org, origin: &Origin, form: &[(String, String)]) -> Result<Granted, OAuthError> {
    let username = jwt::username(value(form, "assertion").unwrap_or_default(), org, origin)?;
    let user = org.user_by_name(&username).ok_or_else(|| OAuthError::grant("user hasn't approved this consumer"))?;
    Ok(Granted {
        user: user.id().to_owned(),
        scope: Some("api".to_owned()),
        grant: None,
        refresh_token: None,
        api_instance_url: false,
    })
}

fn new_refresh_token(org: &Org) -> String {
    format!("5Aep861{}", org.secret())
}

/// Opens a session for a user and answers its token.
pub(crate) fn open_session(org: &Org, user: &str, client_id: Option<&str>, scope: &str, grant: Option<u64>) -> String {
    let organization = org.short_organization_id();
    let token = format!("{organization}!AQ{}{}", org.secret(), org.secret());
    let now = org.now();
    let session = Session {
        user: user.to_owned(),
        client_id: client_id.map(str::to_owned),
        scope: scope.to_owned(),
        grant,
        issued_at: now,
        used_at: now,
        idle_seconds: org.budget.limits().session_seconds,
    };
    org.auth().add_session(&token, session);
    token
}

pub(super) fn answer(org: &Org, origin: &Origin, granted: &Granted) -> Map<String, Value> {
    let scope = granted.scope.as_deref().unwrap_or("api");
    let access_token = open_session(org, &granted.user, Some(CLIENT_ID), scope, granted.grant);
    let id = format!("{origin}/id/{}/{}", org.organization_id(), granted.user);
    let issued_at = (org.now().as_micros() / 1000).to_string();
    let signature = STANDARD.encode(Sha256::digest(format!("{CLIENT_SECRET}{id}{issued_at}").as_bytes()));
    let told = [
        ("access_token", Some(access_token)),
        ("signature", Some(signature)),
        ("instance_url", Some(origin.to_string())),
        ("id", Some(id)),
        ("token_type", Some("Bearer".to_owned())),
        ("issued_at", Some(issued_at)),
        ("refresh_token", granted.refresh_token.clone()),
        ("scope", granted.scope.clone()),
        ("api_instance_url", granted.api_instance_url.then(|| origin.to_string())),
    ];
    told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?)))).collect()
}

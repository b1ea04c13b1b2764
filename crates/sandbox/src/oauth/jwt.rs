//! JWT bearer assertions: signed by a registered key, for this app, meant for this org, and not over.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

use super::{OAuthError, auth::CLIENT_ID};
use crate::{org::Org, server::Origin};

const AUDIENCES: [&str; 2] = ["https://login.salesforce.com", "https://test.salesforce.com"];

/// The user name the assertion speaks for.
pub(super) fn username(assertion: &str, org: &Org, origin: &Origin) -> Result<String, OAuthError> {
    let mut validation = Validation::new(Algorithm::RS256);
    // Times are checked below, against the org's clock and in either JSON type.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let keys = org.auth().jwt_keys().to_vec();
    let claims = keys
        .iter()
        .filter_map(|pem| DecodingKey::from_rsa_pem(pem.as_bytes()).ok())
        .find_map(|key| decode::<Value>(assertion, &key, &validation).ok())
        .ok_or_else(|| OAuthError::grant("invalid assertion"))?
        .claims;

    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(CLIENT_ID) {
        return Err(OAuthError::new("invalid_client_id", "client identifier invalid"));
    }
    let meant_here = |audience: &str| {
        let audience = audience.trim_end_matches('/');
        AUDIENCES.contains(&audience) || audience == origin.to_string()
    };
    if !text("aud").is_some_and(meant_here) {
        return Err(OAuthError::grant("audience is invalid"));
    }
    // One client sends the number as text.
    let expiry = match claims.get("exp") {
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    if expiry.is_none_or(|expiry| expiry <= org.now().as_micros() / 1_000_000) {
        return Err(OAuthError::grant("expired assertion"));
    }
    text("sub").or_else(|| text("prn")).map(str::to_owned).ok_or_else(|| OAuthError::grant("invalid assertion"))
}

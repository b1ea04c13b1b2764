//! The assertion of the JWT bearer flow (RFC 7523, RS256).

use domain::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::{OrgConfig, error::Error};

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
}

/// Salesforce takes assertions that expire within five minutes; this leaves room for a clock that is a little ahead or behind.
const VALID_SECONDS: i64 = 180;

pub(super) fn assertion(
    config: &OrgConfig,
    username: &str,
    key_pem: &SecretString,
    now: Timestamp,
) -> Result<String, Error> {
    let key = key(key_pem)?;
    let claims = Claims {
        iss: &config.client_id,
        sub: username,
        aud: config.login_url.as_str().trim_end_matches('/'),
        exp: now.as_micros().div_euclid(1_000_000).saturating_add(VALID_SECONDS),
    };
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).map_err(unusable)
}

/// Whether assertions can be signed with it.
///
/// # Errors
/// [`crate::ErrorKind::Request`]: it isn't an RSA key in PEM form.
pub fn check_private_key(key_pem: &SecretString) -> Result<(), Error> {
    key(key_pem).map(drop)
}

fn key(key_pem: &SecretString) -> Result<EncodingKey, Error> {
    EncodingKey::from_rsa_pem(key_pem.expose_secret().as_bytes()).map_err(unusable)
}

fn unusable(error: jsonwebtoken::errors::Error) -> Error {
    Error::request("the private key for Salesforce is not an RSA key in PEM form").with_source(error)
}

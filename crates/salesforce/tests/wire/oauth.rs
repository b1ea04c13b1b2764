//! The grants on the wire.

use std::{collections::HashMap, sync::Arc};

use domain::{ManualClock, SeededRandom, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use salesforce::{Authorization, Client, ErrorKind, Grant, OAuth, OrgConfig, Pkce};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::org::{MemoryTokens, Org, Reply, grant_error, http, token_answer};

fn redirect() -> Url {
    "http://127.0.0.1:3000/admin/salesforce/callback?x=1".parse().unwrap()
}

#[tokio::test]
async fn consent_is_asked_for_with_pkce_and_the_code_is_exchanged_with_its_verifier() {
    let org = Org::start(|url, _| token_answer(url, "access", Some("refresh"))).await;
    let oauth = OAuth::new(http(), Arc::new(org.config()));
    let pkce = Pkce::generate(&SeededRandom::new(1));
    let url = oauth
        .authorize_url(&Authorization {
            redirect_uri: &redirect(),
            state: "state & more",
            pkce: &pkce,
            scopes: &["api", "refresh_token"],
            prompt: Some("consent"),
        })
        .unwrap();
    let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert!(url.as_str().starts_with(&format!("{}services/oauth2/authorize?", org.url)));
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "app-id"),
        ("redirect_uri", redirect().as_str()),
        ("state", "state & more"),
        ("scope", "api refresh_token"),
        ("prompt", "consent"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(query[name], value, "{name}");
    }
    assert_eq!(query["code_challenge"].len(), 43);
    assert!(!url.as_str().contains("app-secret") && !url.as_str().contains(pkce.verifier().expose_secret()));

    let tokens = oauth.exchange_code("the code==", pkce.verifier(), &redirect()).await.unwrap();
    assert_eq!(tokens.access_token.expose_secret(), "access");
    assert_eq!(tokens.refresh_token.as_ref().unwrap().expose_secret(), "refresh");
    assert_eq!(tokens.instance_url, org.url);
    assert_eq!(tokens.issued_at, Some(Timestamp::from_micros(1_763_640_000_123_000)));
    assert_eq!(tokens.scope.as_deref(), Some("api refresh_token"));
    assert_eq!(tokens.user_id().unwrap().as_str(), "005000000000001AAA");

    let request = &org.seen()[0];
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "the code=="),
        ("code_verifier", pkce.verifier().expose_secret()),
        ("redirect_uri", redirect().as_str()),
        ("client_id", "app-id"),
        ("client_secret", "app-secret"),
    ] {
        assert_eq!(request.form(name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_used_code_is_refused_in_the_orgs_words() {
    let org = Org::start(|_, _| grant_error("invalid_grant", "expired authorization code")).await;
    let oauth = OAuth::new(http(), Arc::new(org.config()));
    let verifier = SecretString::from("v".repeat(43));
    let error = oauth.exchange_code("used", &verifier, &redirect()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Grant { .. }));
    assert_eq!((error.code(), error.message().as_str()), (Some("invalid_grant"), "expired authorization code"));
}

#[tokio::test]
async fn a_log_in_server_that_is_unwell_is_not_a_refusal() {
    let org = Org::start(|_, seen| match seen.form("refresh_token").as_deref() {
        Some("busy") => Reply::Raw(503, "text/html", "<html>busy</html>".to_owned()),
        Some("page") => Reply::Raw(200, "text/html", "<html>hello</html>".to_owned()),
        _ => Reply::HangUp,
    })
    .await;
    let oauth = OAuth::new(http(), Arc::new(org.config()));
    for (token, temporary) in [("busy", true), ("lost", true), ("page", false)] {
        let error = oauth.refresh(&SecretString::from(token)).await.unwrap_err();
        assert_eq!(error.is_temporary(), temporary, "{token}: {error:?}");
        assert!(!error.needs_reconnect() && !error.outcome_unknown(), "{token}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_keeps_its_secrets() {
    let org = Org::start(|_, _| Reply::Json(200, json!({"access_token": "top-secret", "token_type": "Bearer"}))).await;
    let oauth = OAuth::new(http(), Arc::new(org.config()));
    let error = oauth.client_credentials().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Decode));
    assert!(!format!("{error:?} {error}").contains("top-secret"));
}

#[derive(Debug, Deserialize, PartialEq)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
}

#[tokio::test]
async fn a_jwt_is_signed_for_the_log_in_server_and_connects_by_itself() {
    let org = Org::start(|url, seen| match seen.is_token_request() {
        true => token_answer(url, "access", None),
        false => Reply::Json(200, json!({"name": "Case"})),
    })
    .await;
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_763_640_000_000_000)));
    let grant = Grant::Jwt {
        username: "robot@example.com".to_owned(),
        key_pem: SecretString::from(include_str!("../data/jwt-test-key.pem")),
    };
    let client = Client::with_clock(http(), Arc::new(org.config()), grant, MemoryTokens::empty(), clock);
    client.describe("Case").await.unwrap();

    let request = &org.token_requests()[0];
    assert_eq!(request.form("grant_type").as_deref(), Some("urn:ietf:params:oauth:grant-type:jwt-bearer"));
    let key = DecodingKey::from_rsa_pem(include_bytes!("../data/jwt-test-key.pub.pem")).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    let assertion = request.form("assertion").unwrap();
    let claims = jsonwebtoken::decode::<Claims>(&assertion, &key, &validation).unwrap().claims;
    let aud = org.url.as_str().trim_end_matches('/').to_owned();
    assert_eq!(
        claims,
        Claims { iss: "app-id".to_owned(), sub: "robot@example.com".to_owned(), aud, exp: 1_763_640_180 }
    );
}

#[tokio::test]
async fn a_key_that_is_none_is_a_mistake_in_the_configuration() {
    let org = Org::start(|url, _| token_answer(url, "access", None)).await;
    let oauth = OAuth::new(http(), Arc::new(org.config()));
    let key = SecretString::from("not a key");
    let error = oauth.jwt_bearer("robot@example.com", &key, Timestamp::from_micros(0)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Request { .. }));
    assert!(org.seen().is_empty());
}

#[tokio::test]
async fn revoking_a_token_the_org_has_forgotten_is_done() {
    let org = Org::start(|_, seen| match seen.form("token").as_deref() {
        Some("known") => Reply::Raw(200, "text/plain", String::new()),
        Some("forgotten") => grant_error("invalid_token", "invalid token"),
        _ => grant_error("unsupported_token_type", "this token type is not supported"),
    })
    .await;
    let oauth = OAuth::new(http(), Arc::new(org.config()));
    oauth.revoke(&SecretString::from("known")).await.unwrap();
    oauth.revoke(&SecretString::from("forgotten")).await.unwrap();
    let error = oauth.revoke(&SecretString::from("odd")).await.unwrap_err();
    assert_eq!(error.code(), Some("unsupported_token_type"));
    assert_eq!(org.seen()[0].target, "/services/oauth2/revoke");
}

#[test]
fn a_sites_own_path_stays_before_the_endpoints() {
    let config = OrgConfig::new("https://example.my.site.com/partners/".parse().unwrap(), "app-id");
    let oauth = OAuth::new(http(), Arc::new(config));
    let url = oauth
        .authorize_url(&Authorization {
            redirect_uri: &redirect(),
            state: "s",
            pkce: &Pkce::generate(&SeededRandom::new(1)),
            scopes: &[],
            prompt: None,
        })
        .unwrap();
    assert!(url.as_str().starts_with("https://example.my.site.com/partners/services/oauth2/authorize?"), "{url}");
    assert!(url.query_pairs().all(|(name, _)| name != "scope" && name != "prompt"));
}

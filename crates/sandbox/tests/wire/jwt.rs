//! JWT bearer assertions, signed with a key made for these tests and used nowhere else.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{client::Org, oauth};

const PRIVATE: &str = include_str!("jwt-test-private.pem");
const PUBLIC: &str = include_str!("jwt-test-public.pem");

async fn present(org: &Org, claims: &Value) -> (StatusCode, Value) {
    let key = EncodingKey::from_rsa_pem(PRIVATE.as_bytes()).unwrap();
    let assertion = encode(&Header::new(Algorithm::RS256), claims, &key).unwrap();
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    oauth::token(org, &[("grant_type", grant), ("assertion", &assertion)]).await
}

/// Far ahead of any clock these tests run by.
const LATER: i64 = 32_503_680_000;

fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": "casebridge-dev", "sub": "riley@sandbox.test", "aud": "https://login.salesforce.com", "exp": LATER,
    });
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims
}

#[tokio::test]
async fn an_assertion_signed_by_a_trusted_key_is_believed() {
    let org = Org::start().await;
    assert_eq!(present(&org, &claims(json!({}))).await.1["error"], "invalid_grant", "no key is trusted at first");
    org.control("jwt-keys", json!({ "public_key_pem": PUBLIC })).await;
    // One client sends the expiry as text; the org's own address is an audience too.
    for good in [json!({}), json!({ "exp": LATER.to_string() }), json!({ "aud": org.sandbox.url() })] {
        let (status, tokens) = present(&org, &claims(good)).await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        assert!(tokens["id"].as_str().unwrap().ends_with(sandbox::RILEY_ID));
    }
}

#[tokio::test]
async fn an_assertion_that_is_late_or_meant_elsewhere_is_refused() {
    let org = Org::start().await;
    org.sandbox.trust_jwt_key(PUBLIC);
    for (wrong, error) in [
        (json!({ "exp": 1 }), "invalid_grant"),
        (json!({ "aud": "https://example.org" }), "invalid_grant"),
        (json!({ "sub": "nobody@sandbox.test" }), "invalid_grant"),
        (json!({ "iss": "somebody" }), "invalid_client_id"),
    ] {
        let (status, body) = present(&org, &claims(wrong.clone())).await;
        assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!(error)), "{wrong}");
    }
    org.sandbox.advance_clock(Duration::from_secs(u64::try_from(LATER).unwrap()));
    assert_eq!(present(&org, &claims(json!({}))).await.0, StatusCode::BAD_REQUEST);
}

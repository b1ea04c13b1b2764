//! TLS with a local authority.

use std::{io::Write as _, net::SocketAddr, sync::Arc};

use axum_server::tls_rustls::RustlsConfig;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use salesforce::{
    Client, ErrorKind, Grant, OrgConfig,
    http::{HttpOptions, HttpSetupError},
};
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use crate::org::{IDENTITY, MemoryTokens, http, tokens};

/// An org behind its own authority; gives its URL and the authority's certificate. Its log-in answers name `instance`, or itself.
async fn tls_org(instance: Option<&'static str>) -> (Url, String) {
    // Installs the provider that the server uses too.
    let _ = http();
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let tls = RustlsConfig::from_pem(certificate.pem().into_bytes(), key.serialize_pem().into_bytes()).await.unwrap();

    let listener = std::net::TcpListener::bind::<SocketAddr>("127.0.0.1:0".parse().unwrap()).unwrap();
    listener.set_nonblocking(true).unwrap();
    let url: Url = format!("https://localhost:{}", listener.local_addr().unwrap().port()).parse().unwrap();
    let own = url.clone();
    let app = axum::Router::new().fallback(move || {
        let instance = instance.map_or_else(|| own.to_string(), str::to_owned);
        async move {
            let answer: Value = json!({
                "name": "Case", "access_token": "a", "token_type": "Bearer", "id": IDENTITY, "instance_url": instance,
            });
            axum::Json(answer)
        }
    });
    let server = axum_server::from_tcp_rustls(listener, tls).unwrap();
    tokio::spawn(async move { server.serve(app.into_make_service()).await.unwrap() });
    (url, ca_pem)
}

fn client(url: &Url, http: reqwest::Client) -> Client {
    let store = MemoryTokens::holding(tokens(url, "old", "refresh-1"));
    Client::new(http, Arc::new(OrgConfig::new(url.clone(), "app-id")), Grant::Web, store)
}

fn trusting(pem: &str) -> Result<reqwest::Client, HttpSetupError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pem.as_bytes()).unwrap();
    salesforce::http::client(&HttpOptions { extra_root: Some(file.path().to_owned()), ..HttpOptions::default() })
}

#[tokio::test]
async fn a_local_authority_is_trusted_only_when_its_file_is_given() {
    let (url, ca_pem) = tls_org(None).await;
    client(&url, trusting(&ca_pem).unwrap()).describe("Case").await.unwrap();

    let error = client(&url, http()).describe("Case").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Connect), "{error:?}");
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn a_token_got_over_tls_does_not_travel_without_it() {
    let (url, ca_pem) = tls_org(Some("http://localhost:1/")).await;
    let config = OrgConfig { client_secret: Some(SecretString::from("s")), ..OrgConfig::new(url, "app-id") };
    let client =
        Client::new(trusting(&ca_pem).unwrap(), Arc::new(config), Grant::ClientCredentials, MemoryTokens::empty());
    let error = client.describe("Case").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Decode), "{error:?}");
}

#[test]
fn an_unusable_file_of_authorities_says_what_is_wrong() {
    let missing = HttpOptions { extra_root: Some("/nowhere/ca.pem".into()), ..HttpOptions::default() };
    let error = salesforce::http::client(&missing).unwrap_err();
    assert!(error.to_string().contains("/nowhere/ca.pem"), "{error}");
    assert!(matches!(trusting("hello"), Err(HttpSetupError::NoRoot { .. } | HttpSetupError::MalformedRoot { .. })));
    let broken = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
    assert!(trusting(broken).is_err());
}

//! SOAP log-in over TLS, with the certificate authority the sandbox made.

use reqwest::StatusCode;
use sandbox::SandboxOptions;

use crate::client::{self, Org};

fn envelope(username: &str, password: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8" ?><env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/">
        <env:Body><n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>{username}</n1:username>
        <n1:password>{password}</n1:password></n1:login></env:Body></env:Envelope>"#
    )
}

#[tokio::test]
async fn a_password_with_the_security_token_opens_a_session_at_the_address_that_was_asked() {
    let org =
        Org::start_with(SandboxOptions { tls_listen: Some(([127, 0, 0, 1], 0).into()), ..Default::default() }).await;
    let origin = org.sandbox.tls_url().unwrap();
    let https = client::https(org.sandbox.ca_pem().unwrap());
    let url = format!("{origin}/services/Soap/u/59.0");
    let log_in = async |username: &str, password: &str| {
        let request = https.post(&url).header("content-type", "text/xml").header("SOAPAction", "login");
        let response = request.body(envelope(username, password)).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    };
    let (status, body) = log_in("admin@sandbox.test", "sandboxTOKEN").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(body.contains(&format!("<serverUrl>{origin}/services/Soap/u/59.0/00DSB0000000001</serverUrl>")), "{body}");
    let session = body.split_once("<sessionId>").unwrap().1.split_once("</sessionId>").unwrap().0;
    let request = https.get(format!("{origin}/services/data/v59.0/limits")).bearer_auth(session);
    assert_eq!(client::answer(request).await.0, StatusCode::OK);

    for (username, password) in
        [("admin@sandbox.test", "sandbox"), ("admin@sandbox.test", "x"), ("nobody", "sandboxTOKEN")]
    {
        let (status, body) = log_in(username, password).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(body.contains("<sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>"), "{body}");
    }
}

#[tokio::test]
async fn versions_without_log_in_say_so() {
    let org = Org::start().await;
    for (version, code) in [("65.0", "INVALID_OPERATION"), ("25.0", "UNSUPPORTED_API_VERSION")] {
        let url = format!("{}/services/Soap/u/{version}/", org.sandbox.url());
        let body = envelope("admin@sandbox.test", "sandboxTOKEN");
        let response = org.http.post(url).header("content-type", "text/xml").body(body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(response.text().await.unwrap().contains(code));
    }
}

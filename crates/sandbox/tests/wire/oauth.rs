//! The ways to get a token, and the ways to lose one.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::client::{self, Org};

const CALLBACK: &str = "http://127.0.0.1:3000/callback?from=org";
const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-taken-for-one";

/// The token endpoint, with the app's credentials.
pub(crate) async fn token(org: &Org, pairs: &[(&str, &str)]) -> (StatusCode, Value) {
    let mut form = vec![("client_id", "casebridge-dev"), ("client_secret", "casebridge-dev-secret")];
    form.extend(pairs);
    client::answer(org.http.post(format!("{}/services/oauth2/token", org.sandbox.url())).form(&form)).await
}

fn authorize_url(org: &Org) -> url::Url {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER.as_bytes()));
    let pairs = [
        ("response_type", "code"),
        ("client_id", "casebridge-dev"),
        ("redirect_uri", CALLBACK),
        ("scope", "api refresh_token"),
        ("state", "a state & more"),
        ("code_challenge", &challenge),
    ];
    url::Url::parse_with_params(&format!("{}/services/oauth2/authorize", org.sandbox.url()), pairs).unwrap()
}

/// Presses a button on the consent page and answers the pairs the app is sent back with.
async fn decide(org: &Org, decision: &str) -> Vec<(String, String)> {
    let url = authorize_url(org);
    let page = org.http.get(url.clone()).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await.unwrap();
    assert!(page.contains("Sandbox Admin") && page.contains("value=\"allow\""), "{page}");
    let response = org.http.post(url).form(&[("decision", decision)]).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    let location = url::Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
    assert!(location.as_str().starts_with("http://127.0.0.1:3000/callback?from=org&"), "{location}");
    location.query_pairs().into_owned().collect()
}

fn named<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    &pairs.iter().find(|(key, _)| key == name).unwrap().1
}

async fn exchange(org: &Org, code: &str, verifier: &str) -> (StatusCode, Value) {
    let pairs =
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", verifier)];
    token(org, &pairs).await
}

/// Goes through consent and answers the tokens.
pub(crate) async fn connect(org: &Org) -> Value {
    let back = decide(org, "allow").await;
    let (status, tokens) = exchange(org, named(&back, "code"), VERIFIER).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    tokens
}

async fn works(org: &Org, access_token: &Value) -> bool {
    let url = format!("{}/services/data/v67.0/limits", org.sandbox.url());
    let request = org.http.get(url).bearer_auth(access_token.as_str().unwrap());
    client::answer(request).await.0 == StatusCode::OK
}

async fn refresh(org: &Org, refresh_token: &Value) -> (StatusCode, Value) {
    token(org, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token.as_str().unwrap())]).await
}

#[tokio::test]
async fn consent_gives_a_code_and_the_code_gives_tokens_once() {
    let org = Org::start().await;
    let back = decide(&org, "allow").await;
    assert_eq!(named(&back, "state"), "a state & more");
    let (status, tokens) = exchange(&org, named(&back, "code"), VERIFIER).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    assert_eq!(tokens["instance_url"], org.sandbox.url());
    assert_eq!((&tokens["token_type"], &tokens["scope"]), (&json!("Bearer"), &json!("api refresh_token")));
    assert!(tokens["issued_at"].as_str().unwrap().parse::<i64>().is_ok());
    assert!(works(&org, &tokens["access_token"]).await);

    let (status, error) = exchange(&org, named(&back, "code"), VERIFIER).await;
    assert_eq!((status, &error["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
}

#[tokio::test]
async fn a_wrong_verifier_a_denial_and_a_late_code_give_nothing() {
    let org = Org::start().await;
    let back = decide(&org, "allow").await;
    assert_eq!(exchange(&org, named(&back, "code"), "another").await.1["error"], "invalid_grant");
    let back = decide(&org, "deny").await;
    assert_eq!(named(&back, "error"), "access_denied");
    let back = decide(&org, "allow").await;
    org.sandbox.advance_clock(std::time::Duration::from_mins(16));
    assert_eq!(exchange(&org, named(&back, "code"), VERIFIER).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn an_address_elsewhere_is_never_redirected_to() {
    let org = Org::start().await;
    for (name, wrong) in [("redirect_uri", "https://example.org/callback"), ("client_id", "somebody")] {
        let mut url = authorize_url(&org);
        let pairs: Vec<_> = url.query_pairs().into_owned().filter(|(key, _)| key != name).collect();
        url.query_pairs_mut().clear().extend_pairs(pairs).append_pair(name, wrong);
        for request in [org.http.get(url.clone()), org.http.post(url).form(&[("decision", "allow")])] {
            assert_eq!(client::answer(request).await.0, StatusCode::BAD_REQUEST, "{name}");
        }
    }
}

#[tokio::test]
async fn a_refresh_rotates_and_a_spent_refresh_token_ends_everything() {
    let org = Org::start().await;
    let first = connect(&org).await;
    let (status, second) = refresh(&org, &first["refresh_token"]).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert!(!works(&org, &first["access_token"]).await, "the old session ends");
    assert!(works(&org, &second["access_token"]).await);

    let (status, error) = refresh(&org, &first["refresh_token"]).await;
    assert_eq!((status, &error["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
    assert!(!works(&org, &second["access_token"]).await);
    assert_eq!(refresh(&org, &second["refresh_token"]).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn without_rotation_a_refresh_token_is_good_again() {
    let org = Org::start().await;
    org.control("switches", json!({ "rotation": false })).await;
    let first = connect(&org).await;
    for _ in 0..2 {
        let (status, next) = refresh(&org, &first["refresh_token"]).await;
        assert_eq!((status, next.get("refresh_token")), (StatusCode::OK, None));
        assert!(works(&org, &next["access_token"]).await);
    }
}

#[tokio::test]
async fn expired_sessions_leave_the_refresh_token_good() {
    let org = Org::start().await;
    let tokens = connect(&org).await;
    org.control("expire-sessions", json!({})).await;
    assert!(!works(&org, &tokens["access_token"]).await);
    let (_, next) = refresh(&org, &tokens["refresh_token"]).await;
    assert!(works(&org, &next["access_token"]).await);
}

#[tokio::test]
async fn the_sixth_approval_ends_the_oldest() {
    let org = Org::start().await;
    let mut approvals = Vec::new();
    for _ in 0..6 {
        approvals.push(connect(&org).await);
    }
    assert_eq!(refresh(&org, &approvals[0]["refresh_token"]).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(refresh(&org, &approvals[1]["refresh_token"]).await.0, StatusCode::OK);
}

#[tokio::test]
async fn client_credentials_come_in_a_header_or_in_the_body() {
    let org = Org::start().await;
    let (status, tokens) = token(&org, &[("grant_type", "client_credentials")]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(tokens.get("refresh_token").is_none());
    assert!(works(&org, &tokens["access_token"]).await);
    let url = format!("{}/services/oauth2/token", org.sandbox.url());
    let form = [("grant_type", "client_credentials")];
    let basic = org.http.post(&url).basic_auth("casebridge-dev", Some("casebridge-dev-secret")).form(&form);
    assert_eq!(client::answer(basic).await.0, StatusCode::OK);
    for (id, secret, error) in [
        ("casebridge-dev", Some("wrong"), "invalid_client"),
        ("casebridge-dev", None, "invalid_client"),
        ("somebody", Some("casebridge-dev-secret"), "invalid_client_id"),
    ] {
        let (status, body) = client::answer(org.http.post(&url).basic_auth(id, secret).form(&form)).await;
        assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!(error)));
    }
}

#[tokio::test]
async fn a_password_needs_its_security_token() {
    let org = Org::start().await;
    let log_in = async |username: &str, password: &str| {
        token(&org, &[("grant_type", "password"), ("username", username), ("password", password)]).await
    };
    assert_eq!(log_in("Riley@sandbox.test", "sandboxTOKEN").await.0, StatusCode::OK);
    for (username, password) in [("riley@sandbox.test", "sandbox"), ("nobody@sandbox.test", "sandboxTOKEN")] {
        let (status, body) = log_in(username, password).await;
        assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
    }
    assert_eq!(token(&org, &[("grant_type", "device")]).await.1["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn a_revoked_token_is_worth_nothing() {
    let org = Org::start().await;
    let tokens = connect(&org).await;
    let url = format!("{}/services/oauth2/revoke", org.sandbox.url());
    let revoke =
        async |token: &Value| client::answer(org.http.post(&url).form(&[("token", token.as_str().unwrap())])).await.0;
    assert_eq!(revoke(&tokens["refresh_token"]).await, StatusCode::OK);
    assert!(!works(&org, &tokens["access_token"]).await, "it ends the access tokens it made");
    assert_eq!(refresh(&org, &tokens["refresh_token"]).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(revoke(&tokens["refresh_token"]).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_token_tells_who_it_is() {
    let org = Org::start().await;
    let tokens = connect(&org).await;
    let access_token = tokens["access_token"].as_str().unwrap();
    let info = org.http.get(format!("{}/services/oauth2/userinfo", org.sandbox.url()));
    let (_, info) = client::answer(info.bearer_auth(access_token)).await;
    assert_eq!((&info["preferred_username"], &info["name"]), (&json!("admin@sandbox.test"), &json!("Sandbox Admin")));
    assert_eq!(info["sub"], tokens["id"]);
    let (status, identity) =
        client::answer(org.http.get(tokens["id"].as_str().unwrap()).bearer_auth(access_token)).await;
    assert_eq!((status, &identity["username"]), (StatusCode::OK, &json!("admin@sandbox.test")));
    assert_eq!(identity["id"], tokens["id"]);

    let bad = org.http.get(tokens["id"].as_str().unwrap()).bearer_auth("bad").send().await.unwrap();
    assert_eq!(bad.status(), StatusCode::FORBIDDEN);
    assert_eq!(bad.text().await.unwrap(), "Bad_OAuth_Token");

    let introspect = async |token: &str| {
        let url = format!("{}/services/oauth2/introspect", org.sandbox.url());
        let form = [("token", token), ("client_id", "casebridge-dev"), ("client_secret", "casebridge-dev-secret")];
        client::answer(org.http.request(Method::POST, url).form(&form)).await.1
    };
    assert_eq!(introspect(access_token).await["active"], true);
    assert_eq!(introspect("bad").await, json!({ "active": false }));
}

/// What one user asked for was given to whoever knew where it was.
#[tokio::test]
async fn another_user_reads_on_neither_in_a_query_nor_in_the_results_of_a_job() {
    let org = Org::start().await;
    let envelope = "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><login>\
                    <username>riley@sandbox.test</username><password>sandboxTOKEN</password></login></e:Body></e:Envelope>";
    let login = org.http.post(format!("{}/services/Soap/u/60.0", org.sandbox.url())).body(envelope);
    let riley = login.send().await.unwrap().text().await.unwrap();
    let riley = riley.split_once("<sessionId>").unwrap().1.split_once('<').unwrap().0;
    let by_riley = async |path: &str| {
        let url = format!("{}/services/data/v67.0{path}", org.sandbox.url());
        client::answer(org.http.get(url).bearer_auth(riley)).await
    };
    let records: Vec<Value> =
        (0..200).map(|n| json!({ "attributes": { "type": "Contact" }, "LastName": format!("P{n}") })).collect();
    for records in [&records[..], &records[..1]] {
        org.send(Method::POST, "/composite/sobjects", json!({ "records": records })).await;
    }
    let query = org.request(Method::GET, "/query?q=SELECT+Id+FROM+Contact");
    let (_, page) = client::answer(query.header("Sforce-Query-Options", "batchSize=200")).await;
    let next = page["nextRecordsUrl"].as_str().unwrap().strip_prefix("/services/data/v67.0").unwrap();
    let (status, body) = by_riley(next).await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("INVALID_QUERY_LOCATOR")));
    assert_eq!(org.get(next).await.0, StatusCode::OK, "it is still its owner's");

    let loaded = crate::bulk::load(&org, crate::bulk::job("insert", "Contact"), "LastName\nx\n").await;
    let asked = json!({ "operation": "query", "query": "SELECT Id FROM Contact" });
    let (_, asked) = org.send(Method::POST, "/jobs/query", asked).await;
    let [loaded, asked] = [&loaded, &asked].map(|job| job["id"].as_str().unwrap());
    crate::bulk::wait(&org, &format!("/jobs/query/{asked}")).await;
    for path in [
        format!("/jobs/ingest/{loaded}/successfulResults"),
        format!("/jobs/ingest/{loaded}/failedResults"),
        format!("/jobs/query/{asked}/results"),
        format!("/jobs/query/{asked}/resultPages"),
    ] {
        let (status, body) = by_riley(&path).await;
        assert_eq!((status, &body[0]["errorCode"]), (StatusCode::FORBIDDEN, &json!("INSUFFICIENT_ACCESS")), "{path}");
        assert_eq!(org.get(&path).await.0, StatusCode::OK, "{path}");
    }
    assert_eq!(by_riley(&format!("/jobs/query/{asked}")).await.0, StatusCode::OK, "of the job everybody may know");
}

#[tokio::test]
async fn the_token_endpoint_takes_forms_and_answers_as_it_is_asked_to() {
    let org = Org::start().await;
    let url = format!("{}/services/oauth2/token", org.sandbox.url());
    let grant = json!({ "grant_type": "client_credentials", "client_id": "casebridge-dev", "client_secret": "casebridge-dev-secret" });
    let refused = json!({ "error": "unsupported_grant_type", "error_description": "grant type not supported" });
    assert_eq!(client::answer(org.http.post(&url).json(&grant)).await, (StatusCode::BAD_REQUEST, refused.clone()));
    assert_eq!(client::answer(org.http.post(&url)).await, (StatusCode::BAD_REQUEST, refused));

    let ask = async |format: Option<&str>, accept: &str, secret: &str| {
        let mut form =
            vec![("grant_type", "client_credentials"), ("client_id", "casebridge-dev"), ("client_secret", secret)];
        form.extend(format.map(|format| ("format", format)));
        let response = org.http.post(&url).header("accept", accept).form(&form).send().await.unwrap();
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        (content_type, response.text().await.unwrap())
    };
    for (format, accept) in [(Some("xml"), "*/*"), (None, "application/xml")] {
        let (content_type, text) = ask(format, accept, "casebridge-dev-secret").await;
        assert!(content_type.starts_with("application/xml") && text.contains("<OAuth><access_token>00D"), "{text}");
    }
    for (format, accept) in [(Some("urlencoded"), "application/json"), (None, "application/x-www-form-urlencoded")] {
        let (content_type, text) = ask(format, accept, "casebridge-dev-secret").await;
        assert!(content_type.starts_with("application/x-www-form-urlencoded"));
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        assert_eq!(
            (named(&pairs, "token_type"), named(&pairs, "instance_url")),
            ("Bearer", org.sandbox.url().as_str())
        );
    }
    assert!(ask(Some("json"), "application/xml", "casebridge-dev-secret").await.1.starts_with('{'));
    let (_, text) = ask(Some("xml"), "*/*", "wrong").await;
    assert!(text.contains("<OAuth><error>invalid_client</error><error_description>"), "{text}");
}

#[tokio::test]
async fn an_identity_names_where_everything_is_in_the_version_asked_for() {
    let org = Org::start().await;
    let (_, tokens) = token(&org, &[("grant_type", "client_credentials")]).await;
    let identity = async |query: &str| {
        let url = format!("{}{query}", tokens["id"].as_str().unwrap());
        client::answer(org.http.get(url).bearer_auth(tokens["access_token"].as_str().unwrap())).await.1
    };
    let url = org.sandbox.url();
    let told = identity("").await;
    for name in [
        "enterprise",
        "metadata",
        "partner",
        "rest",
        "sobjects",
        "search",
        "query",
        "recent",
        "tooling_soap",
        "tooling_rest",
        "profile",
        "feeds",
        "groups",
        "users",
        "feed_items",
        "feed_elements",
        "custom_domain",
    ] {
        assert!(told["urls"][name].as_str().unwrap().starts_with(&url), "{name}");
    }
    assert_eq!(told["urls"]["metadata"], format!("{url}/services/Soap/m/{{version}}/00DSB0000000001"));
    assert_eq!(told["urls"]["custom_domain"], url);
    assert!(told["photos"]["thumbnail"].as_str().unwrap().ends_with("/T"));
    assert_eq!(identity("?version=latest").await["urls"]["rest"], format!("{url}/services/data/v67.0/"));
    assert_eq!(identity("?version=58.0").await["urls"]["query"], format!("{url}/services/data/v58.0/query/"));
}

/// As the browser client of jsforce asks.
#[tokio::test]
async fn a_page_is_given_its_token_behind_the_hash() {
    let org = Org::start().await;
    let mut url = authorize_url(&org);
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(pairs.iter().filter(|(name, _)| !name.starts_with("code") && name != "response_type"));
    url.query_pairs_mut().append_pair("response_type", "token");
    let decided = async |decision: &str| {
        let response = org.http.post(url.clone()).form(&[("decision", decision)]).send().await.unwrap();
        let location = url::Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
        assert_eq!(location.query(), Some("from=org"), "nothing is told to the server");
        url::form_urlencoded::parse(location.fragment().unwrap().as_bytes())
            .into_owned()
            .collect::<Vec<(String, String)>>()
    };
    let told = decided("allow").await;
    assert!(works(&org, &json!(named(&told, "access_token"))).await);
    assert_eq!((named(&told, "state"), named(&told, "token_type")), ("a state & more", "Bearer"));
    assert_eq!(named(&told, "instance_url"), org.sandbox.url());
    assert!(!told.iter().any(|(name, _)| name == "refresh_token"));
    assert_eq!(named(&decided("deny").await, "error"), "access_denied");
}

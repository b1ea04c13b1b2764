//! Getting, renewing and giving back tokens: the grants Salesforce knows, each a method.

mod answer;
mod jwt;
mod pkce;

use std::sync::Arc;

use ::http::StatusCode;
use domain::Timestamp;
use futures::future::BoxFuture;
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken, Scope, StandardRevocableToken,
    TokenUrl,
    basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse},
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{
    OrgConfig, Tokens,
    error::{Error, ErrorKind, Outcome},
};
use answer::TokenAnswer;
pub use jwt::check_private_key;
pub use pkce::Pkce;

/// How a [`Client`](crate::Client) comes by its first tokens.
#[derive(Clone, Debug)]
pub enum Grant {
    /// An admin consents in the browser; later the refresh token does.
    Web,
    ClientCredentials,
    /// A signed assertion for a user the org has approved beforehand.
    Jwt {
        username: String,
        /// An RSA private key, PKCS#8 or PKCS#1.
        key_pem: SecretString,
    },
}

/// What the browser is sent to the org's consent page with.
#[derive(Clone, Copy, Debug)]
pub struct Authorization<'a> {
    /// Exactly as registered with the org, and as given to [`OAuth::exchange_code`].
    pub redirect_uri: &'a Url,
    /// Random, single use, bound to the browser's session.
    pub state: &'a str,
    pub pkce: &'a Pkce,
    /// `api`, `refresh_token`, …; none means all the app has.
    pub scopes: &'a [&'a str],
    /// `login`, `consent`, `select_account`, or several.
    pub prompt: Option<&'a str>,
}

type Oauth2Client = oauth2::Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The org's log-in server, seen as one app.
#[derive(Clone, Debug)]
pub struct OAuth {
    http: reqwest::Client,
    config: Arc<OrgConfig>,
}

impl OAuth {
    pub fn new(http: reqwest::Client, config: Arc<OrgConfig>) -> Self {
        Self { http, config }
    }

    /// Where to send the admin's browser.
    ///
    /// # Errors
    /// A log-in URL that can't carry a path.
    pub fn authorize_url(&self, authorization: &Authorization<'_>) -> Result<Url, Error> {
        let client = self.oauth2_client()?;
        let state = authorization.state.to_owned();
        let mut request = client
            .authorize_url(|| CsrfToken::new(state))
            .set_redirect_uri(std::borrow::Cow::Owned(RedirectUrl::from_url(authorization.redirect_uri.clone())))
            .set_pkce_challenge(authorization.pkce.challenge())
            .add_scopes(authorization.scopes.iter().map(|scope| Scope::new((*scope).to_owned())));
        if let Some(prompt) = authorization.prompt {
            request = request.add_extra_param("prompt", prompt);
        }
        Ok(request.url().0)
    }

    /// Turns the code the browser came back with into tokens.
    ///
    /// # Errors
    /// [`ErrorKind::Grant`] for a used, foreign or expired code; transport errors.
    pub async fn exchange_code(
        &self,
        code: &str,
        verifier: &SecretString,
        redirect_uri: &Url,
    ) -> Result<Tokens, Error> {
        let client = self.oauth2_client()?;
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()))
            .set_redirect_uri(std::borrow::Cow::Owned(RedirectUrl::from_url(redirect_uri.clone())));
        request.request_async(self).await.map_err(answer::failure)?.into_tokens(&self.config)
    }

    /// Uses up `refresh_token` where the org rotates them: keep the tokens this returns before using them, and never
    /// call it twice with one token. [`Client`](crate::Client) does both.
    ///
    /// # Errors
    /// [`ErrorKind::Grant`] when the token is revoked, expired or used; transport errors.
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<Tokens, Error> {
        let client = self.oauth2_client()?;
        let refresh_token = RefreshToken::new(refresh_token.expose_secret().to_owned());
        let request = client.exchange_refresh_token(&refresh_token);
        request.request_async(self).await.map_err(answer::failure)?.into_tokens(&self.config)
    }

    /// # Errors
    /// [`ErrorKind::Grant`] when the app isn't allowed this flow; transport errors.
    pub async fn client_credentials(&self) -> Result<Tokens, Error> {
        let client = self.oauth2_client()?;
        let request = client.exchange_client_credentials();
        request.request_async(self).await.map_err(answer::failure)?.into_tokens(&self.config)
    }

    /// # Errors
    /// [`ErrorKind::Request`] for a key that isn't RSA in PEM form; [`ErrorKind::Grant`] when the org doesn't know the key or
    /// hasn't approved the user; transport errors.
    pub async fn jwt_bearer(&self, username: &str, key_pem: &SecretString, now: Timestamp) -> Result<Tokens, Error> {
        let assertion = jwt::assertion(&self.config, username, key_pem, now)?;
        let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &assertion)];
        answer::tokens(&self.post(self.form("/services/oauth2/token", &form)?).await?)?.into_tokens(&self.config)
    }

    /// Ends a token. For a refresh token, its sessions with it. A token the org no longer knows counts as ended.
    ///
    /// # Errors
    /// Transport errors, and an org that answers anything else.
    pub async fn revoke(&self, token: &SecretString) -> Result<(), Error> {
        let form = [("token", token.expose_secret())];
        let response = self.post(self.form("/services/oauth2/revoke", &form)?).await?;
        if response.status() == StatusCode::OK {
            return Ok(());
        }
        match answer::refusal(&response) {
            error if error.code() == Some("invalid_token") => Ok(()),
            error => Err(error),
        }
    }

    fn oauth2_client(&self) -> Result<Oauth2Client, Error> {
        let client = oauth2::Client::new(ClientId::new(self.config.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(self.endpoint("/services/oauth2/authorize")?))
            .set_token_uri(TokenUrl::from_url(self.endpoint("/services/oauth2/token")?))
            .set_auth_type(AuthType::RequestBody);
        Ok(match &self.config.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
            None => client,
        })
    }

    /// Beneath the log-in URL's own path, which a site has.
    fn endpoint(&self, path: &str) -> Result<Url, Error> {
        let base = self.config.login_url.as_str().trim_end_matches('/');
        format!("{base}{path}").parse().map_err(|source| {
            Error::request("the Salesforce log-in URL can't carry a path; write it like https://login.salesforce.com")
                .with_source(Box::new(source) as Box<dyn std::error::Error + Send + Sync>)
        })
    }

    fn form(&self, path: &str, form: &[(&str, &str)]) -> Result<HttpRequest, Error> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        ::http::Request::post(self.endpoint(path)?.as_str())
            .header(::http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(::http::header::ACCEPT, "application/json")
            .body(body.into_bytes())
            .map_err(|error| Error::request("the log-in request can't be written").with_source(error))
    }

    /// One form post within the deadline. No failure here leaves a caller's own request in doubt, so outcomes are never unknown.
    async fn post(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let request = reqwest::Request::try_from(request)
            .map_err(|error| Error::transport(error, Outcome::NotApplied))
            .map(|mut request| {
                *request.timeout_mut() = Some(self.config.deadline);
                request
            })?;
        let read = async {
            let response = self.http.execute(request).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok((status, headers, response.bytes().await?))
        };
        let (status, headers, body) = read.await.map_err(|error| Error::transport(error, Outcome::NotApplied))?;
        tracing::debug!(http.status = status.as_u16(), "salesforce log-in server answered");
        if status.is_server_error() || matches!(status.as_u16(), 420 | 429) {
            return Err(Error::new(ErrorKind::Api { status: status.as_u16(), errors: Vec::new() }));
        }
        let mut response = HttpResponse::new(body.to_vec());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// The oauth2 crate's requests travel through [`OAuth::post`].
impl<'c> AsyncHttpClient<'c> for OAuth {
    type Error = Error;
    type Future = BoxFuture<'c, Result<HttpResponse, Error>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.post(request))
    }
}

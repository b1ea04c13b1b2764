//! Tokens, where they are kept, and how they are renewed once for everybody who waits.

mod renewal;

use std::{error::Error as StdError, fmt};

use domain::{SalesforceId, Timestamp};
use futures::future::BoxFuture;
use secrecy::SecretString;
use url::Url;

pub(crate) use renewal::Session;

/// The right to act in an org.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access_token: SecretString,
    pub refresh_token: Option<SecretString>,
    /// Where the org's API is; it can change with each renewal.
    pub instance_url: Url,
    /// By the org's clock. Salesforce doesn't say when a token expires.
    pub issued_at: Option<Timestamp>,
    /// Space-separated.
    pub scope: Option<String>,
    /// The identity URL: `…/id/{org}/{user}`.
    pub id: Option<Url>,
}

impl Tokens {
    /// From the identity URL.
    pub fn organization_id(&self) -> Option<SalesforceId> {
        self.identity().map(|(organization, _)| organization)
    }

    /// From the identity URL: the user the org takes us for.
    pub fn user_id(&self) -> Option<SalesforceId> {
        self.identity().map(|(_, user)| user)
    }

    fn identity(&self) -> Option<(SalesforceId, SalesforceId)> {
        let mut segments = self.id.as_ref()?.path_segments()?.skip_while(|segment| *segment != "id").skip(1);
        let (organization, user) = (segments.next()?, segments.next()?);
        Some((SalesforceId::new(organization).ok()?, SalesforceId::new(user).ok()?))
    }
}

/// Why a store could not read or keep tokens.
#[derive(Debug)]
pub struct TokenStoreError(Box<dyn StdError + Send + Sync>);

impl TokenStoreError {
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for TokenStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the token store failed")
    }
}

impl StdError for TokenStoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.0)
    }
}

/// Held while one process renews tokens that others share; dropping it lets the next one in.
pub type RefreshTurn = Box<dyn Send>;

/// Keeps a connection's tokens between runs and for other processes.
///
/// A rotated refresh token works once, so new tokens are saved before anything uses them. Saving must fail, not bring a
/// connection back, when it was taken away in the meantime.
pub trait TokenStore: Send + Sync + 'static {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>, TokenStoreError>>;

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<(), TokenStoreError>>;

    /// Waits until no other process is renewing these tokens. A store that only one process uses has nothing to wait for.
    fn refresh_turn(&self) -> BoxFuture<'_, Result<RefreshTurn, TokenStoreError>> {
        Box::pin(async { Ok(Box::new(()) as RefreshTurn) })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::Tokens;

    #[test]
    fn who_and_where_are_read_from_the_identity_url_and_secrets_stay_out_of_debug() {
        let mut tokens = Tokens {
            access_token: SecretString::from("access-secret"),
            refresh_token: Some(SecretString::from("refresh-secret")),
            instance_url: "https://example.my.salesforce.com".parse().unwrap(),
            issued_at: None,
            scope: None,
            id: Some("https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA".parse().unwrap()),
        };
        assert_eq!(tokens.organization_id().unwrap().as_str(), "00D000000000001EAA");
        assert_eq!(tokens.user_id().unwrap().as_str(), "005000000000001AAA");
        let debug = format!("{tokens:?}");
        assert!(!debug.contains("access-secret") && !debug.contains("refresh-secret"), "{debug}");

        tokens.id = Some("https://login.salesforce.com/id/nonsense".parse().unwrap());
        assert_eq!(tokens.organization_id(), None);
    }
}

//! What an engine is made of.

use std::{path::PathBuf, sync::Arc, time::Duration};

use domain::{Clock, Random};
use secrecy::SecretString;
use store::Store;
use url::Url;

/// Everything an engine needs from outside.
pub struct EngineOptions {
    /// Migrated.
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    /// None: the portal runs without an org.
    pub org: Option<OrgOptions>,
    /// Where files of old comments that people send are kept until they are loaded; made when the first comes.
    pub uploads: PathBuf,
    pub limits: Limits,
}

/// How to reach the org.
#[derive(Clone)]
pub struct OrgOptions {
    /// `https://login.salesforce.com`, or the org's own domain.
    pub login_url: Url,
    pub client_id: String,
    pub client_secret: Option<SecretString>,
    pub grant: OrgGrant,
    pub poll_interval: Duration,
    /// Where people reach the portal: for links in org records and for the OAuth redirect.
    pub public_url: Url,
    /// A PEM file with a root certificate to trust besides the usual ones.
    pub extra_ca: Option<PathBuf>,
}

/// Which of an org's settings can't work, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnusableOrg {
    CaFile(String),
    PrivateKey(String),
}

impl OrgOptions {
    /// Reads the files that the options name, as starting would.
    ///
    /// # Errors
    /// One of them isn't what it should be.
    pub fn check(&self) -> Result<(), UnusableOrg> {
        self.http().map(drop)
    }

    /// The client for all calls to the org, once everything it needs was found usable.
    pub(crate) fn http(&self) -> Result<reqwest::Client, UnusableOrg> {
        if let OrgGrant::Jwt { key_pem, .. } = &self.grant {
            salesforce::check_private_key(key_pem)
                .map_err(|_| UnusableOrg::PrivateKey("is not an RSA key in PEM form".to_owned()))?;
        }
        salesforce::http::client(&salesforce::http::HttpOptions {
            extra_root: self.extra_ca.clone(),
            ..salesforce::http::HttpOptions::default()
        })
        .map_err(|error| UnusableOrg::CaFile(error.to_string()))
    }

    /// Where the org sends an admin back to: `{public_url}/admin/salesforce/callback`.
    pub fn redirect_uri(&self) -> Url {
        let mut url = self.public_url.clone();
        url.set_path(&format!("{}/admin/salesforce/callback", self.public_url.path().trim_end_matches('/')));
        url
    }
}

/// How the portal gets its right to act in the org.
#[derive(Clone)]
pub enum OrgGrant {
    /// An admin connects in the browser.
    Web,
    /// At start, as the connected app's own user.
    ClientCredentials,
    /// At start, as the user named, with the private key of a certificate the org knows.
    Jwt { username: String, key_pem: SecretString },
}

/// Times and sizes that a deployment or a test may change.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long a request waits for the org's word on a post.
    pub wait_for_outcome: Duration,
    /// How long a claimed delivery belongs to its worker.
    pub lease: Duration,
    /// Deliveries of different cases that one worker has under way at a time.
    pub deliveries_at_once: usize,
    /// The first pause after temporary trouble; it doubles up to `retry_max`.
    pub retry_first: Duration,
    pub retry_max: Duration,
    /// Temporary failures in a row that open the breaker.
    pub breaker_after: u32,
    /// How long the open breaker holds deliveries back before one is tried.
    pub breaker_pause: Duration,
    /// How far behind the newest row seen a poll looks again, for rows that were committed late.
    pub poll_overlap: Duration,
    /// Rows a poll asks for at a time.
    pub poll_page: u32,
    /// Background reading stops when this share of the day's API calls (in percent) is used.
    pub background_budget_percent: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wait_for_outcome: Duration::from_millis(800),
            lease: Duration::from_secs(60),
            deliveries_at_once: 8,
            retry_first: Duration::from_secs(1),
            retry_max: Duration::from_secs(30),
            breaker_after: 5,
            breaker_pause: Duration::from_secs(5),
            poll_overlap: Duration::from_secs(60),
            poll_page: 500,
            background_budget_percent: 80,
        }
    }
}

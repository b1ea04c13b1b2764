//! Which org, as which app, how patient.

use std::{fmt, str::FromStr, time::Duration};

use secrecy::SecretString;
use url::Url;

/// What a client must be told of an org; everything else comes with the tokens.
#[derive(Clone, Debug)]
pub struct OrgConfig {
    /// Where people and programs log in: `https://login.salesforce.com`, a My Domain, or a sandbox org. Without a trailing path,
    /// unless it is a site's.
    pub login_url: Url,
    pub client_id: String,
    /// Absent for public clients.
    pub client_secret: Option<SecretString>,
    pub api_version: ApiVersion,
    /// For a whole call: waiting for a session, sending, one repetition, reading the answer.
    pub deadline: Duration,
}

impl OrgConfig {
    pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(20);

    /// The defaults: current API version, 20 seconds, no secret.
    pub fn new(login_url: Url, client_id: impl Into<String>) -> Self {
        Self {
            login_url,
            client_id: client_id.into(),
            client_secret: None,
            api_version: ApiVersion::default(),
            deadline: Self::DEFAULT_DEADLINE,
        }
    }
}

/// `67.0`. Salesforce's minor part has always been 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion(u16);

impl ApiVersion {
    pub const fn new(major: u16) -> Self {
        Self(major)
    }

    pub const fn major(self) -> u16 {
        self.0
    }

    /// `/services/data/v67.0`
    pub(crate) fn path(self) -> String {
        format!("/services/data/v{self}")
    }
}

impl Default for ApiVersion {
    fn default() -> Self {
        Self(67)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.0", self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not an API version; write it like 67.0")]
pub struct InvalidApiVersion(String);

impl FromStr for ApiVersion {
    type Err = InvalidApiVersion;

    /// Takes `67.0`, `67` and `v67.0`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_prefix('v').unwrap_or(text);
        let major = number.strip_suffix(".0").unwrap_or(number);
        major.parse().map(Self).map_err(|_| InvalidApiVersion(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::ApiVersion;

    #[test]
    fn versions_are_read_the_three_ways_people_write_them() {
        for text in ["67.0", "67", "v67.0"] {
            assert_eq!(text.parse(), Ok(ApiVersion::new(67)));
        }
        assert_eq!(ApiVersion::default().path(), "/services/data/v67.0");
        for text in ["", "v", "67.1", "sixty", "-1", "67.0.0"] {
            assert!(text.parse::<ApiVersion>().is_err(), "{text}");
        }
    }
}

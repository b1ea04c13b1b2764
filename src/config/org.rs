//! The Salesforce org, if there is one.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;
use url::Url;

use super::settings::Settings;

const POLL_SECONDS: u64 = 60;

const GRANTS: [&str; 3] = ["web", "client_credentials", "jwt"];

#[derive(Clone, Debug)]
pub struct Org {
    pub login_url: Url,
    pub client_id: String,
    pub grant: Grant,
    pub poll_interval: Duration,
    /// A certificate authority to trust besides the system's, PEM.
    pub ca_file: Option<PathBuf>,
}

/// How the portal gets its right to act.
#[derive(Clone, Debug)]
pub enum Grant {
    /// An admin connects in the browser.
    Web { client_secret: Option<SecretString> },
    /// At start, as the connected app's own user.
    ClientCredentials { client_secret: SecretString },
    /// At start, as the user named, by a signed assertion.
    Jwt { username: String, private_key_file: PathBuf },
}

impl Org {
    pub(super) fn read(settings: &mut Settings) -> Option<Self> {
        let login_url = settings.parsed::<Url>(
            "salesforce.login_url",
            "Write https://login.salesforce.com, https://test.salesforce.com or your org's own address.",
        );
        let client_secret = settings.secret("salesforce.client_secret");
        let username = settings.text("salesforce.username").map(str::to_owned);
        let private_key_file = settings.text("salesforce.private_key_file").map(PathBuf::from);
        let ca_file = settings.text("salesforce.ca_file").map(PathBuf::from);
        let poll_seconds = settings
            .parsed::<u64>("salesforce.poll_seconds", "Write whole seconds, 1 to 3600.")
            .unwrap_or(POLL_SECONDS);
        if !(1..=3600).contains(&poll_seconds) {
            settings.refuse(
                "salesforce.poll_seconds",
                format!("is {poll_seconds}."),
                "Write whole seconds, 1 to 3600.",
            );
        }
        if let Some(url) = &login_url
            && !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(url))
        {
            settings.refuse(
                "salesforce.login_url",
                format!("is “{url}”: tokens would cross the network in the clear."),
                "Begin it with https://.",
            );
        }
        for (key, file) in [("salesforce.private_key_file", &private_key_file), ("salesforce.ca_file", &ca_file)] {
            if let Some(path) = file
                && !path.is_file()
            {
                settings.refuse(
                    key,
                    format!("is {}, which is no file.", path.display()),
                    "Give the path of a PEM file.",
                );
            }
        }
        let grant_name = settings.text("salesforce.grant").map(str::to_owned);
        if let Some(other) = grant_name.as_deref().filter(|name| !GRANTS.contains(name)) {
            settings.refuse(
                "salesforce.grant",
                format!("is “{other}”."),
                "Write web (an admin connects in the browser), client_credentials or jwt.",
            );
        }
        let Some(client_id) = settings.text("salesforce.client_id").map(str::to_owned) else {
            if client_secret.is_some() || grant_name.is_some() {
                settings.refuse(
                    "salesforce.client_id",
                    "is missing, though other Salesforce settings are there.",
                    "Copy the consumer key of the org's connected app, or remove the others: without an org the portal runs with Salesforce features absent.",
                );
            }
            return None;
        };
        let grant = match grant_name.as_deref().unwrap_or("web") {
            "web" => Grant::Web { client_secret },
            "client_credentials" => match client_secret {
                Some(client_secret) => Grant::ClientCredentials { client_secret },
                None => {
                    settings.refuse(
                        "salesforce.client_secret",
                        "is missing, and the grant client_credentials needs it.",
                        "Copy the consumer secret of the org's connected app.",
                    );
                    return None;
                }
            },
            "jwt" => match (username, private_key_file) {
                (Some(username), Some(private_key_file)) => Grant::Jwt { username, private_key_file },
                (username, _) => {
                    let key = if username.is_none() { "salesforce.username" } else { "salesforce.private_key_file" };
                    settings.refuse(key, "is missing, and the grant jwt needs it.", "Name the user to act as, and the file with the private key whose certificate the connected app holds.");
                    return None;
                }
            },
            _ => return None,
        };
        if settings.text("salesforce.pubsub_url").is_some() {
            settings.warn(
                "salesforce.pubsub_url",
                "is set, but this version reads changes by polling only.",
                "Remove it, or leave it: it does no harm.",
            );
        }
        Some(Self {
            login_url: login_url.or_else(|| Url::parse("https://login.salesforce.com").ok())?,
            client_id,
            grant,
            poll_interval: Duration::from_secs(poll_seconds),
            ca_file,
        })
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

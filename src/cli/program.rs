//! From a configuration to a store and an engine.

use std::{fs, sync::Arc};

use domain::{Clock, Random, SystemClock, SystemRandom};
use engine::{Engine, EngineOptions, Limits, OrgGrant, OrgOptions, UnusableOrg};
use secrecy::SecretString;
use store::{Store, StoreOptions, TokenCipher};

use super::fault::Fault;
use crate::config::{Config, Grant, Org, Problem};

pub(super) struct Program {
    pub(super) store: Store,
    pub(super) engine: Engine,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
}

impl Program {
    /// Opens the database, brings it up to date, and makes the engine.
    pub(super) async fn open(config: &Config) -> Result<Self, Fault> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let store = open_store(config, Arc::clone(&random)).await?;
        store.migrate().await.map_err(|error| Fault::database(&error))?;
        let org = config.org.as_ref().map(|org| org_options(config, org)).transpose()?;
        let options = EngineOptions {
            store: store.clone(),
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
            org,
            uploads: config.storage.data_dir.join("uploads"),
            limits: Limits::default(),
        };
        let engine = Engine::new(options).map_err(unusable)?;
        Ok(Self { store, engine, clock, random })
    }
}

/// The database as it is, not brought up to date.
pub(super) async fn open_store(config: &Config, random: Arc<dyn Random>) -> Result<Store, Fault> {
    let data_dir = &config.storage.data_dir;
    fs::create_dir_all(data_dir).map_err(|error| {
        Fault::from(Problem::new(
            format!("data_dir, {},", data_dir.display()),
            format!("can't be made: {error}."),
            "Name a folder that this program may write to (CASEBRIDGE_DATA_DIR).",
        ))
    })?;
    let key = config.secret_key(&*random)?;
    let cipher = TokenCipher::new(key.expose(), random);
    Store::connect(&config.storage.database_url, StoreOptions::new(cipher))
        .await
        .map_err(|error| Fault::database(&error))
}

/// The org's options, with every file they name read.
pub(super) fn org_options(config: &Config, org: &Org) -> Result<OrgOptions, Problem> {
    let (client_secret, grant) = match &org.grant {
        Grant::Web { client_secret } => (client_secret.clone(), OrgGrant::Web),
        Grant::ClientCredentials { client_secret } => (Some(client_secret.clone()), OrgGrant::ClientCredentials),
        Grant::Jwt { username, private_key_file } => {
            let key_pem = fs::read_to_string(private_key_file).map_err(|error| {
                Problem::new(
                    "salesforce.private_key_file",
                    format!("is {}, which can't be read: {error}.", private_key_file.display()),
                    "Let the user that runs this program read it.",
                )
            })?;
            (None, OrgGrant::Jwt { username: username.clone(), key_pem: SecretString::from(key_pem) })
        }
    };
    Ok(OrgOptions {
        login_url: org.login_url.clone(),
        client_id: org.client_id.clone(),
        client_secret,
        grant,
        poll_interval: org.poll_interval,
        public_url: config.web.public_url.clone(),
        extra_ca: org.ca_file.clone(),
    })
}

/// Which setting can't work.
pub(super) fn unusable(org: UnusableOrg) -> Problem {
    match org {
        UnusableOrg::CaFile(why) => Problem::new(
            "salesforce.ca_file (CASEBRIDGE_SALESFORCE_CA_FILE)",
            format!("can't be used: {why}."),
            "Name a file with the authority's certificate, which begins with -----BEGIN CERTIFICATE-----, or remove the setting.",
        ),
        UnusableOrg::PrivateKey(why) => Problem::new(
            "salesforce.private_key_file (CASEBRIDGE_SALESFORCE_PRIVATE_KEY_FILE)",
            format!("{why}."),
            "Name the file with the private key whose certificate the connected app holds; it begins with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----.",
        ),
    }
}

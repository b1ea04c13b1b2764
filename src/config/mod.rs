//! The configuration: `casebridge.toml`, overridden by `CASEBRIDGE_*`. One struct per concern, each read by its own file.
//!
//! Reading never stops at the first mistake: every problem is collected, with where it is and how to mend it, so that
//! `casebridge check` can print them all.

mod keys;
mod logging;
mod org;
mod problem;
mod secret_key;
mod settings;
mod site;
mod storage;
mod web;

use std::path::Path;

pub use logging::{LogFormat, Logging};
pub use org::{Grant, Org};
pub use problem::{Problem, Problems};
pub use secret_key::SecretKey;
pub use site::leptos_options;
pub use storage::Storage;
pub use web::{Proxy, Web};

use settings::Settings;

#[derive(Clone, Debug)]
pub struct Config {
    pub web: Web,
    pub storage: Storage,
    /// None: Salesforce features are absent.
    pub org: Option<Org>,
    pub logging: Logging,
    secret_key: secret_key::Origin,
}

/// What was read, and what may be wrong with it without keeping the program from starting.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    pub warnings: Vec<Problem>,
}

impl Config {
    /// Reads `file` (it may be absent unless it was asked for by name) and the environment.
    ///
    /// # Errors
    /// Every problem found.
    pub fn load(file: ConfigFile<'_>) -> Result<Loaded, Problems> {
        Self::from_settings(Settings::read(file)?)
    }

    fn from_settings(mut settings: Settings) -> Result<Loaded, Problems> {
        let storage = Storage::read(&mut settings);
        let web = Web::read(&mut settings);
        let org = Org::read(&mut settings);
        let logging = Logging::read(&mut settings);
        let secret_key = secret_key::Origin::read(&mut settings, &storage.data_dir);
        if settings.text("redis_url").is_some() {
            settings.warn(
                "redis_url",
                "is set, but this version keeps nothing in Redis.",
                "Remove it, or leave it: it does no harm.",
            );
        }
        let warnings = settings.finish()?;
        Ok(Loaded { config: Self { web, storage, org, logging, secret_key }, warnings })
    }

    /// The key that tokens are encrypted with; made on the first call where none is configured.
    ///
    /// # Errors
    /// The key file can't be made or read, or others may read it.
    pub fn secret_key(&self, random: &dyn domain::Random) -> Result<SecretKey, Problem> {
        self.secret_key.obtain(random)
    }

    /// What is wrong with the key, without making one.
    pub fn check_secret_key(&self) -> Option<Problem> {
        self.secret_key.check()
    }
}

/// Where the file is.
#[derive(Clone, Copy, Debug)]
pub enum ConfigFile<'a> {
    /// `casebridge.toml` in the working directory, if there is one.
    Default,
    /// Named by the person; it must exist.
    Named(&'a Path),
}

#[cfg(test)]
mod tests;

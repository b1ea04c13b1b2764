//! Where data lives.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::settings::Settings;

#[derive(Clone, Debug)]
pub struct Storage {
    pub data_dir: PathBuf,
    /// `sqlite:…` or `postgres://…`; may hold a password.
    pub database_url: SecretString,
}

impl Storage {
    pub(super) fn read(settings: &mut Settings) -> Self {
        let data_dir = PathBuf::from(settings.text("data_dir").unwrap_or("./data"));
        let database_url = match settings.secret("database_url") {
            Some(url) => url,
            None => SecretString::from(format!("sqlite:{}?mode=rwc", data_dir.join("casebridge.db").display())),
        };
        let scheme = database_url.expose_secret().split(':').next().unwrap_or_default();
        if !matches!(scheme, "sqlite" | "postgres" | "postgresql") {
            settings.refuse(
                "database_url",
                "names no database this program knows.",
                "Write sqlite:PATH?mode=rwc or postgres://USER:PASSWORD@HOST/DATABASE, or leave it away: then it is a file in data_dir.",
            );
        }
        Self { data_dir, database_url }
    }
}

//! `casebridge check`: every problem, with where it is and how to mend it.

use std::{fs, path::Path, sync::Arc};

use domain::SystemRandom;
use secrecy::ExposeSecret;

use super::{
    fault::{Fault, answer, say},
    program,
};
use crate::config::{self, Config, Loaded, Problem, Problems};

/// The settings themselves are wrong, so nothing behind them can be looked at.
pub(super) fn refuse(problems: &Problems) -> Result<(), Fault> {
    report(&problems.0)
}

pub(super) async fn run(loaded: Loaded) -> Result<(), Fault> {
    let Loaded { config, warnings } = loaded;
    let mut problems: Vec<Problem> =
        data_dir(&config.storage.data_dir).into_iter().chain(config.check_secret_key()).collect();
    if problems.is_empty() {
        problems.extend(match embedded(&config) {
            Some(path) if !path.exists() => unmakeable(path, &config.storage.data_dir),
            _ => database(&config).await,
        });
    }
    problems.extend(config::leptos_options().err());
    if let Some(org) = &config.org {
        let usable = program::org_options(&config, org).and_then(|options| options.check().map_err(program::unusable));
        problems.extend(usable.err());
    }
    for warning in &warnings {
        say(&warning.to_string());
    }
    if problems.is_empty() {
        say(&format!(
            "Nothing is wrong. The portal will listen on {} for {}; {}.",
            config.web.listen,
            config.web.public_url,
            match &config.org {
                Some(org) => format!("the org logs in at {}", org.login_url),
                None => "no org is configured, so Salesforce features are absent".to_owned(),
            }
        ));
        return Ok(());
    }
    report(&problems)
}

fn report(problems: &[Problem]) -> Result<(), Fault> {
    for problem in problems {
        answer(&problem.to_string());
    }
    Err(Fault::new(match problems.len() {
        1 => "1 problem.".to_owned(),
        count => format!("{count} problems."),
    }))
}

fn data_dir(path: &Path) -> Option<Problem> {
    let place = format!("data_dir, {},", path.display());
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() && !metadata.permissions().readonly() => None,
        Ok(metadata) if metadata.is_dir() => {
            Some(Problem::new(place, "can't be written to.", "Let the user that runs this program write there."))
        }
        Ok(_) => Some(Problem::new(place, "is a file.", "Name a folder (CASEBRIDGE_DATA_DIR).")),
        // Made on the first start; what matters is whether it can be.
        Err(_) => {
            let parent = path.ancestors().skip(1).find(|parent| parent.exists() || parent.as_os_str().is_empty());
            let writable = parent.is_some_and(|parent| {
                let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
                fs::metadata(parent).is_ok_and(|metadata| metadata.is_dir() && !metadata.permissions().readonly())
            });
            (!writable).then(|| {
                Problem::new(
                    place,
                    "can't be made there.",
                    "Make it, and let the user that runs this program write there.",
                )
            })
        }
    }
}

/// The file of an embedded database.
fn embedded(config: &Config) -> Option<&Path> {
    let rest = config.storage.database_url.expose_secret().strip_prefix("sqlite:")?;
    rest.trim_start_matches("//").split('?').next().map(Path::new)
}

/// A check makes nothing, so an embedded database that isn't there yet is left for the first start; it has to have a place.
fn unmakeable(file: &Path, data_dir: &Path) -> Option<Problem> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let writable = fs::metadata(folder).is_ok_and(|folder| folder.is_dir() && !folder.permissions().readonly());
    // The data folder is made on the first start, and was looked at already.
    (!writable && folder != data_dir).then(|| {
        Problem::new(
            format!("database_url (CASEBRIDGE_DATABASE_URL), {},", file.display()),
            "can't be made there.",
            "Make its folder, and let the user that runs this program write there.",
        )
    })
}

async fn database(config: &Config) -> Option<Problem> {
    let place = "database_url (CASEBRIDGE_DATABASE_URL)";
    let store = match program::open_store(config, Arc::new(SystemRandom)).await {
        Ok(store) => store,
        Err(fault) => return Some(Problem::new(place, "does not work.", fault.to_string())),
    };
    let answered = store.ping().await;
    store.close().await;
    answered.err().map(|error| Problem::new(place, "does not work.", Fault::database(&error).to_string()))
}

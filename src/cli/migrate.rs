//! `casebridge migrate`: the database, brought up to date.

use std::sync::Arc;

use domain::SystemRandom;

use super::{
    fault::{Fault, say},
    program,
};
use crate::config::Config;

pub(super) async fn run(config: Config) -> Result<(), Fault> {
    let store = program::open_store(&config, Arc::new(SystemRandom)).await?;
    let pending = store.pending_migrations().await.map_err(|error| Fault::database(&error))?;
    store.migrate().await.map_err(|error| Fault::database(&error))?;
    match pending.len() {
        0 => say("The database is up to date."),
        1 => say("The database is up to date: 1 change was made."),
        count => say(&format!("The database is up to date: {count} changes were made.")),
    }
    store.close().await;
    Ok(())
}

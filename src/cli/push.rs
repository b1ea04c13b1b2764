//! `casebridge push`: the whole catalogue to the org once more.

use super::{
    fault::{Fault, answer, say},
    program::Program,
};
use crate::config::Config;

pub(super) async fn run(config: Config) -> Result<(), Fault> {
    if config.org.is_none() {
        return Err(Fault::new(
            "No org is configured, so there is nowhere to send the catalogue.\n  Set salesforce.client_id (CASEBRIDGE_SALESFORCE_CLIENT_ID) first.",
        ));
    }
    let program = Program::open(&config).await?;
    let waiting = program.engine.send_everything().await?;
    answer(&waiting.to_string());
    say(
        "organizations, courses and course runs wait to be sent. `casebridge serve` or `casebridge worker` sends them; what the org has already is left alone.",
    );
    program.store.close().await;
    Ok(())
}

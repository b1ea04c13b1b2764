//! `casebridge worker`: delivering to the org and reading from it.

use std::time::Duration;

use engine::Engine;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{fault::Fault, program::Program, stop};
use crate::config::Config;

/// Between two tries to connect at start with a grant that needs nobody.
const CONNECT_EVERY: Duration = Duration::from_secs(15);

pub(super) async fn run(config: Config) -> Result<(), Fault> {
    let program = Program::open(&config).await?;
    if !program.engine.org_configured() {
        return Err(Fault::new(
            "There is nothing to work on: no org is configured.\n  Set salesforce.client_id (CASEBRIDGE_SALESFORCE_CLIENT_ID), or run `casebridge serve` alone.",
        ));
    }
    let shutdown = stop::on_signal();
    let tasks = TaskTracker::new();
    spawn(&tasks, &program.engine, &shutdown);
    tasks.close();
    tracing::info!("working");
    tasks.wait().await;
    program.store.close().await;
    Ok(())
}

/// The worker, and the connection where no admin has to make it.
pub(super) fn spawn(tasks: &TaskTracker, engine: &Engine, shutdown: &CancellationToken) {
    let (worker, stop) = (engine.clone(), shutdown.clone());
    tasks.spawn(async move { worker.run_worker(stop).await });
    let (engine, stop) = (engine.clone(), shutdown.clone());
    tasks.spawn(async move { stop.run_until_cancelled(connect(engine)).await });
}

/// The org may start after us, so this goes on until it has worked once.
async fn connect(engine: Engine) {
    loop {
        match engine.connect_unattended().await {
            Ok(()) => break,
            Err(error) => {
                tracing::warn!(
                    error = &error as &(dyn std::error::Error + 'static),
                    "the org could not be connected; trying again"
                );
                tokio::time::sleep(CONNECT_EVERY).await;
            }
        }
    }
    // Where an admin connects, this happens on the page.
    if engine.connects_by_itself()
        && let Err(error) = engine.look_at_org().await
    {
        tracing::warn!(error = &error as &(dyn std::error::Error + 'static), "the org could not be checked");
    }
}

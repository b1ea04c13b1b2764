//! The seed: what the org holds on its first start and after a reset.

use std::sync::PoisonError;

use super::{
    DONE, Org, PLANTING_SETTING, UNDER_WAY,
    transact::{Publishing, Writer},
};
use crate::{
    lock::locked,
    records::JournalError,
    seed::{self, Planting, Progress},
};

impl Org {
    /// As on the first start: seed records alone, no faults, a full budget. Who is connected stays connected.
    ///
    /// # Errors
    /// The journal can't be written.
    pub(crate) async fn reset(&self) -> Result<(), JournalError> {
        {
            let _writing = self.writer.lock().await;
            // First, so that no job goes on in an org whose records are gone.
            self.jobs.clear(self.journal.as_ref()).await?;
            if let Some(journal) = &self.journal {
                journal.clear_records().await?;
            }
            self.blobs.clear(self.journal.as_ref()).await?;
            let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
            database.clear();
            database.furnish();
        }
        self.expire_events().await?;
        self.reset_managed().await?;
        self.faults.clear();
        self.budget.reset();
        self.activity.clear();
        self.locators.clear();
        self.clock.reset();
        self.keep_clock().await?;
        *locked(&self.switches) = self.settings.switches();
        self.plant().await
    }

    /// In several transactions, so that a large seed's undo doesn't stay in memory.
    pub(super) async fn plant(&self) -> Result<(), JournalError> {
        if let Some(journal) = &self.journal {
            journal.set(PLANTING_SETTING, UNDER_WAY).await?;
        }
        let mut planting = Planting::new(self.seed, self.organization_id(), self.now());
        loop {
            let writer = Writer::within(seed::ADMIN_ID);
            match self.transact_here(writer, Publishing::Nothing, |transaction| planting.step(transaction)).await {
                Ok(Progress::More) => {}
                Ok(Progress::Done) => break,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "seed");
                    break;
                }
            }
        }
        if let Some(journal) = &self.journal {
            journal.set(PLANTING_SETTING, DONE).await?;
        }
        Ok(())
    }
}

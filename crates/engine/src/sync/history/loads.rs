//! Loads as admins follow them: each with how far it is, what came of it, and what can be done about it. Those that came with a
//! file run by themselves, one after the other, and go on after a restart.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{HistoryLoadId, Timestamp};
pub use store::HistoryLoadState;
use store::{HistoryLoadProgress, HistoryLoadRow};
use tokio_util::sync::CancellationToken;

use super::{HistoryProgress, HistoryReport, HistoryStep, HistoryWatch, Reject, rejects::RejectFile};
use crate::{Actor, Engine, Error, access, time_text};

/// How often those that wait are looked for, besides at once when a file came.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Loads in the list.
const LATEST: u64 = 20;

/// A load as an admin sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryLoadView {
    pub id: HistoryLoadId,
    pub file_name: String,
    /// Bytes.
    pub file_size: u64,
    pub check_only: bool,
    /// None: on the command line, or by somebody who is no longer here.
    pub begun_by: Option<String>,
    /// "20 Nov 2026, 12:00 UTC"
    pub begun_text: String,
    pub state: HistoryLoadState,
    /// None before it began.
    pub progress: Option<HistoryLoading>,
    /// Once it is done.
    pub report: Option<HistoryReport>,
    /// Why it failed or stopped.
    pub problem: Option<String>,
    /// It can be gone on with: the file is still here.
    pub file_kept: bool,
    /// There is a file of the lines left out.
    pub has_rejects: bool,
}

/// How far a load is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryLoading {
    pub step: HistoryStep,
    /// Bytes of the file while checking, comments otherwise.
    pub done: u64,
    pub total: u64,
    /// Of the above in a second, since the step began. None while it runs too short to say.
    pub per_second: Option<u64>,
    /// Until the step ends, at that rate.
    pub seconds_left: Option<u64>,
    /// Lines left out so far.
    pub rejected: u64,
}

impl Engine {
    /// The latest loads, the newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for all but admins; the database is away.
    pub async fn history_loads(&self, actor: &Actor) -> Result<Vec<HistoryLoadView>, Error> {
        access::check_may_load_history(actor)?;
        let rows = self.store.read().history_loads().latest(LATEST).await?;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            views.push(self.load_view(row).await?);
        }
        Ok(views)
    }

    /// # Errors
    /// [`Error::NotFound`] for all but admins, and for no load; the database is away.
    pub async fn history_load(&self, actor: &Actor, id: HistoryLoadId) -> Result<HistoryLoadView, Error> {
        access::check_may_load_history(actor)?;
        let row = self.store.read().history_loads().by_id(id).await?.ok_or(Error::NotFound)?;
        self.load_view(row).await
    }

    /// Ends one that runs or waits. What it loaded stays, and it can be gone on with.
    ///
    /// # Errors
    /// [`Error::NotFound`] for all but admins; [`Error::Conflict`] when it has ended already.
    pub async fn stop_history_load(&self, actor: &Actor, id: HistoryLoadId) -> Result<(), Error> {
        access::check_may_load_history(actor)?;
        let tx = self.store.begin().await?;
        let stopped = tx.history_loads().stop(id, self.clock.now()).await?;
        tx.commit().await?;
        if stopped { Ok(()) } else { Err(Error::Conflict("It has ended already.".to_owned())) }
    }

    /// Loads the file of one that was only checked, failed or was stopped. What is loaded already is not loaded again.
    ///
    /// # Errors
    /// [`Error::NotFound`] for all but admins; [`Error::Conflict`] when it runs, or its file is gone.
    pub async fn resume_history_load(&self, actor: &Actor, id: HistoryLoadId) -> Result<(), Error> {
        access::check_may_load_history(actor)?;
        let tx = self.store.begin().await?;
        let waits = tx.history_loads().again(id, false, self.clock.now()).await?;
        tx.commit().await?;
        if !waits {
            return Err(Error::Conflict("It runs already, or its file is gone. Send the file again.".to_owned()));
        }
        self.uploads.came.notify_one();
        Ok(())
    }

    /// Forgets a load that has ended, and the files it came with. Loaded comments stay.
    ///
    /// # Errors
    /// [`Error::NotFound`] for all but admins; [`Error::Conflict`] while it runs or waits.
    pub async fn remove_history_load(&self, actor: &Actor, id: HistoryLoadId) -> Result<(), Error> {
        access::check_may_load_history(actor)?;
        let tx = self.store.begin().await?;
        if !tx.history_loads().delete(id).await? {
            return Err(Error::Conflict("It is not at rest. Stop it first.".to_owned()));
        }
        tx.commit().await?;
        self.uploads.remove(id)
    }

    /// The file of lines that were left out, where there is one.
    ///
    /// # Errors
    /// [`Error::NotFound`] for all but admins, and where there is none.
    pub async fn history_rejects(&self, actor: &Actor, id: HistoryLoadId) -> Result<PathBuf, Error> {
        access::check_may_load_history(actor)?;
        let path = self.uploads.rejects(id);
        if path.is_file() { Ok(path) } else { Err(Error::NotFound) }
    }

    /// Runs the loads whose files this process holds, until told to stop; what then runs goes on at the next start.
    pub async fn run_history_loads(&self, stop: CancellationToken) {
        if let Err(error) = self.uploads.sweep() {
            tracing::warn!(error = &error as &(dyn std::error::Error + 'static), "old uploads could not be swept");
        }
        loop {
            match self.run_next_load(&stop).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(
                    error = &error as &(dyn std::error::Error + 'static),
                    "loads of comments could not be looked for"
                ),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.uploads.came.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Whether there was one.
    async fn run_next_load(&self, stop: &CancellationToken) -> Result<bool, Error> {
        if stop.is_cancelled() {
            return Ok(false);
        }
        self.free_expired_loads().await?;
        for row in self.store.read().history_loads().waiting().await? {
            let file = self.uploads.file(row.id);
            // Another process may hold it.
            if !file.is_file() {
                continue;
            }
            let Some(turn) = self.claim_turn(row.id, row.check_only).await? else { continue };
            let watch = Watch::new(&self.uploads.rejects(row.id)).map_err(super::unwritable)?;
            // Why one failed is told by its own page.
            let report = self.run(turn, &file, &row.file_name, &watch, stop).await.ok().flatten();
            if !row.check_only && report.is_some_and(|report| report.is_proved() && report.rejected == 0) {
                self.forget_file(row.id).await?;
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// What is in the threads needn't lie about twice.
    async fn forget_file(&self, id: HistoryLoadId) -> Result<(), Error> {
        let tx = self.store.begin().await?;
        tx.history_loads().forget_file(id).await?;
        tx.commit().await?;
        self.uploads.remove_file(id)
    }

    async fn load_view(&self, row: HistoryLoadRow) -> Result<HistoryLoadView, Error> {
        let begun_by = match row.begun_by {
            Some(user) => self.person(user).await?.map(|actor| actor.display_name()),
            None => None,
        };
        let report = row.report.as_deref().map(serde_json::from_str).transpose();
        let report = report.map_err(|error| Error::internal(format!("a load's report can't be read: {error}")))?;
        Ok(HistoryLoadView {
            has_rejects: self.uploads.rejects(row.id).is_file(),
            id: row.id,
            file_name: row.file_name,
            file_size: row.file_size,
            check_only: row.check_only,
            begun_by,
            begun_text: time_text::moment(row.created_at),
            state: row.state,
            progress: row.progress.and_then(|progress| loading(&progress, row.updated_at)),
            report,
            problem: row.problem,
            file_kept: row.file_kept,
        })
    }
}

/// Rate and rest, as of the runner's last note.
fn loading(progress: &HistoryLoadProgress, noted_at: Timestamp) -> Option<HistoryLoading> {
    let step = HistoryStep::ALL.into_iter().find(|step| step.name() == progress.step)?;
    let HistoryLoadProgress { step_at, done, total, rejected, .. } = *progress;
    let millis = u64::try_from(noted_at.since(step_at).as_millis()).unwrap_or(u64::MAX);
    let per_second = (millis >= 1_000).then(|| done.saturating_mul(1_000) / millis).filter(|rate| *rate > 0);
    let seconds_left = per_second.map(|rate| total.saturating_sub(done).div_ceil(rate));
    Some(HistoryLoading { step, done, total, per_second, seconds_left, rejected })
}

/// Only notes what is left out; how far it is, the load's turn notes.
struct Watch(Mutex<RejectFile>);

impl Watch {
    fn new(rejects: &Path) -> io::Result<Self> {
        Ok(Self(Mutex::new(RejectFile::new(rejects)?)))
    }
}

impl HistoryWatch for Watch {
    fn progress(&self, _: HistoryProgress) {}

    fn rejected(&self, reject: &Reject) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).note(reject)
    }
}

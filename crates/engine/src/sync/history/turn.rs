//! A load's turn. Two loads at a time would each add what the other hasn't noted yet, so one runs, in whatever process, and renews
//! a lease while it does. With the lease it notes how far it is, which is what people see who follow it.

use std::{
    io,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{Clock, HistoryLoadId, Timestamp};
use store::{HistoryLoadProgress, NewHistoryLoad};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{HistoryProgress, HistoryReport, HistoryStep, HistoryWatch, Reject};
use crate::{Engine, Error};

/// How long a load belongs to its runner after the last sign of life.
const LEASE: Duration = Duration::from_secs(15);
const BEAT: Duration = Duration::from_secs(1);

const WAS_ENDED: &str = "The program that loaded it was ended. Import the file again: it goes on where it stopped.";
const SLOT: &str = "history_loads_slot";

/// The right to run, held until it is given back or its lease runs out.
pub(super) struct Turn {
    id: HistoryLoadId,
    token: Uuid,
    check_only: bool,
    leased_until: Timestamp,
}

impl Engine {
    /// Loads a file, when it has its turn. A second time adds nothing, also when the first was ended half-way.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it can't be read, when no org is connected, or when the org doesn't let the portal set dates;
    /// [`Error::Conflict`] while another load runs, or when an admin stopped this one; [`Error::Org`] when the org stays away.
    /// What was loaded until then stays loaded, and is found the next time.
    pub async fn load_history(&self, file: &Path, watch: &dyn HistoryWatch) -> Result<HistoryReport, Error> {
        self.org()?;
        let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let now = self.clock.now();
        let new = NewHistoryLoad {
            id: HistoryLoadId::from_uuid(self.random.uuid_v7(now)),
            file_name: name.clone(),
            file_size: std::fs::metadata(file).map_err(super::unreadable)?.len(),
            file_kept: false,
            check_only: false,
            begun_by: None,
            created_at: now,
        };
        let turn = self.wait_for_turn(&new, watch).await?;
        let stop = CancellationToken::new();
        self.run(turn, file, &name, watch, &stop).await?.ok_or_else(|| {
            Error::Conflict("The load was stopped. Import the file again: it goes on where it stopped.".to_owned())
        })
    }

    /// A runner that was ended in the middle holds its lease for a while yet.
    async fn wait_for_turn(&self, new: &NewHistoryLoad, watch: &dyn HistoryWatch) -> Result<Turn, Error> {
        let patience = (LEASE + BEAT).as_secs();
        for waited in 0..=patience {
            if let Some(turn) = self.begin_turn(new).await? {
                return Ok(turn);
            }
            watch.progress(HistoryProgress { step: HistoryStep::Waiting, done: waited, total: patience });
            tokio::time::sleep(BEAT).await;
        }
        Err(Error::Conflict(
            "Comments are being loaded already; the page /admin/history shows how far. Import this file when that has ended.".to_owned(),
        ))
    }

    async fn begin_turn(&self, new: &NewHistoryLoad) -> Result<Option<Turn>, Error> {
        self.free_expired_loads().await?;
        let tx = self.store.begin().await?;
        tx.history_loads().insert(new).await?;
        let turn = self.claim(&tx, new.id, new.check_only).await?;
        if turn.is_some() {
            tx.commit().await?;
        }
        Ok(turn)
    }

    /// The turn of one that waits. None: another runs, or this one doesn't wait any more.
    pub(super) async fn claim_turn(&self, id: HistoryLoadId, check_only: bool) -> Result<Option<Turn>, Error> {
        let tx = self.store.begin().await?;
        let turn = self.claim(&tx, id, check_only).await?;
        if turn.is_some() {
            tx.commit().await?;
        }
        Ok(turn)
    }

    async fn claim(&self, tx: &store::Tx, id: HistoryLoadId, check_only: bool) -> Result<Option<Turn>, Error> {
        let now = self.clock.now();
        let (token, leased_until) = (self.random.uuid_v7(now), now.saturating_add(LEASE));
        match tx.history_loads().claim(id, token, leased_until, now).await {
            Ok(true) => Ok(Some(Turn { id, token, check_only, leased_until })),
            Ok(false) => Ok(None),
            Err(error) if error.conflicts_on(SLOT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn free_expired_loads(&self) -> Result<(), Error> {
        let now = self.clock.now();
        if self.store.read().history_loads().any_expired(now).await? {
            let tx = self.store.begin().await?;
            tx.history_loads().free_expired(now, WAS_ENDED).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// The work of a turn, and the note of how it ended. None: it was told to end before.
    ///
    /// # Errors
    /// Why the load failed.
    pub(super) async fn run(
        &self,
        mut turn: Turn,
        file: &Path,
        name: &str,
        watch: &dyn HistoryWatch,
        stop: &CancellationToken,
    ) -> Result<Option<HistoryReport>, Error> {
        let followed = Followed::new(watch, &*self.clock);
        let check_only = turn.check_only;
        let work = async {
            if check_only {
                self.check_history(file, &followed).await
            } else {
                self.load_in_turn(file, name, &followed).await
            }
        };
        // Work that is dropped ends as if the process had been killed: what it did stays, and is found again.
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            () = self.beat(&mut turn, &followed) => None,
            report = work => Some(report),
        };
        let now = self.clock.now();
        let tx = self.store.begin().await?;
        let loads = tx.history_loads();
        loads.beat(turn.id, turn.token, followed.noted().as_ref(), now.saturating_add(LEASE), now).await?;
        let answer = match ended {
            Some(Ok(report)) => {
                let text = serde_json::to_string(&report)
                    .map_err(|error| Error::internal(format!("a report can't be written: {error}")))?;
                loads.complete(turn.id, turn.token, &text, now).await?;
                Ok(Some(report))
            }
            Some(Err(error)) => {
                tracing::warn!(error = &error as &(dyn std::error::Error + 'static), load.id = %turn.id, "a load of comments failed");
                loads.fail(turn.id, turn.token, &error.public().message, now).await?;
                Err(error)
            }
            None => {
                loads.let_go(turn.id, turn.token, now).await?;
                Ok(None)
            }
        };
        tx.commit().await?;
        answer
    }

    /// Renews the lease until it is lost, or somebody wants the load to end.
    async fn beat(&self, turn: &mut Turn, followed: &Followed<'_>) {
        loop {
            tokio::time::sleep(BEAT).await;
            let renewed = tokio::time::timeout(LEASE / 3, self.renew(turn, followed)).await;
            match renewed {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => return,
                Ok(Err(error)) if self.clock.now() < turn.leased_until => {
                    tracing::warn!(
                        error = &error as &(dyn std::error::Error + 'static),
                        "a load's lease could not be renewed"
                    );
                }
                Err(_) if self.clock.now() < turn.leased_until => {
                    tracing::warn!("a load's lease could not be renewed in time");
                }
                // Another may run from now on.
                _ => return,
            }
        }
    }

    async fn renew(&self, turn: &mut Turn, followed: &Followed<'_>) -> Result<bool, Error> {
        let now = self.clock.now();
        let until = now.saturating_add(LEASE);
        let tx = self.store.begin_repeatable().await?;
        let held = tx.history_loads().beat(turn.id, turn.token, followed.noted().as_ref(), until, now).await?;
        tx.commit().await?;
        if held {
            turn.leased_until = until;
        }
        Ok(held)
    }
}

/// Remembers the last of what it passes on.
struct Followed<'a> {
    watch: &'a dyn HistoryWatch,
    clock: &'a dyn Clock,
    latest: Mutex<Option<(HistoryProgress, Timestamp)>>,
    rejected: AtomicU64,
}

impl<'a> Followed<'a> {
    fn new(watch: &'a dyn HistoryWatch, clock: &'a dyn Clock) -> Self {
        Self { watch, clock, latest: Mutex::new(None), rejected: AtomicU64::new(0) }
    }

    fn noted(&self) -> Option<HistoryLoadProgress> {
        let latest = *self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.map(|(HistoryProgress { step, done, total }, step_at)| HistoryLoadProgress {
            step: step.name().to_owned(),
            step_at,
            done,
            total,
            rejected: self.rejected.load(Ordering::Relaxed),
        })
    }
}

impl HistoryWatch for Followed<'_> {
    fn progress(&self, progress: HistoryProgress) {
        self.watch.progress(progress);
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let began = match *latest {
            Some((before, began)) if before.step == progress.step => began,
            _ => self.clock.now(),
        };
        *latest = Some((progress, began));
    }

    fn rejected(&self, reject: &Reject) -> io::Result<()> {
        self.rejected.fetch_add(1, Ordering::Relaxed);
        self.watch.rejected(reject)
    }
}

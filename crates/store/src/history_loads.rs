//! Loads of historical comments as people follow them. One runs at a time, under a lease that its runner renews; whose lease has
//! run out was ended in the middle, and may be gone on with where its file is kept.

use domain::{HistoryLoadId, Timestamp, UserId};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, SimpleExpr},
};
use uuid::Uuid;

use crate::{
    Error,
    decode::{Field, row_or_none, rows, time, time_or_none},
    entities::history_loads::{ActiveModel, Column, Entity, Model},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryLoadState {
    /// For its turn.
    Waiting,
    Running,
    /// It runs, and somebody wants it to end.
    Stopping,
    Stopped,
    Failed,
    Done,
}

impl HistoryLoadState {
    const ALL: [Self; 6] = [Self::Waiting, Self::Running, Self::Stopping, Self::Stopped, Self::Failed, Self::Done];

    const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Done => "done",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryLoadRow {
    pub id: HistoryLoadId,
    pub file_name: String,
    /// Bytes.
    pub file_size: u64,
    /// The portal holds the file and can go on by itself.
    pub file_kept: bool,
    /// Nothing is loaded.
    pub check_only: bool,
    /// None: on the command line, or by somebody who is no longer here.
    pub begun_by: Option<UserId>,
    pub state: HistoryLoadState,
    /// None before it began.
    pub progress: Option<HistoryLoadProgress>,
    /// As the engine writes it.
    pub report: Option<String>,
    /// Why it failed or stopped, as a sentence.
    pub problem: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryLoadProgress {
    /// The engine's name of it.
    pub step: String,
    /// When the step began.
    pub step_at: Timestamp,
    pub done: u64,
    pub total: u64,
    /// Lines left out so far.
    pub rejected: u64,
}

#[derive(Clone, Debug)]
pub struct NewHistoryLoad {
    pub id: HistoryLoadId,
    pub file_name: String,
    pub file_size: u64,
    pub file_kept: bool,
    pub check_only: bool,
    pub begun_by: Option<UserId>,
    pub created_at: Timestamp,
}

impl TryFrom<Model> for HistoryLoadRow {
    type Error = Error;

    fn try_from(model: Model) -> Result<Self, Error> {
        let field = |column| Field("history_loads", column);
        let count = |column, value| field(column).read(u64::try_from(value));
        let state = HistoryLoadState::ALL.into_iter().find(|state| state.name() == model.state);
        let progress = match (model.step, model.step_at) {
            (Some(step), Some(step_at)) => Some(HistoryLoadProgress {
                step,
                step_at: time(step_at),
                done: count("done", model.done)?,
                total: count("total", model.total)?,
                rejected: count("rejected", model.rejected)?,
            }),
            _ => None,
        };
        Ok(Self {
            id: model.id.into(),
            file_name: model.file_name,
            file_size: count("file_size", model.file_size)?,
            file_kept: model.file_kept,
            check_only: model.check_only,
            begun_by: model.begun_by.map(UserId::from),
            state: field("state").known(&model.state, state)?,
            progress,
            report: model.report,
            problem: model.problem,
            created_at: time(model.created_at),
            updated_at: time(model.updated_at),
            finished_at: time_or_none(model.finished_at),
        })
    }
}

#[derive(Debug)]
pub struct HistoryLoads<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> HistoryLoads<'_, C> {
    pub async fn by_id(&self, id: HistoryLoadId) -> Result<Option<HistoryLoadRow>, Error> {
        row_or_none(Entity::find_by_id(id.as_uuid()).one(self.connection).await?)
    }

    /// The newest first.
    pub async fn latest(&self, limit: u64) -> Result<Vec<HistoryLoadRow>, Error> {
        rows(Entity::find().order_by_desc(Column::Id).limit(limit).all(self.connection).await?)
    }

    /// Whether a runner's lease has run out.
    pub async fn any_expired(&self, now: Timestamp) -> Result<bool, Error> {
        Ok(Entity::find().filter(expired(now)).limit(1).one(self.connection).await?.is_some())
    }

    /// Those that wait for their turn, the one asked for first at the head.
    pub async fn waiting(&self) -> Result<Vec<HistoryLoadRow>, Error> {
        let waiting = Entity::find().filter(Column::State.eq(HistoryLoadState::Waiting.name()));
        rows(waiting.order_by_asc(Column::UpdatedAt).order_by_asc(Column::Id).all(self.connection).await?)
    }
}

/// Every `bool` here says whether it was done: `false` means that the load was not in the state for it, and nothing was changed.
impl HistoryLoads<'_, DatabaseTransaction> {
    /// One that waits.
    pub async fn insert(&self, new: &NewHistoryLoad) -> Result<(), Error> {
        Entity::insert(ActiveModel {
            id: Set(new.id.as_uuid()),
            file_name: Set(new.file_name.clone()),
            file_size: Set(number(new.file_size)),
            file_kept: Set(new.file_kept),
            check_only: Set(new.check_only),
            begun_by: Set(new.begun_by.map(|user| user.as_uuid())),
            state: Set(HistoryLoadState::Waiting.name().to_owned()),
            slot: Set(None),
            lease_token: Set(None),
            leased_until: Set(None),
            step: Set(None),
            step_at: Set(None),
            done: Set(0),
            total: Set(0),
            rejected: Set(0),
            report: Set(None),
            problem: Set(None),
            created_at: Set(new.created_at.as_micros()),
            updated_at: Set(new.created_at.as_micros()),
            finished_at: Set(None),
        })
        .exec_without_returning(self.connection)
        .await?;
        Ok(())
    }

    /// Makes room where a runner was ended in the middle: its load waits again where the file is kept, and is stopped otherwise.
    pub async fn free_expired(&self, now: Timestamp, problem: &str) -> Result<(), Error> {
        let goes_on =
            Condition::all().add(Column::State.eq(HistoryLoadState::Running.name())).add(Column::FileKept.eq(true));
        let waits = self.change(expired(now).add(goes_on), HistoryLoadState::Waiting, now);
        ended(waits).exec(self.connection).await?;
        let stops = self.change(expired(now), HistoryLoadState::Stopped, now).col_expr(Column::Problem, text(problem));
        ended(stops).exec(self.connection).await?;
        Ok(())
    }

    /// Its turn, until `until`, for who holds the token.
    ///
    /// # Errors
    /// [`Error::Conflict`] on `history_loads_slot` while another one runs.
    pub async fn claim(&self, id: HistoryLoadId, token: Uuid, until: Timestamp, now: Timestamp) -> Result<bool, Error> {
        let waits =
            Condition::all().add(Column::Id.eq(id.as_uuid())).add(Column::State.eq(HistoryLoadState::Waiting.name()));
        let result = self
            .change(waits, HistoryLoadState::Running, now)
            .col_expr(Column::Slot, Expr::value(Some(1)))
            .col_expr(Column::LeaseToken, Expr::value(Some(token)))
            .col_expr(Column::LeasedUntil, Expr::value(Some(until.as_micros())))
            .col_expr(Column::Step, Expr::value(None::<String>))
            .col_expr(Column::Report, Expr::value(None::<String>))
            .col_expr(Column::Problem, Expr::value(None::<String>))
            .col_expr(Column::FinishedAt, Expr::value(None::<i64>))
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected > 0)
    }

    /// Renews the lease and notes how far the load is. `false`: it was lost, or somebody wants the load to end.
    pub async fn beat(
        &self,
        id: HistoryLoadId,
        token: Uuid,
        progress: Option<&HistoryLoadProgress>,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let runs = held(id, token).add(Column::State.eq(HistoryLoadState::Running.name()));
        let mut update = self
            .change(runs, HistoryLoadState::Running, now)
            .col_expr(Column::LeasedUntil, Expr::value(Some(until.as_micros())));
        if let Some(progress) = progress {
            update = update
                .col_expr(Column::Step, text(&progress.step))
                .col_expr(Column::StepAt, Expr::value(Some(progress.step_at.as_micros())))
                .col_expr(Column::Done, Expr::value(number(progress.done)))
                .col_expr(Column::Total, Expr::value(number(progress.total)))
                .col_expr(Column::Rejected, Expr::value(number(progress.rejected)));
        }
        Ok(update.exec(self.connection).await?.rows_affected > 0)
    }

    pub async fn complete(&self, id: HistoryLoadId, token: Uuid, report: &str, now: Timestamp) -> Result<bool, Error> {
        let update = self
            .change(held(id, token), HistoryLoadState::Done, now)
            .col_expr(Column::Report, text(report))
            .col_expr(Column::FinishedAt, Expr::value(Some(now.as_micros())));
        Ok(ended(update).exec(self.connection).await?.rows_affected > 0)
    }

    pub async fn fail(&self, id: HistoryLoadId, token: Uuid, problem: &str, now: Timestamp) -> Result<bool, Error> {
        let update =
            self.change(held(id, token), HistoryLoadState::Failed, now).col_expr(Column::Problem, text(problem));
        Ok(ended(update).exec(self.connection).await?.rows_affected > 0)
    }

    /// The runner has ended before the load did: stopped where somebody wanted that, else it waits for whoever goes on.
    pub async fn let_go(&self, id: HistoryLoadId, token: Uuid, now: Timestamp) -> Result<(), Error> {
        let wanted = held(id, token).add(Column::State.eq(HistoryLoadState::Stopping.name()));
        ended(self.change(wanted, HistoryLoadState::Stopped, now)).exec(self.connection).await?;
        let kept = held(id, token).add(Column::FileKept.eq(true));
        ended(self.change(kept, HistoryLoadState::Waiting, now)).exec(self.connection).await?;
        ended(self.change(held(id, token), HistoryLoadState::Stopped, now)).exec(self.connection).await?;
        Ok(())
    }

    /// Asks for the end of one that runs; one that only waits is stopped at once.
    pub async fn stop(&self, id: HistoryLoadId, now: Timestamp) -> Result<bool, Error> {
        let in_state = |state: HistoryLoadState| {
            Condition::all().add(Column::Id.eq(id.as_uuid())).add(Column::State.eq(state.name()))
        };
        let waiting = self.change(in_state(HistoryLoadState::Waiting), HistoryLoadState::Stopped, now);
        let running = self.change(in_state(HistoryLoadState::Running), HistoryLoadState::Stopping, now);
        let stopped = waiting.exec(self.connection).await?.rows_affected;
        Ok(stopped + running.exec(self.connection).await?.rows_affected > 0)
    }

    /// One that has ended, and whose file is kept, waits for another turn.
    pub async fn again(&self, id: HistoryLoadId, check_only: bool, now: Timestamp) -> Result<bool, Error> {
        let at_rest = at_rest(id).add(Column::FileKept.eq(true));
        let update = self
            .change(at_rest, HistoryLoadState::Waiting, now)
            .col_expr(Column::CheckOnly, Expr::value(check_only))
            .col_expr(Column::Problem, Expr::value(None::<String>));
        Ok(update.exec(self.connection).await?.rows_affected > 0)
    }

    /// The file is gone; the rest stays.
    pub async fn forget_file(&self, id: HistoryLoadId) -> Result<(), Error> {
        let update = Entity::update_many().col_expr(Column::FileKept, Expr::value(false));
        update.filter(Column::Id.eq(id.as_uuid())).exec(self.connection).await?;
        Ok(())
    }

    /// Forgets one that has ended.
    pub async fn delete(&self, id: HistoryLoadId) -> Result<bool, Error> {
        Ok(Entity::delete_many().filter(at_rest(id)).exec(self.connection).await?.rows_affected > 0)
    }

    fn change(&self, those: Condition, state: HistoryLoadState, now: Timestamp) -> sea_orm::UpdateMany<Entity> {
        Entity::update_many()
            .col_expr(Column::State, Expr::value(state.name()))
            .col_expr(Column::UpdatedAt, Expr::value(now.as_micros()))
            .filter(those)
    }
}

fn expired(now: Timestamp) -> Condition {
    Condition::all().add(Column::Slot.eq(1)).add(Column::LeasedUntil.lte(now.as_micros()))
}

fn held(id: HistoryLoadId, token: Uuid) -> Condition {
    Condition::all().add(Column::Id.eq(id.as_uuid())).add(Column::LeaseToken.eq(token))
}

fn at_rest(id: HistoryLoadId) -> Condition {
    let ended =
        [HistoryLoadState::Stopped, HistoryLoadState::Failed, HistoryLoadState::Done].map(HistoryLoadState::name);
    Condition::all().add(Column::Id.eq(id.as_uuid())).add(Column::State.is_in(ended))
}

/// Its place is free for the next.
fn ended(update: sea_orm::UpdateMany<Entity>) -> sea_orm::UpdateMany<Entity> {
    update
        .col_expr(Column::Slot, Expr::value(None::<i32>))
        .col_expr(Column::LeaseToken, Expr::value(None::<Uuid>))
        .col_expr(Column::LeasedUntil, Expr::value(None::<i64>))
}

fn text(text: &str) -> SimpleExpr {
    Expr::value(Some(text.to_owned()))
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

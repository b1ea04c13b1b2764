//! The outbox: intended changes to the org, claimed under a lease, in order within their lane.

use std::time::Duration;

use domain::{DeliveryId, Timestamp, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, ExprTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Statement, UpdateMany, Value, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    Error,
    decode::{Field, row_or_none, rows, time, time_or_none},
    entities::deliveries,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Waits, or is being tried under a lease.
    Pending,
    Done,
    /// Given up; kept for people to look at.
    Dead,
    /// Given up, and an admin has said why nothing more is to be done.
    Forgotten,
}

impl DeliveryState {
    const ALL: [Self; 4] = [Self::Pending, Self::Done, Self::Dead, Self::Forgotten];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Forgotten => "forgotten",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    pub id: DeliveryId,
    pub kind: String,
    pub subject_id: Uuid,
    /// Deliveries of one lane go one after another, in order of their ids.
    pub lane: Uuid,
    pub state: DeliveryState,
    /// How often it was claimed, this time included.
    pub attempts: u32,
    pub not_before: Timestamp,
    pub lease_token: Option<Uuid>,
    pub leased_until: Option<Timestamp>,
    pub last_error: Option<String>,
    pub last_error_code: Option<String>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// What an admin said when it was forgotten.
    pub forgotten_because: Option<String>,
}

#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// A UUIDv7: its place in the lane.
    pub id: DeliveryId,
    pub kind: String,
    pub subject_id: Uuid,
    pub lane: Uuid,
    pub not_before: Timestamp,
    pub created_at: Timestamp,
}

impl TryFrom<deliveries::Model> for DeliveryRow {
    type Error = Error;

    fn try_from(model: deliveries::Model) -> Result<Self, Error> {
        let field = |column| Field("deliveries", column);
        Ok(Self {
            id: model.id.into(),
            kind: model.kind,
            subject_id: model.subject_id,
            lane: model.lane,
            state: field("state").known(&model.state, DeliveryState::from_name(&model.state))?,
            attempts: field("attempts").read(u32::try_from(model.attempts))?,
            not_before: time(model.not_before),
            lease_token: model.lease_token,
            leased_until: time_or_none(model.leased_until),
            last_error: model.last_error,
            last_error_code: model.last_error_code,
            created_at: time(model.created_at),
            finished_at: time_or_none(model.finished_at),
            forgotten_because: model.forgotten_because,
        })
    }
}

/// What may be claimed at `$1`: due, under no lease, the first pending one of its lane, and nothing else of the lane under a lease.
///
/// Its own lease is asked of the row itself: PostgreSQL looks again at the row it locked, but not at what a subquery saw.
macro_rules! claimable {
    ($($and:literal),*) => {
        concat!(
            "SELECT d.* FROM deliveries AS d WHERE d.state = 'pending' AND d.not_before <= $1 \
             AND (d.leased_until IS NULL OR d.leased_until <= $1) \
             AND NOT EXISTS (SELECT 1 FROM deliveries AS e WHERE e.lane = d.lane AND e.state = 'pending' \
             AND (e.id < d.id OR e.leased_until > $1)) ",
            $($and),*
        )
    };
}

/// PostgreSQL's claimers step over each other's rows instead of waiting; SQLite has one writer at a time.
const CLAIM_SQLITE: &str = claimable!("ORDER BY d.not_before, d.id LIMIT $2");
const CLAIM_POSTGRES: &str = claimable!("ORDER BY d.not_before, d.id LIMIT $2 FOR UPDATE OF d SKIP LOCKED");
const CLAIM_ALIKE_SQLITE: &str = claimable!("AND d.kind = $3 ORDER BY d.not_before, d.id LIMIT $2");
const CLAIM_ALIKE_POSTGRES: &str =
    claimable!("AND d.kind = $3 ORDER BY d.not_before, d.id LIMIT $2 FOR UPDATE OF d SKIP LOCKED");
const CLAIM_ONE_SQLITE: &str = claimable!("AND d.id = $2");
const CLAIM_ONE_POSTGRES: &str = claimable!("AND d.id = $2 FOR UPDATE OF d SKIP LOCKED");

/// The soonest that the head of any lane may be claimed: when it is due and its lane's lease has run out.
const NEXT_DUE: &str = "SELECT MIN(CASE WHEN heads.leased > heads.due THEN heads.leased ELSE heads.due END) AS next_due FROM (\
    SELECT d.not_before AS due, \
    (SELECT COALESCE(MAX(l.leased_until), 0) FROM deliveries AS l WHERE l.lane = d.lane AND l.state = 'pending') AS leased \
    FROM deliveries AS d WHERE d.state = 'pending' \
    AND NOT EXISTS (SELECT 1 FROM deliveries AS e WHERE e.lane = d.lane AND e.state = 'pending' AND e.id < d.id)) AS heads";

#[derive(Debug)]
pub struct Deliveries<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> Deliveries<'_, C> {
    /// When the next claim can find something; none when nothing is pending.
    pub async fn next_due_at(&self) -> Result<Option<Timestamp>, Error> {
        let row = self
            .connection
            .query_one_raw(Statement::from_string(self.connection.get_database_backend(), NEXT_DUE))
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(time_or_none(row.try_get("", "next_due")?))
    }

    pub async fn pending_count(&self) -> Result<u64, Error> {
        self.count(DeliveryState::Pending).await
    }

    pub async fn dead_count(&self) -> Result<u64, Error> {
        self.count(DeliveryState::Dead).await
    }

    async fn count(&self, state: DeliveryState) -> Result<u64, Error> {
        Ok(deliveries::Entity::find().filter(deliveries::Column::State.eq(state.name())).count(self.connection).await?)
    }

    /// Since when the longest waiting one waits.
    pub async fn oldest_pending_at(&self) -> Result<Option<Timestamp>, Error> {
        let oldest: Option<Option<i64>> = deliveries::Entity::find()
            .select_only()
            .column_as(deliveries::Column::CreatedAt.min(), "oldest")
            .filter(deliveries::Column::State.eq(DeliveryState::Pending.name()))
            .into_tuple()
            .one(self.connection)
            .await?;
        Ok(time_or_none(oldest.flatten()))
    }

    /// The newest first, behind the one given.
    pub async fn dead(&self, after: Option<DeliveryId>, limit: u64) -> Result<Vec<DeliveryRow>, Error> {
        let mut query = deliveries::Entity::find().filter(deliveries::Column::State.eq(DeliveryState::Dead.name()));
        if let Some(after) = after {
            query = query.filter(deliveries::Column::Id.lt(after.as_uuid()));
        }
        let models = query.order_by_desc(deliveries::Column::Id).limit(limit).all(self.connection).await?;
        rows(models)
    }

    pub async fn by_id(&self, id: DeliveryId) -> Result<Option<DeliveryRow>, Error> {
        row_or_none(deliveries::Entity::find_by_id(id.as_uuid()).one(self.connection).await?)
    }

    /// What waits or was given up for any of these subjects, the oldest first.
    pub async fn open_for(&self, kind: &str, subjects: &[Uuid]) -> Result<Vec<DeliveryRow>, Error> {
        let models = deliveries::Entity::find()
            .filter(deliveries::Column::SubjectId.is_in(subjects.iter().copied()))
            .filter(deliveries::Column::Kind.eq(kind))
            .filter(deliveries::Column::State.is_in([DeliveryState::Pending.name(), DeliveryState::Dead.name()]))
            .order_by_asc(deliveries::Column::Id)
            .all(self.connection)
            .await?;
        rows(models)
    }

    /// The latest one for the subject.
    pub async fn by_subject(&self, subject: Uuid) -> Result<Option<DeliveryRow>, Error> {
        let model = deliveries::Entity::find()
            .filter(deliveries::Column::SubjectId.eq(subject))
            .order_by_desc(deliveries::Column::Id)
            .one(self.connection)
            .await?;
        row_or_none(model)
    }
}

/// Every `bool` here says whether it was done: `false` means the lease was lost meanwhile, and nothing was changed.
impl Deliveries<'_, DatabaseTransaction> {
    pub async fn enqueue(&self, delivery: &NewDelivery) -> Result<(), Error> {
        deliveries::Entity::insert(deliveries::ActiveModel {
            id: Set(delivery.id.as_uuid()),
            kind: Set(delivery.kind.clone()),
            subject_id: Set(delivery.subject_id),
            lane: Set(delivery.lane),
            state: Set(DeliveryState::Pending.name().to_owned()),
            attempts: Set(0),
            not_before: Set(delivery.not_before.as_micros()),
            lease_token: Set(None),
            leased_until: Set(None),
            last_error: Set(None),
            last_error_code: Set(None),
            created_at: Set(delivery.created_at.as_micros()),
            finished_at: Set(None),
            forgotten_because: Set(None),
            forgotten_by: Set(None),
        })
        .exec_without_returning(self.connection)
        .await?;
        Ok(())
    }

    /// Enqueues it unless one that nobody has begun waits for the same already: that one will find what is to be delivered as it is
    /// once this transaction is committed.
    pub async fn enqueue_unless_waiting(&self, delivery: &NewDelivery) -> Result<(), Error> {
        // Written, not only read, so that on PostgreSQL nobody can claim it before this transaction has ended.
        let waiting = deliveries::Entity::update_many()
            .col_expr(deliveries::Column::LeaseToken, Expr::value(None::<Uuid>))
            .filter(deliveries::Column::SubjectId.eq(delivery.subject_id))
            .filter(deliveries::Column::Kind.eq(&delivery.kind))
            .filter(deliveries::Column::State.eq(DeliveryState::Pending.name()))
            .filter(deliveries::Column::LeaseToken.is_null())
            .exec(self.connection)
            .await?;
        if waiting.rows_affected == 0 {
            self.enqueue(delivery).await?;
        }
        Ok(())
    }

    /// Takes up to `limit` deliveries that are due, the longest due first, at most one of each lane. They are nobody else's until
    /// `now + lease`, which counts from the commit on.
    pub async fn claim(
        &self,
        now: Timestamp,
        lease: Duration,
        token: Uuid,
        limit: u64,
    ) -> Result<Vec<DeliveryRow>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.lease(self.select(CLAIM_SQLITE, CLAIM_POSTGRES, now, [limit.into()]), now, lease, token).await
    }

    /// The same, of one kind only: what can be sent together.
    pub async fn claim_of_kind(
        &self,
        kind: &str,
        now: Timestamp,
        lease: Duration,
        token: Uuid,
        limit: u64,
    ) -> Result<Vec<DeliveryRow>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let claimable = self.select(CLAIM_ALIKE_SQLITE, CLAIM_ALIKE_POSTGRES, now, [limit.into(), kind.into()]);
        self.lease(claimable, now, lease, token).await
    }

    /// Takes this one, if it is its turn.
    pub async fn claim_one_by_id(
        &self,
        id: DeliveryId,
        now: Timestamp,
        lease: Duration,
        token: Uuid,
    ) -> Result<Option<DeliveryRow>, Error> {
        let statement = self.select(CLAIM_ONE_SQLITE, CLAIM_ONE_POSTGRES, now, [id.as_uuid().into()]);
        Ok(self.lease(statement, now, lease, token).await?.pop())
    }

    /// The time is `$1`, what else there is follows.
    fn select<const N: usize>(&self, sqlite: &str, postgres: &str, now: Timestamp, more: [Value; N]) -> Statement {
        let backend = self.connection.get_database_backend();
        let sql = if backend == DbBackend::Postgres { postgres } else { sqlite };
        Statement::from_sql_and_values(backend, sql, std::iter::once(now.as_micros().into()).chain(more))
    }

    async fn lease(
        &self,
        claimable: Statement,
        now: Timestamp,
        lease: Duration,
        token: Uuid,
    ) -> Result<Vec<DeliveryRow>, Error> {
        let mut claimed = deliveries::Entity::find().from_raw_sql(claimable).all(self.connection).await?;
        if claimed.is_empty() {
            return Ok(Vec::new());
        }
        let until = now.saturating_add(lease).as_micros();
        deliveries::Entity::update_many()
            .col_expr(deliveries::Column::LeaseToken, Expr::value(Some(token)))
            .col_expr(deliveries::Column::LeasedUntil, Expr::value(Some(until)))
            .col_expr(deliveries::Column::Attempts, Expr::col(deliveries::Column::Attempts).add(1))
            .filter(deliveries::Column::Id.is_in(claimed.iter().map(|delivery| delivery.id)))
            .exec(self.connection)
            .await?;
        for delivery in &mut claimed {
            delivery.lease_token = Some(token);
            delivery.leased_until = Some(until);
            delivery.attempts = delivery.attempts.saturating_add(1);
        }
        rows(claimed)
    }

    /// It is done. A lease that ran out but that nobody else took still counts.
    pub async fn finish(&self, id: DeliveryId, token: Uuid, now: Timestamp) -> Result<bool, Error> {
        let update = end_lease()
            .col_expr(deliveries::Column::State, Expr::value(DeliveryState::Done.name()))
            .col_expr(deliveries::Column::FinishedAt, Expr::value(Some(now.as_micros())))
            .col_expr(deliveries::Column::LastError, Expr::value(None::<String>))
            .col_expr(deliveries::Column::LastErrorCode, Expr::value(None::<String>));
        self.held(update, id, token).await
    }

    /// It is to be tried again from `not_before` on; its lane waits with it.
    pub async fn retry(
        &self,
        id: DeliveryId,
        token: Uuid,
        not_before: Timestamp,
        error: &str,
        code: Option<&str>,
    ) -> Result<bool, Error> {
        let update = end_lease()
            .col_expr(deliveries::Column::NotBefore, Expr::value(not_before.as_micros()))
            .col_expr(deliveries::Column::LastError, Expr::value(Some(error)))
            .col_expr(deliveries::Column::LastErrorCode, Expr::value(code));
        self.held(update, id, token).await
    }

    /// It is given up, and its lane goes on without it.
    pub async fn bury(
        &self,
        id: DeliveryId,
        token: Uuid,
        now: Timestamp,
        error: &str,
        code: Option<&str>,
    ) -> Result<bool, Error> {
        let update = end_lease()
            .col_expr(deliveries::Column::State, Expr::value(DeliveryState::Dead.name()))
            .col_expr(deliveries::Column::FinishedAt, Expr::value(Some(now.as_micros())))
            .col_expr(deliveries::Column::LastError, Expr::value(Some(error)))
            .col_expr(deliveries::Column::LastErrorCode, Expr::value(code));
        self.held(update, id, token).await
    }

    /// It was not tried after all: as if it had not been claimed.
    pub async fn release(&self, id: DeliveryId, token: Uuid) -> Result<bool, Error> {
        let update = end_lease().col_expr(deliveries::Column::Attempts, Expr::col(deliveries::Column::Attempts).sub(1));
        self.held(update, id, token).await
    }

    /// It takes longer than thought.
    pub async fn renew(&self, id: DeliveryId, token: Uuid, until: Timestamp) -> Result<bool, Error> {
        let update = deliveries::Entity::update_many()
            .col_expr(deliveries::Column::LeasedUntil, Expr::value(Some(until.as_micros())));
        self.held(update, id, token).await
    }

    /// Those for the same subject that were given up before this one are settled by it, however it ended.
    pub async fn settle_earlier(&self, delivery: &DeliveryRow, now: Timestamp) -> Result<u64, Error> {
        let result = deliveries::Entity::update_many()
            .col_expr(deliveries::Column::State, Expr::value(DeliveryState::Done.name()))
            .col_expr(deliveries::Column::FinishedAt, Expr::value(Some(now.as_micros())))
            .filter(deliveries::Column::SubjectId.eq(delivery.subject_id))
            .filter(deliveries::Column::Kind.eq(&delivery.kind))
            .filter(deliveries::Column::State.eq(DeliveryState::Dead.name()))
            .filter(deliveries::Column::Id.lt(delivery.id.as_uuid()))
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected)
    }

    /// A dead one needs nobody's attention any more, for this reason. False when it isn't dead.
    pub async fn forget(&self, id: DeliveryId, because: &str, by: UserId, now: Timestamp) -> Result<bool, Error> {
        let result = deliveries::Entity::update_many()
            .col_expr(deliveries::Column::State, Expr::value(DeliveryState::Forgotten.name()))
            .col_expr(deliveries::Column::ForgottenBecause, Expr::value(Some(because)))
            .col_expr(deliveries::Column::ForgottenBy, Expr::value(Some(by.as_uuid())))
            .col_expr(deliveries::Column::FinishedAt, Expr::value(Some(now.as_micros())))
            .filter(deliveries::Column::Id.eq(id.as_uuid()))
            .filter(deliveries::Column::State.eq(DeliveryState::Dead.name()))
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected > 0)
    }

    /// One that was given up is to be tried again, as if for the first time. False when it wasn't given up.
    pub async fn revive(&self, id: DeliveryId, now: Timestamp) -> Result<bool, Error> {
        let result = end_lease()
            .col_expr(deliveries::Column::State, Expr::value(DeliveryState::Pending.name()))
            .col_expr(deliveries::Column::Attempts, Expr::value(0))
            .col_expr(deliveries::Column::NotBefore, Expr::value(now.as_micros()))
            .col_expr(deliveries::Column::FinishedAt, Expr::value(None::<i64>))
            .col_expr(deliveries::Column::ForgottenBecause, Expr::value(None::<String>))
            .col_expr(deliveries::Column::ForgottenBy, Expr::value(None::<Uuid>))
            .filter(deliveries::Column::Id.eq(id.as_uuid()))
            .filter(deliveries::Column::State.is_in([DeliveryState::Dead.name(), DeliveryState::Forgotten.name()]))
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected > 0)
    }

    /// What waits for a later try needn't: the org is back. How many were waiting.
    pub async fn hasten(&self, now: Timestamp) -> Result<u64, Error> {
        let result = deliveries::Entity::update_many()
            .col_expr(deliveries::Column::NotBefore, Expr::value(now.as_micros()))
            .filter(deliveries::Column::State.eq(DeliveryState::Pending.name()))
            .filter(deliveries::Column::NotBefore.gt(now.as_micros()))
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected)
    }

    /// Applies the update to the delivery if it is still held under this token.
    async fn held(&self, update: UpdateMany<deliveries::Entity>, id: DeliveryId, token: Uuid) -> Result<bool, Error> {
        let result = update
            .filter(deliveries::Column::Id.eq(id.as_uuid()))
            .filter(deliveries::Column::State.eq(DeliveryState::Pending.name()))
            .filter(deliveries::Column::LeaseToken.eq(token))
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected > 0)
    }
}

fn end_lease() -> UpdateMany<deliveries::Entity> {
    deliveries::Entity::update_many()
        .col_expr(deliveries::Column::LeaseToken, Expr::value(None::<Uuid>))
        .col_expr(deliveries::Column::LeasedUntil, Expr::value(None::<i64>))
}

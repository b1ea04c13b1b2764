//! Loads of historical comments, and the jobs in the org that carry them. A job is kept before the org begins with it, so that
//! whoever comes after a breakdown can ask what became of it.

use domain::{SalesforceId, Timestamp};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    Error,
    database::met,
    decode::{Field, row_or_none, rows, time, time_or_none},
    entities::{import_jobs, imports},
};

/// The load of one file into one org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRow {
    pub id: Uuid,
    pub org_id: SalesforceId,
    /// SHA-256 of the file, hexadecimal.
    pub file_hash: String,
    pub file_name: String,
    pub created_at: Timestamp,
    /// None: it was begun and not ended.
    pub finished_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportJobState {
    /// The org may have done it, be at it, or not have begun.
    Begun,
    /// Its outcome is known here.
    Done,
}

impl ImportJobState {
    const ALL: [Self; 2] = [Self::Begun, Self::Done];

    const fn name(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Done => "done",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportJobRow {
    /// The org's id of it.
    pub job: String,
    pub import_id: Uuid,
    /// The lines of the file among which its rows are, both counted in.
    pub first_line: u64,
    pub last_line: u64,
    pub state: ImportJobState,
    pub created_at: Timestamp,
}

impl TryFrom<imports::Model> for ImportRow {
    type Error = Error;

    fn try_from(model: imports::Model) -> Result<Self, Error> {
        Ok(Self {
            id: model.id,
            org_id: Field("imports", "org_id").salesforce_id(&model.org_id)?,
            file_hash: model.file_hash,
            file_name: model.file_name,
            created_at: time(model.created_at),
            finished_at: time_or_none(model.finished_at),
        })
    }
}

impl TryFrom<import_jobs::Model> for ImportJobRow {
    type Error = Error;

    fn try_from(model: import_jobs::Model) -> Result<Self, Error> {
        let field = |column| Field("import_jobs", column);
        let state = ImportJobState::ALL.into_iter().find(|state| state.name() == model.state);
        Ok(Self {
            job: model.job,
            import_id: model.import_id,
            first_line: field("first_line").read(u64::try_from(model.first_line))?,
            last_line: field("last_line").read(u64::try_from(model.last_line))?,
            state: field("state").known(&model.state, state)?,
            created_at: time(model.created_at),
        })
    }
}

#[derive(Debug)]
pub struct Imports<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> Imports<'_, C> {
    /// The latest load of this file into this org.
    pub async fn of_file(&self, org: &SalesforceId, file_hash: &str) -> Result<Option<ImportRow>, Error> {
        let model = imports::Entity::find()
            .filter(imports::Column::OrgId.eq(org.as_str()))
            .filter(imports::Column::FileHash.eq(file_hash))
            .order_by_desc(imports::Column::Id)
            .one(self.connection)
            .await?;
        row_or_none(model)
    }

    /// Those whose outcome isn't known here, in the order of the file.
    pub async fn begun_jobs(&self, import: Uuid) -> Result<Vec<ImportJobRow>, Error> {
        let models = import_jobs::Entity::find()
            .filter(import_jobs::Column::ImportId.eq(import))
            .filter(import_jobs::Column::State.eq(ImportJobState::Begun.name()))
            .order_by_asc(import_jobs::Column::FirstLine)
            .all(self.connection)
            .await?;
        rows(models)
    }
}

impl Imports<'_, DatabaseTransaction> {
    pub async fn begin(&self, import: &ImportRow) -> Result<(), Error> {
        imports::Entity::insert(imports::ActiveModel {
            id: Set(import.id),
            org_id: Set(import.org_id.as_str().to_owned()),
            file_hash: Set(import.file_hash.clone()),
            file_name: Set(import.file_name.clone()),
            created_at: Set(import.created_at.as_micros()),
            finished_at: Set(None),
        })
        .exec_without_returning(self.connection)
        .await?;
        Ok(())
    }

    pub async fn finish(&self, import: Uuid, now: Timestamp) -> Result<(), Error> {
        let result = imports::Entity::update_many()
            .col_expr(imports::Column::FinishedAt, Expr::value(Some(now.as_micros())))
            .filter(imports::Column::Id.eq(import))
            .exec(self.connection)
            .await?;
        met(result.rows_affected, "import")
    }

    pub async fn begin_job(&self, job: &ImportJobRow) -> Result<(), Error> {
        let line = |line: u64| i64::try_from(line).unwrap_or(i64::MAX);
        import_jobs::Entity::insert(import_jobs::ActiveModel {
            job: Set(job.job.clone()),
            import_id: Set(job.import_id),
            first_line: Set(line(job.first_line)),
            last_line: Set(line(job.last_line)),
            state: Set(job.state.name().to_owned()),
            created_at: Set(job.created_at.as_micros()),
        })
        .exec_without_returning(self.connection)
        .await?;
        Ok(())
    }

    pub async fn finish_job(&self, import: Uuid, job: &str) -> Result<(), Error> {
        let result = import_jobs::Entity::update_many()
            .col_expr(import_jobs::Column::State, Expr::value(ImportJobState::Done.name()))
            .filter(import_jobs::Column::ImportId.eq(import))
            .filter(import_jobs::Column::Job.eq(job))
            .exec(self.connection)
            .await?;
        met(result.rows_affected, "import job")
    }
}

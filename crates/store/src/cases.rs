//! Cases: of each course one default case, and any number of others.

use domain::{CaseId, CourseId, CourseRunId, SalesforceId, Timestamp, Visibility};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Changed, Error,
    database::inserted,
    decode::{Field, row_or_none, rows, time, time_or_none},
    entities::cases,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRow {
    pub id: CaseId,
    pub course_id: Option<CourseId>,
    pub course_run_id: Option<CourseRunId>,
    /// The Case's `Portal_Key__c`.
    pub portal_key: String,
    pub is_default: bool,
    pub subject: String,
    /// As the org calls it.
    pub status: String,
    pub priority: Option<String>,
    pub case_number: Option<String>,
    /// Absent until the org has it.
    pub salesforce_id: Option<SalesforceId>,
    /// When the org was last heard about it.
    pub synced_at: Option<Timestamp>,
    /// Rises with every change to its thread.
    pub version: i64,
    /// Rises only with what others than staff can see.
    pub public_version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct NewCase {
    pub id: CaseId,
    pub course_run_id: Option<CourseRunId>,
    pub portal_key: String,
    pub subject: String,
    pub status: String,
    pub priority: Option<String>,
    pub created_at: Timestamp,
}

/// What the org says of a case. What it doesn't say stays as it is.
#[derive(Clone, Debug)]
pub struct OrgCase {
    pub salesforce_id: SalesforceId,
    pub case_number: Option<String>,
    pub status: Option<String>,
    pub priority: Option<String>,
}

impl TryFrom<cases::Model> for CaseRow {
    type Error = Error;

    fn try_from(model: cases::Model) -> Result<Self, Error> {
        Ok(Self {
            id: model.id.into(),
            course_id: model.course_id.map(CourseId::from),
            course_run_id: model.course_run_id.map(CourseRunId::from),
            portal_key: model.portal_key,
            is_default: model.is_default,
            subject: model.subject,
            status: model.status,
            priority: model.priority,
            case_number: model.case_number,
            salesforce_id: Field("cases", "salesforce_id").salesforce_id_or_none(model.salesforce_id.as_deref())?,
            synced_at: time_or_none(model.synced_at),
            version: model.version,
            public_version: model.public_version,
            created_at: time(model.created_at),
            updated_at: time(model.updated_at),
        })
    }
}

#[derive(Debug)]
pub struct Cases<'c, C> {
    pub(crate) connection: &'c C,
}

impl<C: ConnectionTrait> Cases<'_, C> {
    pub async fn default_case_of(&self, course: CourseId) -> Result<Option<CaseRow>, Error> {
        let model = cases::Entity::find()
            .filter(cases::Column::CourseId.eq(course.as_uuid()))
            .filter(cases::Column::IsDefault.eq(true))
            .one(self.connection)
            .await?;
        row_or_none(model)
    }

    /// The default case first, then the oldest first.
    pub async fn cases_of(&self, course: CourseId) -> Result<Vec<CaseRow>, Error> {
        let models = cases::Entity::find()
            .filter(cases::Column::CourseId.eq(course.as_uuid()))
            .order_by_desc(cases::Column::IsDefault)
            .order_by_asc(cases::Column::CreatedAt)
            .order_by_asc(cases::Column::Id)
            .all(self.connection)
            .await?;
        rows(models)
    }

    pub async fn by_id(&self, id: CaseId) -> Result<Option<CaseRow>, Error> {
        row_or_none(cases::Entity::find_by_id(id.as_uuid()).one(self.connection).await?)
    }

    pub async fn by_salesforce_id(&self, id: &SalesforceId) -> Result<Option<CaseRow>, Error> {
        row_or_none(
            cases::Entity::find().filter(cases::Column::SalesforceId.eq(id.as_str())).one(self.connection).await?,
        )
    }

    pub async fn by_portal_key(&self, key: &str) -> Result<Option<CaseRow>, Error> {
        row_or_none(cases::Entity::find().filter(cases::Column::PortalKey.eq(key)).one(self.connection).await?)
    }

    /// The cases the org has, in order of id, in pages.
    pub async fn list_with_salesforce_id(&self, after: Option<CaseId>, limit: u64) -> Result<Vec<CaseRow>, Error> {
        let mut query = cases::Entity::find().filter(cases::Column::SalesforceId.is_not_null());
        if let Some(after) = after {
            query = query.filter(cases::Column::Id.gt(after.as_uuid()));
        }
        rows(query.order_by_asc(cases::Column::Id).limit(limit).all(self.connection).await?)
    }
}

enum Kind {
    Default,
    Other,
}

impl Cases<'_, DatabaseTransaction> {
    /// The course's default case, made from `case` when there is none yet. Two at once make one.
    pub async fn ensure_default(&self, course: CourseId, case: &NewCase) -> Result<CaseRow, Error> {
        if let Some(found) = self.default_case_of(course).await? {
            return Ok(found);
        }
        let insert = cases::Entity::insert(active(course, case, &Kind::Default))
            // Whichever of its unique indexes a twin meets first, that of the course's default or that of the key.
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(self.connection)
            .await;
        inserted(insert)?;
        // None: another course's case has the key.
        let taken = || Error::Conflict { constraint: "cases_portal_key".to_owned() };
        self.default_case_of(course).await?.ok_or_else(taken)
    }

    /// One more case of the course, beside the default one.
    pub async fn insert(&self, course: CourseId, case: &NewCase) -> Result<(), Error> {
        cases::Entity::insert(active(course, case, &Kind::Other)).exec_without_returning(self.connection).await?;
        Ok(())
    }

    /// The new version, and the new public one where others than staff can see what changed. Of two at once, one waits for the
    /// other and sees a higher number.
    pub async fn bump_version(&self, case: CaseId, changed: Visibility) -> Result<i64, Error> {
        let mut update =
            cases::Entity::update_many().col_expr(cases::Column::Version, Expr::col(cases::Column::Version).add(1));
        if changed == Visibility::Public {
            update = update.col_expr(cases::Column::PublicVersion, Expr::col(cases::Column::PublicVersion).add(1));
        }
        let updated = update.filter(cases::Column::Id.eq(case.as_uuid())).exec_with_returning(self.connection).await?;
        updated.first().map(|model| model.version).ok_or(Error::NotFound { what: "case" })
    }

    /// Keeps what the org said, and when.
    pub async fn set_org(&self, case: CaseId, org: &OrgCase, now: Timestamp) -> Result<Changed, Error> {
        let found = cases::Entity::find_by_id(case.as_uuid())
            .one(self.connection)
            .await?
            .ok_or(Error::NotFound { what: "case" })?;
        let salesforce_id = Some(org.salesforce_id.as_str().to_owned());
        let case_number = org.case_number.clone().or_else(|| found.case_number.clone());
        let status = org.status.clone().unwrap_or_else(|| found.status.clone());
        let priority = org.priority.clone().or_else(|| found.priority.clone());
        let same = salesforce_id == found.salesforce_id
            && case_number == found.case_number
            && status == found.status
            && priority == found.priority;
        let mut update = cases::Entity::update_many()
            .col_expr(cases::Column::SalesforceId, Expr::value(salesforce_id))
            .col_expr(cases::Column::CaseNumber, Expr::value(case_number))
            .col_expr(cases::Column::Status, Expr::value(status))
            .col_expr(cases::Column::Priority, Expr::value(priority))
            .col_expr(cases::Column::SyncedAt, Expr::value(Some(now.as_micros())));
        if !same {
            update = update.col_expr(cases::Column::UpdatedAt, Expr::value(now.as_micros()));
        }
        update.filter(cases::Column::Id.eq(case.as_uuid())).exec(self.connection).await?;
        Ok(if same { Changed::Unchanged } else { Changed::Updated })
    }

    /// Another org was connected: no case is known there yet. How many were.
    pub async fn forget_org(&self) -> Result<u64, Error> {
        let result = cases::Entity::update_many()
            .col_expr(cases::Column::SalesforceId, Expr::value(None::<String>))
            .col_expr(cases::Column::CaseNumber, Expr::value(None::<String>))
            .col_expr(cases::Column::SyncedAt, Expr::value(None::<i64>))
            .filter(cases::Column::SalesforceId.is_not_null())
            .exec(self.connection)
            .await?;
        Ok(result.rows_affected)
    }
}

fn active(course: CourseId, case: &NewCase, kind: &Kind) -> cases::ActiveModel {
    cases::ActiveModel {
        id: Set(case.id.as_uuid()),
        course_id: Set(Some(course.as_uuid())),
        course_run_id: Set(case.course_run_id.map(|run| run.as_uuid())),
        portal_key: Set(case.portal_key.clone()),
        is_default: Set(matches!(kind, Kind::Default)),
        subject: Set(case.subject.clone()),
        status: Set(case.status.clone()),
        priority: Set(case.priority.clone()),
        case_number: Set(None),
        salesforce_id: Set(None),
        synced_at: Set(None),
        version: Set(0),
        public_version: Set(0),
        created_at: Set(case.created_at.as_micros()),
        updated_at: Set(case.created_at.as_micros()),
    }
}

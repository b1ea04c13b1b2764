//! Cases that another system made for a course before the portal came: found by the course's key, taken over with everything said on
//! them. Each course is looked for once in an org.

use std::collections::HashMap;

use domain::{CaseId, CourseId, SalesforceId};
use salesforce::{Field, Repeat, Soql, asc};
use serde::Deserialize;
use serde_json::json;
use store::{CaseRow, CourseRow, NewCase, OrgCase, OrgRecord, OrgRecordKind};

use super::{
    records::PORTAL_KEY,
    rows::{CaseCommentRow, EmailRow, FeedCommentRow, FeedItemRow},
    session::{FeedItemFields, OrgSession},
    sources::Source,
};
use crate::{Engine, Error, PollReport, live::Audience};

/// Courses in one query, and queries in one poll: a large catalogue is gone through in the course of several.
const COURSES_AT_ONCE: u64 = 50;
const QUERIES_IN_A_POLL: usize = 4;

/// Rows merged at a time.
const PAGE: usize = 500;

/// What cases of courses came from, in the systems before.
const ORIGIN: &str = "Publisher";

/// Before the record's id in the key of an old case that is not its course's default one.
const OLD_CASE_KEY: &str = "old-";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OldCase {
    id: SalesforceId,
    subject: Option<String>,
    case_number: Option<String>,
    status: Option<String>,
    priority: Option<String>,
    #[serde(rename = "Course__r")]
    course: Option<OldCourse>,
}

#[derive(Deserialize)]
struct OldCourse {
    #[serde(rename = "Course_Key__c")]
    key: Option<String>,
}

impl Engine {
    /// Looks for old cases of the courses that were not looked for yet.
    pub(super) async fn take_over_old_cases(
        &self,
        session: &OrgSession,
        fields: FeedItemFields,
        report: &mut PollReport,
    ) -> Result<(), Error> {
        for _ in 0..QUERIES_IN_A_POLL {
            let reader = self.store.read();
            let courses =
                reader.org_records().courses_without(&session.org_id, OrgRecordKind::OldCases, COURSES_AT_ONCE).await?;
            if courses.is_empty() {
                return Ok(());
            }
            let mut by_course = self.old_cases(session, &courses).await?;
            for course in &courses {
                let cases = by_course.remove(course.key.as_str()).unwrap_or_default();
                for old in cases {
                    if let Some(case) = self.take_over_case(session, course, &old).await? {
                        report.changed += self.read_case(session, fields, case, &old.id, report).await?;
                    }
                }
                self.looked(session, course.id).await?;
            }
        }
        Ok(())
    }

    /// The oldest first, by the course's key.
    async fn old_cases(
        &self,
        session: &OrgSession,
        courses: &[CourseRow],
    ) -> Result<HashMap<String, Vec<OldCase>>, Error> {
        let rows: Vec<OldCase> = session.client.query_all(&cases_of(courses)).await?;
        let mut cases: HashMap<String, Vec<OldCase>> = HashMap::new();
        for case in rows {
            if let Some(key) = case.course.as_ref().and_then(|course| course.key.clone()) {
                cases.entry(key).or_default().push(case);
            }
        }
        Ok(cases)
    }

    /// The course's default case, if it has none in the org yet; one more case of it otherwise.
    async fn take_over_case(
        &self,
        session: &OrgSession,
        course: &CourseRow,
        old: &OldCase,
    ) -> Result<Option<CaseId>, Error> {
        let now = self.clock.now();
        let tx = self.store.begin().await?;
        let default = tx.cases().ensure_default(course.id, &self.new_default_case(course)).await?;
        let case = if default.salesforce_id.is_none() {
            default
        } else {
            let key = format!("{OLD_CASE_KEY}{}", old.id);
            match tx.cases().by_portal_key(&key).await? {
                Some(case) => case,
                None => {
                    let subject = old.subject.clone().unwrap_or_else(|| default.subject.clone());
                    let case = NewCase {
                        id: CaseId::from_uuid(self.random.uuid_v7(now)),
                        course_run_id: None,
                        portal_key: key.clone(),
                        subject,
                        status: old.status.clone().unwrap_or_default(),
                        priority: old.priority.clone(),
                        created_at: now,
                    };
                    tx.cases().insert(course.id, &case).await?;
                    let Some(case) = tx.cases().by_portal_key(&key).await? else { return Ok(None) };
                    case
                }
            }
        };
        tx.commit().await?;
        let claimed =
            session.client.update("Case", &old.id, &json!({ PORTAL_KEY: case.portal_key }), Repeat::Safe).await;
        match claimed {
            Ok(()) => {}
            Err(error) if error.code() == Some("DUPLICATE_VALUE") => {
                tracing::warn!(org.record = %old.id, case.id = %case.id, "an old case was left: another has its key");
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        }
        self.note_taken_over(session, &case, old).await?;
        tracing::info!(org.record = %old.id, case.id = %case.id, "a case that was in the org is taken over");
        Ok(Some(case.id))
    }

    async fn note_taken_over(&self, session: &OrgSession, case: &CaseRow, old: &OldCase) -> Result<(), Error> {
        let now = self.clock.now();
        let org_case = OrgCase {
            salesforce_id: old.id.clone(),
            case_number: old.case_number.clone(),
            status: old.status.clone(),
            priority: old.priority.clone(),
        };
        // Known, though not as what: so that nothing is written to it that only a new case is given.
        let record = OrgRecord { salesforce_id: old.id.clone(), content_hash: String::new(), updated_at: now };
        let tx = self.store.begin_repeatable().await?;
        tx.cases().set_org(case.id, &org_case, now).await?;
        tx.org_records().put(&session.org_id, OrgRecordKind::Case, case.id.as_uuid(), &record).await?;
        self.bump(&tx, case.id, Audience::Everyone).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn looked(&self, session: &OrgSession, course: CourseId) -> Result<(), Error> {
        let record = OrgRecord {
            salesforce_id: session.org_id.clone(),
            content_hash: String::new(),
            updated_at: self.clock.now(),
        };
        let tx = self.store.begin_repeatable().await?;
        tx.org_records().put(&session.org_id, OrgRecordKind::OldCases, course.as_uuid(), &record).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Everything said on one case, whenever: what a poll reads on from may lie behind it.
    async fn read_case(
        &self,
        session: &OrgSession,
        fields: FeedItemFields,
        case: CaseId,
        record: &SalesforceId,
        report: &mut PollReport,
    ) -> Result<u64, Error> {
        let mut changed = 0;
        changed += self.read_of_case::<FeedItemRow>(session, fields, record, report).await?;
        changed += self.read_of_case::<FeedCommentRow>(session, fields, record, report).await?;
        changed += self.read_of_case::<CaseCommentRow>(session, fields, record, report).await?;
        changed += self.read_of_case::<EmailRow>(session, fields, record, report).await?;
        tracing::info!(case.id = %case, posts = changed, "an old case was read");
        Ok(changed)
    }

    async fn read_of_case<T: Source>(
        &self,
        session: &OrgSession,
        fields: FeedItemFields,
        record: &SalesforceId,
        report: &mut PollReport,
    ) -> Result<u64, Error> {
        let soql = Soql::select(T::columns(fields))
            .from(T::OBJECT)
            .filter(Field("ParentId").eq(record.as_str()))
            .order_by(asc("SystemModstamp"))
            .order_by(asc("Id"));
        let mut rows: Vec<T> = match session.client.query_all(&soql).await {
            Ok(rows) => rows,
            Err(error) if error.code() == Some("INVALID_TYPE") => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        report.read += rows.len() as u64;
        let mut changed = 0;
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(PAGE));
            changed += T::merge(self, session, fields, rows).await?.changed;
            rows = rest;
        }
        Ok(changed)
    }
}

/// The cases that another system made for these courses.
pub(super) fn cases_of(courses: &[CourseRow]) -> Soql {
    Soql::select(["Id", "Subject", "CaseNumber", "Status", "Priority", "Course__r.Course_Key__c"])
        .from("Case")
        .filter(Field(PORTAL_KEY).is_null())
        .filter(Field("Origin").eq(ORIGIN))
        .filter(Field("Course__r.Course_Key__c").is_in(courses.iter().map(|course| course.key.as_str())))
        .order_by(asc("CreatedDate"))
        .order_by(asc("Id"))
}

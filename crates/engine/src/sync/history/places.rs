//! Where comments go: the default cases of their courses, and the runs they are about, in the org with all that these hang on. What
//! was deleted there is made again, unless an admin wants to decide.

use std::collections::{HashMap, HashSet};

use domain::{CaseId, CourseId, CourseRunId, SalesforceId};
use salesforce::{Field, MAX_RECORDS, Soql};
use serde_json::{Map, Value};
use store::OrgRecordKind;
use uuid::Uuid;

use super::{
    check::Comment,
    load::{Load, patiently},
};
use crate::{
    DeletedRecords, Error,
    sync::{
        catalogue::InOrg,
        gone::is_gone,
        kind::DeliveryKind,
        records::{CaseParents, case_record},
    },
};

const AN_ADMIN_DECIDES: &str = "Something in Salesforce that these comments hang on was deleted there. An admin decides whether it is made again: choose so on the Salesforce page, then import the file again.";

/// How many ids one query asks for; the address of a request is limited.
const IDS_AT_ONCE: usize = 150;

/// Where a comment goes, here and in the org.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) case: CaseId,
    pub(super) record: SalesforceId,
}

impl Load<'_> {
    /// The default cases of the comments' courses.
    pub(super) async fn places(&self, comments: &[Comment]) -> Result<HashMap<CourseId, Place>, Error> {
        let courses: HashSet<CourseId> = comments.iter().map(|comment| comment.course).collect();
        let courses: Vec<CourseId> = courses.into_iter().collect();
        let mut places = HashMap::new();
        for some in courses.chunks(MAX_RECORDS) {
            let mut ensured = self.ensure_places(some).await;
            let gone = match &ensured {
                Ok(places) => !self.are_there("Case", places.values().map(|place| &place.record)).await?,
                Err(Error::Org(error)) => is_gone(error),
                Err(_) => false,
            };
            if gone {
                let ids: Vec<Uuid> = some.iter().map(CourseId::as_uuid).collect();
                self.forget(DeliveryKind::Course, &ids).await?;
                self.forget_cases(some).await?;
                ensured = self.ensure_places(some).await;
            }
            places.extend(ensured?);
        }
        Ok(places)
    }

    async fn ensure_places(&self, courses: &[CourseId]) -> Result<HashMap<CourseId, Place>, Error> {
        let engine = self.engine;
        let ids: Vec<Uuid> = courses.iter().map(CourseId::as_uuid).collect();
        let records = engine.send_catalogue(self.session, DeliveryKind::Course, &ids).await?;
        let mut cases = Vec::new();
        let mut wanted = Vec::new();
        for (course, record) in courses.iter().zip(records) {
            let Some(record) = record.transpose()? else { continue };
            let Some(row) = engine.store.read().catalogue().course(*course).await? else { continue };
            let tx = engine.store.begin().await?;
            let case = tx.cases().ensure_default(*course, &engine.new_default_case(&row)).await?;
            tx.commit().await?;
            let parents = CaseParents { course: Some(&record), run: None, account: None, contact: None };
            let status = engine.status_at_first(self.session, &case).await?;
            wanted.push(case_record(&case, &parents, &status));
            cases.push((*course, case));
        }
        let mut places = HashMap::new();
        for ((course, case), record) in cases.into_iter().zip(engine.ensure_all(self.session, wanted).await?) {
            let record = record?;
            if case.salesforce_id.as_ref() != Some(&record) {
                engine.case_is_in_org(case.id, &record).await?;
            }
            places.insert(course, Place { case: case.id, record });
        }
        Ok(places)
    }

    /// The runs that the comments are about.
    pub(super) async fn runs(&self, saved: &[(Comment, SalesforceId)]) -> Result<InOrg<CourseRunId>, Error> {
        let runs: HashSet<CourseRunId> =
            saved.iter().filter_map(|(comment, _)| comment.run.as_ref()).map(|(id, _)| *id).collect();
        let runs: Vec<Uuid> = runs.into_iter().map(|run| run.as_uuid()).collect();
        let mut found = InOrg::new();
        for some in runs.chunks(MAX_RECORDS) {
            let mut records = self.engine.send_catalogue(self.session, DeliveryKind::CourseRun, some).await?;
            let gone = records.iter().flatten().any(|record| record.as_ref().is_err_and(is_gone));
            let known = records.iter().flatten().filter_map(|record| record.as_ref().ok());
            if gone || !self.are_there("Course_Run__c", known).await? {
                self.forget(DeliveryKind::CourseRun, some).await?;
                records = self.engine.send_catalogue(self.session, DeliveryKind::CourseRun, some).await?;
            }
            found.extend(some.iter().zip(records).filter_map(|(run, record)| Some((CourseRunId::from(*run), record?))));
        }
        Ok(found)
    }

    /// Whether the org still has every one of these records: what it was once given may have been deleted since.
    async fn are_there(&self, object: &str, ids: impl Iterator<Item = &SalesforceId>) -> Result<bool, Error> {
        let ids: HashSet<&str> = ids.map(SalesforceId::as_str).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        for some in ids.chunks(IDS_AT_ONCE) {
            let there = Soql::select(["Id"]).from(object).filter(Field("Id").is_in(some.iter().copied()));
            let rows: Vec<Map<String, Value>> = patiently(|| self.session.client.query_all(&there)).await?;
            if rows.len() < some.len() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Forgets what the org was given of these, so that it is given anew.
    ///
    /// # Errors
    /// [`Error::Invalid`] where an admin wants to decide about what was deleted.
    async fn forget(&self, kind: DeliveryKind, subjects: &[Uuid]) -> Result<(), Error> {
        if self.engine.deleted_records().await? == DeletedRecords::Flag {
            return Err(Error::invalid(AN_ADMIN_DECIDES));
        }
        tracing::warn!(delivery.kind = kind.name(), "what old comments hang on is gone from the org; made again");
        self.engine.forget_catalogue(&self.session.org_id, kind, subjects).await
    }

    async fn forget_cases(&self, courses: &[CourseId]) -> Result<(), Error> {
        let mut records = Vec::new();
        for course in courses {
            let case = self.engine.store.read().cases().default_case_of(*course).await?;
            records.extend(case.map(|case| (OrgRecordKind::Case, case.id.as_uuid())));
        }
        self.engine.forget_records(&self.session.org_id, &records).await
    }
}

//! The records a post hangs on: account, organization, course, run, contact, case; parents first.

use std::sync::Arc;

use domain::{CaseId, CourseRunId, SalesforceId};
use store::{CaseRow, OrgCase, OrgRecordKind, PostRow, RunRow};
use uuid::Uuid;

use super::{
    records::{CaseParents, account_of, case_record, contact_record, organization_record},
    session::OrgSession,
};
use crate::{
    Engine, Error,
    facts::{Author, CourseFacts},
};

/// A post with everything the portal knows about where it belongs.
pub(super) struct Subject {
    pub(super) post: PostRow,
    pub(super) case: CaseRow,
    pub(super) author: Arc<Author>,
    pub(super) run: Option<RunRow>,
    /// The run that the case is about.
    case_run: Option<RunRow>,
    course: Option<Arc<CourseFacts>>,
}

/// Where in the org a post goes.
pub(super) struct Place {
    pub(super) case: SalesforceId,
    pub(super) contact: SalesforceId,
    pub(super) run: Option<SalesforceId>,
}

impl Engine {
    /// What is needed to deliver a post. None when it is no longer there.
    pub(super) async fn subject(&self, post: domain::PostId) -> Result<Option<Subject>, Error> {
        let reader = self.store.read();
        let Some(post) = reader.posts().by_id(post).await? else { return Ok(None) };
        let Some(case) = reader.cases().by_id(post.case_id).await? else { return Ok(None) };
        let Some(author) = post.author_user_id else { return Ok(None) };
        let Some(author) = self.author(author).await? else { return Ok(None) };
        let course = match case.course_id {
            Some(course) => self.course_facts(course).await?,
            None => None,
        };
        let run = self.run_of(course.as_deref(), post.course_run_id).await?;
        let case_run = self.run_of(course.as_deref(), case.course_run_id).await?;
        Ok(Some(Subject { post, case, author, run, case_run, course }))
    }

    /// A run that was given to another course since is found too.
    async fn run_of(&self, course: Option<&CourseFacts>, run: Option<CourseRunId>) -> Result<Option<RunRow>, Error> {
        let Some(id) = run else { return Ok(None) };
        match course.and_then(|course| course.runs.iter().find(|run| run.id == id)) {
            Some(run) => Ok(Some(run.clone())),
            None => Ok(self.store.read().catalogue().run(id).await?),
        }
    }

    /// Makes sure that everything a post hangs on is in the org, and says where.
    pub(super) async fn ensure_ancestors(&self, session: &OrgSession, subject: &Subject) -> Result<Place, Error> {
        let mut account = None;
        let mut course_id = None;
        if let Some(course) = &subject.course {
            let mut publisher = None;
            if let Some(organization) = course.organizations.first() {
                let id = self.ensure(session, account_of(organization)).await?;
                publisher = Some(self.ensure(session, organization_record(organization, &id)).await?);
                account = Some(id);
            }
            course_id = Some(self.ensure(session, self.course_record(&course.row, publisher.as_ref())).await?);
        }
        let run = match (&subject.run, &course_id) {
            (Some(run), Some(course)) => Some(self.ensure(session, self.run_record(run, course)).await?),
            _ => None,
        };
        let case_run = match (&subject.case_run, &course_id) {
            (Some(run), Some(course)) => Some(self.ensure(session, self.run_record(run, course)).await?),
            _ => None,
        };
        let Author { row: author, home } = &*subject.author;
        let home = match (&author.account_salesforce_id, home) {
            (Some(account), _) => Some(account.clone()),
            (None, Some(organization)) => Some(self.ensure(session, account_of(organization)).await?),
            (None, None) => None,
        };
        let contact = self.ensure(session, contact_record(author, home.as_ref())).await?;
        let parents = CaseParents {
            course: course_id.as_ref(),
            run: case_run.as_ref(),
            account: account.as_ref(),
            contact: Some(&contact),
        };
        let status = self.status_at_first(session, &subject.case).await?;
        let wanted = case_record(&subject.case, &parents, &status);
        let case = self.ensure(session, wanted).await?;
        if subject.case.salesforce_id.as_ref() != Some(&case) {
            self.case_is_in_org(subject.case.id, &case).await?;
        }
        Ok(Place { case, contact, run })
    }

    /// Forgets what this org was given of a post's ancestors, so that the next try gives it anew: one of them is gone there.
    pub(super) async fn forget_ancestors(&self, org: &SalesforceId, subject: &Subject) -> Result<(), Error> {
        let organizations =
            subject.course.iter().flat_map(|course| course.organizations.first()).chain(&subject.author.home);
        let mut records: Vec<(OrgRecordKind, Uuid)> = organizations
            .flat_map(|organization| {
                let id = organization.id.as_uuid();
                [(OrgRecordKind::Account, id), (OrgRecordKind::Organization, id)]
            })
            .collect();
        records.extend(subject.course.iter().map(|course| (OrgRecordKind::Course, course.row.id.as_uuid())));
        records.extend(
            subject.run.iter().chain(&subject.case_run).map(|run| (OrgRecordKind::CourseRun, run.id.as_uuid())),
        );
        records.push((OrgRecordKind::Contact, subject.author.row.id.as_uuid()));
        records.push((OrgRecordKind::Case, subject.case.id.as_uuid()));
        self.forget_records(org, &records).await
    }

    /// The same for a post that an admin wants to be sent again.
    pub(crate) async fn forget_ancestors_of(&self, org: &SalesforceId, post: domain::PostId) -> Result<(), Error> {
        match self.subject(post).await? {
            Some(subject) => self.forget_ancestors(org, &subject).await,
            None => Ok(()),
        }
    }

    pub(super) async fn case_is_in_org(&self, case: CaseId, id: &SalesforceId) -> Result<(), Error> {
        let org_case = OrgCase { salesforce_id: id.clone(), case_number: None, status: None, priority: None };
        let tx = self.store.begin_repeatable().await?;
        tx.cases().set_org(case, &org_case, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }
}

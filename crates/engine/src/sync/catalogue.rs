//! Deliveries of the catalogue: organizations, courses and runs as they are when they are sent, parents first, many in a call.

use std::{collections::HashMap, hash::Hash};

use domain::{CourseId, CourseRunId, OrganizationId, SalesforceId};
use store::{CourseRow, OrgRecordKind, OrganizationRow, RunRow};
use uuid::Uuid;

use super::{
    deliver::{Claim, Verdict},
    ensure::Ensured,
    gone::is_gone,
    kind::DeliveryKind,
    records::{Wanted, account_of, organization_record},
    session::{Org, OrgSession},
};
use crate::{DeletedRecords, Engine, Error};

/// Some of the catalogue, with all that it hangs on.
#[derive(Default)]
struct Part {
    organizations: HashMap<OrganizationId, OrganizationRow>,
    courses: HashMap<CourseId, CourseOf>,
    runs: HashMap<CourseRunId, RunRow>,
}

pub(super) struct CourseOf {
    pub(super) row: CourseRow,
    /// In their order.
    pub(super) organizations: Vec<OrganizationId>,
}

pub(super) type InOrg<Id> = HashMap<Id, Ensured>;

impl Engine {
    pub(super) async fn deliver_catalogue(&self, kind: DeliveryKind, claims: &[Claim]) -> Result<(), Error> {
        let Some(Claim { session, .. }) = claims.first() else { return Ok(()) };
        let subjects: Vec<Uuid> = claims.iter().map(|claim| claim.delivery.subject_id).collect();
        let outcomes = match self.send_and_heal(session, kind, &subjects).await {
            Ok(outcomes) => outcomes,
            Err(Error::Org(error)) => vec![Some(Err(error)); claims.len()],
            Err(error) => return Err(error),
        };
        let mut done = Vec::new();
        for (claim, outcome) in claims.iter().zip(outcomes) {
            let error = match outcome {
                Some(Err(error)) => error,
                Some(Ok(_)) | None => {
                    done.push(claim);
                    continue;
                }
            };
            match self.verdict(Error::Org(error)).await? {
                Verdict::Refused { reason, code } => self.give_up(claim, &reason, code.as_deref()).await?,
                Verdict::Later(error) => self.put_off(claim, &error).await?,
                Verdict::Reconnect(error) => {
                    for claim in claims {
                        self.release(claim).await?;
                    }
                    return self.pause(session, &error).await;
                }
            }
        }
        if !done.is_empty() {
            self.org_answered().await?;
        }
        let now = self.clock.now();
        let tx = self.store.begin_repeatable().await?;
        for claim in &done {
            tx.deliveries().finish(claim.delivery.id, claim.token, now).await?;
            tx.deliveries().settle_earlier(&claim.delivery, now).await?;
        }
        tx.commit().await?;
        tracing::info!(
            delivery.kind = kind.name(),
            deliveries.done = done.len(),
            deliveries.tried = claims.len(),
            "catalogue delivered"
        );
        Ok(())
    }

    async fn give_up(&self, claim: &Claim, reason: &str, code: Option<&str>) -> Result<(), Error> {
        tracing::warn!(
            delivery.id = %claim.delivery.id, delivery.kind = claim.delivery.kind, salesforce.code = code,
            "a record of the catalogue was refused by the org"
        );
        let now = self.clock.now();
        let tx = self.store.begin_repeatable().await?;
        if tx.deliveries().bury(claim.delivery.id, claim.token, now, reason, code).await? {
            tx.deliveries().settle_earlier(&claim.delivery, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Sends records, and once more those that turn out to be gone from the org, or to hang on something that is, unless an admin wants
    /// to decide about them.
    async fn send_and_heal(
        &self,
        session: &OrgSession,
        kind: DeliveryKind,
        subjects: &[Uuid],
    ) -> Result<Vec<Option<Ensured>>, Error> {
        let mut outcomes = self.send_catalogue(session, kind, subjects).await?;
        let gone: Vec<usize> = (0..)
            .zip(&outcomes)
            .filter(|(_, outcome)| matches!(outcome, Some(Err(error)) if is_gone(error)))
            .map(|(place, _)| place)
            .collect();
        if gone.is_empty() || self.deleted_records().await? == DeletedRecords::Flag {
            return Ok(outcomes);
        }
        let again: Vec<Uuid> = gone.iter().filter_map(|place| subjects.get(*place).copied()).collect();
        tracing::warn!(
            delivery.kind = kind.name(),
            records.gone = again.len(),
            "records are gone from the org; made again"
        );
        self.forget_catalogue(&session.org_id, kind, &again).await?;
        for (place, outcome) in gone.into_iter().zip(self.send_catalogue(session, kind, &again).await?) {
            if let Some(slot) = outcomes.get_mut(place) {
                *slot = outcome;
            }
        }
        Ok(outcomes)
    }

    /// Forgets what the org was given of these records and of what they hang on, so that the next try gives it anew.
    pub(crate) async fn forget_catalogue(
        &self,
        org: &SalesforceId,
        kind: DeliveryKind,
        subjects: &[Uuid],
    ) -> Result<(), Error> {
        let Part { organizations, courses, runs } = self.part(kind, subjects).await?;
        let both = |kinds: [OrgRecordKind; 2], id: Uuid| kinds.map(|kind| (kind, id));
        let records: Vec<(OrgRecordKind, Uuid)> = (organizations.keys())
            .flat_map(|id| both([OrgRecordKind::Account, OrgRecordKind::Organization], id.as_uuid()))
            .chain(
                courses
                    .keys()
                    .flat_map(|id| both([OrgRecordKind::Course, OrgRecordKind::CourseOrganizations], id.as_uuid())),
            )
            .chain(runs.keys().map(|id| (OrgRecordKind::CourseRun, id.as_uuid())))
            .collect();
        self.forget_records(org, &records).await
    }

    pub(super) async fn forget_records(
        &self,
        org: &SalesforceId,
        records: &[(OrgRecordKind, Uuid)],
    ) -> Result<(), Error> {
        let mut records = records.to_vec();
        records.sort_by_key(|(kind, id)| (kind.name(), *id));
        let tx = self.store.begin_repeatable().await?;
        for (kind, id) in &records {
            tx.org_records().forget(org, *kind, *id).await?;
        }
        tx.commit().await?;
        let session = self.org.as_ref().and_then(Org::used_session).filter(|session| session.org_id == *org);
        if let Some(session) = session {
            for (kind, id) in &records {
                session.forget(*kind, *id);
            }
        }
        Ok(())
    }

    /// Sends records of one kind with everything they hang on. Answers for each in the order given; with nothing for one that is no
    /// longer in the catalogue.
    ///
    /// # Errors
    /// The org or the database is away; then nothing is known of any record.
    pub(super) async fn send_catalogue(
        &self,
        session: &OrgSession,
        kind: DeliveryKind,
        subjects: &[Uuid],
    ) -> Result<Vec<Option<Ensured>>, Error> {
        let Part { organizations, courses, runs } = self.part(kind, subjects).await?;

        let accounts = organizations.iter().map(|(id, row)| (*id, Ok(account_of(row)))).collect();
        let accounts = self.ensure_each(session, accounts).await?;
        let organizations = organizations
            .iter()
            .map(|(id, row)| (*id, parent(&accounts, id).map(|account| organization_record(row, &account))))
            .collect();
        let organizations = self.ensure_each(session, organizations).await?;

        let wanted = courses
            .iter()
            .map(|(id, course)| {
                let publisher = course.organizations.first().map(|first| parent(&organizations, first)).transpose();
                (*id, publisher.map(|publisher| self.course_record(&course.row, publisher.as_ref())))
            })
            .collect();
        let sent = self.ensure_each(session, wanted).await?;
        let courses = self.link_organizations(session, &courses, &organizations, sent).await?;

        let runs = runs
            .iter()
            .map(|(id, run)| (*id, parent(&courses, &run.course_id).map(|course| self.run_record(run, &course))))
            .collect();
        let runs = self.ensure_each(session, runs).await?;

        let outcome = |subject: &Uuid| match kind {
            DeliveryKind::Organization => organizations.get(&(*subject).into()).cloned(),
            DeliveryKind::Course => courses.get(&(*subject).into()).cloned(),
            DeliveryKind::CourseRun => runs.get(&(*subject).into()).cloned(),
            DeliveryKind::Post | DeliveryKind::Case => None,
        };
        Ok(subjects.iter().map(outcome).collect())
    }

    async fn part(&self, kind: DeliveryKind, subjects: &[Uuid]) -> Result<Part, Error> {
        let reader = self.store.read();
        let catalogue = reader.catalogue();
        let mut part = Part::default();
        let mut courses: Vec<CourseId> = Vec::new();
        for subject in subjects {
            match kind {
                DeliveryKind::Organization => {
                    let row = catalogue.organization((*subject).into()).await?;
                    part.organizations.extend(row.map(|row| (row.id, row)));
                }
                DeliveryKind::Course => courses.push((*subject).into()),
                DeliveryKind::CourseRun => {
                    let row = catalogue.run((*subject).into()).await?;
                    courses.extend(row.as_ref().map(|row| row.course_id));
                    part.runs.extend(row.map(|row| (row.id, row)));
                }
                DeliveryKind::Post | DeliveryKind::Case => {}
            }
        }
        for course in courses {
            if part.courses.contains_key(&course) {
                continue;
            }
            if let Some((row, organizations)) = catalogue.course_with_organizations(course).await? {
                let in_order = organizations.iter().map(|organization| organization.id).collect();
                part.courses.insert(course, CourseOf { row, organizations: in_order });
                part.organizations.extend(organizations.into_iter().map(|row| (row.id, row)));
            }
        }
        Ok(part)
    }

    /// Ensures all that can be; what lacks its parent is refused for the reason the parent was.
    async fn ensure_each<Id: Copy + Eq + Hash>(
        &self,
        session: &OrgSession,
        wanted: Vec<(Id, Result<Wanted, salesforce::Error>)>,
    ) -> Result<InOrg<Id>, Error> {
        let mut outcomes = InOrg::new();
        let (mut ids, mut records) = (Vec::new(), Vec::new());
        for (id, wanted) in wanted {
            match wanted {
                Ok(wanted) => {
                    ids.push(id);
                    records.push(wanted);
                }
                Err(error) => drop(outcomes.insert(id, Err(error))),
            }
        }
        outcomes.extend(ids.into_iter().zip(self.ensure_all(session, records).await?));
        Ok(outcomes)
    }
}

/// The record something hangs on.
pub(super) fn parent<Id: Eq + Hash>(sent: &InOrg<Id>, id: &Id) -> Ensured {
    sent.get(id).cloned().unwrap_or_else(|| Err(salesforce::Error::request("a record it hangs on is gone")))
}

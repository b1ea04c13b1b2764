//! A course's links to its organizations in the org: the first is the course's own field, and each has a record of its own beside.

use std::collections::{HashMap, HashSet};

use domain::{CourseId, OrganizationId, SalesforceId};
use salesforce::{Field, Keyed, MAX_RECORDS, Repeat, Soql};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use store::{OrgRecord, OrgRecordKind};

use super::{
    catalogue::{CourseOf, InOrg, parent},
    records::{PORTAL_KEY, fields},
    session::OrgSession,
};
use crate::{Engine, Error, posting::hex};

pub(super) const OBJECT: &str = "Course_Organization__c";

/// Ids in one query; far below what a query's text may hold.
const COURSES_AT_ONCE: usize = 100;

/// A course whose links are not as the org was last given them.
struct Relinked {
    course: CourseId,
    record: SalesforceId,
    hash: String,
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "Id")]
    id: SalesforceId,
    #[serde(rename = "Portal_Key__c")]
    key: Option<String>,
    #[serde(rename = "Course__c")]
    course: Option<SalesforceId>,
}

impl Engine {
    /// Makes the links that are missing and takes away those that are no longer. A course whose links are refused counts as refused.
    pub(super) async fn link_organizations(
        &self,
        session: &OrgSession,
        courses: &HashMap<CourseId, CourseOf>,
        organizations: &InOrg<OrganizationId>,
        mut sent: InOrg<CourseId>,
    ) -> Result<InOrg<CourseId>, Error> {
        let mut relinked = Vec::new();
        let mut links: Vec<(CourseId, Keyed)> = Vec::new();
        for (id, course) in courses {
            let Some(Ok(record)) = sent.get(id).cloned() else { continue };
            let linked: Result<Vec<_>, _> =
                course.organizations.iter().map(|organization| parent(organizations, organization)).collect();
            let linked = match linked {
                Ok(linked) => linked,
                Err(error) => {
                    sent.insert(*id, Err(error));
                    continue;
                }
            };
            let hash = hash(&record, &linked);
            let reader = self.store.read();
            let before =
                reader.org_records().get(&session.org_id, OrgRecordKind::CourseOrganizations, id.as_uuid()).await?;
            if before.is_some_and(|before| before.content_hash == hash) {
                continue;
            }
            for (position, (organization, linked)) in course.organizations.iter().zip(&linked).enumerate() {
                let fields = fields([
                    ("Course__c", json!(record)),
                    ("Publisher_Organization__c", json!(linked)),
                    ("Position__c", json!(position + 1)),
                ]);
                links.push((*id, Keyed { key: link_key(*id, *organization), fields }));
            }
            relinked.push(Relinked { course: *id, record, hash });
        }
        for some in links.chunks(MAX_RECORDS) {
            let records: Vec<Keyed> = some.iter().map(|(_, link)| link.clone()).collect();
            let saved = session.client.upsert_all(OBJECT, PORTAL_KEY, &records).await?;
            for ((course, _), saved) in some.iter().zip(saved) {
                if let Err(error) = saved {
                    sent.insert(*course, Err(error));
                }
            }
        }
        relinked.retain(|relinked| matches!(sent.get(&relinked.course), Some(Ok(_))));
        let keys: HashSet<&str> = links.iter().map(|(_, link)| link.key.as_str()).collect();
        self.unlink(session, &relinked, &keys).await?;
        relinked.sort_by_key(|relinked| relinked.course);
        let now = self.clock.now();
        let tx = self.store.begin_repeatable().await?;
        for Relinked { course, record, hash } in relinked {
            let record = OrgRecord { salesforce_id: record, content_hash: hash, updated_at: now };
            tx.org_records()
                .put(&session.org_id, OrgRecordKind::CourseOrganizations, course.as_uuid(), &record)
                .await?;
        }
        tx.commit().await?;
        Ok(sent)
    }

    /// Takes away the links of these courses that are not among `keys`. A link somebody made in the org by hand, without a key, stays.
    async fn unlink(&self, session: &OrgSession, courses: &[Relinked], keys: &HashSet<&str>) -> Result<(), Error> {
        for some in courses.chunks(COURSES_AT_ONCE) {
            let courses = some.iter().map(|course| course.record.as_str());
            let rows: Vec<Row> = session.client.query_all(&links_of(courses)).await?;
            for row in rows {
                let ours = row.key.as_deref().is_some_and(|key| !keys.contains(key));
                if ours && row.course.is_some() {
                    match session.client.delete(OBJECT, &row.id, Repeat::Safe).await {
                        Err(error) if !matches!(error.code(), Some("ENTITY_IS_DELETED" | "NOT_FOUND")) => {
                            return Err(error.into());
                        }
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }
}

pub(super) fn links_of<'a>(courses: impl Iterator<Item = &'a str>) -> Soql {
    Soql::select(["Id", PORTAL_KEY, "Course__c"]).from(OBJECT).filter(Field("Course__c").is_in(courses))
}

fn link_key(course: CourseId, organization: OrganizationId) -> String {
    format!("{course}/{organization}")
}

fn hash(course: &SalesforceId, organizations: &[SalesforceId]) -> String {
    let mut hash = Sha256::new();
    for id in std::iter::once(course).chain(organizations) {
        hash.update(id.as_str());
    }
    hex(&hash.finalize())
}

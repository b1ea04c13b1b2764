//! The records a post hangs on: account, organization, course, run, contact, case. Each is an upsert on its external id, and
//! left alone when this org was already given the same content.

use domain::{CaseId, SalesforceId};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use store::{CaseRow, CourseRow, OrgCase, OrgRecord, OrgRecordKind, OrganizationRow, PostRow, RunRow, UserRow};
use uuid::Uuid;

use super::session::OrgSession;
use crate::{Engine, Error, posting::hex};

/// The external id of everything the portal puts in an org.
pub(super) const PORTAL_KEY: &str = "Portal_Key__c";

/// Text fields of the org.
const TEXT_MAX_CHARS: usize = 255;

/// A post with everything the portal knows about where it belongs.
pub(super) struct Subject {
    pub(super) post: PostRow,
    pub(super) case: CaseRow,
    pub(super) author: UserRow,
    pub(super) run: Option<RunRow>,
    course: Option<(CourseRow, Vec<OrganizationRow>)>,
    /// Where the author's contact belongs: a partner's first organization.
    home: Option<OrganizationRow>,
}

/// Where in the org a post goes.
pub(super) struct Place {
    pub(super) case: SalesforceId,
    pub(super) contact: SalesforceId,
    pub(super) run: Option<SalesforceId>,
}

/// One record as it should be.
struct Wanted {
    kind: OrgRecordKind,
    portal_id: Uuid,
    object: &'static str,
    key: String,
    fields: Map<String, Value>,
    /// Fields given only when the record may be new; what the org's people do with them later is theirs.
    at_first: Map<String, Value>,
}

impl Engine {
    /// What is needed to deliver a post. None when it is no longer there.
    pub(super) async fn subject(&self, post: domain::PostId) -> Result<Option<Subject>, Error> {
        let reader = self.store.read();
        let Some(post) = reader.posts().by_id(post).await? else { return Ok(None) };
        let Some(case) = reader.cases().by_id(post.case_id).await? else { return Ok(None) };
        let Some(author) = post.author_user_id else { return Ok(None) };
        let Some(author) = reader.users().by_id(author).await? else { return Ok(None) };
        let run = match post.course_run_id {
            Some(run) => reader.catalogue().run(run).await?,
            None => None,
        };
        let course = match case.course_id {
            Some(course) => reader.catalogue().course_with_organizations(course).await?,
            None => None,
        };
        let home = match reader.users().memberships(author.id).await?.into_iter().min() {
            Some(first) => reader.catalogue().organization(first).await?,
            None => None,
        };
        Ok(Some(Subject { post, case, author, run, course, home }))
    }

    /// Makes sure that everything a post hangs on is in the org, and says where.
    pub(super) async fn ensure_ancestors(&self, session: &OrgSession, subject: &Subject) -> Result<Place, Error> {
        let mut account = None;
        let mut course_id = None;
        if let Some((course, organizations)) = &subject.course {
            let mut publisher = None;
            if let Some(organization) = organizations.first() {
                let id = self.ensure(session, account_of(organization)).await?;
                publisher = Some(self.ensure(session, organization_record(organization, &id)).await?);
                account = Some(id);
            }
            course_id = Some(self.ensure(session, self.course_record(course, publisher.as_ref())).await?);
        }
        let run = match (&subject.run, &course_id) {
            (Some(run), Some(course)) => Some(self.ensure(session, run_record(run, course)).await?),
            _ => None,
        };
        let home = match (&subject.author.account_salesforce_id, &subject.home) {
            (Some(account), _) => Some(account.clone()),
            (None, Some(organization)) => Some(self.ensure(session, account_of(organization)).await?),
            (None, None) => None,
        };
        let contact = self.ensure(session, contact_record(&subject.author, home.as_ref())).await?;
        let wanted = case_record(&subject.case, course_id.as_ref(), account.as_ref(), &contact);
        let case = self.ensure(session, wanted).await?;
        if subject.case.salesforce_id.as_ref() != Some(&case) {
            self.case_is_in_org(subject.case.id, &case).await?;
        }
        Ok(Place { case, contact, run })
    }

    /// Forgets what this org was given of a post's ancestors, so that the next try gives it anew: one of them is gone there.
    pub(super) async fn forget_ancestors(&self, session: &OrgSession, subject: &Subject) -> Result<(), Error> {
        let organizations =
            subject.course.iter().flat_map(|(_, organizations)| organizations.first()).chain(&subject.home);
        let mut records: Vec<(OrgRecordKind, Uuid)> = organizations
            .flat_map(|organization| {
                let id = organization.id.as_uuid();
                [(OrgRecordKind::Account, id), (OrgRecordKind::Organization, id)]
            })
            .collect();
        records.extend(subject.course.iter().map(|(course, _)| (OrgRecordKind::Course, course.id.as_uuid())));
        records.extend(subject.run.iter().map(|run| (OrgRecordKind::CourseRun, run.id.as_uuid())));
        records.push((OrgRecordKind::Contact, subject.author.id.as_uuid()));
        records.push((OrgRecordKind::Case, subject.case.id.as_uuid()));
        let tx = self.store.begin_repeatable().await?;
        for (kind, id) in records {
            tx.org_records().forget(&session.org_id, kind, id).await?;
            session.forget(kind, id);
        }
        tx.commit().await?;
        Ok(())
    }

    async fn ensure(&self, session: &OrgSession, wanted: Wanted) -> Result<SalesforceId, Error> {
        let content_hash = wanted.content_hash();
        let known = match session.given(wanted.kind, wanted.portal_id) {
            Some(known) if known.content_hash == content_hash => Some(known),
            _ => self.store.read().org_records().get(&session.org_id, wanted.kind, wanted.portal_id).await?,
        };
        let mut fields = wanted.fields;
        match known {
            Some(known) if known.content_hash == content_hash => {
                session.remember(wanted.kind, wanted.portal_id, known.clone());
                return Ok(known.salesforce_id);
            }
            Some(_) => {}
            None => fields.extend(wanted.at_first),
        }
        let upserted = session.client.upsert(wanted.object, PORTAL_KEY, &wanted.key, &Value::Object(fields)).await?;
        let record = OrgRecord { salesforce_id: upserted.id.clone(), content_hash, updated_at: self.clock.now() };
        let tx = self.store.begin_repeatable().await?;
        tx.org_records().put(&session.org_id, wanted.kind, wanted.portal_id, &record).await?;
        tx.commit().await?;
        session.remember(wanted.kind, wanted.portal_id, record);
        Ok(upserted.id)
    }

    async fn case_is_in_org(&self, case: CaseId, id: &SalesforceId) -> Result<(), Error> {
        let org_case = OrgCase { salesforce_id: id.clone(), case_number: None, status: None, priority: None };
        let tx = self.store.begin_repeatable().await?;
        tx.cases().set_org(case, &org_case, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    fn course_record(&self, course: &CourseRow, publisher: Option<&SalesforceId>) -> Wanted {
        let link = self
            .org
            .as_ref()
            .map(|org| format!("{}/courses/{}", org.options.public_url.as_str().trim_end_matches('/'), course.id));
        Wanted {
            kind: OrgRecordKind::Course,
            portal_id: course.id.as_uuid(),
            object: "Course__c",
            key: course.id.to_string(),
            fields: fields([
                ("Course_Name__c", json!(cut(&course.title))),
                ("Course_Key__c", json!(course.key.as_str())),
                ("Link_to_Publisher__c", json!(link.filter(|link| link.chars().count() <= TEXT_MAX_CHARS))),
                ("Publisher_Organization__c", json!(publisher)),
            ]),
            at_first: Map::new(),
        }
    }
}

impl Wanted {
    fn content_hash(&self) -> String {
        let text = Value::Object(self.fields.clone()).to_string();
        let mut hash = Sha256::new();
        hash.update((self.key.len() as u64).to_le_bytes());
        hash.update(self.key.as_bytes());
        hash.update(text.as_bytes());
        hex(&hash.finalize())
    }
}

fn account_of(organization: &OrganizationRow) -> Wanted {
    Wanted {
        kind: OrgRecordKind::Account,
        portal_id: organization.id.as_uuid(),
        object: "Account",
        key: organization.key.to_string(),
        fields: fields([("Name", json!(cut(&organization.name)))]),
        at_first: Map::new(),
    }
}

fn organization_record(organization: &OrganizationRow, account: &SalesforceId) -> Wanted {
    Wanted {
        kind: OrgRecordKind::Organization,
        portal_id: organization.id.as_uuid(),
        object: "Publisher_Organization__c",
        key: organization.key.to_string(),
        fields: fields([
            ("Organization_Name__c", json!(cut(&organization.name))),
            ("Organization_Key__c", json!(organization.key.as_str())),
            ("Account__c", json!(account)),
        ]),
        at_first: Map::new(),
    }
}

fn run_record(run: &RunRow, course: &SalesforceId) -> Wanted {
    let moment = |at: Option<domain::Timestamp>| json!(at.map(domain::Timestamp::to_rfc3339));
    Wanted {
        kind: OrgRecordKind::CourseRun,
        portal_id: run.id.as_uuid(),
        object: "Course_Run__c",
        key: run.key.to_string(),
        fields: fields([
            ("Course__c", json!(course)),
            ("Course_Run_Name__c", json!(cut(&run.title))),
            ("Course_Number__c", json!(run.key.as_str())),
            ("Course_Start_Date__c", moment(run.start_at)),
            ("Course_End_Date__c", moment(run.end_at)),
            ("Expected_Go_Live_Date__c", moment(run.go_live_at)),
            ("Publisher_Status__c", json!(run.status.org_value(run.is_new))),
            ("OFAC_Review_Decision__c", json!(run.ofac.org_value())),
        ]),
        at_first: Map::new(),
    }
}

fn contact_record(user: &UserRow, account: Option<&SalesforceId>) -> Wanted {
    // LastName is required; a person known by username only is called that.
    let last = if user.name.last.is_empty() { user.username.as_str() } else { &user.name.last };
    let last: String = last.chars().take(domain::PersonName::LAST_MAX_CHARS).collect();
    Wanted {
        kind: OrgRecordKind::Contact,
        portal_id: user.id.as_uuid(),
        object: "Contact",
        key: user.id.to_string(),
        fields: fields([
            ("FirstName", json!(Some(&user.name.first).filter(|first| !first.is_empty()))),
            ("LastName", json!(last)),
            ("Email", json!(user.email.as_str())),
            ("AccountId", json!(account)),
        ]),
        at_first: Map::new(),
    }
}

fn case_record(
    case: &CaseRow,
    course: Option<&SalesforceId>,
    account: Option<&SalesforceId>,
    contact: &SalesforceId,
) -> Wanted {
    Wanted {
        kind: OrgRecordKind::Case,
        portal_id: case.id.as_uuid(),
        object: "Case",
        key: case.portal_key.clone(),
        fields: fields([
            ("Subject", json!(cut(&case.subject))),
            ("Course__c", json!(course)),
            ("AccountId", json!(account)),
        ]),
        // The contact is whoever wrote first.
        at_first: fields([
            ("Status", json!(case.status)),
            ("Origin", json!("Publisher")),
            ("ContactId", json!(contact)),
        ]),
    }
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_MAX_CHARS).collect()
}

//! The records of the portal as the org should have them.

use domain::{SalesforceId, Timestamp};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use store::{CaseRow, CourseRow, OrgRecordKind, OrganizationRow, RunRow, UserRow};
use uuid::Uuid;

use crate::{Engine, posting::hex};

/// The external id of everything the portal puts in an org.
pub(super) const PORTAL_KEY: &str = "Portal_Key__c";

/// Where the org's people see that a case came from.
pub(super) const ORIGIN: &str = "Publisher";

/// Text and address fields of the org.
const TEXT_MAX_CHARS: usize = 255;

/// One record as it should be.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) kind: OrgRecordKind,
    pub(super) portal_id: Uuid,
    pub(super) object: &'static str,
    pub(super) key: String,
    pub(super) fields: Map<String, Value>,
    /// Fields given only when the record may be new; what the org's people do with them later is theirs.
    pub(super) at_first: Map<String, Value>,
    /// One of `fields`, by which a record is recognised that was in the org before the portal was.
    pub(super) known_by: Option<&'static str>,
}

impl Wanted {
    pub(super) fn content_hash(&self) -> String {
        let text = Value::Object(self.fields.clone()).to_string();
        let mut hash = Sha256::new();
        hash.update((self.key.len() as u64).to_le_bytes());
        hash.update(self.key.as_bytes());
        hash.update(text.as_bytes());
        hex(&hash.finalize())
    }

    /// The value it is recognised by.
    pub(super) fn natural_key(&self) -> Option<(&'static str, &str)> {
        let field = self.known_by?;
        Some((field, self.fields.get(field)?.as_str()?))
    }
}

/// Pages of the portal that org records point to.
impl Engine {
    fn link(&self, path: &str) -> Option<String> {
        let org = self.org.as_ref()?;
        let link = format!("{}{path}", org.options.public_url.as_str().trim_end_matches('/'));
        (link.chars().count() <= TEXT_MAX_CHARS).then_some(link)
    }

    pub(super) fn course_record(&self, course: &CourseRow, publisher: Option<&SalesforceId>) -> Wanted {
        Wanted {
            kind: OrgRecordKind::Course,
            portal_id: course.id.as_uuid(),
            object: "Course__c",
            key: course.id.to_string(),
            fields: fields([
                ("Course_Name__c", json!(cut(&course.title))),
                ("Course_Key__c", json!(course.key.as_str())),
                ("Link_to_Publisher__c", json!(self.link(&format!("/courses/{}", course.id)))),
                ("Link_to_Admin_Portal__c", json!(self.link(&format!("/admin/courses/{}", course.id)))),
                ("Publisher_Organization__c", json!(publisher)),
            ]),
            at_first: Map::new(),
            known_by: Some("Course_Key__c"),
        }
    }

    pub(super) fn run_record(&self, run: &RunRow, course: &SalesforceId) -> Wanted {
        let moment = |at: Option<Timestamp>| json!(at.map(Timestamp::to_rfc3339));
        let link = self.link(&format!("/admin/courses/{}#run-{}", run.course_id, run.id));
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
                ("Link_to_Admin_Portal__c", json!(link)),
                ("Publisher_Status__c", json!(run.status.org_value(run.is_new))),
                ("OFAC_Review_Decision__c", json!(run.ofac.org_value())),
            ]),
            at_first: Map::new(),
            known_by: Some("Course_Number__c"),
        }
    }
}

pub(super) fn account_of(organization: &OrganizationRow) -> Wanted {
    Wanted {
        kind: OrgRecordKind::Account,
        portal_id: organization.id.as_uuid(),
        object: "Account",
        key: organization.key.to_string(),
        fields: fields([("Name", json!(cut(&organization.name)))]),
        at_first: Map::new(),
        known_by: None,
    }
}

pub(super) fn organization_record(organization: &OrganizationRow, account: &SalesforceId) -> Wanted {
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
        known_by: Some("Organization_Key__c"),
    }
}

pub(super) fn contact_record(user: &UserRow, account: Option<&SalesforceId>) -> Wanted {
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
        known_by: None,
    }
}

/// The records a case points to.
pub(super) struct CaseParents<'a> {
    pub(super) course: Option<&'a SalesforceId>,
    pub(super) run: Option<&'a SalesforceId>,
    pub(super) account: Option<&'a SalesforceId>,
    /// Whoever wrote first.
    pub(super) contact: Option<&'a SalesforceId>,
}

pub(super) fn case_record(case: &CaseRow, parents: &CaseParents<'_>, status: &str) -> Wanted {
    let CaseParents { course, run, account, contact } = parents;
    let mut fields_now =
        fields([("Subject", json!(cut(&case.subject))), ("Course__c", json!(course)), ("AccountId", json!(account))]);
    if run.is_some() {
        fields_now.insert("Course_Run__c".to_owned(), json!(run));
    }
    Wanted {
        kind: OrgRecordKind::Case,
        portal_id: case.id.as_uuid(),
        object: "Case",
        key: case.portal_key.clone(),
        fields: fields_now,
        at_first: fields([("Status", json!(status)), ("Origin", json!(ORIGIN)), ("ContactId", json!(contact))]),
        known_by: None,
    }
}

pub(super) fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_MAX_CHARS).collect()
}

//! Looking at an org before it is relied on: what the portal needs of it, what is missing, and how an admin mends it there.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use salesforce::{Field, FieldDescribe, Limit, ObjectDescribe, Soql};
use serde::Deserialize;
use store::{SettingRow, Tx};

use crate::{
    Actor, ApiCalls, Engine, Error, Finding, Preflight, Severity, access,
    posting::OPEN,
    sync::{FEED_SOURCES, FieldNeed, ObjectNeed, OrgSession, Serves, Written, needs},
    time_text,
};

const PREFLIGHT: &str = "preflight";

/// How an admin gives the integration user what it lacks.
const PERMISSIONS: &str = "In Salesforce, open Setup → Users → Permission Sets → Casebridge Integration → Manage Assignments and add the user named above. Where the set itself lacks it: Object Settings, then the object, then Edit.";

const DEPLOY: &str = "Deploy the folder salesforce/ of Casebridge to the org (its README says how), then assign the permission set: Setup → Users → Permission Sets → Casebridge Integration → Manage Assignments.";

/// What everybody may see in Salesforce who works there, and others may not.
const INTERNAL_USER: &str = "Setup → Users → Users → the user named above → Edit: User License must be one for people of your own company, such as Salesforce. Without it nobody changes a case's status or owner here, and all else works.";

/// Below this share of the day's calls, in percent, the budget is worth a word.
const CALLS_LOW_PERCENT: u64 = 20;

/// What the org said to a describe.
enum Described {
    There(Box<ObjectDescribe>),
    /// Not there, or hidden from the user.
    Missing,
}

#[derive(Deserialize)]
struct OrgUser {
    #[serde(rename = "Profile")]
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(rename = "Name")]
    name: Option<String>,
}

impl Engine {
    /// Asks the org for everything the portal uses of it, and keeps the answer for the connection's page.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody but admins and without an org; [`Error::Conflict`] while none is connected; the org can't be
    /// asked.
    pub async fn preflight(&self, actor: &Actor) -> Result<Preflight, Error> {
        access::check_may_manage_connection(actor)?;
        self.look_at_org().await
    }

    /// The same after the program has connected by itself.
    ///
    /// # Errors
    /// As [`Engine::preflight`].
    pub async fn look_at_org(&self) -> Result<Preflight, Error> {
        let org = self.org()?;
        let Some(session) = self.org_session().await? else {
            return Err(Error::Conflict(
                "No org is connected, so there is nothing to check. Connect it first.".to_owned(),
            ));
        };
        let looked = self.look(&session).await;
        if let Err(Error::Org(error)) = &looked
            && error.needs_reconnect()
        {
            self.pause(&session, error).await?;
        }
        let preflight = looked?;
        let before = self.last_preflight().await?;
        let value = serde_json::to_string(&preflight).map_err(|error| Error::internal(error.to_string()))?;
        let tx = self.store.begin().await?;
        let now = self.clock.now();
        tx.settings().put(PREFLIGHT, &SettingRow { value, changed_by: None, changed_at: now }).await?;
        let turned = before.is_some_and(|before| {
            before.org_id == preflight.org_id && before.has_visibility != preflight.has_visibility
        });
        if turned {
            // What feed items say of themselves, or no longer say, counts for those that were read before too.
            for source in FEED_SOURCES {
                tx.cursors().forget(&session.org_id, source).await?;
            }
        }
        tx.commit().await?;
        if turned {
            org.forget_session();
            org.poll_now.notify_one();
        }
        let blocking = preflight.findings.iter().filter(|finding| finding.severity == Severity::Blocking).count();
        if blocking > 0 {
            tracing::warn!(
                preflight.blocking = blocking,
                "the org lacks what the portal needs; the Salesforce page says what"
            );
        }
        Ok(preflight)
    }

    /// What the last look found; none before the first.
    pub(crate) async fn last_preflight(&self) -> Result<Option<Preflight>, Error> {
        let row = self.store.read().settings().get(PREFLIGHT).await?;
        // One that another version of this program wrote is as good as none.
        Ok(row.and_then(|row| serde_json::from_str(&row.value).ok()))
    }

    pub(crate) async fn forget_preflight(&self, tx: &Tx) -> Result<(), Error> {
        tx.settings().forget(PREFLIGHT).await?;
        Ok(())
    }

    async fn look(&self, session: &OrgSession) -> Result<Preflight, Error> {
        let needs = needs();
        let described = try_join_all(needs.iter().map(|need| describe(session, need.object))).await?;
        let user = session.client.user_info().await?;
        let profile = profile_of(session, user.user_id.as_str()).await;
        let limits = session.client.org_limits().await?;
        let api_calls = daily_calls(&limits);
        let mut findings: Vec<Finding> =
            needs.iter().zip(&described).flat_map(|(need, described)| object_findings(need, described)).collect();
        let there = |object: &str| {
            needs.iter().zip(&described).find_map(|(need, described)| match described {
                Described::There(describe) if need.object == object => Some((need, &**describe)),
                _ => None,
            })
        };
        let has_visibility = there("FeedItem").is_some_and(|(_, describe)| describe.field("Visibility").is_some());
        if let Some((_, feed_item)) = there("FeedItem") {
            findings.extend(visibility_finding(feed_item));
        }
        if let Some((_, case)) = there("Case") {
            findings.extend(first_status_finding(case, &needs, &described));
        }
        if let (Some((_, feed_item)), Some((need, ledger))) = (there("FeedItem"), there("Portal_Post__c")) {
            findings.extend(import_findings(feed_item, need, ledger, limits.get("DailyBulkApiBatches")));
        }
        if profile.as_deref() == Some("System Administrator") {
            findings.push(finding(
                Severity::Note,
                "The portal acts as a System Administrator.",
                "It works. Safer is a user for Casebridge alone: Setup → Users → New User, then Permission Sets → Casebridge Integration → Manage Assignments; disconnect here and connect again as that user.",
            ));
        }
        if let Some(calls) = api_calls
            && calls.max.saturating_sub(calls.used).saturating_mul(100) < calls.max.saturating_mul(CALLS_LOW_PERCENT)
        {
            findings.push(finding(
                Severity::Limiting,
                "The org's API calls of the day are nearly used up; reading will wait so that comments still go out.",
                "Setup → Company Information shows the limit and what is used of it. Find out which other program uses it, or buy more calls.",
            ));
        }
        findings.sort_by_key(|finding| finding.severity);
        let now = self.clock.now();
        Ok(Preflight {
            at: now.to_rfc3339(),
            at_text: time_text::moment(now),
            org_id: session.org_id.to_string(),
            name: user.name,
            username: user.preferred_username,
            email: user.email,
            api_calls,
            has_visibility,
            findings,
        })
    }
}

async fn describe(session: &OrgSession, object: &str) -> Result<Described, salesforce::Error> {
    match session.client.describe(object).await {
        Ok(describe) => Ok(Described::There(Box::new(describe))),
        Err(error) if matches!(error.code(), Some("NOT_FOUND" | "INVALID_TYPE" | "INSUFFICIENT_ACCESS")) => {
            Ok(Described::Missing)
        }
        Err(error) => Err(error),
    }
}

/// None where the user may not even see itself.
async fn profile_of(session: &OrgSession, user: &str) -> Option<String> {
    let soql = Soql::select(["Id", "Profile.Name"]).from("User").filter(Field("Id").eq(user)).limit(1);
    let rows: Vec<OrgUser> = session.client.query_all(&soql).await.ok()?;
    rows.into_iter().next()?.profile?.name
}

fn daily_calls(limits: &BTreeMap<String, Limit>) -> Option<ApiCalls> {
    limits.get("DailyApiRequests").map(|limit| {
        let max = u64::try_from(limit.max).unwrap_or(0);
        ApiCalls { used: max.saturating_sub(u64::try_from(limit.remaining).unwrap_or(0)), max }
    })
}

fn finding(severity: Severity, what: impl Into<String>, mend: impl Into<String>) -> Finding {
    Finding { severity, what: what.into(), mend: mend.into() }
}

fn object_findings(need: &ObjectNeed, described: &Described) -> Vec<Finding> {
    let object = need.object;
    let custom = object.ends_with("__c");
    let Described::There(describe) = described else {
        let what = format!("The object {object} is missing, or hidden from the user the portal acts as.");
        let mend = match (need.serves, object) {
            (Serves::Mail, _) => {
                "Setup → Email-to-Case: enable it. Without it threads show no mail, and all else works."
            }
            (Serves::CaseHandling, _) => INTERNAL_USER,
            (Serves::Everything, "FeedItem" | "FeedComment") => "Setup → Chatter Settings: enable Chatter.",
            (Serves::Everything, _) if custom => DEPLOY,
            (Serves::Everything, _) => PERMISSIONS,
        };
        return vec![finding(severity(need.serves), what, mend)];
    };
    let may_read = match need.serves {
        Serves::CaseHandling => INTERNAL_USER,
        Serves::Everything | Serves::Mail => PERMISSIONS,
    };
    let mut findings = Vec::new();
    if !describe.queryable {
        let what = format!("The user the portal acts as may not read {object}.");
        findings.push(finding(severity(need.serves), what, may_read));
    }
    if need.written != Written::Never && !describe.createable {
        let what = format!("The user the portal acts as may not create {object} records.");
        findings.push(finding(Severity::Blocking, what, PERMISSIONS));
    }
    if need.written == Written::Always && !describe.updateable {
        let what = format!("The user the portal acts as may not edit {object} records.");
        findings.push(finding(Severity::Blocking, what, PERMISSIONS));
    }
    if need.deleted && !describe.deletable {
        let what = format!("The user the portal acts as may not delete {object} records.");
        findings.push(finding(Severity::Blocking, what, PERMISSIONS));
    }
    if need.has_feed && !describe.feed_enabled {
        findings.push(finding(
            Severity::Blocking,
            format!("{object} records have no feed, so no comment can be posted on them."),
            format!("Setup → Feed Tracking → {object}: check Enable Feed Tracking, then Save."),
        ));
    }
    let missing: Vec<&str> =
        need.fields.iter().filter(|field| describe.field(field.name).is_none()).map(|field| field.name).collect();
    if !missing.is_empty() {
        // A query that names one is refused, and a poll with it; only what staff choose from is read for itself.
        let severity = match need.serves {
            Serves::CaseHandling => Severity::Limiting,
            Serves::Everything | Serves::Mail => Severity::Blocking,
        };
        findings.push(finding(
            severity,
            format!("{object} lacks {}, or hides it from the user the portal acts as.", missing.join(", ")),
            if missing.iter().any(|name| name.ends_with("__c")) { DEPLOY } else { may_read },
        ));
    }
    for serves in [Serves::Everything, Serves::CaseHandling] {
        let fields = need.fields.iter().filter(|field| field.serves == serves && is_locked(need, field, describe));
        let locked: Vec<&str> = fields.map(|field| field.name).collect();
        if !locked.is_empty() {
            findings.push(finding(
                severity(serves),
                format!("The user the portal acts as may see {} of {object}, but not write it.", locked.join(", ")),
                PERMISSIONS,
            ));
        }
    }
    for field in &need.fields {
        let Some(there) = describe.field(field.name) else { continue };
        if field.is_key && !(there.unique && there.external_id) {
            findings.push(finding(
                Severity::Blocking,
                format!("{object}.{} is not a unique external id, so records could be made twice.", field.name),
                format!(
                    "Setup → Object Manager → {} → Fields & Relationships → {} → Edit: check Unique and External ID.",
                    describe.label, field.name
                ),
            ));
        }
        let lacking: Vec<&str> = field.values.iter().filter(|value| !has_value(there, value)).copied().collect();
        if !lacking.is_empty() && !there.picklist_values.is_empty() {
            findings.push(value_finding(describe, there, &lacking.join(", ")));
        }
    }
    findings
}

/// A thread goes without mail, and a case without a change; the rest is needed.
fn severity(serves: Serves) -> Severity {
    match serves {
        Serves::Everything => Severity::Blocking,
        Serves::Mail | Serves::CaseHandling => Severity::Limiting,
    }
}

fn has_value(field: &FieldDescribe, value: &str) -> bool {
    field.picklist_values.iter().any(|there| there.active && there.value == value)
}

fn value_finding(describe: &ObjectDescribe, field: &FieldDescribe, lacking: &str) -> Finding {
    let (severity, effect) = if field.restricted_picklist {
        (Severity::Blocking, "and takes no other")
    } else {
        (Severity::Limiting, "so list views and rules by it miss what the portal writes")
    };
    finding(
        severity,
        format!("{}.{} has no active value {lacking}, {effect}.", describe.name, field.name),
        format!(
            "Setup → Object Manager → {} → Fields & Relationships → {} → Values → New: add {lacking}.",
            describe.label, field.label
        ),
    )
}

/// A case begins as [`OPEN`], or with the org's usual status where that isn't one of its statuses. Which is usual is known only where
/// all that staff choose from can be read: it is read together.
fn first_status_finding(case: &ObjectDescribe, needs: &[ObjectNeed], described: &[Described]) -> Option<Finding> {
    let status = case.field("Status").filter(|status| !status.picklist_values.is_empty())?;
    let has_usual = status.picklist_values.iter().any(|value| value.active && value.default_value);
    let mut choices = needs.iter().zip(described).filter(|(need, _)| need.serves == Serves::CaseHandling);
    let known = choices.all(|(need, described)| match described {
        Described::There(there) => there.queryable && need.fields.iter().all(|field| there.field(field.name).is_some()),
        Described::Missing => false,
    });
    let begins = has_value(status, OPEN) || (has_usual && known);
    (!begins).then(|| value_finding(case, status, OPEN))
}

/// Fields of an object that can't be written at all are told with the object.
fn is_locked(need: &ObjectNeed, field: &FieldNeed, describe: &ObjectDescribe) -> bool {
    let Some(there) = describe.field(field.name) else { return false };
    let creates = need.written != Written::Never && describe.createable && field.written != Written::Never;
    let updates = need.written == Written::Always && describe.updateable && field.written == Written::Always;
    (creates && !there.createable) || (updates && !there.updateable)
}

fn visibility_finding(feed_item: &ObjectDescribe) -> Option<Finding> {
    match feed_item.field("Visibility") {
        None => Some(finding(
            Severity::Limiting,
            "Feed items of this org don't say who may see them (no FeedItem.Visibility), so internal notes can't be kept internal there and are refused here.",
            "Setup → Digital Experiences → Settings: check Enable Digital Experiences. Or leave it, and say below where such posts belong.",
        )),
        Some(field) if !field.createable => Some(finding(
            Severity::Blocking,
            "The user the portal acts as may not set FeedItem.Visibility, so no comment can be sent.",
            PERMISSIONS,
        )),
        Some(_) => None,
    }
}

/// What only the import of old comments needs: their dates, upserts of the ledger, and the Bulk API.
fn import_findings(
    feed_item: &ObjectDescribe,
    need: &ObjectNeed,
    ledger: &ObjectDescribe,
    batches: Option<&Limit>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !feed_item.field("CreatedDate").is_some_and(|field| field.createable) {
        findings.push(finding(
            Severity::Note,
            "The user the portal acts as may not set when a record was made. Only importing old comments with their dates needs it.",
            "Setup → User Interface: check Enable “Set Audit Fields upon Record Creation”. Then Setup → Users → Permission Sets → Casebridge Integration → System Permissions → Edit: check Set Audit Fields upon Record Creation.",
        ));
    }
    let written = need.fields.iter().filter(|field| field.written != Written::Never);
    let fixed = written.filter(|field| ledger.field(field.name).is_some_and(|there| !there.updateable)).count();
    if ledger.createable && (fixed > 0 || !ledger.updateable) {
        findings.push(finding(
            Severity::Note,
            format!(
                "The user the portal acts as may not edit {} records. Only importing old comments needs it.",
                need.object
            ),
            PERMISSIONS,
        ));
    }
    // An org that doesn't tell may have it all the same.
    match batches {
        Some(batches) if batches.max <= 0 => findings.push(finding(
            Severity::Note,
            "The org has no Bulk API. Only importing old comments needs it.",
            "Enterprise, Unlimited, Performance and Developer Edition have it. In another edition ask Salesforce for it.",
        )),
        Some(batches) if batches.remaining <= 0 => findings.push(finding(
            Severity::Note,
            "The org's Bulk API batches of the day are used up. Only importing old comments needs them.",
            "Wait a day: a batch counts for 24 hours. Setup → Bulk Data Load Jobs shows what uses them.",
        )),
        _ => {}
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> FieldDescribe {
        FieldDescribe { name: name.to_owned(), createable: true, updateable: true, ..FieldDescribe::default() }
    }

    fn object(name: &str, fields: Vec<FieldDescribe>) -> ObjectDescribe {
        ObjectDescribe {
            name: name.to_owned(),
            createable: true,
            updateable: true,
            deletable: true,
            queryable: true,
            fields,
            ..ObjectDescribe::default()
        }
    }

    fn need(object: &str) -> ObjectNeed {
        needs().into_iter().find(|need| need.object == object).unwrap()
    }

    fn as_needed(need: &ObjectNeed) -> ObjectDescribe {
        object(need.object, need.fields.iter().map(|need| field(need.name)).collect())
    }

    fn told(findings: &[Finding], part: &str) -> bool {
        findings.iter().any(|finding| finding.what.contains(part) && !finding.mend.is_empty())
    }

    #[test]
    fn importing_old_comments_needs_dates_a_ledger_that_takes_changes_and_the_bulk_api() {
        let (item, entry) = (need("FeedItem"), need("Portal_Post__c"));
        let (feed_item, ledger) = (as_needed(&item), as_needed(&entry));
        let room = Limit { max: 15_000, remaining: 1 };
        for batches in [None, Some(&room)] {
            assert_eq!(import_findings(&feed_item, &entry, &ledger, batches), []);
        }
        let mut no_dates = feed_item.clone();
        no_dates.fields.iter_mut().find(|field| field.name == "CreatedDate").unwrap().createable = false;
        assert!(told(&import_findings(&no_dates, &entry, &ledger, None), "may not set when a record was made"));
        let mut fixed = ledger.clone();
        fixed.fields.iter_mut().find(|field| field.name == "Feed_Item__c").unwrap().updateable = false;
        assert!(told(&import_findings(&feed_item, &entry, &fixed, None), "may not edit Portal_Post__c"));
        let fixed = ObjectDescribe { updateable: false, ..ledger.clone() };
        assert!(told(&import_findings(&feed_item, &entry, &fixed, None), "may not edit Portal_Post__c"));
        let (none, used_up) = (Limit { max: 0, remaining: 0 }, Limit { max: 15_000, remaining: 0 });
        assert!(told(&import_findings(&feed_item, &entry, &ledger, Some(&none)), "has no Bulk API"));
        assert!(told(&import_findings(&feed_item, &entry, &ledger, Some(&used_up)), "are used up"));
    }

    #[test]
    fn links_that_can_not_be_taken_away_again_are_found() {
        let need = need("Course_Organization__c");
        let mut described = as_needed(&need);
        for field in &mut described.fields {
            (field.unique, field.external_id) = (true, true);
        }
        assert_eq!(object_findings(&need, &Described::There(Box::new(described.clone()))), []);
        described.deletable = false;
        let found = object_findings(&need, &Described::There(Box::new(described)));
        assert!(told(&found, "may not delete Course_Organization__c records"));
    }
}

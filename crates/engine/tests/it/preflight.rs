//! Looking at an org before it is relied on: whatever the portal uses and the org lacks is found, with what to do about it.

use domain::Role;
use engine::{Preflight, PublicKind, Severity};
use sandbox::{Sandbox, SandboxOptions};
use store::Backend;

use crate::portal::{Portal, kind, org_at};

async fn preflight_of(options: SandboxOptions) -> Preflight {
    let org = Sandbox::start(options).await.unwrap();
    let portal = Portal::new(Backend::Sqlite, Some(org_at(&org.url()))).await;
    portal.engine.connect_unattended().await.unwrap();
    let admin = portal.person("ada", Role::Admin, &[]).await;
    let found = portal.engine.preflight(&admin).await.unwrap();
    assert_eq!(portal.engine.connection(&admin).await.unwrap().preflight.as_ref(), Some(&found), "it is kept");
    found
}

fn lacking(names: &[&str]) -> SandboxOptions {
    SandboxOptions { lacking: names.iter().map(|name| (*name).to_owned()).collect(), ..SandboxOptions::default() }
}

fn says(preflight: &Preflight, severity: Severity, part: &str) -> bool {
    preflight.findings.iter().any(|finding| finding.severity == severity && finding.what.contains(part))
}

fn about(preflight: &Preflight, part: &str) -> bool {
    preflight.findings.iter().any(|finding| finding.what.contains(part))
}

#[tokio::test]
async fn an_org_as_the_project_wants_it_lacks_nothing() {
    let found = preflight_of(SandboxOptions::default()).await;
    let worse: Vec<_> = found.findings.iter().filter(|finding| finding.severity != Severity::Note).collect();
    assert!(worse.is_empty(), "{worse:#?}");
    assert!(says(&found, Severity::Note, "may not set when a record was made"));
    assert!(found.has_visibility);
    assert_eq!(found.username, "admin@sandbox.test");
    assert!(found.api_calls.is_some_and(|calls| calls.used > 0 && calls.max > calls.used));
}

#[tokio::test]
async fn whatever_field_or_object_is_missing_is_found_and_named() {
    let fields = [
        "Account.Portal_Key__c",
        "Publisher_Organization__c.Organization_Key__c",
        "Course__c.Link_to_Publisher__c",
        "Course_Run__c.Publisher_Status__c",
        "Course_Organization__c.Position__c",
        "Contact.Email",
        "Case.Course__c",
        "FeedItem.IsDeleted",
        "CaseComment.IsPublished",
        "FeedComment.CommentBody",
    ];
    let mut names = fields.to_vec();
    names.extend(["Portal_Post__c", "EmailMessage", "Case.Feed", "FeedItem.Visibility", "Case.Origin=Publisher"]);
    let found = preflight_of(lacking(&names)).await;
    for name in fields {
        let (object, field) = name.split_once('.').unwrap();
        let finding = found.findings.iter().find(|finding| finding.what.starts_with(&format!("{object} lacks")));
        let finding = finding.unwrap_or_else(|| panic!("{name} in {:#?}", found.findings));
        assert!(finding.what.contains(field) && finding.severity == Severity::Blocking, "{finding:?}");
        assert!(finding.mend.contains("Setup → ") || finding.mend.contains("Deploy"), "{finding:?}");
    }
    assert!(says(&found, Severity::Blocking, "The object Portal_Post__c is missing"));
    assert!(says(&found, Severity::Limiting, "The object EmailMessage is missing"));
    assert!(says(&found, Severity::Blocking, "Case records have no feed"));
    assert!(says(&found, Severity::Limiting, "no FeedItem.Visibility"));
    assert!(says(&found, Severity::Limiting, "Case.Origin has no active value Publisher"));
    assert!(!found.has_visibility);
    assert!(found.findings.is_sorted_by_key(|finding| finding.severity), "the gravest come first");
}

#[tokio::test]
async fn a_case_need_not_begin_as_open_where_the_org_has_a_usual_status() {
    assert!(!about(&preflight_of(lacking(&["Case.Status=Open"])).await, "Case.Status"));
    // Which the usual one is can't be known here.
    for hidden in ["CaseStatus", "CaseStatus.IsDefault", "QueueSobject"] {
        let found = preflight_of(lacking(&["Case.Status=Open", hidden])).await;
        assert!(about(&found, "Case.Status has no active value Open"), "{hidden}: {found:#?}");
    }
    // New is the sandbox org's usual one.
    let found = preflight_of(lacking(&["Case.Status=Open", "Case.Status=New"])).await;
    assert!(about(&found, "Case.Status has no active value Open"), "{found:#?}");
}

#[tokio::test]
async fn what_only_staff_need_to_change_cases_limits_and_no_more() {
    let hidden = ["CaseStatus", "QueueSobject", "Group.Type"];
    let read_only = vec!["Case.OwnerId".to_owned()];
    let found = preflight_of(SandboxOptions { read_only, ..lacking(&hidden) }).await;
    for part in [
        "The object CaseStatus is missing",
        "The object QueueSobject is missing",
        "Group lacks Type",
        "may see OwnerId of Case, but not write it",
    ] {
        assert!(says(&found, Severity::Limiting, part), "{part}: {found:#?}");
    }
    assert!(!found.findings.iter().any(|finding| finding.severity == Severity::Blocking), "{found:#?}");
    let statuses = found.findings.iter().find(|finding| finding.what.contains("CaseStatus")).unwrap();
    assert!(statuses.mend.contains("User License") && statuses.mend.contains("all else works"), "{statuses:?}");
    // A poll reads these with all the rest, so that without one it reads nothing.
    let found = preflight_of(lacking(&["EmailMessage.FromName", "Case.OwnerId"])).await;
    assert!(says(&found, Severity::Blocking, "EmailMessage lacks FromName"), "{found:#?}");
    assert!(says(&found, Severity::Blocking, "Case lacks OwnerId"), "{found:#?}");
}

#[tokio::test]
async fn what_may_be_seen_and_not_written_is_found() {
    let read_only = ["Contact", "Case.Origin", "FeedItem.Visibility", "Portal_Post__c.Key__c"];
    let options = SandboxOptions { read_only: read_only.map(str::to_owned).to_vec(), ..SandboxOptions::default() };
    let found = preflight_of(options).await;
    assert!(says(&found, Severity::Blocking, "may not create Contact records"));
    assert!(says(&found, Severity::Blocking, "may not edit Contact records"));
    assert!(says(&found, Severity::Blocking, "may see Origin of Case, but not write it"));
    assert!(says(&found, Severity::Blocking, "may see Key__c of Portal_Post__c, but not write it"));
    assert!(says(&found, Severity::Blocking, "may not set FeedItem.Visibility"));
}

#[tokio::test]
async fn set_audit_fields_and_a_used_up_budget_are_told() {
    let org = Sandbox::start(SandboxOptions::default()).await.unwrap();
    org.set_audit_fields(true);
    let portal = Portal::new(Backend::Sqlite, Some(org_at(&org.url()))).await;
    portal.engine.connect_unattended().await.unwrap();
    let admin = portal.person("ada", Role::Admin, &[]).await;
    let found = portal.engine.preflight(&admin).await.unwrap();
    assert!(!says(&found, Severity::Note, "may not set when a record was made"));
    org.set_api_budget(100);
    let found = portal.engine.preflight(&admin).await.unwrap();
    assert!(says(&found, Severity::Limiting, "nearly used up"));
}

#[tokio::test]
async fn only_admins_ask_and_only_of_a_connected_org() {
    let portal = Portal::new(Backend::Sqlite, Some(crate::portal::absent_org())).await;
    let admin = portal.person("ada", Role::Admin, &[]).await;
    let staff = portal.person("sam", Role::Staff, &[]).await;
    assert_eq!(kind(portal.engine.preflight(&staff).await), PublicKind::NotFound);
    assert_eq!(kind(portal.engine.preflight(&admin).await), PublicKind::Conflict);
    let without = Portal::new(Backend::Sqlite, None).await;
    let admin = without.person("ada", Role::Admin, &[]).await;
    assert_eq!(kind(without.engine.preflight(&admin).await), PublicKind::NotFound);
}

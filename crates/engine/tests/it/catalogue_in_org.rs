//! The catalogue on its way to the org: saved here at once, sent as it then is, many records in a call, nothing made twice.

use domain::{CourseId, Role, RunStatus};
use engine::{Actor, CourseInput, Engine, PublicKind, RunInput, Saved};
use rstest::rstest;
use sandbox::{Fault, FaultAction};
use serde_json::json;
use store::Backend;

use crate::portal::{Connected, Portal, absent_org, circuits, comment, course_id, cs50, kind, text};

fn mitx(title: &str) -> CourseInput {
    CourseInput {
        key: "MITx+6.002x".to_owned(),
        title: title.to_owned(),
        organizations: vec!["MITx".to_owned()],
        editors: None,
    }
}

fn run(course: CourseId, status: RunStatus) -> RunInput {
    RunInput {
        course,
        title: "Circuits".to_owned(),
        start: None,
        end: None,
        go_live_date: None,
        status,
        has_ofac_restrictions: None,
        is_new: None,
    }
}

async fn save(engine: &Engine, actor: &Actor, title: &str) -> Saved {
    engine.put_course(actor, circuits(), mitx(title)).await.unwrap()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn however_often_a_record_is_saved_it_is_sent_once_and_as_it_is(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let sam = portal.person("sam", Role::Staff, &[]).await;
    let engine = connected.engine();
    for title in ["Circuits", "Circuits 2", "Circuits and More"] {
        assert_eq!(save(engine, &sam, title).await, Saved::Updated);
    }
    assert_eq!(save(engine, &sam, "Circuits and More").await, Saved::Unchanged);
    assert_eq!(engine.deliver_due().await.unwrap(), 1);
    let course = &org.records("Course__c")[0];
    assert_eq!(text(course, "Course_Name__c"), "Circuits and More");
    assert_eq!(
        text(course, "Link_to_Admin_Portal__c"),
        format!("https://portal.example.org/admin/courses/{}", circuits())
    );
    let organization = &org.records("Publisher_Organization__c")[0];
    assert_eq!(text(course, "Publisher_Organization__c"), text(organization, "Id"));
    // What it was given already is not written again.
    let calls = org.requests().len();
    assert_eq!(save(engine, &sam, "Circuits and More").await, Saved::Unchanged);
    assert_eq!(engine.deliver_due().await.unwrap(), 0);
    assert_eq!(org.requests().len(), calls);

    save(engine, &sam, "Renamed").await;
    engine.put_organization(&sam, "MITx", "Massachusetts Institute of Technology").await.unwrap();
    assert_eq!(engine.deliver_due().await.unwrap(), 2);
    assert_eq!(text(&org.records("Course__c")[0], "Course_Name__c"), "Renamed");
    let organization = &org.records("Publisher_Organization__c")[0];
    assert_eq!(text(organization, "Organization_Name__c"), "Massachusetts Institute of Technology");
    assert_eq!((org.count("Course__c"), org.count("Publisher_Organization__c")), (1, 1));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_status_and_decision_reaches_the_org_also_of_drafts(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let sam = connected.portal.person("sam", Role::Staff, &[]).await;
    let key = "course-v1:MITx+6.002x+2027";
    let engine = connected.engine();
    let as_new = engine.put_run(&sam, key, run(circuits(), RunStatus::Unpublished)).await.unwrap();
    assert_eq!(as_new, Saved::Created);
    let mut seen = Vec::new();
    for (status, is_new, ofac) in [
        (RunStatus::Unpublished, None, None),
        (RunStatus::ReviewByLegal, Some(false), Some(false)),
        (RunStatus::ReviewByInternal, None, Some(true)),
        (RunStatus::Reviewed, None, None),
        (RunStatus::Published, None, None),
        (RunStatus::Unpublished, None, None),
    ] {
        let input = RunInput { is_new, has_ofac_restrictions: ofac, ..run(circuits(), status) };
        engine.put_run(&sam, key, input).await.unwrap();
        engine.deliver_due().await.unwrap();
        let record = connected.org.records("Course_Run__c").remove(0);
        seen.push((text(&record, "Publisher_Status__c"), text(&record, "OFAC_Review_Decision__c")));
    }
    let seen: Vec<(&str, &str)> = seen.iter().map(|(status, ofac)| (status.as_str(), ofac.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("New", "Not Reviewed"),
            ("In Legal Review", "OFAC Disabled"),
            ("In PC Review", "OFAC Enabled"),
            ("Scheduled", "Not Reviewed"),
            ("Live", "Not Reviewed"),
            ("Unsubmitted Edits", "Not Reviewed"),
        ]
    );
    assert_eq!((connected.org.count("Course_Run__c"), connected.org.count("Course__c")), (1, 1));
}

#[tokio::test]
async fn a_whole_catalogue_takes_few_calls() {
    let connected = Connected::new(Backend::Sqlite).await;
    let mut file = "institution,course_number,launch_date,title\n".to_owned();
    for number in 0..300 {
        file.push_str(&format!("ORG{},C{number},01/02/2020,Course {number}\n", number % 7));
    }
    connected.engine().import_catalogue(file.as_bytes()).await.unwrap();
    let before = connected.org.requests().len();
    let tried = connected.engine().deliver_due().await.unwrap();
    assert_eq!(tried, 7 + 300 + 300);
    assert_eq!((connected.org.count("Course__c"), connected.org.count("Course_Run__c")), (300, 300));
    assert_eq!(connected.org.count("Course_Organization__c"), 300);
    let calls = connected.org.requests().len() - before;
    assert!(calls <= 40, "{calls} calls for 607 records");
    // What a portal starts with was not sent yet; sending everything once more finds nothing to write.
    connected.engine().send_everything().await.unwrap();
    connected.engine().deliver_due().await.unwrap();
    assert_eq!(connected.org.count("Course_Run__c"), 304);
    let before = connected.org.requests().len();
    connected.engine().send_everything().await.unwrap();
    assert!(connected.engine().deliver_due().await.unwrap() > 600);
    assert_eq!(connected.org.requests().len(), before);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn all_authoring_organizations_are_linked_and_unlinked(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let sam = portal.person("sam", Role::Staff, &[]).await;
    let engine = connected.engine();
    let authored = |organizations: &[&str]| CourseInput {
        organizations: organizations.iter().map(|&key| key.to_owned()).collect(),
        ..mitx("Circuits")
    };
    let linked = || {
        let soql = "SELECT Publisher_Organization__r.Organization_Key__c, Position__c FROM Course_Organization__c ORDER BY Position__c";
        let links = org.query(soql).unwrap();
        links.iter().map(|link| text(&link["Publisher_Organization__r"], "Organization_Key__c")).collect::<Vec<_>>()
    };
    engine.put_course(&sam, circuits(), authored(&["MITx", "HarvardX"])).await.unwrap();
    engine.deliver_due().await.unwrap();
    assert_eq!(linked(), ["MITx", "HarvardX"]);
    engine.put_course(&sam, circuits(), authored(&["HarvardX", "MITx"])).await.unwrap();
    engine.deliver_due().await.unwrap();
    assert_eq!(linked(), ["HarvardX", "MITx"]);
    engine.put_course(&sam, circuits(), authored(&["HarvardX"])).await.unwrap();
    engine.deliver_due().await.unwrap();
    assert_eq!(linked(), ["HarvardX"]);
    let course = &org.records("Course__c")[0];
    let harvard = org.query("SELECT Id FROM Publisher_Organization__c WHERE Organization_Key__c = 'HarvardX'").unwrap();
    assert_eq!(text(course, "Publisher_Organization__c"), text(&harvard[0], "Id"));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn records_the_org_had_already_are_taken_over(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let old = |object: &'static str, fields| async move { org.create(object, fields).await.unwrap() };
    let organization =
        old("Publisher_Organization__c", json!({"Organization_Key__c": "MITx", "Organization_Name__c": "old"})).await;
    let course = old(
        "Course__c",
        json!({"Course_Key__c": "MITx+6.002x", "Course_Name__c": "old", "Publisher_Organization__c": organization}),
    )
    .await;
    // The same letters in another case are another course's.
    let other = old("Course__c", json!({"Course_Key__c": "mitx+6.002X", "Course_Name__c": "other"})).await;
    let newest = "course-v1:MITx+6.002x+2013-03-03";
    let run = old("Course_Run__c", json!({"Course_Number__c": newest, "Course__c": course})).await;
    let twin = old("Course_Run__c", json!({"Course_Number__c": newest, "Course__c": course})).await;

    connected.engine().send_everything().await.unwrap();
    connected.engine().deliver_due().await.unwrap();

    let of = |object: &str, id: &str| org.records(object).into_iter().find(|record| record["Id"] == id).unwrap();
    assert_eq!(text(&of("Publisher_Organization__c", &organization), "Portal_Key__c"), "MITx");
    let taken = of("Course__c", &course);
    assert_eq!(
        (text(&taken, "Portal_Key__c"), text(&taken, "Course_Name__c")),
        (circuits().to_string(), "Circuits and Electronics".into())
    );
    assert_eq!(text(&of("Course__c", &other), "Portal_Key__c"), "");
    assert_eq!(text(&of("Course_Run__c", &run), "Portal_Key__c"), newest);
    assert_eq!(text(&of("Course_Run__c", &twin), "Portal_Key__c"), "");
    // Theirs, the stranger, the twin; and what had no counterpart was made.
    assert_eq!(org.count("Course__c"), 3);
    assert_eq!(org.count("Course_Run__c"), 5);
    // A comment finds what was taken over.
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    connected.say(&pat, circuits(), comment("hello")).await;
    assert_eq!(text(&org.records("Case")[0], "Course__c"), course);
    assert_eq!(org.count("Course__c"), 3);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn one_record_the_org_refuses_holds_up_no_other(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let sam = portal.person("sam", Role::Staff, &[]).await;
    let engine = connected.engine();
    org.faults().add(
        Fault::new(FaultAction::Status)
            .on("PATCH", "/Course__c")
            .status(400)
            .saying("STRING_TOO_LONG", "too long")
            .times(1),
    );
    save(engine, &sam, "Circuits 2").await;
    engine.put_organization(&sam, "HarvardX", "Harvard").await.unwrap();
    engine.deliver_due().await.unwrap();
    assert_eq!(org.count("Course__c"), 0);
    let health = engine.health().await;
    assert_eq!(health.pending, 0);
    assert_eq!(
        org.query("SELECT Id FROM Publisher_Organization__c WHERE Organization_Name__c = 'Harvard'").unwrap().len(),
        1
    );
    // Saved anew, it is tried anew.
    save(engine, &sam, "Circuits 3").await;
    engine.deliver_due().await.unwrap();
    assert_eq!(text(&org.records("Course__c")[0], "Course_Name__c"), "Circuits 3");
}

#[rstest]
#[case::refused(FaultAction::Refuse)]
#[case::before(FaultAction::DropBeforeCommit)]
#[case::after(FaultAction::DropAfterCommit)]
#[tokio::test]
async fn an_outage_delays_what_was_saved_and_breaks_no_saving(
    #[case] action: FaultAction,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let connected = Connected::new(backend).await;
    let sam = connected.portal.person("sam", Role::Staff, &[]).await;
    connected.org.faults().add(Fault::new(action));
    assert_eq!(save(connected.engine(), &sam, "During").await, Saved::Updated);
    connected.engine().deliver_due().await.unwrap();
    assert_eq!(save(connected.engine(), &sam, "After").await, Saved::Updated);
    assert_eq!(connected.engine().health().await.pending, 1);
    connected.org.faults().clear();
    for _ in 0..3 {
        connected.later();
        connected.engine().deliver_due().await.unwrap();
    }
    let courses = connected.org.records("Course__c");
    assert_eq!(courses.len(), 1);
    assert_eq!(text(&courses[0], "Course_Name__c"), "After");
    assert_eq!(connected.engine().health().await.pending, 0);
}

#[tokio::test]
async fn what_can_not_be_saved_is_told_by_field() {
    let portal = Portal::new(Backend::Sqlite, Some(absent_org())).await;
    let sam = portal.person("sam", Role::Staff, &[]).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let engine = &portal.engine;
    assert_eq!(kind(engine.put_course(&pat, circuits(), mitx("Mine")).await), PublicKind::Forbidden);
    assert_eq!(kind(engine.put_organization(&pat, "MITx", "Mine").await), PublicKind::Forbidden);
    assert_eq!(
        kind(engine.put_run(&pat, "course-v1:a+b+c", run(circuits(), RunStatus::Published)).await),
        PublicKind::Forbidden
    );
    let field = |error: engine::Error| error.public().field.unwrap();
    assert_eq!(field(engine.put_course(&sam, circuits(), mitx(" ")).await.unwrap_err()), "title");
    let unknown = CourseInput { organizations: vec!["NoSuchX".to_owned()], ..mitx("x") };
    assert_eq!(field(engine.put_course(&sam, circuits(), unknown).await.unwrap_err()), "organizations");
    let nobody = CourseInput { organizations: Vec::new(), ..mitx("x") };
    assert_eq!(field(engine.put_course(&sam, circuits(), nobody).await.unwrap_err()), "organizations");
    assert_eq!(kind(engine.put_course(&sam, cs50(), mitx("x")).await), PublicKind::Conflict);
    assert_eq!(field(engine.put_organization(&sam, "..", "x").await.unwrap_err()), "key");
    assert_eq!(field(engine.put_organization(&sam, "MITx", "two\nlines").await.unwrap_err()), "name");
    let nowhere = run(course_id("No+Such"), RunStatus::Published);
    assert_eq!(field(engine.put_run(&sam, "course-v1:a+b+c", nowhere).await.unwrap_err()), "course");
}

#[tokio::test]
async fn a_portal_without_an_org_keeps_what_is_saved_to_itself() {
    let portal = Portal::new(Backend::Sqlite, None).await;
    let sam = portal.person("sam", Role::Staff, &[]).await;
    assert_eq!(portal.engine.put_course(&sam, circuits(), mitx("Local")).await.unwrap(), Saved::Updated);
    assert_eq!(portal.engine.health().await.pending, 0);
    assert_eq!(portal.engine.course(&sam, circuits()).await.unwrap().title, "Local");
}

//! Records that somebody deleted in the org: made again, or flagged for an admin, as the portal is told. Never an endless error.

use domain::{PostState, Role};
use engine::{CourseInput, DeadSubject, DeletedRecords, PublicKind, RecordState};
use rstest::rstest;
use sandbox::{Fault, FaultAction};
use store::Backend;

use crate::portal::{Connected, circuits, comment, kind, text};

fn titled(title: &str) -> CourseInput {
    CourseInput {
        key: "MITx+6.002x".to_owned(),
        title: title.to_owned(),
        organizations: vec!["MITx".to_owned()],
        editors: None,
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_deleted_record_of_the_catalogue_is_made_again_with_what_hangs_on_it(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let ada = portal.person("ada", Role::Admin, &[]).await;
    portal.engine.send_whole_catalogue(&ada).await.unwrap();
    portal.engine.deliver_due().await.unwrap();
    let made = (org.count("Course__c"), org.count("Course_Run__c"), org.count("Course_Organization__c"));
    for object in ["Publisher_Organization__c", "Course__c"] {
        let id = text(&org.records(object)[0], "Id");
        org.delete(object, &id).await.unwrap();
    }
    // A run of the course that is gone is sent anew, and its course with it.
    let course = portal.engine.my_courses(&ada, engine::CourseFilter::default()).await.unwrap().courses;
    for course in course {
        let page = portal.engine.catalogue_course(&ada, course.id).await.unwrap();
        for run in page.runs {
            let input = engine::RunInput {
                course: course.id,
                title: format!("{} anew", run.title),
                start: run.start,
                end: run.end,
                go_live_date: run.go_live_date,
                status: run.status,
                has_ofac_restrictions: None,
                is_new: None,
            };
            portal.engine.put_run(&ada, &run.key, input).await.unwrap();
        }
    }
    for _ in 0..3 {
        portal.engine.deliver_due().await.unwrap();
        connected.later();
    }
    let health = portal.engine.health().await;
    let dead = portal.engine.connection(&ada).await.unwrap().dead_deliveries;
    assert_eq!((health.pending, dead), (0, 0));
    assert_eq!((org.count("Course__c"), org.count("Course_Run__c"), org.count("Course_Organization__c")), made);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_deleted_course_is_flagged_and_an_admin_has_it_made_again(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let ada = portal.person("ada", Role::Admin, &[]).await;
    let engine = connected.engine();
    engine.set_deleted_records(&ada, DeletedRecords::Flag).await.unwrap();
    engine.put_course(&ada, circuits(), titled("Circuits")).await.unwrap();
    engine.deliver_due().await.unwrap();
    org.delete("Course__c", &text(&org.records("Course__c")[0], "Id")).await.unwrap();
    engine.put_course(&ada, circuits(), titled("Circuits 2")).await.unwrap();
    for _ in 0..3 {
        connected.later();
        engine.deliver_due().await.unwrap();
    }
    assert_eq!(org.count("Course__c"), 0, "nothing is made again by itself");
    let dead = engine.dead_deliveries(&ada, None).await.unwrap();
    assert_eq!((dead.total, dead.deliveries.len()), (1, 1));
    let flagged = &dead.deliveries[0];
    assert!(flagged.gone && !flagged.reason.is_empty(), "{flagged:?}");
    assert!(matches!(&flagged.subject, DeadSubject::Course { id, .. } if *id == circuits()));
    let page = engine.catalogue_course(&ada, circuits()).await.unwrap();
    assert!(matches!(page.state, RecordState::Refused { .. }));

    engine.recreate_delivery(&ada, flagged.id).await.unwrap();
    engine.deliver_due().await.unwrap();
    assert_eq!(text(&org.records("Course__c")[0], "Course_Name__c"), "Circuits 2");
    assert_eq!(engine.dead_deliveries(&ada, None).await.unwrap().total, 0);
    let page = engine.catalogue_course(&ada, circuits()).await.unwrap();
    assert!(matches!(page.state, RecordState::Sent { .. }));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_comment_on_a_deleted_case_waits_for_an_admin_where_it_is_told_to(
    #[case] backend: Backend,
    #[values(false, true)] polled: bool,
) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let ada = portal.person("ada", Role::Admin, &[]).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let engine = connected.engine();
    engine.set_deleted_records(&ada, DeletedRecords::Flag).await.unwrap();
    connected.say(&pat, circuits(), comment("one")).await;
    let case = connected.case();
    org.delete("Case", &case).await.unwrap();
    if polled {
        engine.poll_once().await.unwrap();
    }
    let refused = connected.say(&pat, circuits(), comment("two")).await;
    let PostState::Failed { reason } = &refused.state else { panic!("{refused:?}") };
    assert!(reason.contains("was deleted there"), "{reason}");
    assert_eq!(org.count("Case"), 0);
    let dead = engine.dead_deliveries(&ada, None).await.unwrap();
    assert!(dead.deliveries[0].gone);
    engine.recreate_delivery(&ada, dead.deliveries[0].id).await.unwrap();
    engine.deliver_due().await.unwrap();
    assert_eq!(connected.post(&pat, circuits(), refused.id).await.state, PostState::Delivered);
    assert_eq!(org.count("Case"), 1);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_was_refused_is_tried_again_or_laid_aside_with_a_reason(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let ada = portal.person("ada", Role::Admin, &[]).await;
    let sam = portal.person("sam", Role::Staff, &[]).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let engine = connected.engine();
    let refuse = |says: &str| {
        let fault = Fault::new(FaultAction::Status).on("POST", "/composite").times(1);
        org.faults().add(fault.status(400).saying("FIELD_CUSTOM_VALIDATION_EXCEPTION", says));
    };
    refuse("No links, please.");
    let first = connected.say(&pat, circuits(), comment("see example.org")).await;
    let dead = engine.dead_deliveries(&ada, None).await.unwrap().deliveries.remove(0);
    assert_eq!(dead.reason, "No links, please.");
    assert!(matches!(&dead.subject, DeadSubject::Comment { author, excerpt, place: Some(place), .. }
        if author == "pat Ames" && excerpt == "see example.org" && *place == circuits().into()));
    assert_eq!(kind(engine.dead_deliveries(&sam, None).await), PublicKind::NotFound);
    assert_eq!(kind(engine.retry_delivery(&sam, dead.id).await), PublicKind::NotFound);
    engine.retry_delivery(&ada, dead.id).await.unwrap();
    engine.deliver_due().await.unwrap();
    assert_eq!(connected.post(&pat, circuits(), first.id).await.state, PostState::Delivered);
    assert_eq!(kind(engine.retry_delivery(&ada, dead.id).await), PublicKind::NotFound, "it isn't dead any more");

    connected.later();
    refuse("No links, please.");
    let second = connected.say(&pat, circuits(), comment("see example.com")).await;
    let dead = engine.dead_deliveries(&ada, None).await.unwrap().deliveries.remove(0);
    assert_eq!(kind(engine.forget_delivery(&ada, dead.id, "  ").await), PublicKind::Invalid);
    engine.forget_delivery(&ada, dead.id, "Pat will write anew").await.unwrap();
    let view = engine.connection(&ada).await.unwrap();
    assert_eq!((view.dead_deliveries, view.pending_deliveries), (0, 0));
    // Its author may still send it.
    engine.retry_post(&pat, second.id).await.unwrap();
    engine.deliver_due().await.unwrap();
    assert_eq!(connected.post(&pat, circuits(), second.id).await.state, PostState::Delivered);
}

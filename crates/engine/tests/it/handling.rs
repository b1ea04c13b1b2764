//! Several cases of a course, and their status and owner, between the portal and the org.

use std::{sync::Arc, time::Duration};

use domain::{CaseId, CasePlace, Clock, DeliveryId, Random, Role, SystemRandom, Visibility};
use engine::{
    Actor, CaseDraft, CaseFilter, CaseState, CaseView, CourseFilter, DraftText, HandlingView, NewCaseInput, NewPost,
    PublicKind, Wait, Window,
};
use futures::StreamExt;
use rstest::rstest;
use sandbox::{Fault, FaultAction, RILEY_ID};
use serde_json::json;
use store::{Backend, NewDelivery};

use crate::portal::{Connected, Portal, absent_org, circuits, comment, cs50, kind, new_key, note, text};

const RUN: &str = "course-v1:MITx+6.002x+2012-09-05";

fn captions() -> NewCaseInput {
    let first = NewPost { key: new_key(), body: "They lag.".to_owned(), visibility: Visibility::Public, run_key: None };
    NewCaseInput { course: circuits(), run_key: Some(RUN.to_owned()), subject: "Captions".to_owned(), first }
}

fn place(case: CaseId) -> CasePlace {
    CasePlace { course: circuits(), case: Some(case) }
}

/// A connected portal with a partner, somebody of the staff, and one case in the org that isn't the default one.
struct Opened {
    connected: Connected,
    pat: Arc<Actor>,
    sam: Arc<Actor>,
    case: CaseId,
}

impl Opened {
    async fn new(backend: Backend) -> Self {
        let connected = Connected::new(backend).await;
        let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
        let sam = connected.portal.person("sam", Role::Staff, &[]).await;
        let case = connected.engine().open_case(&pat, captions(), Wait::ForNothing).await.unwrap().id;
        connected.engine().deliver_due().await.unwrap();
        connected.engine().poll_once().await.unwrap();
        Self { connected, pat, sam, case }
    }

    async fn seen_by(&self, actor: &Actor) -> CaseView {
        self.connected.engine().course(actor, place(self.case)).await.unwrap().shown.unwrap()
    }

    async fn handling(&self) -> HandlingView {
        self.connected.engine().course(&self.sam, place(self.case)).await.unwrap().handling.unwrap()
    }

    /// Status and state as a partner sees them, and whether that is still on its way.
    async fn status(&self) -> (String, CaseState, bool) {
        let case = self.seen_by(&self.pat).await;
        (case.status.unwrap(), case.state, case.is_changing)
    }

    async fn set(&self, status: &str) {
        self.connected.engine().set_case_status(&self.sam, place(self.case), status).await.unwrap();
    }

    fn in_org(&self, field: &str) -> String {
        let case = self.connected.org.records("Case");
        text(case.iter().find(|case| text(case, "Subject") == "Captions").unwrap(), field)
    }

    async fn deliver(&self) {
        self.connected.engine().deliver_due().await.unwrap();
    }

    async fn poll(&self) {
        self.connected.engine().poll_once().await.unwrap();
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_case_is_in_the_org_with_its_course_run_contact_and_account(#[case] backend: Backend) {
    let opened = Opened::new(backend).await;
    let org = &opened.connected.org;
    let of = |object: &str, field: &str, value: &str| {
        let records = org.records(object);
        text(records.iter().find(|record| text(record, field) == value).unwrap(), "Id")
    };
    assert_eq!(opened.in_org("Portal_Key__c"), format!("case-{}", opened.case));
    assert_eq!(opened.in_org("Course__c"), of("Course__c", "Course_Key__c", "MITx+6.002x"));
    assert_eq!(opened.in_org("Course_Run__c"), of("Course_Run__c", "Course_Number__c", RUN));
    assert_eq!(opened.in_org("ContactId"), of("Contact", "LastName", "Ames"));
    assert_eq!(opened.in_org("AccountId"), of("Account", "Portal_Key__c", "MITx"));
    assert_eq!((opened.in_org("Status").as_str(), opened.in_org("Origin").as_str()), ("Open", "Publisher"));
    assert_eq!(opened.status().await, ("Open".to_owned(), CaseState::Open, false));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn each_case_has_a_thread_a_version_and_drafts_of_its_own(#[case] backend: Backend) {
    let opened = Opened::new(backend).await;
    let Opened { connected, pat, sam, case } = &opened;
    let engine = connected.engine();
    engine.post_comment(pat, circuits(), comment("Of the course"), Wait::ForNothing).await.unwrap();
    let mut live = engine.subscribe(pat, circuits()).await.unwrap();
    let mut live_there = engine.subscribe(pat, place(*case)).await.unwrap();
    let (here, there) = (live.next().await.unwrap(), live_there.next().await.unwrap());
    let draft = DraftText { key: new_key(), body: "half".to_owned(), visibility: Visibility::Public, run: None };
    engine.save_draft(pat, place(*case), draft.clone()).await.unwrap();
    let composer = async |at: CasePlace| engine.course(pat, at).await.unwrap().composer.unwrap().body;
    assert_eq!((composer(place(*case)).await, composer(circuits().into()).await), ("half".to_owned(), String::new()));

    connected.portal.clock.advance(Duration::from_secs(1));
    let said = engine::NewComment { key: draft.key, ..comment("whole") };
    engine.post_comment(pat, place(*case), said, Wait::ForNothing).await.unwrap();
    assert!(live_there.next().await.unwrap() > there);
    assert_eq!(
        engine.thread(pat, circuits(), engine::Window::Latest).await.unwrap().version,
        here,
        "the other thread did not change"
    );
    assert_eq!(composer(place(*case)).await, "", "a draft that was posted is done with");
    connected.portal.clock.advance(Duration::from_secs(1));
    engine.post_comment(sam, place(*case), note("psst"), Wait::ForNothing).await.unwrap();
    let bodies = async |actor: &Actor, at: CasePlace| -> Vec<String> {
        let thread = engine.thread(actor, at, engine::Window::Latest).await.unwrap();
        thread.posts.into_iter().map(|post| post.body).collect()
    };
    assert_eq!(bodies(pat, circuits().into()).await, ["Of the course"]);
    assert_eq!(bodies(pat, place(*case)).await, ["They lag.", "whole"]);
    assert_eq!(bodies(sam, place(*case)).await, ["They lag.", "whole", "psst"]);
    let counted = async |actor: &Actor| opened.seen_by(actor).await.post_count;
    assert_eq!((counted(pat).await, counted(sam).await), (2, 3), "internal posts are counted for staff alone");
}

#[tokio::test]
async fn the_last_activity_of_a_case_gives_no_internal_post_away() {
    let opened = Opened::new(Backend::Sqlite).await;
    let before = opened.seen_by(&opened.pat).await.last_post;
    opened.connected.later();
    let engine = opened.connected.engine();
    engine.post_comment(&opened.sam, place(opened.case), note("psst"), Wait::ForNothing).await.unwrap();
    assert_eq!(opened.seen_by(&opened.pat).await.last_post, before);
    assert_ne!(opened.seen_by(&opened.sam).await.last_post, before);
}

#[tokio::test]
async fn what_the_org_refused_counts_for_its_author_and_staff_alone() {
    let opened = Opened::new(Backend::Sqlite).await;
    let Opened { connected, pat, sam, case } = &opened;
    let quinn = connected.portal.person("quinn", Role::Partner, &["MITx"]).await;
    connected
        .org
        .faults()
        .add(Fault::new(FaultAction::Status).on("POST", "/composite").status(400).saying("NO", "No."));
    connected.engine().post_comment(pat, place(*case), comment("refused"), Wait::ForNothing).await.unwrap();
    opened.deliver().await;
    let counted = async |actor: &Actor| opened.seen_by(actor).await.post_count;
    assert_eq!((counted(pat).await, counted(sam).await, counted(&quinn).await), (2, 2, 1));
    // The list of courses says what the threads show.
    for (actor, posts) in [(pat, 2), (sam, 2), (&quinn, 1)] {
        let listed = connected.engine().my_courses(actor, CourseFilter::default()).await.unwrap();
        let course = listed.courses.into_iter().find(|course| course.id == circuits()).unwrap();
        assert_eq!((course.post_count, course.last_post), (posts, opened.seen_by(actor).await.last_post));
    }
}

#[tokio::test]
async fn cases_are_filtered_by_run_and_by_state() {
    let opened = Opened::new(Backend::Sqlite).await;
    let Opened { connected, pat, case, .. } = &opened;
    let engine = connected.engine();
    engine.post_comment(pat, circuits(), comment("Of the course"), Wait::ForNothing).await.unwrap();
    let all = engine.course(pat, circuits()).await.unwrap();
    let run = all.cases.iter().find(|row| row.id == *case).unwrap().run;
    assert!(run.is_some());
    let listed = async |filter: CaseFilter| {
        let page = engine.course_with(pat, circuits(), filter, Window::Latest).await.unwrap();
        assert_eq!(page.case_count, 2);
        page.cases.into_iter().map(|row| row.subject).collect::<Vec<_>>()
    };
    assert_eq!(listed(CaseFilter::default()).await, ["Circuits and Electronics Comments", "Captions"]);
    assert_eq!(listed(CaseFilter { run, state: None }).await, ["Captions"]);
    assert!(listed(CaseFilter { run, state: Some(CaseState::Closed) }).await.is_empty());
    opened.set("Closed").await;
    assert_eq!(listed(CaseFilter { run, state: Some(CaseState::Closed) }).await, ["Captions"]);
    assert_eq!(
        listed(CaseFilter { run: None, state: Some(CaseState::Open) }).await,
        ["Circuits and Electronics Comments"]
    );
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_status_shows_at_once_and_is_delivered_once_however_often_it_changed(#[case] backend: Backend) {
    let opened = Opened::new(backend).await;
    for status in ["Working", "Escalated", "Closed"] {
        opened.set(status).await;
    }
    assert_eq!(opened.status().await, ("Closed".to_owned(), CaseState::Closed, true));
    assert_eq!(opened.in_org("Status"), "Open");
    let before = opened.connected.org.requests().len();
    opened.deliver().await;
    let changes = opened.connected.org.requests().split_off(before);
    assert_eq!(changes.iter().filter(|request| request.method == "PATCH").count(), 1);
    assert_eq!(opened.in_org("Status"), "Closed");
    assert_eq!(opened.status().await, ("Closed".to_owned(), CaseState::Closed, false));
    opened.poll().await;
    assert_eq!(opened.status().await, ("Closed".to_owned(), CaseState::Closed, false));
    opened.set("Open").await;
    opened.deliver().await;
    assert_eq!(opened.status().await, ("Open".to_owned(), CaseState::Open, false));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_change_in_the_org_hides_no_wish_and_what_the_org_says_after_its_delivery_stands(#[case] backend: Backend) {
    let opened = Opened::new(backend).await;
    let org = &opened.connected.org;
    let id = opened.in_org("Id");
    opened.set("Working").await;
    org.update("Case", &id, json!({"Status": "Escalated"})).await.unwrap();
    opened.poll().await;
    assert_eq!(opened.status().await, ("Working".to_owned(), CaseState::Open, true), "not delivered, not forgotten");
    opened.deliver().await;
    assert_eq!(opened.in_org("Status"), "Working");
    org.update("Case", &id, json!({"Status": "Closed"})).await.unwrap();
    opened.poll().await;
    assert_eq!(opened.status().await, ("Closed".to_owned(), CaseState::Closed, false));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_refused_change_shows_the_orgs_words_and_the_orgs_value(#[case] backend: Backend) {
    let opened = Opened::new(backend).await;
    let refusal = Fault::new(FaultAction::Status).on("PATCH", "/sobjects/Case/").status(400);
    opened.connected.org.faults().add(refusal.saying("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Add a reason first."));
    opened.set("Closed").await;
    // One more that finds nothing left to do, as after a wish that came while another was on its way.
    let store = &opened.connected.portal.database.store;
    let now = opened.connected.portal.clock.now();
    let tx = store.begin().await.unwrap();
    tx.deliveries()
        .enqueue(&NewDelivery {
            id: DeliveryId::from_uuid(SystemRandom.uuid_v7(now)),
            kind: "case".to_owned(),
            subject_id: opened.case.as_uuid(),
            lane: opened.case.as_uuid(),
            not_before: now,
            created_at: now,
        })
        .await
        .unwrap();
    tx.commit().await.unwrap();
    opened.deliver().await;
    assert_eq!(opened.status().await, ("Open".to_owned(), CaseState::Open, false));
    let handling = opened.handling().await;
    assert!(handling.refusal.unwrap().contains("Add a reason first."));
    assert_eq!((handling.status.as_str(), handling.status_is_changing), ("Open", false));
    assert_eq!(opened.connected.engine().health().await.pending, 0);
    opened.connected.org.faults().clear();
    opened.set("Closed").await;
    assert_eq!(opened.handling().await.refusal, None, "the next try starts clean");
    opened.deliver().await;
    assert_eq!(opened.status().await, ("Closed".to_owned(), CaseState::Closed, false));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_change_whose_answer_was_lost_or_whose_worker_died_has_one_effect(#[case] backend: Backend) {
    for action in [FaultAction::DropBeforeCommit, FaultAction::DropAfterCommit, FaultAction::Refuse] {
        let opened = Opened::new(backend).await;
        opened.connected.org.faults().add(Fault::new(action).on("PATCH", "/sobjects/Case/"));
        opened.set("Closed").await;
        opened.deliver().await;
        assert_eq!(opened.status().await, ("Closed".to_owned(), CaseState::Closed, true), "{action:?}");
        // Somebody wants something else while the first try is not known to have landed.
        opened.set("Working").await;
        opened.connected.org.faults().clear();
        opened.connected.later();
        // Another process goes on.
        let another = opened.connected.portal.another_engine().await;
        another.deliver_due().await.unwrap();
        opened.connected.later();
        another.deliver_due().await.unwrap();
        assert_eq!(opened.in_org("Status"), "Working", "{action:?}");
        assert_eq!(opened.status().await, ("Working".to_owned(), CaseState::Open, false), "{action:?}");
        assert_eq!(another.health().await.pending, 0, "{action:?}");
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_case_changes_hands_for_staff_alone_to_see(#[case] backend: Backend) {
    let opened = Opened::new(backend).await;
    let Opened { connected, pat, sam, case } = &opened;
    let handling = opened.handling().await;
    assert_eq!(handling.owner.unwrap().name, "Sandbox Admin");
    assert!(handling.owners.iter().any(|owner| owner.id == RILEY_ID && !owner.is_queue));
    let version = connected.engine().thread(pat, place(*case), engine::Window::Latest).await.unwrap().version;
    connected.engine().set_case_owner(sam, place(*case), RILEY_ID).await.unwrap();
    assert!(opened.handling().await.owner_is_changing);
    assert!(!opened.seen_by(pat).await.is_changing);
    opened.deliver().await;
    assert_eq!(opened.in_org("OwnerId"), RILEY_ID);
    let handling = opened.handling().await;
    assert_eq!((handling.owner.unwrap().name.as_str(), handling.owner_is_changing), ("Riley Reviewer", false));
    let seen = format!("{:?}", connected.engine().course(pat, place(*case)).await.unwrap());
    assert!(!seen.contains("Riley"));
    assert_eq!(
        connected.engine().thread(pat, place(*case), engine::Window::Latest).await.unwrap().version,
        version,
        "no partner was woken"
    );
}

#[tokio::test]
async fn queues_own_cases_too() {
    let connected = Connected::new(Backend::Sqlite).await;
    let queue = connected.org.create("Group", json!({"Name": "Course support", "Type": "Queue"})).await.unwrap();
    connected.org.create("QueueSobject", json!({"QueueId": queue, "SobjectType": "Case"})).await.unwrap();
    connected.org.create("Group", json!({"Name": "Leads only", "Type": "Queue"})).await.unwrap();
    let sam = connected.portal.person("sam", Role::Staff, &[]).await;
    connected.say(&sam, circuits(), comment("Hello")).await;
    connected.engine().poll_once().await.unwrap();
    connected.engine().set_case_owner(&sam, circuits().into(), &queue).await.unwrap();
    connected.engine().deliver_due().await.unwrap();
    let handling = connected.engine().course(&sam, circuits()).await.unwrap().handling.unwrap();
    assert_eq!(handling.refusal, None);
    assert!(!handling.owners.iter().any(|owner| owner.name == "Leads only"), "it takes no cases");
    let owner = handling.owner.unwrap();
    assert_eq!((owner.name.as_str(), owner.is_queue), ("Course support", true));
}

#[tokio::test]
async fn a_closed_case_still_shows_and_takes_what_is_said() {
    let opened = Opened::new(Backend::Sqlite).await;
    opened.set("Closed").await;
    opened.deliver().await;
    let engine = opened.connected.engine();
    let post =
        engine.post_comment(&opened.pat, place(opened.case), comment("One more"), Wait::ForNothing).await.unwrap();
    opened.deliver().await;
    let thread = engine.thread(&opened.pat, place(opened.case), engine::Window::Latest).await.unwrap();
    let found = thread.posts.iter().find(|row| row.id == post.id).unwrap();
    assert_eq!(found.state, domain::PostState::Delivered);
    assert_eq!(opened.in_org("Status"), "Closed", "a comment reopens nothing");
}

#[tokio::test]
async fn nobody_but_staff_changes_a_case_and_others_cases_are_not_there() {
    let opened = Opened::new(Backend::Sqlite).await;
    let Opened { connected, pat, sam, case } = &opened;
    let engine = connected.engine();
    let quinn = connected.portal.person("quinn", Role::Partner, &["HarvardX"]).await;
    let nowhere = CasePlace { course: circuits(), case: Some("5b6e2d1c-0000-4000-8000-000000000000".parse().unwrap()) };
    let elsewhere = CasePlace { course: cs50(), case: Some(*case) };
    assert_eq!(kind(engine.set_case_status(pat, place(*case), "Closed").await), PublicKind::Forbidden);
    assert_eq!(kind(engine.set_case_owner(pat, place(*case), RILEY_ID).await), PublicKind::Forbidden);
    for (actor, at) in [(&quinn, place(*case)), (&quinn, elsewhere), (sam, elsewhere), (sam, nowhere), (pat, nowhere)] {
        assert_eq!(kind(engine.set_case_status(actor, at, "Closed").await), PublicKind::NotFound);
        assert_eq!(kind(engine.set_case_owner(actor, at, RILEY_ID).await), PublicKind::NotFound);
        assert_eq!(kind(engine.course(actor, at).await), PublicKind::NotFound);
        assert_eq!(kind(engine.thread(actor, at, engine::Window::Latest).await), PublicKind::NotFound);
        assert!(engine.subscribe(actor, at).await.is_err());
        assert_eq!(kind(engine.post_comment(actor, at, comment("x"), Wait::ForNothing).await), PublicKind::NotFound);
        let draft = DraftText { key: new_key(), body: "x".to_owned(), visibility: Visibility::Public, run: None };
        assert_eq!(kind(engine.save_draft(actor, at, draft).await), PublicKind::NotFound);
    }
    for unknown in ["", "Nope", "closed", "'; DROP TABLE cases"] {
        assert_eq!(kind(engine.set_case_status(sam, place(*case), unknown).await), PublicKind::Invalid);
        assert_eq!(kind(engine.set_case_owner(sam, place(*case), unknown).await), PublicKind::Invalid);
    }
    assert_eq!(engine.health().await.pending, 0);
}

#[tokio::test]
async fn a_change_of_a_case_that_never_came_into_the_org_is_refused_and_holds_nothing_up() {
    let connected = Connected::new(Backend::Sqlite).await;
    let sam = connected.portal.person("sam", Role::Staff, &[]).await;
    let engine = connected.engine();
    // The org's values are known from before.
    engine.poll_once().await.unwrap();
    let refusal = Fault::new(FaultAction::Status).on("PATCH", "/sobjects/").status(400);
    connected.org.faults().add(refusal.saying("NO_ACCESS", "Not here."));
    let case = engine.open_case(&sam, captions(), Wait::ForNothing).await.unwrap().id;
    engine.set_case_status(&sam, place(case), "Closed").await.unwrap();
    engine.deliver_due().await.unwrap();
    let handling = engine.course(&sam, place(case)).await.unwrap().handling.unwrap();
    assert!(handling.refusal.unwrap().contains("not in Salesforce yet"));
    assert_eq!(engine.health().await.pending, 0);
}

#[tokio::test]
async fn an_org_without_the_usual_status_makes_cases_with_its_own_default() {
    let connected = Connected::new(Backend::Sqlite).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    let engine = connected.engine();
    engine.poll_once().await.unwrap();
    let store = &connected.portal.database.store;
    let org = store.read().connections().latest().await.unwrap().unwrap().org_id;
    let statuses = store.read().case_values().statuses(&org).await.unwrap();
    assert_eq!(
        statuses.iter().filter(|status| status.is_closed).map(|status| &status.value).collect::<Vec<_>>(),
        ["Closed"]
    );
    let others: Vec<_> = statuses.into_iter().filter(|status| status.value != "Open").collect();
    let tx = store.begin().await.unwrap();
    tx.case_values().replace_statuses(&org, &others).await.unwrap();
    tx.commit().await.unwrap();
    engine.open_case(&pat, captions(), Wait::ForNothing).await.unwrap();
    engine.deliver_due().await.unwrap();
    assert_eq!(text(&connected.org.records("Case")[0], "Status"), "New");
}

#[tokio::test]
async fn a_case_that_could_not_be_opened_waits_in_its_form() {
    let portal = Portal::new(Backend::Sqlite, Some(absent_org())).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let draft = CaseDraft {
        key: new_key(),
        subject: "Captions".to_owned(),
        body: "They lag.\nA lot.".to_owned(),
        run: None,
        visibility: Visibility::Public,
    };
    portal.engine.save_case_draft(&pat, circuits(), draft.clone()).await.unwrap();
    assert_eq!(portal.engine.case_draft(&pat, circuits()).await.unwrap(), draft);
    let first = NewPost { key: draft.key, body: draft.body, visibility: Visibility::Public, run_key: None };
    let case = NewCaseInput { course: circuits(), run_key: None, subject: draft.subject, first };
    portal.engine.open_case(&pat, case, Wait::ForNothing).await.unwrap();
    let fresh = portal.engine.case_draft(&pat, circuits()).await.unwrap();
    assert_eq!((fresh.subject.as_str(), fresh.body.as_str()), ("", ""));
    assert_ne!(fresh.key, draft.key);
    let quinn = portal.person("quinn", Role::Partner, &["HarvardX"]).await;
    assert_eq!(kind(portal.engine.case_draft(&quinn, circuits()).await), PublicKind::NotFound);
}

//! Comments from before the portal: loaded once, with their dates and authors, whatever breaks on the way.

use std::{
    io,
    io::Write as _,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{HistoryLoadId, PersonName, Role};
use engine::{
    Actor, CourseInput, DeletedRecords, Engine, HistoryLoadState, HistoryProgress, HistoryReport, HistoryWatch,
    PublicKind, Reject,
};
use rstest::rstest;
use sandbox::{Fault, FaultAction, Sandbox, SandboxOptions};
use serde_json::json;
use store::Backend;
use tempfile::NamedTempFile;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::portal::{Connected, Portal, circuits, comment, cs50, engine_on, kind, org_at, text};

const RUN: &str = "course-v1:MITx+6.002x+2013-03-03";

#[derive(Default)]
pub(crate) struct Watch(Mutex<Vec<Reject>>);

impl HistoryWatch for Watch {
    fn progress(&self, _: HistoryProgress) {}

    fn rejected(&self, reject: &Reject) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(reject.clone());
        Ok(())
    }
}

impl Watch {
    pub(crate) fn lines(&self) -> Vec<(u64, String)> {
        self.0.lock().unwrap().iter().map(|reject| (reject.line, reject.reason.clone())).collect()
    }
}

pub(crate) fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

pub(crate) async fn load(engine: &Engine, file: &NamedTempFile) -> (HistoryReport, Watch) {
    let watch = Watch::default();
    let report = engine.load_history(file.path(), &watch).await.unwrap();
    (report, watch)
}

fn lines(count: usize) -> String {
    (0..count)
        .map(|number| {
            let course = if number % 3 == 0 { cs50() } else { circuits() };
            let author = if number % 2 == 0 { "ann" } else { "Bo Berg (bo)" };
            let created = format!("2015-03-{:02}T10:{:02}:{:02}.5Z", number / 3600 + 1, number / 60 % 60, number % 60);
            json!({"course": course, "author": author, "body": format!("No. {number}\n\n[Body]\n<b>"), "created": created})
                .to_string()
                + "\n"
        })
        .collect()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn history_keeps_its_dates_and_authors_and_is_loaded_once(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    org.set_audit_fields(true);
    let name = PersonName { first: "Ann".to_owned(), last: "Ames".to_owned() };
    let ann = portal.person_called("ann", name, Role::Partner, &["MITx"]).await;
    let csv = file(&format!(
        "course,run,author,body,created,visibility\n{id},{RUN},ann@example.org,\"Hello,\n\"\"world\"\"\",2014-05-06T07:08:09.123456+0200,\nMITx+6.002x,,Gone Long (gone),  indented & <b>,2014-05-07,internal\n{id},,ann,Twice,2014-05-08T00:00:00Z,public\n{id},,ann,Twice,2014-05-08T00:00:00Z,public\n",
        id = circuits()
    ));
    let (report, watch) = load(connected.engine(), &csv).await;
    assert_eq!(watch.lines(), []);
    assert_eq!((report.lines, report.loaded, report.already, report.rejected), (4, 4, 0, 0));
    assert!(report.is_proved(), "{report:?}");
    assert_eq!((report.courses.len(), report.courses[0].org.comments, report.courses[0].threads.comments), (1, 4, 4));

    let items = org.query("SELECT Body, CreatedDate, Visibility FROM FeedItem ORDER BY CreatedDate").unwrap();
    assert_eq!(items.len(), 4);
    assert_eq!(
        text(&items[0], "Body"),
        format!("[User]\nAnn Ames (ann)\n\n[Course Run]\n{RUN}\n\n[Body]\nHello,\n\"world\"")
    );
    assert_eq!(text(&items[0], "CreatedDate"), "2014-05-06T05:08:09.000+0000");
    assert_eq!(text(&items[1], "Visibility"), "InternalUsers");
    let ledger = org.query("SELECT Author_Name__c, Author_Username__c, Author_Role__c FROM Portal_Post__c WHERE Author_Username__c = 'gone'").unwrap();
    assert_eq!(
        (text(&ledger[0], "Author_Name__c"), text(&ledger[0], "Author_Role__c")),
        ("Gone Long (gone)".into(), "partner".into())
    );
    assert_eq!(org.count("Case"), 1);

    let bodies = ["Hello,\n\"world\"", "Twice", "Twice"];
    assert_eq!(connected.bodies(&ann, circuits()).await, bodies);
    connected.engine().poll_once().await.unwrap();
    assert_eq!(connected.bodies(&ann, circuits()).await, bodies);
    let thread = connected.engine().thread(&ann, circuits(), engine::Window::Latest).await.unwrap();
    assert_eq!(thread.posts[0].author, "Ann Ames");
    assert_eq!(thread.posts[0].run_key.as_deref(), Some(RUN));
    // A new comment goes on the same case.
    connected.say(&ann, circuits(), comment("now")).await;
    assert_eq!(org.count("Case"), 1);

    let (again, _) = load(connected.engine(), &csv).await;
    assert_eq!((again.loaded, again.already), (0, 4));
    assert!(again.is_proved());
    assert_eq!((org.count("FeedItem"), org.count("Portal_Post__c")), (5, 5));
}

#[rstest]
#[tokio::test]
async fn what_comments_hang_on_is_made_again_when_it_was_deleted_in_the_org(
    #[values("Case", "Course__c", "Course_Run__c", "Publisher_Organization__c")] object: &str,
    #[values(DeletedRecords::Recreate, DeletedRecords::Flag)] policy: DeletedRecords,
) {
    let connected = Connected::new(Backend::Sqlite).await;
    let Connected { portal, org } = &connected;
    org.set_audit_fields(true);
    let ada = portal.person("ada", Role::Admin, &[]).await;
    connected.engine().set_deleted_records(&ada, policy).await.unwrap();
    let line = |body: &str| {
        let line =
            json!({"course": circuits(), "run": RUN, "author": "ann", "body": body, "created": "2015-01-01T00:00:00Z"});
        file(&line.to_string())
    };
    assert!(load(connected.engine(), &line("before")).await.0.is_proved());
    for record in org.query(&format!("SELECT Id FROM {object}")).unwrap() {
        org.delete(object, &text(&record, "Id")).await.unwrap();
    }
    // So that what hangs on it is sent again and not left as it is.
    let input = CourseInput {
        key: "MITx+6.002x".to_owned(),
        title: "Circuits, once more".to_owned(),
        organizations: vec!["MITx".to_owned()],
        editors: None,
    };
    connected.engine().put_course(&ada, circuits(), input).await.unwrap();
    let after = connected.engine().load_history(line("after").path(), &Watch::default()).await;
    match policy {
        DeletedRecords::Recreate => {
            let report = after.unwrap();
            assert!(report.loaded == 1 && report.rejected == 0 && report.is_proved(), "{report:?}");
            let ledger =
                org.query("SELECT Case__c, Course_Run__c FROM Portal_Post__c ORDER BY CreatedDate, Id").unwrap();
            let ledger = ledger.last().unwrap();
            for (field, object) in [("Case__c", "Case"), ("Course_Run__c", "Course_Run__c")] {
                let there =
                    org.query(&format!("SELECT Id FROM {object} WHERE Id = '{}'", text(ledger, field))).unwrap();
                assert_eq!(there.len(), 1, "{field}");
            }
        }
        DeletedRecords::Flag => {
            let refused = after.unwrap_err().public().message;
            assert!(refused.contains("An admin decides"), "{refused}");
            // Once one has, the file goes on where it stopped, and nothing is there twice.
            connected.engine().set_deleted_records(&ada, DeletedRecords::Recreate).await.unwrap();
            assert!(load(connected.engine(), &line("after")).await.0.is_proved());
            let items = org.query("SELECT Body FROM FeedItem").unwrap();
            assert_eq!(items.iter().filter(|item| text(item, "Body").ends_with("after")).count(), 1);
        }
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn bad_lines_are_told_and_the_others_loaded(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    connected.org.set_audit_fields(true);
    let line = |changes: serde_json::Value| {
        let mut line =
            json!({"course": circuits(), "author": "ann", "body": "fine", "created": "2015-01-01T00:00:00Z"});
        for (name, value) in changes.as_object().unwrap() {
            line[name] = value.clone();
        }
        line.to_string()
    };
    let bad = file(
        &[
            line(json!({})),
            "{\"course\": ".to_owned(),
            line(json!({"course": "No+Such"})),
            line(json!({"run": "course-v1:HarvardX+CS50x+2012-10-15"})),
            line(json!({"body": " \n\u{200b}"})),
            line(json!({"created": "yesterday"})),
            line(json!({"created": "2999-01-01T00:00:00Z"})),
            line(json!({"modified": "2014-01-01T00:00:00Z"})),
            line(json!({"author": ""})),
            line(json!({"visibility": "secret"})),
            line(json!({"colour": "red"})),
            line(json!({"body": "x".repeat(10_001)})),
            line(json!({"body": "also fine"})),
        ]
        .join("\n"),
    );
    let watch = Watch::default();
    let checked = connected.engine().check_history(bad.path(), &watch).await.unwrap();
    assert_eq!((checked.lines, checked.rejected, checked.loaded), (13, 11, 0));
    assert_eq!(connected.org.count("FeedItem"), 0);
    let (report, watch) = load(connected.engine(), &bad).await;
    assert_eq!(watch.lines().iter().map(|(line, _)| *line).collect::<Vec<_>>(), (2..=12).collect::<Vec<_>>());
    assert!(watch.lines().iter().all(|(_, reason)| reason.ends_with('.')), "{:?}", watch.lines());
    assert_eq!((report.loaded, report.rejected), (2, 11));
    assert!(report.is_proved());
    assert_eq!(connected.org.count("FeedItem"), 2);
}

#[rstest]
#[case::making_the_job("POST", "jobs/ingest", 1)]
#[case::uploading("PUT", "/batches", 1)]
#[case::closing("PATCH", "jobs/ingest/", 1)]
#[case::waiting("GET", "jobs/ingest/750*", 1)]
#[case::results("GET", "/successfulResults", 1)]
#[case::refused_results("GET", "/failedResults", 1)]
#[tokio::test]
async fn a_load_that_breaks_off_anywhere_goes_on_and_doubles_nothing(
    #[case] method: &str,
    #[case] path: &str,
    #[case] times: u32,
    #[values(FaultAction::DropAfterCommit, FaultAction::Status)] action: FaultAction,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    org.set_audit_fields(true);
    let history = file(&lines(40));
    // A status that no client tries again ends the load there, as a kill would; a lost answer it gets over by itself.
    let fault = Fault::new(action).on(method, path).times(times);
    let fault = if action == FaultAction::Status { fault.status(400).saying("INVALIDJOB", "not now") } else { fault };
    org.faults().add(fault);
    let first = connected.engine().load_history(history.path(), &Watch::default()).await;
    assert_eq!(first.is_err(), action == FaultAction::Status, "{first:?}");
    // Meanwhile the portal reads what is there.
    connected.later();
    connected.engine().poll_once().await.unwrap();
    let (second, _) = load(connected.engine(), &history).await;
    assert!(second.is_proved(), "{second:?}");
    assert_eq!((org.count("FeedItem"), org.count("Portal_Post__c")), (40, 40));
    let sam = portal.person("sam", Role::Staff, &[]).await;
    connected.engine().poll_once().await.unwrap();
    let shown = connected.bodies(&sam, circuits()).await.len() + connected.bodies(&sam, cs50()).await.len();
    assert_eq!(shown, 40);
}

#[tokio::test]
async fn a_job_that_the_org_has_forgotten_is_recognised_by_what_it_brought() {
    let connected = Connected::new(Backend::Sqlite).await;
    connected.org.set_audit_fields(true);
    let history = file(&lines(20));
    connected.org.faults().add(
        Fault::new(FaultAction::Status)
            .on("GET", "/successfulResults")
            .status(400)
            .saying("INVALIDJOB", "not now")
            .times(1),
    );
    assert!(connected.engine().load_history(history.path(), &Watch::default()).await.is_err());
    assert_eq!(connected.org.count("FeedItem"), 20);
    connected.org.faults().add(
        Fault::new(FaultAction::Status).on("GET", "jobs/ingest/750*").status(404).saying("NOT_FOUND", "gone").times(1),
    );
    let (report, _) = load(connected.engine(), &history).await;
    assert!(report.is_proved(), "{report:?}");
    assert_eq!((connected.org.count("FeedItem"), connected.org.count("Portal_Post__c")), (20, 20));
}

#[tokio::test]
async fn a_portal_that_lost_its_database_finds_what_it_had_loaded() {
    let connected = Connected::new(Backend::Sqlite).await;
    connected.org.set_audit_fields(true);
    let history = file(&lines(30));
    load(connected.engine(), &history).await;
    let another = Portal::new(Backend::Sqlite, Some(org_at(&connected.org.url()))).await;
    another.engine.connect_unattended().await.unwrap();
    let (report, _) = load(&another.engine, &history).await;
    assert_eq!((report.loaded, report.already), (0, 30));
    assert!(report.is_proved(), "{report:?}");
    assert_eq!((connected.org.count("FeedItem"), connected.org.count("Case")), (30, 2));
}

#[tokio::test]
async fn the_proof_tells_of_what_is_not_as_in_the_file() {
    let connected = Connected::new(Backend::Sqlite).await;
    let org = &connected.org;
    org.set_audit_fields(true);
    let history = file(&lines(6));
    load(connected.engine(), &history).await;
    let id = text(&org.records("FeedItem")[0], "Id");
    org.update("FeedItem", &id, json!({"Body": "somebody edited this"})).await.unwrap();
    let (report, _) = load(connected.engine(), &history).await;
    assert!(!report.is_proved());
    let wrong: Vec<_> = report.courses.iter().filter(|course| !course.agrees()).collect();
    assert_eq!((wrong.len(), wrong[0].org.comments), (1, wrong[0].file.comments));
    assert_eq!(wrong[0].file, wrong[0].threads);
}

#[tokio::test]
async fn an_org_that_keeps_its_dates_to_itself_is_refused_before_anything_is_loaded() {
    let connected = Connected::new(Backend::Sqlite).await;
    let history = file(&lines(3));
    let refused = connected.engine().load_history(history.path(), &Watch::default()).await.unwrap_err();
    assert!(refused.public().message.contains("Set Audit Fields"), "{refused}");
    assert_eq!(connected.org.count("FeedItem"), 0);
    let without = Portal::new(Backend::Sqlite, None).await;
    assert_eq!(kind(without.engine.load_history(history.path(), &Watch::default()).await), PublicKind::NotFound);
}

fn start_loads(engine: &Engine) -> (JoinHandle<()>, CancellationToken) {
    let stop = CancellationToken::new();
    let (runner, told) = (engine.clone(), stop.clone());
    (tokio::spawn(async move { runner.run_history_loads(told).await }), stop)
}

/// Runs what waits, until `done` says so; as a portal does from its start to its end.
async fn run_until(engine: &Engine, done: impl AsyncFn() -> bool) {
    let (runner, stop) = start_loads(engine);
    while !done().await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    runner.await.unwrap();
}

async fn state(engine: &Engine, ada: &Actor, load: HistoryLoadId) -> HistoryLoadState {
    engine.history_load(ada, load).await.unwrap().state
}

async fn send(engine: &Engine, ada: &Actor, text: &str, check_only: bool) -> HistoryLoadId {
    let mut upload = engine.receive_history(ada).await.unwrap();
    for part in text.as_bytes().chunks(1000) {
        upload.write(part).await.unwrap();
    }
    upload.finish("old.jsonl", check_only).await.unwrap()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_file_that_was_sent_is_checked_then_loaded_and_then_not_kept(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    org.set_audit_fields(true);
    let engine = connected.engine();
    let ada = portal.person("ada", Role::Admin, &[]).await;
    let text = format!("{}nonsense\n", lines(25));
    let id = send(engine, &ada, &text, true).await;
    assert_eq!(state(engine, &ada, id).await, HistoryLoadState::Waiting);
    run_until(engine, async || state(engine, &ada, id).await == HistoryLoadState::Done).await;
    let view = engine.history_load(&ada, id).await.unwrap();
    let report = view.report.unwrap();
    assert_eq!((report.lines, report.rejected, report.loaded), (26, 1, 0));
    assert_eq!((view.file_size, view.has_rejects, view.file_kept), (text.len() as u64, true, true));
    assert_eq!((view.file_name.as_str(), view.begun_by.as_deref()), ("old.jsonl", Some("ada Ames")));
    assert_eq!(org.count("FeedItem"), 0, "a check loads nothing");
    let rejects = std::fs::read_to_string(engine.history_rejects(&ada, id).await.unwrap()).unwrap();
    assert!(rejects.starts_with("{\"line\":26,"), "{rejects}");

    engine.resume_history_load(&ada, id).await.unwrap();
    run_until(engine, async || state(engine, &ada, id).await == HistoryLoadState::Done).await;
    let report = engine.history_load(&ada, id).await.unwrap().report.unwrap();
    assert_eq!((report.loaded, report.rejected, report.is_proved()), (25, 1, true));
    assert_eq!(report.courses.iter().map(|course| course.threads.comments).sum::<u64>(), 25);

    // Nothing was left out of this one, so nothing of it need lie about.
    let id = send(engine, &ada, &lines(25), false).await;
    run_until(engine, async || state(engine, &ada, id).await == HistoryLoadState::Done).await;
    let view = engine.history_load(&ada, id).await.unwrap();
    assert_eq!(view.report.map(|report| (report.loaded, report.already)), Some((0, 25)));
    assert!(!view.file_kept && !view.has_rejects);
    assert_eq!(org.count("FeedItem"), 25);
    engine.remove_history_load(&ada, id).await.unwrap();
    assert_eq!(kind(engine.history_load(&ada, id).await), PublicKind::NotFound);
    let left: Vec<_> = std::fs::read_dir(portal.uploads.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(left.len(), 2, "the first's file and its rejects: {left:?}");
}

#[tokio::test]
async fn a_load_goes_on_after_its_process_was_ended_and_two_never_run_at_a_time() {
    let connected = Connected::new(Backend::Sqlite).await;
    let Connected { portal, org } = &connected;
    org.set_audit_fields(true);
    let ada = portal.person("ada", Role::Admin, &[]).await;
    let engine = connected.engine();
    let id = send(engine, &ada, &lines(30), false).await;
    // The org takes its time over the job, so that the load is in the middle when its process ends.
    org.faults().add(Fault::new(FaultAction::Delay).on("GET", "/successfulResults").delay_ms(60_000).times(1));
    let (runner, _stop) = start_loads(engine);
    while !org.faults().list().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    runner.abort();
    assert!(runner.await.unwrap_err().is_cancelled());
    assert_eq!(state(engine, &ada, id).await, HistoryLoadState::Running, "nobody knows yet");

    let another = portal.another_engine().await;
    connected.later();
    run_until(&another, async || state(&another, &ada, id).await == HistoryLoadState::Done).await;
    let report = another.history_load(&ada, id).await.unwrap().report.unwrap();
    assert!(report.is_proved() && report.rejected == 0, "{report:?}");
    assert_eq!((org.count("FeedItem"), org.count("Portal_Post__c")), (30, 30));
}

#[tokio::test]
async fn a_load_that_is_stopped_ends_and_can_be_gone_on_with() {
    let connected = Connected::new(Backend::Sqlite).await;
    let Connected { portal, org } = &connected;
    org.set_audit_fields(true);
    let ada = portal.person("ada", Role::Admin, &[]).await;
    let engine = connected.engine();
    let id = send(engine, &ada, &lines(30), false).await;
    org.faults().add(Fault::new(FaultAction::Delay).on("GET", "/successfulResults").delay_ms(60_000).times(1));
    let stopping = std::cell::Cell::new(false);
    run_until(engine, async || {
        if org.faults().list().is_empty() && !stopping.replace(true) {
            assert_eq!(kind(engine.remove_history_load(&ada, id).await), PublicKind::Conflict);
            assert_eq!(kind(engine.resume_history_load(&ada, id).await), PublicKind::Conflict);
            engine.stop_history_load(&ada, id).await.unwrap();
        }
        state(engine, &ada, id).await == HistoryLoadState::Stopped
    })
    .await;
    assert_eq!(kind(engine.stop_history_load(&ada, id).await), PublicKind::Conflict);
    engine.resume_history_load(&ada, id).await.unwrap();
    run_until(engine, async || state(engine, &ada, id).await == HistoryLoadState::Done).await;
    assert_eq!((org.count("FeedItem"), org.count("Portal_Post__c")), (30, 30));
}

#[tokio::test]
async fn only_admins_know_of_loads_and_what_did_not_arrive_leaves_nothing() {
    let connected = Connected::new(Backend::Sqlite).await;
    let portal = &connected.portal;
    let engine = connected.engine();
    let ada = portal.person("ada", Role::Admin, &[]).await;
    let id = send(engine, &ada, "nonsense\n", true).await;
    for (name, role) in [("sam", Role::Staff), ("mia", Role::Partner)] {
        let other = portal.person(name, role, &["MITx"]).await;
        assert_eq!(kind(engine.history_loads(&other).await), PublicKind::NotFound);
        assert_eq!(kind(engine.history_load(&other, id).await), PublicKind::NotFound);
        assert_eq!(kind(engine.receive_history(&other).await.map(drop)), PublicKind::NotFound);
        assert_eq!(kind(engine.stop_history_load(&other, id).await), PublicKind::NotFound);
        assert_eq!(kind(engine.resume_history_load(&other, id).await), PublicKind::NotFound);
        assert_eq!(kind(engine.remove_history_load(&other, id).await), PublicKind::NotFound);
        assert_eq!(kind(engine.history_rejects(&other, id).await), PublicKind::NotFound);
    }
    let mut broken_off = engine.receive_history(&ada).await.unwrap();
    broken_off.write(b"{").await.unwrap();
    drop(broken_off);
    assert_eq!(kind(engine.receive_history(&ada).await.unwrap().finish("x", true).await), PublicKind::Invalid);
    assert_eq!(std::fs::read_dir(portal.uploads.path()).unwrap().count(), 1);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_was_said_at_one_moment_stays_in_the_order_of_the_file(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    connected.org.set_audit_fields(true);
    let line = |number: u32| {
        let created = format!("2015-03-01T10:00:00.{}Z", number % 2);
        json!({"course": circuits(), "author": "ann", "body": format!("{number:02}"), "created": created})
    };
    let history = file(&(0..40).map(|number| line(number).to_string() + "\n").collect::<String>());
    load(connected.engine(), &history).await;
    let sam = connected.portal.person("sam", Role::Staff, &[]).await;
    let expected: Vec<String> =
        (0..40).step_by(2).chain((1..40).step_by(2)).map(|number| format!("{number:02}")).collect();
    assert_eq!(connected.bodies(&sam, circuits()).await, expected);
    connected.later();
    connected.engine().poll_once().await.unwrap();
    assert_eq!(connected.bodies(&sam, circuits()).await, expected, "also after the org was read");
}

#[tokio::test]
async fn who_is_nobody_here_is_named_alike_whether_loaded_or_read_from_the_org() {
    let connected = Connected::new(Backend::Sqlite).await;
    let Connected { portal, org } = &connected;
    org.set_audit_fields(true);
    let mia = portal.person("mia", Role::Partner, &["MITx"]).await;
    let line = |author: &str| {
        json!({"course": circuits(), "author": author, "body": "hello", "created": "2015-03-01T10:00:00Z"}).to_string()
    };
    let authors = ["Old Person (oldp)", "ghost@nowhere.test", "x"];
    let (report, watch) =
        load(connected.engine(), &file(&format!("{}\n{}\n", authors.map(line).join("\n"), line("A\nB (mia)")))).await;
    assert_eq!((report.loaded, watch.lines().len()), (3, 1), "{:?}", watch.lines());
    assert!(watch.lines()[0].1.contains("line breaks"));
    assert!(report.is_proved(), "{report:?}");
    let named = async |engine: &Engine| {
        let comments = engine.comments(&mia, circuits(), None).await.unwrap().items;
        comments.into_iter().map(|comment| (comment.user.username, comment.user.last_name)).collect::<Vec<_>>()
    };
    let user = |username: &str, last: &str| (username.to_owned(), last.to_owned());
    assert_eq!(named(connected.engine()).await, [user("oldp", "Person"), user("ghost", ""), user("x", "")]);
    let thread = connected.engine().thread(&mia, circuits(), engine::Window::Latest).await.unwrap();
    let shown: Vec<_> = thread.posts.iter().map(|post| post.author.as_str()).collect();
    assert_eq!(shown, ["Old Person (oldp)", "ghost", "x"], "an address is for nobody's eyes");
    let addresses = org.query("SELECT Author_Username__c FROM Portal_Post__c ORDER BY Author_Username__c").unwrap();
    assert_eq!(
        addresses.iter().map(|row| text(row, "Author_Username__c")).collect::<Vec<_>>(),
        ["ghost@nowhere.test", "oldp", "x"]
    );
}

#[tokio::test]
async fn lines_that_no_org_can_hold_are_told_in_words_for_a_file() {
    let connected = Connected::new(Backend::Sqlite).await;
    connected.org.set_audit_fields(true);
    let line = |body: &str, created: &str| {
        json!({"course": circuits(), "author": "ann", "body": body, "created": created}).to_string()
    };
    let lines =
        [line(" \u{200b}", "2015-03-01"), line(&"x".repeat(10_000), "2015-03-01"), line("of old", "1000-03-01")];
    let (report, watch) = load(connected.engine(), &file(&lines.join("\n"))).await;
    assert_eq!((report.rejected, report.loaded), (3, 0));
    let reasons: Vec<String> = watch.lines().into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(reasons[0], "The comment is blank. Correct the line, or leave it out.");
    assert!(reasons[1].starts_with("The comment has 10000 characters; beside its author and run, Salesforce holds 99"));
    assert!(reasons[2].contains("before 1700"));
}

#[tokio::test]
async fn a_check_says_also_why_the_org_would_take_nothing() {
    let connected = Connected::new(Backend::Sqlite).await;
    let report = connected.engine().check_history(file(&lines(2)).path(), &Watch::default()).await.unwrap();
    assert!(report.obstacle.unwrap().contains("Set Audit Fields"));
    connected.org.set_audit_fields(true);
    let report = connected.engine().check_history(file(&lines(2)).path(), &Watch::default()).await.unwrap();
    assert_eq!((report.obstacle, report.lines), (None, 2));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn another_org_that_is_used_from_now_on_gets_the_history_too(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    org.set_audit_fields(true);
    let history = file(&lines(12));
    load(connected.engine(), &history).await;
    let ada = portal.person("ada", Role::Admin, &[]).await;
    let sam = portal.person("sam", Role::Staff, &[]).await;
    connected.engine().disconnect(&ada).await.unwrap();
    portal.clock.advance(Duration::from_secs(1));
    let options = SandboxOptions { organization_id: "00DSB00000000092AA".to_owned(), ..SandboxOptions::default() };
    let other = Sandbox::start(options).await.unwrap();
    other.set_audit_fields(true);
    let engine = engine_on(portal.database.store.clone(), &portal.clock, Some(org_at(&other.url())));
    engine.connect_unattended().await.unwrap();
    engine.use_this_org(&ada).await.unwrap();
    let before = engine.thread(&sam, circuits(), engine::Window::Latest).await.unwrap();
    let (report, _) = load(&engine, &history).await;
    assert_eq!((report.loaded, report.already), (12, 0));
    assert!(report.is_proved(), "{report:?}");
    assert_eq!((other.count("FeedItem"), other.count("Portal_Post__c")), (12, 12));
    engine.poll_once().await.unwrap();
    let after = engine.thread(&sam, circuits(), engine::Window::Latest).await.unwrap();
    let ids = |thread: &domain::Thread| thread.posts.iter().map(|post| post.id).collect::<Vec<_>>();
    assert_eq!(ids(&after), ids(&before), "the same posts, each once");
    assert_eq!(load(&engine, &history).await.0.already, 12);
}

#[tokio::test]
async fn when_a_comment_was_changed_later_is_kept_beside_it() {
    let connected = Connected::new(Backend::Sqlite).await;
    let org = &connected.org;
    org.set_audit_fields(true);
    let line = |modified: &str| {
        let body = format!("modified {modified}");
        json!({"course": circuits(), "author": "ann", "body": body, "created": "2015-03-01T10:00:00Z", "modified": modified})
            .to_string()
    };
    let times = ["2016-05-06T07:08:09.5Z", "2015-03-01T10:00:00Z", "2014-01-01", "2999-01-01"];
    let (report, watch) = load(connected.engine(), &file(&times.map(line).join("\n"))).await;
    assert_eq!((report.loaded, report.rejected), (2, 2), "{:?}", watch.lines());
    let soql = "SELECT Modified__c FROM Portal_Post__c WHERE Modified__c != NULL";
    let kept = org.query(soql).unwrap();
    assert_eq!(kept.iter().map(|row| text(row, "Modified__c")).collect::<Vec<_>>(), ["2016-05-06T07:08:09.000+0000"]);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn two_loads_of_one_file_at_once_double_nothing(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    org.set_audit_fields(true);
    let another = portal.another_engine().await;
    let history = file(&lines(60));
    let (one, other) = tokio::join!(load(connected.engine(), &history), load(&another, &history));
    let (one, other) = (one.0, other.0);
    assert_eq!((one.loaded + other.loaded, one.already + other.already), (60, 60));
    assert!(one.is_proved() && other.is_proved());
    assert_eq!((org.count("FeedItem"), org.count("Portal_Post__c")), (60, 60));
}

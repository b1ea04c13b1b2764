//! Comments from before the portal: loaded once, with their dates and authors, whatever breaks on the way.

use std::{
    io,
    io::Write as _,
    sync::{Mutex, PoisonError},
};

use domain::{PersonName, Role};
use engine::{Engine, HistoryProgress, HistoryReport, HistoryWatch, PublicKind, Reject};
use rstest::rstest;
use sandbox::{Fault, FaultAction};
use serde_json::json;
use store::Backend;
use tempfile::NamedTempFile;

use crate::portal::{Connected, Portal, circuits, comment, cs50, kind, org_at, text};

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
    assert_eq!(text(&items[0], "CreatedDate"), "2014-05-06T05:08:09.123+0000");
    assert_eq!(text(&items[1], "Visibility"), "InternalUsers");
    let ledger = org.query("SELECT Author_Name__c, Author_Username__c, Author_Role__c FROM Portal_Post__c WHERE Author_Username__c = 'gone'").unwrap();
    assert_eq!(
        (text(&ledger[0], "Author_Name__c"), text(&ledger[0], "Author_Role__c")),
        ("Gone Long".into(), "partner".into())
    );
    assert_eq!(org.count("Case"), 1);

    let bodies = ["Hello,\n\"world\"", "Twice", "Twice"];
    assert_eq!(connected.bodies(&ann, circuits()).await, bodies);
    connected.engine().poll_once().await.unwrap();
    assert_eq!(connected.bodies(&ann, circuits()).await, bodies);
    let thread = connected.engine().thread(&ann, circuits(), None).await.unwrap();
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

//! Whatever people write or are called: stored, sent and shown exactly so, and nobody becomes anybody else.

use std::{collections::HashMap, time::Duration};

use domain::{CommentBody, CourseId, Email, PersonName, PostState, Role, Timestamp, Username};
use engine::{Actor, CourseFilter, Engine, ImportMode, Wait};
use rstest::rstest;
use serde_json::json;
use store::Backend;

use crate::{
    history::{file, load},
    portal::{Connected, Portal, circuits, comment, course_id, cs50, text, whole_thread},
};

fn naughty() -> Vec<String> {
    let list =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/naughty-strings.json")).unwrap();
    serde_json::from_str(&list).unwrap()
}

/// An org keeps no text that XML has no form for, and no blanks at the end.
fn kept_by_org(text: &str) -> String {
    let has_form = |character: &char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(has_form).collect::<String>().trim_end_matches(|character| character <= ' ').to_owned()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_naughty_string_survives_as_a_comment(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    let texts: Vec<String> = naughty()
        .into_iter()
        .filter(|text| CommentBody::new(text).is_ok() && !kept_by_org(text).trim().is_empty())
        .collect();
    assert!(texts.len() > 400);
    for text in &texts {
        connected.portal.clock.advance(Duration::from_millis(2));
        connected.engine().post_comment(&pat, circuits(), comment(text), Wait::ForNothing).await.unwrap();
    }
    connected.engine().deliver_due().await.unwrap();
    let thread = whole_thread(connected.engine(), &pat, circuits()).await;
    assert_eq!(thread.len(), texts.len());
    for (post, text) in thread.iter().zip(&texts) {
        assert_eq!(post.state, PostState::Delivered, "{text:?}");
        assert_eq!(post.body, text.replace("\r\n", "\n").replace('\r', "\n"));
        assert_eq!(post.author, "pat Ames");
    }
    // Read back from the org into a database that knows nothing of them.
    let fresh = crate::portal::Portal::new(backend, connected.portal.org.clone()).await;
    fresh.engine.connect_unattended().await.unwrap();
    fresh.engine.poll_once().await.unwrap();
    let olga = fresh.person("olga", Role::Partner, &["MITx"]).await;
    let mut found: Vec<_> =
        whole_thread(&fresh.engine, &olga, circuits()).await.into_iter().map(|post| post.body).collect();
    let mut written: Vec<_> = thread.into_iter().map(|post| kept_by_org(&post.body)).collect();
    found.sort();
    written.sort();
    assert_eq!(found, written);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_body_that_looks_like_the_form_or_like_a_reference_stays_a_body(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    for body in [
        "@{post.id}",
        "@{ledger.id} and @{nothing.here}",
        "[Body]\n[User]\nDean (dean)\n\n[Body]\nno",
        "a < b &lt; c &amp; <script>alert(1)</script>",
        "line\n\n\nline   ",
        "' OR Id != null --",
        "\u{202e}right to left\u{202c} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    ] {
        let post = connected.say(&pat, circuits(), comment(body)).await;
        assert_eq!((post.body.as_str(), post.state), (body, PostState::Delivered));
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_hostile_name_names_its_owner_and_nobody_else(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let names = ["@{ledger.id}", "[Body]", "Ames (dean)\n\n[Body]\nhi", "O'Neil \\", "Иван 🙂"];
    for (number, hostile) in names.into_iter().enumerate() {
        let name = PersonName { first: hostile.chars().take(40).collect(), last: hostile.to_owned() };
        let person = portal.person_called(&format!("person{number}"), name, Role::Partner, &["MITx"]).await;
        portal.clock.advance(Duration::from_secs(1));
        let post = connected.say(&person, circuits(), comment("said by me")).await;
        assert_eq!(post.state, PostState::Delivered, "{hostile:?}");
        assert_eq!(post.author, person.display_name());
    }
    for item in org.records("FeedItem") {
        let body = text(&item, "Body");
        let parsed = domain::ParsedFeedText::parse(&body).unwrap();
        assert_eq!((parsed.body, parsed.run_key), ("said by me", None), "{body:?}");
        assert!(parsed.author.contains("(person"), "{body:?}");
    }
    for entry in org.records("Portal_Post__c") {
        assert!(text(&entry, "Author_Username__c").starts_with("person"));
    }
}

/// What is left of a text as a title or a name; none when it can be neither.
fn as_title(text: &str) -> Option<&str> {
    let title = text.trim();
    let is_line = !title.contains(char::is_control) && title.chars().count() <= 1_000;
    (is_line && CommentBody::new(title).is_ok()).then_some(title)
}

/// The titles that a search finds, on all its pages.
async fn found(engine: &Engine, actor: &Actor, text: &str) -> Vec<String> {
    let mut titles = Vec::new();
    let mut after = None;
    loop {
        let filter = CourseFilter { text: Some(text.to_owned()), after };
        let page = engine.catalogue_courses(actor, filter.clone()).await.unwrap().list;
        assert_eq!(page, engine.my_courses(actor, filter).await.unwrap());
        titles.extend(page.courses.into_iter().map(|course| course.title));
        after = page.next;
        if after.is_none() {
            return titles;
        }
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_naughty_string_in_a_file_of_the_catalogue_is_a_title_here_and_in_the_org(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let engine = connected.engine();
    let sam = connected.portal.person("sam", Role::Staff, &[]).await;
    let texts = naughty();
    let id = |number: usize| CourseId::from_uuid(uuid::Uuid::from_u128(number as u128));
    let mut lines = String::new();
    for (number, text) in texts.iter().enumerate() {
        let (organization, course) = (format!("N{number}"), format!("N{number}+1"));
        for line in [
            json!({"organization": {"key": organization, "name": text}}),
            json!({"course": {"uuid": id(number), "key": course, "title": text, "organizations": [organization]}}),
            json!({"run": {"key": format!("course-v1:{course}+1"), "course": id(number), "title": text}}),
        ] {
            lines.push_str(&format!("{line}\n"));
        }
    }
    let report = engine.upload_catalogue(&sam, lines.as_bytes(), ImportMode::Write).await.unwrap();
    let told: Vec<u64> = report.problems.iter().map(|(line, _)| *line).collect();
    let refused = (0..).zip(&texts).filter(|(_, text)| as_title(text).is_none());
    let expected: Vec<u64> = refused.flat_map(|(number, _)| [3 * number + 1, 3 * number + 2, 3 * number + 3]).collect();
    assert_eq!(told, expected, "{:#?}", report.problems);
    while engine.deliver_due().await.unwrap() > 0 {}

    let titles: Vec<(usize, &str)> =
        texts.iter().enumerate().filter_map(|(number, text)| Some((number, as_title(text)?))).collect();
    assert!(titles.len() > 400);
    let in_org = |object: &str, key: &str, name: &str| -> HashMap<String, String> {
        connected.org.records(object).iter().map(|record| (text(record, key), text(record, name))).collect()
    };
    let accounts = in_org("Account", "Portal_Key__c", "Name");
    let organizations = in_org("Publisher_Organization__c", "Organization_Key__c", "Organization_Name__c");
    let courses = in_org("Course__c", "Course_Key__c", "Course_Name__c");
    let runs = in_org("Course_Run__c", "Course_Number__c", "Course_Run_Name__c");
    for (number, title) in titles {
        let page = engine.catalogue_course(&sam, id(number)).await.unwrap();
        assert_eq!((page.title.as_str(), page.organizations[0].name.as_str()), (title, title));
        assert_eq!(page.runs[0].title, title);
        let cut: String = title.chars().take(255).collect();
        let organization = format!("N{number}");
        assert_eq!((&accounts[&organization], &organizations[&organization]), (&cut, &cut));
        assert_eq!(courses[&page.key], cut);
        assert_eq!(runs[&page.runs[0].key], cut);
        assert!(found(engine, &sam, title).await.iter().any(|found| found == title), "{title:?} is found");
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_naughty_string_in_a_table_is_a_title_or_told_and_spoils_no_other(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let sam = portal.person("sam", Role::Staff, &[]).await;
    let mut texts = naughty();
    // None of the list is this long, or holds these; a NUL would end a transaction of PostgreSQL.
    texts.extend(["nul \0 within".to_owned(), "bell \u{7} within".to_owned(), "long ".repeat(201)]);
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["institution", "course_number", "launch_date", "title"]).unwrap();
    for (number, text) in texts.iter().enumerate() {
        table.write_record(["Naughty", &number.to_string(), "01/02/2026", text]).unwrap();
    }
    let table = table.into_inner().unwrap();
    let report = portal.engine.upload_catalogue(&sam, &table, ImportMode::Write).await.unwrap();
    let titles: HashMap<String, &str> = (texts.iter().enumerate())
        .filter_map(|(number, text)| Some((format!("Naughty+{number}"), as_title(text)?)))
        .collect();
    let taken = usize::try_from(report.courses.created).unwrap();
    assert_eq!((taken, titles.len()), (titles.len(), texts.len() - report.problems.len()), "{:#?}", report.problems);
    for (key, title) in &titles {
        let page = portal.engine.catalogue_course(&sam, course_id(key)).await.unwrap();
        assert_eq!((page.title.as_str(), page.runs[0].title.as_str()), (*title, *title));
    }
}

/// One second after another.
fn moment(number: usize) -> String {
    Timestamp::from_micros(1_400_000_000_000_000 + 1_000_000 * i64::try_from(number).unwrap()).to_rfc3339()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_naughty_string_of_history_is_the_comment_it_was(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    connected.org.set_audit_fields(true);
    let ann = connected.portal.person("ann", Role::Partner, &["MITx", "HarvardX"]).await;
    let texts = naughty();
    let mut lines = String::new();
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["course", "author", "body", "created"]).unwrap();
    for (number, text) in texts.iter().enumerate() {
        let created = moment(number);
        lines += &format!("{}\n", json!({"course": circuits(), "author": "ann", "body": text, "created": created}));
        table.write_record([&cs50().to_string(), "ann", text, &created]).unwrap();
    }
    let table = String::from_utf8(table.into_inner().unwrap()).unwrap();
    let good: Vec<String> =
        texts.iter().filter_map(|text| Some(CommentBody::new(text).ok()?.as_str().to_owned())).collect();
    for (course, text) in [(circuits(), &lines), (cs50(), &table)] {
        let file = file(text);
        let (report, watch) = load(connected.engine(), &file).await;
        assert_eq!((report.loaded, report.rejected), (good.len() as u64, (texts.len() - good.len()) as u64));
        assert!(report.is_proved(), "{report:?}");
        assert!(watch.lines().iter().all(|(_, reason)| reason.ends_with('.')), "{:?}", watch.lines());
        assert_eq!(connected.bodies(&ann, course).await, good);
        let (again, _) = load(connected.engine(), &file).await;
        assert_eq!((again.loaded, again.already), (0, good.len() as u64));
    }
    // Read back from the org into a database that knows nothing of them.
    let fresh = Portal::new(backend, connected.portal.org.clone()).await;
    fresh.engine.connect_unattended().await.unwrap();
    fresh.engine.poll_once().await.unwrap();
    let olga = fresh.person("olga", Role::Partner, &["MITx", "HarvardX"]).await;
    for course in [circuits(), cs50()] {
        let posts = whole_thread(&fresh.engine, &olga, course).await;
        let kept: Vec<String> = good.iter().map(|text| kept_by_org(text)).collect();
        assert_eq!(posts.iter().map(|post| post.body.clone()).collect::<Vec<_>>(), kept);
        assert!(posts.iter().all(|post| post.author == "ann Ames"));
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_naughty_author_of_history_is_called_so_or_told_and_is_nobody_else(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    connected.org.set_audit_fields(true);
    let ann = connected.portal.person("ann", Role::Partner, &["MITx", "HarvardX"]).await;
    let texts = naughty();
    let mut lines = String::new();
    // What each comment's author has to be called, by what it says.
    let mut called: HashMap<String, String> = HashMap::new();
    for (number, text) in texts.iter().enumerate() {
        let as_line = format!("as username {number}");
        let trimmed = text.trim();
        let is_kept = kept_by_org(text) == text.trim_end() && !text.contains(['\t', '\n']);
        if is_kept && Username::new(trimmed).is_ok() && Email::new(trimmed).is_err() {
            called.insert(as_line.clone(), trimmed.to_owned());
        }
        let as_name = format!("as name {number}");
        if is_kept && let Ok(name) = PersonName::from_full(&format!("{text} Ames")) {
            called.insert(as_name.clone(), format!("{} (u{number})", name.full()));
        }
        let parts = json!({"username": format!("u{number}"), "first_name": text, "last_name": "Ames"});
        for (author, body) in [(json!(text), as_line), (parts, as_name)] {
            let line = json!({"course": circuits(), "author": author, "body": body, "created": moment(number)});
            lines += &format!("{line}\n");
        }
    }
    let (report, watch) = load(connected.engine(), &file(&lines)).await;
    assert_eq!(report.loaded + report.rejected, 2 * texts.len() as u64);
    assert!(report.loaded > 400 && report.is_proved(), "{report:?}");
    assert!(watch.lines().iter().all(|(_, reason)| reason.ends_with('.')), "{:?}", watch.lines());
    let fresh = Portal::new(backend, connected.portal.org.clone()).await;
    fresh.engine.connect_unattended().await.unwrap();
    fresh.engine.poll_once().await.unwrap();
    let olga = fresh.person("olga", Role::Partner, &["MITx"]).await;
    for (engine, reader) in [(connected.engine(), &ann), (&fresh.engine, &olga)] {
        let posts = whole_thread(engine, reader, circuits()).await;
        assert_eq!(posts.len() as u64, report.loaded);
        let mut called = called.clone();
        for post in &posts {
            match called.remove(&post.body) {
                Some(name) => assert_eq!(post.author, name),
                None => assert!(post.body.starts_with("as username"), "{post:?}"),
            }
            assert!(!post.by_staff && post.author != "ann Ames", "{post:?}");
        }
        assert_eq!(called, HashMap::new(), "each that may be an author is one");
    }
}

//! Importing and listing the catalogue.

use domain::Role;
use engine::{CourseFilter, Error, ImportCount};
use rstest::rstest;
use store::Backend;

use crate::portal::{Portal, circuits};

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_demo_catalogue_makes_two_organizations_and_290_runs_however_often(#[case] backend: Backend) {
    let database = store::testing::database(backend).await;
    let clock = std::sync::Arc::new(domain::ManualClock::new(domain::Timestamp::from_micros(1_800_000_000_000_000)));
    let engine = crate::portal::engine_on(database.store.clone(), &clock, None);
    let csv = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/harvard-mitx-runs.csv")).unwrap();
    let created = |created| ImportCount { created, updated: 0, unchanged: 0 };
    let first = engine.import_catalogue(csv.as_slice()).await.unwrap();
    assert_eq!((first.organizations, first.courses, first.runs), (created(2), created(188), created(290)));
    assert_eq!(first.problems, []);
    let again = engine.import_catalogue(csv.as_slice()).await.unwrap();
    let unchanged = |unchanged| ImportCount { created: 0, updated: 0, unchanged };
    assert_eq!((again.organizations, again.courses, again.runs), (unchanged(2), unchanged(188), unchanged(290)));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_list_pages_through_all_courses_once(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let csv = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/harvard-mitx-runs.csv")).unwrap();
    portal.engine.import_catalogue(csv.as_slice()).await.unwrap();
    let staff = portal.person("sam", Role::Staff, &[]).await;
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = portal.engine.my_courses(&staff, CourseFilter { text: None, after }).await.unwrap();
        assert_eq!(page.total, 188);
        seen.extend(page.courses.into_iter().map(|course| (course.title, course.id)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 188);
    let mut ids: Vec<_> = seen.iter().map(|(_, id)| *id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 188);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_search_finds_within_ones_own_courses_only(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let partner = portal.person("pat", Role::Partner, &["MITx"]).await;
    let search = async |text: &str| {
        let filter = CourseFilter { text: Some(text.to_owned()), after: None };
        let list = portal.engine.my_courses(&partner, filter).await.unwrap();
        assert_eq!(list.total, list.courses.len() as u64);
        list.courses.into_iter().map(|course| course.id).collect::<Vec<_>>()
    };
    assert_eq!(search("CIRCUITS").await, [circuits()]);
    assert_eq!(search("  6.002X ").await, [circuits()]);
    assert_eq!(search("computer").await, []);
    assert_eq!(search("mitX").await, [circuits()]);
    assert_eq!(search("harvard").await, [], "an organization's name finds nobody's else courses");
    assert_eq!(search("%").await, []);
    assert_eq!(search("").await, [circuits()]);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_search_finds_courses_by_the_name_of_any_of_their_organizations(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let engine = &portal.engine;
    let sam = portal.person("sam", Role::Staff, &[]).await;
    engine.put_organization(&sam, "EcoleX", "École & 100% _Ouverte_").await.unwrap();
    let course = engine::CourseInput {
        key: "MITx+6.002x".to_owned(),
        title: "Circuits and Electronics".to_owned(),
        organizations: vec!["MITx".to_owned(), "EcoleX".to_owned()],
        editors: None,
    };
    engine.put_course(&sam, circuits(), course).await.unwrap();
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    for reader in [&sam, &pat] {
        for (text, found) in
            [("ÉCOLE", 1), ("ecolex", 1), ("100%", 1), ("_ouverte_", 1), ("école circuits", 0), ("x%o", 0)]
        {
            let filter = CourseFilter { text: Some(text.to_owned()), after: None };
            let list = engine.my_courses(reader, filter).await.unwrap();
            assert_eq!((list.total, list.courses.len()), (found, found as usize), "{text}");
        }
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_course_page_without_an_org_has_no_composer(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let staff = portal.person("sam", Role::Staff, &[]).await;
    let view = portal.engine.course(&staff, circuits()).await.unwrap();
    assert_eq!((view.title.as_str(), view.key.as_str()), ("Circuits and Electronics", "MITx+6.002x"));
    assert_eq!(view.org, engine::OrgState::NotConfigured);
    assert!(view.composer.is_none() && view.internal_composer.is_none() && view.cases.is_empty());
    assert_eq!(view.audience, "Partners of MITx and staff");
    let runs: Vec<_> = view.runs.iter().map(|run| (run.key.as_str(), run.start_text.as_deref())).collect();
    assert_eq!(
        runs,
        [
            ("course-v1:MITx+6.002x+2013-03-03", Some("3 Mar 2013")),
            ("course-v1:MITx+6.002x+2012-09-05", Some("5 Sep 2012"))
        ]
    );
    let refused =
        portal.engine.post_comment(&staff, circuits(), crate::portal::comment("hi"), engine::Wait::ForNothing).await;
    assert!(matches!(refused, Err(Error::NotFound)));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_quote_left_open_spoils_its_own_line_alone(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let file = "institution,course_number,launch_date,title\r
MITx,q1,09/05/2012,\"Open quote\r
\r
MITx,q2,09/05/2012,\"Second, with a \"\"word\"\"\"\r
MITx,q3,09/05/2012,Third 5\" disk";
    let report = portal.engine.import_catalogue(file.as_bytes()).await.unwrap();
    let [(line, problem)] = report.problems.as_slice() else { panic!("one problem: {:?}", report.problems) };
    assert_eq!(*line, 2);
    assert!(problem.contains("quotation mark"), "{problem}");
    assert_eq!(report.courses.created, 2);
    let staff = portal.person("sam", domain::Role::Staff, &[]).await;
    let list = portal.engine.my_courses(&staff, engine::CourseFilter::default()).await.unwrap();
    let titles: Vec<&str> = list.courses.iter().map(|course| course.title.as_str()).collect();
    assert!(titles.contains(&"Second, with a \"word\"") && titles.contains(&"Third 5\" disk"), "{titles:?}");
}

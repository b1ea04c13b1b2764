//! Keeping the catalogue: who belongs to what, and files with many records at once.

use domain::Role;
use engine::{CourseFilter, ImportCount, ImportMode, PublicKind};
use rstest::rstest;
use store::Backend;

use crate::portal::{Portal, circuits, cs50, kind};

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn memberships_and_editors_count_from_the_next_request_on(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let engine = &portal.engine;
    let sam = portal.person("sam", Role::Staff, &[]).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let harvardx = engine.catalogue_organizations(&sam, None).await.unwrap().organizations.remove(0);
    assert_eq!(harvardx.key, "HarvardX");
    let again = async || engine.actor(pat.user()).await.unwrap().unwrap();
    assert_eq!(kind(engine.course(&pat, cs50()).await), PublicKind::NotFound);
    engine.add_member(&sam, harvardx.id, " PAT@example.org").await.unwrap();
    engine.add_member(&sam, harvardx.id, "pat@example.org").await.unwrap();
    engine.course(&*again().await, cs50()).await.unwrap();
    let page = engine.catalogue_organization(&sam, harvardx.id).await.unwrap();
    assert_eq!(page.members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>(), ["pat Ames"]);
    engine.remove_member(&sam, harvardx.id, pat.user()).await.unwrap();
    assert_eq!(kind(engine.course(&*again().await, cs50()).await), PublicKind::NotFound);
    engine.course(&*again().await, circuits()).await.unwrap();

    let olga = portal.person("olga", Role::Partner, &["MITx"]).await;
    engine.add_editor(&sam, circuits(), "olga@example.org").await.unwrap();
    assert_eq!(
        kind(engine.post_comment(&olga, circuits(), crate::portal::comment("x"), engine::Wait::ForNothing).await),
        PublicKind::NotFound
    );
    let page = engine.catalogue_course(&sam, circuits()).await.unwrap();
    assert!(page.editors[0].counts && page.editors[0].id == olga.user());
    engine.remove_editor(&sam, circuits(), olga.user()).await.unwrap();
    assert!(engine.catalogue_course(&sam, circuits()).await.unwrap().editors.is_empty());

    let field = |error: engine::Error| error.public().field.unwrap();
    assert_eq!(field(engine.add_member(&sam, harvardx.id, "nobody@example.org").await.unwrap_err()), "email");
    assert_eq!(field(engine.add_member(&sam, harvardx.id, "sam@example.org").await.unwrap_err()), "email");
    for refused in [
        kind(engine.add_member(&pat, harvardx.id, "pat@example.org").await),
        kind(engine.remove_member(&pat, harvardx.id, olga.user()).await),
        kind(engine.add_editor(&pat, circuits(), "pat@example.org").await),
        kind(engine.remove_editor(&pat, circuits(), olga.user()).await),
        kind(engine.catalogue_course(&pat, circuits()).await),
        kind(engine.catalogue_courses(&pat, CourseFilter::default()).await),
        kind(engine.catalogue_organization(&pat, harvardx.id).await),
        kind(engine.catalogue_organizations(&pat, None).await),
        kind(engine.upload_catalogue(&pat, b"", ImportMode::Write).await),
    ] {
        assert_eq!(refused, PublicKind::NotFound);
    }
}

const LINES: &str = r#"{"run":{"key":"course-v1:NewX+1+2026","course":"5b6e2d1c-0000-4000-8000-000000000001","title":"First","start":"2026-09-01","end":"2026-12-01T10:00:00Z","status":"reviewed","has_ofac_restrictions":false}}
{"course":{"uuid":"5b6e2d1c-0000-4000-8000-000000000001","key":"NewX+1","title":"[Body] </textarea>","organizations":["NewX","MITx"]}}

{"organization":{"key":"NewX","name":"New"}}
{"organization":{"key":"MITx","name":"MITx"}}
{"organization":{"key":"..","name":"Bad"}}
{"course":{"uuid":"not one","key":"NewX+2","title":"Bad","organizations":["NewX"]}}
{"course":{"uuid":"5b6e2d1c-0000-4000-8000-000000000002","key":"MITx+6.002x","title":"Taken","organizations":["MITx"]}}
{"course":{"uuid":"5b6e2d1c-0000-4000-8000-000000000003","key":"NewX+3","title":"Bad","organizations":["NoneX"]}}
{"run":{"key":"course-v1:NewX+9+2026","course":"5b6e2d1c-0000-4000-8000-000000000009","title":"No course"}}
{"run":{"key":"course-v1:NewX+1+2027","course":"5b6e2d1c-0000-4000-8000-000000000001","title":"x","start":"soon"}}
{"run":{"key":"course-v1:NewX+1+2028","course":"5b6e2d1c-0000-4000-8000-000000000001","title":"x","colour":"red"}}
{"thread":{}}
{"organization":
"#;

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn json_lines_are_taken_in_whatever_their_order_and_bad_ones_spoil_no_other(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let engine = &portal.engine;
    let sam = portal.person("sam", Role::Staff, &[]).await;
    let before = engine.my_courses(&sam, CourseFilter::default()).await.unwrap();
    let dry = engine.upload_catalogue(&sam, LINES.as_bytes(), ImportMode::DryRun).await.unwrap();
    assert_eq!(engine.my_courses(&sam, CourseFilter::default()).await.unwrap(), before, "a dry run writes nothing");
    let report = engine.take_in_catalogue(LINES.as_bytes(), ImportMode::Write).await.unwrap();
    assert_eq!(dry, report, "and says what will be");
    let count = |created, unchanged| ImportCount { created, updated: 0, unchanged };
    assert_eq!((report.organizations, report.courses, report.runs), (count(1, 1), count(1, 0), count(1, 0)));
    let lines: Vec<u64> = report.problems.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [6, 7, 8, 9, 10, 11, 12, 13, 14], "{:#?}", report.problems);
    let course = "5b6e2d1c-0000-4000-8000-000000000001".parse().unwrap();
    let page = engine.catalogue_course(&sam, course).await.unwrap();
    assert_eq!(page.title, "[Body] </textarea>");
    let organizations: Vec<_> = page.organizations.iter().map(|organization| organization.key.as_str()).collect();
    assert_eq!((organizations, page.runs.len()), (vec!["NewX", "MITx"], 1));
    let again = engine.take_in_catalogue(LINES.as_bytes(), ImportMode::Write).await.unwrap();
    assert_eq!((again.organizations, again.courses, again.runs), (count(0, 2), count(0, 1), count(0, 1)));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_dry_run_of_a_table_says_what_the_run_then_does(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let file = "institution,course_number,launch_date,title\nNewX,1,01/02/2026,One\nNewX,2,01/02/2026,Two\nMITx,6.002x,09/05/2012,Renamed\nMITx,6.002x,never,Bad\n";
    let dry = portal.engine.take_in_catalogue(file.as_bytes(), ImportMode::DryRun).await.unwrap();
    let again = portal.engine.take_in_catalogue(file.as_bytes(), ImportMode::DryRun).await.unwrap();
    assert_eq!(dry, again);
    let report = portal.engine.take_in_catalogue(file.as_bytes(), ImportMode::Write).await.unwrap();
    assert_eq!(dry, report);
    assert_eq!((report.organizations.created, report.courses.created, report.courses.updated), (1, 2, 1));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn members_and_editors_come_with_a_file_and_unknown_ones_are_told(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let engine = &portal.engine;
    let sam = portal.person("sam", Role::Staff, &[]).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let olga = portal.person("olga", Role::Partner, &[]).await;
    portal.person("cleo", Role::Customer, &[]).await;
    let members = async || {
        let organizations = engine.catalogue_organizations(&sam, None).await.unwrap().organizations;
        let mitx = organizations.into_iter().find(|organization| organization.key == "MITx").unwrap().id;
        engine
            .catalogue_organization(&sam, mitx)
            .await
            .unwrap()
            .members
            .into_iter()
            .map(|member| member.id)
            .collect::<Vec<_>>()
    };
    let editors = async || {
        let editors = engine.catalogue_course(&sam, circuits()).await.unwrap().editors;
        editors.into_iter().map(|editor| editor.id).collect::<Vec<_>>()
    };
    let course = circuits();
    let line = |members: &str, editors: &str| {
        format!(
            "{{\"organization\":{{\"key\":\"MITx\",\"name\":\"MITx\"{members}}}}}\n{{\"course\":{{\"uuid\":\"{course}\",\"key\":\"MITx+6.002x\",\
             \"title\":\"Circuits and Electronics\",\"organizations\":[\"MITx\"]{editors}}}}}\n"
        )
    };
    let counts = |count: engine::BelongingCount| (count.added, count.removed, count.unchanged);

    // An address that nobody knows here adds nobody, and is no reason to remove anybody.
    let file = line(
        r#","members":["OLGA@example.org","nobody@example.org","sam@example.org"]"#,
        r#","editors":["olga@example.org","cleo@example.org","no address"]"#,
    );
    let dry = engine.take_in_catalogue(file.as_bytes(), ImportMode::DryRun).await.unwrap();
    assert_eq!((members().await, editors().await), (vec![pat.user()], vec![]), "a dry run writes nothing");
    let report = engine.take_in_catalogue(file.as_bytes(), ImportMode::Write).await.unwrap();
    assert_eq!(dry, report);
    assert_eq!((counts(report.members), counts(report.editors)), ((1, 0, 0), (1, 0, 0)));
    let [(1, of_members), (2, of_editors)] = report.problems.as_slice() else { panic!("{:?}", report.problems) };
    assert!(
        of_members.contains("nobody@example.org") && of_members.contains("“sam@example.org” can't be one"),
        "{of_members}"
    );
    assert!(of_editors.contains("cleo@example.org") && of_editors.contains("“no address”"), "{of_editors}");
    assert_eq!(members().await.len(), 2);
    assert_eq!(editors().await, [olga.user()]);

    // All known: exactly these. Without a list it stays.
    let file = line(r#","members":["olga@example.org"]"#, r#","editors":["pat@example.org","sam@example.org"]"#);
    let report = engine.take_in_catalogue(file.as_bytes(), ImportMode::Write).await.unwrap();
    assert_eq!((counts(report.members), counts(report.editors)), ((0, 1, 1), (2, 1, 0)));
    assert_eq!(report.problems, []);
    assert_eq!(members().await, [olga.user()]);
    engine.take_in_catalogue(line("", "").as_bytes(), ImportMode::Write).await.unwrap();
    assert_eq!((members().await, editors().await.len()), (vec![olga.user()], 2));
    let nobody = line(r#","members":[]"#, r#","editors":[]"#);
    engine.take_in_catalogue(nobody.as_bytes(), ImportMode::Write).await.unwrap();
    assert_eq!((members().await, editors().await), (vec![], vec![]));

    // Tables add and remove nobody.
    let table = "\u{feff}Email,Organization\npat@example.org,MITx\nolga@example.org,MITx\npat@example.org,MITx\nnobody@example.org,MITx\nolga@example.org,NoneX\n\nolga@example.org\n";
    let dry = engine.take_in_catalogue(table.as_bytes(), ImportMode::DryRun).await.unwrap();
    let report = engine.take_in_catalogue(table.as_bytes(), ImportMode::Write).await.unwrap();
    assert_eq!(dry, report);
    assert_eq!(counts(report.members), (2, 0, 1));
    assert_eq!(report.problems.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [5, 6, 8], "{:?}", report.problems);
    let table =
        format!("course,email\n{course},pat@example.org\nMITx+6.002x,olga@example.org\nNone+1,olga@example.org\n");
    let report = engine.take_in_catalogue(table.as_bytes(), ImportMode::Write).await.unwrap();
    assert_eq!((counts(report.editors), report.problems.len()), ((2, 0, 0), 1));
    assert_eq!((members().await.len(), editors().await.len()), (2, 2));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn people_come_from_a_file_however_often_and_sign_in_once_a_password_is_set(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let engine = &portal.engine;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let table = "Email,role,First_name,last_name,username,organizations\n\
        mia@mitx.test,partner,Mia,Torres,mia,MITx; HarvardX\n\
        PAT@example.org,,Patricia,,,HarvardX\n\
        mia@elsewhere.test,staff,,,,\n\
        nobody,staff,,,,\nking@x.test,king,,,,\nnew@x.test,,,,,\nlost@x.test,partner,,,,NoneX\nsam@x.test,staff,,,,MITx\ntwin@x.test,staff,,,pat,\n";
    let dry = engine.take_in_people(table.as_bytes(), ImportMode::DryRun).await.unwrap();
    let report = engine.take_in_people(table.as_bytes(), ImportMode::Write).await.unwrap();
    assert_eq!(dry, report, "a dry run writes nothing and says what will be");
    assert_eq!(report.people, ImportCount { created: 2, updated: 1, unchanged: 0 });
    assert_eq!((report.memberships.added, report.memberships.unchanged, report.without_password), (3, 0, 2));
    let lines: Vec<u64> = report.problems.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [5, 6, 7, 8, 9, 10], "{:#?}", report.problems);
    let again = engine.take_in_people(table.as_bytes(), ImportMode::Write).await.unwrap();
    assert_eq!(again.people, ImportCount { created: 0, updated: 0, unchanged: 3 });
    assert_eq!((again.memberships.added, again.memberships.unchanged), (0, 3));

    let pat = engine.actor(pat.user()).await.unwrap().unwrap();
    assert_eq!((pat.name().full(), pat.role()), ("Patricia Ames".to_owned(), Role::Partner), "what is absent stays");
    engine.course(&pat, circuits()).await.unwrap();
    engine.course(&pat, cs50()).await.unwrap();

    let email = domain::Email::new("mia@mitx.test").unwrap();
    for password in ["", "correct horse"] {
        assert_eq!(kind(engine.sign_in("mia@mitx.test", password.into()).await), PublicKind::BadCredentials);
    }
    assert_eq!(kind(engine.set_password(&email, "short".into()).await), PublicKind::Invalid);
    engine.set_password(&email, "correct horse".into()).await.unwrap();
    let mia = engine.sign_in("mia@mitx.test", "correct horse".into()).await.unwrap();
    engine.course(&mia, cs50()).await.unwrap();
    let nobody = domain::Email::new("nobody@mitx.test").unwrap();
    assert_eq!(kind(engine.set_password(&nobody, "correct horse".into()).await), PublicKind::Invalid);

    let lines = "{\"email\":\"mia@mitx.test\",\"last_name\":\"Torres-Lee\"}\n{\"email\":\"lee@mitx.test\",\"role\":\"partner\",\"organizations\":[\"MITx\"]}\n{\"email\":\"x@x.test\",\"colour\":1}\n[]\n";
    let report = engine.take_in_people(lines.as_bytes(), ImportMode::Write).await.unwrap();
    assert_eq!(report.people, ImportCount { created: 1, updated: 1, unchanged: 0 });
    assert_eq!((report.without_password, report.problems.len()), (1, 2), "{:?}", report.problems);
    engine.sign_in("mia@mitx.test", "correct horse".into()).await.unwrap();
    assert_eq!(kind(engine.take_in_people(&b"name,role\nx,staff\n"[..], ImportMode::Write).await), PublicKind::Invalid);
}

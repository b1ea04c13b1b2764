use domain::{CourseKey, CourseRunId, IsNew, OfacDecision, OrganizationKey, RunKey, RunStatus, Visibility};
use rstest::rstest;
use store::{
    Backend::{self, Postgres, Sqlite},
    Changed, CourseAfter, CourseQuery, CourseScope, CourseUpsert, OrganizationUpsert, RunUpsert, VisibilityScope,
    testing::database,
};

use crate::world::{at, case, course, default_case, new_case, organization, post, user, uuid, write};

#[rstest]
#[tokio::test]
async fn an_organization_taken_in_again_changes_only_when_it_did(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let mut upsert = OrganizationUpsert { key: OrganizationKey::new("MITx").unwrap(), name: "MIT".into() };
    let (first, changed) = write!(db.store, |tx| tx.catalogue().upsert_organization(&upsert, uuid(1).into(), at(1)));
    assert_eq!((first.id, changed), (uuid(1).into(), Changed::Inserted));
    let (again, changed) = write!(db.store, |tx| tx.catalogue().upsert_organization(&upsert, uuid(2).into(), at(2)));
    assert_eq!((&again, changed), (&first, Changed::Unchanged));
    upsert.name = "Massachusetts Institute of Technology".into();
    let (renamed, changed) = write!(db.store, |tx| tx.catalogue().upsert_organization(&upsert, uuid(3).into(), at(3)));
    assert_eq!(
        (renamed.id, renamed.created_at, renamed.updated_at, changed),
        (first.id, at(1), at(3), Changed::Updated)
    );
    let reader = db.store.read();
    assert_eq!(reader.catalogue().organization(first.id).await.unwrap().as_ref(), Some(&renamed));
    assert_eq!(reader.catalogue().organization_by_key(&upsert.key).await.unwrap(), Some(renamed));
    assert_eq!(reader.catalogue().organization_by_key(&OrganizationKey::new("mitx").unwrap()).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn a_course_keeps_its_organizations_in_the_order_given(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (a, b, c) =
        (organization(&db.store, 1).await, organization(&db.store, 2).await, organization(&db.store, 3).await);
    let mut upsert = CourseUpsert {
        id: uuid(9).into(),
        key: CourseKey::new("X+1").unwrap(),
        title: "T".into(),
        organizations: vec![c, a, c],
    };
    let (row, changed) = write!(db.store, |tx| tx.catalogue().upsert_course(&upsert, at(1)));
    assert_eq!(changed, Changed::Inserted);
    let (same, changed) = write!(db.store, |tx| tx.catalogue().upsert_course(&upsert, at(2)));
    assert_eq!((same, changed), (row, Changed::Unchanged));
    for organizations in [vec![a, c], vec![b], vec![], vec![b, a, c]] {
        upsert.organizations.clone_from(&organizations);
        let (_, changed) = write!(db.store, |tx| tx.catalogue().upsert_course(&upsert, at(3)));
        assert_eq!(changed, Changed::Updated);
        let (found, linked) = db.store.read().catalogue().course_with_organizations(upsert.id).await.unwrap().unwrap();
        assert_eq!((found.created_at, found.updated_at), (at(1), at(3)));
        assert_eq!(linked.iter().map(|row| row.id).collect::<Vec<_>>(), organizations);
    }
    assert!(db.store.read().catalogue().course_with_organizations(uuid(404).into()).await.unwrap().is_none());
}

#[rstest]
#[tokio::test]
async fn a_course_may_change_its_key_but_not_take_anothers(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    course(&db.store, 1, "One", &[]).await;
    let two = course(&db.store, 2, "Two", &[]).await;
    let mut upsert =
        CourseUpsert { id: two, key: CourseKey::new("Org+New").unwrap(), title: "Two".into(), organizations: vec![] };
    write!(db.store, |tx| tx.catalogue().upsert_course(&upsert, at(1)));
    assert_eq!(db.store.read().catalogue().course_by_key(&upsert.key).await.unwrap().unwrap().id, two);
    upsert.key = CourseKey::new("Org+C1").unwrap();
    let tx = db.store.begin().await.unwrap();
    let error = tx.catalogue().upsert_course(&upsert, at(2)).await.unwrap_err();
    assert!(error.conflicts_on("courses_key"), "{error:?}");
}

fn run(key: &str, course: u128) -> RunUpsert {
    RunUpsert {
        key: RunKey::new(key).unwrap(),
        course_id: uuid(course).into(),
        title: "Run".into(),
        start_at: None,
        end_at: None,
        go_live_at: None,
        status: RunStatus::Unpublished,
        ofac: OfacDecision::NotReviewed,
        is_new: IsNew::Yes,
    }
}

#[rstest]
#[tokio::test]
async fn a_run_is_kept_with_all_it_has(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    course(&db.store, 1, "One", &[]).await;
    let (_, changed) = write!(db.store, |tx| tx.catalogue().upsert_run(&run("r", 1), uuid(10).into(), at(1)));
    assert_eq!(changed, Changed::Inserted);
    let (_, changed) = write!(db.store, |tx| tx.catalogue().upsert_run(&run("r", 1), uuid(11).into(), at(2)));
    assert_eq!(changed, Changed::Unchanged);
    for (status, ofac, is_new) in [
        (RunStatus::ReviewByLegal, OfacDecision::Enabled, IsNew::No),
        (RunStatus::Reviewed, OfacDecision::Disabled, IsNew::No),
        (RunStatus::Published, OfacDecision::NotReviewed, IsNew::Yes),
    ] {
        let upsert = RunUpsert {
            status,
            ofac,
            is_new,
            start_at: Some(at(-5)),
            end_at: Some(at(5)),
            go_live_at: Some(at(0)),
            ..run("r", 1)
        };
        let (row, changed) = write!(db.store, |tx| tx.catalogue().upsert_run(&upsert, uuid(12).into(), at(3)));
        assert_eq!(
            (row.id, row.created_at, row.updated_at, changed),
            (uuid(10).into(), at(1), at(3), Changed::Updated)
        );
        assert_eq!((row.status, row.ofac, row.is_new), (status, ofac, is_new));
        assert_eq!((row.start_at, row.end_at, row.go_live_at), (upsert.start_at, upsert.end_at, upsert.go_live_at));
        assert_eq!(db.store.read().catalogue().run_by_key(&upsert.key).await.unwrap().as_ref(), Some(&row));
        assert_eq!(db.store.read().catalogue().run(row.id).await.unwrap(), Some(row));
    }
}

#[rstest]
#[tokio::test]
async fn the_newest_run_comes_first_and_those_without_a_start_last(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let course = course(&db.store, 1, "One", &[]).await;
    for (n, (key, start)) in
        [("none", None), ("old", Some(at(1))), ("new", Some(at(9))), ("also-none", None)].into_iter().enumerate()
    {
        let id: CourseRunId = uuid(10 + u128::try_from(n).unwrap()).into();
        write!(db.store, |tx| tx.catalogue().upsert_run(&RunUpsert { start_at: start, ..run(key, 1) }, id, at(1)));
    }
    let keys: Vec<_> =
        db.store.read().catalogue().runs_of(course).await.unwrap().into_iter().map(|run| run.key.to_string()).collect();
    assert_eq!(keys, ["new", "old", "also-none", "none"]);
}

#[rstest]
#[tokio::test]
async fn an_editor_is_added_once(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (course, person) = (course(&db.store, 1, "One", &[]).await, user(&db.store, 2).await);
    for _ in 0..2 {
        write!(db.store, |tx| tx.catalogue().add_editor(course, person));
    }
    assert_eq!(db.store.read().catalogue().editors_of(course).await.unwrap(), [person]);
}

#[rstest]
#[tokio::test]
async fn a_scope_lists_its_own_courses_once_each_and_no_others(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (a, b) = (organization(&db.store, 1).await, organization(&db.store, 2).await);
    let both = course(&db.store, 11, "Both", &[b, a]).await;
    let of_a = course(&db.store, 12, "Of A", &[a]).await;
    course(&db.store, 13, "Of nobody", &[]).await;
    let reader = db.store.read();
    let query = CourseQuery { limit: 50, ..CourseQuery::default() };
    for (scope, wanted) in [
        (CourseScope::Organizations(vec![a]), vec![both, of_a]),
        (CourseScope::Organizations(vec![b]), vec![both]),
        (CourseScope::Organizations(vec![a, b]), vec![both, of_a]),
        (CourseScope::Organizations(vec![]), vec![]),
        (CourseScope::All, vec![both, of_a, uuid(13).into()]),
    ] {
        let listed =
            reader.catalogue().courses_for(&scope, &query, VisibilityScope::Public, uuid(1).into()).await.unwrap();
        assert_eq!(listed.iter().map(|row| row.course.id).collect::<Vec<_>>(), wanted, "{scope:?}");
        assert_eq!(
            reader.catalogue().count_courses_for(&scope, None).await.unwrap(),
            u64::try_from(wanted.len()).unwrap()
        );
    }
    let listed = reader
        .catalogue()
        .courses_for(&CourseScope::All, &query, VisibilityScope::Public, uuid(1).into())
        .await
        .unwrap();
    assert_eq!(listed[0].organizations.iter().map(|row| row.id).collect::<Vec<_>>(), [b, a]);
    assert!(listed[2].organizations.is_empty());
}

#[rstest]
#[tokio::test]
async fn pages_meet_every_course_once_even_among_equal_titles(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    for n in 1..=7 {
        course(&db.store, n, if n <= 4 { "Same" } else { "Zebra" }, &[]).await;
    }
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let query = CourseQuery { text: None, after: after.clone(), limit: 3 };
        let page = db
            .store
            .read()
            .catalogue()
            .courses_for(&CourseScope::All, &query, VisibilityScope::All, uuid(1).into())
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some(CourseAfter { title: last.course.title.clone(), id: last.course.id });
        seen.extend(page.iter().map(|row| row.course.id.as_uuid().as_u128()));
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
}

#[rstest]
#[tokio::test]
async fn counts_and_times_tell_a_partner_nothing_of_internal_or_deleted_posts(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    let db = database(backend).await;
    let person = user(&db.store, 1).await;
    let course = course(&db.store, 2, "Talked about", &[]).await;
    let silent = case(&db.store, 3).await;
    post(&db.store, 900, silent, person, Visibility::Internal).await;
    let default = default_case(&db.store, course, 4).await;
    let second = new_case(5);
    write!(db.store, |tx| tx.cases().insert(course, &second));
    write!(db.store, |tx| tx.catalogue().upsert_run(&run("r", 2), uuid(6).into(), at(1)));
    post(&db.store, 10, default, person, Visibility::Public).await;
    post(&db.store, 20, second.id, person, Visibility::Public).await;
    post(&db.store, 30, default, person, Visibility::Internal).await;
    let gone = post(&db.store, 40, default, person, Visibility::Public).await;
    let item = crate::world::record("0D5", 1);
    let delivered = store::Delivered { feed_item_id: item.clone(), ledger_id: None, created_at: None };
    write!(db.store, |tx| tx.posts().mark_delivered(gone, &delivered, at(50)));
    write!(db.store, |tx| tx.posts().mark_deleted_by_salesforce_id(&item, at(60)));

    let query = CourseQuery { text: Some("talked".into()), after: None, limit: 5 };
    for (visible, posts, last) in [(VisibilityScope::Public, 2, at(20)), (VisibilityScope::All, 3, at(30))] {
        let row =
            &db.store.read().catalogue().courses_for(&CourseScope::All, &query, visible, person).await.unwrap()[0];
        assert_eq!((row.post_count, row.last_post_at, row.run_count), (posts, Some(last), 1), "{visible:?}");
    }
    let query = CourseQuery { text: Some("course 3".into()), after: None, limit: 5 };
    let row = &db
        .store
        .read()
        .catalogue()
        .courses_for(&CourseScope::All, &query, VisibilityScope::Public, uuid(1).into())
        .await
        .unwrap()[0];
    assert_eq!((row.post_count, row.last_post_at, row.run_count), (0, None, 0));
}

#[rstest]
#[tokio::test]
async fn a_post_the_org_refused_counts_for_its_author_and_for_staff_alone(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    let db = database(backend).await;
    let (author, other) = (user(&db.store, 1).await, user(&db.store, 2).await);
    let course = course(&db.store, 3, "Refused", &[]).await;
    let case = default_case(&db.store, course, 4).await;
    post(&db.store, 10, case, other, Visibility::Public).await;
    let refused = post(&db.store, 20, case, author, Visibility::Public).await;
    // Their own note is no more for somebody who isn't staff than anybody else's.
    let note = post(&db.store, 30, case, author, Visibility::Internal).await;
    for post in [refused, note] {
        write!(db.store, |tx| tx.posts().mark_failed(post, "No.", at(40)));
    }
    let query = CourseQuery { text: None, after: None, limit: 5 };
    for (visible, reader, posts, last) in [
        (VisibilityScope::Public, author, 2, at(20)),
        (VisibilityScope::Public, other, 1, at(10)),
        (VisibilityScope::All, other, 3, at(30)),
    ] {
        let reading = db.store.read();
        let row = &reading.catalogue().courses_for(&CourseScope::All, &query, visible, reader).await.unwrap()[0];
        assert_eq!((row.post_count, row.last_post_at), (posts, Some(last)), "{visible:?} {reader:?}");
        let said = reading.posts().said_on(&[case], visible, reader).await.unwrap();
        assert_eq!((said[&case].posts, said[&case].last_at), (posts, last), "the case says the same");
    }
}

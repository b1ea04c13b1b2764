use std::collections::BTreeSet;

use domain::Visibility;
use rstest::rstest;
use store::{
    Backend::{self, Postgres, Sqlite},
    Changed, Error, NewCase, OrgCase,
    testing::database,
};

use crate::world::{at, case, course, default_case, new_case, record, uuid, write};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_first_comments_at_once_make_one_default_case(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let other = db.reopen().await;
    for round in 0..5_u128 {
        let course = course(&db.store, 1 + round, "Course", &[]).await;
        let makers: Vec<_> = (0..8_u128)
            .map(|n| {
                let store = if n % 2 == 0 { db.store.clone() } else { other.clone() };
                tokio::spawn(async move {
                    let tx = store.begin().await?;
                    // As in life, the key follows from the course.
                    let case = NewCase { portal_key: course.to_string(), ..new_case(1000 + round * 100 + n) };
                    let case = tx.cases().ensure_default(course, &case).await?;
                    tx.commit().await?;
                    Ok::<_, Error>(case.id)
                })
            })
            .collect();
        let mut made = BTreeSet::new();
        for maker in makers {
            made.insert(maker.await.unwrap().unwrap());
        }
        let cases = db.store.read().cases().cases_of(course).await.unwrap();
        assert_eq!(made.len(), 1);
        assert_eq!(cases.iter().map(|case| case.id).collect::<BTreeSet<_>>(), made);
    }
}

#[rstest]
#[tokio::test]
async fn a_course_has_one_default_case_first_and_any_number_of_others(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let course = course(&db.store, 1, "Course", &[]).await;
    assert!(db.store.read().cases().default_case_of(course).await.unwrap().is_none());
    for (n, created) in [(10, 3), (11, 1)] {
        write!(db.store, |tx| tx.cases().insert(course, &NewCase { created_at: at(created), ..new_case(n) }));
    }
    let default = default_case(&db.store, course, 12).await;
    assert_eq!(default_case(&db.store, course, 13).await, default);
    let reader = db.store.read();
    let cases = reader.cases().cases_of(course).await.unwrap();
    assert_eq!(cases.iter().map(|case| case.id).collect::<Vec<_>>(), [default, uuid(11).into(), uuid(10).into()]);
    let row = reader.cases().default_case_of(course).await.unwrap().unwrap();
    assert_eq!(
        (row.id, row.is_default, row.course_id, row.version, row.salesforce_id.clone()),
        (default, true, Some(course), 0, None)
    );
    assert_eq!(reader.cases().by_id(default).await.unwrap().as_ref(), Some(&row));
    assert_eq!(reader.cases().by_portal_key(&row.portal_key).await.unwrap(), Some(row));
}

#[rstest]
#[tokio::test]
async fn a_portal_key_names_one_case(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    case(&db.store, 1).await;
    let second = course(&db.store, 2, "Second", &[]).await;
    let clash = NewCase { id: uuid(99).into(), ..new_case(1) };
    let tx = db.store.begin().await.unwrap();
    let error = tx.cases().ensure_default(second, &clash).await.unwrap_err();
    assert!(error.conflicts_on("cases_portal_key"), "{error:?}");
}

#[rstest]
#[tokio::test]
async fn an_internal_change_leaves_the_public_version_alone(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let case = case(&db.store, 1).await;
    let tx = db.store.begin().await.unwrap();
    tx.cases().bump_version(case, Visibility::Internal).await.unwrap();
    tx.cases().bump_version(case, Visibility::Public).await.unwrap();
    tx.cases().bump_version(case, Visibility::Internal).await.unwrap();
    tx.commit().await.unwrap();
    let row = db.store.read().cases().by_id(case).await.unwrap().unwrap();
    assert_eq!((row.version, row.public_version), (3, 1));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_two_changes_get_the_same_version(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let case = case(&db.store, 1).await;
    let bumps: Vec<_> = (0..20)
        .map(|_| {
            let store = db.store.clone();
            tokio::spawn(async move {
                let tx = store.begin().await?;
                let version = tx.cases().bump_version(case, Visibility::Public).await?;
                tx.commit().await?;
                Ok::<_, Error>(version)
            })
        })
        .collect();
    let mut versions = BTreeSet::new();
    for bump in bumps {
        versions.insert(bump.await.unwrap().unwrap());
    }
    assert_eq!(versions, (1..=20).collect());
    let tx = db.store.begin().await.unwrap();
    assert!(matches!(
        tx.cases().bump_version(uuid(404).into(), Visibility::Public).await,
        Err(Error::NotFound { what: "case" })
    ));
}

#[rstest]
#[tokio::test]
async fn what_the_org_says_is_kept_and_what_it_does_not_say_stays(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let id = case(&db.store, 1).await;
    let org = OrgCase {
        salesforce_id: record("500", 1),
        case_number: Some("00001001".into()),
        status: Some("Working".into()),
        priority: Some("High".into()),
    };
    assert_eq!(write!(db.store, |tx| tx.cases().set_org(id, &org, at(5))), Changed::Updated);
    assert_eq!(write!(db.store, |tx| tx.cases().set_org(id, &org, at(6))), Changed::Unchanged);
    let silent = OrgCase { case_number: None, status: None, priority: None, ..org.clone() };
    assert_eq!(write!(db.store, |tx| tx.cases().set_org(id, &silent, at(7))), Changed::Unchanged);
    let row = db.store.read().cases().by_salesforce_id(&org.salesforce_id).await.unwrap().unwrap();
    assert_eq!((row.case_number, row.status, row.priority), (org.case_number, "Working".into(), org.priority));
    assert_eq!((row.synced_at, row.updated_at), (Some(at(7)), at(5)));

    let other = case(&db.store, 2).await;
    let tx = db.store.begin().await.unwrap();
    assert!(tx.cases().set_org(other, &silent, at(8)).await.unwrap_err().conflicts_on("cases_salesforce_id"));
    drop(tx);
    assert_eq!(write!(db.store, |tx| tx.cases().forget_org()), 1);
    let row = db.store.read().cases().by_id(id).await.unwrap().unwrap();
    assert_eq!((row.salesforce_id, row.case_number, row.synced_at), (None, None, None));
}

#[rstest]
#[tokio::test]
async fn cases_the_org_has_are_listed_in_pages(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    for n in 1..=5_u64 {
        let id = case(&db.store, n.into()).await;
        if n != 3 {
            let org = OrgCase { salesforce_id: record("500", n), case_number: None, status: None, priority: None };
            write!(db.store, |tx| tx.cases().set_org(id, &org, at(1)));
        }
    }
    let reader = db.store.read();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = reader.cases().list_with_salesforce_id(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page.iter().map(|case| case.id.as_uuid().as_u128()));
    }
    assert_eq!(seen, [1, 2, 4, 5]);
}

use rstest::rstest;
use sea_orm::{ConnectionTrait, Database};
use secrecy::ExposeSecret;
use store::{
    Backend::{self, Postgres, Sqlite},
    Revision, Store,
    testing::database,
};

use crate::world::{course, new_user, organization, user, uuid, write};

async fn now(store: &Store) -> Revision {
    store.read().revision().await.unwrap()
}

/// A column of each table that says who may see what or what a course is, changed by hand as an operator would.
const BY_HAND: [&str; 7] = [
    "UPDATE users SET role = 'staff'",
    "UPDATE organizations SET name = 'Another'",
    "UPDATE courses SET title = 'Another'",
    "UPDATE course_organizations SET position = position + 1",
    "DELETE FROM course_editors",
    "DELETE FROM user_organizations",
    "DELETE FROM course_runs",
];

#[rstest]
#[tokio::test]
async fn every_change_of_people_and_catalogue_counts_whoever_makes_it(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (person, mit) = (user(&db.store, 1).await, organization(&db.store, 10).await);
    let physics = course(&db.store, 20, "Physics", &[mit]).await;
    let run = store::RunUpsert {
        key: domain::RunKey::new("course-v1:Org+C20+2026").unwrap(),
        course_id: physics,
        title: "Physics".to_owned(),
        start_at: None,
        end_at: None,
        go_live_at: None,
        status: domain::RunStatus::Published,
        ofac: domain::OfacDecision::from_restrictions(None),
        is_new: domain::IsNew::No,
    };
    write!(db.store, |tx| tx.users().set_memberships(person, &[mit]));
    write!(db.store, |tx| tx.catalogue().add_editor(physics, person));
    write!(db.store, |tx| tx.catalogue().upsert_run(&run, uuid(30).into(), crate::world::at(0)));
    let by_hand = Database::connect(db.url.expose_secret()).await.unwrap();
    let mut before = now(&db.store).await;
    for statement in BY_HAND {
        by_hand.execute_unprepared(statement).await.unwrap();
        let after = now(&db.store).await;
        assert!(after > before, "{statement}");
        before = after;
    }
}

#[rstest]
#[tokio::test]
async fn what_is_undone_and_what_people_say_does_not_count(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let author = user(&db.store, 1).await;
    let case = crate::world::case(&db.store, 20).await;
    let before = now(&db.store).await;
    let tx = db.store.begin().await.unwrap();
    tx.users().insert(&new_user(2)).await.unwrap();
    tx.rollback().await.unwrap();
    crate::world::post(&db.store, 40, case, author, domain::Visibility::Public).await;
    assert_eq!(now(&db.store).await, before);
}

#[rstest]
#[tokio::test]
async fn people_changed_by_many_at_once_are_all_counted(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let before = now(&db.store).await;
    let writers = (1..=16).map(|n| {
        let store = db.store.clone();
        tokio::spawn(async move { user(&store, n).await })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert!(now(&db.store).await > before);
    assert!(db.store.read().users().by_id(uuid(16).into()).await.unwrap().is_some());
}

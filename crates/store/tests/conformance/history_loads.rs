//! Loads of old comments: one at a time, under a lease, and gone on with by whoever comes after.

use domain::HistoryLoadId;
use rstest::rstest;
use store::{
    Backend::{self, Postgres, Sqlite},
    HistoryLoadProgress, HistoryLoadState, NewHistoryLoad, Store,
    testing::database,
};

use crate::world::{at, uuid, write};

fn id(number: u128) -> HistoryLoadId {
    HistoryLoadId::from_uuid(uuid(number))
}

async fn waits(store: &Store, number: u128, file_kept: bool) -> HistoryLoadId {
    let new = NewHistoryLoad {
        id: id(number),
        file_name: format!("{number}.jsonl"),
        file_size: 5_000_000_000,
        file_kept,
        check_only: false,
        begun_by: None,
        created_at: at(number as i64),
    };
    write!(store, |tx| tx.history_loads().insert(&new));
    new.id
}

async fn state(store: &Store, id: HistoryLoadId) -> HistoryLoadState {
    store.read().history_loads().by_id(id).await.unwrap().unwrap().state
}

#[rstest]
#[tokio::test]
async fn one_load_runs_at_a_time(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (first, second) = (waits(&db.store, 60, true).await, waits(&db.store, 61, true).await);
    let waiting = db.store.read().history_loads().waiting().await.unwrap();
    assert_eq!(waiting.iter().map(|row| row.id).collect::<Vec<_>>(), [first, second]);
    assert!(write!(db.store, |tx| tx.history_loads().claim(first, uuid(1), at(130), at(100))));
    let tx = db.store.begin().await.unwrap();
    let refused = tx.history_loads().claim(second, uuid(2), at(130), at(101)).await.unwrap_err();
    assert!(refused.conflicts_on("history_loads_slot"), "{refused}");
    tx.rollback().await.unwrap();
    assert!(!write!(db.store, |tx| tx.history_loads().claim(first, uuid(2), at(130), at(101))), "it runs");

    let progress = HistoryLoadProgress { step: "loading".to_owned(), step_at: at(103), done: 7, total: 9, rejected: 1 };
    assert!(write!(db.store, |tx| tx.history_loads().beat(first, uuid(1), Some(&progress), at(140), at(110))));
    assert!(!write!(db.store, |tx| tx.history_loads().beat(first, uuid(2), None, at(140), at(110))));
    assert!(write!(db.store, |tx| tx.history_loads().complete(first, uuid(1), "{}", at(120))));
    let row = db.store.read().history_loads().by_id(first).await.unwrap().unwrap();
    assert_eq!((row.state, row.progress), (HistoryLoadState::Done, Some(progress)));
    assert_eq!((row.report.as_deref(), row.finished_at, row.file_size), (Some("{}"), Some(at(120)), 5_000_000_000));
    assert!(write!(db.store, |tx| tx.history_loads().claim(second, uuid(2), at(150), at(121))), "the place is free");
    assert!(write!(db.store, |tx| tx.history_loads().fail(second, uuid(2), "It broke.", at(122))));
    assert!(!write!(db.store, |tx| tx.history_loads().complete(second, uuid(2), "{}", at(123))), "it is over");
    assert!(write!(db.store, |tx| tx.history_loads().again(second, true, at(124))));
    let row = db.store.read().history_loads().by_id(second).await.unwrap().unwrap();
    assert_eq!((row.state, row.check_only, row.problem), (HistoryLoadState::Waiting, true, None));
    assert!(!write!(db.store, |tx| tx.history_loads().delete(second)), "it waits for its turn");
    assert!(write!(db.store, |tx| tx.history_loads().delete(first)));
    let latest = db.store.read().history_loads().latest(5).await.unwrap();
    assert_eq!(latest.iter().map(|row| row.id).collect::<Vec<_>>(), [second]);
}

#[rstest]
#[tokio::test]
async fn a_load_whose_runner_is_gone_waits_or_stops(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let free = async |now| write!(db.store, |tx| tx.history_loads().free_expired(at(now), "It was ended."));
    for (number, kept, then) in [(60, true, HistoryLoadState::Waiting), (61, false, HistoryLoadState::Stopped)] {
        let load = waits(&db.store, number, kept).await;
        assert!(write!(db.store, |tx| tx.history_loads().claim(load, uuid(1), at(130), at(100))));
        assert!(!db.store.read().history_loads().any_expired(at(129)).await.unwrap());
        assert!(db.store.read().history_loads().any_expired(at(130)).await.unwrap());
        free(129).await;
        assert_eq!(state(&db.store, load).await, HistoryLoadState::Running);
        free(130).await;
        assert_eq!(state(&db.store, load).await, then);
        assert!(!write!(db.store, |tx| tx.history_loads().beat(load, uuid(1), None, at(140), at(131))), "too late");
    }
    let stopped = db.store.read().history_loads().by_id(id(61)).await.unwrap().unwrap();
    assert_eq!(stopped.problem.as_deref(), Some("It was ended."));
    assert!(!write!(db.store, |tx| tx.history_loads().again(id(61), false, at(140))), "there is no file");
}

#[rstest]
#[tokio::test]
async fn a_stop_is_a_wish_until_the_runner_lets_go(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let load = waits(&db.store, 60, true).await;
    assert!(write!(db.store, |tx| tx.history_loads().claim(load, uuid(1), at(130), at(100))));
    assert!(write!(db.store, |tx| tx.history_loads().stop(load, at(101))));
    assert_eq!(state(&db.store, load).await, HistoryLoadState::Stopping);
    assert!(!write!(db.store, |tx| tx.history_loads().beat(load, uuid(1), None, at(140), at(102))));
    assert!(!write!(db.store, |tx| tx.history_loads().again(load, false, at(103))), "it still runs");
    write!(db.store, |tx| tx.history_loads().let_go(load, uuid(1), at(104)));
    assert_eq!(state(&db.store, load).await, HistoryLoadState::Stopped);

    // Let go of without a wish, it waits for who goes on.
    assert!(write!(db.store, |tx| tx.history_loads().again(load, false, at(105))));
    assert!(write!(db.store, |tx| tx.history_loads().claim(load, uuid(2), at(150), at(106))));
    write!(db.store, |tx| tx.history_loads().let_go(load, uuid(2), at(107)));
    assert_eq!(state(&db.store, load).await, HistoryLoadState::Waiting);
    assert!(write!(db.store, |tx| tx.history_loads().stop(load, at(108))));
    assert_eq!(state(&db.store, load).await, HistoryLoadState::Stopped);
    write!(db.store, |tx| tx.history_loads().forget_file(load));
    assert!(!write!(db.store, |tx| tx.history_loads().again(load, false, at(109))));
    assert!(!write!(db.store, |tx| tx.history_loads().stop(load, at(110))));
}

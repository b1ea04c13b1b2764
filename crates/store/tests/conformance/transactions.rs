use std::{
    pin::pin,
    sync::Arc,
    task::Poll::{Pending, Ready},
};

use domain::SystemRandom;
use rstest::rstest;
use secrecy::SecretString;
use store::{
    Backend::{self, Postgres, Sqlite},
    Error, SessionRow, Store, StoreOptions, TokenCipher,
    testing::{database, unmigrated},
};

use crate::world::{self, at, new_user};

#[rstest]
#[tokio::test]
async fn the_schema_is_made_once_however_many_make_it(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = unmigrated(backend).await;
    let pending = db.store.pending_migrations().await.unwrap();
    assert_eq!(pending.first().map(String::as_str), Some("m0001_initial"));
    assert!(pending.is_sorted(), "they are made in the order of their numbers: {pending:?}");
    let (one, two) = (db.store.clone(), db.reopen().await);
    let (a, b) = tokio::join!(
        tokio::spawn(async move { one.migrate().await }),
        tokio::spawn(async move { two.migrate().await })
    );
    a.unwrap().unwrap();
    b.unwrap().unwrap();
    assert!(db.store.pending_migrations().await.unwrap().is_empty());
    db.store.migrate().await.unwrap();
    assert!(!db.store.read().users().any().await.unwrap());
}

#[tokio::test]
async fn an_address_of_another_kind_is_refused_without_repeating_it() {
    let options = StoreOptions::new(TokenCipher::new([0; 32], Arc::new(SystemRandom)));
    let error = Store::connect(&SecretString::from("mysql://root:hunter2@db/x"), options).await.unwrap_err();
    assert!(matches!(error, Error::Address));
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[rstest]
#[tokio::test]
async fn what_is_not_committed_did_not_happen(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let tx = db.store.begin().await.unwrap();
    tx.users().insert(&new_user(1)).await.unwrap();
    drop(tx);
    let tx = db.store.begin().await.unwrap();
    assert!(tx.users().by_id(new_user(1).id).await.unwrap().is_none());
    tx.users().insert(&new_user(1)).await.unwrap();
    tx.rollback().await.unwrap();
    assert!(!db.store.read().users().any().await.unwrap());
    world::user(&db.store, 1).await;
    assert!(db.store.read().users().any().await.unwrap());
}

#[rstest]
#[tokio::test]
async fn a_reader_neither_waits_for_a_writer_nor_sees_half_its_work(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let tx = db.store.begin().await.unwrap();
    tx.users().insert(&new_user(1)).await.unwrap();
    assert!(tx.users().any().await.unwrap());
    assert!(!db.store.read().users().any().await.unwrap());
    tx.commit().await.unwrap();
    assert!(db.store.read().users().any().await.unwrap());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_of_two_processes_all_get_their_turn(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let other = db.reopen().await;
    let writers: Vec<_> = (1..=40)
        .map(|n| {
            let store = if n % 2 == 0 { db.store.clone() } else { other.clone() };
            tokio::spawn(async move {
                let tx = store.begin().await?;
                // Reading first is what a deferred SQLite transaction could not recover from.
                tx.users().any().await?;
                tx.users().insert(&new_user(n)).await?;
                tx.commit().await
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    for n in 1..=40 {
        assert!(db.store.read().users().by_id(new_user(n).id).await.unwrap().is_some(), "{n}");
    }
}

#[rstest]
#[tokio::test]
async fn a_store_answers_until_it_is_closed(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    assert_eq!(db.store.backend(), backend);
    db.store.ping().await.unwrap();
    db.store.close().await;
    let error = db.store.begin().await.unwrap_err();
    assert!(error.is_temporary(), "{error:?}");
}

/// Drops the future, in the middle of what it is doing, when it has waited so often; as a request is when its browser leaves.
async fn cut_short<F: Future>(future: F, waits: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = waits;
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Ready(output) => Ready(Some(output)),
        Pending if left == 0 => Ready(None),
        Pending => {
            left -= 1;
            Pending
        }
    })
    .await
}

async fn sign_up(store: &Store, n: u128) -> Result<(), Error> {
    let tx = store.begin().await?;
    tx.users().insert(&new_user(n)).await?;
    let session = SessionRow {
        user_id: Some(new_user(n).id),
        data: vec![],
        expires_at: at(9),
        created_at: at(0),
        last_seen_at: at(0),
    };
    tx.sessions().create(&n.to_string(), &session).await?;
    tx.commit().await
}

#[rstest]
#[tokio::test]
async fn a_request_dropped_anywhere_leaves_all_or_nothing_and_no_lock(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let store = db.reopen().await;
    let (mut n, mut finished) = (0, Vec::new());
    for _ in 0..20 {
        for waits in 0.. {
            n += 1;
            let result = cut_short(sign_up(&store, n), waits).await;
            // Would wait for ever, or fail, if the dropped one had kept its lock or left its transaction open.
            let tx = store.begin().await.unwrap();
            assert!(tx.users().by_id(new_user(u128::MAX).id).await.unwrap().is_none());
            tx.rollback().await.unwrap();
            if let Some(result) = result {
                result.unwrap();
                finished.push(n);
                break;
            }
        }
    }
    assert!(finished.len() < usize::try_from(n).unwrap(), "nothing was cut");
    // A commit that was on its way when it was dropped may have happened since; after this none is.
    store.close().await;
    for n in 1..=n {
        let person = db.store.read().users().by_id(new_user(n).id).await.unwrap().is_some();
        let session = db.store.read().sessions().load(&n.to_string(), at(1)).await.unwrap().is_some();
        assert_eq!(person, session, "half of {n} is there");
        assert!(person || !finished.contains(&n), "{n} was promised");
    }
}

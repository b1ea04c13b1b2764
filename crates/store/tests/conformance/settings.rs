//! What admins decide, by name.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rstest::rstest;
use store::{
    Backend::{self, Postgres, Sqlite},
    SettingRow,
    testing::database,
};

use crate::world::{at, user, write};

fn setting(value: &str, n: i64) -> SettingRow {
    SettingRow { value: value.to_owned(), changed_by: None, changed_at: at(n) }
}

#[rstest]
#[tokio::test]
async fn a_setting_is_as_it_was_put_last_until_it_is_forgotten(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let admin = user(&db.store, 1).await;
    let reader = db.store.read();
    assert_eq!(reader.settings().get("a").await.unwrap(), None);
    let by_admin = SettingRow { changed_by: Some(admin), ..setting("{\"x\": \"’\\\\\"}\n", 2) };
    write!(db.store, |tx| tx.settings().put("a", &setting("first", 1)));
    write!(db.store, |tx| tx.settings().put("b", &setting("other", 1)));
    write!(db.store, |tx| tx.settings().put("a", &by_admin));
    assert_eq!(reader.settings().get("a").await.unwrap(), Some(by_admin.clone()));
    assert_eq!(reader.settings().get("b").await.unwrap(), Some(setting("other", 1)));
    assert_eq!(write!(db.store, |tx| tx.settings().hold("a")), Some(by_admin));
    // Nobody is known any more to have changed it.
    write!(db.store, |tx| tx.settings().put("a", &setting("by itself", 3)));
    assert_eq!(reader.settings().get("a").await.unwrap(), Some(setting("by itself", 3)));
    assert!(write!(db.store, |tx| tx.settings().forget("a")));
    assert!(!write!(db.store, |tx| tx.settings().forget("a")));
    assert_eq!(
        (reader.settings().get("a").await.unwrap(), write!(db.store, |tx| tx.settings().hold("a"))),
        (None, None)
    );
    assert!(reader.settings().get("b").await.unwrap().is_some());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_stays_so_until_the_transaction_ends(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    write!(db.store, |tx| tx.settings().put("a", &setting("held", 1)));
    let holder = db.store.begin().await.unwrap();
    let held = holder.settings().hold("a").await.unwrap();
    let released = Arc::new(AtomicBool::new(false));
    let (other, seen) = (db.reopen().await, Arc::clone(&released));
    let changed = tokio::spawn(async move {
        write!(other, |tx| tx.settings().put("a", &setting("changed", 2)));
        seen.load(Ordering::SeqCst)
    });
    // Time enough for the other one, if nothing stopped it.
    for _ in 0..200 {
        assert_eq!(holder.settings().get("a").await.unwrap(), held);
    }
    released.store(true, Ordering::SeqCst);
    holder.commit().await.unwrap();
    assert!(changed.await.unwrap(), "it waited");
    assert_eq!(db.store.read().settings().get("a").await.unwrap(), Some(setting("changed", 2)));
}

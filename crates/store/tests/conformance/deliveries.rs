use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::DeliveryId;
use rstest::rstest;
use store::{
    Backend::{self, Postgres, Sqlite},
    DeliveryRow, DeliveryState, Error, NewDelivery, Store,
    testing::database,
};
use uuid::Uuid;

use crate::world::{at, uuid, write};

const LEASE: Duration = Duration::from_secs(60);
const US: Uuid = Uuid::from_u128(0xA);
const THEM: Uuid = Uuid::from_u128(0xB);

fn new(n: u128, lane: u128, not_before: i64) -> NewDelivery {
    NewDelivery {
        id: uuid(n).into(),
        kind: "post".into(),
        subject_id: uuid(n + 5_000),
        lane: uuid(lane),
        not_before: at(not_before),
        created_at: at(not_before),
    }
}

async fn enqueue(store: &Store, deliveries: &[(u128, u128, i64)]) {
    let tx = store.begin().await.unwrap();
    for (n, lane, not_before) in deliveries {
        tx.deliveries().enqueue(&new(*n, *lane, *not_before)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn claim(store: &Store, now: i64, token: Uuid, limit: u64) -> Vec<u128> {
    let claimed = write!(store, |tx| tx.deliveries().claim(at(now), LEASE, token, limit));
    claimed.iter().map(number).collect()
}

fn number(row: &DeliveryRow) -> u128 {
    row.id.as_uuid().as_u128()
}

fn id(n: u128) -> DeliveryId {
    uuid(n).into()
}

async fn row(store: &Store, n: u128) -> DeliveryRow {
    store.read().deliveries().by_id(id(n)).await.unwrap().unwrap()
}

#[rstest]
#[tokio::test]
async fn what_is_due_is_claimed_the_longest_due_first_up_to_the_limit(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    enqueue(&db.store, &[(1, 101, 5), (2, 102, 3), (3, 103, 4), (4, 104, 11)]).await;
    assert_eq!(claim(&db.store, 2, US, 10).await, Vec::<u128>::new());
    assert_eq!(claim(&db.store, 10, US, 2).await, [2, 3]);
    assert_eq!(claim(&db.store, 10, US, 2).await, [1]);
    assert_eq!(claim(&db.store, 10, US, 2).await, Vec::<u128>::new());
    let claimed = row(&db.store, 2).await;
    assert_eq!((claimed.attempts, claimed.lease_token, claimed.leased_until), (1, Some(US), Some(at(70))));
    assert_eq!(row(&db.store, 4).await.attempts, 0);
}

#[rstest]
#[tokio::test]
async fn a_lane_goes_one_at_a_time_in_order_and_holds_up_no_other(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    enqueue(&db.store, &[(2, 100, 0), (1, 100, 0), (3, 100, 0), (9, 200, 0)]).await;
    assert_eq!(claim(&db.store, 1, US, 10).await, [1, 9]);
    assert_eq!(claim(&db.store, 1, THEM, 10).await, Vec::<u128>::new());
    // The head waits for its next try: the lane waits with it, though the others are due.
    assert!(write!(db.store, |tx| tx.deliveries().retry(id(1), US, at(30), "503", Some("SERVER_UNAVAILABLE"))));
    assert_eq!(claim(&db.store, 29, US, 10).await, Vec::<u128>::new());
    assert_eq!(claim(&db.store, 30, US, 10).await, [1]);
    assert_eq!(row(&db.store, 1).await.attempts, 2);
    assert!(write!(db.store, |tx| tx.deliveries().finish(id(1), US, at(31))));
    assert_eq!(claim(&db.store, 31, US, 10).await, [2]);
    assert!(write!(db.store, |tx| tx.deliveries().bury(id(2), US, at(32), "refused", None)));
    assert_eq!(claim(&db.store, 32, US, 10).await, [3]);
}

#[rstest]
#[tokio::test]
async fn a_lost_lease_cannot_change_anything(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    enqueue(&db.store, &[(1, 100, 0)]).await;
    assert_eq!(claim(&db.store, 0, US, 1).await, [1]);
    assert_eq!(claim(&db.store, 59, THEM, 1).await, Vec::<u128>::new());
    assert_eq!(claim(&db.store, 60, THEM, 1).await, [1]);
    let theirs = row(&db.store, 1).await;
    assert_eq!((theirs.attempts, theirs.lease_token), (2, Some(THEM)));
    assert!(!write!(db.store, |tx| tx.deliveries().finish(id(1), US, at(61))));
    assert!(!write!(db.store, |tx| tx.deliveries().retry(id(1), US, at(61), "late", None)));
    assert!(!write!(db.store, |tx| tx.deliveries().bury(id(1), US, at(61), "late", None)));
    assert!(!write!(db.store, |tx| tx.deliveries().release(id(1), US)));
    assert!(!write!(db.store, |tx| tx.deliveries().renew(id(1), US, at(999))));
    assert_eq!(row(&db.store, 1).await, theirs);
    assert!(write!(db.store, |tx| tx.deliveries().finish(id(1), THEM, at(62))));
    assert!(!write!(db.store, |tx| tx.deliveries().finish(id(1), THEM, at(63))));
    let done = row(&db.store, 1).await;
    assert_eq!(
        (done.state, done.finished_at, done.lease_token, done.leased_until),
        (DeliveryState::Done, Some(at(62)), None, None)
    );
}

#[rstest]
#[tokio::test]
async fn a_lease_that_ran_out_untaken_still_finishes(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    enqueue(&db.store, &[(1, 100, 0)]).await;
    claim(&db.store, 0, US, 1).await;
    assert!(write!(db.store, |tx| tx.deliveries().finish(id(1), US, at(500))));
}

#[rstest]
#[tokio::test]
async fn a_renewed_lease_lasts_and_a_released_one_was_no_attempt(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    enqueue(&db.store, &[(1, 100, 0)]).await;
    claim(&db.store, 0, US, 1).await;
    assert!(write!(db.store, |tx| tx.deliveries().renew(id(1), US, at(200))));
    assert_eq!(claim(&db.store, 199, THEM, 1).await, Vec::<u128>::new());
    assert!(write!(db.store, |tx| tx.deliveries().release(id(1), US)));
    let released = row(&db.store, 1).await;
    assert_eq!(
        (released.attempts, released.state, released.lease_token, released.leased_until),
        (0, DeliveryState::Pending, None, None)
    );
    assert_eq!(claim(&db.store, 199, THEM, 1).await, [1]);
}

#[rstest]
#[tokio::test]
async fn the_request_that_waits_claims_its_own_when_it_is_its_turn(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    enqueue(&db.store, &[(1, 100, 0), (2, 100, 0), (3, 300, 50)]).await;
    for (n, claimed) in [(2, false), (3, false), (404, false), (1, true), (1, false)] {
        let got = write!(db.store, |tx| tx.deliveries().claim_one_by_id(id(n), at(1), LEASE, US));
        assert_eq!(got.as_ref().map(number), claimed.then_some(n));
        if let Some(got) = got {
            assert_eq!(got, row(&db.store, n).await);
        }
    }
    write!(db.store, |tx| tx.deliveries().finish(id(1), US, at(2)));
    assert!(write!(db.store, |tx| tx.deliveries().claim_one_by_id(id(2), at(2), LEASE, US)).is_some());
}

#[rstest]
#[tokio::test]
async fn what_waits_for_a_later_try_can_be_hastened(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    enqueue(&db.store, &[(1, 100, 50), (2, 200, 0), (3, 300, 70)]).await;
    assert_eq!(write!(db.store, |tx| tx.deliveries().hasten(at(5))), 2);
    assert_eq!(claim(&db.store, 5, US, 10).await, [2, 1, 3]);
}

#[rstest]
#[tokio::test]
async fn a_revived_delivery_waits_for_what_its_lane_is_doing(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    enqueue(&db.store, &[(1, 100, 0), (2, 100, 0)]).await;
    claim(&db.store, 0, US, 1).await;
    write!(db.store, |tx| tx.deliveries().bury(
        id(1),
        US,
        at(1),
        "Subject is required",
        Some("REQUIRED_FIELD_MISSING")
    ));
    let dead = db.store.read().deliveries().dead(None, 10).await.unwrap();
    assert_eq!(dead.iter().map(number).collect::<Vec<_>>(), [1]);
    assert_eq!(
        (dead[0].state, dead[0].last_error.as_deref(), dead[0].last_error_code.as_deref()),
        (DeliveryState::Dead, Some("Subject is required"), Some("REQUIRED_FIELD_MISSING"))
    );
    assert_eq!(db.store.read().deliveries().dead_count().await.unwrap(), 1);

    assert_eq!(claim(&db.store, 2, US, 10).await, [2]);
    assert!(write!(db.store, |tx| tx.deliveries().revive(id(1), at(3))));
    assert!(!write!(db.store, |tx| tx.deliveries().revive(id(1), at(3))));
    assert!(!write!(db.store, |tx| tx.deliveries().revive(id(2), at(3))));
    assert_eq!(claim(&db.store, 4, THEM, 10).await, Vec::<u128>::new());
    assert_eq!(db.store.read().deliveries().next_due_at().await.unwrap(), Some(at(62)));
    write!(db.store, |tx| tx.deliveries().finish(id(2), US, at(5)));
    assert_eq!(claim(&db.store, 5, THEM, 10).await, [1]);
    assert_eq!(row(&db.store, 1).await.attempts, 1);
}

#[rstest]
#[tokio::test]
async fn the_next_due_time_looks_at_heads_and_leases(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let reader = db.store.read();
    assert_eq!(reader.deliveries().next_due_at().await.unwrap(), None);
    assert_eq!(reader.deliveries().oldest_pending_at().await.unwrap(), None);
    // The second of the lane is due sooner, but must wait for the first.
    enqueue(&db.store, &[(1, 100, 20), (2, 100, 10)]).await;
    assert_eq!(reader.deliveries().next_due_at().await.unwrap(), Some(at(20)));
    enqueue(&db.store, &[(3, 300, 15)]).await;
    assert_eq!(reader.deliveries().next_due_at().await.unwrap(), Some(at(15)));
    assert_eq!(reader.deliveries().oldest_pending_at().await.unwrap(), Some(at(10)));
    assert_eq!(claim(&db.store, 15, US, 10).await, [3]);
    assert_eq!(reader.deliveries().next_due_at().await.unwrap(), Some(at(20)));
    assert_eq!(claim(&db.store, 20, US, 10).await, [1]);
    assert_eq!(reader.deliveries().next_due_at().await.unwrap(), Some(at(75)));
    assert_eq!(reader.deliveries().pending_count().await.unwrap(), 3);
    for n in [3, 1] {
        write!(db.store, |tx| tx.deliveries().finish(id(n), US, at(21)));
    }
    assert_eq!(reader.deliveries().next_due_at().await.unwrap(), Some(at(10)));
    assert_eq!(reader.deliveries().pending_count().await.unwrap(), 1);
}

#[rstest]
#[tokio::test]
async fn a_subject_knows_its_latest_delivery(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let tx = db.store.begin().await.unwrap();
    for n in [2, 1] {
        tx.deliveries().enqueue(&NewDelivery { subject_id: uuid(77), ..new(n, 100, 0) }).await.unwrap();
    }
    tx.commit().await.unwrap();
    let latest = db.store.read().deliveries().by_subject(uuid(77)).await.unwrap().unwrap();
    assert_eq!(number(&latest), 2);
    assert!(db.store.read().deliveries().by_subject(uuid(78)).await.unwrap().is_none());
}

/// What the workers saw, checked as it happens.
#[derive(Default)]
struct Observed {
    in_flight: BTreeSet<Uuid>,
    by_lane: BTreeMap<Uuid, Vec<u128>>,
}

async fn work(store: Store, token: Uuid, observed: Arc<Mutex<Observed>>) -> Result<(), Error> {
    while store.read().deliveries().pending_count().await? > 0 {
        let tx = store.begin().await?;
        let claimed = tx.deliveries().claim(at(10), LEASE, token, 3).await?;
        tx.commit().await?;
        for delivery in &claimed {
            let mut observed = observed.lock().unwrap();
            assert!(observed.in_flight.insert(delivery.lane), "two of one lane at once");
            observed.by_lane.entry(delivery.lane).or_default().push(number(delivery));
        }
        for delivery in &claimed {
            tokio::task::yield_now().await;
            assert!(observed.lock().unwrap().in_flight.remove(&delivery.lane));
            let tx = store.begin().await?;
            assert!(tx.deliveries().finish(delivery.id, token, at(11)).await?);
            tx.commit().await?;
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn workers_of_two_processes_never_overlap_and_keep_every_lane_in_order(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    let db = database(backend).await;
    let other = db.reopen().await;
    let deliveries: Vec<(u128, u128, i64)> = (0..90).map(|n| (1000 + n, 100 + n % 12, 0)).collect();
    enqueue(&db.store, &deliveries).await;
    let observed = Arc::new(Mutex::new(Observed::default()));
    let workers: Vec<_> = (1..=6_u128)
        .map(|n| {
            tokio::spawn(work(
                if n % 2 == 0 { db.store.clone() } else { other.clone() },
                uuid(n),
                Arc::clone(&observed),
            ))
        })
        .collect();
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
    let mut wanted: BTreeMap<Uuid, Vec<u128>> = BTreeMap::new();
    for (n, lane, _) in deliveries {
        wanted.entry(uuid(lane)).or_default().push(n);
    }
    assert_eq!(observed.lock().unwrap().by_lane, wanted);
}

#[rstest]
#[tokio::test]
async fn one_waits_for_a_subject_however_often_it_changes(#[values(Sqlite, Postgres)] backend: Backend) {
    let store = &database(backend).await.store;
    let again = |n: u128| NewDelivery { subject_id: uuid(7), lane: uuid(7), kind: "course".into(), ..new(n, 7, 100) };
    for n in [1, 2, 3] {
        write!(store, |tx| tx.deliveries().enqueue_unless_waiting(&again(n)));
    }
    assert_eq!(store.read().deliveries().pending_count().await.unwrap(), 1);
    // Another kind for the same subject, and the same kind for another, are others.
    write!(store, |tx| tx.deliveries().enqueue_unless_waiting(&NewDelivery { kind: "case".into(), ..again(4) }));
    write!(store, |tx| tx.deliveries().enqueue_unless_waiting(&NewDelivery { subject_id: uuid(8), ..again(5) }));
    assert_eq!(store.read().deliveries().pending_count().await.unwrap(), 3);
    // What is under way may have been read already.
    assert_eq!(claim(store, 100, US, 1).await, [1]);
    write!(store, |tx| tx.deliveries().enqueue_unless_waiting(&again(6)));
    assert_eq!(store.read().deliveries().pending_count().await.unwrap(), 4);
    // Put off, it waits again.
    write!(store, |tx| tx.deliveries().retry(id(1), US, at(900), "busy", None));
    write!(store, |tx| tx.deliveries().enqueue_unless_waiting(&again(9)));
    assert_eq!(store.read().deliveries().pending_count().await.unwrap(), 4);
}

#[rstest]
#[tokio::test]
async fn what_is_alike_can_be_claimed_together(#[values(Sqlite, Postgres)] backend: Backend) {
    let store = &database(backend).await.store;
    let tx = store.begin().await.unwrap();
    for n in 1..=6 {
        let kind = if n % 2 == 0 { "course" } else { "post" };
        tx.deliveries().enqueue(&NewDelivery { kind: kind.into(), ..new(n, n, 100) }).await.unwrap();
    }
    tx.commit().await.unwrap();
    let alike = write!(store, |tx| tx.deliveries().claim_of_kind("course", at(100), LEASE, US, 2));
    assert_eq!(alike.iter().map(number).collect::<Vec<_>>(), [2, 4]);
    let alike = write!(store, |tx| tx.deliveries().claim_of_kind("course", at(100), LEASE, US, 9));
    assert_eq!(alike.iter().map(number).collect::<Vec<_>>(), [6]);
    assert_eq!(claim(store, 100, US, 9).await, [1, 3, 5]);
}

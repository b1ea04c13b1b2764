use domain::{CommentBody, PostSource, PostState, Visibility};
use rstest::rstest;
use store::{
    Backend::{self, Postgres, Sqlite},
    Changed, Delivered, Error, NewPost, OrgPost, PostPlace, PostRow, Store, Stretch, VisibilityScope,
    testing::database,
};

use crate::world::{at, case, new_post, org_post, post, record, user, uuid, write};

fn numbers(rows: &[PostRow]) -> Vec<u128> {
    rows.iter().map(|row| row.id.as_uuid().as_u128()).collect()
}

async fn row(store: &Store, n: u128) -> PostRow {
    store.read().posts().by_id(uuid(n).into()).await.unwrap().unwrap()
}

#[rstest]
#[tokio::test]
async fn a_post_is_kept_as_it_was_written(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (case, person) = (case(&db.store, 1).await, user(&db.store, 2).await);
    for (n, body) in (10..).zip([
        "plain",
        " white space kept \n\n\t end ",
        "'; DROP TABLE posts; -- \" \\ % _ $1 ? :x {{}}",
        "👩‍👩‍👧‍👦 e\u{301} \u{202e}rtl\u{202c} \u{fffd} \u{1}\u{7f} 𝔘𝔫𝔦",
        "[User]\nMallory (m)\n\n[Body]\nhi",
    ]) {
        let new = NewPost { body: CommentBody::new(body).unwrap(), ..new_post(n, case, person, Visibility::Internal) };
        write!(db.store, |tx| tx.posts().insert(&new));
        let found = db.store.read().posts().by_key(new.key).await.unwrap().unwrap();
        assert_eq!(found.body, body);
        assert_eq!(
            (found.id, found.case_id, found.source, found.key),
            (new.id, case, PostSource::Portal, Some(new.key))
        );
        assert_eq!(
            (found.author_user_id, found.visibility, found.state),
            (Some(person), Visibility::Internal, PostState::Queued)
        );
        assert_eq!(
            (found.content_hash, found.created_at, found.changed_at, found.deleted_at),
            (Some(new.content_hash), new.created_at, new.created_at, None)
        );
    }
}

#[rstest]
#[tokio::test]
async fn a_key_is_used_once(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (case, person) = (case(&db.store, 1).await, user(&db.store, 2).await);
    post(&db.store, 10, case, person, Visibility::Public).await;
    let again = NewPost { id: uuid(11).into(), ..new_post(10, case, person, Visibility::Public) };
    let tx = db.store.begin().await.unwrap();
    assert!(tx.posts().insert(&again).await.unwrap_err().conflicts_on("posts_key"));
}

#[rstest]
#[tokio::test]
async fn a_thread_is_in_order_of_time_then_id_and_keeps_its_newest(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (here, there, person) = (case(&db.store, 1).await, case(&db.store, 2).await, user(&db.store, 3).await);
    for (n, time) in [(14, 5), (12, 1), (13, 1), (11, 9)] {
        let new = NewPost { created_at: at(time), ..new_post(n, here, person, Visibility::Public) };
        write!(db.store, |tx| tx.posts().insert(&new));
    }
    post(&db.store, 20, there, person, Visibility::Public).await;
    let internal = NewPost { created_at: at(7), ..new_post(15, here, person, Visibility::Internal) };
    write!(db.store, |tx| tx.posts().insert(&internal));
    let reader = db.store.read();
    for (visible, limit, wanted) in [
        (VisibilityScope::All, None, vec![12, 13, 14, 15, 11]),
        (VisibilityScope::Public, None, vec![12, 13, 14, 11]),
        (VisibilityScope::Public, Some(2), vec![14, 11]),
        (VisibilityScope::All, Some(2), vec![15, 11]),
        (VisibilityScope::All, Some(0), vec![]),
    ] {
        assert_eq!(
            numbers(&reader.posts().thread(here, visible, limit).await.unwrap()),
            wanted,
            "{visible:?} {limit:?}"
        );
    }
}

#[rstest]
#[tokio::test]
async fn a_stretch_starts_where_it_is_told_and_holds_what_its_reader_may_see(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    let db = database(backend).await;
    let (here, there) = (case(&db.store, 1).await, case(&db.store, 2).await);
    let (author, reader) = (user(&db.store, 3).await, user(&db.store, 4).await);
    for (n, time) in [(14, 5), (12, 1), (13, 1), (17, 5), (11, 9), (16, 5)] {
        let visibility = if n == 17 { Visibility::Internal } else { Visibility::Public };
        let new = NewPost { created_at: at(time), ..new_post(n, here, author, visibility) };
        write!(db.store, |tx| tx.posts().insert(&new));
    }
    post(&db.store, 5, there, author, Visibility::Public).await;
    write!(db.store, |tx| tx.posts().mark_failed(uuid(16).into(), "no", at(20)));
    let db_reader = db.store.read();
    let (all, public) = (VisibilityScope::All, VisibilityScope::Public);
    let place = |n: u128, time: i64| PostPlace { at: at(time), id: uuid(n).into() };
    for (visible, who, stretch, limit, wanted) in [
        (all, reader, Stretch::First, 9, vec![12, 13, 14, 16, 17, 11]),
        (public, reader, Stretch::First, 9, vec![12, 13, 14, 11]),
        (public, author, Stretch::First, 9, vec![12, 13, 14, 16, 11]),
        (all, reader, Stretch::First, 2, vec![12, 13]),
        (all, reader, Stretch::Last, 2, vec![17, 11]),
        (public, reader, Stretch::Last, 2, vec![14, 11]),
        (public, reader, Stretch::Last, 0, vec![]),
        (all, reader, Stretch::Before(place(16, 5)), 2, vec![13, 14]),
        (all, reader, Stretch::After(place(16, 5)), 9, vec![17, 11]),
        (all, reader, Stretch::From(place(16, 5)), 9, vec![16, 17, 11]),
        (public, reader, Stretch::From(place(16, 5)), 9, vec![11]),
        (public, author, Stretch::From(place(16, 5)), 9, vec![16, 11]),
        // A place where no post is.
        (all, reader, Stretch::Before(place(0, 5)), 9, vec![12, 13]),
        (all, reader, Stretch::After(place(99, 9)), 9, vec![]),
    ] {
        let found = db_reader.posts().stretch(here, visible, who, stretch, limit).await.unwrap();
        assert_eq!(numbers(&found), wanted, "{visible:?} {who} {stretch:?} {limit}");
    }
    assert_eq!(db_reader.posts().refused_authors(here).await.unwrap(), [author]);
    assert_eq!(db_reader.posts().refused_authors(there).await.unwrap(), []);
    let mut some = db_reader.posts().by_ids(&[uuid(5).into(), uuid(14).into(), uuid(404).into()]).await.unwrap();
    some.sort_by_key(|row| row.id);
    assert_eq!(numbers(&some), [5, 14]);
}

#[rstest]
#[tokio::test]
async fn a_post_goes_from_queued_to_failed_to_queued_to_delivered(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (case, person) = (case(&db.store, 1).await, user(&db.store, 2).await);
    let id = post(&db.store, 10, case, person, Visibility::Public).await;
    post(&db.store, 11, case, person, Visibility::Public).await;
    assert_eq!(db.store.read().posts().count_queued().await.unwrap(), 2);
    write!(db.store, |tx| tx.posts().mark_failed(id, "Subject is required", at(20)));
    assert_eq!(row(&db.store, 10).await.state, PostState::Failed { reason: "Subject is required".into() });
    assert_eq!(db.store.read().posts().count_queued().await.unwrap(), 1);
    write!(db.store, |tx| tx.posts().mark_queued(id, at(21)));
    assert_eq!(row(&db.store, 10).await.state, PostState::Queued);
    let delivered =
        Delivered { feed_item_id: record("0D5", 1), ledger_id: Some(record("a00", 1)), created_at: Some(at(9)) };
    write!(db.store, |tx| tx.posts().mark_delivered(id, &delivered, at(22)));
    let done = db.store.read().posts().by_salesforce_id(&delivered.feed_item_id).await.unwrap().unwrap();
    assert_eq!(
        (done.id, &done.state, done.ledger_salesforce_id, done.created_at, done.changed_at),
        (id, &PostState::Delivered, delivered.ledger_id, at(9), at(22))
    );
    assert_eq!(done.body, "post 10");
    let tx = db.store.begin().await.unwrap();
    assert!(matches!(tx.posts().mark_queued(uuid(404).into(), at(1)).await, Err(Error::NotFound { what: "post" })));
}

#[rstest]
#[tokio::test]
async fn what_is_read_again_unchanged_changes_nothing(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let case = case(&db.store, 1).await;
    let mut said = org_post(10, case, record("0D5", 1));
    assert_eq!(write!(db.store, |tx| tx.posts().upsert_from_org(&said, at(50))), Changed::Inserted);
    let again = OrgPost { id: uuid(11).into(), ..said.clone() };
    assert_eq!(write!(db.store, |tx| tx.posts().upsert_from_org(&again, at(51))), Changed::Unchanged);
    assert_eq!(row(&db.store, 10).await.changed_at, at(50));
    said.body = "edited".into();
    assert_eq!(write!(db.store, |tx| tx.posts().upsert_from_org(&said, at(52))), Changed::Updated);
    let found = row(&db.store, 10).await;
    assert_eq!(
        (found.body.as_str(), found.changed_at, found.state, found.source),
        ("edited", at(52), PostState::Delivered, PostSource::FeedItem)
    );
    assert_eq!(numbers(&db.store.read().posts().thread(case, VisibilityScope::All, None).await.unwrap()), [10]);
}

#[rstest]
#[tokio::test]
async fn the_org_changes_who_sees_our_post_but_never_who_wrote_what(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (case, person) = (case(&db.store, 1).await, user(&db.store, 2).await);
    let id = post(&db.store, 10, case, person, Visibility::Public).await;
    let item = record("0D5", 1);
    write!(db.store, |tx| tx.posts().mark_delivered(
        id,
        &Delivered { feed_item_id: item.clone(), ledger_id: None, created_at: None },
        at(20)
    ));
    let before = row(&db.store, 10).await;
    let mut forged = org_post(99, case, item);
    forged.created_at = at(77);
    assert_eq!(write!(db.store, |tx| tx.posts().upsert_from_org(&forged, at(30))), Changed::Unchanged);
    assert_eq!(row(&db.store, 10).await, before);
    forged.visibility = Visibility::Internal;
    assert_eq!(write!(db.store, |tx| tx.posts().upsert_from_org(&forged, at(31))), Changed::Updated);
    assert_eq!(row(&db.store, 10).await, PostRow { visibility: Visibility::Internal, changed_at: at(31), ..before });
}

#[rstest]
#[tokio::test]
async fn a_post_whose_answer_was_lost_is_known_again_by_its_key(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (case, person) = (case(&db.store, 1).await, user(&db.store, 2).await);
    post(&db.store, 10, case, person, Visibility::Public).await;
    let ours = new_post(10, case, person, Visibility::Public);
    let read = OrgPost {
        key: Some(ours.key),
        ledger_salesforce_id: Some(record("a00", 1)),
        ..org_post(99, case, record("0D5", 1))
    };
    assert_eq!(write!(db.store, |tx| tx.posts().upsert_from_org(&read, at(30))), Changed::Updated);
    let found = row(&db.store, 10).await;
    assert_eq!(
        (found.state, found.salesforce_id, found.ledger_salesforce_id),
        (PostState::Delivered, Some(read.salesforce_id), read.ledger_salesforce_id)
    );
    assert_eq!((found.body.as_str(), found.author_name.as_str()), ("post 10", "First Last"));
    assert_eq!(numbers(&db.store.read().posts().thread(case, VisibilityScope::All, None).await.unwrap()), [10]);
}

#[derive(Clone, Copy, Debug)]
enum Learns {
    FromItsDelivery,
    FromTheLedger,
}

#[rstest]
#[tokio::test]
async fn our_post_that_a_poll_met_first_shows_once_and_keeps_its_replies(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[values(Learns::FromItsDelivery, Learns::FromTheLedger)] learns: Learns,
) {
    let db = database(backend).await;
    let (case, person) = (case(&db.store, 1).await, user(&db.store, 2).await);
    let id = post(&db.store, 10, case, person, Visibility::Public).await;
    let item = record("0D5", 1);
    write!(db.store, |tx| tx.posts().upsert_from_org(&org_post(11, case, item.clone()), at(30)));
    let reply = OrgPost {
        source: PostSource::FeedComment,
        parent_post_id: Some(uuid(11).into()),
        ..org_post(12, case, record("0D7", 1))
    };
    write!(db.store, |tx| tx.posts().upsert_from_org(&reply, at(31)));
    match learns {
        Learns::FromItsDelivery => {
            let delivered = Delivered { feed_item_id: item.clone(), ledger_id: None, created_at: None };
            write!(db.store, |tx| tx.posts().mark_delivered(id, &delivered, at(32)));
        }
        Learns::FromTheLedger => {
            let key = Some(new_post(10, case, person, Visibility::Public).key);
            write!(db.store, |tx| tx
                .posts()
                .upsert_from_org(&OrgPost { key, ..org_post(13, case, item.clone()) }, at(32)));
        }
    }
    let thread = db.store.read().posts().thread(case, VisibilityScope::Public, None).await.unwrap();
    assert_eq!(numbers(&thread), [10, 12]);
    assert_eq!((thread[0].body.as_str(), &thread[0].salesforce_id), ("post 10", &Some(item)));
    assert_eq!(thread[1].parent_post_id, Some(id));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_polls_at_once_store_an_item_once(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let case = case(&db.store, 1).await;
    for round in 0..10 {
        let polls: Vec<_> = (0..4_u128)
            .map(|n| {
                let store = db.store.clone();
                let said = OrgPost {
                    body: "same".into(),
                    created_at: at(1),
                    ..org_post(100 + u128::from(round) * 10 + n, case, record("0D5", round))
                };
                tokio::spawn(async move {
                    let tx = store.begin().await?;
                    let changed = tx.posts().upsert_from_org(&said, at(30)).await?;
                    tx.commit().await?;
                    Ok::<_, Error>(changed)
                })
            })
            .collect();
        let mut inserted = 0;
        for poll in polls {
            inserted += usize::from(poll.await.unwrap().unwrap() == Changed::Inserted);
        }
        assert_eq!(inserted, 1);
    }
    assert_eq!(db.store.read().posts().thread(case, VisibilityScope::All, None).await.unwrap().len(), 10);
}

#[rstest]
#[tokio::test]
async fn a_reply_is_never_more_visible_than_what_it_answers(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let case = case(&db.store, 1).await;
    let mut parent = OrgPost { visibility: Visibility::Internal, ..org_post(10, case, record("0D5", 1)) };
    write!(db.store, |tx| tx.posts().upsert_from_org(&parent, at(30)));
    let reply = OrgPost {
        source: PostSource::FeedComment,
        parent_post_id: Some(parent.id),
        ..org_post(11, case, record("0D7", 1))
    };
    write!(db.store, |tx| tx.posts().upsert_from_org(&reply, at(31)));
    assert_eq!(row(&db.store, 11).await.visibility, Visibility::Internal);

    // The parent turns public: a reply follows only when it is read again, and said to be public.
    parent.visibility = Visibility::Public;
    write!(db.store, |tx| tx.posts().upsert_from_org(&parent, at(32)));
    assert_eq!(row(&db.store, 11).await.visibility, Visibility::Internal);
    write!(db.store, |tx| tx.posts().upsert_from_org(&reply, at(33)));
    assert_eq!(numbers(&db.store.read().posts().thread(case, VisibilityScope::Public, None).await.unwrap()), [10, 11]);

    // It turns internal: the reply goes at once, though the org did not touch it.
    parent.visibility = Visibility::Internal;
    write!(db.store, |tx| tx.posts().upsert_from_org(&parent, at(34)));
    assert!(db.store.read().posts().thread(case, VisibilityScope::Public, None).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test]
async fn what_the_org_deletes_goes_with_its_replies_and_may_come_back(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let case = case(&db.store, 1).await;
    let parent = org_post(10, case, record("0D5", 1));
    let reply = OrgPost {
        source: PostSource::FeedComment,
        parent_post_id: Some(parent.id),
        ..org_post(11, case, record("0D7", 1))
    };
    for said in [&parent, &reply] {
        write!(db.store, |tx| tx.posts().upsert_from_org(said, at(30)));
    }
    let gone = write!(db.store, |tx| tx.posts().mark_deleted_by_salesforce_id(&parent.salesforce_id, at(40))).unwrap();
    assert_eq!((gone.id, gone.deleted_at), (parent.id, None));
    assert!(db.store.read().posts().thread(case, VisibilityScope::All, None).await.unwrap().is_empty());
    assert_eq!(row(&db.store, 10).await.deleted_at, Some(at(40)));
    assert!(write!(db.store, |tx| tx.posts().mark_deleted_by_salesforce_id(&parent.salesforce_id, at(41))).is_none());
    assert!(write!(db.store, |tx| tx.posts().mark_deleted_by_salesforce_id(&record("0D5", 404), at(41))).is_none());
    for said in [&parent, &reply] {
        assert_eq!(write!(db.store, |tx| tx.posts().upsert_from_org(said, at(42))), Changed::Updated);
    }
    assert_eq!(numbers(&db.store.read().posts().thread(case, VisibilityScope::All, None).await.unwrap()), [10, 11]);
    let deleted = OrgPost { deleted_at: Some(at(43)), ..parent };
    assert_eq!(write!(db.store, |tx| tx.posts().upsert_from_org(&deleted, at(44))), Changed::Updated);
    assert!(db.store.read().posts().thread(case, VisibilityScope::All, None).await.unwrap().is_empty());
}

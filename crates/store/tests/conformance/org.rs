use rstest::rstest;
use store::{
    Backend::{self, Postgres, Sqlite},
    CursorRow, OrgRecord, OrgRecordKind, Reading,
    testing::database,
};

use crate::world::{at, record, uuid, write};

#[rstest]
#[tokio::test]
async fn what_was_written_to_one_org_says_nothing_of_another(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (here, there) = (record("00D", 1), record("00D", 2));
    let one = OrgRecord { salesforce_id: record("a01", 1), content_hash: "h1".into(), updated_at: at(1) };
    let two = OrgRecord { content_hash: "h2".into(), updated_at: at(2), ..one.clone() };
    write!(db.store, |tx| tx.org_records().put(&here, OrgRecordKind::Course, uuid(1), &one));
    write!(db.store, |tx| tx.org_records().put(&here, OrgRecordKind::Course, uuid(1), &two));
    write!(db.store, |tx| tx.org_records().put(&here, OrgRecordKind::Account, uuid(1), &one));
    write!(db.store, |tx| tx.org_records().put(&there, OrgRecordKind::Course, uuid(1), &one));
    let reader = db.store.read();
    assert_eq!(reader.org_records().get(&here, OrgRecordKind::Course, uuid(1)).await.unwrap(), Some(two));
    assert_eq!(reader.org_records().get(&there, OrgRecordKind::Course, uuid(1)).await.unwrap(), Some(one.clone()));
    assert_eq!(reader.org_records().get(&here, OrgRecordKind::Case, uuid(1)).await.unwrap(), None);
    assert!(write!(db.store, |tx| tx.org_records().forget(&here, OrgRecordKind::Course, uuid(1))));
    assert!(!write!(db.store, |tx| tx.org_records().forget(&here, OrgRecordKind::Course, uuid(1))));
    assert_eq!(write!(db.store, |tx| tx.org_records().forget_org(&here)), 1);
    assert_eq!(reader.org_records().get(&there, OrgRecordKind::Course, uuid(1)).await.unwrap(), Some(one));
}

#[rstest]
#[tokio::test]
async fn a_cursor_moves_and_is_its_sources_own(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (here, there) = (record("00D", 1), record("00D", 2));
    let reader = db.store.read();
    assert_eq!(reader.cursors().reading_of(&here).await.unwrap(), None);
    let first = CursorRow { modstamp: at(1), last_id: "0D5000000000001".into(), read_at: at(10), went_on_at: at(5) };
    let later = CursorRow { modstamp: at(2), last_id: String::new(), read_at: at(20), went_on_at: at(30) };
    write!(db.store, |tx| tx.cursors().put(&here, "FeedItem", &first));
    write!(db.store, |tx| tx.cursors().put(&here, "Case", &first));
    write!(db.store, |tx| tx.cursors().put(&here, "FeedItem", &later));
    write!(db.store, |tx| tx.cursors().put(&there, "FeedItem", &first));
    assert_eq!(reader.cursors().get(&here, "FeedItem").await.unwrap(), Some(later));
    assert_eq!(reader.cursors().get(&here, "Case").await.unwrap(), Some(first.clone()));
    let reading = Reading { to_the_end_at: at(10), went_on_at: at(30) };
    assert_eq!(reader.cursors().reading_of(&here).await.unwrap(), Some(reading));
    assert_eq!(write!(db.store, |tx| tx.cursors().forget_org(&here)), 2);
    assert_eq!(reader.cursors().get(&here, "FeedItem").await.unwrap(), None);
    assert_eq!(reader.cursors().get(&there, "FeedItem").await.unwrap(), Some(first));
}

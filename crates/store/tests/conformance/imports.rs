//! Loads of historical comments, and their jobs.

use rstest::rstest;
use store::{
    Backend::{self, Postgres, Sqlite},
    Error, ImportJobRow, ImportJobState, ImportRow,
    testing::database,
};

use crate::world::{at, record, uuid, write};

fn import(n: u128, org: u64, hash: &str) -> ImportRow {
    ImportRow {
        id: uuid(n),
        org_id: record("00D", org),
        file_hash: hash.to_owned(),
        file_name: "history “old”.csv".to_owned(),
        created_at: at(i64::try_from(n).unwrap()),
        finished_at: None,
    }
}

fn job(name: &str, import: u128, first_line: u64, last_line: u64) -> ImportJobRow {
    ImportJobRow {
        job: name.to_owned(),
        import_id: uuid(import),
        first_line,
        last_line,
        state: ImportJobState::Begun,
        created_at: at(1),
    }
}

#[rstest]
#[tokio::test]
async fn a_load_is_known_by_its_file_and_its_org(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (here, there) = (record("00D", 1), record("00D", 2));
    let (first, later, elsewhere) = (import(1, 1, "aa"), import(2, 1, "aa"), import(3, 2, "aa"));
    for row in [&later, &first, &elsewhere] {
        write!(db.store, |tx| tx.imports().begin(row));
    }
    let reader = db.store.read();
    assert_eq!(reader.imports().of_file(&here, "aa").await.unwrap(), Some(later.clone()), "the latest");
    assert_eq!(reader.imports().of_file(&there, "aa").await.unwrap(), Some(elsewhere));
    assert_eq!(reader.imports().of_file(&here, "bb").await.unwrap(), None);
    write!(db.store, |tx| tx.imports().finish(later.id, at(9)));
    let finished = ImportRow { finished_at: Some(at(9)), ..later };
    assert_eq!(reader.imports().of_file(&here, "aa").await.unwrap(), Some(finished));
    let tx = db.store.begin().await.unwrap();
    assert!(matches!(tx.imports().finish(uuid(99), at(9)).await, Err(Error::NotFound { .. })));
}

#[rstest]
#[tokio::test]
async fn a_job_is_open_until_its_outcome_is_known(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    for n in [1, 2] {
        write!(db.store, |tx| tx.imports().begin(&import(n, 1, &n.to_string())));
    }
    // A file may have more lines than 32 bits count.
    let jobs = [job("750B", 1, 10_001, 20_000), job("750A", 1, 2, 10_000), job("750C", 1, 20_001, 5_000_000_000)];
    for job in jobs.iter().chain(&[job("750D", 2, 2, 3)]) {
        write!(db.store, |tx| tx.imports().begin_job(job));
    }
    let begun = async || db.store.read().imports().begun_jobs(uuid(1)).await.unwrap();
    let [middle, first, last] = jobs.clone();
    assert_eq!(begun().await, [first.clone(), middle, last.clone()], "in the order of the file");
    write!(db.store, |tx| tx.imports().finish_job(uuid(1), "750B"));
    assert_eq!(begun().await, [first, last]);
    assert_eq!(db.store.read().imports().begun_jobs(uuid(2)).await.unwrap().len(), 1);

    // Of another org's job of that name, which a copy of the first may well have.
    write!(db.store, |tx| tx.imports().begin_job(&job("750A", 2, 2, 3)));
    let tx = db.store.begin().await.unwrap();
    assert!(tx.imports().begin_job(&jobs[0]).await.is_err(), "a job carries one set of rows");
    tx.rollback().await.unwrap();
    let tx = db.store.begin().await.unwrap();
    assert!(matches!(tx.imports().finish_job(uuid(2), "750B").await, Err(Error::NotFound { .. })));
    assert!(tx.imports().begin_job(&job("750E", 77, 2, 3)).await.is_err(), "of no load");
}

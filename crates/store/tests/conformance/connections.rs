use std::sync::Arc;

use domain::SystemRandom;
use rstest::rstest;
use sea_orm::{ConnectionTrait, Database, Statement};
use secrecy::{ExposeSecret, SecretString};
use store::{
    Backend::{self, Postgres, Sqlite},
    ConnectionState, Error, KnownOrg, NewConnection, RefreshedTokens, Store, StoreOptions, TokenCipher,
    testing::{TestDatabase, database},
};

use crate::world::{at, record, user, uuid, write};

fn new(n: u128, created: i64) -> NewConnection {
    NewConnection {
        id: uuid(n).into(),
        instance_url: "https://example.my.salesforce.com".into(),
        login_url: "https://login.salesforce.com".into(),
        org_id: record("00D", 1),
        org_user_id: record("005", 1),
        org_username: "integration@example.org".into(),
        access_token: format!("ACCESS-{n}").into(),
        refresh_token: Some(format!("REFRESH-{n}").into()),
        scope: Some("api refresh_token".into()),
        issued_at: at(created),
        connected_by: None,
        created_at: at(created),
    }
}

fn shown(token: Option<&SecretString>) -> Option<&str> {
    token.map(ExposeSecret::expose_secret)
}

/// Everything the connections table holds, as bytes in hexadecimal and text.
async fn raw(db: &TestDatabase) -> String {
    let raw = Database::connect(db.url.expose_secret()).await.unwrap();
    let rows = raw
        .query_all_raw(Statement::from_string(
            raw.get_database_backend(),
            "SELECT access_token, refresh_token FROM connections",
        ))
        .await
        .unwrap();
    rows.iter()
        .flat_map(|row| {
            ["access_token", "refresh_token"].map(|column| row.try_get::<Option<Vec<u8>>>("", column).unwrap())
        })
        .flatten()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect()
}

#[rstest]
#[tokio::test]
async fn a_connection_is_kept_with_its_tokens_sealed(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let admin = user(&db.store, 1).await;
    assert!(db.store.read().connections().current().await.unwrap().is_none());
    write!(db.store, |tx| tx
        .connections()
        .replace(&NewConnection { connected_by: Some(admin), ..new(5, 0) }, KnownOrg::Same));
    let row = db.store.read().connections().current().await.unwrap().unwrap();
    assert_eq!(
        (row.id, row.state, row.connected_by, row.problem.as_deref()),
        (uuid(5).into(), ConnectionState::Connected, Some(admin), None)
    );
    assert_eq!(
        (shown(row.access_token.as_ref()), shown(row.refresh_token.as_ref())),
        (Some("ACCESS-5"), Some("REFRESH-5"))
    );
    assert_eq!(
        (&row.org_id, row.scope.as_deref(), row.issued_at),
        (&record("00D", 1), Some("api refresh_token"), at(0))
    );
    assert!(!format!("{row:?} {:?}", new(5, 0)).contains("ACCESS-5"));
    let stored = raw(&db).await;
    assert!(!stored.is_empty() && !stored.contains("ACCESS") && !stored.contains("REFRESH"));
}

#[rstest]
#[tokio::test]
async fn a_new_connection_ends_the_old_and_erases_its_tokens(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    write!(db.store, |tx| tx.connections().replace(&new(5, 0), KnownOrg::Same));
    write!(db.store, |tx| tx.connections().replace(&new(6, 1), KnownOrg::Same));
    let row = db.store.read().connections().current().await.unwrap().unwrap();
    assert_eq!((row.id, shown(row.access_token.as_ref())), (uuid(6).into(), Some("ACCESS-6")));
    write!(db.store, |tx| tx.connections().disconnect(row.id, at(2)));
    assert!(db.store.read().connections().current().await.unwrap().is_none());
    let last = db.store.read().connections().latest().await.unwrap().unwrap();
    assert_eq!((last.id, last.state), (uuid(6).into(), ConnectionState::Disconnected));
    assert!(last.access_token.is_none() && last.refresh_token.is_none());
    assert_eq!(raw(&db).await, "");
}

#[rstest]
#[tokio::test]
async fn refreshed_tokens_are_kept_unless_the_connection_has_ended(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    write!(db.store, |tx| tx.connections().replace(&new(5, 0), KnownOrg::Same));
    let mut tokens = RefreshedTokens {
        access_token: "ACCESS-B".into(),
        refresh_token: None,
        instance_url: "https://moved.example".into(),
        issued_at: at(3),
    };
    write!(db.store, |tx| tx.connections().save_tokens(uuid(5).into(), &tokens, at(3)));
    let row = db.store.read().connections().current().await.unwrap().unwrap();
    assert_eq!(
        (shown(row.access_token.as_ref()), shown(row.refresh_token.as_ref())),
        (Some("ACCESS-B"), Some("REFRESH-5"))
    );
    assert_eq!((row.instance_url.as_str(), row.issued_at), ("https://moved.example", at(3)));
    tokens.refresh_token = Some("REFRESH-B".into());
    write!(db.store, |tx| tx.connections().save_tokens(uuid(5).into(), &tokens, at(4)));
    let row = db.store.read().connections().current().await.unwrap().unwrap();
    assert_eq!(shown(row.refresh_token.as_ref()), Some("REFRESH-B"));
    write!(db.store, |tx| tx.connections().disconnect(uuid(5).into(), at(5)));
    let tx = db.store.begin().await.unwrap();
    let error = tx.connections().save_tokens(uuid(5).into(), &tokens, at(6)).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { what: "connection" }));
    drop(tx);
    assert_eq!(raw(&db).await, "");
}

#[rstest]
#[tokio::test]
async fn a_paused_connection_is_still_the_current_one(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    write!(db.store, |tx| tx.connections().replace(&new(5, 0), KnownOrg::Same));
    write!(db.store, |tx| tx.connections().pause(
        uuid(5).into(),
        "The org no longer accepts us. Connect again.",
        at(1)
    ));
    let row = db.store.read().connections().current().await.unwrap().unwrap();
    assert_eq!(
        (row.state, row.problem.as_deref()),
        (ConnectionState::Paused, Some("The org no longer accepts us. Connect again."))
    );
    write!(db.store, |tx| tx.connections().resume(uuid(5).into(), at(2)));
    let row = db.store.read().connections().current().await.unwrap().unwrap();
    assert_eq!((row.state, row.problem), (ConnectionState::Connected, None));
}

#[rstest]
#[tokio::test]
async fn tokens_of_another_secret_key_are_not_there_but_the_connection_is(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    let db = database(backend).await;
    write!(db.store, |tx| tx.connections().replace(&new(5, 0), KnownOrg::Same));
    let cipher = TokenCipher::new([99; 32], Arc::new(SystemRandom));
    let other = Store::connect(&db.url, StoreOptions { max_connections: 1, cipher }).await.unwrap();
    let row = other.read().connections().current().await.unwrap().unwrap();
    assert!(row.access_token.is_none() && row.refresh_token.is_none());
    write!(other, |tx| tx.connections().disconnect(row.id, at(1)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_admins_connecting_at_once_leave_one_connection(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    for round in 0..5_u128 {
        let admins: Vec<_> = (0..4_u128)
            .map(|n| {
                let store = db.store.clone();
                tokio::spawn(async move {
                    let tx = store.begin().await?;
                    tx.connections().replace(&new(100 + round * 10 + n, 0), KnownOrg::Same).await?;
                    tx.commit().await
                })
            })
            .collect();
        for admin in admins {
            if let Err(error) = admin.await.unwrap() {
                assert!(error.conflicts_on("connections_singleton"), "{error:?}");
            }
        }
        let raw = Database::connect(db.url.expose_secret()).await.unwrap();
        let count = Statement::from_string(
            raw.get_database_backend(),
            "SELECT COUNT(*) AS n FROM connections WHERE state <> 'disconnected'",
        );
        assert_eq!(raw.query_one_raw(count).await.unwrap().unwrap().try_get::<i64>("", "n").unwrap(), 1);
    }
}

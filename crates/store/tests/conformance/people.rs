use domain::{CourseRunId, Email, PostKey, SalesforceId, Username, Visibility};
use rstest::rstest;
use sea_orm::{ConnectionTrait, Database};
use secrecy::ExposeSecret;
use store::{
    Backend::{self, Postgres, Sqlite},
    DraftRow, Error, NewUser, SessionRow,
    testing::database,
};

use crate::world::{at, new_user, organization, user, uuid, write};

#[rstest]
#[tokio::test]
async fn a_person_is_found_by_id_address_and_username(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let account = SalesforceId::new("001000000000001").unwrap();
    let new = NewUser { account_salesforce_id: Some(account.clone()), ..new_user(1) };
    write!(db.store, |tx| tx.users().insert(&new));
    let reader = db.store.read();
    for found in [
        reader.users().by_id(new.id).await.unwrap().unwrap(),
        reader.users().by_email(&Email::new("USER1@example.org").unwrap()).await.unwrap().unwrap(),
        reader.users().by_username(&new.username).await.unwrap().unwrap(),
    ] {
        assert_eq!(
            (found.id, &found.email, &found.username, &found.name, found.role),
            (new.id, &new.email, &new.username, &new.name, new.role)
        );
        assert_eq!(found.account_salesforce_id.as_ref(), Some(&account));
        assert_eq!(found.password_hash.expose_secret(), "$argon2id$hash1");
        assert_eq!((found.disabled_at, found.created_at, found.updated_at), (None, at(0), at(0)));
        assert!(!format!("{found:?}").contains("argon2id"));
    }
    assert!(reader.users().by_id(uuid(2).into()).await.unwrap().is_none());
}

#[rstest]
#[tokio::test]
async fn address_and_username_are_taken_once(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    user(&db.store, 1).await;
    for (twin, constraint) in [
        (NewUser { email: new_user(1).email, ..new_user(2) }, "users_email"),
        (NewUser { username: Username::new("user1").unwrap(), ..new_user(2) }, "users_username"),
        (NewUser { id: new_user(1).id, ..new_user(2) }, "users_pkey"),
    ] {
        let tx = db.store.begin().await.unwrap();
        let error = tx.users().insert(&twin).await.unwrap_err();
        assert!(error.conflicts_on(constraint), "{error:?}");
        assert!(!error.is_temporary());
    }
}

#[rstest]
#[tokio::test]
async fn memberships_are_replaced_as_a_whole(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let person = user(&db.store, 1).await;
    let (a, b) = (organization(&db.store, 10).await, organization(&db.store, 11).await);
    for wanted in [vec![a, b], vec![b], vec![], vec![a]] {
        write!(db.store, |tx| tx.users().set_memberships(person, &wanted));
        assert_eq!(db.store.read().users().memberships(person).await.unwrap(), wanted);
    }
    write!(db.store, |tx| tx.users().set_memberships(person, &[b, a, b]));
    assert_eq!(db.store.read().users().memberships(person).await.unwrap(), [a, b]);
}

#[rstest]
#[tokio::test]
async fn password_and_right_to_sign_in_change(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let person = user(&db.store, 1).await;
    write!(db.store, |tx| tx.users().set_password_hash(person, &"new".into(), at(5)));
    write!(db.store, |tx| tx.users().set_disabled(person, Some(at(6)), at(6)));
    let row = db.store.read().users().by_id(person).await.unwrap().unwrap();
    assert_eq!((row.password_hash.expose_secret(), row.disabled_at, row.updated_at), ("new", Some(at(6)), at(6)));
    write!(db.store, |tx| tx.users().set_disabled(person, None, at(7)));
    assert_eq!(db.store.read().users().by_id(person).await.unwrap().unwrap().disabled_at, None);
    let tx = db.store.begin().await.unwrap();
    let error = tx.users().set_disabled(uuid(9).into(), None, at(7)).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { what: "user" }));
}

fn session(expires: i64) -> SessionRow {
    SessionRow { user_id: None, data: vec![0, 255, 7], expires_at: at(expires), created_at: at(0), last_seen_at: at(0) }
}

#[rstest]
#[tokio::test]
async fn a_session_lives_until_it_expires_or_is_ended(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let person = user(&db.store, 1).await;
    write!(db.store, |tx| tx.sessions().create("a", &session(10)));
    let tx = db.store.begin().await.unwrap();
    assert!(tx.sessions().create("a", &session(10)).await.unwrap_err().conflicts_on("sessions_pkey"));
    drop(tx);
    let reader = db.store.read();
    assert_eq!(reader.sessions().load("a", at(9)).await.unwrap(), Some(session(10)));
    assert_eq!(reader.sessions().load("a", at(10)).await.unwrap(), None);
    assert_eq!(reader.sessions().load("A", at(9)).await.unwrap(), None);

    let later =
        SessionRow { user_id: Some(person), data: vec![], expires_at: at(20), created_at: at(5), last_seen_at: at(5) };
    write!(db.store, |tx| tx.sessions().save("a", &later));
    write!(db.store, |tx| tx.sessions().save("b", &later));
    write!(db.store, |tx| tx.sessions().save("c", &session(20)));
    assert_eq!(reader.sessions().load("a", at(15)).await.unwrap(), Some(SessionRow { created_at: at(0), ..later }));
    assert_eq!(write!(db.store, |tx| tx.sessions().delete_for_user(person)), 2);
    assert!(write!(db.store, |tx| tx.sessions().delete("c")));
    assert!(!write!(db.store, |tx| tx.sessions().delete("c")));

    write!(db.store, |tx| tx.sessions().create("d", &session(30)));
    assert_eq!(write!(db.store, |tx| tx.sessions().delete_expired(at(29))), 0);
    assert_eq!(write!(db.store, |tx| tx.sessions().delete_expired(at(30))), 1);
}

#[rstest]
#[tokio::test]
async fn the_database_does_not_hold_what_a_cookie_says(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    write!(db.store, |tx| tx.sessions().create("the-cookie", &session(10)));
    let raw = Database::connect(db.url.expose_secret()).await.unwrap();
    let row = raw
        .query_one_raw(sea_orm::Statement::from_string(raw.get_database_backend(), "SELECT id FROM sessions"))
        .await
        .unwrap()
        .unwrap();
    let stored: String = row.try_get("", "id").unwrap();
    assert!(stored.len() == 64 && !stored.contains("cookie"), "{stored}");
}

#[rstest]
#[tokio::test]
async fn a_draft_is_one_per_person_and_place_and_goes_with_its_post(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (person, other) = (user(&db.store, 1).await, user(&db.store, 2).await);
    let (first, second) = (PostKey::from(uuid(50)), PostKey::from(uuid(51)));
    let draft = DraftRow {
        user_id: person,
        scope: "course:1:public".into(),
        key: first,
        body: "half a sen".into(),
        visibility: Visibility::Public,
        course_run_id: None::<CourseRunId>,
        updated_at: at(1),
    };
    write!(db.store, |tx| tx.drafts().put(&draft));
    let newer = DraftRow {
        key: second,
        body: "another".into(),
        visibility: Visibility::Internal,
        updated_at: at(2),
        ..draft.clone()
    };
    write!(db.store, |tx| tx.drafts().put(&newer));
    let reader = db.store.read();
    assert_eq!(reader.drafts().get(person, &draft.scope).await.unwrap(), Some(newer));
    assert_eq!(reader.drafts().get(other, &draft.scope).await.unwrap(), None);
    assert_eq!(reader.drafts().get(person, "course:1:internal").await.unwrap(), None);
    assert!(!write!(db.store, |tx| tx.drafts().delete_if_key(person, &draft.scope, first)));
    assert!(!write!(db.store, |tx| tx.drafts().delete_if_key(other, &draft.scope, second)));
    assert!(write!(db.store, |tx| tx.drafts().delete_if_key(person, &draft.scope, second)));
    write!(db.store, |tx| tx.drafts().put(&draft));
    assert!(write!(db.store, |tx| tx.drafts().delete(person, &draft.scope)));
    assert!(!write!(db.store, |tx| tx.drafts().delete(person, &draft.scope)));
}

//! Bearer tokens.

use domain::{AccessTokenId, Scopes};
use rstest::rstest;
use secrecy::SecretString;
use store::{
    Backend::{self, Postgres, Sqlite},
    NewAccessToken,
    testing::database,
};

use crate::world::{at, user, uuid, write};

#[rstest]
#[tokio::test]
async fn a_token_is_found_by_itself_alone_while_it_may_be_used(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let owner = user(&db.store, 1).await;
    let secret = SecretString::from("cbt_secret");
    let id = AccessTokenId::from_uuid(uuid(50));
    let new = NewAccessToken {
        id,
        user_id: owner,
        name: "a script".to_owned(),
        scopes: Scopes::from_text("read write").unwrap(),
        created_at: at(0),
        expires_at: at(100),
    };
    write!(db.store, |tx| tx.access_tokens().insert(&secret, &new));
    let reader = db.store.read();
    let found = reader.access_tokens().usable(&secret, at(99)).await.unwrap().unwrap();
    assert_eq!((found.id, found.user_id, &found.scopes, found.last_used_at), (id, owner, &new.scopes, None));
    assert_eq!(reader.access_tokens().usable(&secret, at(100)).await.unwrap(), None);
    assert_eq!(reader.access_tokens().usable(&SecretString::from("cbt_other"), at(1)).await.unwrap(), None);
    assert_eq!(reader.access_tokens().count_usable(owner, at(1)).await.unwrap(), 1);

    let tx = db.store.begin().await.unwrap();
    let twin = NewAccessToken { id: AccessTokenId::from_uuid(uuid(51)), ..new.clone() };
    assert!(tx.access_tokens().insert(&secret, &twin).await.unwrap_err().conflicts_on("access_tokens_hash"));
    tx.rollback().await.unwrap();

    write!(db.store, |tx| tx.access_tokens().mark_used(id, at(5)));
    write!(db.store, |tx| tx.access_tokens().revoke(id, at(7)));
    write!(db.store, |tx| tx.access_tokens().revoke(id, at(9)));
    let spent = reader.access_tokens().by_id(id).await.unwrap().unwrap();
    assert_eq!((spent.last_used_at, spent.revoked_at), (Some(at(5)), Some(at(7))));
    assert_eq!(reader.access_tokens().usable(&secret, at(8)).await.unwrap(), None);
    assert_eq!(reader.access_tokens().of_user(owner).await.unwrap(), [spent]);
    assert_eq!(reader.access_tokens().count_usable(owner, at(8)).await.unwrap(), 0);
    assert_eq!(write!(db.store, |tx| tx.access_tokens().delete_spent(owner, at(7))), 0);
    assert_eq!(write!(db.store, |tx| tx.access_tokens().delete_spent(owner, at(8))), 1);
    assert_eq!(reader.access_tokens().by_id(id).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn everybodys_tokens_come_in_pages_the_newest_first(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let owners = [user(&db.store, 1).await, user(&db.store, 2).await];
    for (n, owner) in (50..55).zip(owners.into_iter().cycle()) {
        let new = NewAccessToken {
            id: AccessTokenId::from_uuid(uuid(n)),
            user_id: owner,
            name: n.to_string(),
            scopes: Scopes::from_text("read").unwrap(),
            created_at: at(0),
            expires_at: at(100),
        };
        write!(db.store, |tx| tx.access_tokens().insert(&SecretString::from(format!("cbt_{n}")), &new));
    }
    write!(db.store, |tx| tx.access_tokens().revoke(AccessTokenId::from_uuid(uuid(52)), at(1)));
    let reader = db.store.read();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = reader.access_tokens().of_everybody(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page.into_iter().map(|row| (row.name, row.user_id)));
    }
    let expected = ["54", "53", "52", "51", "50"].map(str::to_owned).into_iter().zip(owners.into_iter().cycle());
    assert_eq!(seen, expected.collect::<Vec<_>>());
}

//! Bearer tokens: made, used, spent.

use std::time::Duration;

use domain::{Email, Role, Scope, Scopes};
use engine::{Actor, NewToken, OwnedTokens, PublicKind, TokenState};
use rstest::rstest;
use secrecy::{ExposeSecret, SecretString};
use store::Backend;

use crate::portal::{Portal, kind};

const HOUR: Duration = Duration::from_secs(3_600);

fn token(scopes: &str) -> NewToken {
    NewToken { name: " My script ".to_owned(), scopes: Scopes::from_text(scopes).unwrap(), ttl: HOUR }
}

async fn acts_for(portal: &Portal, token: &SecretString) -> Option<String> {
    portal.engine.bearer(token).await.unwrap().map(|bearer| bearer.actor.username().to_string())
}

async fn disable(portal: &Portal, actor: &Actor) {
    let now = domain::Clock::now(&*portal.clock);
    let tx = portal.database.store.begin().await.unwrap();
    tx.users().set_disabled(actor.user(), Some(now), now).await.unwrap();
    tx.commit().await.unwrap();
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_token_acts_for_its_owner_until_it_expires_is_revoked_or_the_owner_disabled(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let (view, first) = portal.engine.create_token(&pat, token("read")).await.unwrap();
    portal.clock.advance(Duration::from_secs(1));
    let (_, second) = portal.engine.create_token(&pat, token("read write")).await.unwrap();
    let bearer = portal.engine.bearer(&first).await.unwrap().unwrap();
    assert_eq!(*bearer.actor, *pat);
    assert!(bearer.may(Scope::Read) && !bearer.may(Scope::Write) && !bearer.may(Scope::Catalogue));
    assert_eq!((view.name.as_str(), view.state), ("My script", TokenState::Usable));
    let used = portal.engine.tokens(&pat).await.unwrap();
    assert!(used.iter().find(|token| token.id == view.id).unwrap().last_used_text.is_some());

    portal.engine.revoke_token(&pat, view.id).await.unwrap();
    portal.engine.revoke_token(&pat, view.id).await.unwrap();
    assert_eq!(acts_for(&portal, &first).await, None);
    assert_eq!(acts_for(&portal, &second).await.as_deref(), Some("pat"));
    portal.clock.advance(HOUR);
    assert_eq!(acts_for(&portal, &second).await, None);
    let states: Vec<TokenState> = portal.engine.tokens(&pat).await.unwrap().iter().map(|token| token.state).collect();
    assert_eq!(states, [TokenState::Expired, TokenState::Revoked]);

    let (_, third) = portal.engine.create_token(&pat, token("read")).await.unwrap();
    assert_eq!(acts_for(&portal, &third).await.as_deref(), Some("pat"));
    disable(&portal, &pat).await;
    assert_eq!(acts_for(&portal, &third).await, None);
}

#[tokio::test]
async fn the_database_holds_no_token_and_what_is_no_token_opens_nothing() {
    let portal = Portal::new(Backend::Sqlite, None).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let (view, secret) = portal.engine.create_token(&pat, token("read")).await.unwrap();
    assert!(!format!("{view:?} {secret:?}").contains(&secret.expose_secret()[4..]));
    let (_, other) = portal.engine.create_token(&pat, token("read")).await.unwrap();
    assert_ne!(secret.expose_secret(), other.expose_secret());
    for wrong in [
        view.id.to_string(),
        secret.expose_secret().to_lowercase(),
        format!("{} ", secret.expose_secret()),
        format!("{}{}", &secret.expose_secret()[..44], &other.expose_secret()[44..]),
        "cbt_".to_owned(),
    ] {
        assert_eq!(acts_for(&portal, &SecretString::from(wrong.clone())).await, None, "{wrong}");
    }
}

#[tokio::test]
async fn tokens_of_others_are_not_there_except_for_admins() {
    let portal = Portal::new(Backend::Sqlite, None).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let (view, secret) = portal.engine.create_token(&pat, token("read")).await.unwrap();
    for (handle, role) in [("quinn", Role::Partner), ("sam", Role::Staff)] {
        let other = portal.person(handle, role, &[]).await;
        assert_eq!(portal.engine.tokens(&other).await.unwrap(), []);
        assert_eq!(kind(portal.engine.revoke_token(&other, view.id).await), PublicKind::NotFound);
        assert_eq!(kind(portal.engine.all_tokens(&other, None).await), PublicKind::NotFound);
    }
    assert_eq!(acts_for(&portal, &secret).await.as_deref(), Some("pat"));
    let ada = portal.person("ada", Role::Admin, &[]).await;
    let listed = portal.engine.all_tokens(&ada, None).await.unwrap().tokens;
    let [owned] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((owned.owner.as_str(), owned.email.as_str(), owned.token.id), ("pat Ames", "pat@example.org", view.id));
    assert!(owned.owner_may_sign_in && owned.token.last_used_text.is_some());
    portal.engine.revoke_token(&ada, view.id).await.unwrap();
    assert_eq!(acts_for(&portal, &secret).await, None);
    disable(&portal, &pat).await;
    let spent = portal.engine.all_tokens(&ada, None).await.unwrap().tokens.remove(0);
    assert!(!spent.owner_may_sign_in && spent.token.state == TokenState::Revoked);
    assert_eq!(
        portal.engine.all_tokens(&ada, Some(view.id)).await.unwrap(),
        OwnedTokens { tokens: vec![], next: None }
    );
}

#[tokio::test]
async fn a_token_is_never_more_than_its_owner() {
    let portal = Portal::new(Backend::Sqlite, None).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let refused = portal.engine.create_token(&pat, token("read catalogue")).await.unwrap_err().public();
    assert_eq!(refused.field, Some("scopes"));
    for (field, new) in [
        ("name", NewToken { name: " ".to_owned(), ..token("read") }),
        ("name", NewToken { name: "a\nb".to_owned(), ..token("read") }),
        ("ttl", NewToken { ttl: Duration::ZERO, ..token("read") }),
        ("ttl", NewToken { ttl: HOUR * 24 * 367, ..token("read") }),
    ] {
        assert_eq!(portal.engine.create_token(&pat, new).await.unwrap_err().public().field, Some(field));
    }
    let sam = portal.person("sam", Role::Staff, &[]).await;
    let address = Email::new("sam@example.org").unwrap();
    let secret = portal.engine.create_token_for(&address, "upstream".to_owned(), None, HOUR).await.unwrap();
    assert!(portal.engine.bearer(&secret).await.unwrap().unwrap().may(Scope::Catalogue));
    disable(&portal, &sam).await;
    let gone = portal.engine.create_token_for(&address, "upstream".to_owned(), None, HOUR).await;
    assert_eq!(kind(gone), PublicKind::Invalid);
}

#[tokio::test]
async fn nobody_piles_up_tokens() {
    let portal = Portal::new(Backend::Sqlite, None).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    for _ in 0..50 {
        portal.engine.create_token(&pat, token("read")).await.unwrap();
    }
    assert_eq!(kind(portal.engine.create_token(&pat, token("read")).await), PublicKind::Conflict);
    portal.clock.advance(HOUR * 24 * 40);
    portal.engine.create_token(&pat, token("read")).await.unwrap();
    assert_eq!(portal.engine.tokens(&pat).await.unwrap().len(), 1, "spent ones are forgotten after a while");
}

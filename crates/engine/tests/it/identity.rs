//! Signing in and adding people.

use domain::{Email, OrganizationKey, PersonName, Role, Username};
use engine::{Error, NewPerson, PublicKind};
use rstest::rstest;
use secrecy::SecretString;
use store::Backend;

use crate::portal::{PASSWORD, Portal, kind};

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_person_signs_in_with_the_right_password_only(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let sign_in = async |email: &str, password: &str| portal.engine.sign_in(email, SecretString::from(password)).await;
    let actor = sign_in(" PAT@example.org ", PASSWORD).await.unwrap();
    assert_eq!(actor, *pat);
    assert_eq!(actor.display_name(), "pat Ames");
    for (email, password) in [
        ("pat@example.org", "wrong"),
        ("pat@example.org", ""),
        ("nobody@example.org", PASSWORD),
        ("no address", PASSWORD),
        ("", ""),
    ] {
        let refused = sign_in(email, password).await.unwrap_err().public();
        assert_eq!(refused, Error::BadCredentials.public(), "{email}");
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_disabled_person_is_nobody_from_the_next_request_on(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let now = domain::Clock::now(&*portal.clock);
    let tx = portal.database.store.begin().await.unwrap();
    tx.users().set_disabled(pat.user(), Some(now), now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(portal.engine.actor(pat.user()).await.unwrap(), None);
    assert_eq!(
        kind(portal.engine.sign_in("pat@example.org", SecretString::from(PASSWORD)).await),
        PublicKind::BadCredentials
    );
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_taken_address_or_name_and_an_unknown_organization_are_told(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    portal.person("pat", Role::Partner, &["MITx"]).await;
    let add = async |email: &str, username: &str, organization: &str, password: &str| {
        portal
            .engine
            .add_user(NewPerson {
                email: Email::new(email).unwrap(),
                role: Role::Partner,
                name: PersonName::default(),
                username: Some(Username::new(username).unwrap()),
                organizations: vec![OrganizationKey::new(organization).unwrap()],
                account: None,
                password: SecretString::from(password),
            })
            .await
    };
    assert_eq!(kind(add("pat@example.org", "other", "MITx", PASSWORD).await), PublicKind::Conflict);
    assert_eq!(kind(add("other@example.org", "pat", "MITx", PASSWORD).await), PublicKind::Conflict);
    assert_eq!(kind(add("other@example.org", "other", "YaleX", PASSWORD).await), PublicKind::Invalid);
    assert_eq!(kind(add("other@example.org", "other", "MITx", "short").await), PublicKind::Invalid);
    add("other@example.org", "other", "MITx", PASSWORD).await.unwrap();
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn people_of_one_name_at_two_places_both_get_in(#[case] backend: Backend) {
    let portal = Portal::new(backend, None).await;
    let add = async |email: &str| {
        let person = NewPerson {
            email: Email::new(email).unwrap(),
            role: Role::Staff,
            name: PersonName::default(),
            username: None,
            organizations: Vec::new(),
            account: None,
            password: SecretString::from(PASSWORD),
        };
        let id = portal.engine.add_user(person).await?;
        Ok::<_, Error>(portal.engine.actor(id).await?.unwrap().username().to_string())
    };
    assert_eq!(add("mia@mitx.test").await.unwrap(), "mia");
    assert_eq!(add("mia@harvardx.test").await.unwrap(), "mia@harvardx.test");
    let again = add("Mia@mitx.test").await.unwrap_err().public().message;
    assert!(again.contains("address"), "{again}");
}

//! Who people are: signing in, the actor of a request, adding people.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::{Email, OrganizationKey, PersonName, Role, SalesforceId, UserId, Username};
use secrecy::{ExposeSecret, SecretString};
use store::{NewUser, Tx, UserRow};
use tokio::sync::Semaphore;

use crate::{Actor, Engine, Error};

/// A person to add.
#[derive(Debug)]
pub struct NewPerson {
    pub email: Email,
    pub role: Role,
    pub name: PersonName,
    /// None: what stands before the @ of the address, or all of it where that is taken.
    pub username: Option<Username>,
    pub organizations: Vec<OrganizationKey>,
    pub account: Option<SalesforceId>,
    pub password: SecretString,
}

/// argon2id at its recommended cost. Bounded, since each hash under way holds 19 MiB.
pub(crate) struct Passwords {
    slots: Semaphore,
}

/// Shorter ones are refused when a person is added.
const PASSWORD_MIN_CHARS: usize = 8;
const SALT_BYTES: usize = 16;

impl Default for Passwords {
    fn default() -> Self {
        Self { slots: Semaphore::new(2) }
    }
}

impl Passwords {
    async fn hash(&self, password: SecretString, salt: [u8; SALT_BYTES]) -> Result<SecretString, Error> {
        self.work(move || {
            Argon2::default()
                .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
                .map(|hash| SecretString::from(hash.to_string()))
                .map_err(|error| Error::internal(format!("password hashing: {error}")))
        })
        .await?
    }

    /// Does the same work whether or not there is a hash to compare with.
    async fn matches(&self, password: SecretString, hash: Option<SecretString>) -> Result<bool, Error> {
        self.work(move || {
            let password = password.expose_secret().as_bytes();
            let Some(hash) = hash else {
                let _ = Argon2::default().hash_password_with_salt(password, &[0; SALT_BYTES]);
                return Ok(false);
            };
            let hash = PasswordHash::new(hash.expose_secret())
                .map_err(|error| Error::internal(format!("a stored password hash is malformed: {error}")))?;
            Ok(Argon2::default().verify_password(password, &hash).is_ok())
        })
        .await?
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let _slot = self.slots.acquire().await.map_err(|error| Error::internal(error.to_string()))?;
        tokio::task::spawn_blocking(work).await.map_err(|error| Error::internal(format!("password hashing: {error}")))
    }
}

impl Engine {
    /// The same answer after the same work for a wrong password, an unknown address, a disabled person and one without a password.
    ///
    /// # Errors
    /// [`Error::BadCredentials`], or the database is away.
    pub async fn sign_in(&self, email: &str, password: SecretString) -> Result<Actor, Error> {
        let user = match Email::new(email) {
            Ok(email) => self.store.read().users().by_email(&email).await?,
            Err(_) => None,
        };
        let user = user.filter(|user| user.disabled_at.is_none());
        let hash = user.as_ref().and_then(|user| user.password().cloned());
        let matches = self.passwords.matches(password, hash).await?;
        match user {
            Some(user) if matches => self.actor_of(user).await,
            _ => Err(Error::BadCredentials),
        }
    }

    /// The person of a session, read afresh: None once disabled or gone.
    ///
    /// # Errors
    /// The database is away.
    pub async fn actor(&self, user: UserId) -> Result<Option<Arc<Actor>>, Error> {
        self.person(user).await
    }

    pub(crate) async fn actor_of(&self, user: UserRow) -> Result<Actor, Error> {
        let organizations = match user.role {
            Role::Partner => self.store.read().users().memberships(user.id).await?,
            Role::Staff | Role::Customer | Role::Admin => Vec::new(),
        };
        Ok(Actor {
            user: user.id,
            role: user.role,
            name: user.name,
            username: user.username,
            email: user.email,
            organizations,
        })
    }

    /// # Errors
    /// [`Error::Invalid`] for an unknown organization or a short password, [`Error::Conflict`] when the address or username
    /// is taken.
    pub async fn add_user(&self, person: NewPerson) -> Result<UserId, Error> {
        let now = self.clock.now();
        let password_hash = self.new_hash(person.password).await?;
        let tx = self.store.begin().await?;
        if tx.users().by_email(&person.email).await?.is_some() {
            return Err(Error::Conflict(format!("Somebody with the address {} is here already.", person.email)));
        }
        let Some(username) = free_username(&tx, &person.email, person.username.as_ref()).await? else {
            return Err(match person.username {
                Some(taken) => {
                    Error::Conflict(format!("The username {taken} is taken. Choose another with --username."))
                }
                None => Error::Conflict("No username is free. Choose one with --username.".to_owned()),
            });
        };
        let user = NewUser {
            id: UserId::from_uuid(self.random.uuid_v7(now)),
            email: person.email,
            username,
            name: person.name,
            role: person.role,
            password_hash,
            account_salesforce_id: person.account,
            created_at: now,
        };
        let mut organizations = Vec::with_capacity(person.organizations.len());
        for key in &person.organizations {
            let organization = tx.catalogue().organization_by_key(key).await?.ok_or_else(|| {
                Error::invalid(format!(
                    "There is no organization with the key “{key}”. Import the catalogue first, or check the key."
                ))
            })?;
            organizations.push(organization.id);
        }
        tx.users().insert(&user).await.map_err(|error| {
            if error.conflicts_on("users_email") {
                Error::Conflict(format!("Somebody with the address {} is here already.", user.email))
            } else if error.conflicts_on("users_username") {
                Error::Conflict(format!("The username {} is taken. Choose another with --username.", user.username))
            } else {
                error.into()
            }
        })?;
        tx.users().set_memberships(user.id, &organizations).await?;
        tx.commit().await?;
        tracing::info!(user.id = %user.id, user.role = user.role.name(), "person added");
        Ok(user.id)
    }

    /// Sets somebody's password, the first or another. Whoever is signed in as that person is signed out.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown address or a short password.
    pub async fn set_password(&self, email: &Email, password: SecretString) -> Result<(), Error> {
        let hash = self.new_hash(password).await?;
        let tx = self.store.begin().await?;
        let user = tx.users().by_email(email).await?;
        let user = user.ok_or_else(|| Error::invalid(format!("Nobody with the address {email} is known here.")))?;
        tx.users().set_password_hash(user.id, &hash, self.clock.now()).await?;
        tx.sessions().delete_for_user(user.id).await?;
        tx.commit().await?;
        tracing::info!(user.id = %user.id, "password set");
        Ok(())
    }

    async fn new_hash(&self, password: SecretString) -> Result<SecretString, Error> {
        if password.expose_secret().chars().count() < PASSWORD_MIN_CHARS {
            return Err(Error::invalid(format!(
                "The password is too short: use at least {PASSWORD_MIN_CHARS} characters."
            )));
        }
        let mut salt = [0; SALT_BYTES];
        self.random.fill(&mut salt);
        self.passwords.hash(password, salt).await
    }
}

/// The one asked for, or one made from the address; none when taken.
pub(crate) async fn free_username(tx: &Tx, email: &Email, asked: Option<&Username>) -> Result<Option<Username>, Error> {
    let address = email.as_str();
    let candidates = match asked {
        Some(username) => vec![username.clone()],
        None => [address.split('@').next().unwrap_or(address), address]
            .into_iter()
            .filter_map(|text| Username::new(text).ok())
            .collect(),
    };
    for candidate in candidates {
        if tx.users().by_username(&candidate).await?.is_none() {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

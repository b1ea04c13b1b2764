//! Bearer tokens: how people's own programs act for them, within scopes, until a day, and until revoked.
//!
//! A token is `cbt_`, forty random letters and digits, and six that follow from those, so that a mistyped or cut one is refused
//! without a look into the database, and a scanner finds a leaked one in a text. Only its hash is stored.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use domain::{AccessTokenId, Email, Scope, Scopes, Timestamp, UserId};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use store::{AccessTokenRow, NewAccessToken, UserRow};

use crate::{Actor, Engine, Error, access, time_text};

const PREFIX: &str = "cbt_";
const SECRET_CHARS: usize = 40;
const CHECK_CHARS: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const NAME_MAX_CHARS: usize = 100;
const TTL_MIN: Duration = Duration::from_secs(1);
/// Longer than a year and a day nobody remembers what a token was for.
const TTL_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// Usable ones of one person at a time.
const MOST: u64 = 50;
/// How long spent ones stay in the list.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Of everybody's.
const PER_PAGE: usize = 100;
/// When a token was last used is written down at most this often.
const USE_NOTED_EVERY: Duration = Duration::from_secs(5 * 60);

/// A token to make.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What its owner will know it by.
    pub name: String,
    pub scopes: Scopes,
    pub ttl: Duration,
}

/// A token as its owner sees it: never the token itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenView {
    pub id: AccessTokenId,
    pub name: String,
    pub scopes: Scopes,
    pub state: TokenState,
    /// "20 Nov 2026, 12:00 UTC"
    pub created_text: String,
    pub expires_text: String,
    /// None: never.
    pub last_used_text: Option<String>,
}

/// A token as admins see it: with whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedToken {
    pub token: TokenView,
    pub owner: String,
    pub email: Email,
    /// A disabled person's tokens open nothing, whatever their state.
    pub owner_may_sign_in: bool,
}

/// One page of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedTokens {
    pub tokens: Vec<OwnedToken>,
    /// The place of the next page.
    pub next: Option<AccessTokenId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenState {
    Usable,
    Expired,
    Revoked,
}

/// Who acts by a token, and what it lets them do.
#[derive(Clone, Debug)]
pub struct Bearer {
    pub actor: Arc<Actor>,
    pub scopes: Scopes,
}

impl Engine {
    /// Makes a token for the actor. The secret is told here and never again.
    ///
    /// # Errors
    /// [`Error::InvalidField`], [`Error::Conflict`] for one more than anybody needs.
    pub async fn create_token(&self, actor: &Actor, new: NewToken) -> Result<(TokenView, SecretString), Error> {
        let name = new.name.trim();
        if name.is_empty() {
            return Err(Error::field("name", "Give the token a name by which you will know it again."));
        }
        if name.chars().count() > NAME_MAX_CHARS {
            return Err(Error::field("name", format!("The name is longer than {NAME_MAX_CHARS} characters.")));
        }
        if name.contains(char::is_control) {
            return Err(Error::field("name", "The name holds control characters or line breaks. Remove them."));
        }
        if let Some(scope) = new.scopes.iter().find(|scope| !scope.is_for(actor.role())) {
            let sentence = format!("Only staff can use the scope “{}”. Choose another.", scope.name());
            return Err(Error::field("scopes", sentence));
        }
        if !(TTL_MIN..=TTL_MAX).contains(&new.ttl) {
            return Err(Error::field("ttl", "A token is good for at least a second and at most 366 days."));
        }
        let now = self.clock.now();
        let token = self.new_token();
        let row = NewAccessToken {
            id: AccessTokenId::from_uuid(self.random.uuid_v7(now)),
            user_id: actor.user(),
            name: name.to_owned(),
            scopes: new.scopes,
            created_at: now,
            expires_at: now.saturating_add(new.ttl),
        };
        let tx = self.store.begin().await?;
        tx.access_tokens().delete_spent(actor.user(), now.saturating_sub(KEPT)).await?;
        if tx.access_tokens().count_usable(actor.user(), now).await? >= MOST {
            return Err(Error::Conflict(format!("You have {MOST} tokens. Revoke one that you don't need first.")));
        }
        tx.access_tokens().insert(&token, &row).await?;
        tx.commit().await?;
        tracing::info!(token.id = %row.id, user.id = %actor.user(), token.scopes = %row.scopes, "token made");
        let NewAccessToken { id, user_id, name, scopes, created_at, expires_at } = row;
        let made =
            AccessTokenRow { id, user_id, name, scopes, created_at, expires_at, last_used_at: None, revoked_at: None };
        Ok((view(made, now), token))
    }

    /// The same for the command line, whose user runs the portal: everything the person's role can use, unless said.
    ///
    /// # Errors
    /// As [`Engine::create_token`]; [`Error::Invalid`] where nobody enabled has the address.
    pub async fn create_token_for(
        &self,
        email: &Email,
        name: String,
        scopes: Option<Scopes>,
        ttl: Duration,
    ) -> Result<SecretString, Error> {
        let user = self.store.read().users().by_email(email).await?.filter(|user| user.disabled_at.is_none());
        let user = user.ok_or_else(|| Error::invalid(format!("Nobody who may sign in has the address {email}.")))?;
        let actor = self.actor_of(user).await?;
        let scopes = scopes.unwrap_or_else(|| Scopes::all_for(actor.role()));
        Ok(self.create_token(&actor, NewToken { name, scopes, ttl }).await?.1)
    }

    /// The actor's own tokens, the newest first; for a while those that are spent, too.
    ///
    /// # Errors
    /// The database is away.
    pub async fn tokens(&self, actor: &Actor) -> Result<Vec<TokenView>, Error> {
        let now = self.clock.now();
        let rows = self.store.read().access_tokens().of_user(actor.user()).await?;
        Ok(rows.into_iter().map(|row| view(row, now)).collect())
    }

    /// Everybody's tokens, the newest first; for a while those that are spent, too. `after` is the last one of the page before.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody but admins.
    pub async fn all_tokens(&self, actor: &Actor, after: Option<AccessTokenId>) -> Result<OwnedTokens, Error> {
        access::check_may_see_all_tokens(actor)?;
        let now = self.clock.now();
        let reader = self.store.read();
        let mut rows = reader.access_tokens().of_everybody(after, PER_PAGE as u64 + 1).await?;
        let more = rows.len() > PER_PAGE;
        rows.truncate(PER_PAGE);
        let next = rows.last().filter(|_| more).map(|row| row.id);
        let owners: HashSet<UserId> = rows.iter().map(|row| row.user_id).collect();
        let owners = reader.users().by_ids(&owners.into_iter().collect::<Vec<_>>()).await?;
        let owners: HashMap<UserId, UserRow> = owners.into_iter().map(|user| (user.id, user)).collect();
        let owned = |row: AccessTokenRow| {
            let owner = owners.get(&row.user_id)?;
            Some(OwnedToken {
                owner: owner.name.full_or(&owner.username),
                email: owner.email.clone(),
                owner_may_sign_in: owner.disabled_at.is_none(),
                token: view(row, now),
            })
        };
        Ok(OwnedTokens { tokens: rows.into_iter().filter_map(owned).collect(), next })
    }

    /// From the next request on the token opens nothing. Again is fine.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a token that doesn't exist or isn't the actor's; admins may revoke anybody's.
    pub async fn revoke_token(&self, actor: &Actor, id: AccessTokenId) -> Result<(), Error> {
        let row = self.store.read().access_tokens().by_id(id).await?.ok_or(Error::NotFound)?;
        access::check_may_revoke_token(actor, row.user_id)?;
        let tx = self.store.begin().await?;
        tx.access_tokens().revoke(id, self.clock.now()).await?;
        tx.commit().await?;
        tracing::info!(token.id = %id, user.id = %row.user_id, by.id = %actor.user(), "token revoked");
        Ok(())
    }

    /// Who a request with this token acts for. None: it is no token, or revoked, expired, or its owner disabled.
    ///
    /// # Errors
    /// The database is away.
    pub async fn bearer(&self, token: &SecretString) -> Result<Option<Bearer>, Error> {
        if !is_well_formed(token.expose_secret()) {
            return Ok(None);
        }
        let now = self.clock.now();
        let Some(row) = self.store.read().access_tokens().usable(token, now).await? else { return Ok(None) };
        let Some(actor) = self.person(row.user_id).await? else { return Ok(None) };
        if row.last_used_at.is_none_or(|last| now.since(last) >= USE_NOTED_EVERY)
            && let Err(error) = self.note_use(row.id, now).await
        {
            tracing::warn!(error = %error, token.id = %row.id, "when a token was used could not be written down");
        }
        Ok(Some(Bearer { actor, scopes: row.scopes }))
    }

    async fn note_use(&self, id: AccessTokenId, now: Timestamp) -> Result<(), Error> {
        let tx = self.store.begin_repeatable().await?;
        tx.access_tokens().mark_used(id, now).await?;
        Ok(tx.commit().await?)
    }

    fn new_token(&self) -> SecretString {
        let mut secret = String::with_capacity(SECRET_CHARS);
        while secret.len() < SECRET_CHARS {
            let mut bytes = [0; SECRET_CHARS];
            self.random.fill(&mut bytes);
            // Bytes beyond the last whole round of the alphabet are passed over, so that every letter is as likely.
            let letters = bytes.iter().filter(|byte| usize::from(**byte) < 256 / ALPHABET.len() * ALPHABET.len());
            secret.extend(letters.map(|byte| letter(*byte)).take(SECRET_CHARS - secret.len()));
        }
        SecretString::from(format!("{PREFIX}{secret}{}", check(&secret)))
    }
}

impl Bearer {
    pub fn may(&self, scope: Scope) -> bool {
        // A role that was lowered since takes the scope with it.
        self.scopes.contains(scope) && scope.is_for(self.actor.role())
    }
}

fn view(row: AccessTokenRow, now: Timestamp) -> TokenView {
    let state = match row.revoked_at {
        Some(_) => TokenState::Revoked,
        None if row.expires_at <= now => TokenState::Expired,
        None => TokenState::Usable,
    };
    TokenView {
        id: row.id,
        name: row.name,
        scopes: row.scopes,
        state,
        created_text: time_text::moment(row.created_at),
        expires_text: time_text::moment(row.expires_at),
        last_used_text: row.last_used_at.map(time_text::moment),
    }
}

fn letter(byte: u8) -> char {
    ALPHABET.get(usize::from(byte) % ALPHABET.len()).map_or('0', |letter| char::from(*letter))
}

/// The letters that follow from the secret ones.
fn check(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().take(CHECK_CHARS).map(|byte| letter(*byte)).collect()
}

fn is_well_formed(token: &str) -> bool {
    let Some(rest) = token.strip_prefix(PREFIX) else { return false };
    rest.len() == SECRET_CHARS + CHECK_CHARS
        && rest.split_at_checked(SECRET_CHARS).is_some_and(|(secret, given)| check(secret) == given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_with_a_letter_wrong_or_cut_off_is_no_token() {
        let secret = "0123456789abcdefghijABCDEFGHIJ0123456789";
        let token = format!("{PREFIX}{secret}{}", check(secret));
        assert!(is_well_formed(&token));
        for wrong in [
            token.replace("abc", "abd"),
            token[..token.len() - 1].to_owned(),
            format!("{token}0"),
            token.replace(PREFIX, "ghp_"),
            "é".repeat(25),
            String::new(),
        ] {
            assert!(!is_well_formed(&wrong), "{wrong}");
        }
    }
}

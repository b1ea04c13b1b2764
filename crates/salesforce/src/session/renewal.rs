//! One renewal at a time, shared by all who wait, finished even when they stop waiting.
//!
//! Where the org rotates refresh tokens, an answer that nobody stores is a connection lost. So a renewal runs in its own task,
//! which no dropped request can cancel; what it got is kept until the store has it, and only then used.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Clock;
use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use secrecy::{ExposeSecret, SecretString};

use super::{TokenStore, TokenStoreError, Tokens};
use crate::{
    Grant, OAuth,
    error::{Error, ErrorKind},
};

type Renewal = Shared<BoxFuture<'static, Result<Tokens, Error>>>;

#[derive(Clone)]
pub(crate) struct Session(Arc<Inner>);

struct Inner {
    oauth: OAuth,
    grant: Grant,
    store: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
    memory: Mutex<Memory>,
    /// Renewing, connecting and disconnecting, one after the other.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Memory {
    /// Stored, and not known to be dead.
    current: Option<Tokens>,
    /// Got from the org, but the store failed: saved before anything else happens.
    unsaved: Option<Tokens>,
    /// The access token the org refused last.
    dead: Option<SecretString>,
    /// The refresh token that the org refused for good, and how: it isn't asked again.
    refused: Option<(SecretString, Error)>,
    renewal: Option<Renewal>,
}

impl Session {
    pub(crate) fn new(oauth: OAuth, grant: Grant, store: Arc<dyn TokenStore>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            oauth,
            grant,
            store,
            clock,
            memory: Mutex::default(),
            turn: tokio::sync::Mutex::new(()),
        }))
    }

    pub(crate) fn oauth(&self) -> &OAuth {
        &self.0.oauth
    }

    /// The tokens to use now: remembered, stored, or (where no person is needed) new ones.
    pub(crate) async fn tokens(&self) -> Result<Tokens, Error> {
        let renewal = {
            let mut memory = self.0.memory();
            if let Some(current) = &memory.current {
                return Ok(current.clone());
            }
            self.renewal(&mut memory)
        };
        renewal.await
    }

    /// Tokens other than `refused`, whose access token the org no longer takes.
    pub(crate) async fn renew(&self, refused: &Tokens) -> Result<Tokens, Error> {
        let renewal = {
            let mut memory = self.0.memory();
            match &memory.current {
                Some(current) if !same(&current.access_token, &refused.access_token) => return Ok(current.clone()),
                Some(_) => {
                    memory.current = None;
                    memory.dead = Some(refused.access_token.clone());
                }
                None => {}
            }
            self.renewal(&mut memory)
        };
        renewal.await
    }

    /// Stores and uses tokens that a person's consent gave.
    pub(crate) async fn connect(&self, tokens: Tokens) -> Result<(), Error> {
        let _turn = self.0.turn.lock().await;
        self.0.store.save(&tokens).await.map_err(store_failed)?;
        let mut memory = self.0.memory();
        *memory = Memory { current: Some(tokens), renewal: memory.renewal.take(), ..Memory::default() };
        Ok(())
    }

    /// Forgets the tokens and gives them back to the org. Erasing the stored ones is the caller's part.
    pub(crate) async fn disconnect(&self) -> Result<(), Error> {
        let _turn = self.0.turn.lock().await;
        let stored = self.0.store.load().await.map_err(store_failed)?;
        let remembered = {
            let mut memory = self.0.memory();
            let remembered = memory.unsaved.take().or(memory.current.take());
            memory.dead = remembered.as_ref().map(|tokens| tokens.access_token.clone());
            remembered
        };
        match remembered.or(stored) {
            Some(tokens) => self.0.oauth.revoke(tokens.refresh_token.as_ref().unwrap_or(&tokens.access_token)).await,
            None => Ok(()),
        }
    }

    /// Joins the renewal under way, or starts one.
    fn renewal(&self, memory: &mut Memory) -> Renewal {
        if let Some(renewal) = &memory.renewal {
            return renewal.clone();
        }
        let inner = Arc::clone(&self.0);
        let task = tokio::spawn(async move {
            let _ended = Ended(Arc::clone(&inner));
            let _turn = inner.turn.lock().await;
            inner.obtain().await
        });
        let renewal =
            async move { task.await.unwrap_or_else(|error| Err(Error::new(ErrorKind::TokenStore).with_source(error))) }
                .boxed()
                .shared();
        memory.renewal = Some(renewal.clone());
        renewal
    }
}

/// Makes room for the next renewal, however this one ended.
struct Ended(Arc<Inner>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.memory().renewal = None;
    }
}

impl Inner {
    /// Never held across an await.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn obtain(&self) -> Result<Tokens, Error> {
        // Connecting may have been quicker.
        if let Some(current) = self.memory().current.clone() {
            return Ok(current);
        }
        let unsaved = self.memory().unsaved.clone();
        if let Some(tokens) = unsaved {
            let tokens = self.keep(tokens).await?;
            if !self.is_dead(&tokens) {
                return Ok(self.adopt(tokens));
            }
        }
        let _turn = self.store.refresh_turn().await.map_err(store_failed)?;
        let stored = self.store.load().await.map_err(store_failed)?;
        let stored = match stored {
            // Another process renewed them, or this one has just started.
            Some(tokens) if !self.is_dead(&tokens) => return Ok(self.adopt(tokens)),
            stored => stored,
        };
        let fresh = match &self.grant {
            Grant::Web => match self.refresh(stored.as_ref()).await? {
                Refreshed::Fresh(tokens) => tokens,
                Refreshed::Elsewhere(tokens) => return Ok(self.adopt(tokens)),
            },
            Grant::ClientCredentials => self.oauth.client_credentials().await?,
            Grant::Jwt { username, key_pem } => self.oauth.jwt_bearer(username, key_pem, self.clock.now()).await?,
        };
        let fresh = match stored {
            Some(stored) => Tokens {
                refresh_token: fresh.refresh_token.or(stored.refresh_token),
                scope: fresh.scope.or(stored.scope),
                id: fresh.id.or(stored.id),
                ..fresh
            },
            None => fresh,
        };
        tracing::info!(salesforce.instance = fresh.instance_url.host_str(), "salesforce session renewed");
        let fresh = self.keep(fresh).await?;
        Ok(self.adopt(fresh))
    }

    async fn refresh(&self, stored: Option<&Tokens>) -> Result<Refreshed, Error> {
        let stored = stored.ok_or_else(|| Error::new(ErrorKind::NotConnected))?;
        let refresh_token = stored.refresh_token.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Grant {
                error: "no_refresh_token".to_owned(),
                description: Some(
                    "The session ended and the org gave no refresh token. Give the app the refresh_token scope, then connect again."
                        .to_owned(),
                ),
            })
        })?;
        if let Some((refused, error)) = &self.memory().refused
            && same(refused, refresh_token)
        {
            return Err(error.clone());
        }
        let error = match self.oauth.refresh(refresh_token).await {
            Ok(tokens) => return Ok(Refreshed::Fresh(tokens)),
            Err(error) => error,
        };
        if error.code() != Some("invalid_grant") {
            return Err(error);
        }
        // A process that doesn't take turns may have used the token first; then the store has what it got.
        if let Some(tokens) = self.store.load().await.map_err(store_failed)?
            && !self.is_dead(&tokens)
        {
            return Ok(Refreshed::Elsewhere(tokens));
        }
        if error.needs_reconnect() {
            tracing::warn!(error = %error, "salesforce refused the refresh token; an admin has to connect again");
            self.memory().refused = Some((refresh_token.clone(), error.clone()));
        }
        Err(error)
    }

    /// Puts tokens in the store; until that works they stay here, for the next attempt.
    async fn keep(&self, tokens: Tokens) -> Result<Tokens, Error> {
        self.memory().unsaved = Some(tokens.clone());
        self.store.save(&tokens).await.map_err(store_failed)?;
        self.memory().unsaved = None;
        Ok(tokens)
    }

    fn adopt(&self, tokens: Tokens) -> Tokens {
        let mut memory = self.memory();
        memory.current = Some(tokens.clone());
        memory.refused = None;
        tokens
    }

    fn is_dead(&self, tokens: &Tokens) -> bool {
        self.memory().dead.as_ref().is_some_and(|dead| same(dead, &tokens.access_token))
    }
}

enum Refreshed {
    Fresh(Tokens),
    Elsewhere(Tokens),
}

fn store_failed(error: TokenStoreError) -> Error {
    Error::new(ErrorKind::TokenStore).with_source(error)
}

fn same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

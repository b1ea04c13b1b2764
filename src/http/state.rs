//! What every handler shares.

use std::sync::Arc;

use domain::{Clock, Random};
use engine::Engine;
use leptos::config::LeptosOptions;
use store::Store;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::rate_limit::SignInAttempts;
use crate::{app::Assets, config::Web};

/// Streams that one session's end has to reach at once; a slower reader falls back to its heartbeat.
const SESSION_ENDS_KEPT: usize = 256;

#[derive(Clone)]
pub struct AppState(Arc<Inner>);

pub struct AppOptions {
    pub engine: Engine,
    /// For sessions; everything else goes through the engine.
    pub store: Store,
    pub web: Web,
    pub leptos: LeptosOptions,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    /// Where the org's log-in is: the one foreign address a form may lead to.
    pub org_login: Option<url::Url>,
    /// Ends open streams.
    pub shutdown: CancellationToken,
}

struct Inner {
    options: AppOptions,
    assets: Arc<Assets>,
    sign_in_attempts: SignInAttempts,
    session_ends: broadcast::Sender<String>,
}

impl AppState {
    /// # Errors
    /// The built assets that `options.leptos` names can't be read.
    pub fn new(options: AppOptions) -> std::io::Result<Self> {
        let assets = Arc::new(Assets::read(&options.leptos)?);
        let sign_in_attempts = SignInAttempts::new(Arc::clone(&options.clock));
        Ok(Self(Arc::new(Inner {
            options,
            assets,
            sign_in_attempts,
            session_ends: broadcast::Sender::new(SESSION_ENDS_KEPT),
        })))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.options.engine
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.options.store
    }

    pub(crate) fn web(&self) -> &Web {
        &self.0.options.web
    }

    pub(crate) fn leptos(&self) -> &LeptosOptions {
        &self.0.options.leptos
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.options.clock
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.0.options.random
    }

    pub(crate) fn org_login(&self) -> Option<&url::Url> {
        self.0.options.org_login.as_ref()
    }

    pub(crate) fn shutdown(&self) -> &CancellationToken {
        &self.0.options.shutdown
    }

    pub(crate) fn assets(&self) -> Arc<Assets> {
        Arc::clone(&self.0.assets)
    }

    pub(crate) fn sign_in_attempts(&self) -> &SignInAttempts {
        &self.0.sign_in_attempts
    }

    /// Session ids (as in the cookie) whose session has just ended here.
    pub(crate) fn session_ends(&self) -> &broadcast::Sender<String> {
        &self.0.session_ends
    }
}

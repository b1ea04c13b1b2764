//! The engine itself: what all use cases share.

use std::{ops::Deref, sync::Arc};

use domain::{Clock, Random};
use store::Store;

use crate::{
    Error,
    facts::Facts,
    identity::Passwords,
    live::Live,
    options::{EngineOptions, Limits, UnusableOrg},
    sync::{Org, Outcomes, Uploads, Worker},
};

/// All use cases of the portal. Cheap to clone; clones are the same engine.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

pub struct Inner {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) limits: Limits,
    /// None: the portal runs without an org.
    pub(crate) org: Option<Org>,
    pub(crate) passwords: Passwords,
    pub(crate) facts: Facts,
    pub(crate) live: Live,
    pub(crate) outcomes: Outcomes,
    pub(crate) worker: Worker,
    pub(crate) uploads: Uploads,
}

impl Deref for Engine {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Engine {
    /// # Errors
    /// The org's options can't work, for example a CA file that isn't one.
    pub fn new(options: EngineOptions) -> Result<Self, UnusableOrg> {
        let org = options.org.map(|org| Org::new(org, &options.limits)).transpose()?;
        Ok(Self(Arc::new(Inner {
            store: options.store,
            clock: options.clock,
            random: options.random,
            limits: options.limits,
            org,
            passwords: Passwords::default(),
            facts: Facts::default(),
            live: Live::default(),
            outcomes: Outcomes::default(),
            worker: Worker::default(),
            uploads: Uploads::new(options.uploads),
        })))
    }

    pub fn org_configured(&self) -> bool {
        self.org.is_some()
    }

    /// The org, for use cases that make no sense without one.
    pub(crate) fn org(&self) -> Result<&Org, Error> {
        self.org.as_ref().ok_or(Error::NotFound)
    }
}

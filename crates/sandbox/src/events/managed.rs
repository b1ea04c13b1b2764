//! Managed event subscriptions: what an admin set up, and how far each was committed. Kept over a restart, commits included.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard},
};

use serde::{Deserialize, Serialize};

use super::topic::Topic;
use crate::{
    lock::locked,
    org::Org,
    records::{JournalError, make_id},
    schema::{ManagedEventSubscription, Schema},
};

const KEY_PREFIX: &str = "18x";

/// One subscription as the org keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Managed {
    pub(crate) id: String,
    pub(crate) settings: ManagedEventSubscription,
    /// The newest committed replay id.
    pub(crate) committed: Option<u64>,
}

#[derive(Default, Serialize, Deserialize)]
struct State {
    /// How many ids were handed out.
    last: u64,
    subscriptions: Vec<Managed>,
}

/// All of an org's.
#[derive(Default)]
pub(crate) struct ManagedSubscriptions {
    state: Mutex<State>,
    /// Ids of those that a client is subscribed by.
    in_use: Mutex<HashSet<String>>,
}

/// A subscription that belongs to one client, until dropped.
pub(super) struct InUse {
    org: Arc<Org>,
    id: String,
}

impl InUse {
    /// None when another client has it.
    pub(super) fn take(org: &Arc<Org>, id: &str) -> Option<Self> {
        let is_free = locked(&org.managed.in_use).insert(id.to_owned());
        is_free.then(|| Self { org: Arc::clone(org), id: id.to_owned() })
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        locked(&self.org.managed.in_use).remove(&self.id);
    }
}

/// A subscription that a project deploys for a channel that isn't there.
pub(crate) fn without_channel(schema: &Schema) -> Option<&ManagedEventSubscription> {
    schema.managed_subscriptions().iter().find(|settings| Topic::named(schema, &settings.topic_name).is_none())
}

/// Why a subscription can't be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SetupError {
    #[error("there is no channel of that name")]
    Topic,
    #[error("another subscription has that name")]
    Name,
}

impl ManagedSubscriptions {
    /// What the data file keeps them by.
    pub(crate) const SETTING: &str = "managed_subscriptions";

    /// As they were kept, with what the project deploys on top.
    ///
    /// # Errors
    /// What was kept can't be read.
    pub(crate) fn restored(kept: Option<&str>, schema: &Schema) -> Result<Self, JournalError> {
        let state = kept.map(serde_json::from_str).transpose()?.unwrap_or_default();
        let restored = Self { state: Mutex::new(state), in_use: Mutex::default() };
        restored.deploy(schema);
        Ok(restored)
    }

    fn deploy(&self, schema: &Schema) {
        for settings in schema.managed_subscriptions() {
            self.state().put(settings.clone());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    pub(crate) fn all(&self) -> Vec<Managed> {
        self.state().subscriptions.clone()
    }

    /// By id of either length, or by developer name.
    pub(crate) fn find(&self, key: &str) -> Option<Managed> {
        self.state().subscriptions.iter().find(|managed| managed.is(key)).cloned()
    }

    fn text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&*self.state())
    }
}

impl State {
    /// A stopped subscription forgets what was committed.
    fn put(&mut self, settings: ManagedEventSubscription) -> String {
        let known =
            self.subscriptions.iter_mut().find(|managed| managed.settings.developer_name == settings.developer_name);
        if let Some(known) = known {
            if !settings.is_running() {
                known.committed = None;
            }
            known.settings = settings;
            return known.id.clone();
        }
        self.last += 1;
        let id = make_id(KEY_PREFIX, self.last).unwrap_or_default();
        self.subscriptions.push(Managed { id: id.clone(), settings, committed: None });
        id
    }
}

impl Managed {
    fn is(&self, key: &str) -> bool {
        self.settings.developer_name.eq_ignore_ascii_case(key)
            || self.id == key
            || (key.len() == 15 && self.id.starts_with(key))
    }
}

impl Org {
    /// Sets one up, or changes the one of that name. A stream that is open on it learns of a stop.
    ///
    /// # Errors
    /// The channel doesn't exist.
    pub(crate) fn set_up_managed(&self, settings: ManagedEventSubscription) -> Result<String, SetupError> {
        if Topic::named(&self.schema, &settings.topic_name).is_none() {
            return Err(SetupError::Topic);
        }
        let id = self.managed.state().put(settings);
        self.events.wake();
        Ok(id)
    }

    /// Sets up another.
    ///
    /// # Errors
    /// The name is taken, or the channel doesn't exist.
    pub(crate) fn add_managed(&self, settings: ManagedEventSubscription) -> Result<String, SetupError> {
        match self.managed.find(&settings.developer_name) {
            Some(_) => Err(SetupError::Name),
            None => self.set_up_managed(settings),
        }
    }

    pub(crate) fn remove_managed(&self, id: &str) {
        self.managed.state().subscriptions.retain(|managed| managed.id != id);
        self.events.wake();
    }

    /// Commits a replay id; it is kept before this returns.
    ///
    /// # Errors
    /// The data file can't be written.
    pub(crate) async fn commit_managed(&self, id: &str, replay_id: u64) -> Result<(), JournalError> {
        let known = self.managed.state().subscriptions.iter_mut().find(|managed| managed.id == id).map(|managed| {
            managed.committed = Some(replay_id);
        });
        match known {
            Some(()) => self.keep_managed().await,
            None => Ok(()),
        }
    }

    /// # Errors
    /// The data file can't be written.
    pub(crate) async fn keep_managed(&self) -> Result<(), JournalError> {
        self.keep(ManagedSubscriptions::SETTING, || self.managed.text()).await
    }

    /// As the project deploys them, with nothing committed.
    ///
    /// # Errors
    /// The data file can't be written.
    pub(crate) async fn reset_managed(&self) -> Result<(), JournalError> {
        self.managed.state().subscriptions.clear();
        self.managed.deploy(&self.schema);
        self.keep_managed().await
    }
}

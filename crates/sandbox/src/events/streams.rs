//! Who listens right now: the open gRPC streams, and with CometD's clients everybody who subscribes.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use domain::Timestamp;
use serde::Serialize;

use super::log::Signal;
use crate::{clock::datetime, lock::locked, org::Org};

/// Somebody who subscribes, as people and tests see it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Listener {
    /// What it is dropped by.
    pub(crate) stream: String,
    /// `Pub/Sub`, `Pub/Sub, managed`, `Pub/Sub, publishing` or `CometD`
    pub(crate) wire: &'static str,
    /// Id of the user whose session it is.
    pub(crate) user: String,
    pub(crate) channels: Vec<Place>,
    /// Events it asked for and has not got; CometD takes what there is.
    pub(crate) outstanding: Option<i32>,
    /// Delivered to it, or published by it.
    pub(crate) events: u64,
    /// In Salesforce's form.
    pub(crate) since: String,
}

/// How far a channel has been read.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Place {
    pub(crate) channel: String,
    pub(crate) replay_id: u64,
}

/// The open gRPC streams by number.
#[derive(Default)]
pub(crate) struct Streams {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: u64,
    open: BTreeMap<u64, Listener>,
}

/// A stream that is listed until dropped.
pub(super) struct OpenStream {
    org: Arc<Org>,
    pub(super) number: u64,
}

impl OpenStream {
    /// Lists a stream; none when as many are open as may be.
    pub(super) fn open(
        org: &Arc<Org>,
        wire: &'static str,
        user: &str,
        channel: &str,
        replay_id: u64,
        now: Timestamp,
    ) -> Option<Self> {
        let mut state = locked(&org.streams.state);
        if state.open.len() >= org.budget.limits().event_streams {
            return None;
        }
        state.last += 1;
        let number = state.last;
        let listener = Listener {
            stream: format!("grpc-{number}"),
            wire,
            user: user.to_owned(),
            channels: vec![Place { channel: channel.to_owned(), replay_id }],
            outstanding: Some(0),
            events: 0,
            since: datetime(now),
        };
        state.open.insert(number, listener);
        Some(Self { org: Arc::clone(org), number })
    }

    pub(super) fn is_at(&self, replay_id: u64, outstanding: i32, delivered: usize) {
        let mut state = locked(&self.org.streams.state);
        let Some(listener) = state.open.get_mut(&self.number) else { return };
        listener.channels.iter_mut().for_each(|place| place.replay_id = replay_id);
        listener.outstanding = Some(outstanding);
        listener.events += u64::try_from(delivered).unwrap_or(0);
    }

    pub(super) fn publishes_to(&self, channel: &str, events: usize) {
        let mut state = locked(&self.org.streams.state);
        let Some(listener) = state.open.get_mut(&self.number) else { return };
        listener.outstanding = None;
        listener.channels = vec![Place { channel: channel.to_owned(), replay_id: self.org.events.last() }];
        listener.events += u64::try_from(events).unwrap_or(0);
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        locked(&self.org.streams.state).open.remove(&self.number);
    }
}

impl Org {
    /// Everybody who subscribes, gRPC first, each wire in the order they came.
    pub(crate) fn listeners(&self) -> Vec<Listener> {
        let mut listeners: Vec<Listener> = locked(&self.streams.state).open.values().cloned().collect();
        listeners.extend(self.cometd.listeners());
        listeners
    }

    /// Ends every subscription as when the service goes away; CometD clients have to shake hands again.
    pub(crate) fn drop_streams(&self) {
        self.events.signal(Signal::Drop);
        self.cometd.clear();
        self.events.wake();
    }

    /// Ends one, by its [`Listener::stream`]; false when it isn't open.
    pub(crate) fn drop_stream(&self, stream: &str) -> bool {
        let number = stream.strip_prefix("grpc-").and_then(|number| number.parse().ok());
        let found = match number {
            Some(number) => {
                self.events.signal(Signal::DropOne(number));
                locked(&self.streams.state).open.contains_key(&number)
            }
            None => self.cometd.forget(stream),
        };
        self.events.wake();
        found
    }
}

//! Events: one log fed by committed transactions, and the two wires it is read by, Pub/Sub gRPC and CometD.

mod avro;
mod change;
mod change_origin;
mod cometd;
mod control;
mod draft;
mod event_type;
mod feed_trigger;
pub(crate) mod fuzzing;
mod log;
mod managed;
mod pubsub;
mod streams;
mod topic;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;

pub(crate) use change_origin::ChangeOrigin;
pub(crate) use cometd::Clients as CometdClients;
pub(crate) use draft::{Commit, Draft, drafts};
pub(crate) use event_type::{EventType, EventTypes, HEADER};
pub(crate) use log::{Batch, Bounds as EventBounds, Event, EventLog, RETENTION, Signal};
pub(crate) use managed::{Managed, ManagedSubscriptions, SetupError, without_channel};
pub(crate) use pubsub::refusal as grpc_refusal;
pub(crate) use streams::{Listener, Streams};

use crate::org::Org;

pub(crate) fn routes() -> Router<Arc<Org>> {
    Router::new().merge(pubsub::routes()).merge(cometd::routes()).merge(control::routes())
}

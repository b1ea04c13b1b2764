//! The sandbox org over HTTP, as a client meets it.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that can't go on fails; clippy excuses only the test functions themselves"
)]

mod behaviour;
mod bulk;
mod bulk_jobs;
mod bulk_kept;
mod bulk_v1;
mod client;
mod composite;
mod console;
mod coverage;
mod eventbus;
mod events;
mod faults;
mod files;
mod graph;
mod hostile;
mod hostile_events;
mod jwt;
mod keeping;
mod keys;
mod limits;
mod managed;
mod metadata;
mod oauth;
mod program;
mod pubsub;
mod queries;
mod records;
mod recycle_bin;
mod sales;
mod schema;
mod search;
mod soap;
mod streams;
mod values;

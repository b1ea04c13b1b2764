//! The sandbox org over HTTP, as a client meets it.

mod client;
mod records;

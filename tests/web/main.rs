//! The whole portal in process, used and attacked over HTTP: its router, engine and a temporary database, and where it matters a sandbox org.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on can only fail"
)]

mod access;
mod assets;
mod cases;
mod catalogue;
mod connecting;
mod errors;
mod functions;
mod headers;
mod history;
mod live;
mod posting;
mod rest;
mod rest_attacks;
mod rest_comments;
mod rest_naughty;
mod signing_in;
mod support;
mod threads;
mod tokens;

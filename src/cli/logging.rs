//! Where events go: stderr, as text or JSON.

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::config::{LogFormat, Logging};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Talk {
    Service,
    Command,
}

pub(super) fn start(logging: &Logging, talk: Talk) {
    let filter = match talk {
        Talk::Service => EnvFilter::try_new(&logging.filter).unwrap_or_else(|_| EnvFilter::new("info")),
        Talk::Command => EnvFilter::new("warn"),
    };
    let registry = tracing_subscriber::registry().with(filter);
    // Only the first call counts; tests that run commands in one process need no more.
    let _ = match logging.format {
        LogFormat::Text => registry.with(fmt::layer().with_writer(std::io::stderr).with_ansi(false)).try_init(),
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(std::io::stderr)).try_init(),
    };
}

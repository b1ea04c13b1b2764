mod browser;
mod client;
mod portal;

pub(crate) use browser::{Answer, Browser};
pub(crate) use client::Client;
pub(crate) use portal::{PASSWORD, Portal, PortalOptions};

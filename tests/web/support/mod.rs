mod browser;
mod portal;

pub(crate) use browser::{Answer, Browser};
pub(crate) use portal::{PASSWORD, Portal, PortalOptions};

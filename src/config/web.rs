//! Where the portal listens, and how people reach it.

use std::net::SocketAddr;

use url::{Host, Url};

use super::settings::Settings;

#[derive(Clone, Debug)]
pub struct Web {
    pub listen: SocketAddr,
    /// What people have in their address bar: scheme, host and port, no path.
    pub public_url: Url,
    pub proxy: Proxy,
}

/// Whose word counts for the address a request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// The peer of the connection is the client.
    None,
    /// A proxy in front appends the client's address to `X-Forwarded-For`.
    Trusted,
}

impl Web {
    pub(super) fn read(settings: &mut Settings) -> Self {
        let listen = settings
            .parsed("listen", "Write an address and a port, for example 127.0.0.1:3000 or 0.0.0.0:3000.")
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000)));
        let public_url: Url = settings
            .parsed("public_url", "Write what people type, for example https://casebridge.example.org.")
            .or_else(|| Url::parse(&format!("http://{listen}")).ok())
            .unwrap_or_else(unreachable_url);
        let web = Self { listen, public_url, proxy: Proxy::read(settings) };
        web.check(settings);
        web
    }

    fn check(&self, settings: &mut Settings) {
        let url = &self.public_url;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            settings.refuse(
                "public_url",
                format!("is “{url}”, which no browser can open."),
                "Begin it with https:// (or http:// on this machine).",
            );
        } else if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            settings.refuse(
                "public_url",
                format!("is “{url}”, which has more than scheme, host and port."),
                format!("Write {}.", url.origin().ascii_serialization()),
            );
        } else if url.scheme() == "http" && !self.on_loopback() {
            settings.refuse(
                "public_url",
                format!("is “{url}”: passwords would cross the network in the clear."),
                "Put a TLS proxy in front and write its https:// address. Plain http is for this machine only (127.0.0.1, localhost).",
            );
        }
    }

    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// The public address is this machine's own.
    pub fn on_loopback(&self) -> bool {
        match self.public_url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        }
    }

    /// As a browser sends it in `Origin`.
    pub fn origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }
}

impl Proxy {
    fn read(settings: &mut Settings) -> Self {
        match settings
            .parsed::<bool>("trust_proxy", "Write true when a proxy in front sets X-Forwarded-For, else false.")
        {
            Some(true) => Self::Trusted,
            Some(false) | None => Self::None,
        }
    }
}

/// Stands where a listen address made no URL, which is refused anyway.
#[expect(clippy::expect_used, reason = "a constant that parses")]
fn unreachable_url() -> Url {
    Url::parse("http://127.0.0.1:3000").expect("a constant that parses")
}

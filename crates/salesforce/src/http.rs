//! The one HTTP client: rustls on ring, the system's roots and perhaps one more, no redirects, no hidden retries.

use std::{path::PathBuf, sync::Arc, time::Duration};

/// How outbound calls are made.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Shown in the org's log-in history: `Casebridge/0.1`.
    pub user_agent: String,
    /// For DNS, TCP and TLS together. Shorter than the deadline of a call, so that an org that is down is told from one that is slow.
    pub connect_timeout: Duration,
    /// A PEM file of certificates to trust besides the system's, for an org behind a local authority.
    pub extra_root: Option<PathBuf>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            user_agent: concat!("Casebridge/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(5),
            extra_root: None,
        }
    }
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum HttpSetupError {
    #[error("the certificate file {} can't be read; check that it is there and readable", path.display())]
    ReadRoot { path: PathBuf, source: Arc<std::io::Error> },
    #[error("{} holds no certificate in PEM form", path.display())]
    NoRoot { path: PathBuf },
    #[error("{} is not a file of certificates in PEM form", path.display())]
    MalformedRoot { path: PathBuf, source: Arc<reqwest::Error> },
    #[error("TLS can't be set up; are the system's certificates installed (package ca-certificates)?")]
    Tls { source: Arc<reqwest::Error> },
}

/// Builds the client. Share it: it holds the pool of connections.
///
/// # Errors
/// An unusable certificate file, or a system without certificates.
#[expect(clippy::disallowed_methods, reason = "the one place that builds an HTTP client")]
pub fn client(options: &HttpOptions) -> Result<reqwest::Client, HttpSetupError> {
    // A second call finds the provider installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(&options.user_agent)
        .connect_timeout(options.connect_timeout)
        // Shorter than a load balancer's patience: a write on a connection it has just closed has an unknown outcome.
        .pool_idle_timeout(Duration::from_secs(20))
        .tcp_keepalive(Duration::from_secs(30))
        // A bearer token goes where it was meant to and nowhere else.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never());
    if let Some(path) = &options.extra_root {
        let pem = std::fs::read(path)
            .map_err(|source| HttpSetupError::ReadRoot { path: path.clone(), source: Arc::new(source) })?;
        let roots = reqwest::Certificate::from_pem_bundle(&pem)
            .map_err(|source| HttpSetupError::MalformedRoot { path: path.clone(), source: Arc::new(source) })?;
        if roots.is_empty() {
            return Err(HttpSetupError::NoRoot { path: path.clone() });
        }
        builder = builder.tls_certs_merge(roots);
    }
    builder.build().map_err(|source| HttpSetupError::Tls { source: Arc::new(source) })
}

//! The door: every request passes here, where it is logged and where faults strike.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    net::{SocketAddr, TcpListener},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    BoxError, Router,
    body::{Body, Bytes, HttpBody},
    extract::Request,
    response::{IntoResponse, Response},
};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use http::{StatusCode, header};
use tower::{Service, ServiceExt};

use crate::{
    activity::RequestLog,
    bulk, console, control, coverage,
    error::ApiError,
    events,
    faults::{Fault, FaultAction},
    oauth,
    org::Org,
    rest, soap,
};

/// The scheme and host a request was sent to, which answers name themselves by.
#[derive(Clone, Debug)]
pub(crate) struct Origin(String);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// On a request whose first write is to find its row locked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LockRow;

/// On a response that stands for a connection closed without an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HangUp;

/// Ends the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was closed on purpose")]
pub(crate) struct Closed;

pub(crate) fn router(org: Arc<Org>) -> Router {
    Router::new()
        .merge(rest::routes())
        .merge(bulk::routes())
        .merge(oauth::routes())
        .merge(soap::routes())
        .merge(events::routes())
        .merge(control::routes())
        .merge(console::routes())
        .fallback(coverage::unrouted)
        .method_not_allowed_fallback(coverage::wrong_method)
        .with_state(org)
}

#[derive(Clone)]
struct Door {
    org: Arc<Org>,
    router: Router,
    scheme: &'static str,
}

impl Door {
    async fn pass(self, request: Request) -> Result<Response, Closed> {
        let path = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        let is_api = ["/services/", "/id/", "/cometd/", "/eventbus."].iter().any(|prefix| path.starts_with(prefix));
        let has_form = !is_api || path.starts_with("/services/oauth2/authorize");
        if has_form && !request.method().is_safe() && self.sent_from_elsewhere(&request) {
            return Ok((StatusCode::FORBIDDEN, "This was sent by a page of another site.").into_response());
        }
        if !is_api {
            return Ok(self.route(request).await);
        }
        if let Some(error) = oversized(&request) {
            return Ok(error.into_response());
        }
        let under_way = path.starts_with("/services/data/").then(|| self.org.budget.begin(self.org.now()));
        if under_way.as_ref().is_some_and(|call| call.crowded) {
            return Ok(ApiError::limit_exceeded("ConcurrentRequests (Concurrent API Requests)").into_response());
        }
        let method = request.method().as_str().to_owned();
        let fault = self.org.faults.strike(&method, &path);
        let org = Arc::clone(&self.org);
        let result = match fault {
            Some(fault) => self.trouble(fault, request).await,
            None => Ok(self.route(request).await),
        };
        let result = result.and_then(|response| match response.extensions().get::<HangUp>() {
            Some(HangUp) => Err(Closed),
            None => Ok(response),
        });
        let status = result.as_ref().map_or(0, |response| response.status().as_u16());
        tracing::debug!(http.method = %method, http.path = %path, http.status = status, "request");
        org.activity.record(RequestLog { method, path, status });
        drop(under_way);
        result
    }

    async fn trouble(self, fault: Fault, mut request: Request) -> Result<Response, Closed> {
        match fault.action {
            FaultAction::Refuse | FaultAction::DropBeforeCommit => Err(Closed),
            FaultAction::DropAfterCommit => {
                self.route(request).await;
                Err(Closed)
            }
            FaultAction::Delay => {
                tokio::time::sleep(Duration::from_millis(fault.delay_ms.unwrap_or(1_000))).await;
                Ok(self.route(request).await)
            }
            FaultAction::LockRow => {
                request.extensions_mut().insert(LockRow);
                Ok(self.route(request).await)
            }
            FaultAction::Status => Ok(fault.answer(request.uri().path())),
            // Struck where the stream is opened; see `events`.
            FaultAction::BreakStream => Ok(self.route(request).await),
        }
    }

    fn origin(&self, request: &Request) -> Origin {
        let host = request
            .headers()
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .or_else(|| request.uri().authority().map(http::uri::Authority::as_str))
            .unwrap_or("localhost");
        Origin(format!("{}://{host}", self.scheme))
    }

    /// A browser says whose page sends a form; clients without pages say nothing. A page of this org comes from the address it was
    /// asked at, by a name that nobody else can have made lead here.
    fn sent_from_elsewhere(&self, request: &Request) -> bool {
        let Some(sent) = request.headers().get(header::ORIGIN) else { return false };
        let here = self.origin(request).to_string();
        sent.as_bytes() != here.as_bytes() || !is_own_name(&here)
    }

    async fn route(self, mut request: Request) -> Response {
        let origin = self.origin(&request);
        request.extensions_mut().insert(origin);
        let answered: Result<Response, Infallible> = self.router.oneshot(request).await;
        match answered {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// Whoever owns a domain can make a name of it lead to this machine once a browser has taken their page from it; what that page sends
/// looks like the org's own. An address, the names of the machine itself and names without a domain aren't theirs to give.
fn is_own_name(origin: &str) -> bool {
    match url::Url::parse(origin).ok().as_ref().and_then(url::Url::host) {
        Some(url::Host::Domain(name)) => !name.contains('.') || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => true,
        None => false,
    }
}

/// Bytes of a URI with its headers.
const MOST_HEAD: usize = 16_384;

fn oversized(request: &Request) -> Option<ApiError> {
    let uri = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if uri > MOST_HEAD {
        let message = format!("The URI is longer than {MOST_HEAD} bytes");
        return Some(ApiError::new(StatusCode::URI_TOO_LONG, "URI_TOO_LONG", message));
    }
    (uri + headers > MOST_HEAD).then(|| {
        let message = format!("The URI and headers are longer than {MOST_HEAD} bytes");
        ApiError::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "REQUEST_HEADER_TOO_LARGE", message)
    })
}

impl<B> Service<http::Request<B>> for Door
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Closed;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Closed>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Closed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        Box::pin(self.clone().pass(request.map(Body::new)))
    }
}

/// Hands the door to every connection.
#[derive(Clone)]
struct Doors(Door);

impl Service<SocketAddr> for Doors {
    type Response = Door;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Door, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: SocketAddr) -> Self::Future {
        std::future::ready(Ok(self.0.clone()))
    }
}

/// A listener at work in the background.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    handle: Handle<SocketAddr>,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Listening {
    /// Serves the org on an address; over TLS when a configuration is given.
    ///
    /// # Errors
    /// The address can't be listened on.
    pub(crate) fn start(org: Arc<Org>, address: SocketAddr, tls: Option<RustlsConfig>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let doors = Doors(Door { router: router(Arc::clone(&org)), org, scheme });
        let handle = Handle::new();
        let server = axum_server::from_tcp(listener)?.handle(handle.clone());
        let task = match tls {
            Some(config) => {
                let acceptor = axum_server::tls_rustls::RustlsAcceptor::new(config);
                tokio::spawn(server.acceptor(acceptor).serve(doors))
            }
            None => tokio::spawn(server.serve(doors)),
        };
        Ok(Self { address, handle, task })
    }

    /// Takes no more requests and waits a moment for those under way.
    pub(crate) async fn stop(&mut self) {
        self.handle.graceful_shutdown(Some(Duration::from_secs(2)));
        if let Ok(Err(error)) = (&mut self.task).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "server.stop");
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.handle.shutdown();
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::is_own_name;

    #[test]
    fn only_names_that_nobody_can_point_here_are_the_orgs_own() {
        for own in [
            "http://127.0.0.1:8180",
            "https://[::1]:8443",
            "http://localhost:8180",
            "http://a.localhost",
            "http://sandbox:8180",
            "http://192.168.1.9",
        ] {
            assert!(is_own_name(own), "{own}");
        }
        for other in [
            "http://evil.example:8180",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://evil.example.",
            "nonsense",
            "null",
        ] {
            assert!(!is_own_name(other), "{other}");
        }
    }
}

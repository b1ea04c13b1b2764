//! The web side: one router, its middleware, and one file per thing people can do. Handlers authorise through the engine, settle the
//! status, and only then draw a page; nothing here knows SQL or Salesforce.

mod assets;
mod cases;
mod catalogue;
mod client_address;
mod comments;
mod courses;
mod deliveries;
mod error_page;
mod events;
mod flash;
mod health;
mod history;
mod identity;
mod local_path;
mod policy;
mod rate_limit;
mod request_context;
mod rest;
mod router;
mod salesforce_connection;
mod security_headers;
mod serve;
mod session;
mod sign_in;
mod state;
mod tokens;
mod view;

pub use identity::CurrentActor;
pub use policy::Policy;
pub use rest::openapi;
pub use router::{RouteRow, route_table, router};
pub use serve::serve;
pub use session::delete_expired_sessions;
pub use state::{AppOptions, AppState};

/// Logs what the reader of an error page or function error is not told.
pub(crate) fn log_fault(error: &engine::Error) {
    use std::error::Error as _;

    let public = error.public();
    match public.kind {
        engine::PublicKind::Internal => {
            tracing::error!(
                error = error as &(dyn std::error::Error + 'static),
                source = error.source(),
                "request failed"
            );
        }
        engine::PublicKind::Unavailable => {
            tracing::warn!(
                error = error as &(dyn std::error::Error + 'static),
                source = error.source(),
                "request could not be served now"
            );
        }
        _ => tracing::debug!(kind = ?public.kind, "request refused"),
    }
}

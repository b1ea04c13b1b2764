//! Who may use a route. Every row of the route table names one; which records somebody may see or change is the engine's business.

use axum::{
    extract::Request,
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use domain::{Role, Scope};

use super::{CurrentActor, local_path::LocalPath, rest};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Anybody.
    Public,
    /// A page or plain form: who isn't signed in is sent to log in.
    SignedIn,
    /// Asked by scripts: who isn't signed in gets a bare 401.
    Caller,
    /// The handler itself answers who isn't signed in, because there is something to keep or to word.
    AskedInside,
    /// Staff and admins, who keep the catalogue. To everybody else who is signed in the route does not exist.
    Staff,
    /// Admins. To everybody else who is signed in the route does not exist.
    Admin,
    /// Programs with a token of this scope, and pages with a session: who is neither gets a problem with 401.
    Api(Scope),
}

impl Policy {
    pub(crate) async fn check(self, request: Request, next: Next) -> Response {
        if let Self::Api(scope) = self {
            return rest::admit(scope, request, next).await;
        }
        let role = match request.extensions().get::<CurrentActor>() {
            Some(CurrentActor(Some(actor))) => Some(actor.role()),
            _ => None,
        };
        match (self, role) {
            (Self::Public | Self::AskedInside, _)
            | (Self::SignedIn | Self::Caller, Some(_))
            | (Self::Staff, Some(Role::Staff | Role::Admin))
            | (Self::Admin, Some(Role::Admin)) => next.run(request).await,
            (Self::Staff | Self::Admin | Self::Api(_), Some(_)) => StatusCode::NOT_FOUND.into_response(),
            (Self::Caller | Self::Api(_), None) => StatusCode::UNAUTHORIZED.into_response(),
            (Self::SignedIn | Self::Staff | Self::Admin, None) => to_sign_in(&request).into_response(),
        }
    }
}

/// Back to the page afterwards; a form's own address is no page.
fn to_sign_in(request: &Request) -> Redirect {
    let page = request.uri().path_and_query().map(|path| path.as_str()).filter(|_| request.method() == Method::GET);
    match page.and_then(LocalPath::parse) {
        Some(next) => {
            let query =
                url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next.as_str()).finish();
            Redirect::to(&format!("/login?{query}"))
        }
        None => Redirect::to("/login"),
    }
}

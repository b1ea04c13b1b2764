//! The route table, and the layers around it.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{Method, StatusCode},
    middleware::{from_fn, from_fn_with_state},
    response::Response,
    routing::{MethodFilter, MethodRouter, get, on, post},
};
use leptos::{prelude::provide_context, server_fn};
use tower_http::{
    CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer, csrf::CsrfLayer,
    limit::RequestBodyLimitLayer, timeout::TimeoutLayer,
};

use super::{
    AppState, CurrentActor, Policy, assets, cases, catalogue, comments, courses, deliveries, error_page, events,
    health, history, identity, request_context, rest, salesforce_connection, security_headers, session, sign_in,
    tokens,
};

/// The longest comment, percent-encoded, is well under this.
const BODY_LIMIT: usize = 512 * 1024;
/// A catalogue of some fifty thousand runs.
const CATALOGUE_FILE_LIMIT: usize = 8 * 1024 * 1024;
/// A million comments and more.
const HISTORY_FILE_LIMIT: usize = 1024 * 1024 * 1024;
/// Longer than any single use case's own deadlines.
const PATIENCE: Duration = Duration::from_secs(30);
/// For the largest file over a slow line.
const PATIENCE_WITH_FILES: Duration = Duration::from_secs(60 * 60);
/// Brotli level of pages made on the fly: most of the gain for little of the work.
const COMPRESSION: i32 = 4;

/// A row of the table, as tests read it.
#[derive(Clone, Debug)]
pub struct RouteRow {
    pub method: Method,
    /// In axum's words: `/courses/{course}`.
    pub path: &'static str,
    pub policy: Policy,
}

struct Route {
    row: RouteRow,
    handler: MethodRouter<AppState>,
    /// Bytes.
    body_limit: usize,
    /// From the request's first byte to the answer's.
    patience: Duration,
}

impl Route {
    /// Takes a file.
    fn with_body_limit(self, body_limit: usize) -> Self {
        let handler = self.handler.layer(DefaultBodyLimit::disable());
        Self { body_limit, handler, patience: PATIENCE_WITH_FILES, ..self }
    }
}

fn route(method: Method, path: &'static str, policy: Policy, handler: MethodRouter<AppState>) -> Route {
    Route { row: RouteRow { method, path, policy }, handler, body_limit: BODY_LIMIT, patience: PATIENCE }
}

fn routes() -> Vec<Route> {
    use Policy::{Admin, AskedInside, Caller, Public, SignedIn, Staff};
    let (get_, post_) = (Method::GET, Method::POST);
    let mut routes = vec![
        route(get_.clone(), "/", Public, get(sign_in::home)),
        route(get_.clone(), "/login", Public, get(sign_in::show)),
        route(post_.clone(), "/login", Public, post(sign_in::sign_in)),
        route(post_.clone(), "/logout", Public, post(sign_in::sign_out)),
        route(get_.clone(), "/courses", SignedIn, get(courses::list)),
        route(get_.clone(), "/courses/{course}", SignedIn, get(courses::show)),
        route(get_.clone(), "/courses/{course}/comments", SignedIn, get(comments::back_to_thread)),
        route(post_.clone(), "/courses/{course}/comments", AskedInside, post(comments::post)),
        route(post_.clone(), "/courses/{course}/draft", Caller, post(comments::save_draft)),
        route(get_.clone(), "/courses/{course}/events", Caller, get(events::stream)),
        route(get_.clone(), "/courses/{course}/cases", SignedIn, get(cases::back_to_form)),
        route(post_.clone(), "/courses/{course}/cases", AskedInside, post(cases::open)),
        route(get_.clone(), "/courses/{course}/cases/new", SignedIn, get(cases::new)),
        route(get_.clone(), "/courses/{course}/cases/{case}", SignedIn, get(courses::show)),
        route(get_.clone(), "/courses/{course}/cases/{case}/comments", SignedIn, get(comments::back_to_thread)),
        route(post_.clone(), "/courses/{course}/cases/{case}/comments", AskedInside, post(comments::post)),
        route(post_.clone(), "/courses/{course}/cases/{case}/draft", Caller, post(comments::save_draft)),
        route(get_.clone(), "/courses/{course}/cases/{case}/events", Caller, get(events::stream)),
        route(post_.clone(), "/courses/{course}/cases/{case}/status", SignedIn, post(cases::set_status)),
        route(post_.clone(), "/courses/{course}/cases/{case}/owner", SignedIn, post(cases::set_owner)),
        route(post_.clone(), "/posts/{post}/retry", SignedIn, post(comments::retry)),
        route(get_.clone(), "/account/tokens", SignedIn, get(tokens::list)),
        route(post_.clone(), "/account/tokens", SignedIn, post(tokens::make)),
        route(post_.clone(), "/account/tokens/{token}/revoke", SignedIn, post(tokens::revoke)),
        route(get_.clone(), "/admin", Staff, get(salesforce_connection::first_page)),
        route(get_.clone(), "/admin/salesforce", Admin, get(salesforce_connection::show)),
        route(post_.clone(), "/admin/salesforce/connect", Admin, post(salesforce_connection::connect)),
        route(get_.clone(), "/admin/salesforce/callback", Admin, get(salesforce_connection::callback)),
        route(post_.clone(), "/admin/salesforce/disconnect", Admin, post(salesforce_connection::disconnect)),
        route(post_.clone(), "/admin/salesforce/check", Admin, post(salesforce_connection::check)),
        route(post_.clone(), "/admin/salesforce/use-this-org", Admin, post(salesforce_connection::use_this_org)),
        route(post_.clone(), "/admin/salesforce/settings", Admin, post(salesforce_connection::save_settings)),
        route(post_.clone(), "/admin/salesforce/send-catalogue", Admin, post(salesforce_connection::send_catalogue)),
        route(get_.clone(), "/admin/deliveries", Admin, get(deliveries::show)),
        route(post_.clone(), "/admin/deliveries/{delivery}", Admin, post(deliveries::act)),
        route(get_.clone(), "/admin/tokens", Admin, get(tokens::list_all)),
        route(post_.clone(), "/admin/tokens/{token}/revoke", Admin, post(tokens::revoke_any)),
        route(get_.clone(), "/admin/courses", Staff, get(catalogue::courses)),
        route(post_.clone(), "/admin/courses", Staff, post(catalogue::add_course)),
        route(get_.clone(), "/admin/courses/{course}", Staff, get(catalogue::course)),
        route(post_.clone(), "/admin/courses/{course}", Staff, post(catalogue::save_course)),
        route(post_.clone(), "/admin/courses/{course}/editors", Staff, post(catalogue::save_editors)),
        route(post_.clone(), "/admin/courses/{course}/runs", Staff, post(catalogue::save_run)),
        route(get_.clone(), "/admin/organizations", Staff, get(catalogue::organizations)),
        route(post_.clone(), "/admin/organizations", Staff, post(catalogue::add_organization)),
        route(get_.clone(), "/admin/organizations/{organization}", Staff, get(catalogue::organization)),
        route(post_.clone(), "/admin/organizations/{organization}", Staff, post(catalogue::save_organization)),
        route(post_.clone(), "/admin/organizations/{organization}/members", Staff, post(catalogue::save_members)),
        route(get_.clone(), "/admin/import", Staff, get(catalogue::import_form)),
        route(post_.clone(), "/admin/import", Staff, post(catalogue::import)).with_body_limit(CATALOGUE_FILE_LIMIT),
        route(get_.clone(), "/admin/history", Admin, get(history::list)),
        route(post_.clone(), "/admin/history", Admin, post(history::receive)).with_body_limit(HISTORY_FILE_LIMIT),
        route(get_.clone(), "/admin/history/{load}", Admin, get(history::show)),
        route(post_, "/admin/history/{load}", Admin, post(history::act)),
        route(get_.clone(), "/admin/history/{load}/left-out.jsonl", Admin, get(history::rejects)),
        route(get_.clone(), "/health/live", Public, get(health::live)),
        route(get_, "/health/ready", Public, get(health::ready)),
    ];
    routes
        .extend(rest::routes().into_iter().map(|(method, path, policy, handler)| route(method, path, policy, handler)));
    routes.extend(server_fn::axum::server_fn_paths().filter_map(|(path, method)| {
        let filter = MethodFilter::try_from(method.clone()).ok()?;
        // Each says itself, in its own error type, that somebody isn't signed in.
        Some(route(method, path, AskedInside, on(filter, call_function)))
    }));
    routes
}

/// Every route there is, with who may use it.
pub fn route_table() -> Vec<RouteRow> {
    routes().into_iter().map(|route| route.row).collect()
}

async fn call_function(
    State(state): State<AppState>,
    axum::Extension(current): axum::Extension<CurrentActor>,
    mut request: Request,
) -> Response {
    // Without it the function's answer could become a redirect to the referring page, which is for forms; ours have handlers of their own.
    request.headers_mut().remove(axum::http::header::ACCEPT);
    let context = move || {
        provide_context(state.engine().clone());
        provide_context(current.clone());
    };
    axum::response::IntoResponse::into_response(leptos_axum::handle_server_fns_with_context(context, request).await)
}

/// The whole web side. Layers from the inside out: limits and policy, who it is, session, CSRF, panics, error pages, compression,
/// headers, request id.
pub fn router(state: AppState) -> Router {
    let mut router = Router::new();
    for Route { row, handler, body_limit, patience } in routes() {
        let policy = row.policy;
        let handler = handler
            .route_layer(RequestBodyLimitLayer::new(body_limit))
            .route_layer(from_fn(move |request, next| policy.check(request, next)))
            .route_layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, patience));
        router = router.route(row.path, handler);
    }
    let csrf = match CsrfLayer::new().add_trusted_origin(state.web().origin()) {
        Ok(layer) => layer,
        // An origin no browser sends trusts nothing more than the request's own host.
        Err(_) => CsrfLayer::new(),
    };
    router
        .route_layer(from_fn_with_state(state.clone(), identity::identify))
        .fallback(assets::file_or_not_found)
        .layer(session::layer(&state))
        .layer(csrf)
        .layer(from_fn(rest::set_apart))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), error_page::draw))
        .layer(CompressionLayer::new().br(true).gzip(true).quality(CompressionLevel::Precise(COMPRESSION)))
        .layer(from_fn_with_state(state.clone(), security_headers::add))
        .layer(from_fn_with_state(state.clone(), request_context::open))
        .with_state(state)
}

/// The panic's own words go to the log, where the hook wrote them; the client gets a bare 500 for the error pages to draw.
fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

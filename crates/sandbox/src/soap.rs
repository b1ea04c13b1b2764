//! The partner SOAP API, as far as scripts still use it: log-in, and what REST has no call for.

mod calls;

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::{StatusCode, header};

use crate::{
    oauth::{PASSWORD, SECURITY_TOKEN, open_session},
    org::Org,
    records::Record,
    server::Origin,
    xml::{Element, escape},
};

/// `login()` is gone from this version on.
const FIRST_WITHOUT_LOGIN: u32 = 65;
const OLDEST: u32 = 31;

pub(crate) fn routes() -> Router<Arc<Org>> {
    Router::new()
        .route("/services/Soap/u/{version}", post(answer))
        .route("/services/Soap/u/{version}/", post(answer))
        .route("/services/Soap/u/{version}/{organization}", post(answer))
}

struct LogIn<'a> {
    username: &'a str,
    password: &'a str,
    /// A caller that names the org is taken to come from a trusted address, and needs no security token.
    names_organization: bool,
}

impl<'a> LogIn<'a> {
    fn read(envelope: &'a Element) -> Option<Self> {
        let log_in = envelope.find("login")?;
        Some(Self {
            username: &log_in.find("username")?.text,
            password: &log_in.find("password")?.text,
            names_organization: envelope.find("organizationId").is_some(),
        })
    }

    fn is_right(&self) -> bool {
        self.password == format!("{PASSWORD}{SECURITY_TOKEN}") || (self.names_organization && self.password == PASSWORD)
    }
}

async fn answer(
    State(org): State<Arc<Org>>,
    Extension(origin): Extension<Origin>,
    Path(path): Path<Vec<(String, String)>>,
    body: Bytes,
) -> Response {
    let version = path.into_iter().find(|(name, _)| name == "version").map(|(_, version)| version).unwrap_or_default();
    let number: u32 = version.split('.').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    if number < OLDEST {
        return fault("UNSUPPORTED_API_VERSION", &format!("API version {version} is not supported"));
    }
    let envelope = std::str::from_utf8(&body).ok().and_then(Element::read);
    let Some(envelope) = envelope.filter(|envelope| envelope.name == "Envelope") else {
        return unreadable();
    };
    let Some(log_in) = LogIn::read(&envelope) else { return calls::answer(&org, &version, &envelope).await };
    if number >= FIRST_WITHOUT_LOGIN {
        return fault("INVALID_OPERATION", &format!("login() is not available in API version {version}; use OAuth"));
    }
    match org.user_by_name(log_in.username).filter(|_| log_in.is_right()) {
        Some(user) => {
            let session = open_session(&org, user.id(), None, "api", None);
            org.keep_auth().await;
            xml(StatusCode::OK, success(&org, &user, &session, &origin, &version))
        }
        None => fault("INVALID_LOGIN", "Invalid username, password, security token; or user locked out."),
    }
}

fn xml(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/xml;charset=UTF-8")], body).into_response()
}

fn success(org: &Org, user: &Record, session: &str, origin: &Origin, version: &str) -> String {
    let short = org.short_organization_id();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns=\"urn:partner.soap.sforce.com\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <soapenv:Body><loginResponse><result>\
         <metadataServerUrl>{origin}/services/Soap/m/{version}/{short}</metadataServerUrl>\
         <passwordExpired>false</passwordExpired>\
         <sandbox>true</sandbox>\
         <serverUrl>{origin}/services/Soap/u/{version}/{short}</serverUrl>\
         <sessionId>{session}</sessionId>\
         <userId>{user_id}</userId>\
         <userInfo>{user_info}</userInfo>\
         </result></loginResponse></soapenv:Body></soapenv:Envelope>",
        version = escape(version),
        user_id = user.id(),
        user_info = user_info(org, user),
    )
}

/// The fields of `userInfo`, in the order of the WSDL.
fn user_info(org: &Org, user: &Record) -> String {
    let seconds = org.budget.limits().session_seconds;
    let organization = org.organization_id();
    let field = |name: &str| escape(user.text(name).unwrap_or_default());
    format!(
        "<organizationId>{organization}</organizationId>\
         <organizationName>Sandbox Org</organizationName>\
         <profileId>{profile}</profileId>\
         <sessionSecondsValid>{seconds}</sessionSecondsValid>\
         <userEmail>{email}</userEmail>\
         <userFullName>{name}</userFullName>\
         <userId>{user_id}</userId>\
         <userLanguage>en_US</userLanguage>\
         <userLocale>en_US</userLocale>\
         <userName>{username}</userName>\
         <userTimeZone>GMT</userTimeZone>\
         <userType>Standard</userType>",
        user_id = user.id(),
        profile = field("ProfileId"),
        email = field("Email"),
        name = field("Name"),
        username = field("Username"),
    )
}

/// For a SOAP API, or a call of this one, that isn't emulated.
pub(crate) fn not_emulated(what: &str) -> Response {
    let message = format!("The sandbox org does not emulate {what}. docs/SANDBOX.md lists what it does.");
    let mut response = fault("NOT_IMPLEMENTED", &message);
    *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
    response
}

/// What can't be read as a call is the client's fault, in SOAP's own words rather than the API's.
fn unreadable() -> Response {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
                <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\">\
                <soapenv:Body><soapenv:Fault><faultcode>soapenv:Client</faultcode>\
                <faultstring>The body is not a SOAP envelope</faultstring>\
                </soapenv:Fault></soapenv:Body></soapenv:Envelope>";
    xml(StatusCode::INTERNAL_SERVER_ERROR, body.to_owned())
}

/// Clients match the codes as text, with the prefix `sf`; only that of a refused log-in has none as `faultcode`.
pub(crate) fn fault(code: &str, message: &str) -> Response {
    let message = escape(message);
    let prefix = if code == "INVALID_LOGIN" { "" } else { "sf:" };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:sf=\"urn:fault.partner.soap.sforce.com\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <soapenv:Body><soapenv:Fault><faultcode>{prefix}{code}</faultcode><faultstring>{code}: {message}</faultstring>\
         <detail><sf:LoginFault xsi:type=\"sf:LoginFault\"><sf:exceptionCode>{code}</sf:exceptionCode>\
         <sf:exceptionMessage>{message}</sf:exceptionMessage></sf:LoginFault></detail>\
         </soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    );
    xml(StatusCode::INTERNAL_SERVER_ERROR, body)
}

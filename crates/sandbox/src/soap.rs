//! SOAP log-in, for scripts that still use it.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::{StatusCode, header};
use quick_xml::{Reader, escape::escape, events::Event};

use crate::{
    oauth::{PASSWORD, SECURITY_TOKEN, open_session},
    org::Org,
    records::Record,
    seed,
    server::Origin,
};

/// `login()` is gone from this version on.
const FIRST_WITHOUT_LOGIN: u32 = 65;
const OLDEST: u32 = 31;
const SESSION_SECONDS: u32 = 7_200;

pub(crate) fn routes() -> Router<Arc<Org>> {
    Router::new()
        .route("/services/Soap/u/{version}", post(answer))
        .route("/services/Soap/u/{version}/", post(answer))
        .route("/services/Soap/u/{version}/{organization}", post(answer))
}

struct LogIn {
    username: String,
    password: String,
    /// A caller that names the org is taken to come from a trusted address, and needs no security token.
    names_organization: bool,
}

impl LogIn {
    /// Element names are compared without their prefixes.
    fn read(body: &str) -> Option<Self> {
        let mut reader = Reader::from_str(body);
        let mut path: Vec<String> = Vec::new();
        let (mut username, mut password, mut organization) = (None::<String>, None::<String>, None::<String>);
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    path.push(String::from_utf8_lossy(start.local_name().as_ref()).into_owned());
                }
                Event::End(_) => {
                    path.pop();
                }
                Event::Text(text) => {
                    let text = text.xml10_content().ok()?;
                    push(&path, &text, &mut username, &mut password, &mut organization);
                }
                Event::CData(text) => {
                    let text = text.xml10_content().ok()?;
                    push(&path, &text, &mut username, &mut password, &mut organization);
                }
                Event::GeneralRef(reference) => {
                    let character = match reference.resolve_char_ref().ok()? {
                        Some(character) => character.to_string(),
                        None => quick_xml::escape::resolve_predefined_entity(&reference.decode().ok()?)?.to_owned(),
                    };
                    push(&path, &character, &mut username, &mut password, &mut organization);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        Some(Self { username: username?, password: password?, names_organization: organization.is_some() })
    }

    fn is_right(&self) -> bool {
        self.password == format!("{PASSWORD}{SECURITY_TOKEN}") || (self.names_organization && self.password == PASSWORD)
    }
}

fn push(
    path: &[String],
    text: &str,
    username: &mut Option<String>,
    password: &mut Option<String>,
    organization: &mut Option<String>,
) {
    let place = match path.last().map(String::as_str) {
        Some("username") => username,
        Some("password") => password,
        Some("organizationId") => organization,
        _ => return,
    };
    place.get_or_insert_default().push_str(text);
}

async fn answer(
    State(org): State<Arc<Org>>,
    Extension(origin): Extension<Origin>,
    Path(path): Path<Vec<(String, String)>>,
    body: String,
) -> Response {
    let version = path.into_iter().find(|(name, _)| name == "version").map(|(_, version)| version).unwrap_or_default();
    let number: u32 = version.split('.').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    if number < OLDEST {
        return fault("UNSUPPORTED_API_VERSION", &format!("API version {version} is not supported"));
    }
    let Some(log_in) = LogIn::read(&body) else {
        // Any other call needs a session, and none is served here.
        return fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session");
    };
    if number >= FIRST_WITHOUT_LOGIN {
        return fault("INVALID_OPERATION", &format!("login() is not available in API version {version}; use OAuth"));
    }
    match org.user_by_name(&log_in.username).filter(|_| log_in.is_right()) {
        Some(user) => {
            let session = open_session(&org, user.id(), None, "api", None);
            org.keep_auth().await;
            xml(StatusCode::OK, success(&user, &session, &origin, &version))
        }
        None => fault("INVALID_LOGIN", "Invalid username, password, security token; or user locked out."),
    }
}

fn xml(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/xml;charset=UTF-8")], body).into_response()
}

fn success(user: &Record, session: &str, origin: &Origin, version: &str) -> String {
    let organization = seed::ORGANIZATION_ID;
    let short = organization.get(..15).unwrap_or_default();
    let field = |name: &str| escape(user.text(name).unwrap_or_default()).into_owned();
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
         <userInfo>\
         <organizationId>{organization}</organizationId>\
         <organizationName>Sandbox Org</organizationName>\
         <profileId>{profile}</profileId>\
         <sessionSecondsValid>{SESSION_SECONDS}</sessionSecondsValid>\
         <userEmail>{email}</userEmail>\
         <userFullName>{name}</userFullName>\
         <userId>{user_id}</userId>\
         <userLanguage>en_US</userLanguage>\
         <userLocale>en_US</userLocale>\
         <userName>{username}</userName>\
         <userTimeZone>GMT</userTimeZone>\
         <userType>Standard</userType>\
         </userInfo>\
         </result></loginResponse></soapenv:Body></soapenv:Envelope>",
        version = escape(version),
        user_id = user.id(),
        profile = field("ProfileId"),
        email = field("Email"),
        name = field("Name"),
        username = field("Username"),
    )
}

/// Clients match the codes as text, with the prefix `sf`.
fn fault(code: &str, message: &str) -> Response {
    let message = escape(message);
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:sf=\"urn:fault.partner.soap.sforce.com\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <soapenv:Body><soapenv:Fault><faultcode>{code}</faultcode><faultstring>{code}: {message}</faultstring>\
         <detail><sf:LoginFault xsi:type=\"sf:LoginFault\"><sf:exceptionCode>{code}</sf:exceptionCode>\
         <sf:exceptionMessage>{message}</sf:exceptionMessage></sf:LoginFault></detail>\
         </soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    );
    xml(StatusCode::INTERNAL_SERVER_ERROR, body)
}

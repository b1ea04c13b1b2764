//! Calls with a session: the recycle bin, the clock, who is logged in, and logging out.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;

use super::{fault, not_emulated, user_info, xml};
use crate::{
    error::ApiError,
    events::ChangeOrigin,
    org::{Org, Writer},
    records::Transaction,
    xml::{Element, escape},
};

/// Ids in one call.
const MOST_IDS: usize = 200;

pub(super) async fn answer(org: &Arc<Org>, version: &str, envelope: &Element) -> Response {
    let Some(call) = envelope.find("Body").and_then(|body| body.children.first()) else {
        return fault("UNKNOWN_EXCEPTION", "The envelope has no body");
    };
    let token = envelope.find("sessionId").map(|element| element.text.trim()).unwrap_or_default();
    let session = org.auth().session(token, org.now());
    let Some(session) = session else {
        return fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session");
    };
    if !org.budget.take(org.now()) {
        return fault("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    }
    let client = envelope.find("CallOptions").and_then(|options| options.find("client"));
    let origin = ChangeOrigin::soap(version, client.map(|client| client.text.as_str()));
    let writer = Writer { origin, ..Writer::within(session.user.as_str()) };
    let result = match call.name.as_str() {
        "getServerTimestamp" => {
            format!("<result><timestamp>{}</timestamp></result>", org.now().to_rfc3339())
        }
        "getUserInfo" => match org.user(&session.user) {
            Some(user) => format!("<result>{}</result>", user_info(org, &user)),
            None => return fault("INVALID_SESSION_ID", "The user of the session is gone"),
        },
        "logout" => {
            let _ = org.auth().revoke(token);
            org.keep_auth().await;
            String::new()
        }
        "undelete" => match each(org, writer, call, |transaction, id| transaction.undelete(id)).await {
            Ok(results) => results,
            Err(response) => return response,
        },
        "emptyRecycleBin" => match each(org, writer, call, |transaction, id| transaction.empty_from_bin(id)).await {
            Ok(results) => results,
            Err(response) => return response,
        },
        other => return not_emulated(&format!("the SOAP call {other}")),
    };
    let name = &call.name;
    xml(
        StatusCode::OK,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns=\"urn:partner.soap.sforce.com\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
             <soapenv:Body><{name}Response>{result}</{name}Response></soapenv:Body></soapenv:Envelope>"
        ),
    )
}

/// Does the same with every id; each stands or falls alone.
async fn each(
    org: &Arc<Org>,
    writer: Writer,
    call: &Element,
    work: fn(&mut Transaction<'_>, &str) -> Result<(), ApiError>,
) -> Result<String, Response> {
    let ids: Vec<String> =
        call.children.iter().filter(|child| child.name == "ids").map(|child| child.text.trim().to_owned()).collect();
    if ids.len() > MOST_IDS {
        return Err(fault("EXCEEDED_ID_LIMIT", &format!("record limit reached. cannot submit more than {MOST_IDS}")));
    }
    org.transact(writer, move |transaction| Ok(ids.iter().map(|id| entry(id, work(transaction, id))).collect()))
        .await
        .map_err(|error| fault(&error.code, &error.message))
}

fn entry(id: &str, result: Result<(), ApiError>) -> String {
    let id = escape(id);
    match result {
        Ok(()) => format!("<result><id>{id}</id><success>true</success></result>"),
        Err(error) => format!(
            "<result><errors><message>{}</message><statusCode>{}</statusCode></errors><id>{id}</id>\
             <success>false</success></result>",
            escape(&error.message),
            escape(&error.code),
        ),
    }
}

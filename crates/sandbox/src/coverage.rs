//! Every resource of Salesforce's web API that is known here: what the sandbox answers, and what it says it doesn't emulate.
//!
//! `docs/SANDBOX.md` has a row for each; a test compares them. A REST call reaches its code only by way of this table, so
//! a resource that isn't listed isn't answered.

use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, Uri};

use crate::{error::ApiError, soap};

/// One resource. Beneath `/services/data/vNN.0/`, unless its path begins with a slash.
#[derive(Clone, Copy, Debug)]
pub struct Resource {
    /// `{name}` stands for one segment, a last `*` for any number.
    pub path: &'static str,
    pub coverage: Coverage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// By these methods, in Salesforce's order.
    Answered(&'static str),
    /// Answered with 501; this is what Salesforce calls it.
    NotEmulated(&'static str),
}

const fn answered(path: &'static str, methods: &'static str) -> Resource {
    Resource { path, coverage: Coverage::Answered(methods) }
}

const fn absent(path: &'static str, name: &'static str) -> Resource {
    Resource { path, coverage: Coverage::NotEmulated(name) }
}

/// The first that fits a path is the one meant.
pub const RESOURCES: &[Resource] = &[
    answered("", "GET,HEAD"),
    answered("limits", "GET,HEAD"),
    absent("limits/recordCount", "Record Count"),
    answered("query", "GET,HEAD"),
    answered("query/{locator}", "GET,HEAD"),
    answered("queryAll", "GET,HEAD"),
    answered("queryAll/{locator}", "GET,HEAD"),
    answered("parameterizedSearch", "GET,HEAD,POST"),
    answered("recent", "GET,HEAD"),
    answered("search", "GET,HEAD"),
    answered("sobjects", "GET,HEAD"),
    absent("sobjects/relevantItems", "Relevant Items"),
    answered("sobjects/{object}", "GET,HEAD,POST"),
    answered("sobjects/{object}/describe", "GET,HEAD"),
    absent("sobjects/{object}/describe/*", "Layouts"),
    answered("sobjects/{object}/updated", "GET,HEAD"),
    answered("sobjects/{object}/deleted", "GET,HEAD"),
    absent("sobjects/{object}/listviews", "List Views"),
    absent("sobjects/{object}/listviews/*", "List Views"),
    absent("sobjects/{object}/quickActions", "Quick Actions"),
    absent("sobjects/{object}/quickActions/*", "Quick Actions"),
    answered("sobjects/{object}/eventSchema", "GET,HEAD"),
    absent("sobjects/{object}/{id}/password", "User Password"),
    absent("sobjects/{object}/{id}/richTextImageFields/*", "Rich Text Images"),
    answered("sobjects/{object}/Id", "POST"),
    answered("sobjects/{object}/{id}", "DELETE,GET,HEAD,PATCH"),
    answered("sobjects/{object}/{field}/{value}", "DELETE,GET,HEAD,PATCH"),
    answered("sobjects/{object}/{id}/{relationship}/*", "DELETE,GET,HEAD,PATCH"),
    answered("composite", "POST"),
    answered("composite/batch", "POST"),
    answered("composite/graph", "POST"),
    answered("composite/sobjects", "DELETE,PATCH,POST"),
    answered("composite/sobjects/{object}", "GET,HEAD,POST"),
    answered("composite/sobjects/{object}/{field}", "PATCH"),
    answered("composite/tree/{object}", "POST"),
    absent("actions", "Invocable Actions"),
    absent("actions/*", "Invocable Actions"),
    absent("analytics/*", "Reports and Dashboards"),
    absent("appMenu/*", "App Menu"),
    absent("async-queries/*", "Async SOQL"),
    absent("chatter/*", "Connect"),
    absent("commerce/*", "Commerce"),
    absent("compactLayouts", "Compact Layouts"),
    absent("connect/*", "Connect"),
    absent("consent/*", "Consent"),
    absent("dedupe/*", "Duplicate Management"),
    answered("event/eventSchema/{schema}", "GET,HEAD"),
    absent("event/*", "Platform Events"),
    absent("folders/*", "Folders"),
    absent("graphql", "GraphQL"),
    answered("jobs/ingest", "GET,HEAD,POST"),
    answered("jobs/ingest/{job}", "DELETE,GET,HEAD,PATCH"),
    answered("jobs/ingest/{job}/batches", "PUT"),
    answered("jobs/ingest/{job}/{results}", "GET,HEAD"),
    answered("jobs/query", "GET,HEAD,POST"),
    answered("jobs/query/{job}", "DELETE,GET,HEAD,PATCH"),
    answered("jobs/query/{job}/results", "GET,HEAD"),
    answered("jobs/query/{job}/resultPages", "GET,HEAD"),
    absent("jobs/*", "Bulk 2.0 Partial Downloads"),
    absent("knowledgeManagement/*", "Knowledge Management"),
    absent("licensing/*", "Licensing"),
    absent("metadata/*", "Metadata REST"),
    absent("nouns", "Nouns"),
    absent("payments/*", "Payments"),
    absent("process/*", "Approvals and Process Rules"),
    absent("quickActions", "Quick Actions"),
    absent("quickActions/*", "Quick Actions"),
    absent("scheduling/*", "Scheduling"),
    absent("search/*", "Search Layouts and Suggestions"),
    absent("support/*", "Knowledge Support"),
    absent("tabs", "Tabs"),
    absent("theme", "Theme"),
    answered("tooling/query", "GET,HEAD"),
    answered("tooling/sobjects/ManagedEventSubscription", "POST"),
    answered("tooling/sobjects/ManagedEventSubscription/{id}", "DELETE,GET,HEAD,PATCH"),
    absent("tooling/*", "Tooling"),
    absent("ui-api/*", "User Interface"),
    absent("wave/*", "CRM Analytics"),
    answered("/services/data", "GET,HEAD"),
    answered("/services/oauth2/authorize", "GET,HEAD,POST"),
    answered("/services/oauth2/token", "POST"),
    answered("/services/oauth2/revoke", "GET,HEAD,POST"),
    answered("/services/oauth2/introspect", "POST"),
    answered("/services/oauth2/userinfo", "GET,HEAD,POST"),
    absent("/services/oauth2/*", "Device, Single Access and Registration"),
    answered("/id/{organization}/{user}", "GET,HEAD"),
    absent("/id/keys", "Signing Keys"),
    absent("/.well-known/openid-configuration", "OpenID Discovery"),
    answered("/services/Soap/u/{version}", "POST"),
    answered("/services/Soap/u/{version}/{organization}", "POST"),
    absent("/services/Soap/*", "Enterprise, Metadata, Tooling and Apex SOAP"),
    absent("/services/apexrest/*", "Apex REST"),
    answered("/services/async/{version}/job", "POST"),
    answered("/services/async/{version}/job/{job}", "GET,HEAD,POST"),
    answered("/services/async/{version}/job/{job}/batch", "GET,HEAD,POST"),
    answered("/services/async/{version}/job/{job}/batch/{batch}", "GET,HEAD"),
    answered("/services/async/{version}/job/{job}/batch/{batch}/request", "GET,HEAD"),
    answered("/services/async/{version}/job/{job}/batch/{batch}/result", "GET,HEAD"),
    answered("/services/async/{version}/job/{job}/batch/{batch}/result/{result}", "GET,HEAD"),
    absent("/services/auth/*", "Single Sign-On"),
    absent("/services/wsdl/*", "WSDL"),
    answered("/cometd/{version}", "POST"),
    answered("/cometd/{version}/{channel}", "POST"),
    answered("/eventbus.v1.PubSub/{call}", "POST"),
];

impl Resource {
    fn fits(&self, path: &[&str]) -> bool {
        let mut segments = path.iter();
        let mut pieces = self.path.trim_start_matches('/').split('/').filter(|piece| !piece.is_empty());
        loop {
            match (pieces.next(), segments.next()) {
                (Some("*"), _) | (None, None) => return true,
                (Some(piece), Some(segment)) if piece.starts_with('{') || piece == *segment => {}
                _ => return false,
            }
        }
    }

    fn is_beneath_version(&self) -> bool {
        !self.path.starts_with('/')
    }
}

impl Coverage {
    pub fn takes(self, method: &Method) -> bool {
        matches!(self, Self::Answered(methods) if methods.split(',').any(|taken| taken == method.as_str()))
    }
}

/// Lets a REST call through to its code.
///
/// # Errors
/// 404 for what Salesforce hasn't, 501 for what isn't emulated, 405 for a method the resource doesn't take.
pub(crate) fn admit(method: &Method, path: &[&str]) -> Result<(), ApiError> {
    let found = RESOURCES.iter().find(|resource| resource.is_beneath_version() && resource.fits(path));
    match found.map(|resource| resource.coverage) {
        None => Err(ApiError::not_found()),
        Some(Coverage::NotEmulated(name)) => Err(not_emulated(name, &path.join("/"))),
        Some(coverage) if coverage.takes(method) => Ok(()),
        Some(Coverage::Answered(methods)) => Err(ApiError::method_not_allowed(method, methods)),
    }
}

pub(crate) fn not_emulated(name: &str, path: &str) -> ApiError {
    ApiError::new(
        StatusCode::NOT_IMPLEMENTED,
        "NOT_IMPLEMENTED",
        format!("The sandbox org does not emulate {path} ({name}). docs/SANDBOX.md lists what it does."),
    )
}

/// What no route took.
pub(crate) async fn unrouted(uri: Uri) -> Response {
    let path: Vec<&str> = uri.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let found = RESOURCES.iter().find(|resource| !resource.is_beneath_version() && resource.fits(&path));
    match found.map(|resource| resource.coverage) {
        Some(Coverage::NotEmulated(name)) if path.contains(&"Soap") => {
            soap::not_emulated(&format!("{} ({name})", uri.path()))
        }
        Some(Coverage::NotEmulated(name)) => not_emulated(name, uri.path()).into_response(),
        _ => ApiError::not_found().into_response(),
    }
}

/// What a route takes by other methods.
pub(crate) async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    let path: Vec<&str> = uri.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let found = RESOURCES.iter().find(|resource| !resource.is_beneath_version() && resource.fits(&path));
    match found.map(|resource| resource.coverage) {
        Some(Coverage::Answered(methods)) => ApiError::method_not_allowed(&method, methods),
        _ => ApiError::method_not_allowed(&method, "others"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use http::Method;

    use super::{Coverage, RESOURCES, admit};

    /// Rows of the page's tables whose first cell is a path: that path, and the second cell.
    fn rows(page: &str) -> BTreeMap<&str, &str> {
        page.lines()
            .filter_map(|line| {
                let mut cells = line.strip_prefix("| `")?.split('|');
                let path = cells.next()?.trim().strip_suffix('`')?;
                Some((path, cells.next()?.trim()))
            })
            .collect()
    }

    #[test]
    fn the_page_lists_exactly_what_the_table_holds() {
        let page = rows(include_str!("../../../docs/SANDBOX.md"));
        let table: BTreeMap<&str, &str> = RESOURCES
            .iter()
            .map(|resource| {
                let path = if resource.path.is_empty() { "(none)" } else { resource.path };
                match resource.coverage {
                    Coverage::Answered(methods) => (path, methods),
                    Coverage::NotEmulated(name) => (path, name),
                }
            })
            .collect();
        assert_eq!(page, table, "docs/SANDBOX.md and src/coverage.rs say different things");
    }

    #[test]
    fn the_page_lists_exactly_the_standard_objects() {
        let page = include_str!("../../../docs/SANDBOX.md");
        let listed = page.split("\nAccount, ").nth(1).and_then(|rest| rest.split_once('.')).map(|(names, _)| names);
        let listed: Vec<&str> = listed.unwrap().split(',').map(str::trim).collect();
        let schema = crate::schema::Schema::standard();
        let known: Vec<&str> = schema.objects().map(|object| object.name.as_str()).skip(1).collect();
        assert_eq!(listed, known);
    }

    #[test]
    fn the_first_that_fits_is_meant() {
        let status = |method: Method, path: &[&str]| admit(&method, path).err().map(|error| error.status.as_u16());
        assert_eq!(status(Method::GET, &[]), None);
        assert_eq!(status(Method::GET, &["sobjects", "Case", "quickActions"]), Some(501));
        assert_eq!(status(Method::GET, &["sobjects", "Case", "500SB0000000001"]), None);
        assert_eq!(status(Method::PUT, &["sobjects", "Case"]), Some(405));
        assert_eq!(status(Method::GET, &["tooling"]), Some(501));
        assert_eq!(status(Method::GET, &["tooling", "sobjects", "ApexClass"]), Some(501));
        assert_eq!(status(Method::GET, &["nothing"]), Some(404));
        assert_eq!(status(Method::GET, &["limits", "nothing"]), Some(404));
    }
}

//! The addresses that pages and islands link to.

use domain::{AccessTokenId, CourseId, CourseRunId, DeliveryId, OrganizationId, PostId, UserId};

pub const SIGN_IN: &str = "/login";
pub const SIGN_OUT: &str = "/logout";
pub const COURSES: &str = "/courses";
pub const TOKENS: &str = "/account/tokens";
pub const API: &str = "/api/";
pub const API_TRY: &str = "/api/try";
pub const OPENAPI: &str = "/api/openapi.json";
pub const SALESFORCE: &str = "/admin/salesforce";
pub const SALESFORCE_CONNECT: &str = "/admin/salesforce/connect";
pub const SALESFORCE_DISCONNECT: &str = "/admin/salesforce/disconnect";

pub fn revoke_token(id: AccessTokenId) -> String {
    format!("{TOKENS}/{id}/revoke")
}

pub const SALESFORCE_CHECK: &str = "/admin/salesforce/check";
pub const SALESFORCE_USE_THIS_ORG: &str = "/admin/salesforce/use-this-org";
pub const SALESFORCE_SETTINGS: &str = "/admin/salesforce/settings";
pub const SALESFORCE_SEND_CATALOGUE: &str = "/admin/salesforce/send-catalogue";
pub const DELIVERIES: &str = "/admin/deliveries";
pub const CATALOGUE_COURSES: &str = "/admin/courses";
pub const CATALOGUE_ORGANIZATIONS: &str = "/admin/organizations";
pub const CATALOGUE_IMPORT: &str = "/admin/import";

pub fn delivery(id: DeliveryId) -> String {
    format!("{DELIVERIES}/{id}")
}

/// The course's page for those who keep the catalogue.
pub fn catalogue_course(id: CourseId) -> String {
    format!("{CATALOGUE_COURSES}/{id}")
}

pub fn catalogue_run(course: CourseId, run: CourseRunId) -> String {
    format!("{CATALOGUE_COURSES}/{course}#run-{run}")
}

pub fn catalogue_organization(id: OrganizationId) -> String {
    format!("{CATALOGUE_ORGANIZATIONS}/{id}")
}

pub fn course(id: CourseId) -> String {
    format!("{COURSES}/{id}")
}

/// The query parameter by which a page says whose it is. A request of another person's page is answered as one of nobody's.
pub const READER: &str = "reader";

/// The address as a page of this reader asks it.
pub fn for_reader(path: &str, reader: UserId) -> String {
    format!("{path}?{READER}={reader}")
}

/// Where the composer's form goes.
pub fn comments(course: CourseId, reader: UserId) -> String {
    for_reader(&format!("{COURSES}/{course}/comments"), reader)
}

/// Where a draft goes when its page is closed.
pub fn draft(course: CourseId, reader: UserId) -> String {
    for_reader(&format!("{COURSES}/{course}/draft"), reader)
}

/// The stream that tells of a thread's new versions.
pub fn events(course: CourseId, reader: UserId) -> String {
    for_reader(&format!("{COURSES}/{course}/events"), reader)
}

pub fn retry(post: PostId, reader: UserId) -> String {
    for_reader(&format!("/posts/{post}/retry"), reader)
}

/// Sign in, then come back to the course.
pub fn sign_in_for(course: CourseId) -> String {
    // The path is ASCII letters, digits, hyphens and slashes: nothing in it needs escaping in a query.
    format!("{SIGN_IN}?next={COURSES}/{course}")
}

//! The addresses that pages and islands link to.

use domain::{
    AccessTokenId, CaseId, CasePlace, CourseId, CourseRunId, DeliveryId, HistoryLoadId, OrganizationId, PostId, UserId,
};

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
pub const HISTORY: &str = "/admin/history";

/// A load of old comments.
pub fn history_load(id: HistoryLoadId) -> String {
    format!("{HISTORY}/{id}")
}

pub fn history_rejects(id: HistoryLoadId) -> String {
    format!("{HISTORY}/{id}/left-out.jsonl")
}

pub const ALL_TOKENS: &str = "/admin/tokens";

/// Where an admin revokes anybody's token.
pub fn revoke_any_token(id: AccessTokenId) -> String {
    format!("{ALL_TOKENS}/{id}/revoke")
}

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

/// The page with a case's thread; a course's own page is that of its default case.
pub fn thread(place: CasePlace) -> String {
    let course = course(place.course);
    match place.case {
        Some(case) => format!("{course}/cases/{case}"),
        None => course,
    }
}

/// The page with the window of a thread that a post is in, at that post.
pub fn post(place: CasePlace, post: PostId) -> String {
    format!("{}?from={post}#post-{post}", thread(place))
}

/// The page with what was said before a post.
pub fn before(place: CasePlace, post: PostId) -> String {
    format!("{}?before={post}", thread(place))
}

/// Where the form for a new case is, and where it goes.
pub fn new_case(course: CourseId) -> String {
    format!("{COURSES}/{course}/cases/new")
}

pub fn cases(course: CourseId, reader: UserId) -> String {
    for_reader(&format!("{COURSES}/{course}/cases"), reader)
}

/// Where staff send a case's new status, or owner.
pub fn case_status(course: CourseId, case: CaseId, reader: UserId) -> String {
    for_reader(&format!("{COURSES}/{course}/cases/{case}/status"), reader)
}

pub fn case_owner(course: CourseId, case: CaseId, reader: UserId) -> String {
    for_reader(&format!("{COURSES}/{course}/cases/{case}/owner"), reader)
}

/// The query parameter by which a page says whose it is. A request of another person's page is answered as one of nobody's.
pub const READER: &str = "reader";

/// The address as a page of this reader asks it.
pub fn for_reader(path: &str, reader: UserId) -> String {
    format!("{path}?{READER}={reader}")
}

/// Where the composer's form goes.
pub fn comments(place: CasePlace, reader: UserId) -> String {
    for_reader(&format!("{}/comments", thread(place)), reader)
}

/// Where a draft goes when its page is closed.
pub fn draft(place: CasePlace, reader: UserId) -> String {
    for_reader(&format!("{}/draft", thread(place)), reader)
}

/// The stream that tells of a thread's new versions.
pub fn events(place: CasePlace, reader: UserId) -> String {
    for_reader(&format!("{}/events", thread(place)), reader)
}

pub fn retry(post: PostId, reader: UserId) -> String {
    for_reader(&format!("/posts/{post}/retry"), reader)
}

/// Sign in, then come back to the thread.
pub fn sign_in_for(place: CasePlace) -> String {
    // The path is ASCII letters, digits, hyphens and slashes: nothing in it needs escaping in a query.
    format!("{SIGN_IN}?next={}", thread(place))
}

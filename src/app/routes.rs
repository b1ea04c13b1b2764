//! The addresses that pages and islands link to.

use domain::{CourseId, PostId};

pub const SIGN_IN: &str = "/login";
pub const SIGN_OUT: &str = "/logout";
pub const COURSES: &str = "/courses";
pub const SALESFORCE: &str = "/admin/salesforce";
pub const SALESFORCE_CONNECT: &str = "/admin/salesforce/connect";
pub const SALESFORCE_DISCONNECT: &str = "/admin/salesforce/disconnect";

pub fn course(id: CourseId) -> String {
    format!("{COURSES}/{id}")
}

/// Where the composer's form goes.
pub fn comments(course: CourseId) -> String {
    format!("{COURSES}/{course}/comments")
}

/// Where a draft goes when its page is closed.
pub fn draft(course: CourseId) -> String {
    format!("{COURSES}/{course}/draft")
}

/// The stream that tells of a thread's new versions.
pub fn events(course: CourseId) -> String {
    format!("{COURSES}/{course}/events")
}

pub fn retry(post: PostId) -> String {
    format!("/posts/{post}/retry")
}

/// Sign in, then come back to the course.
pub fn sign_in_for(course: CourseId) -> String {
    // The path is ASCII letters, digits, hyphens and slashes: nothing in it needs escaping in a query.
    format!("{SIGN_IN}?next={COURSES}/{course}")
}

//! The REST API: one file for each resource, and what they share. Callers are people's own programs, with a bearer token, and
//! pages of the portal, with the session's cookie; a request that names a token is never looked at for a cookie.
//!
//! What the Publisher's comments API defined stays as it was; everything else that goes wrong is a [`Problem`].

mod answer;
mod body;
mod caller;
mod cases;
mod comments;
mod course_runs;
mod courses;
mod document;
mod idempotency;
mod moment;
mod organizations;
mod parameters;
mod posts;
mod problem;
mod reference;
mod shapes;

pub use document::openapi;

pub(crate) use caller::{Presented, admit, presented, set_apart};
pub(crate) use problem::{Problem, is_programs_path, say};

use axum::{
    http::Method,
    routing::{MethodRouter, get, post, put},
};
use domain::Scope;

use super::{AppState, Policy};

/// The part of the route table that is for programs.
pub(crate) fn routes() -> Vec<(Method, &'static str, Policy, MethodRouter<AppState>)> {
    let (get_, post_, put_) = (Method::GET, Method::POST, Method::PUT);
    let (read, write, catalogue) = (Policy::Api(Scope::Read), Policy::Api(Scope::Write), Policy::Api(Scope::Catalogue));
    vec![
        (get_.clone(), "/api/v1/comments/", read, get(comments::list)),
        (post_.clone(), "/api/v1/comments/", write, post(comments::create)),
        (get_.clone(), "/api/v1/comments", read, get(comments::list)),
        (post_.clone(), "/api/v1/comments", write, post(comments::create)),
        (get_.clone(), "/api/v1/organizations/{key}", read, get(organizations::show)),
        (put_.clone(), "/api/v1/organizations/{key}", catalogue, put(organizations::save)),
        (get_.clone(), "/api/v1/courses/{uuid}", read, get(courses::show)),
        (put_.clone(), "/api/v1/courses/{uuid}", catalogue, put(courses::save)),
        (get_.clone(), "/api/v1/courses/{uuid}/cases", read, get(cases::of_course)),
        (get_.clone(), "/api/v1/course-runs/{key}", read, get(course_runs::show)),
        (put_, "/api/v1/course-runs/{key}", catalogue, put(course_runs::save)),
        (get_.clone(), "/api/v1/course-runs/{key}/cases", read, get(cases::of_run)),
        (post_.clone(), "/api/v1/cases", write, post(cases::open)),
        (get_.clone(), "/api/v1/cases/{id}", read, get(cases::show)),
        (get_.clone(), "/api/v1/cases/{id}/posts", read, get(posts::list)),
        (post_, "/api/v1/cases/{id}/posts", write, post(posts::create)),
        (get_.clone(), "/api/openapi.json", Policy::Public, get(document::show)),
        (get_.clone(), "/api/", Policy::Public, get(reference::show)),
        (get_, "/api/try", Policy::Public, get(reference::go)),
    ]
}

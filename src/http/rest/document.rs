//! The API's description: OpenAPI 3.1, made from the handlers themselves.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        ContentBuilder, Ref, RefOr, Response as ResponseDoc, ResponseBuilder, SecurityRequirement,
        path::{Operation, PathItem},
        schema::{ObjectBuilder, Schema, Type},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{cases, comments, course_runs, courses, organizations, posts, problem};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Casebridge",
        version = "1",
        description = "Threads of Salesforce cases, for programs. Make a token on /account/tokens and send it as `Authorization: Bearer cbt_…`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        comments::list, comments::create, cases::of_course, cases::of_run, cases::open, cases::show, posts::list, posts::create,
        organizations::show, organizations::save, courses::show, courses::save, course_runs::show, course_runs::save
    ),
    components(schemas(problem::Problem)),
    tags(
        (name = "Comments", description = "A course's comments, as the Publisher's callers know them."),
        (name = "Cases", description = "Cases and what is said on them."),
        (name = "Catalogue", description = "For upstream systems that keep organizations, courses and runs."),
    ),
    modifiers(&Common)
)]
struct Document;

/// What every operation has in common.
struct Common;

const TOKEN: &str = "token";
const SESSION: &str = "session";

impl Modify for Common {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("cbt_…")
            .description(Some("Scopes: read for GET, write for POST, catalogue for PUT."))
            .build();
        components.add_security_scheme(TOKEN, SecurityScheme::Http(token));
        let cookie =
            ApiKeyValue::with_description("casebridge_session", "A signed-in browser, from the portal's own pages.");
        components.add_security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        for (path, item) in &mut document.paths.paths {
            for (operation, kind) in operations(item) {
                operation.security = Some([TOKEN, SESSION].map(|name| SecurityRequirement::new(name, [""; 0])).into());
                refusals(operation, kind, path.ends_with("/comments/"));
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Reads,
    Writes,
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&mut Operation, Kind)> {
    let reads = item.get.iter_mut().map(|operation| (operation, Kind::Reads));
    let writes = item.post.iter_mut().chain(item.put.iter_mut()).map(|operation| (operation, Kind::Writes));
    reads.chain(writes)
}

fn refusals(operation: &mut Operation, kind: Kind, says_sentences: bool) {
    let always = [
        ("400", "A field or parameter is wrong; `errors` names it"),
        ("401", "No token, or one that is unknown, expired or revoked"),
        ("403", "Known, and not allowed"),
        ("404", "Not there, or not for you; or this portal has no Salesforce"),
        ("406", "`Accept` allows no JSON"),
        ("408", "It took too long"),
        ("500", "Something went wrong on our side"),
        ("503", "Busy; try again in a moment"),
    ];
    let written = [
        ("409", "The Idempotency-Key was used for something else, or another record has the key"),
        ("413", "The body is too large"),
        ("415", "The body is not application/json"),
    ];
    let also = match kind {
        Kind::Reads => &[][..],
        Kind::Writes => &written[..],
    };
    for (status, description) in always.iter().chain(also) {
        let answer = problem(description, says_sentences && *status == "400");
        operation.responses.responses.entry((*status).to_owned()).or_insert(RefOr::T(answer));
    }
}

fn problem(description: &str, or_sentence: bool) -> ResponseDoc {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let mut response = ResponseBuilder::new().description(description).content(problem::CONTENT_TYPE, problem);
    if or_sentence {
        // What is missing is said as a JSON string, as it always was.
        let sentence = ObjectBuilder::new().schema_type(Type::String).build();
        let sentence = ContentBuilder::new().schema(Some(Schema::from(sentence))).build();
        response = response.content("application/json", sentence);
    }
    response.build()
}

/// The whole document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// `GET /api/openapi.json`
pub(crate) async fn show() -> Response {
    Json(openapi()).into_response()
}

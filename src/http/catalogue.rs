//! The pages of those who keep the catalogue: its courses, organizations and runs, who belongs to what, and files with many at once.

use axum::{
    Form,
    extract::{FromRequestParts, Multipart, Query, State},
    http::{StatusCode, request::Parts},
    response::Response,
};
use domain::{CourseId, CourseKey, OrganizationId, RunStatus, Timestamp, UserId};
use engine::{Actor, CourseFilter, CourseInput, Engine, Error, ImportMode, RunInput, Saved};
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    AppState,
    courses::{CoursePath, path_id},
    flash::{self, Told, value},
    identity::SignedIn,
    view::View,
};
use crate::app::{
    Notice, Refused, Tone,
    pages::{self, CoursesAsked, Imported},
    routes,
};

type Fields = Vec<(String, String)>;

#[derive(Default, Deserialize)]
pub(crate) struct ListQuery {
    q: Option<String>,
    after: Option<String>,
}

pub(crate) async fn courses(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    Query(query): Query<ListQuery>,
    Told(notice): Told,
) -> Response {
    courses_page(&state, &actor, &view, &query, notice, None).await
}

async fn courses_page(
    state: &AppState,
    actor: &Actor,
    view: &View,
    query: &ListQuery,
    notice: Option<Notice>,
    refused: Option<&Refused>,
) -> Response {
    let search = query.q.as_deref().unwrap_or_default();
    let filter = CourseFilter {
        text: Some(search.trim().to_owned()).filter(|text| !text.is_empty()),
        after: query.after.clone().filter(|after| !after.is_empty()),
    };
    let asked = CoursesAsked { query: search, later: filter.after.is_some() };
    match state.engine().catalogue_courses(actor, filter).await {
        Ok(list) => {
            let page = pages::catalogue_courses(&view.frame, &list, &asked, notice, refused);
            view.page(status(refused), page)
        }
        Err(error) => view.failed(&error),
    }
}

/// A form that was refused comes back with its reason.
const fn status(refused: Option<&Refused>) -> StatusCode {
    if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

/// Keys, separated by commas.
fn keys(text: &str) -> Vec<String> {
    text.split([',', ';']).map(str::trim).filter(|key| !key.is_empty()).map(str::to_owned).collect()
}

fn course_input(fields: &Fields) -> CourseInput {
    CourseInput {
        key: value(fields, "key").trim().to_owned(),
        title: value(fields, "title").to_owned(),
        organizations: keys(value(fields, "organizations")),
        editors: None,
    }
}

pub(crate) async fn add_course(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
    Form(fields): Form<Fields>,
) -> Response {
    let input = course_input(&fields);
    let saved = match CourseKey::new(input.key.as_str()) {
        Ok(key) => {
            let id = CourseId::from_key(&key);
            state.engine().put_course(&actor, id, input).await.map(|_| id)
        }
        Err(invalid) => Err(Error::InvalidField { field: "key", sentence: invalid.0 }),
    };
    match saved {
        Ok(id) => {
            let page = routes::catalogue_course(id);
            flash::back(&session, &view, &page, Tone::Good, "The course is in the catalogue.").await
        }
        Err(error) => match flash::refused("new-course", fields, &error) {
            Some(refused) => courses_page(&state, &actor, &view, &ListQuery::default(), None, Some(&refused)).await,
            None => view.failed(&error),
        },
    }
}

pub(crate) async fn course(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    CoursePath(course): CoursePath,
    Told(notice): Told,
) -> Response {
    course_page(&state, &actor, &view, course, notice, None).await
}

async fn course_page(
    state: &AppState,
    actor: &Actor,
    view: &View,
    course: CourseId,
    notice: Option<Notice>,
    refused: Option<&Refused>,
) -> Response {
    match state.engine().catalogue_course(actor, course).await {
        Ok(course) => view.page(status(refused), pages::catalogue_course(&view.frame, &course, notice, refused)),
        Err(error) => view.failed(&error),
    }
}

/// What a form of a course's page led to.
struct Sent<'a> {
    form: &'a str,
    fields: Fields,
    done: Result<&'static str, Error>,
    /// Behind the page's address.
    anchor: &'a str,
}

async fn back_to_course(
    state: &AppState,
    actor: &Actor,
    session: &Session,
    view: &View,
    course: CourseId,
    sent: Sent<'_>,
) -> Response {
    match sent.done {
        Ok(says) => {
            let page = format!("{}{}", routes::catalogue_course(course), sent.anchor);
            flash::back(session, view, &page, Tone::Good, says).await
        }
        Err(error) => match flash::refused(sent.form, sent.fields, &error) {
            Some(refused) => course_page(state, actor, view, course, None, Some(&refused)).await,
            None => view.failed(&error),
        },
    }
}

const fn saved_says(saved: Saved) -> &'static str {
    match saved {
        Saved::Created | Saved::Updated => "Saved.",
        Saved::Unchanged => "Nothing was changed.",
    }
}

pub(crate) async fn save_course(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
    CoursePath(course): CoursePath,
    Form(fields): Form<Fields>,
) -> Response {
    // A form of this page changes a course; it makes none.
    if let Err(error) = state.engine().catalogue_course(&actor, course).await {
        return view.failed(&error);
    }
    let done = state.engine().put_course(&actor, course, course_input(&fields)).await.map(saved_says);
    let sent = Sent { form: "course", fields, done, anchor: "" };
    back_to_course(&state, &actor, &session, &view, course, sent).await
}

pub(crate) async fn save_editors(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
    CoursePath(course): CoursePath,
    Form(fields): Form<Fields>,
) -> Response {
    let done = match value(&fields, "remove").parse::<UserId>() {
        Ok(editor) => {
            state.engine().remove_editor(&actor, course, editor).await.map(|()| "That person is no editor now.")
        }
        Err(_) => {
            let email = value(&fields, "email");
            state.engine().add_editor(&actor, course, email).await.map(|()| "The editor is named.")
        }
    };
    let sent = Sent { form: "editors", fields, done, anchor: "#editors-heading" };
    back_to_course(&state, &actor, &session, &view, course, sent).await
}

pub(crate) async fn save_run(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
    CoursePath(course): CoursePath,
    Form(fields): Form<Fields>,
) -> Response {
    let form = value(&fields, "form").to_owned();
    let done = put_run(state.engine(), &actor, course, &fields).await.map(saved_says);
    let anchor = if form.starts_with("run-") { format!("#{form}") } else { "#runs-heading".to_owned() };
    let sent = Sent { form: &form, fields, done, anchor: &anchor };
    back_to_course(&state, &actor, &session, &view, course, sent).await
}

async fn put_run(engine: &Engine, actor: &Actor, course: CourseId, fields: &Fields) -> Result<Saved, Error> {
    let wrong = |field, sentence: &str| Error::InvalidField { field, sentence: sentence.to_owned() };
    let status = RunStatus::from_name(value(fields, "status")).ok_or_else(|| wrong("status", "Pick a status."))?;
    let has_ofac_restrictions = match value(fields, "has_ofac_restrictions") {
        "" => None,
        "true" => Some(true),
        "false" => Some(false),
        _ => return Err(wrong("has_ofac_restrictions", "Pick one of the list.")),
    };
    let run = RunInput {
        course,
        title: value(fields, "title").to_owned(),
        start: moment(fields, "start")?,
        end: moment(fields, "end")?,
        go_live_date: moment(fields, "go_live_date")?,
        status,
        has_ofac_restrictions,
        is_new: None,
    };
    engine.put_run(actor, value(fields, "key").trim(), run).await
}

/// As a browser's field for day and time sends it, in UTC.
fn moment(fields: &Fields, name: &'static str) -> Result<Option<Timestamp>, Error> {
    let text = value(fields, name).trim();
    if text.is_empty() {
        return Ok(None);
    }
    let at = text
        .parse::<jiff::civil::DateTime>()
        .and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC))
        .map(|at| at.timestamp().into());
    at.map(Some).map_err(|_| Error::InvalidField {
        field: name,
        sentence: "That is no day and time between 1700 and 4000. Write it as 2026-11-20T12:00.".to_owned(),
    })
}

pub(crate) async fn organizations(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    Query(query): Query<ListQuery>,
    Told(notice): Told,
) -> Response {
    organizations_page(&state, &actor, &view, query.after.as_deref(), notice, None).await
}

async fn organizations_page(
    state: &AppState,
    actor: &Actor,
    view: &View,
    after: Option<&str>,
    notice: Option<Notice>,
    refused: Option<&Refused>,
) -> Response {
    match state.engine().catalogue_organizations(actor, after).await {
        Ok(list) => view.page(status(refused), pages::catalogue_organizations(&view.frame, &list, notice, refused)),
        Err(error) => view.failed(&error),
    }
}

pub(crate) async fn add_organization(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
    Form(fields): Form<Fields>,
) -> Response {
    let (key, name) = (value(&fields, "key").trim(), value(&fields, "name"));
    match state.engine().put_organization(&actor, key, name).await {
        Ok(_) => {
            let says = "The organization is in the catalogue.";
            flash::back(&session, &view, routes::CATALOGUE_ORGANIZATIONS, Tone::Good, says).await
        }
        Err(error) => match flash::refused("new-organization", fields, &error) {
            Some(refused) => organizations_page(&state, &actor, &view, None, None, Some(&refused)).await,
            None => view.failed(&error),
        },
    }
}

/// The organization a path names.
pub(crate) struct OrganizationPath(OrganizationId);

impl FromRequestParts<AppState> for OrganizationPath {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Response> {
        path_id(parts).await.map(Self)
    }
}

pub(crate) async fn organization(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    OrganizationPath(id): OrganizationPath,
    Told(notice): Told,
) -> Response {
    organization_page(&state, &actor, &view, id, notice, None).await
}

async fn organization_page(
    state: &AppState,
    actor: &Actor,
    view: &View,
    id: OrganizationId,
    notice: Option<Notice>,
    refused: Option<&Refused>,
) -> Response {
    match state.engine().catalogue_organization(actor, id).await {
        Ok(page) => view.page(status(refused), pages::catalogue_organization(&view.frame, &page, notice, refused)),
        Err(error) => view.failed(&error),
    }
}

pub(crate) async fn save_organization(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
    OrganizationPath(id): OrganizationPath,
    Form(fields): Form<Fields>,
) -> Response {
    let engine = state.engine();
    let done = match engine.catalogue_organization(&actor, id).await {
        Ok(page) => {
            engine.put_organization(&actor, &page.organization.key, value(&fields, "name")).await.map(saved_says)
        }
        Err(error) => Err(error),
    };
    let sent = Sent { form: "organization", fields, done, anchor: "" };
    back_to_organization(&state, &actor, &session, &view, id, sent).await
}

pub(crate) async fn save_members(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
    OrganizationPath(id): OrganizationPath,
    Form(fields): Form<Fields>,
) -> Response {
    let done = match value(&fields, "remove").parse::<UserId>() {
        Ok(member) => state.engine().remove_member(&actor, id, member).await.map(|()| "That person is no member now."),
        Err(_) => state.engine().add_member(&actor, id, value(&fields, "email")).await.map(|()| "The member is added."),
    };
    let sent = Sent { form: "members", fields, done, anchor: "#members-heading" };
    back_to_organization(&state, &actor, &session, &view, id, sent).await
}

async fn back_to_organization(
    state: &AppState,
    actor: &Actor,
    session: &Session,
    view: &View,
    id: OrganizationId,
    sent: Sent<'_>,
) -> Response {
    match sent.done {
        Ok(says) => {
            let page = format!("{}{}", routes::catalogue_organization(id), sent.anchor);
            flash::back(session, view, &page, Tone::Good, says).await
        }
        Err(error) => match flash::refused(sent.form, sent.fields, &error) {
            Some(refused) => organization_page(state, actor, view, id, None, Some(&refused)).await,
            None => view.failed(&error),
        },
    }
}

pub(crate) async fn import_form(SignedIn(_): SignedIn, view: View) -> Response {
    view.page(StatusCode::OK, pages::catalogue_import(&view.frame, None, None))
}

/// What a browser sent: the file, its name, and which button was pressed.
struct Upload {
    file: Vec<u8>,
    name: String,
    mode: ImportMode,
}

/// Nothing is written unless that button was pressed.
fn mode(button: &str) -> ImportMode {
    if button == "write" { ImportMode::Write } else { ImportMode::DryRun }
}

async fn upload(mut parts: Multipart) -> Result<Upload, axum::extract::multipart::MultipartError> {
    let mut upload = Upload { file: Vec::new(), name: String::new(), mode: ImportMode::DryRun };
    while let Some(part) = parts.next_field().await? {
        match part.name().unwrap_or_default() {
            "file" => {
                upload.name = part.file_name().unwrap_or_default().to_owned();
                upload.file = part.bytes().await?.to_vec();
            }
            "mode" => upload.mode = mode(&part.text().await?),
            _ => {}
        }
    }
    Ok(upload)
}

pub(crate) async fn import(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    view: View,
    parts: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Response {
    let complain = |status: StatusCode, text: &str| {
        let notice = Notice { tone: Tone::Bad, text: text.to_owned() };
        view.page(status, pages::catalogue_import(&view.frame, None, Some(notice)))
    };
    let Ok(parts) = parts else { return complain(StatusCode::UNPROCESSABLE_ENTITY, "Choose a file first.") };
    let Upload { file, name, mode } = match upload(parts).await {
        Ok(upload) => upload,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let sentence = "The file is larger than 8 MB. Split it, or use casebridge import catalogue.";
            return complain(StatusCode::PAYLOAD_TOO_LARGE, sentence);
        }
        Err(_) => {
            return complain(StatusCode::UNPROCESSABLE_ENTITY, "The file did not arrive whole. Send it again.");
        }
    };
    if file.is_empty() {
        return complain(StatusCode::UNPROCESSABLE_ENTITY, "Choose a file that is not empty.");
    }
    match state.engine().upload_catalogue(&actor, &file, mode).await {
        Ok(report) => {
            let imported = Imported { file: name, mode, report };
            view.page(StatusCode::OK, pages::catalogue_import(&view.frame, Some(&imported), None))
        }
        Err(error) if error.public().kind == engine::PublicKind::Invalid => {
            complain(StatusCode::UNPROCESSABLE_ENTITY, &error.public().message)
        }
        Err(error) => view.failed(&error),
    }
}

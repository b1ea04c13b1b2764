//! Course runs of the catalogue.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::RunStatus;
use engine::{RunEntry, RunInput};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Problem, answer, body::Body, caller::Caller, moment::Moment, parameters::PathText};
use crate::http::AppState;

/// Where a run stands on its way to learners.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Unpublished,
    ReviewByLegal,
    ReviewByInternal,
    Reviewed,
    Published,
}

impl From<Status> for RunStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Unpublished => Self::Unpublished,
            Status::ReviewByLegal => Self::ReviewByLegal,
            Status::ReviewByInternal => Self::ReviewByInternal,
            Status::Reviewed => Self::Reviewed,
            Status::Published => Self::Published,
        }
    }
}

impl From<RunStatus> for Status {
    fn from(status: RunStatus) -> Self {
        match status {
            RunStatus::Unpublished => Self::Unpublished,
            RunStatus::ReviewByLegal => Self::ReviewByLegal,
            RunStatus::ReviewByInternal => Self::ReviewByInternal,
            RunStatus::Reviewed => Self::Reviewed,
            RunStatus::Published => Self::Published,
        }
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CourseRun {
    #[schema(example = "course-v1:MITx+6.002x+2012-09-05")]
    key: String,
    /// Of the course it is a run of.
    course: Uuid,
    title: String,
    #[schema(format = DateTime)]
    start: Option<String>,
    #[schema(format = DateTime)]
    end: Option<String>,
    #[schema(format = DateTime)]
    go_live_date: Option<String>,
    status: Status,
    /// None: nobody has reviewed that yet.
    has_ofac_restrictions: Option<bool>,
    /// Nobody has submitted it for review yet.
    is_new: bool,
}

impl From<RunEntry> for CourseRun {
    fn from(run: RunEntry) -> Self {
        Self {
            key: run.key,
            course: run.course.as_uuid(),
            title: run.title,
            start: run.start.map(domain::Timestamp::to_rfc3339),
            end: run.end.map(domain::Timestamp::to_rfc3339),
            go_live_date: run.go_live_date.map(domain::Timestamp::to_rfc3339),
            status: run.status.into(),
            has_ofac_restrictions: run.has_ofac_restrictions,
            is_new: run.is_new,
        }
    }
}

/// What a run is to be. Dates are RFC 3339, or plain days in UTC, from 1700 to 4000 as Salesforce has them; what is left out is unknown.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CourseRunBody {
    course: Uuid,
    #[schema(example = "Circuits and Electronics", min_length = 1, max_length = 1000)]
    title: String,
    #[schema(value_type = Option<String>, example = "2026-09-05")]
    start: Option<Moment>,
    #[schema(value_type = Option<String>, example = "2026-12-20T23:59:59Z")]
    end: Option<Moment>,
    #[schema(value_type = Option<String>)]
    go_live_date: Option<Moment>,
    status: Status,
    has_ofac_restrictions: Option<bool>,
    /// Left out: true until the run has been submitted, which any status but `unpublished` says of it.
    is_new: Option<bool>,
}

/// One course run
#[utoipa::path(get, path = "/api/v1/course-runs/{key}", tag = "Catalogue", operation_id = "getCourseRun",
    params(("key" = String, Path, example = "course-v1:MITx+6.002x+2012-09-05")),
    responses((status = 200, description = "The run", body = CourseRun)))]
pub(crate) async fn show(
    State(state): State<AppState>,
    Caller(actor): Caller,
    key: PathText,
) -> Result<Response, Problem> {
    let run = state.engine().run_entry(&actor, key.as_str()).await?;
    Ok(Json(CourseRun::from(run)).into_response())
}

/// Make or change a course run
///
/// Staff and admins only. Salesforce follows by itself.
#[utoipa::path(put, path = "/api/v1/course-runs/{key}", tag = "Catalogue", operation_id = "putCourseRun",
    params(("key" = String, Path, example = "course-v1:MITx+6.002x+2012-09-05")),
    request_body = CourseRunBody,
    responses((status = 200, description = "It was there", body = CourseRun),
              (status = 201, description = "It is new", body = CourseRun)))]
pub(crate) async fn save(
    State(state): State<AppState>,
    Caller(actor): Caller,
    key: PathText,
    Body(body): Body<CourseRunBody>,
) -> Result<Response, Problem> {
    let moment = |moment: Option<Moment>| moment.map(|moment| moment.0);
    let run = RunInput {
        course: body.course.into(),
        title: body.title,
        start: moment(body.start),
        end: moment(body.end),
        go_live_date: moment(body.go_live_date),
        status: body.status.into(),
        has_ofac_restrictions: body.has_ofac_restrictions,
        is_new: body.is_new,
    };
    let saved = state.engine().put_run(&actor, key.as_str(), run).await?;
    let run = state.engine().run_entry(&actor, key.as_str()).await?;
    Ok((answer::saved(saved), Json(CourseRun::from(run))).into_response())
}

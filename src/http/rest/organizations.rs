//! Organizations of the catalogue.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use engine::OrganizationEntry;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Problem, answer, body::Body, caller::Caller, parameters::PathText};
use crate::http::AppState;

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Organization {
    #[schema(example = "MITx")]
    key: String,
    #[schema(example = "MIT")]
    name: String,
    /// Addresses of its members, in order of the alphabet. Staff and admins alone are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!(["mia@mitx.test"]))]
    members: Option<Vec<String>>,
}

impl From<OrganizationEntry> for Organization {
    fn from(organization: OrganizationEntry) -> Self {
        let OrganizationEntry { key, name, members } = organization;
        Self { key, name, members }
    }
}

/// What an organization is to be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganizationBody {
    #[schema(example = "MIT", min_length = 1, max_length = 1000)]
    name: String,
    /// Addresses of everybody who is to be a member, all of them known here. Left out: they stay as they are.
    #[schema(example = json!(["mia@mitx.test"]))]
    members: Option<Vec<String>>,
}

/// One organization
#[utoipa::path(get, path = "/api/v1/organizations/{key}", tag = "Catalogue", operation_id = "getOrganization",
    params(("key" = String, Path, example = "MITx")),
    responses((status = 200, description = "The organization", body = Organization)))]
pub(crate) async fn show(
    State(state): State<AppState>,
    Caller(actor): Caller,
    key: PathText,
) -> Result<Response, Problem> {
    let organization = state.engine().organization(&actor, key.as_str()).await?;
    Ok(Json(Organization::from(organization)).into_response())
}

/// Make or rename an organization
///
/// Staff and admins only. Salesforce follows by itself.
#[utoipa::path(put, path = "/api/v1/organizations/{key}", tag = "Catalogue", operation_id = "putOrganization",
    params(("key" = String, Path, example = "MITx")),
    request_body = OrganizationBody,
    responses((status = 200, description = "It was there", body = Organization),
              (status = 201, description = "It is new", body = Organization)))]
pub(crate) async fn save(
    State(state): State<AppState>,
    Caller(actor): Caller,
    key: PathText,
    Body(body): Body<OrganizationBody>,
) -> Result<Response, Problem> {
    let OrganizationBody { name, members } = body;
    let saved = state.engine().put_organization_with(&actor, key.as_str(), &name, members.as_deref()).await?;
    let organization = state.engine().organization(&actor, key.as_str()).await?;
    Ok((answer::saved(saved), Json(Organization::from(organization))).into_response())
}

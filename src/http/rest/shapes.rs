//! What several resources show alike.

use domain::{PostState, Visibility};
use engine::{CaseDetail, Page};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who may read a post: `public` is for everybody who reads the course, `internal` for staff alone.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PostVisibility {
    #[default]
    Public,
    Internal,
}

impl From<Visibility> for PostVisibility {
    fn from(visibility: Visibility) -> Self {
        match visibility {
            Visibility::Public => Self::Public,
            Visibility::Internal => Self::Internal,
        }
    }
}

impl From<PostVisibility> for Visibility {
    fn from(visibility: PostVisibility) -> Self {
        match visibility {
            PostVisibility::Public => Self::Public,
            PostVisibility::Internal => Self::Internal,
        }
    }
}

/// How far a post has come on its way into Salesforce.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Delivery {
    /// Stored here; it is on its way.
    Queued,
    /// Salesforce has it.
    Delivered,
    /// Salesforce refused it for good.
    Failed,
}

impl From<&PostState> for Delivery {
    fn from(state: &PostState) -> Self {
        match state {
            PostState::Queued => Self::Queued,
            PostState::Delivered => Self::Delivered,
            PostState::Failed { .. } => Self::Failed,
        }
    }
}

/// A case, without what was said on it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Case {
    id: Uuid,
    /// Of the course it belongs to.
    course: Uuid,
    /// Key of the run it is about, where it is about one.
    course_run: Option<String>,
    subject: String,
    /// Salesforce's CaseNumber, once it has one.
    number: Option<String>,
    /// As Salesforce calls it.
    status: Option<String>,
    /// The case that holds the course's comments.
    is_default: bool,
    in_salesforce: bool,
    #[schema(format = DateTime)]
    created: String,
}

impl From<CaseDetail> for Case {
    fn from(case: CaseDetail) -> Self {
        Self {
            id: case.id.as_uuid(),
            course: case.course.as_uuid(),
            course_run: case.run_key,
            subject: case.subject,
            number: case.number,
            status: case.status,
            is_default: case.is_default,
            in_salesforce: case.in_org,
            created: case.created.to_rfc3339(),
        }
    }
}

/// Cases, oldest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Cases {
    pub(crate) items: Vec<Case>,
    /// What `cursor` has to be for the next page; none on the last.
    pub(crate) next: Option<String>,
}

impl From<Page<CaseDetail>> for Cases {
    fn from(page: Page<CaseDetail>) -> Self {
        Self { items: page.items.into_iter().map(Case::from).collect(), next: page.next }
    }
}

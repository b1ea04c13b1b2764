//! One entry of the catalogue, as upstream systems know it.

use domain::{CourseId, IsNew, OrganizationKey, RunKey, RunStatus, Timestamp};

use super::belonging::Place;
use crate::{Actor, Engine, Error, access};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationEntry {
    pub key: String,
    pub name: String,
    /// Addresses, for those who keep the catalogue.
    pub members: Option<Vec<String>>,
}

/// A course without its threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseEntry {
    pub id: CourseId,
    pub key: String,
    pub title: String,
    /// Keys, the one that publishes first.
    pub organizations: Vec<String>,
    /// Addresses, for those who keep the catalogue.
    pub editors: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEntry {
    pub key: String,
    pub course: CourseId,
    pub title: String,
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    pub go_live_date: Option<Timestamp>,
    pub status: RunStatus,
    pub has_ofac_restrictions: Option<bool>,
    /// Nobody has submitted it yet.
    pub is_new: bool,
}

impl Engine {
    /// # Errors
    /// [`Error::NotFound`] for an organization that isn't there, or that a partner doesn't belong to.
    pub async fn organization(&self, actor: &Actor, key: &str) -> Result<OrganizationEntry, Error> {
        let key = OrganizationKey::new(key).map_err(|invalid| Error::field("key", invalid.0))?;
        let found = self.store.read().catalogue().organization_by_key(&key).await?;
        let organization =
            found.filter(|found| access::may_read_organization(actor, found.id)).ok_or(Error::NotFound)?;
        Ok(OrganizationEntry {
            key: organization.key.to_string(),
            name: organization.name,
            members: self.people(actor, Place::MembersOf(organization.id)).await?,
        })
    }

    /// # Errors
    /// [`Error::NotFound`] for a course that doesn't exist or that the actor can't read.
    pub async fn course_entry(&self, actor: &Actor, course: CourseId) -> Result<CourseEntry, Error> {
        let course = self.readable_course(actor, course).await?;
        Ok(CourseEntry {
            id: course.row.id,
            key: course.row.key.to_string(),
            title: course.row.title.clone(),
            organizations: course.organizations.iter().map(|organization| organization.key.to_string()).collect(),
            editors: self.people(actor, Place::EditorsOf(course.row.id)).await?,
        })
    }

    /// Who belongs there, by address; partners are told nothing of each other's addresses.
    async fn people(&self, actor: &Actor, place: Place) -> Result<Option<Vec<String>>, Error> {
        if access::check_keeps_catalogue(actor).is_err() {
            return Ok(None);
        }
        place.addresses(&self.store.read()).await.map(Some)
    }

    /// # Errors
    /// [`Error::NotFound`] for a run that doesn't exist or of a course that the actor can't read.
    pub async fn run_entry(&self, actor: &Actor, key: &str) -> Result<RunEntry, Error> {
        let key = RunKey::new(key).map_err(|invalid| Error::field("key", invalid.0))?;
        let run = self.store.read().catalogue().run_by_key(&key).await?.ok_or(Error::NotFound)?;
        self.readable_course(actor, run.course_id).await?;
        Ok(RunEntry {
            key: run.key.to_string(),
            course: run.course_id,
            title: run.title,
            start: run.start_at,
            end: run.end_at,
            go_live_date: run.go_live_at,
            status: run.status,
            has_ofac_restrictions: run.ofac.restrictions(),
            is_new: run.is_new == IsNew::Yes,
        })
    }
}

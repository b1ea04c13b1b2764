//! What those who keep the catalogue see of it, and who belongs to what: members of organizations, editors of courses.

use std::collections::HashMap;

use domain::{CourseId, Email, OrganizationId, OrganizationKey, UserId};
use store::{DeliveryState, OrgRecordKind, OrganizationRow, UserRow};
use uuid::Uuid;

use super::belonging::Place;
use crate::{
    Actor, CatalogueCourses, CatalogueOrganization, CatalogueOrganizations, CatalogueRun, CourseFilter, CoursePage,
    Engine, Error, OrganizationPage, Person, RecordState, access, facts::named_editors, sync::DeliveryKind, time_text,
};

const ORGANIZATIONS_PER_PAGE: usize = 100;

impl Engine {
    /// One page of them, by key, behind the key given.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody but staff and admins.
    pub async fn catalogue_organizations(
        &self,
        actor: &Actor,
        after: Option<&str>,
    ) -> Result<CatalogueOrganizations, Error> {
        access::check_keeps_catalogue(actor)?;
        let after = after.and_then(|after| OrganizationKey::new(after).ok());
        let limit = ORGANIZATIONS_PER_PAGE as u64 + 1;
        let mut rows = self.store.read().catalogue().organizations_after(after.as_ref(), limit).await?;
        let more = rows.len() > ORGANIZATIONS_PER_PAGE;
        rows.truncate(ORGANIZATIONS_PER_PAGE);
        let next = rows.last().filter(|_| more).map(|row| row.key.to_string());
        Ok(CatalogueOrganizations { organizations: self.with_states(rows).await?, next })
    }

    /// # Errors
    /// [`Error::NotFound`] for everybody but staff and admins, and for one that isn't there.
    pub async fn catalogue_organization(&self, actor: &Actor, id: OrganizationId) -> Result<OrganizationPage, Error> {
        access::check_keeps_catalogue(actor)?;
        let reader = self.store.read();
        let row = reader.catalogue().organization(id).await?.ok_or(Error::NotFound)?;
        let members = reader.users().members_of(id).await?;
        let members = members.into_iter().map(|user| person(user, true)).collect();
        let organization = self.with_states(vec![row]).await?.pop().ok_or(Error::NotFound)?;
        Ok(OrganizationPage { organization, members })
    }

    /// One page of courses, with how each stands in the org.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody but staff and admins.
    pub async fn catalogue_courses(&self, actor: &Actor, filter: CourseFilter) -> Result<CatalogueCourses, Error> {
        access::check_keeps_catalogue(actor)?;
        let list = self.my_courses(actor, filter).await?;
        let ids: Vec<Uuid> = list.courses.iter().map(|course| course.id.as_uuid()).collect();
        let mut states = self.record_states(DeliveryKind::Course, OrgRecordKind::Course, &ids).await?;
        let states = ids.iter().map(|id| states.remove(id).unwrap_or(RecordState::Local)).collect();
        Ok(CatalogueCourses { list, states })
    }

    /// # Errors
    /// [`Error::NotFound`] for everybody but staff and admins, and for one that isn't there.
    pub async fn catalogue_course(&self, actor: &Actor, id: CourseId) -> Result<CoursePage, Error> {
        access::check_keeps_catalogue(actor)?;
        let reader = self.store.read();
        let catalogue = reader.catalogue();
        let (course, organizations) = catalogue.course_with_organizations(id).await?.ok_or(Error::NotFound)?;
        let runs = catalogue.runs_of(id).await?;
        let named = catalogue.editors_of(id).await?;
        let editors = named_editors(&reader, named, &organizations).await?;
        let editors = editors.into_iter().map(|editor| person(editor.user, editor.counts)).collect();
        let ids: Vec<Uuid> = runs.iter().map(|run| run.id.as_uuid()).collect();
        let mut run_states = self.record_states(DeliveryKind::CourseRun, OrgRecordKind::CourseRun, &ids).await?;
        let state = self.record_states(DeliveryKind::Course, OrgRecordKind::Course, &[id.as_uuid()]).await?;
        Ok(CoursePage {
            id,
            key: course.key.to_string(),
            title: course.title,
            organizations: self.with_states(organizations).await?,
            editors,
            runs: runs
                .into_iter()
                .map(|run| CatalogueRun {
                    state: run_states.remove(&run.id.as_uuid()).unwrap_or(RecordState::Local),
                    id: run.id,
                    key: run.key.to_string(),
                    title: run.title,
                    start: run.start_at,
                    end: run.end_at,
                    go_live_date: run.go_live_at,
                    status: run.status,
                    has_ofac_restrictions: run.ofac.restrictions(),
                    is_new: run.is_new == domain::IsNew::Yes,
                })
                .collect(),
            state: state.into_values().next().unwrap_or(RecordState::Local),
        })
    }

    /// Makes a partner a member of an organization. Again is fine.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody but staff and admins, and without such an organization; [`Error::InvalidField`] for somebody
    /// who isn't known here or is no partner.
    pub async fn add_member(&self, actor: &Actor, organization: OrganizationId, email: &str) -> Result<(), Error> {
        access::check_keeps_catalogue(actor)?;
        self.store.read().catalogue().organization(organization).await?.ok_or(Error::NotFound)?;
        let user = self.user_called(email).await?;
        Place::MembersOf(organization).check(&user).map_err(|sentence| Error::field("email", sentence))?;
        let tx = self.store.begin().await?;
        tx.users().add_membership(user.id, organization).await?;
        tx.commit().await?;
        tracing::info!(organization.id = %organization, member.id = %user.id, user.id = %actor.user(), "member added");
        Ok(())
    }

    /// From the next request on that person sees the organization's courses no more, unless by another one.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody but staff and admins.
    pub async fn remove_member(
        &self,
        actor: &Actor,
        organization: OrganizationId,
        member: UserId,
    ) -> Result<(), Error> {
        access::check_keeps_catalogue(actor)?;
        let tx = self.store.begin().await?;
        tx.users().remove_membership(member, organization).await?;
        tx.commit().await?;
        tracing::info!(organization.id = %organization, member.id = %member, user.id = %actor.user(), "member removed");
        Ok(())
    }

    /// Names somebody as an editor of a course. Again is fine.
    ///
    /// # Errors
    /// As [`Engine::add_member`].
    pub async fn add_editor(&self, actor: &Actor, course: CourseId, email: &str) -> Result<(), Error> {
        access::check_keeps_catalogue(actor)?;
        self.store.read().catalogue().course(course).await?.ok_or(Error::NotFound)?;
        let user = self.user_called(email).await?;
        Place::EditorsOf(course).check(&user).map_err(|sentence| Error::field("email", sentence))?;
        let tx = self.store.begin().await?;
        tx.catalogue().add_editor(course, user.id).await?;
        tx.commit().await?;
        tracing::info!(course.id = %course, editor.id = %user.id, user.id = %actor.user(), "editor added");
        Ok(())
    }

    /// # Errors
    /// [`Error::NotFound`] for everybody but staff and admins.
    pub async fn remove_editor(&self, actor: &Actor, course: CourseId, editor: UserId) -> Result<(), Error> {
        access::check_keeps_catalogue(actor)?;
        let tx = self.store.begin().await?;
        tx.catalogue().remove_editor(course, editor).await?;
        tx.commit().await?;
        tracing::info!(course.id = %course, editor.id = %editor, user.id = %actor.user(), "editor removed");
        Ok(())
    }

    async fn user_called(&self, email: &str) -> Result<UserRow, Error> {
        let unknown = || {
            Error::field("email", "Nobody with this address is known here. Add the person first: casebridge user add.")
        };
        let email = Email::new(email.trim()).map_err(|_| unknown())?;
        self.store.read().users().by_email(&email).await?.ok_or_else(unknown)
    }

    async fn with_states(&self, rows: Vec<OrganizationRow>) -> Result<Vec<CatalogueOrganization>, Error> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id.as_uuid()).collect();
        let mut states = self.record_states(DeliveryKind::Organization, OrgRecordKind::Organization, &ids).await?;
        Ok(rows
            .into_iter()
            .map(|row| CatalogueOrganization {
                state: states.remove(&row.id.as_uuid()).unwrap_or(RecordState::Local),
                id: row.id,
                key: row.key.to_string(),
                name: row.name,
            })
            .collect())
    }

    /// What waits or was refused says more than what was sent before.
    async fn record_states(
        &self,
        kind: DeliveryKind,
        record: OrgRecordKind,
        ids: &[Uuid],
    ) -> Result<HashMap<Uuid, RecordState>, Error> {
        if !self.org_configured() {
            return Ok(HashMap::new());
        }
        let reader = self.store.read();
        let sent = match reader.connections().last_accepted().await? {
            Some(connection) => reader.org_records().of(&connection.org_id, record, ids).await?,
            None => HashMap::new(),
        };
        let mut states: HashMap<Uuid, RecordState> = ids
            .iter()
            .map(|id| {
                let state = sent.get(id).map_or(RecordState::NotSent, |sent| RecordState::Sent {
                    at: sent.updated_at.to_rfc3339(),
                    at_text: time_text::moment(sent.updated_at),
                });
                (*id, state)
            })
            .collect();
        for delivery in reader.deliveries().open_for(kind.name(), ids).await? {
            let state = match delivery.state {
                DeliveryState::Dead => RecordState::Refused { reason: delivery.last_error.unwrap_or_default() },
                _ => RecordState::Waiting,
            };
            states.insert(delivery.subject_id, state);
        }
        Ok(states)
    }
}

fn person(user: UserRow, counts: bool) -> Person {
    Person { id: user.id, name: user.name.full_or(&user.username), email: user.email.as_str().to_owned(), counts }
}

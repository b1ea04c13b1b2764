//! Saving one record of the catalogue, as an upstream system or an admin's page does. It is local and done at once; what of it
//! the org should have follows as a delivery, one however often it changes meanwhile.

use domain::{
    CommentBody, CourseId, CourseKey, CourseRunId, DeliveryId, IsNew, OfacDecision, OrganizationId, OrganizationKey,
    RunKey, RunStatus,
};
use store::{Changed, CourseUpsert, NewDelivery, OrganizationUpsert, RunUpsert, Tx};
use uuid::Uuid;

use super::belonging::{self, Place};
use crate::{Actor, CourseInput, Engine, Error, RunInput, Saved, access, org_dates::org_holds, sync::DeliveryKind};

/// Names and titles; longer than any the catalogue of a university has, and cut for the org.
const TITLE_MAX_CHARS: usize = 1_000;

/// Deliveries enqueued in one transaction.
const AT_ONCE: usize = 500;

impl Engine {
    /// Makes or renames the organization with this key.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody but staff and admins; [`Error::InvalidField`].
    pub async fn put_organization(&self, actor: &Actor, key: &str, name: &str) -> Result<Saved, Error> {
        self.put_organization_with(actor, key, name, None).await
    }

    /// The same with the addresses of all who are to be its members; without a list they stay as they are.
    ///
    /// # Errors
    /// As [`Engine::put_organization`].
    pub async fn put_organization_with(
        &self,
        actor: &Actor,
        key: &str,
        name: &str,
        members: Option<&[String]>,
    ) -> Result<Saved, Error> {
        access::check_may_edit_catalogue(actor)?;
        let upsert = organization_upsert(key, name)?;
        let now = self.clock.now();
        let new_id = OrganizationId::from_uuid(self.random.uuid_v7(now));
        let members = match members {
            // Whether somebody can be a member doesn't depend on of what.
            Some(emails) => Some(self.all_named(Place::MembersOf(new_id), emails).await?),
            None => None,
        };
        let tx = self.store.begin().await?;
        let (row, changed) = tx.catalogue().upsert_organization(&upsert, new_id, now).await?;
        if let Some(members) = members {
            belonging::set(&tx, Place::MembersOf(row.id), &members).await?;
        }
        self.send_if(&tx, DeliveryKind::Organization, row.id.as_uuid(), changed).await?;
        tx.commit().await?;
        Ok(self.saved(changed))
    }

    /// Makes or changes the course with this id.
    ///
    /// # Errors
    /// As [`Engine::put_organization`], [`Error::Conflict`] when another course has the key.
    pub async fn put_course(&self, actor: &Actor, id: CourseId, course: CourseInput) -> Result<Saved, Error> {
        access::check_may_edit_catalogue(actor)?;
        let (key, title) = course_facts(&course)?;
        let editors = match &course.editors {
            Some(emails) => Some(self.all_named(Place::EditorsOf(id), emails).await?),
            None => None,
        };
        let now = self.clock.now();
        let tx = self.store.begin().await?;
        let mut organizations = Vec::with_capacity(course.organizations.len());
        for key in course.organizations {
            let known = OrganizationKey::new(key.as_str()).map_err(|_| no_organization(&key))?;
            let found = tx.catalogue().organization_by_key(&known).await?;
            organizations.push(found.ok_or_else(|| no_organization(&key))?.id);
        }
        let upsert = CourseUpsert { id, key, title, organizations };
        let (row, changed) =
            tx.catalogue().upsert_course(&upsert, now).await.map_err(|error| {
                if error.conflicts_on("courses_key") { key_taken(&upsert.key) } else { error.into() }
            })?;
        if let Some(editors) = editors {
            belonging::set(&tx, Place::EditorsOf(row.id), &editors).await?;
        }
        self.send_if(&tx, DeliveryKind::Course, row.id.as_uuid(), changed).await?;
        tx.commit().await?;
        Ok(self.saved(changed))
    }

    /// Makes or changes the run with this key.
    ///
    /// # Errors
    /// As [`Engine::put_organization`].
    pub async fn put_run(&self, actor: &Actor, key: &str, run: RunInput) -> Result<Saved, Error> {
        access::check_may_edit_catalogue(actor)?;
        let (key, title) = run_facts(key, &run)?;
        let now = self.clock.now();
        let tx = self.store.begin().await?;
        let course = tx.catalogue().course(run.course).await?;
        let course = course.ok_or_else(|| no_course(run.course))?;
        let before = tx.catalogue().run_by_key(&key).await?.map(|known| still_new(known.status, known.is_new));
        let upsert = run_upsert(key, title, RunInput { course: course.id, ..run }, before);
        let new_id = CourseRunId::from_uuid(self.random.uuid_v7(now));
        let (row, changed) = tx.catalogue().upsert_run(&upsert, new_id, now).await?;
        self.send_if(&tx, DeliveryKind::CourseRun, row.id.as_uuid(), changed).await?;
        tx.commit().await?;
        Ok(self.saved(changed))
    }

    /// Sends the whole catalogue to the org again; what the org has already costs nothing. Answers how many records wait now.
    ///
    /// # Errors
    /// [`Error::NotFound`] without an org and for everybody but admins.
    pub async fn send_whole_catalogue(&self, actor: &Actor) -> Result<usize, Error> {
        access::check_may_manage_connection(actor)?;
        self.send_everything().await
    }

    /// The same for the command line, whose user runs the portal.
    ///
    /// # Errors
    /// [`Error::NotFound`] without an org.
    pub async fn send_everything(&self) -> Result<usize, Error> {
        self.org()?;
        let ids = self.store.read().catalogue().every_id().await?;
        let records: Vec<(DeliveryKind, Uuid)> =
            (ids.organizations.iter().map(|id| (DeliveryKind::Organization, id.as_uuid())))
                .chain(ids.courses.iter().map(|id| (DeliveryKind::Course, id.as_uuid())))
                .chain(ids.runs.iter().map(|id| (DeliveryKind::CourseRun, id.as_uuid())))
                .collect();
        for some in records.chunks(AT_ONCE) {
            let tx = self.store.begin().await?;
            for (kind, id) in some {
                self.send_if(&tx, *kind, *id, Changed::Updated).await?;
            }
            tx.commit().await?;
        }
        self.worker.wake();
        Ok(records.len())
    }

    /// Enqueues the record as it will be when this transaction is committed. A portal without an org has nobody to send it to.
    pub(super) async fn send_if(
        &self,
        tx: &Tx,
        kind: DeliveryKind,
        subject: Uuid,
        changed: Changed,
    ) -> Result<(), Error> {
        if changed == Changed::Unchanged || !self.org_configured() {
            return Ok(());
        }
        let now = self.clock.now();
        let delivery = NewDelivery {
            id: DeliveryId::from_uuid(self.random.uuid_v7(now)),
            kind: kind.name().to_owned(),
            subject_id: subject,
            lane: subject,
            not_before: now,
            created_at: now,
        };
        Ok(tx.deliveries().enqueue_unless_waiting(&delivery).await?)
    }

    fn saved(&self, changed: Changed) -> Saved {
        if changed != Changed::Unchanged {
            self.worker.wake();
        }
        match changed {
            Changed::Inserted => Saved::Created,
            Changed::Updated => Saved::Updated,
            Changed::Unchanged => Saved::Unchanged,
        }
    }
}

pub(super) fn organization_upsert(key: &str, name: &str) -> Result<OrganizationUpsert, Error> {
    let key = OrganizationKey::new(key).map_err(|invalid| Error::field("key", invalid.0))?;
    Ok(OrganizationUpsert { key, name: title("name", name)? })
}

/// What can be said of a course without looking at the catalogue.
pub(super) fn course_facts(course: &CourseInput) -> Result<(CourseKey, String), Error> {
    let key = CourseKey::new(course.key.as_str()).map_err(|invalid| Error::field("key", invalid.0))?;
    let title = title("title", &course.title)?;
    if course.organizations.is_empty() {
        return Err(Error::field("organizations", "Name at least one organization; the first one publishes it."));
    }
    Ok((key, title))
}

/// The same of a run.
pub(super) fn run_facts(key: &str, run: &RunInput) -> Result<(RunKey, String), Error> {
    let key = RunKey::new(key).map_err(|invalid| Error::field("key", invalid.0))?;
    let title = title("title", &run.title)?;
    for (field, at) in [("start", run.start), ("end", run.end), ("go_live_date", run.go_live_date)] {
        if at.is_some_and(|at| !org_holds(at)) {
            return Err(Error::field(
                field,
                format!("The {field} is out of range: Salesforce holds dates from 1700 to 4000."),
            ));
        }
    }
    if let (Some(start), Some(end)) = (run.start, run.end)
        && end < start
    {
        return Err(Error::field("end", "The end is before the start. Correct one of them."));
    }
    Ok((key, title))
}

/// A run in any status but unpublished has been submitted, whatever was said of it when it came.
pub(super) const fn still_new(status: RunStatus, is_new: IsNew) -> IsNew {
    match status {
        RunStatus::Unpublished => is_new,
        _ => IsNew::No,
    }
}

/// `before` is what is known of a run that is there already.
pub(super) fn run_upsert(key: RunKey, title: String, run: RunInput, before: Option<IsNew>) -> RunUpsert {
    RunUpsert {
        key,
        course_id: run.course,
        title,
        start_at: run.start,
        end_at: run.end,
        go_live_at: run.go_live_date,
        status: run.status,
        ofac: OfacDecision::from_restrictions(run.has_ofac_restrictions),
        is_new: match run.is_new {
            Some(true) => IsNew::Yes,
            Some(false) => IsNew::No,
            None => still_new(run.status, before.unwrap_or(IsNew::Yes)),
        },
    }
}

pub(super) fn no_organization(key: &str) -> Error {
    Error::field("organizations", format!("There is no organization “{key}” in the catalogue. Add it first."))
}

pub(super) fn no_course(id: CourseId) -> Error {
    Error::field("course", format!("There is no course {id} in the catalogue. Add it first."))
}

pub(super) fn key_taken(key: &CourseKey) -> Error {
    Error::Conflict(format!("Another course has the key “{key}”. Keys are unique."))
}

pub(super) fn title(field: &'static str, text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.contains(char::is_control) {
        return Err(Error::field(field, format!("The {field} holds control characters or line breaks. Remove them.")));
    }
    // What shows nothing as a comment shows nothing as a title: nobody could open its page from a list.
    if CommentBody::new(text).is_err() {
        return Err(Error::field(field, format!("The {field} is blank. Give one.")));
    }
    if text.chars().count() > TITLE_MAX_CHARS {
        return Err(Error::field(
            field,
            format!("The {field} is longer than {TITLE_MAX_CHARS} characters. Shorten it."),
        ));
    }
    Ok(text.to_owned())
}

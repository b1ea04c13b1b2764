//! What the org refused for good: shown to admins with the org's own words, tried again, made again, or laid aside for a reason.

use domain::{CaseId, CasePlace, CourseId, CourseRunId, DeliveryId, OrganizationId, PostId, PostState, Timestamp};
use store::DeliveryRow;

use crate::{
    Actor, DeadDeliveries, DeadDelivery, DeadSubject, Engine, Error, access,
    excerpt::excerpt,
    live::Audience,
    sync::{DeliveryKind, says_gone},
    time_text,
};

const PER_PAGE: u64 = 50;

const REASON_MAX_CHARS: usize = 500;

impl Engine {
    /// The newest first. `after` is the id of the last one of the page before.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody but admins and without an org.
    pub async fn dead_deliveries(&self, actor: &Actor, after: Option<DeliveryId>) -> Result<DeadDeliveries, Error> {
        access::check_may_manage_connection(actor)?;
        self.org()?;
        let reader = self.store.read();
        let total = reader.deliveries().dead_count().await?;
        let mut rows = reader.deliveries().dead(after, PER_PAGE + 1).await?;
        let more = rows.len() as u64 > PER_PAGE;
        rows.truncate(usize::try_from(PER_PAGE).unwrap_or(usize::MAX));
        let next = rows.last().filter(|_| more).map(|row| row.id);
        let mut deliveries = Vec::with_capacity(rows.len());
        for row in rows {
            deliveries.push(self.dead_delivery(row).await?);
        }
        Ok(DeadDeliveries { deliveries, total, next })
    }

    /// Tries it once more as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody but admins, without an org, and for what isn't dead.
    pub async fn retry_delivery(&self, actor: &Actor, id: DeliveryId) -> Result<(), Error> {
        let delivery = self.dead(actor, id).await?;
        self.revive(delivery).await
    }

    /// Makes again what was deleted in the org, with all it hangs on, and tries it once more.
    ///
    /// # Errors
    /// As [`Engine::retry_delivery`]; [`Error::Conflict`] while no org is connected.
    pub async fn recreate_delivery(&self, actor: &Actor, id: DeliveryId) -> Result<(), Error> {
        let delivery = self.dead(actor, id).await?;
        let connection = self.store.read().connections().current().await?.ok_or_else(|| {
            Error::Conflict("No org is connected, so nothing can be made again there. Connect it first.".to_owned())
        })?;
        match DeliveryKind::from_name(&delivery.kind) {
            Some(DeliveryKind::Post) => {
                self.forget_ancestors_of(&connection.org_id, delivery.subject_id.into()).await?;
            }
            Some(kind) => self.forget_catalogue(&connection.org_id, kind, &[delivery.subject_id]).await?,
            None => {}
        }
        self.revive(delivery).await
    }

    /// Nobody is to be bothered with it any more. A comment stays failed for its author, who may still send it again.
    ///
    /// # Errors
    /// As [`Engine::retry_delivery`]; [`Error::InvalidField`] without a reason.
    pub async fn forget_delivery(&self, actor: &Actor, id: DeliveryId, reason: &str) -> Result<(), Error> {
        let delivery = self.dead(actor, id).await?;
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(Error::field("reason", "Say why, for whoever looks at this later."));
        }
        if reason.chars().count() > REASON_MAX_CHARS || reason.contains('\0') {
            return Err(Error::field("reason", format!("Say it in at most {REASON_MAX_CHARS} characters.")));
        }
        let tx = self.store.begin().await?;
        tx.deliveries().forget(delivery.id, reason, actor.user(), self.clock.now()).await?;
        tx.commit().await?;
        tracing::info!(delivery.id = %delivery.id, delivery.kind = delivery.kind, user.id = %actor.user(), "dead delivery laid aside");
        Ok(())
    }

    async fn dead(&self, actor: &Actor, id: DeliveryId) -> Result<DeliveryRow, Error> {
        access::check_may_manage_connection(actor)?;
        self.org()?;
        let delivery = self.store.read().deliveries().by_id(id).await?;
        delivery.filter(|delivery| delivery.state == store::DeliveryState::Dead).ok_or(Error::NotFound)
    }

    async fn revive(&self, delivery: DeliveryRow) -> Result<(), Error> {
        let now = self.clock.now();
        let post = match DeliveryKind::from_name(&delivery.kind) {
            Some(DeliveryKind::Post) => self.store.read().posts().by_id(delivery.subject_id.into()).await?,
            _ => None,
        };
        let post = post.filter(|post| matches!(post.state, PostState::Failed { .. }));
        let tx = self.store.begin().await?;
        tx.deliveries().revive(delivery.id, now).await?;
        if let Some(post) = &post {
            tx.posts().mark_queued(post.id, now).await?;
            self.bump(&tx, post.case_id, Audience::of(post.visibility)).await?;
        }
        tx.commit().await?;
        if let Some(post) = post
            && let Some(case) = self.store.read().cases().by_id(post.case_id).await?
            && let Some(course) = case.course_id
        {
            self.live.publish(course, Audience::of(post.visibility));
        }
        self.worker.wake();
        Ok(())
    }

    async fn dead_delivery(&self, row: DeliveryRow) -> Result<DeadDelivery, Error> {
        let at = row.finished_at.unwrap_or(row.created_at);
        Ok(DeadDelivery {
            id: row.id,
            subject: self.dead_subject(&row).await?,
            reason: row.last_error.unwrap_or_else(|| "The org said nothing more.".to_owned()),
            gone: row.last_error_code.as_deref().is_some_and(says_gone),
            code: row.last_error_code,
            at: Timestamp::to_rfc3339(at),
            at_text: time_text::moment(at),
            attempts: row.attempts,
        })
    }

    async fn dead_subject(&self, row: &DeliveryRow) -> Result<DeadSubject, Error> {
        let reader = self.store.read();
        let id = row.subject_id;
        let subject = match DeliveryKind::from_name(&row.kind) {
            Some(DeliveryKind::Organization) => {
                let organization = reader.catalogue().organization(OrganizationId::from(id)).await?;
                organization.map(|row| DeadSubject::Organization { id: row.id, name: row.name })
            }
            Some(DeliveryKind::Course) => {
                let course = reader.catalogue().course(CourseId::from(id)).await?;
                course.map(|row| DeadSubject::Course { id: row.id, title: row.title })
            }
            Some(DeliveryKind::CourseRun) => {
                let run = reader.catalogue().run(CourseRunId::from(id)).await?;
                run.map(|row| DeadSubject::Run { id: row.id, course: row.course_id, key: row.key.to_string() })
            }
            Some(DeliveryKind::Post) => match reader.posts().by_id(PostId::from(id)).await? {
                Some(post) => {
                    let case = reader.cases().by_id(post.case_id).await?;
                    let place = case.as_ref().and_then(|case| {
                        Some(CasePlace { course: case.course_id?, case: (!case.is_default).then_some(case.id) })
                    });
                    Some(DeadSubject::Comment {
                        id: post.id,
                        place,
                        on: case.map(|case| case.subject).unwrap_or_default(),
                        author: post.author_name,
                        visibility: post.visibility,
                        excerpt: excerpt(&post.body),
                    })
                }
                None => None,
            },
            Some(DeliveryKind::Case) => {
                let case = reader.cases().by_id(CaseId::from(id)).await?;
                case.map(|row| DeadSubject::Case { id: row.id, course: row.course_id, subject: row.subject })
            }
            None => None,
        };
        Ok(subject.unwrap_or(DeadSubject::Unknown))
    }
}

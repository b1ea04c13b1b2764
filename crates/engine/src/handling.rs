//! Changing a case's status and owner: kept as a wish, shown at once, and delivered to the org.

use domain::{CasePlace, DeliveryId};
use store::{CaseOwner, CaseRow, NewDelivery, OwnerKind, Wish};

use crate::{
    Actor, Engine, Error, HandlingView, OwnerOption, StatusOption, access, case_list::Statuses, live::Audience,
    sync::DeliveryKind,
};

impl Engine {
    /// Wants the case to have this status, one of the org's. Of several wishes that wait the last one is delivered.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a case of a course that the actor can't read, or that isn't the course's; [`Error::Forbidden`]
    /// for everybody but staff; [`Error::InvalidField`] for a status that the org hasn't.
    pub async fn set_case_status(&self, actor: &Actor, place: CasePlace, status: &str) -> Result<(), Error> {
        let case = self.handled_case(actor, place).await?;
        let Statuses(statuses) = self.case_statuses().await?;
        let status = statuses.into_iter().find(|row| row.value == status).ok_or_else(|| {
            Error::field("status", "Salesforce has no such status for cases. Choose one from the list.")
        })?;
        self.want(&case, &Wish::Status(status.value)).await
    }

    /// The same for its owner: an active person or a queue of the org, by id.
    ///
    /// # Errors
    /// As [`Engine::set_case_status`].
    pub async fn set_case_owner(&self, actor: &Actor, place: CasePlace, owner: &str) -> Result<(), Error> {
        let case = self.handled_case(actor, place).await?;
        let owners = match self.org_of_cases().await? {
            Some(org) => self.store.read().case_values().owners(&org).await?,
            None => Vec::new(),
        };
        let owner = owners.into_iter().map(|row| row.owner).find(|row| row.id.as_str() == owner).ok_or_else(|| {
            Error::field("owner", "Salesforce has no such person or queue for cases. Choose one from the list.")
        })?;
        self.want(&case, &Wish::Owner(owner)).await
    }

    async fn handled_case(&self, actor: &Actor, place: CasePlace) -> Result<CaseRow, Error> {
        self.org()?;
        let (_, case) = self.readable_place(actor, place).await?;
        access::check_may_handle_cases(actor)?;
        case.ok_or(Error::NotFound)
    }

    async fn want(&self, case: &CaseRow, wish: &Wish) -> Result<(), Error> {
        let now = self.clock.now();
        // Who owns a case shows to staff alone.
        let audience = match wish {
            Wish::Status(_) => Audience::Everyone,
            Wish::Owner(_) => Audience::Internal,
        };
        let tx = self.store.begin().await?;
        tx.case_handling().want(case.id, wish, now).await?;
        tx.deliveries()
            .enqueue_unless_waiting(&NewDelivery {
                id: DeliveryId::from_uuid(self.random.uuid_v7(now)),
                kind: DeliveryKind::Case.name().to_owned(),
                subject_id: case.id.as_uuid(),
                // Behind the posts that make the case.
                lane: case.id.as_uuid(),
                not_before: now,
                created_at: now,
            })
            .await?;
        self.bump(&tx, case.id, audience).await?;
        tx.commit().await?;
        tracing::info!(case.id = %case.id, "change of a case accepted");
        if let Some(course) = case.course_id {
            self.live.publish(course, audience);
        }
        self.worker.wake();
        Ok(())
    }

    /// What staff can do with a case; nothing for anybody else.
    pub(crate) async fn handling(&self, actor: &Actor, case: Option<&CaseRow>) -> Result<Option<HandlingView>, Error> {
        let Some(case) = case.filter(|_| access::check_may_handle_cases(actor).is_ok() && self.org_configured()) else {
            return Ok(None);
        };
        let Some(org) = self.org_of_cases().await? else { return Ok(None) };
        let reader = self.store.read();
        let statuses = Statuses(reader.case_values().statuses(&org).await?);
        let owners = reader.case_values().owners(&org).await?;
        let handling = reader.case_handling().of(case.id).await?;
        let (owner, wanted_status, wanted_owner, refusal) = match handling {
            Some(row) => (row.owner, row.wanted_status, row.wanted_owner, row.refusal),
            None => (None, None, None, None),
        };
        let option = |CaseOwner { id, name }: CaseOwner, is_queue| OwnerOption { id: id.to_string(), name, is_queue };
        let is_queue = |id: &str| owners.iter().any(|row| row.owner.id.as_str() == id && row.kind == OwnerKind::Queue);
        Ok(Some(HandlingView {
            case: case.id,
            status_is_changing: wanted_status.is_some(),
            owner_is_changing: wanted_owner.is_some(),
            owner: wanted_owner.or(owner).map(|owner| {
                let is_queue = is_queue(owner.id.as_str());
                option(owner, is_queue)
            }),
            status: wanted_status.unwrap_or_else(|| case.status.clone()),
            statuses: statuses
                .0
                .iter()
                .map(|row| StatusOption {
                    value: row.value.clone(),
                    label: row.label.clone(),
                    state: statuses.state(&row.value),
                })
                .collect(),
            owners: owners.into_iter().map(|row| option(row.owner, row.kind == OwnerKind::Queue)).collect(),
            refusal,
        }))
    }
}

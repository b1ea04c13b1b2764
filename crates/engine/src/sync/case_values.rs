//! What a case's status and owner can be in the org: asked when a process first reads there, and once a day from then on.

use std::{sync::PoisonError, time::Duration};

use domain::SalesforceId;
use salesforce::{Field, Soql, asc};
use store::{CaseOwner, CaseOwnerRow, CaseRow, CaseStatusRow, OwnerKind};

use super::{
    rows::{CaseStatusInOrg, OwnerInOrg},
    session::OrgSession,
};
use crate::{Engine, Error};

const ASKED_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// More than anybody picks from a list.
const OWNERS_MOST: u32 = 500;

impl Engine {
    /// What an org keeps from the portal's user is left out; cases show and are written to all the same.
    pub(super) async fn read_case_values(&self, session: &OrgSession) -> Result<(), Error> {
        let now = self.clock.now();
        {
            let mut read = session.case_values_read.lock().unwrap_or_else(PoisonError::into_inner);
            if read.is_some_and(|at| now.since(at) < ASKED_EVERY) {
                return Ok(());
            }
            *read = Some(now);
        }
        let asked = self.ask_case_values(session).await;
        if asked.is_err() {
            *session.case_values_read.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        match asked {
            Err(Error::Org(error)) if !error.is_temporary() && !error.needs_reconnect() && !error.outcome_unknown() => {
                tracing::warn!(error = %error, "the org does not say which statuses and owners cases have there");
                Ok(())
            }
            asked => asked,
        }
    }

    async fn ask_case_values(&self, session: &OrgSession) -> Result<(), Error> {
        let statuses: Vec<CaseStatusInOrg> = session.client.query_all(&statuses()).await?;
        let mut statuses: Vec<CaseStatusRow> = statuses
            .into_iter()
            .map(|status| CaseStatusRow {
                value: status.api_name.unwrap_or_else(|| status.master_label.clone()),
                label: status.master_label,
                is_closed: status.is_closed,
                is_default: status.is_default,
            })
            .collect();
        let mut seen = std::collections::HashSet::new();
        statuses.retain(|status| seen.insert(status.value.clone()));
        let mut owners = Vec::new();
        for (soql, kind) in [(queues(), OwnerKind::Queue), (people(), OwnerKind::User)] {
            let found: Vec<OwnerInOrg> =
                session.client.query_all(&soql.order_by(asc("Name")).order_by(asc("Id")).limit(OWNERS_MOST)).await?;
            owners.extend(
                found.into_iter().map(|OwnerInOrg { id, name }| CaseOwnerRow { owner: CaseOwner { id, name }, kind }),
            );
        }
        let tx = self.store.begin().await?;
        tx.case_values().replace_statuses(&session.org_id, &statuses).await?;
        tx.case_values().replace_owners(&session.org_id, &owners).await?;
        tx.commit().await?;
        if let Some(org) = &self.org {
            org.case_statuses.forget();
        }
        Ok(())
    }

    /// The status a case is made with: its own, or the org's usual one where that isn't known.
    pub(super) async fn status_at_first(&self, session: &OrgSession, case: &CaseRow) -> Result<String, Error> {
        if case.salesforce_id.is_some() {
            return Ok(case.status.clone());
        }
        let statuses = self.store.read().case_values().statuses(&session.org_id).await?;
        let known = statuses.iter().any(|status| status.value == case.status);
        let usual = statuses.into_iter().find(|status| status.is_default && !known);
        Ok(usual.map_or_else(|| case.status.clone(), |status| status.value))
    }

    /// The org that cases are in, or were in when it was last connected.
    pub(crate) async fn org_of_cases(&self) -> Result<Option<SalesforceId>, Error> {
        Ok(self.store.read().connections().latest().await?.map(|row| row.org_id))
    }
}

pub(super) fn statuses() -> Soql {
    Soql::select(["MasterLabel", "ApiName", "IsClosed", "IsDefault"]).from("CaseStatus").order_by(asc("SortOrder"))
}

/// A queue that takes no cases is refused as the owner of one.
pub(super) fn queues() -> Soql {
    let of_cases = Soql::select(["QueueId"]).from("QueueSobject").filter(Field("SobjectType").eq("Case"));
    Soql::select(["Id", "Name"])
        .from("Group")
        .filter(Field("Type").eq("Queue"))
        .filter(Field("Id").is_in_rows(of_cases))
}

pub(super) fn people() -> Soql {
    Soql::select(["Id", "Name"])
        .from("User")
        .filter(Field("IsActive").eq(true))
        .filter(Field("UserType").eq("Standard"))
}

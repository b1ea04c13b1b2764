//! A course's cases as its page lists them: how each stands, and how much of it this reader may see.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{CaseId, Timestamp};
use store::{CaseRow, CaseStatusRow, Said};

use crate::{Actor, CaseState, CaseView, Engine, Error, access, facts::CourseFacts, time_text};

/// What a case's status can be in the org at hand.
#[derive(Default)]
pub(crate) struct Statuses(pub(crate) Vec<CaseStatusRow>);

impl Statuses {
    /// Before the org was asked, only what every org calls closed is.
    pub(crate) fn state(&self, status: &str) -> CaseState {
        let closed = match self.0.iter().find(|row| row.value == status) {
            Some(row) => row.is_closed,
            None => status == "Closed",
        };
        if closed { CaseState::Closed } else { CaseState::Open }
    }

    fn label(&self, status: String) -> String {
        match self.0.iter().find(|row| row.value == status) {
            Some(row) => row.label.clone(),
            None => status,
        }
    }
}

/// The statuses as they were read last.
#[derive(Default)]
pub(crate) struct LastStatuses(Mutex<Option<(Timestamp, Arc<Statuses>)>>);

/// Another process may have read them anew.
const STATUSES_STAND_FOR: Duration = Duration::from_secs(10);

impl LastStatuses {
    fn at(&self, now: Timestamp) -> Option<Arc<Statuses>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|(at, _)| now.since(*at) < STATUSES_STAND_FOR).map(|(_, held)| Arc::clone(held))
    }

    fn keep(&self, now: Timestamp, statuses: &Arc<Statuses>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(statuses)));
    }

    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Engine {
    /// As the database has them.
    pub(crate) async fn case_statuses(&self) -> Result<Statuses, Error> {
        Ok(Statuses(match self.org_of_cases().await? {
            Some(org) => self.store.read().case_values().statuses(&org).await?,
            None => Vec::new(),
        }))
    }

    /// The same for showing, a little old at most.
    async fn case_statuses_to_show(&self) -> Result<Arc<Statuses>, Error> {
        let Some(org) = &self.org else { return Ok(Arc::default()) };
        let now = self.clock.now();
        if let Some(statuses) = org.case_statuses.at(now) {
            return Ok(statuses);
        }
        let statuses = Arc::new(self.case_statuses().await?);
        org.case_statuses.keep(now, &statuses);
        Ok(statuses)
    }

    /// In the order given. What was said on the case that is shown is known already.
    pub(crate) async fn case_views(
        &self,
        actor: &Actor,
        course: &CourseFacts,
        cases: &[CaseRow],
        known: Option<(CaseId, Option<Said>)>,
    ) -> Result<Vec<CaseView>, Error> {
        if cases.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = cases.iter().map(|case| case.id).collect();
        let reader = self.store.read();
        let (posts, handling) = (reader.posts(), reader.case_handling());
        let visible = access::visibility_scope(actor);
        let others: Vec<_> = ids.iter().copied().filter(|id| known.is_none_or(|(shown, _)| shown != *id)).collect();
        let (mut said, mut wanted, statuses) = futures::try_join!(
            async { posts.said_on(&others, visible, actor.user).await.map_err(Error::from) },
            async { handling.of_each(&ids).await.map_err(Error::from) },
            self.case_statuses_to_show(),
        )?;
        if let Some((shown, Some(here))) = known {
            said.insert(shown, here);
        }
        let view = |case: &CaseRow| {
            let wanted = wanted.remove(&case.id);
            let wanted_owner = wanted.as_ref().is_some_and(|row| row.wanted_owner.is_some());
            let wanted_status = wanted.and_then(|row| row.wanted_status);
            // Who owns a case is for staff, and so is that it changes.
            let is_changing = wanted_status.is_some() || (wanted_owner && actor.role.is_internal());
            let status = wanted_status.unwrap_or_else(|| case.status.clone());
            let run = case.course_run_id.and_then(|id| course.runs.iter().find(|run| run.id == id));
            let said = said.get(&case.id);
            let last = said.map(|said| said.last_at);
            CaseView {
                id: case.id,
                subject: case.subject.clone(),
                number: case.case_number.clone(),
                state: statuses.state(&status),
                status: Some(statuses.label(status)).filter(|status| !status.is_empty()),
                is_changing,
                is_default: case.is_default,
                in_org: case.salesforce_id.is_some(),
                run: run.map(|run| run.id),
                run_key: run.map(|run| run.key.to_string()),
                post_count: said.map_or(0, |said| said.posts),
                last_post: last.map(Timestamp::to_rfc3339),
                last_post_text: last.map(time_text::moment),
            }
        };
        Ok(cases.iter().map(view).collect())
    }
}

//! Where an import puts what it read: into the catalogue, or, on a dry run, nowhere but into its report.

use std::collections::{HashMap, HashSet};

use domain::{CourseId, CourseKey, CourseRunId, IsNew, OrganizationId, OrganizationKey, RunKey, UserId};
use store::{Changed, CourseUpsert, OrganizationUpsert, RunUpsert, Tx};

use super::{
    belonging::{Named, Others, Place},
    save::still_new,
};
use crate::{Engine, Error, ImportCount, ImportMode, ImportReport, sync::DeliveryKind};

pub(super) struct Intake<'a> {
    engine: &'a Engine,
    mode: ImportMode,
    /// Of a transaction that writes.
    tx: Option<Tx>,
    /// What this file said before, on a dry run: the catalogue doesn't have it.
    organizations: HashMap<OrganizationKey, (OrganizationId, OrganizationUpsert)>,
    courses: HashMap<CourseId, CourseUpsert>,
    course_keys: HashMap<CourseKey, CourseId>,
    runs: HashMap<RunKey, RunUpsert>,
    /// Who belongs where, as this file has changed it.
    belonging: HashMap<Place, HashSet<UserId>>,
}

impl<'a> Intake<'a> {
    pub(super) fn new(engine: &'a Engine, mode: ImportMode) -> Self {
        let (organizations, courses, course_keys, runs, belonging) = Default::default();
        Self { engine, mode, tx: None, organizations, courses, course_keys, runs, belonging }
    }

    pub(super) const fn engine(&self) -> &'a Engine {
        self.engine
    }

    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        if self.mode == ImportMode::Write {
            self.tx = Some(self.engine.store.begin().await?);
        }
        Ok(())
    }

    pub(super) async fn commit(&mut self) -> Result<(), Error> {
        match self.tx.take() {
            Some(tx) => Ok(tx.commit().await?),
            None => Ok(()),
        }
    }

    pub(super) async fn organization(
        &mut self,
        upsert: OrganizationUpsert,
        report: &mut ImportReport,
    ) -> Result<OrganizationId, Error> {
        let now = self.engine.clock.now();
        let new_id = OrganizationId::from_uuid(self.engine.random.uuid_v7(now));
        let (id, changed) = match &self.tx {
            Some(tx) => {
                let (row, changed) = tx.catalogue().upsert_organization(&upsert, new_id, now).await?;
                self.engine.send_if(tx, DeliveryKind::Organization, row.id.as_uuid(), changed).await?;
                (row.id, changed)
            }
            None => {
                let known = self.organization_by_key(&upsert.key).await?;
                let changed = match self.organizations.get(&upsert.key) {
                    Some((_, before)) => again(before == &upsert),
                    None => self.engine.store.read().catalogue().organization_change(&upsert).await?,
                };
                let id = known.unwrap_or(new_id);
                self.organizations.insert(upsert.key.clone(), (id, upsert));
                (id, changed)
            }
        };
        count(&mut report.organizations, changed);
        Ok(id)
    }

    pub(super) async fn course(&mut self, upsert: CourseUpsert, report: &mut ImportReport) -> Result<(), Error> {
        let changed = match &self.tx {
            Some(tx) => {
                let (row, changed) = tx.catalogue().upsert_course(&upsert, self.engine.clock.now()).await?;
                self.engine.send_if(tx, DeliveryKind::Course, row.id.as_uuid(), changed).await?;
                changed
            }
            None => {
                let changed = match self.courses.get(&upsert.id) {
                    Some(before) => again(before == &upsert),
                    None => self.engine.store.read().catalogue().course_change(&upsert).await?,
                };
                self.course_keys.insert(upsert.key.clone(), upsert.id);
                if let Some(before) = self.courses.insert(upsert.id, upsert.clone())
                    && before.key != upsert.key
                {
                    self.course_keys.remove(&before.key);
                }
                changed
            }
        };
        count(&mut report.courses, changed);
        Ok(())
    }

    pub(super) async fn run(&mut self, upsert: RunUpsert, report: &mut ImportReport) -> Result<(), Error> {
        let now = self.engine.clock.now();
        let changed = match &self.tx {
            Some(tx) => {
                let new_id = CourseRunId::from_uuid(self.engine.random.uuid_v7(now));
                let (row, changed) = tx.catalogue().upsert_run(&upsert, new_id, now).await?;
                self.engine.send_if(tx, DeliveryKind::CourseRun, row.id.as_uuid(), changed).await?;
                changed
            }
            None => {
                let changed = match self.runs.get(&upsert.key) {
                    Some(before) => again(before == &upsert),
                    None => self.engine.store.read().catalogue().run_change(&upsert).await?,
                };
                self.runs.insert(upsert.key.clone(), upsert);
                changed
            }
        };
        count(&mut report.runs, changed);
        Ok(())
    }

    /// Lets these people belong there. Where one of a list isn't known, nobody has to leave: it may be somebody whose address is
    /// misspelt.
    pub(super) async fn belonging(
        &mut self,
        place: Place,
        named: Named,
        others: Others,
        line: u64,
        report: &mut ImportReport,
    ) -> Result<(), Error> {
        let before = match self.belonging.get(&place) {
            Some(before) => before.clone(),
            None => place.people(&self.engine.store.read()).await?,
        };
        let mut after = before.clone();
        if others == Others::Leave && named.problems.is_empty() {
            after.clear();
        }
        after.extend(&named.people);
        let counted = match place {
            Place::MembersOf(_) => &mut report.members,
            Place::EditorsOf(_) => &mut report.editors,
        };
        for user in after.difference(&before) {
            if let Some(tx) = &self.tx {
                place.add(tx, *user).await?;
            }
            counted.added += 1;
        }
        for user in before.difference(&after) {
            if let Some(tx) = &self.tx {
                place.remove(tx, *user).await?;
            }
            counted.removed += 1;
        }
        counted.unchanged += u64::try_from(named.people.intersection(&before).count()).unwrap_or(u64::MAX);
        self.belonging.insert(place, after);
        if !named.problems.is_empty() {
            report.problems.push((line, named.problems.join(" ")));
        }
        Ok(())
    }

    /// In the catalogue or said before in this file.
    pub(super) async fn organization_by_key(&self, key: &OrganizationKey) -> Result<Option<OrganizationId>, Error> {
        if let Some((id, _)) = self.organizations.get(key) {
            return Ok(Some(*id));
        }
        let found = match &self.tx {
            Some(tx) => tx.catalogue().organization_by_key(key).await?,
            None => self.engine.store.read().catalogue().organization_by_key(key).await?,
        };
        Ok(found.map(|row| row.id))
    }

    pub(super) async fn has_course(&self, id: CourseId) -> Result<bool, Error> {
        if self.courses.contains_key(&id) {
            return Ok(true);
        }
        let found = match &self.tx {
            Some(tx) => tx.catalogue().course(id).await?,
            None => self.engine.store.read().catalogue().course(id).await?,
        };
        Ok(found.is_some())
    }

    /// Which course has the key.
    pub(super) async fn course_by_key(&self, key: &CourseKey) -> Result<Option<CourseId>, Error> {
        if let Some(planned) = self.course_keys.get(key) {
            return Ok(Some(*planned));
        }
        let found = match &self.tx {
            Some(tx) => tx.catalogue().course_by_key(key).await?,
            None => self.engine.store.read().catalogue().course_by_key(key).await?,
        };
        // On a dry run, one that this file gives another key has left its own free.
        Ok(found.map(|row| row.id).filter(|id| !self.courses.contains_key(id)))
    }

    pub(super) async fn run_is_new(&self, key: &RunKey) -> Result<Option<IsNew>, Error> {
        if let Some(planned) = self.runs.get(key) {
            return Ok(Some(still_new(planned.status, planned.is_new)));
        }
        let found = match &self.tx {
            Some(tx) => tx.catalogue().run_by_key(key).await?,
            None => self.engine.store.read().catalogue().run_by_key(key).await?,
        };
        Ok(found.map(|row| still_new(row.status, row.is_new)))
    }
}

const fn again(same: bool) -> Changed {
    if same { Changed::Unchanged } else { Changed::Updated }
}

const fn count(counted: &mut ImportCount, changed: Changed) {
    match changed {
        Changed::Inserted => counted.created += 1,
        Changed::Updated => counted.updated += 1,
        Changed::Unchanged => counted.unchanged += 1,
    }
}

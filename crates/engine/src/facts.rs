//! What was read of people, courses and threads, kept in memory for as long as the database says that it stands.
//!
//! Nothing here is believed for a while: each use asks the database first, which answers one number (the [`Revision`], or the
//! case's version) instead of many rows. Who may see what is decided from these facts for every request anew.

use std::{hash::Hash, sync::Arc};

use domain::{CaseId, CourseId, UserId};
use futures::try_join;
use quick_cache::{Weighter, sync::Cache};
use secrecy::SecretString;
use store::{CaseRow, CourseRow, OrganizationRow, Reader, Revision, RunRow, UserRow, VisibilityScope};

use crate::{
    Actor, Engine, Error,
    access::{self, Editors},
    window::Latest,
};

const PEOPLE: usize = 2_000;
const COURSES: usize = 2_000;
const THREADS: usize = 500;

/// About how much memory all threads together may take.
const THREAD_BYTES: u64 = 12 * 1024 * 1024;

/// What a course is and who has to do with it, whoever asks.
pub(crate) struct CourseFacts {
    pub(crate) row: CourseRow,
    pub(crate) organizations: Vec<OrganizationRow>,
    /// Newest start first.
    pub(crate) runs: Vec<RunRow>,
    pub(crate) editors: Editors,
}

/// Somebody as the org is to know them, disabled or not.
pub(crate) struct Author {
    pub(crate) row: UserRow,
    /// Where their contact belongs: a partner's first organization.
    pub(crate) home: Option<OrganizationRow>,
}

pub(crate) struct Facts {
    people: Cache<UserId, (Revision, Option<Arc<Actor>>)>,
    authors: Cache<UserId, (Revision, Option<Arc<Author>>)>,
    /// That there is no such course is kept too: asking for one must not take longer, or shorter, than asking for another's.
    courses: Cache<CourseId, (Revision, Option<Arc<CourseFacts>>)>,
    threads: Cache<(CaseId, VisibilityScope), HeldThread, ByBytes>,
}

/// The latest posts of a case, as of its version.
#[derive(Clone)]
struct HeldThread {
    version: i64,
    latest: Arc<Latest>,
    bytes: u64,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<(CaseId, VisibilityScope), HeldThread> for ByBytes {
    fn weight(&self, _: &(CaseId, VisibilityScope), thread: &HeldThread) -> u64 {
        thread.bytes
    }
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            people: Cache::new(PEOPLE),
            authors: Cache::new(PEOPLE),
            courses: Cache::new(COURSES),
            threads: Cache::with_weighter(THREADS, THREAD_BYTES, ByBytes),
        }
    }
}

impl Engine {
    /// The person, unless disabled or gone.
    pub(crate) async fn person(&self, id: UserId) -> Result<Option<Arc<Actor>>, Error> {
        let reader = self.store.read();
        let read = async {
            match reader.users().by_id(id).await? {
                Some(user) if user.disabled_at.is_none() => self.actor_of(user).await.map(Some),
                _ => Ok(None),
            }
        };
        standing(&self.facts.people, id, reader.revision().await?, read).await
    }

    /// Whose words are to be delivered.
    pub(crate) async fn author(&self, id: UserId) -> Result<Option<Arc<Author>>, Error> {
        let reader = self.store.read();
        standing(&self.facts.authors, id, reader.revision().await?, read_author(&reader, id)).await
    }

    /// The course, if there is one. Whether somebody may know of it is the caller's question.
    pub(crate) async fn course_facts(&self, id: CourseId) -> Result<Option<Arc<CourseFacts>>, Error> {
        let reader = self.store.read();
        standing(&self.facts.courses, id, reader.revision().await?, read_course(&reader, id)).await
    }

    /// What is held of a thread as of the case's row, or else what is read now, held from now on.
    pub(crate) async fn standing_thread(
        &self,
        case: &CaseRow,
        visible: VisibilityScope,
        read: impl Future<Output = Result<Latest, Error>>,
    ) -> Result<Arc<Latest>, Error> {
        let (version, key) = (case.version, (case.id, visible));
        if let Some(held) = self.facts.threads.get(&key).filter(|held| held.version == version) {
            return Ok(held.latest);
        }
        let latest = Arc::new(read.await?);
        let bytes = latest.bytes();
        self.facts.threads.insert(key, HeldThread { version, latest: Arc::clone(&latest), bytes });
        Ok(latest)
    }
}

/// What is held as of this revision, or else what is read now, held from now on.
async fn standing<Id: Copy + Eq + Hash, Fact>(
    held: &Cache<Id, (Revision, Option<Arc<Fact>>)>,
    id: Id,
    revision: Revision,
    read: impl Future<Output = Result<Option<Fact>, Error>>,
) -> Result<Option<Arc<Fact>>, Error> {
    if let Some((_, fact)) = held.get(&id).filter(|(as_of, _)| *as_of == revision) {
        return Ok(fact);
    }
    let fact = read.await?.map(Arc::new);
    held.insert(id, (revision, fact.clone()));
    Ok(fact)
}

async fn read_author(reader: &Reader, id: UserId) -> Result<Option<Author>, Error> {
    let Some(row) = reader.users().by_id(id).await? else { return Ok(None) };
    let home = match reader.users().memberships(id).await?.into_iter().min() {
        Some(first) => reader.catalogue().organization(first).await?,
        None => None,
    };
    // What nobody asks for here isn't kept.
    Ok(Some(Author { row: UserRow { password_hash: SecretString::default(), ..row }, home }))
}

/// Asks the same questions whether or not there is such a course.
async fn read_course(reader: &Reader, id: CourseId) -> Result<Option<CourseFacts>, Error> {
    let catalogue = reader.catalogue();
    let (row, organizations, runs, named) = try_join!(
        catalogue.course(id),
        catalogue.organizations_of(id),
        catalogue.runs_of(id),
        catalogue.editors_of(id)
    )?;
    let Some(row) = row else { return Ok(None) };
    let editors = named_editors(reader, named, &organizations).await?;
    let valid: Vec<UserId> = editors.iter().filter(|editor| editor.counts).map(|editor| editor.user.id).collect();
    let editors = if valid.is_empty() { Editors::Open } else { Editors::Only(valid) };
    Ok(Some(CourseFacts { row, organizations, runs, editors }))
}

/// Somebody named as an editor of a course.
pub(crate) struct NamedEditor {
    pub(crate) user: UserRow,
    /// As [`access::is_valid_editor`] has it.
    pub(crate) counts: bool,
}

/// The people of these ids, as editors of a course of these organizations.
pub(crate) async fn named_editors(
    reader: &Reader,
    named: Vec<UserId>,
    organizations: &[OrganizationRow],
) -> Result<Vec<NamedEditor>, Error> {
    let mut editors = Vec::with_capacity(named.len());
    for editor in named {
        if let Some(user) = reader.users().by_id(editor).await? {
            let memberships = reader.users().memberships(editor).await?;
            let counts = access::is_valid_editor(&user, &memberships, organizations);
            editors.push(NamedEditor { user, counts });
        }
    }
    Ok(editors)
}

//! Live changes: who has a course open is told when something it may see has changed.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{CasePlace, CourseId, UserId};
use futures::{StreamExt, stream::BoxStream};
use store::VisibilityScope;
use tokio::sync::broadcast;

use crate::{Actor, Engine, Error, access};

/// Who a change concerns. An internal one wakes nobody outside, so that not even its time is given away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    Everyone,
    Internal,
}

impl Audience {
    pub(crate) const fn of(visibility: domain::Visibility) -> Self {
        match visibility {
            domain::Visibility::Public => Self::Everyone,
            domain::Visibility::Internal => Self::Internal,
        }
    }

    pub(crate) const fn widest(self, other: Self) -> Self {
        match (self, other) {
            (Self::Internal, Self::Internal) => Self::Internal,
            _ => Self::Everyone,
        }
    }
}

#[derive(Default)]
pub(crate) struct Live {
    courses: Mutex<HashMap<CourseId, broadcast::Sender<Audience>>>,
}

/// Changes that pile up behind a slow listener; it then looks once and has seen them all.
const BACKLOG: usize = 16;

/// How often a stream looks for itself where another process does the work, and no signal can come.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often a quiet stream makes sure its reader still may read.
const RECHECK_EVERY: Duration = Duration::from_secs(20);

impl Live {
    pub(crate) fn publish(&self, course: CourseId, audience: Audience) {
        let mut courses = self.courses.lock().unwrap_or_else(PoisonError::into_inner);
        if courses.get(&course).is_some_and(|sender| sender.send(audience).is_err()) {
            courses.remove(&course);
        }
    }

    fn subscribe(&self, course: CourseId) -> broadcast::Receiver<Audience> {
        let mut courses = self.courses.lock().unwrap_or_else(PoisonError::into_inner);
        courses.entry(course).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe()
    }
}

struct Subscription {
    engine: Engine,
    user: UserId,
    place: CasePlace,
    scope: VisibilityScope,
    changes: broadcast::Receiver<Audience>,
    last: Option<i64>,
}

impl Engine {
    /// The thread's version: the current one at once, then each new one. Ends when the actor loses the right to read.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a course the actor can't read, or a case that isn't the course's.
    pub async fn subscribe(
        &self,
        actor: &Actor,
        place: impl Into<CasePlace>,
    ) -> Result<BoxStream<'static, i64>, Error> {
        let place = place.into();
        let changes = self.live.subscribe(place.course);
        self.readable_place(actor, place).await?;
        let subscription = Subscription {
            engine: self.clone(),
            user: actor.user,
            place,
            scope: access::visibility_scope(actor),
            changes,
            last: None,
        };
        Ok(futures::stream::unfold(subscription, |mut subscription| async move {
            let version = subscription.next().await?;
            Some((version, subscription))
        })
        .boxed())
    }
}

impl Subscription {
    async fn next(&mut self) -> Option<i64> {
        loop {
            if self.last.is_some() {
                self.changed().await;
            }
            // Rights are read afresh each time: taking one away ends the stream.
            match self.version().await {
                Ok(version) if self.last != Some(version) => {
                    self.last = Some(version);
                    return Some(version);
                }
                Ok(_) => {}
                Err(Error::NotFound) => return None,
                Err(error) => {
                    tracing::warn!(error = %error, course.id = %self.place.course, "a live stream could not look");
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
    }

    async fn version(&mut self) -> Result<i64, Error> {
        let actor = self.engine.actor(self.user).await?.ok_or(Error::NotFound)?;
        self.scope = access::visibility_scope(&actor);
        self.engine.thread_version(&actor, self.place).await
    }

    /// Returns when something may have changed for this reader.
    async fn changed(&mut self) {
        let pause = if self.engine.worker.runs_here() { RECHECK_EVERY } else { LOOK_EVERY };
        let wait = async {
            loop {
                match self.changes.recv().await {
                    Ok(Audience::Internal) if self.scope == VisibilityScope::Public => {}
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                    Err(broadcast::error::RecvError::Closed) => {
                        self.changes = self.engine.live.subscribe(self.place.course);
                        return;
                    }
                }
            }
        };
        let _ = tokio::time::timeout(pause, wait).await;
    }
}

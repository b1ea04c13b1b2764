//! The live line of a course page: server-sent events that name the thread's version. What changed is fetched by who is told.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use domain::UserId;
use futures::{Stream, StreamExt, stream::BoxStream};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tower_sessions::Session;

use super::{AppState, courses::PlacePath, identity::SignedIn, session, view::View};

/// Between two signs of life: shorter than proxies' patience.
const HEARTBEAT: Duration = Duration::from_secs(20);

pub(crate) async fn stream(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    session: Session,
    view: View,
    PlacePath(place): PlacePath,
    headers: HeaderMap,
) -> Response {
    // Before the subscription, so that no end of the session falls between.
    let ends = state.session_ends().subscribe();
    let versions = match state.engine().subscribe(&actor, place).await {
        Ok(versions) => versions,
        Err(error) => return view.failed(&error),
    };
    let Some(session) = session.id().map(|id| id.to_string()) else { return view.not_found() };
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let line = Line { state, user: actor.user(), session, ends, versions, seen };
    let mut response = Sse::new(line.events()).into_response();
    // Proxies that buffer would hold events back.
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    response
}

struct Line {
    state: AppState,
    user: UserId,
    session: String,
    ends: Receiver<String>,
    versions: BoxStream<'static, i64>,
    /// The version that the reader already has.
    seen: Option<i64>,
}

enum Wake {
    Version(i64),
    Heartbeat,
    Ended,
}

impl Line {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        futures::stream::unfold(self, |mut line| async move {
            let event = line.next().await?;
            Some((Ok(event), line))
        })
    }

    /// None: the line is over.
    async fn next(&mut self) -> Option<Event> {
        loop {
            match self.wake().await {
                Wake::Version(version) if self.seen == Some(version) => {}
                Wake::Version(version) => {
                    lives(&self.state, &self.session, self.user).await?;
                    self.seen = Some(version);
                    return Some(Event::default().event("version").id(version.to_string()).data(version.to_string()));
                }
                Wake::Heartbeat => {
                    lives(&self.state, &self.session, self.user).await?;
                    return Some(Event::default().comment("still here"));
                }
                Wake::Ended => return None,
            }
        }
    }

    async fn wake(&mut self) -> Wake {
        let shutdown = self.state.shutdown().clone();
        tokio::select! {
            biased;
            () = shutdown.cancelled() => Wake::Ended,
            () = ended(&mut self.ends, &self.session) => Wake::Ended,
            version = self.versions.next() => version.map_or(Wake::Ended, Wake::Version),
            () = tokio::time::sleep(HEARTBEAT) => Wake::Heartbeat,
        }
    }
}

/// The session may have ended on another instance. Whether the person may still read is asked by the engine's own stream.
async fn lives(state: &AppState, session: &str, user: UserId) -> Option<()> {
    session::is_alive(state, session, user).await.ok().filter(|alive| *alive).map(|_| ())
}

/// Returns when the session has ended. Messages missed under load are made up for by the next heartbeat.
async fn ended(ends: &mut Receiver<String>, session: &str) {
    loop {
        match ends.recv().await {
            Ok(id) if id == session => return,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

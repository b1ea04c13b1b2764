//! Sessions: tower-sessions' cookie and record, kept in our database.

use std::fmt;

use async_trait::async_trait;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use domain::{Timestamp, UserId};
use store::{SessionRow, Store};
use time::OffsetDateTime;
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, SessionStore,
    cookie::SameSite,
    session::{Id, Record},
    session_store,
};

use super::AppState;
use crate::config::Web;

/// Keys of a session's data.
pub(crate) const USER: &str = "user";
pub(crate) const ORG_AUTHORIZATION: &str = "org_authorization";
pub(crate) const NOTICE: &str = "notice";
const LAST_DAY: &str = "day";

/// How long a session lives after the last day it was used.
const LIFETIME: time::Duration = time::Duration::days(14);
const MICROS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Tries of `create` with a new id. Two in a row colliding by chance won't happen in this universe.
const CREATE_TRIES: usize = 3;

pub(crate) type SessionLayer = SessionManagerLayer<Sessions>;

pub(crate) fn layer(state: &AppState) -> SessionLayer {
    let sessions = Sessions { store: state.store().clone(), clock: std::sync::Arc::clone(state.clock()) };
    SessionManagerLayer::new(sessions)
        .with_name(cookie_name(state.web()))
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(state.web().is_https())
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(LIFETIME))
}

/// `__Host-` binds the cookie to this host and to TLS; browsers refuse that name over plain http.
pub(crate) const fn cookie_name_for(https: Https) -> &'static str {
    match https {
        Https::Yes => "__Host-casebridge_session",
        Https::No => "casebridge_session",
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Https {
    Yes,
    No,
}

fn cookie_name(web: &Web) -> &'static str {
    cookie_name_for(if web.is_https() { Https::Yes } else { Https::No })
}

/// Makes the session `user`'s: a new id, and nothing of what was in it before.
///
/// # Errors
/// The database is away.
pub(crate) async fn begin(
    state: &AppState,
    session: &Session,
    user: UserId,
) -> Result<(), tower_sessions::session::Error> {
    let before = session.id();
    session.clear().await;
    session.cycle_id().await?;
    session.insert(USER, user).await?;
    keep_alive(session, state.clock().now()).await?;
    announce_end(state, before);
    Ok(())
}

/// Ends it here and for open streams.
///
/// # Errors
/// The database is away.
pub(crate) async fn end(state: &AppState, session: &Session) -> Result<(), tower_sessions::session::Error> {
    let before = session.id();
    session.flush().await?;
    announce_end(state, before);
    Ok(())
}

fn announce_end(state: &AppState, id: Option<Id>) {
    if let Some(id) = id {
        // Nobody listening is no error.
        let _ = state.session_ends().send(id.to_string());
    }
}

/// Removes the cookie from the browser. The session layer's own removal lacks `Secure`, without which browsers keep a `__Host-` cookie.
pub(crate) fn forget_cookie(state: &AppState, response: &mut Response) {
    let secure = if state.web().is_https() { "; Secure" } else { "" };
    let cookie = format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}", cookie_name(state.web()));
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Prolongs a session that is in use: writes at most once a day.
///
/// # Errors
/// The database is away.
pub(crate) async fn keep_alive(session: &Session, now: Timestamp) -> Result<(), tower_sessions::session::Error> {
    session.insert(LAST_DAY, now.as_micros() / MICROS_PER_DAY).await
}

/// Whether the session with this id is still `user`'s.
///
/// # Errors
/// The database is away.
pub(crate) async fn is_alive(state: &AppState, id: &str, user: UserId) -> Result<bool, store::Error> {
    let row = state.store().read().sessions().load(id, state.clock().now()).await?;
    Ok(row.is_some_and(|row| row.user_id == Some(user)))
}

/// Forgets what has expired; returns how many.
///
/// # Errors
/// The database is away.
pub async fn delete_expired_sessions(store: &Store, now: Timestamp) -> Result<u64, store::Error> {
    let tx = store.begin().await?;
    let deleted = tx.sessions().delete_expired(now).await?;
    tx.commit().await?;
    Ok(deleted)
}

/// tower-sessions' store over ours.
#[derive(Clone)]
pub(crate) struct Sessions {
    store: Store,
    clock: std::sync::Arc<dyn domain::Clock>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

impl Sessions {
    fn row(&self, record: &Record) -> session_store::Result<SessionRow> {
        let now = self.clock.now();
        let data = serde_json::to_vec(&record.data).map_err(|error| session_store::Error::Encode(error.to_string()))?;
        let user_id = record.data.get(USER).and_then(|user| serde_json::from_value(user.clone()).ok());
        // The record's own date is by the wall clock; ours is by the injected one.
        let lifetime = std::time::Duration::try_from(LIFETIME).unwrap_or_default();
        Ok(SessionRow { user_id, data, expires_at: now.saturating_add(lifetime), created_at: now, last_seen_at: now })
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let row = self.row(record)?;
        for _ in 0..CREATE_TRIES {
            let tx = self.store.begin().await.map_err(backend)?;
            match tx.sessions().create(&record.id.to_string(), &row).await {
                Ok(()) => return tx.commit().await.map_err(backend),
                Err(store::Error::Conflict { .. }) => {
                    tx.rollback().await.map_err(backend)?;
                    record.id = Id::default();
                }
                Err(error) => return Err(backend(error)),
            }
        }
        Err(session_store::Error::Backend("no free session id was found".to_owned()))
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let row = self.row(record)?;
        let tx = self.store.begin().await.map_err(backend)?;
        tx.sessions().save(&record.id.to_string(), &row).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let row = self.store.read().sessions().load(&id.to_string(), self.clock.now()).await.map_err(backend)?;
        row.map(|row| {
            let data =
                serde_json::from_slice(&row.data).map_err(|error| session_store::Error::Decode(error.to_string()))?;
            let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(row.expires_at.as_micros()) * 1000)
                .map_err(|error| session_store::Error::Decode(error.to_string()))?;
            Ok(Record { id: *id, data, expiry_date })
        })
        .transpose()
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let tx = self.store.begin().await.map_err(backend)?;
        tx.sessions().delete(&id.to_string()).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}

fn backend(error: store::Error) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

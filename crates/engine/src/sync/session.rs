//! The org as this process sees it: one client per connection, its tokens kept in the database, what describe said.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{Clock, ConnectionId, Random, SalesforceId, Timestamp};
use futures::future::BoxFuture;
use salesforce::{Client, Grant, OAuth, OrgConfig, TokenStore, TokenStoreError, Tokens};
use store::{
    ConnectionRow, ConnectionState, KnownOrg, NewConnection, OrgRecord, OrgRecordKind, RefreshedTokens, Store,
};
use tokio::sync::Notify;
use url::Url;
use uuid::Uuid;

use super::{breaker::Breaker, standing::LastStanding};
use crate::{Engine, Error, Limits, OrgGrant, OrgOptions, UnlabelledPosts, UnusableOrg, case_list::LastStatuses};

/// The configured org.
pub(crate) struct Org {
    pub(crate) options: OrgOptions,
    pub(crate) redirect_uri: Url,
    pub(crate) oauth: OAuth,
    pub(crate) breaker: Breaker,
    pub(crate) standing: LastStanding,
    pub(crate) case_statuses: LastStatuses,
    /// Asks for a poll before its time.
    pub(crate) poll_now: Notify,
    config: Arc<OrgConfig>,
    http: reqwest::Client,
    current: Mutex<Option<Arc<OrgSession>>>,
    /// When each source's cursor moved last, by this process's clock: what lies further back than the overlap was seen.
    pub(super) moved: Mutex<HashMap<&'static str, Moved>>,
    /// One poll at a time.
    pub(super) polling: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) connection: ConnectionId,
    pub(super) modstamp: Timestamp,
    pub(super) last_id: String,
    pub(super) at: Timestamp,
}

/// A connection in use.
pub(crate) struct OrgSession {
    pub(crate) connection: ConnectionId,
    pub(crate) org_id: SalesforceId,
    /// The user the portal acts as.
    pub(crate) user_id: SalesforceId,
    pub(crate) client: Client,
    /// What this process knows the org was given, so that a delivery needn't ask the database. Ids that are no longer right are
    /// found out by the org, and forgotten.
    pub(super) given: Mutex<HashMap<(OrgRecordKind, Uuid), OrgRecord>>,
    /// When the org was last asked whether there is room in its budget again.
    pub(super) budget_looked: Mutex<Option<Timestamp>>,
    /// When this process last asked what a case's status and owner can be.
    pub(super) case_values_read: Mutex<Option<Timestamp>>,
    feed_item: tokio::sync::OnceCell<FeedItemFields>,
}

/// Which optional fields this org's FeedItem has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FeedItemFields {
    /// Only where digital experiences are on.
    pub(super) visibility: Has,
    pub(super) is_rich_text: Has,
    /// Where an admin said that items belong which say nothing of their visibility.
    pub(super) unlabelled: Option<UnlabelledPosts>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Has {
    Yes,
    No,
}

impl Org {
    pub(crate) fn new(options: OrgOptions, limits: &Limits) -> Result<Self, UnusableOrg> {
        let mut config = OrgConfig::new(options.login_url.clone(), options.client_id.clone());
        config.client_secret.clone_from(&options.client_secret);
        let config = Arc::new(config);
        let http = options.http()?;
        Ok(Self {
            redirect_uri: options.redirect_uri(),
            oauth: OAuth::new(http.clone(), Arc::clone(&config)),
            breaker: Breaker::new(limits.breaker_after, limits.breaker_pause, limits.retry_max),
            standing: LastStanding::default(),
            case_statuses: LastStatuses::default(),
            poll_now: Notify::new(),
            config,
            http,
            current: Mutex::default(),
            moved: Mutex::default(),
            polling: tokio::sync::Mutex::default(),
            options,
        })
    }

    pub(crate) fn grant(&self) -> Grant {
        match &self.options.grant {
            OrgGrant::Web => Grant::Web,
            OrgGrant::ClientCredentials => Grant::ClientCredentials,
            OrgGrant::Jwt { username, key_pem } => Grant::Jwt { username: username.clone(), key_pem: key_pem.clone() },
        }
    }

    fn session(&self, row: &ConnectionRow, engine: &Engine) -> Arc<OrgSession> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = current.as_ref().filter(|session| session.connection == row.id) {
            return Arc::clone(session);
        }
        let (store, clock, random) = (engine.store.clone(), Arc::clone(&engine.clock), Arc::clone(&engine.random));
        let tokens = ConnectionTokens { store, clock, random, connection: row.id };
        let session = Arc::new(OrgSession {
            connection: row.id,
            org_id: row.org_id.clone(),
            user_id: row.org_user_id.clone(),
            client: Client::with_clock(
                self.http.clone(),
                Arc::clone(&self.config),
                self.grant(),
                Arc::new(tokens),
                Arc::clone(&engine.clock),
            ),
            given: Mutex::default(),
            budget_looked: Mutex::default(),
            case_values_read: Mutex::default(),
            feed_item: tokio::sync::OnceCell::new(),
        });
        *current = Some(Arc::clone(&session));
        session
    }

    /// The connection is another one now, or none.
    pub(crate) fn forget_session(&self) {
        self.standing.forget();
        self.case_statuses.forget();
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The connection in use in this process, if it was used.
    pub(crate) fn used_session(&self) -> Option<Arc<OrgSession>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A client for tokens that belong to no stored connection yet.
    pub(crate) fn client_for(&self, tokens: Tokens, clock: &Arc<dyn Clock>) -> Client {
        let tokens = Arc::new(FreshTokens(Mutex::new(tokens)));
        Client::with_clock(self.http.clone(), Arc::clone(&self.config), self.grant(), tokens, Arc::clone(clock))
    }
}

impl OrgSession {
    /// Records kept in memory; beyond that, all are forgotten and read again as needed.
    const GIVEN_MAX: usize = 50_000;

    pub(super) fn given(&self, kind: OrgRecordKind, portal_id: Uuid) -> Option<OrgRecord> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).get(&(kind, portal_id)).cloned()
    }

    pub(super) fn remember(&self, kind: OrgRecordKind, portal_id: Uuid, record: OrgRecord) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.len() >= Self::GIVEN_MAX {
            given.clear();
        }
        given.insert((kind, portal_id), record);
    }

    pub(super) fn forget(&self, kind: OrgRecordKind, portal_id: Uuid) {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).remove(&(kind, portal_id));
    }
}

impl Engine {
    /// The connection to use now. None when none is configured, made, or it is paused.
    pub(crate) async fn org_session(&self) -> Result<Option<Arc<OrgSession>>, Error> {
        let Some(org) = &self.org else { return Ok(None) };
        let row = self.store.read().connections().current().await?;
        Ok(row.filter(|row| row.state == ConnectionState::Connected).map(|row| org.session(&row, self)))
    }

    /// What this org's FeedItem can do, asked once, and what an admin has said of it.
    pub(super) async fn feed_item_fields(&self, session: &OrgSession) -> Result<FeedItemFields, Error> {
        let fields = session.feed_item.get_or_try_init(|| async {
            let described = session.client.describe("FeedItem").await?;
            let has = |name| if described.field(name).is_some() { Has::Yes } else { Has::No };
            Ok::<_, salesforce::Error>(FeedItemFields {
                visibility: has("Visibility"),
                is_rich_text: has("IsRichText"),
                unlabelled: None,
            })
        });
        let fields = *fields.await?;
        Ok(match fields.visibility {
            Has::Yes => fields,
            Has::No => FeedItemFields { unlabelled: self.unlabelled_posts().await?, ..fields },
        })
    }

    /// Stops the use of a connection until an admin connects again. Deliveries wait.
    pub(crate) async fn pause(&self, session: &OrgSession, error: &salesforce::Error) -> Result<(), Error> {
        let problem =
            format!("Salesforce no longer accepts the connection: {} Connect again.", sentence(&error.message()));
        tracing::error!(error = %error, connection.id = %session.connection, "connection paused");
        let tx = self.store.begin().await?;
        tx.connections().pause(session.connection, &problem, self.clock.now()).await?;
        tx.commit().await?;
        if let Some(org) = &self.org {
            org.forget_session();
        }
        Ok(())
    }
}

/// With a full stop.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// Keeps a connection's tokens in the database. Once the connection is ended there are none, and none can be saved.
struct ConnectionTokens {
    store: Store,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    connection: ConnectionId,
}

impl ConnectionTokens {
    /// A grant that needs nobody logged in to another org than this connection's: nothing is read or sent there before an admin has
    /// decided.
    async fn refuse(&self, row: &ConnectionRow, tokens: &Tokens, other: SalesforceId) -> Result<(), store::Error> {
        let now = self.clock.now();
        let connection = NewConnection {
            id: ConnectionId::from_uuid(self.random.uuid_v7(now)),
            instance_url: tokens.instance_url.to_string(),
            login_url: row.login_url.clone(),
            org_id: other,
            org_user_id: tokens.user_id().unwrap_or_else(|| row.org_user_id.clone()),
            org_username: row.org_username.clone(),
            access_token: tokens.access_token.clone(),
            refresh_token: tokens.refresh_token.clone(),
            scope: tokens.scope.clone(),
            issued_at: tokens.issued_at.unwrap_or(now),
            connected_by: row.connected_by,
            created_at: now,
        };
        tracing::error!(org.id = %connection.org_id, org.was = %row.org_id, "another org answers; an admin has to decide");
        let tx = self.store.begin().await?;
        tx.connections().replace(&connection, KnownOrg::Other).await?;
        tx.commit().await
    }
}

impl TokenStore for ConnectionTokens {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>, TokenStoreError>> {
        Box::pin(async {
            let row = self.store.read().connections().current().await.map_err(TokenStoreError::new)?;
            let Some(row) = row.filter(|row| row.id == self.connection) else { return Ok(None) };
            let Some(access_token) = row.access_token else { return Ok(None) };
            Ok(Some(Tokens {
                access_token,
                refresh_token: row.refresh_token,
                instance_url: row.instance_url.parse().map_err(TokenStoreError::new)?,
                issued_at: Some(row.issued_at),
                scope: row.scope,
                id: None,
            }))
        })
    }

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        Box::pin(async {
            let now = self.clock.now();
            let refreshed = RefreshedTokens {
                access_token: tokens.access_token.clone(),
                refresh_token: tokens.refresh_token.clone(),
                instance_url: tokens.instance_url.to_string(),
                issued_at: tokens.issued_at.unwrap_or(now),
            };
            let current = self.store.read().connections().current().await.map_err(TokenStoreError::new)?;
            if let (Some(row), Some(org)) = (current, tokens.organization_id())
                && row.id == self.connection
                && row.org_id != org
            {
                self.refuse(&row, tokens, org).await.map_err(TokenStoreError::new)?;
                return Err(TokenStoreError::new("another org answered"));
            }
            let tx = self.store.begin().await.map_err(TokenStoreError::new)?;
            match tx.connections().current().await.map_err(TokenStoreError::new)? {
                Some(row) if row.id == self.connection => {}
                _ => return Err(TokenStoreError::new("the connection was ended")),
            }
            tx.connections().save_tokens(self.connection, &refreshed, now).await.map_err(TokenStoreError::new)?;
            tx.commit().await.map_err(TokenStoreError::new)
        })
    }
}

/// Tokens before they are a connection: in memory only.
struct FreshTokens(Mutex<Tokens>);

impl TokenStore for FreshTokens {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>, TokenStoreError>> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async { Ok(Some(tokens)) })
    }

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = tokens.clone();
        Box::pin(async { Ok(()) })
    }
}

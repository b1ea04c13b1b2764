//! The org as one value: started, asked and stopped by the binary and by tests.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use axum_server::tls_rustls::RustlsConfig;
use domain::{Clock, Random, SalesforceId, SystemClock, SystemRandom};
use serde_json::{Map, Value};

use crate::{
    activity::RequestLog,
    budget::Limits,
    error::ApiError,
    events,
    faults::Faults,
    oauth,
    org::{Org, Settings, Writer},
    records::{Authority, Journal, JournalError, Record, Transaction},
    rest,
    schema::{MetadataError, Schema},
    seed::{self, Seed},
    server::Listening,
    soql::Scope,
    tls::{Identity, TlsError},
};

/// Begins the id of every org.
const ORGANIZATION_PREFIX: &str = "00D";

#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// The folder of the SFDX project whose objects and fields the org has.
    pub schema_dir: PathBuf,
    /// The file that keeps the records; memory alone when absent.
    pub data: Option<PathBuf>,
    /// Planted when the data file holds nothing yet.
    pub seed: Seed,
    /// Port 0 takes any free one.
    pub listen: SocketAddr,
    pub tls_listen: Option<SocketAddr>,
    pub limits: Limits,
    /// A refresh hands out a new refresh token and ends the old one.
    pub refresh_token_rotation: bool,
    /// The org's own id, 18 characters.
    pub organization_id: String,
    /// What an org of another edition, or half deployed, lacks: see [`crate::Schema::without`].
    pub lacking: Vec<String>,
    /// Objects (`Case`) and fields (`Case.Origin`) that the users may see and not write.
    pub read_only: Vec<String>,
}

/// For tests: the project's own schema, in memory, two users and nothing else, on a free port of this machine.
impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            schema_dir: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../salesforce"),
            data: None,
            seed: Seed::None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls_listen: None,
            limits: Limits::default(),
            refresh_token_rotation: true,
            organization_id: seed::ORGANIZATION_ID.to_owned(),
            lacking: Vec::new(),
            read_only: Vec::new(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the schema in {} can’t be used", folder.display())]
    Schema { folder: PathBuf, source: MetadataError },
    #[error(
        "{id:?} is no id of an org: 15 or 18 characters that begin with {}, such as {}",
        ORGANIZATION_PREFIX,
        seed::ORGANIZATION_ID
    )]
    Organization { id: String },
    #[error("the org has no {name} that it could lack or keep from being written")]
    Unknown { name: String },
    #[error("the data file {} can’t be used", file.display())]
    Data { file: PathBuf, source: JournalError },
    #[error("{address} can’t be listened on; is something else there? choose another with --listen or --tls-listen")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("TLS can’t be set up")]
    Tls(#[from] TlsError),
}

/// A running sandbox org. Dropping it ends the listeners at once; `stop` lets requests finish.
pub struct Sandbox {
    org: Arc<Org>,
    plain: Listening,
    tls: Option<(Listening, String)>,
}

impl Sandbox {
    /// # Errors
    /// The schema or data file can't be used, or an address can't be listened on.
    pub async fn start(options: SandboxOptions) -> Result<Self, StartError> {
        Self::start_with(options, Arc::new(SystemClock), Arc::new(SystemRandom)).await
    }

    /// With another clock or randomness than the system's.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(
        options: SandboxOptions,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, StartError> {
        let organization = SalesforceId::new(&options.organization_id).ok();
        let organization = organization
            .filter(|id| id.key_prefix() == ORGANIZATION_PREFIX)
            .ok_or_else(|| StartError::Organization { id: options.organization_id.clone() })?;
        let schema_error = |source| StartError::Schema { folder: options.schema_dir.clone(), source };
        let mut schema = Schema::load(&options.schema_dir).map_err(schema_error)?;
        let unknown = |name: &str| StartError::Unknown { name: name.to_owned() };
        for name in &options.lacking {
            schema = schema.without(name).ok_or_else(|| unknown(name))?;
        }
        for name in &options.read_only {
            schema = schema.read_only(name).ok_or_else(|| unknown(name))?;
        }
        if let Some(lost) = events::without_channel(&schema) {
            let reason = format!("{} is subscribed to {}, which is no channel", lost.developer_name, lost.topic_name);
            return Err(schema_error(MetadataError::Invalid { path: options.schema_dir.clone(), reason }));
        }
        let data_error = |source| StartError::Data { file: options.data.clone().unwrap_or_default(), source };
        let journal = match &options.data {
            Some(file) => Some(Journal::open(file).await.map_err(data_error)?),
            None => None,
        };
        let settings = Settings {
            limits: options.limits,
            rotation: options.refresh_token_rotation,
            organization: organization.as_str().to_owned(),
        };
        let org = Org::open(schema, journal, options.seed, settings, clock, random).await.map_err(data_error)?;
        let tls = match options.tls_listen {
            Some(address) => {
                let identity = Identity::generate()?;
                let config = RustlsConfig::from_config(identity.config);
                let listening = Listening::start(Arc::clone(&org), address, Some(config))
                    .map_err(|source| StartError::Listen { address, source })?;
                Some((listening, identity.ca_pem))
            }
            None => None,
        };
        let plain = Listening::start(Arc::clone(&org), options.listen, None)
            .map_err(|source| StartError::Listen { address: options.listen, source })?;
        Ok(Self { org, plain, tls })
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.plain.address)
    }

    /// `https://127.0.0.1:PORT`, when it listens for TLS.
    pub fn tls_url(&self) -> Option<String> {
        self.tls.as_ref().map(|(listening, _)| format!("https://{}", listening.address))
    }

    /// The certificate a client has to trust for [`Self::tls_url`].
    pub fn ca_pem(&self) -> Option<&str> {
        self.tls.as_ref().map(|(_, pem)| pem.as_str())
    }

    /// Takes no more requests, waits a moment for those under way, and closes the data file.
    pub async fn stop(mut self) {
        self.plain.stop().await;
        if let Some((tls, _)) = &mut self.tls {
            tls.stop().await;
        }
        self.org.close().await;
    }

    /// A new session of the admin user, as `Authorization: Bearer` takes it.
    pub fn token(&self) -> String {
        oauth::open_session(&self.org, seed::ADMIN_ID, None, "api", None)
    }

    /// Live records of an object in the order they were made, without nulls.
    pub fn records(&self, object: &str) -> Vec<Value> {
        let Some(object) = self.org.schema.object(object) else { return Vec::new() };
        self.org.read(|database| {
            database.records(&object.name).filter(|record| !record.is_deleted()).map(Record::to_json).collect()
        })
    }

    /// How many live records an object has.
    pub fn count(&self, object: &str) -> usize {
        let Some(object) = self.org.schema.object(object) else { return 0 };
        self.org.read(|database| database.count(&object.name))
    }

    /// All rows of a query, each with `attributes`.
    ///
    /// # Errors
    /// The query is refused.
    pub fn query(&self, soql: &str) -> Result<Vec<Value>, ApiError> {
        let version = format!("{}.0", rest::NEWEST_VERSION);
        self.org
            .read(|database| rest::run_query(database, soql, self.org.now(), Scope::Live, &version))
            .map(|result| result.rows)
    }

    /// Makes a record as the admin user and answers its id.
    ///
    /// # Errors
    /// What the org refuses it for.
    pub async fn create(&self, object: &str, fields: Value) -> Result<String, ApiError> {
        self.create_as(seed::ADMIN_ID, object, fields).await
    }

    /// Makes a record as another user: [`crate::RILEY_ID`], or any other id of a user.
    ///
    /// # Errors
    /// What the org refuses it for.
    pub async fn create_as(&self, user_id: &str, object: &str, fields: Value) -> Result<String, ApiError> {
        let object = object.to_owned();
        self.write(user_id, move |transaction| transaction.insert(&object, &into_map(fields), Authority::User)).await
    }

    /// Changes a record as the admin user.
    ///
    /// # Errors
    /// What the org refuses it for.
    pub async fn update(&self, object: &str, id: &str, fields: Value) -> Result<(), ApiError> {
        let (object, id) = (object.to_owned(), id.to_owned());
        self.write(seed::ADMIN_ID, move |transaction| {
            transaction.update(&object, &id, &into_map(fields), Authority::User)
        })
        .await
    }

    /// Deletes a record as the admin user.
    ///
    /// # Errors
    /// What the org refuses it for.
    pub async fn delete(&self, object: &str, id: &str) -> Result<(), ApiError> {
        let (object, id) = (object.to_owned(), id.to_owned());
        self.write(seed::ADMIN_ID, move |transaction| transaction.delete(&object, &id)).await
    }

    async fn write<T: Send + 'static>(
        &self,
        user_id: &str,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.org.transact(Writer::within(user_id), work).await
    }

    pub fn faults(&self) -> &Faults {
        &self.org.faults
    }

    /// Every access token ends; refresh tokens stay good.
    pub fn expire_sessions(&self) {
        self.org.auth().expire_sessions();
    }

    /// Every access token and refresh token ends: who was connected has to connect again.
    pub fn revoke_grants(&self) {
        self.org.auth().revoke_all();
    }

    /// So many API calls are left.
    pub fn set_api_budget(&self, remaining: u64) {
        self.org.budget.set_remaining(remaining, self.org.now());
    }

    /// Moves the org's clock forward, until the program ends: only `POST /_sandbox/clock` keeps it in the data file.
    pub fn advance_clock(&self, by: std::time::Duration) {
        self.org.clock.advance(by);
    }

    /// Whether a new case gets a system feed item without a body, as in an org with feed tracking. Off at first.
    pub fn set_feed_tracking(&self, on: bool) {
        crate::lock::locked(&self.org.switches).feed_tracking = on;
    }

    /// Whether creates may say who made a record and when. Off at first.
    pub fn set_audit_fields(&self, on: bool) {
        crate::lock::locked(&self.org.switches).audit_fields = on;
    }

    /// Whether a refresh hands out a new refresh token and ends the old one. On at first.
    pub fn set_refresh_token_rotation(&self, on: bool) {
        crate::lock::locked(&self.org.switches).rotation = on;
    }

    /// Assertions signed with this key's private half are believed.
    pub fn trust_jwt_key(&self, public_key_pem: &str) {
        self.org.auth().add_jwt_key(public_key_pem.to_owned());
    }

    /// Requests to the API and to OAuth, oldest first.
    pub fn requests(&self) -> Vec<RequestLog> {
        self.org.activity.requests()
    }
}

fn into_map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

//! A Salesforce client: OAuth, REST, SOQL, composite, collections, bulk. It knows nothing of portals.
//!
//! One HTTP client ([`http::client`]), one authorisation layer ([`Client`] renews the session by itself, once for all callers
//! waiting), a deadline on every call, and [`Repeat`] wherever only the caller can know whether a request may be sent twice.
//! [`Error`] says whether waiting helps ([`Error::is_temporary`]) and whether the org may have done the thing anyway
//! ([`Error::outcome_unknown`]).

mod bulk;
mod client;
mod config;
mod datetime;
mod error;
pub mod http;
mod limits;
pub mod oauth;
pub mod rest;
mod session;
pub mod soql;

pub use bulk::{BulkJob, BulkOperation, JobState, RowOutcome};
pub use client::Client;
pub use config::{ApiVersion, InvalidApiVersion, OrgConfig};
pub use datetime::{DateTime, InvalidDateTime};
pub use error::{ApiError, Error, ErrorKind};
pub use limits::ApiUsage;
pub use oauth::{Authorization, Grant, OAuth, Pkce, check_private_key};
pub use rest::{
    ApiPath, CompositeFailure, CompositeRequest, CompositeResponse, Created, FieldDescribe, GlobalDescribe, Keyed,
    Limit, MAX_READ, MAX_RECORDS, ObjectDescribe, ObjectSummary, Page, PicklistValue, Repeat, Subrequest, Subresponse,
    Upserted, UserInfo, reference,
};
pub use session::{RefreshTurn, TokenStore, TokenStoreError, Tokens};
pub use soql::{Field, FieldName, Filter, Soql, SoqlError, SoqlValue, asc, desc, not};

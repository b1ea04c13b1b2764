//! The sandbox org: a local Salesforce stand-in for development and tests.
//!
//! It speaks Salesforce's wire over a validated schema, and `/_sandbox/` besides, where a test makes trouble. It is a
//! development tool and never claims to be Salesforce in production.

mod activity;
mod asked;
mod budget;
mod bulk;
mod clock;
mod console;
mod control;
mod coverage;
mod error;
mod events;
mod faults;
#[doc(hidden)]
pub mod fuzzing;
mod lock;
mod multipart;
mod oauth;
mod org;
mod records;
mod rest;
mod sandbox;
pub mod schema;
mod seed;
mod server;
mod soap;
pub mod soql;
mod tls;
mod xml;

pub use activity::RequestLog;
pub use budget::Limits;
pub use coverage::{Coverage, RESOURCES, Resource};
pub use error::ApiError;
pub use faults::{Fault, FaultAction, Faults};
pub use records::{Database, JournalError, Record};
pub use sandbox::{Sandbox, SandboxOptions, StartError};
pub use seed::{ADMIN_ID, RILEY_ID, Seed};
pub use tls::TlsError;

//! What the portal remembers, in SQLite or PostgreSQL; one set of queries for both.
//!
//! A [`Store`] is opened from a database's address, whose scheme says which kind it is. Work that changes something is one
//! [`Tx`]; work that only looks goes through a [`Reader`]. Both hand out *repositories*, views of one subject
//! (`tx.posts()`, `reader.cases()`), and only the views of a transaction have methods that write.
//!
//! Nothing here decides who may do what, reads a clock or makes an id: the engine does, and passes them in.

mod access_tokens;
mod case_handling;
mod case_values;
mod cases;
mod catalogue;
mod cipher;
mod connections;
mod cursors;
mod database;
mod decode;
mod deliveries;
mod drafts;
mod entities;
mod error;
mod flush;
mod history_loads;
mod imports;
mod migrations;
mod org_records;
mod posts;
mod revision;
mod sessions;
mod settings;
#[cfg(feature = "testing")]
pub mod testing;
mod users;

pub use access_tokens::{AccessTokenRow, AccessTokens, NewAccessToken};
pub use case_handling::{CaseHandling, CaseHandlingRow, CaseOwner, Wish};
pub use case_values::{CaseOwnerRow, CaseStatusRow, CaseValues, OwnerKind};
pub use cases::{CaseRow, Cases, NewCase, OrgCase};
pub use catalogue::{
    Catalogue, CatalogueIds, CourseAfter, CourseListRow, CourseQuery, CourseRow, CourseScope, CourseUpsert,
    OrganizationRow, OrganizationUpsert, RunRow, RunUpsert,
};
pub use cipher::TokenCipher;
pub use connections::{ConnectionRow, ConnectionState, Connections, KnownOrg, NewConnection, RefreshedTokens};
pub use cursors::{CursorRow, Cursors, Reading};
pub use database::{Backend, Reader, Store, StoreOptions, Tx};
pub use deliveries::{Deliveries, DeliveryRow, DeliveryState, NewDelivery};
pub use drafts::{DraftRow, Drafts};
pub use error::Error;
pub use history_loads::{HistoryLoadProgress, HistoryLoadRow, HistoryLoadState, HistoryLoads, NewHistoryLoad};
pub use imports::{ImportJobRow, ImportJobState, ImportRow, Imports};
pub use org_records::{OrgRecord, OrgRecordKind, OrgRecords};
pub use posts::{Delivered, LoadedPost, NewPost, OrgPost, PostPlace, PostRow, Posts, Said, Stretch};
pub use revision::Revision;
pub use sessions::{SessionRow, Sessions};
pub use settings::{SettingRow, Settings};
pub use users::{NewUser, UserRow, Users};

/// Whose eyes a reading is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VisibilityScope {
    /// Partners and customers: public posts only, in counts and times too.
    Public,
    /// Staff.
    All,
}

/// What an upsert did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    Inserted,
    Updated,
    Unchanged,
}

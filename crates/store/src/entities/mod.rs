//! The tables as SeaORM sees them: raw columns. What they mean is said by the rows of the repositories.

#![expect(
    unreachable_pub,
    reason = "the derive macros give their types the visibility of the model, and traits that are public name them"
)]

pub(crate) mod access_tokens;
pub(crate) mod case_handling;
pub(crate) mod case_owners;
pub(crate) mod case_statuses;
pub(crate) mod cases;
pub(crate) mod connections;
pub(crate) mod course_editors;
pub(crate) mod course_organizations;
pub(crate) mod course_runs;
pub(crate) mod courses;
pub(crate) mod cursors;
pub(crate) mod deliveries;
pub(crate) mod drafts;
pub(crate) mod history_loads;
pub(crate) mod import_jobs;
pub(crate) mod imports;
pub(crate) mod org_records;
pub(crate) mod organizations;
pub(crate) mod posts;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod user_organizations;
pub(crate) mod users;

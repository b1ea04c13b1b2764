//! How the schema came to be. A migration that has landed is never edited; the next one mends it.

mod m0001_initial;
mod m0002_public_version;
mod m0003_revision;
mod m0004_access_tokens;
mod m0005_settings;
mod m0006_imports;
mod m0007_case_handling;
mod m0008_history_loads;
mod m0009_import_jobs_of_each_org;
mod m0010_cursors_went_on;
mod m0011_posts_seen;

use sea_orm_migration::prelude::*;

pub(crate) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_initial::Migration),
            Box::new(m0002_public_version::Migration),
            Box::new(m0003_revision::Migration),
            Box::new(m0004_access_tokens::Migration),
            Box::new(m0005_settings::Migration),
            Box::new(m0006_imports::Migration),
            Box::new(m0007_case_handling::Migration),
            Box::new(m0008_history_loads::Migration),
            Box::new(m0009_import_jobs_of_each_org::Migration),
            Box::new(m0010_cursors_went_on::Migration),
            Box::new(m0011_posts_seen::Migration),
        ]
    }
}

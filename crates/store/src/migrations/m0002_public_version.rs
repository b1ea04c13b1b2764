//! A case's second counter, for readers who must not notice what staff write among themselves.

use sea_orm_migration::{prelude::*, schema::big_integer};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0002_public_version"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "as the trait, so that its lifetimes match")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::alter();
        manager.alter_table(table.table("cases").add_column(big_integer("public_version").default(0)).take()).await
    }
}

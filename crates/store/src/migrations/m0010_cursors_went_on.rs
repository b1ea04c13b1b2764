//! When a source was last read on and not to its end: an org that answers and has much to tell is not one that is away.

use sea_orm_migration::{prelude::*, schema::big_integer};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_cursors_went_on"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "as the trait, so that its lifetimes match")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let went_on = big_integer("went_on_at").default(0).take();
        manager.alter_table(Table::alter().table("cursors").add_column(went_on).take()).await
    }
}

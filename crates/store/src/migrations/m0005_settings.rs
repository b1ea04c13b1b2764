//! What admins decide while the portal runs; which connection was accepted; what became of a delivery that was given up.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, text, text_null, uuid_null},
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0005_settings"
    }
}

/// There from the start, so that whoever holds it holds back the first answer too.
const UNANSWERED: &str = "INSERT INTO settings (name, value, changed_at) VALUES ('unlabelled_posts', 'unanswered', 0)";

/// Connections were all accepted as they were made.
const ACCEPTED_BEFORE: &str = "UPDATE connections SET accepted_at = created_at";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "as the trait, so that its lifetimes match")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("settings")
                    .col(text("name").primary_key())
                    .col(text("value"))
                    .col(uuid_null("changed_by"))
                    .col(big_integer("changed_at"))
                    .take(),
            )
            .await?;
        manager.get_connection().execute_unprepared(UNANSWERED).await?;
        manager
            .alter_table(Table::alter().table("connections").add_column(big_integer_null("accepted_at")).take())
            .await?;
        manager.get_connection().execute_unprepared(ACCEPTED_BEFORE).await?;
        manager
            .alter_table(Table::alter().table("deliveries").add_column(text_null("forgotten_because")).take())
            .await?;
        manager.alter_table(Table::alter().table("deliveries").add_column(uuid_null("forgotten_by")).take()).await
    }
}

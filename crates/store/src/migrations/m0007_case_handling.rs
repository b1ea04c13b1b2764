//! Who handles a case and in which state it is, what people here want that to be, and what the org lets them choose from.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, boolean, integer, text, text_null, uuid},
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0007_case_handling"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "as the trait, so that its lifetimes match")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut case = ForeignKey::create();
        case.name("case_handling_case_id")
            .from("case_handling", "case_id")
            .to("cases", "id")
            .on_delete(ForeignKeyAction::Cascade);
        manager
            .create_table(
                Table::create()
                    .table("case_handling")
                    .col(uuid("case_id").primary_key())
                    .col(text_null("owner_id"))
                    .col(text_null("owner_name"))
                    .col(text_null("wanted_status"))
                    .col(text_null("wanted_owner_id"))
                    .col(text_null("wanted_owner_name"))
                    .col(text_null("refusal"))
                    .col(big_integer("updated_at"))
                    .foreign_key(&mut case)
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("case_statuses")
                    .col(text("org_id"))
                    .col(text("value"))
                    .col(text("label"))
                    .col(boolean("is_closed"))
                    .col(boolean("is_default"))
                    .col(integer("position"))
                    .primary_key(Index::create().col("org_id").col("value"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("case_owners")
                    .col(text("org_id"))
                    .col(text("salesforce_id"))
                    .col(text("name"))
                    .col(text("kind"))
                    .primary_key(Index::create().col("org_id").col("salesforce_id"))
                    .take(),
            )
            .await
    }
}

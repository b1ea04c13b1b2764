//! Loads of historical comments as people follow them: who began them, how far they are, how they ended; and that only one runs.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, boolean, integer_null, text, text_null, uuid, uuid_null},
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0008_history_loads"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "as the trait, so that its lifetimes match")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut beginner = ForeignKey::create();
        beginner
            .name("history_loads_begun_by")
            .from("history_loads", "begun_by")
            .to("users", "id")
            .on_delete(ForeignKeyAction::SetNull);
        manager
            .create_table(
                Table::create()
                    .table("history_loads")
                    .col(uuid("id").primary_key())
                    .col(text("file_name"))
                    .col(big_integer("file_size"))
                    .col(boolean("file_kept"))
                    .col(boolean("check_only"))
                    .col(uuid_null("begun_by"))
                    .col(text("state"))
                    .col(integer_null("slot"))
                    .col(uuid_null("lease_token"))
                    .col(big_integer_null("leased_until"))
                    .col(text_null("step"))
                    .col(big_integer_null("step_at"))
                    .col(big_integer("done"))
                    .col(big_integer("total"))
                    .col(big_integer("rejected"))
                    .col(text_null("report"))
                    .col(text_null("problem"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .col(big_integer_null("finished_at"))
                    .foreign_key(&mut beginner)
                    .take(),
            )
            .await?;
        // Two loads of one file at a time would each add what the other hasn't noted yet.
        let one = Index::create().unique().name("history_loads_slot").table("history_loads").col("slot").take();
        manager.create_index(one).await
    }
}

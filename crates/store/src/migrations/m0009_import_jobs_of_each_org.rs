//! A job's id is one org's. A full copy of an org goes on counting where the first one stood, and both may be loaded into.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, text, uuid},
};

pub(crate) struct Migration;

const KEEP: &str = "INSERT INTO import_jobs (import_id, job, first_line, last_line, state, created_at) \
     SELECT import_id, job, first_line, last_line, state, created_at FROM import_jobs_before";

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0009_import_jobs_of_each_org"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "as the trait, so that its lifetimes match")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The table anew, since SQLite changes no primary key in place.
        manager.rename_table(Table::rename().table("import_jobs", "import_jobs_before").take()).await?;
        manager
            .create_table(
                Table::create()
                    .table("import_jobs")
                    .col(uuid("import_id"))
                    .col(text("job"))
                    .col(big_integer("first_line"))
                    .col(big_integer("last_line"))
                    .col(text("state"))
                    .col(big_integer("created_at"))
                    .primary_key(Index::create().col("import_id").col("job"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("import_jobs", "import_id")
                            .to("imports", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .take(),
            )
            .await?;
        manager.get_connection().execute_unprepared(KEEP).await?;
        // Its index goes with it.
        manager.drop_table(Table::drop().table("import_jobs_before").take()).await
    }
}

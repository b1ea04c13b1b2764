//! Loads of historical comments: which files, and which jobs in the org carry their rows.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, text, text_null, uuid},
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0006_imports"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "as the trait, so that its lifetimes match")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("imports")
                    .col(uuid("id").primary_key())
                    .col(text("org_id"))
                    .col(text("file_hash"))
                    .col(text("file_name"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("finished_at"))
                    .take(),
            )
            .await?;
        let by_file = Index::create().name("imports_by_file").table("imports").col("file_hash").col("org_id").take();
        manager.create_index(by_file).await?;
        manager
            .create_table(
                Table::create()
                    .table("import_jobs")
                    .col(text("job").primary_key())
                    .col(uuid("import_id"))
                    .col(big_integer("first_line"))
                    .col(big_integer("last_line"))
                    .col(text("state"))
                    .col(text_null("problem"))
                    .col(big_integer("created_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("import_jobs", "import_id")
                            .to("imports", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .take(),
            )
            .await?;
        let by_import = Index::create().name("import_jobs_by_import").table("import_jobs").col("import_id").take();
        manager.create_index(by_import).await
    }
}

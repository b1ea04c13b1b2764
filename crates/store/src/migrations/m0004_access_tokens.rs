//! Bearer tokens of people's own programs.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, text, uuid},
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0004_access_tokens"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "as the trait, so that its lifetimes match")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owner = ForeignKey::create();
        owner
            .name("access_tokens_user_id")
            .from("access_tokens", "user_id")
            .to("users", "id")
            .on_delete(ForeignKeyAction::Cascade);
        manager
            .create_table(
                Table::create()
                    .table("access_tokens")
                    .col(uuid("id").primary_key())
                    .col(uuid("user_id"))
                    .col(text("name"))
                    .col(text("hash"))
                    .col(text("scopes"))
                    .col(big_integer("created_at"))
                    .col(big_integer("expires_at"))
                    .col(big_integer_null("last_used_at"))
                    .col(big_integer_null("revoked_at"))
                    .foreign_key(&mut owner)
                    .take(),
            )
            .await?;
        let hash = Index::create().unique().name("access_tokens_hash").table("access_tokens").col("hash").take();
        manager.create_index(hash).await?;
        let by_user = Index::create().name("access_tokens_by_user").table("access_tokens").col("user_id").take();
        manager.create_index(by_user).await
    }
}

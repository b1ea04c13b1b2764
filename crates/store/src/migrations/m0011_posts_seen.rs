//! What a reader outside sees of a long thread is found without walking over what they don't: internal notes, however many, and
//! posts that the org refused.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0011_posts_seen"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "as the trait, so that its lifetimes match")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let seen = ["case_id", "visibility", "created_at", "id"];
        let mut index = Index::create();
        index.name("posts_seen").table("posts");
        for column in seen {
            index.col(column);
        }
        manager.create_index(index).await?;
        let refused = Index::create()
            .name("posts_refused")
            .table("posts")
            .col("case_id")
            .col("author_user_id")
            .and_where(Expr::col("state").eq("failed"))
            .take();
        manager.create_index(refused).await
    }
}

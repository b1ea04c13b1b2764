//! Every table of the first release.
//!
//! A unique index is named `{table}_{column}`, so that [`crate::Error::Conflict`] says the same on both databases.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, binary, binary_null, boolean, boolean_null, integer, text, text_null, uuid,
        uuid_null,
    },
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_initial"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "as the trait, so that its lifetimes match")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        people(manager).await?;
        catalogue(manager).await?;
        memberships(manager).await?;
        threads(manager).await?;
        deliveries(manager).await?;
        org(manager).await?;
        sessions(manager).await
    }
}

async fn people(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("users")
                .col(uuid("id").primary_key())
                .col(text("email"))
                .col(text("username"))
                .col(text("first_name"))
                .col(text("last_name"))
                .col(text("role"))
                .col(text("password_hash"))
                .col(text_null("account_salesforce_id"))
                .col(big_integer_null("disabled_at"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .take(),
        )
        .await?;
    manager.create_index(unique("users", "email")).await?;
    manager.create_index(unique("users", "username")).await
}

async fn catalogue(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("organizations")
                .col(uuid("id").primary_key())
                .col(text("key"))
                .col(text("name"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .take(),
        )
        .await?;
    manager.create_index(unique("organizations", "key")).await?;

    manager
        .create_table(
            Table::create()
                .table("courses")
                .col(uuid("id").primary_key())
                .col(text("key"))
                .col(text("title"))
                .col(text("search_text"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .take(),
        )
        .await?;
    manager.create_index(unique("courses", "key")).await?;
    manager.create_index(index("courses_by_title", "courses", &["title", "id"])).await?;

    manager
        .create_table(
            Table::create()
                .table("course_organizations")
                .col(uuid("course_id"))
                .col(uuid("organization_id"))
                .col(integer("position"))
                .primary_key(Index::create().col("course_id").col("organization_id"))
                .foreign_key(&mut references("course_organizations", "course_id", "courses", ForeignKeyAction::Cascade))
                .foreign_key(&mut references(
                    "course_organizations",
                    "organization_id",
                    "organizations",
                    ForeignKeyAction::Restrict,
                ))
                .take(),
        )
        .await?;
    manager
        .create_index(index(
            "course_organizations_by_organization",
            "course_organizations",
            &["organization_id", "course_id"],
        ))
        .await?;

    manager
        .create_table(
            Table::create()
                .table("course_runs")
                .col(uuid("id").primary_key())
                .col(text("key"))
                .col(uuid("course_id"))
                .col(text("title"))
                .col(big_integer_null("start_at"))
                .col(big_integer_null("end_at"))
                .col(big_integer_null("go_live_at"))
                .col(text("status"))
                .col(boolean_null("has_ofac_restrictions"))
                .col(boolean("is_new"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .foreign_key(&mut references("course_runs", "course_id", "courses", ForeignKeyAction::Restrict))
                .take(),
        )
        .await?;
    manager.create_index(unique("course_runs", "key")).await?;
    manager.create_index(index("course_runs_by_course", "course_runs", &["course_id"])).await
}

async fn memberships(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("user_organizations")
                .col(uuid("user_id"))
                .col(uuid("organization_id"))
                .primary_key(Index::create().col("user_id").col("organization_id"))
                .foreign_key(&mut references("user_organizations", "user_id", "users", ForeignKeyAction::Cascade))
                .foreign_key(&mut references(
                    "user_organizations",
                    "organization_id",
                    "organizations",
                    ForeignKeyAction::Cascade,
                ))
                .take(),
        )
        .await?;
    manager
        .create_index(index("user_organizations_by_organization", "user_organizations", &["organization_id"]))
        .await?;

    manager
        .create_table(
            Table::create()
                .table("course_editors")
                .col(uuid("course_id"))
                .col(uuid("user_id"))
                .primary_key(Index::create().col("course_id").col("user_id"))
                .foreign_key(&mut references("course_editors", "course_id", "courses", ForeignKeyAction::Cascade))
                .foreign_key(&mut references("course_editors", "user_id", "users", ForeignKeyAction::Cascade))
                .take(),
        )
        .await
}

async fn threads(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("cases")
                .col(uuid("id").primary_key())
                .col(uuid_null("course_id"))
                .col(uuid_null("course_run_id"))
                .col(text("portal_key"))
                .col(boolean("is_default"))
                .col(text("subject"))
                .col(text("status"))
                .col(text_null("priority"))
                .col(text_null("case_number"))
                .col(text_null("salesforce_id"))
                .col(big_integer_null("synced_at"))
                .col(big_integer("version").default(0))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .foreign_key(&mut references("cases", "course_id", "courses", ForeignKeyAction::Restrict))
                .foreign_key(&mut references("cases", "course_run_id", "course_runs", ForeignKeyAction::Restrict))
                .take(),
        )
        .await?;
    manager.create_index(unique("cases", "portal_key")).await?;
    manager.create_index(unique("cases", "salesforce_id")).await?;
    // A course has one default case, whoever makes it.
    manager.create_index(unique("cases", "course_id").and_where(Expr::col("is_default").eq(true)).take()).await?;
    manager.create_index(index("cases_by_course", "cases", &["course_id"])).await?;

    manager
        .create_table(
            Table::create()
                .table("posts")
                .col(uuid("id").primary_key())
                .col(uuid("case_id"))
                .col(text("source"))
                .col(uuid_null("key"))
                .col(text_null("salesforce_id"))
                .col(text_null("ledger_salesforce_id"))
                .col(uuid_null("parent_post_id"))
                .col(uuid_null("author_user_id"))
                .col(text("author_name"))
                .col(boolean("author_is_staff"))
                .col(text("visibility"))
                .col(text("body"))
                .col(uuid_null("course_run_id"))
                .col(text_null("run_key"))
                .col(text_null("content_hash"))
                .col(text("state"))
                .col(text_null("failure"))
                .col(big_integer("created_at"))
                .col(big_integer("changed_at"))
                .col(big_integer_null("deleted_at"))
                .foreign_key(&mut references("posts", "case_id", "cases", ForeignKeyAction::Restrict))
                .foreign_key(&mut references("posts", "parent_post_id", "posts", ForeignKeyAction::SetNull))
                .foreign_key(&mut references("posts", "author_user_id", "users", ForeignKeyAction::Restrict))
                .foreign_key(&mut references("posts", "course_run_id", "course_runs", ForeignKeyAction::Restrict))
                .take(),
        )
        .await?;
    manager.create_index(unique("posts", "key")).await?;
    manager.create_index(unique("posts", "salesforce_id")).await?;
    manager.create_index(index("posts_in_order", "posts", &["case_id", "created_at", "id"])).await?;
    manager.create_index(index("posts_by_parent", "posts", &["parent_post_id"])).await?;
    manager
        .create_index(index("posts_queued", "posts", &["created_at"]).and_where(Expr::col("state").eq("queued")).take())
        .await?;

    manager
        .create_table(
            Table::create()
                .table("drafts")
                .col(uuid("user_id"))
                .col(text("scope"))
                .col(uuid("key"))
                .col(text("body"))
                .col(text("visibility"))
                .col(uuid_null("course_run_id"))
                .col(big_integer("updated_at"))
                .primary_key(Index::create().col("user_id").col("scope"))
                .foreign_key(&mut references("drafts", "user_id", "users", ForeignKeyAction::Cascade))
                .foreign_key(&mut references("drafts", "course_run_id", "course_runs", ForeignKeyAction::SetNull))
                .take(),
        )
        .await
}

async fn deliveries(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("deliveries")
                .col(uuid("id").primary_key())
                .col(text("kind"))
                .col(uuid("subject_id"))
                .col(uuid("lane"))
                .col(text("state"))
                .col(integer("attempts"))
                .col(big_integer("not_before"))
                .col(uuid_null("lease_token"))
                .col(big_integer_null("leased_until"))
                .col(text_null("last_error"))
                .col(text_null("last_error_code"))
                .col(big_integer("created_at"))
                .col(big_integer_null("finished_at"))
                .take(),
        )
        .await?;
    manager.create_index(index("deliveries_due", "deliveries", &["state", "not_before", "id"])).await?;
    manager.create_index(index("deliveries_in_lane", "deliveries", &["lane", "state", "id"])).await?;
    manager.create_index(index("deliveries_by_subject", "deliveries", &["subject_id", "id"])).await
}

async fn org(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("connections")
                .col(uuid("id").primary_key())
                .col(integer("singleton").default(1))
                .col(text("state"))
                .col(text("instance_url"))
                .col(text("login_url"))
                .col(text("org_id"))
                .col(text("org_user_id"))
                .col(text("org_username"))
                .col(binary_null("access_token"))
                .col(binary_null("refresh_token"))
                .col(text("secret_key_id"))
                .col(text_null("scope"))
                .col(big_integer("issued_at"))
                .col(text_null("problem"))
                .col(uuid_null("connected_by"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .foreign_key(&mut references("connections", "connected_by", "users", ForeignKeyAction::SetNull))
                .take(),
        )
        .await?;
    manager
        .create_index(unique("connections", "singleton").and_where(Expr::col("state").ne("disconnected")).take())
        .await?;

    manager
        .create_table(
            Table::create()
                .table("org_records")
                .col(text("org_id"))
                .col(text("kind"))
                .col(uuid("portal_id"))
                .col(text("salesforce_id"))
                .col(text("content_hash"))
                .col(big_integer("updated_at"))
                .primary_key(Index::create().col("org_id").col("kind").col("portal_id"))
                .take(),
        )
        .await?;

    manager
        .create_table(
            Table::create()
                .table("cursors")
                .col(text("org_id"))
                .col(text("source"))
                .col(big_integer("modstamp"))
                .col(text("last_id"))
                .col(big_integer("read_at"))
                .primary_key(Index::create().col("org_id").col("source"))
                .take(),
        )
        .await
}

async fn sessions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("sessions")
                .col(text("id").primary_key())
                .col(uuid_null("user_id"))
                .col(binary("data"))
                .col(big_integer("expires_at"))
                .col(big_integer("created_at"))
                .col(big_integer("last_seen_at"))
                .foreign_key(&mut references("sessions", "user_id", "users", ForeignKeyAction::Cascade))
                .take(),
        )
        .await?;
    manager.create_index(index("sessions_by_user", "sessions", &["user_id"])).await?;
    manager.create_index(index("sessions_by_expiry", "sessions", &["expires_at"])).await
}

fn unique(table: &'static str, column: &'static str) -> IndexCreateStatement {
    Index::create().unique().name(format!("{table}_{column}")).table(table).col(column).take()
}

fn index(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table).take();
    for column in columns {
        index.col(*column);
    }
    index
}

fn references(
    table: &'static str,
    column: &'static str,
    to: &'static str,
    on_delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, column).to(to, "id").on_delete(on_delete).take()
}

//! A number that rises whenever people, memberships or the catalogue change, whoever changes them and by whatever way. What was
//! read of those may be kept in memory for as long as it stands.
//!
//! The database counts by itself, so that nothing can forget to: another process, the command line, an operator's own SQL.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

/// The tables that say who may see what, and what a course is.
const COUNTED: [&str; 7] = [
    "users",
    "user_organizations",
    "organizations",
    "courses",
    "course_organizations",
    "course_runs",
    "course_editors",
];

const TABLE: &str = "CREATE TABLE revision (id INTEGER PRIMARY KEY CHECK (id = 1), value BIGINT NOT NULL, writer TEXT)";
const FIRST: &str = "INSERT INTO revision (id, value) VALUES (1, 1)";

/// One step for each transaction, however many rows it changes.
const COUNT_ON_POSTGRES: &str = "CREATE FUNCTION count_revision() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
     UPDATE revision SET value = value + 1, writer = pg_current_xact_id()::text \
     WHERE writer IS DISTINCT FROM pg_current_xact_id()::text; RETURN NULL; END $$";

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0003_revision"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "as the trait, so that its lifetimes match")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for statement in [TABLE, FIRST] {
            connection.execute_unprepared(statement).await?;
        }
        if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
            connection.execute_unprepared(COUNT_ON_POSTGRES).await?;
            for table in COUNTED {
                // At the end of the transaction, when it takes no other lock any more: so no two can wait for each other.
                connection
                    .execute_unprepared(&format!(
                        "CREATE CONSTRAINT TRIGGER {table}_count AFTER INSERT OR UPDATE OR DELETE ON {table} \
                         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_revision()"
                    ))
                    .await?;
            }
        } else {
            for table in COUNTED {
                for change in ["INSERT", "UPDATE", "DELETE"] {
                    connection
                        .execute_unprepared(&format!(
                            "CREATE TRIGGER {table}_count_{change} AFTER {change} ON {table} \
                             BEGIN UPDATE revision SET value = value + 1; END"
                        ))
                        .await?;
                }
            }
        }
        Ok(())
    }
}

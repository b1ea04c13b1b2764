//! Entities, migrations and repositories for SQLite and PostgreSQL

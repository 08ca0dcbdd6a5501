//! One SQL seam over SQLite (the default, embedded) and PostgreSQL.
//!
//! Statements are written once: `$1` placeholders, `ON CONFLICT`, `RETURNING`, 64-bit integers, text, bytes.
//! A flag is an integer, 0 or 1 ([`flag`]): SQLite's booleans do not pass through the common driver.
//! `{bytes}` in a migration becomes the dialect's type. Aggregates are cast to `BIGINT`.

use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::{Any, AnyPool, Connection, Executor, Row, Transaction};
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

/// Connections of one pool. SQLite has one writer at a time anyway; readers do not wait for it (WAL).
const CONNECTIONS_MAX: u32 = 8;
/// How long a writer waits for another before the database counts as busy.
const BUSY_TIMEOUT_MS: u32 = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// A database of one component or several. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sql {
    pool: AnyPool,
    dialect: Dialect,
}

/// A schema change: a component applies its own in order, once, and never edits one that was released.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    pub number: i64,
    /// Statements separated by `;`.
    pub statements: &'static str,
}

impl Sql {
    /// Opens or creates a SQLite file; every commit is fsynced before it returns.
    pub async fn sqlite(path: &Path) -> Result<Self, SqlError> {
        let text = path.to_str().ok_or(SqlError::PathNotUtf8)?;
        let sql = Self::connect(&format!("sqlite://{text}?mode=rwc"), Dialect::Sqlite).await?;
        // The file's name must be as durable as its content.
        sql.pool.acquire().await.map_err(SqlError::Connect)?;
        if let Some(folder) = path.parent() {
            crate::files::sync_folder(folder).map_err(SqlError::SyncFolder)?;
        }
        Ok(sql)
    }

    /// Connects to PostgreSQL; `schema` keeps components apart within one database.
    pub async fn postgres(url: &str, schema: &str) -> Result<Self, SqlError> {
        let separator = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{separator}options=-c%20search_path%3D{schema}");
        let sql = Self::connect(&url, Dialect::Postgres).await?;
        let create = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&sql.pool).await.map_err(SqlError::Connect)?;
        Ok(sql)
    }

    async fn connect(url: &str, dialect: Dialect) -> Result<Self, SqlError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(Duration::from_secs(30))
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if dialect == Dialect::Sqlite {
                        let pragmas = format!(
                            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                             PRAGMA busy_timeout = {BUSY_TIMEOUT_MS};"
                        );
                        connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(pragmas))).await?;
                    }
                    Ok(())
                })
            })
            .before_acquire(|connection, _| {
                // SQLite ends a transaction by itself when the disk is full; the driver still counts it, and would refuse the
                // next one for ever. Such a connection is replaced.
                let is_free = !connection.is_in_transaction();
                Box::pin(async move { Ok(is_free) })
            })
            .connect(url)
            .await
            .map_err(SqlError::Connect)?;
        Ok(Self { pool, dialect })
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// For statements outside a transaction.
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// A transaction that writes. On SQLite it takes the write lock at once, so that it cannot fail halfway by a lock.
    pub async fn begin(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        match self.dialect {
            Dialect::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await,
            Dialect::Postgres => self.pool.begin().await,
        }
    }

    /// Applies the component's migrations that this database has not seen, each in its own transaction.
    pub async fn migrate(&self, component: &str, migrations: &[Migration]) -> Result<(), SqlError> {
        let table = "CREATE TABLE IF NOT EXISTS migrations (component TEXT NOT NULL, number BIGINT NOT NULL, \
                     PRIMARY KEY (component, number))";
        sqlx::query(table).execute(&self.pool).await.map_err(SqlError::Migrate)?;
        let newest: i64 = sqlx::query(
            "SELECT CAST(COALESCE(MAX(number), 0) AS BIGINT) AS newest FROM migrations WHERE component = $1",
        )
        .bind(component)
        .fetch_one(&self.pool)
        .await
        .and_then(|row| row.try_get("newest"))
        .map_err(SqlError::Migrate)?;
        let known = migrations.last().map_or(0, |migration| migration.number);
        if newest > known {
            return Err(SqlError::FromNewerRelease { component: component.to_owned(), found: newest, known });
        }
        for migration in migrations.iter().filter(|migration| migration.number > newest) {
            self.apply(component, migration).await.map_err(SqlError::Migrate)?;
        }
        Ok(())
    }

    async fn apply(&self, component: &str, migration: &Migration) -> Result<(), sqlx::Error> {
        let bytes = match self.dialect {
            Dialect::Sqlite => "BLOB",
            Dialect::Postgres => "BYTEA",
        };
        let statements = migration.statements.replace("{bytes}", bytes);
        let mut transaction = self.begin().await?;
        transaction.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(statements))).await?;
        sqlx::query("INSERT INTO migrations (component, number) VALUES ($1, $2)")
            .bind(component)
            .bind(migration.number)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    /// Reads the whole database and compares its tables with their indexes; gives what is wrong, in the database's own words,
    /// which name tables and pages. PostgreSQL has tools of its own for that (`pg_amcheck`): nothing is asked of it here.
    pub async fn check_structure(&self) -> Result<Vec<String>, sqlx::Error> {
        if self.dialect == Dialect::Postgres {
            return Ok(Vec::new());
        }
        let rows = sqlx::query("PRAGMA integrity_check").fetch_all(&self.pool).await?;
        let words: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        Ok(words.into_iter().filter(|word| word != "ok").collect())
    }

    /// Ends all connections; pending statements finish first.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        self.pool.acquire().await?.ping().await
    }
}

/// Reads a flag's column.
pub fn flag(row: &AnyRow, column: &str) -> Result<bool, sqlx::Error> {
    row.try_get::<i64, _>(column).map(|value| value != 0)
}

#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    #[error("the database could not be opened")]
    Connect(#[source] sqlx::Error),
    #[error("the database's schema could not be brought up to date")]
    Migrate(#[source] sqlx::Error),
    #[error("the database was written by a newer release: `{component}` is at {found}, this release knows {known}")]
    FromNewerRelease { component: String, found: i64, known: i64 },
    #[error("the database's path is not UTF-8")]
    PathNotUtf8,
    #[error("the database's folder could not be synced")]
    SyncFolder(#[source] std::io::Error),
}

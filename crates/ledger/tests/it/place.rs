//! Where a test's ledger lives.

use domain::{AgencyId, Recordable, UtcMicros};
use ledger::{Ledger, LedgerConfig, LedgerError};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use storage::vault::random_bytes;
use storage::{Dialect, Sql, TestClock, Vault};

pub(crate) const ORIGIN: &str = "sightline.example/ledger";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Act {
    pub(crate) agency: Option<u32>,
    pub(crate) record: Value,
}

impl Act {
    pub(crate) fn of(agency: u32, number: u64) -> Self {
        Self { agency: Some(agency), record: json!({ "number": number }) }
    }
}

impl Recordable for Act {
    fn agency(&self) -> Option<AgencyId> {
        self.agency.map(AgencyId)
    }

    fn kind(&self) -> &'static str {
        "test.act"
    }

    fn record(&self) -> Value {
        self.record.clone()
    }
}

/// A data folder and a database that outlive the ledgers opened on them.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Arc<TestClock>,
    /// URL and schema.
    postgres: Option<(String, String)>,
}

impl Place {
    fn new(postgres: Option<(String, String)>) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            vault: Arc::new(Vault::for_tests()),
            clock: Arc::new(TestClock::at(UtcMicros::YEAR_2000)),
            postgres,
        }
    }

    pub(crate) fn sqlite() -> Self {
        Self::new(None)
    }

    pub(crate) fn dialect(&self) -> Dialect {
        if self.postgres.is_some() { Dialect::Postgres } else { Dialect::Sqlite }
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// A pool of its own.
    pub(crate) async fn sql(&self) -> Sql {
        match &self.postgres {
            Some((url, schema)) => Sql::postgres(url, schema).await.unwrap(),
            None => Sql::sqlite(&self.folder.path().join("ledger.sqlite")).await.unwrap(),
        }
    }

    pub(crate) fn config(&self, sql: Sql) -> LedgerConfig {
        LedgerConfig {
            sql,
            vault: Arc::clone(&self.vault),
            clock: Arc::<TestClock>::clone(&self.clock),
            origin: ORIGIN.into(),
            folder: self.log(),
        }
    }

    pub(crate) async fn try_open(&self) -> Result<Ledger, LedgerError> {
        Ledger::open(self.config(self.sql().await)).await
    }

    pub(crate) async fn open(&self) -> Ledger {
        self.try_open().await.unwrap()
    }

    /// Changes the database behind the ledger's back.
    pub(crate) async fn tamper(&self, statement: &'static str) {
        let sql = self.sql().await;
        sqlx::query(statement).execute(sql.pool()).await.unwrap();
        sql.close().await;
    }
}

/// Runs a scenario on the embedded database, and in a schema of its own of the one that `SIGHTLINE_TEST_POSTGRES` names.
pub(crate) async fn on_every_database(scenario: impl AsyncFn(&Place)) {
    scenario(&Place::sqlite()).await;
    match std::env::var("SIGHTLINE_TEST_POSTGRES") {
        Ok(url) => {
            let schema = format!("ledger_test_{}", hex::encode(random_bytes::<8>()));
            let place = Place::new(Some((url, schema.clone())));
            scenario(&place).await;
            let drop = format!("DROP SCHEMA {schema} CASCADE");
            sqlx::raw_sql(sqlx::AssertSqlSafe(drop)).execute(place.sql().await.pool()).await.unwrap();
        }
        Err(_) => eprintln!("SIGHTLINE_TEST_POSTGRES is not set: tested on SQLite only"),
    }
}

/// Records `count` acts of agency 7 at once.
pub(crate) async fn record_many(ledger: &Ledger, count: u64) {
    let acts = (0..count).map(|number| ledger.record(Act::of(7, number)));
    futures::future::try_join_all(acts).await.unwrap();
}

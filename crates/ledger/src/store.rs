//! The ledger's tables. The row in `ledger_head` is the commit point: an entry counts from the moment that row covers it.

use crate::hash::Hash;
use crate::tree::{Frontier, LEVELS_MAX, TILE_WIDTH, TileId, hashes_at};
use domain::{AgencyId, UtcMicros};
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Row, Transaction};
use std::future::Future;
use storage::sql::Migration;
use storage::{Sql, SqlError};

/// Rows of one INSERT, largest first. Few different statements, so that each stays prepared.
const INSERT_ROWS: [usize; 3] = [64, 8, 1];

const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    statements: "
        CREATE TABLE ledger_entries (
            idx BIGINT PRIMARY KEY, time BIGINT NOT NULL, agency BIGINT,
            leaf {bytes} NOT NULL, leaf_hash {bytes} NOT NULL, sealed {bytes});
        CREATE INDEX ledger_entries_agency ON ledger_entries (agency, idx);
        CREATE TABLE ledger_nodes (
            level BIGINT NOT NULL, position BIGINT NOT NULL, hash {bytes} NOT NULL, PRIMARY KEY (level, position));
        CREATE TABLE ledger_head (
            one BIGINT PRIMARY KEY CHECK (one = 1), size BIGINT NOT NULL, root {bytes} NOT NULL,
            time BIGINT NOT NULL, checkpoint TEXT NOT NULL)",
}];

/// A signed tree head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) size: u64,
    pub(crate) root: Hash,
    /// Time of the newest entry; later entries are not earlier.
    pub(crate) time: UtcMicros,
    /// The signed note of size and root.
    pub(crate) checkpoint: String,
}

/// An entry to be stored.
#[derive(Debug)]
pub(crate) struct NewEntry {
    pub(crate) index: u64,
    pub(crate) time: UtcMicros,
    pub(crate) agency: Option<AgencyId>,
    pub(crate) leaf: Vec<u8>,
    pub(crate) leaf_hash: Hash,
    pub(crate) sealed: Vec<u8>,
}

/// What one transaction stores: a group of entries, the hashes of the tiles they complete, and the head after them.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) before: Head,
    pub(crate) after: Head,
    pub(crate) entries: Vec<NewEntry>,
    /// Tile level, position in it, hash; levels from 1.
    pub(crate) nodes: Vec<(u8, u64, Hash)>,
}

/// A public entry as it is stored.
#[derive(Debug)]
pub(crate) struct StoredLeaf {
    pub(crate) leaf: Vec<u8>,
    pub(crate) leaf_hash: Hash,
}

/// An entry with its sealed record.
#[derive(Debug)]
pub(crate) struct StoredEntry {
    pub(crate) index: u64,
    pub(crate) time: UtcMicros,
    pub(crate) agency: Option<AgencyId>,
    pub(crate) leaf: Vec<u8>,
    /// `None` once the record's retention is over.
    pub(crate) sealed: Option<Vec<u8>>,
}

/// What the writer needs of a database. A seam, so that tests let each step fail, done or undone.
pub(crate) trait Journal: Send + Sync + 'static {
    fn head(&self) -> impl Future<Output = Result<Option<Head>, sqlx::Error>> + Send;

    /// The right edge of the tree of `size` entries; `None` where hashes of it are missing.
    fn frontier(&self, size: u64) -> impl Future<Output = Result<Option<Frontier>, sqlx::Error>> + Send;

    /// Stores a group if the head still is the one before it: all of it, or nothing. Durable on success; on an error the group
    /// may be stored or not.
    fn append(&self, group: &Group) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

/// The tables in SQL. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    sql: Sql,
}

impl Store {
    pub(crate) async fn open(sql: Sql) -> Result<Self, SqlError> {
        sql.migrate("ledger", MIGRATIONS).await?;
        Ok(Self { sql })
    }

    /// Stores the head of the empty log, unless there is a head.
    pub(crate) async fn create_head(&self, head: &Head) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO ledger_head (one, size, root, time, checkpoint) VALUES (1, $1, $2, $3, $4) \
             ON CONFLICT (one) DO NOTHING",
        )
        .bind(number(head.size))
        .bind(head.root.to_vec())
        .bind(head.time.0)
        .bind(head.checkpoint.clone())
        .execute(self.sql.pool())
        .await?;
        Ok(())
    }

    /// Entries that are stored, counted by the highest index.
    pub(crate) async fn entries_end(&self) -> Result<u64, sqlx::Error> {
        let row = sqlx::query("SELECT CAST(COALESCE(MAX(idx) + 1, 0) AS BIGINT) AS size FROM ledger_entries")
            .fetch_one(self.sql.pool())
            .await?;
        unsigned(&row, "size")
    }

    /// Hashes `from..to` of a tile level; those at level 0 are the leaf hashes.
    async fn hashes(&self, level: u8, from: u64, to: u64) -> Result<Vec<Hash>, sqlx::Error> {
        let query = if level == 0 {
            sqlx::query("SELECT leaf_hash AS hash FROM ledger_entries WHERE idx >= $1 AND idx < $2 ORDER BY idx")
        } else {
            sqlx::query(
                "SELECT hash FROM ledger_nodes WHERE position >= $1 AND position < $2 AND level = $3 ORDER BY position",
            )
        };
        let query = query.bind(number(from)).bind(number(to));
        let query = if level == 0 { query } else { query.bind(i64::from(level)) };
        query.fetch_all(self.sql.pool()).await?.iter().map(|row| hash(row, "hash")).collect()
    }

    /// The hashes of a tile that are stored by now.
    pub(crate) async fn tile(&self, id: TileId) -> Result<Vec<Hash>, sqlx::Error> {
        self.hashes(id.level, id.number * TILE_WIDTH, (id.number + 1) * TILE_WIDTH).await
    }

    /// The public entries `from..to`.
    pub(crate) async fn leaves(&self, from: u64, to: u64) -> Result<Vec<StoredLeaf>, sqlx::Error> {
        sqlx::query("SELECT leaf, leaf_hash FROM ledger_entries WHERE idx >= $1 AND idx < $2 ORDER BY idx")
            .bind(number(from))
            .bind(number(to))
            .fetch_all(self.sql.pool())
            .await?
            .iter()
            .map(|row| Ok(StoredLeaf { leaf: row.try_get("leaf")?, leaf_hash: hash(row, "leaf_hash")? }))
            .collect()
    }

    pub(crate) async fn entry(&self, index: u64) -> Result<Option<StoredEntry>, sqlx::Error> {
        // A caller may ask for any number; one beyond SQL's range is not there.
        let Ok(index) = i64::try_from(index) else { return Ok(None) };
        sqlx::query("SELECT idx, time, agency, leaf, sealed FROM ledger_entries WHERE idx = $1")
            .bind(index)
            .fetch_optional(self.sql.pool())
            .await?
            .as_ref()
            .map(stored_entry)
            .transpose()
    }

    /// Entries of one agency, or of the installation, whose records are still there; by index.
    pub(crate) async fn entries_of(
        &self,
        agency: Option<AgencyId>,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StoredEntry>, sqlx::Error> {
        let Ok(from) = i64::try_from(from) else { return Ok(Vec::new()) };
        // `= NULL` is never true in SQL, hence two statements.
        let query = match agency {
            Some(agency) => sqlx::query(
                "SELECT idx, time, agency, leaf, sealed FROM ledger_entries \
                 WHERE idx >= $1 AND sealed IS NOT NULL AND agency = $3 ORDER BY idx LIMIT $2",
            )
            .bind(from)
            .bind(number(limit as u64))
            .bind(i64::from(agency.0)),
            None => sqlx::query(
                "SELECT idx, time, agency, leaf, sealed FROM ledger_entries \
                 WHERE idx >= $1 AND sealed IS NOT NULL AND agency IS NULL ORDER BY idx LIMIT $2",
            )
            .bind(from)
            .bind(number(limit as u64)),
        };
        query.fetch_all(self.sql.pool()).await?.iter().map(stored_entry).collect()
    }

    /// Replaces the signatures of the head, which stays the head that it is.
    pub(crate) async fn sign_head_again(&self, head: &Head) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE ledger_head SET checkpoint = $1 WHERE one = 1 AND size = $2 AND root = $3 RETURNING size")
            .bind(head.checkpoint.clone())
            .bind(number(head.size))
            .bind(head.root.to_vec())
            .fetch_one(self.sql.pool())
            .await
            .map(|_| ())
    }

    async fn insert_entries(transaction: &mut Transaction<'_, Any>, entries: &[NewEntry]) -> Result<(), sqlx::Error> {
        let start = "INSERT INTO ledger_entries (idx, time, agency, leaf, leaf_hash, sealed) VALUES ";
        for rows in insert_chunks(entries) {
            let mut query = sqlx::query(AssertSqlSafe(insert_text(start, 6, rows.len())));
            for entry in rows {
                query = query
                    .bind(number(entry.index))
                    .bind(entry.time.0)
                    .bind(entry.agency.map(|agency| i64::from(agency.0)))
                    .bind(entry.leaf.clone())
                    .bind(entry.leaf_hash.to_vec())
                    .bind(entry.sealed.clone());
            }
            query.execute(&mut **transaction).await?;
        }
        Ok(())
    }
}

impl Journal for Store {
    async fn head(&self) -> Result<Option<Head>, sqlx::Error> {
        let row = sqlx::query("SELECT size, root, time, checkpoint FROM ledger_head WHERE one = 1")
            .fetch_optional(self.sql.pool())
            .await?;
        let head = |row: AnyRow| {
            Ok(Head {
                size: unsigned(&row, "size")?,
                root: hash(&row, "root")?,
                time: UtcMicros(row.try_get("time")?),
                checkpoint: row.try_get("checkpoint")?,
            })
        };
        row.map(head).transpose()
    }

    async fn frontier(&self, size: u64) -> Result<Option<Frontier>, sqlx::Error> {
        let mut levels = Vec::with_capacity(usize::from(LEVELS_MAX));
        for level in 0..LEVELS_MAX {
            let end = hashes_at(level, size);
            let start = end - end % TILE_WIDTH;
            levels.push(if start == end { Vec::new() } else { self.hashes(level, start, end).await? });
        }
        Ok(Frontier::from_partials(size, levels))
    }

    async fn append(&self, group: &Group) -> Result<(), sqlx::Error> {
        let mut transaction = self.sql.begin().await?;
        // First, because it locks the row: of two writers one finds the head moved (no row) and stores nothing.
        sqlx::query(
            "UPDATE ledger_head SET size = $1, root = $2, time = $3, checkpoint = $4 \
             WHERE one = 1 AND size = $5 AND root = $6 RETURNING size",
        )
        .bind(number(group.after.size))
        .bind(group.after.root.to_vec())
        .bind(group.after.time.0)
        .bind(group.after.checkpoint.clone())
        .bind(number(group.before.size))
        .bind(group.before.root.to_vec())
        .fetch_one(&mut *transaction)
        .await?;
        Self::insert_entries(&mut transaction, &group.entries).await?;
        for (level, position, hash) in &group.nodes {
            sqlx::query("INSERT INTO ledger_nodes (level, position, hash) VALUES ($1, $2, $3)")
                .bind(i64::from(*level))
                .bind(number(*position))
                .bind(hash.to_vec())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    }
}

/// Cuts rows into pieces of the sizes in [`INSERT_ROWS`].
fn insert_chunks<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let width = INSERT_ROWS.into_iter().find(|width| *width <= rows.len())?;
        let (chunk, rest) = rows.split_at(width);
        rows = rest;
        Some(chunk)
    })
}

fn insert_text(start: &str, columns: usize, rows: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!("{start}{}", rows.join(", "))
}

fn number(value: u64) -> i64 {
    i64::try_from(value).expect("a log of 2^63 entries cannot be written")
}

fn unsigned(row: &AnyRow, column: &str) -> Result<u64, sqlx::Error> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|error| decoding(column, error))
}

fn hash(row: &AnyRow, column: &str) -> Result<Hash, sqlx::Error> {
    let bytes: Vec<u8> = row.try_get(column)?;
    bytes.as_slice().try_into().map_err(|error: std::array::TryFromSliceError| decoding(column, error))
}

fn decoding(column: &str, source: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(source) }
}

fn stored_entry(row: &AnyRow) -> Result<StoredEntry, sqlx::Error> {
    let agency: Option<i64> = row.try_get("agency")?;
    Ok(StoredEntry {
        index: unsigned(row, "idx")?,
        time: UtcMicros(row.try_get("time")?),
        agency: agency.map(u32::try_from).transpose().map_err(|error| decoding("agency", error))?.map(AgencyId),
        leaf: row.try_get("leaf")?,
        sealed: row.try_get("sealed")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserts_are_cut_into_few_sizes_and_lose_no_row() {
        let rows: Vec<usize> = (0..512 + 61).collect();
        let chunks: Vec<&[usize]> = insert_chunks(&rows).collect();
        assert_eq!(chunks.concat(), rows);
        assert!(chunks.iter().all(|chunk| INSERT_ROWS.contains(&chunk.len())));
        assert_eq!(insert_text("X ", 2, 2), "X ($1, $2), ($3, $4)");
    }
}

//! All SQL of the store: recents, the catalogue of segments, hidden ids, where photos lie, counters.

use crate::StoreError;
use crate::photos::{PhotoPlace, StoredPhoto};
use crate::row::day_of;
use domain::{AgencyId, UtcMicros};
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};
use storage::Sql;
use storage::sql::Migration;

const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        statements: "
        CREATE TABLE recents (batch BIGINT PRIMARY KEY, row_count BIGINT NOT NULL, body {bytes} NOT NULL);
        CREATE TABLE segments (
            name TEXT PRIMARY KEY, day BIGINT NOT NULL, class BIGINT NOT NULL, row_count BIGINT NOT NULL,
            byte_count BIGINT NOT NULL, time_min BIGINT NOT NULL, time_max BIGINT NOT NULL,
            id_min BIGINT NOT NULL, id_max BIGINT NOT NULL, checksum BIGINT NOT NULL);
        CREATE TABLE hidden_detections (
            id BIGINT PRIMARY KEY, day BIGINT NOT NULL, successor BIGINT, hidden_at BIGINT NOT NULL);
        CREATE TABLE photos (
            detection BIGINT NOT NULL, n BIGINT NOT NULL, sealed_as BIGINT NOT NULL, owner BIGINT NOT NULL,
            day BIGINT NOT NULL, pack TEXT NOT NULL, starts_at BIGINT NOT NULL, byte_count BIGINT NOT NULL,
            PRIMARY KEY (detection, n));
        CREATE TABLE store_counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
        INSERT INTO store_counters (name, value) VALUES ('next_id', 1), ('next_segment', 1);",
    },
    // Segments and recent batches of version 2. No table changes; but a release that reads version 1 only would set all of
    // them aside and take repeated reads for new ones. With this number it refuses to open the store.
    Migration { number: 2, statements: "UPDATE store_counters SET value = value WHERE name = 'next_segment';" },
    // How long detections are kept; 2^63 - 1 is for ever. A release that does not know of it would show what is due.
    Migration {
        number: 3,
        statements: "INSERT INTO store_counters (name, value) VALUES ('keep_micros', 9223372036854775807);",
    },
    // Segments without the sections `X.reversed`, which a release before would take for damage.
    Migration { number: 4, statements: "UPDATE store_counters SET value = value WHERE name = 'next_segment';" },
];

/// Recent batches that are read at once while opening: at ten thousand rows each about 60 MB.
const RECENTS_PAGE: i64 = 64;

/// Photos that are looked at at once while purging.
const PHOTOS_PAGE: i64 = 1_000;

/// A row of `recents`.
#[derive(Debug)]
pub(crate) struct RecentBatch {
    pub(crate) batch: i64,
    pub(crate) rows: usize,
    pub(crate) body: Vec<u8>,
}

/// A segment as the catalogue knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Catalogued {
    pub(crate) name: String,
    pub(crate) day: i32,
    pub(crate) class: i32,
    pub(crate) rows: usize,
    pub(crate) bytes: u64,
    pub(crate) times: (i64, i64),
    pub(crate) ids: (u64, u64),
    pub(crate) checksum: u32,
}

/// An id that is no longer shown, the day of its scan, and what stands in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HiddenId {
    pub(crate) id: u64,
    pub(crate) day: i32,
    pub(crate) successor: Option<u64>,
}

/// Everything that one group of appends changes; kept in one transaction or not at all.
#[derive(Debug, Default)]
pub(crate) struct BatchChange {
    pub(crate) batch: i64,
    pub(crate) rows: usize,
    pub(crate) next_id: u64,
    pub(crate) hidden: Vec<HiddenId>,
    pub(crate) photos: Vec<StoredPhoto>,
    /// Photos that a new version takes over: (from, to).
    pub(crate) inherited: Vec<(u64, u64)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Catalogue {
    sql: Sql,
}

/// Ids and counters are below `i64::MAX` by construction.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

fn narrow(value: i64) -> i32 {
    i32::try_from(value).unwrap_or_default()
}

impl Catalogue {
    pub(crate) async fn open(sql: Sql) -> Result<Self, StoreError> {
        sql.migrate("detections", MIGRATIONS).await.map_err(|error| StoreError::Schema(error.into()))?;
        Ok(Self { sql })
    }

    async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        self.sql.begin().await.map_err(StoreError::database("begin a change"))
    }

    pub(crate) async fn counter(&self, name: &str) -> Result<i64, StoreError> {
        let found = sqlx::query("SELECT value FROM store_counters WHERE name = $1")
            .bind(name)
            .fetch_one(self.sql.pool())
            .await
            .and_then(|row| row.try_get("value"));
        found.map_err(StoreError::database("read a counter"))
    }

    /// The number of the last recent batch.
    pub(crate) async fn last_batch(&self) -> Result<Option<i64>, StoreError> {
        let found = sqlx::query("SELECT batch FROM recents ORDER BY batch DESC LIMIT 1")
            .fetch_optional(self.sql.pool())
            .await
            .and_then(|row| row.map(|row| row.try_get("batch")).transpose());
        found.map_err(StoreError::database("look for the last recent batch"))
    }

    /// The first recent batches after one, ascending.
    pub(crate) async fn recents_after(&self, batch: i64) -> Result<Vec<RecentBatch>, StoreError> {
        let failed = StoreError::database("read the recent batches");
        let rows = sqlx::query("SELECT batch, row_count, body FROM recents WHERE batch > $1 ORDER BY batch LIMIT $2")
            .bind(batch)
            .bind(RECENTS_PAGE)
            .fetch_all(self.sql.pool())
            .await
            .map_err(&failed)?;
        let read = |row: &AnyRow| -> Result<RecentBatch, sqlx::Error> {
            let rows = usize::try_from(row.try_get::<i64, _>("row_count")?).unwrap_or_default();
            Ok(RecentBatch { batch: row.try_get("batch")?, rows, body: row.try_get("body")? })
        };
        rows.iter().map(read).collect::<Result<_, _>>().map_err(failed)
    }

    pub(crate) async fn segments(&self) -> Result<Vec<Catalogued>, StoreError> {
        let failed = StoreError::database("read the catalogue of segments");
        let rows = sqlx::query("SELECT * FROM segments ORDER BY name").fetch_all(self.sql.pool()).await;
        let read = |row: &AnyRow| -> Result<Catalogued, sqlx::Error> {
            Ok(Catalogued {
                name: row.try_get("name")?,
                day: narrow(row.try_get("day")?),
                class: narrow(row.try_get("class")?),
                rows: usize::try_from(row.try_get::<i64, _>("row_count")?).unwrap_or_default(),
                bytes: unsigned(row.try_get("byte_count")?),
                times: (row.try_get("time_min")?, row.try_get("time_max")?),
                ids: (unsigned(row.try_get("id_min")?), unsigned(row.try_get("id_max")?)),
                checksum: u32::try_from(row.try_get::<i64, _>("checksum")?).unwrap_or_default(),
            })
        };
        rows.map_err(&failed)?.iter().map(read).collect::<Result<_, _>>().map_err(failed)
    }

    pub(crate) async fn hidden(&self) -> Result<Vec<(u64, i32)>, StoreError> {
        let failed = StoreError::database("read the hidden detections");
        let rows = sqlx::query("SELECT id, day FROM hidden_detections ORDER BY id").fetch_all(self.sql.pool()).await;
        rows.map_err(&failed)?
            .iter()
            .map(|row| Ok((unsigned(row.try_get("id")?), narrow(row.try_get("day")?))))
            .collect::<Result<_, sqlx::Error>>()
            .map_err(failed)
    }

    /// The statements of a group of appends; the caller commits.
    pub(crate) async fn stage_batch(
        &self,
        change: &BatchChange,
        body: &[u8],
        now: UtcMicros,
    ) -> Result<Transaction<'static, Any>, StoreError> {
        let failed = StoreError::database("store a batch");
        let mut transaction = self.begin().await?;
        sqlx::query("INSERT INTO recents (batch, row_count, body) VALUES ($1, $2, $3)")
            .bind(change.batch)
            .bind(signed(change.rows as u64))
            .bind(body)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        sqlx::query("UPDATE store_counters SET value = $1 WHERE name = 'next_id'")
            .bind(signed(change.next_id))
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        for photo in &change.photos {
            insert_photo(&mut transaction, photo).await.map_err(&failed)?;
        }
        for (from, to) in &change.inherited {
            sqlx::query(
                "INSERT INTO photos (detection, n, sealed_as, owner, day, pack, starts_at, byte_count) \
                 SELECT $1, n, sealed_as, owner, day, pack, starts_at, byte_count FROM photos WHERE detection = $2",
            )
            .bind(signed(*to))
            .bind(signed(*from))
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        insert_hidden(&mut transaction, &change.hidden, now).await.map_err(failed)?;
        Ok(transaction)
    }

    /// Whether a batch is in `recents`: what a failed commit did not tell.
    pub(crate) async fn has_batch(&self, batch: i64) -> Result<bool, StoreError> {
        let found =
            sqlx::query("SELECT batch FROM recents WHERE batch = $1").bind(batch).fetch_optional(self.sql.pool()).await;
        found.map(|row| row.is_some()).map_err(StoreError::database("look for a batch"))
    }

    pub(crate) async fn has_segment(&self, name: &str) -> Result<bool, StoreError> {
        let found =
            sqlx::query("SELECT name FROM segments WHERE name = $1").bind(name).fetch_optional(self.sql.pool()).await;
        found.map(|row| row.is_some()).map_err(StoreError::database("look for a segment"))
    }

    /// Names new segments and takes away what they replace, batches of `recents` or older segments; the caller commits.
    pub(crate) async fn stage_segments(
        &self,
        added: &[Catalogued],
        batches: &[(i64, i64)],
        replaced: &[String],
        next_segment: i64,
    ) -> Result<Transaction<'static, Any>, StoreError> {
        let failed = StoreError::database("change the catalogue");
        let mut transaction = self.begin().await?;
        for segment in added {
            sqlx::query(
                "INSERT INTO segments (name, day, class, row_count, byte_count, time_min, time_max, id_min, id_max, \
                 checksum) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            )
            .bind(segment.name.as_str())
            .bind(i64::from(segment.day))
            .bind(i64::from(segment.class))
            .bind(signed(segment.rows as u64))
            .bind(signed(segment.bytes))
            .bind(segment.times.0)
            .bind(segment.times.1)
            .bind(signed(segment.ids.0))
            .bind(signed(segment.ids.1))
            .bind(i64::from(segment.checksum))
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        for (first, last) in batches {
            sqlx::query("DELETE FROM recents WHERE batch >= $1 AND batch <= $2")
                .bind(*first)
                .bind(*last)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        for name in replaced {
            sqlx::query("DELETE FROM segments WHERE name = $1")
                .bind(name.as_str())
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        sqlx::query("UPDATE store_counters SET value = $1 WHERE name = 'next_segment'")
            .bind(next_segment)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        Ok(transaction)
    }

    pub(crate) async fn photo(&self, detection: u64, n: u8) -> Result<Option<StoredPhoto>, StoreError> {
        let failed = StoreError::database("look for a photo");
        let row = sqlx::query(
            "SELECT sealed_as, owner, day, pack, starts_at, byte_count FROM photos WHERE detection = $1 AND n = $2",
        )
        .bind(signed(detection))
        .bind(i64::from(n))
        .fetch_optional(self.sql.pool())
        .await
        .map_err(&failed)?;
        row.map(|row| stored_photo(&row, detection, n)).transpose().map_err(failed)
    }

    /// The first photos after one, by detection and number.
    pub(crate) async fn photos_after(&self, after: (u64, u8)) -> Result<Vec<StoredPhoto>, StoreError> {
        let failed = StoreError::database("read where photos lie");
        let rows = sqlx::query(
            "SELECT detection, n, sealed_as, owner, day, pack, starts_at, byte_count FROM photos \
             WHERE detection > $1 OR (detection = $1 AND n > $2) ORDER BY detection, n LIMIT $3",
        )
        .bind(signed(after.0))
        .bind(i64::from(after.1))
        .bind(PHOTOS_PAGE)
        .fetch_all(self.sql.pool())
        .await
        .map_err(&failed)?;
        let read = |row: &AnyRow| {
            let n = u8::try_from(row.try_get::<i64, _>("n")?).unwrap_or(u8::MAX);
            stored_photo(row, unsigned(row.try_get("detection")?), n)
        };
        rows.iter().map(read).collect::<Result<_, sqlx::Error>>().map_err(failed)
    }

    /// Says where a photo that was fetched from its camera lies; the first one stays. The caller commits.
    pub(crate) async fn stage_photo(&self, photo: &StoredPhoto) -> Result<Transaction<'static, Any>, StoreError> {
        let mut transaction = self.begin().await?;
        insert_photo(&mut transaction, photo).await.map_err(StoreError::database("keep a photo"))?;
        Ok(transaction)
    }

    /// Hides withdrawn detections; the caller commits.
    pub(crate) async fn stage_withdrawal(
        &self,
        withdrawn: &[HiddenId],
        now: UtcMicros,
    ) -> Result<Transaction<'static, Any>, StoreError> {
        let mut transaction = self.begin().await?;
        let hidden = insert_hidden(&mut transaction, withdrawn, now).await;
        hidden.map_err(StoreError::database("withdraw detections"))?;
        Ok(transaction)
    }

    pub(crate) async fn is_hidden(&self, id: u64) -> Result<bool, StoreError> {
        let found = sqlx::query("SELECT id FROM hidden_detections WHERE id = $1")
            .bind(signed(id))
            .fetch_optional(self.sql.pool())
            .await;
        found.map(|row| row.is_some()).map_err(StoreError::database("look for a hidden detection"))
    }

    /// Sets how long detections are kept; the caller commits.
    pub(crate) async fn stage_retention(&self, keep_micros: i64) -> Result<Transaction<'static, Any>, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE store_counters SET value = $1 WHERE name = 'keep_micros'")
            .bind(keep_micros)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::database("set the retention"))?;
        Ok(transaction)
    }

    /// Photos of days before one that later versions have taken over, by detection after one: (detection, day).
    pub(crate) async fn photos_taken_over(&self, before: i32, after: u64) -> Result<Vec<(u64, i32)>, StoreError> {
        let failed = StoreError::database("look for photos that were taken over");
        let rows = sqlx::query(
            "SELECT detection, MIN(day) AS day FROM photos \
             WHERE day < $1 AND detection <> sealed_as AND detection > $2 GROUP BY detection ORDER BY detection LIMIT $3",
        )
        .bind(i64::from(before))
        .bind(signed(after))
        .bind(PHOTOS_PAGE)
        .fetch_all(self.sql.pool())
        .await
        .map_err(&failed)?;
        rows.iter()
            .map(|row| Ok((unsigned(row.try_get("detection")?), narrow(row.try_get("day")?))))
            .collect::<Result<_, sqlx::Error>>()
            .map_err(failed)
    }

    /// Whether [`Self::stage_purge`] would find something of reads before two days.
    pub(crate) async fn has_rows_before(&self, hidden_before: i32, photos_before: i32) -> Result<bool, StoreError> {
        for (statement, day) in [
            ("SELECT day FROM hidden_detections WHERE day < $1 LIMIT 1", hidden_before),
            ("SELECT day FROM photos WHERE day < $1 LIMIT 1", photos_before),
        ] {
            let found = sqlx::query(statement).bind(i64::from(day)).fetch_optional(self.sql.pool()).await;
            if found.map_err(StoreError::database("look for what is due"))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes segments out of the catalogue, and what is kept of reads before two days: the ids of hidden ones, and where
    /// photos lie. The caller commits.
    pub(crate) async fn stage_purge(
        &self,
        names: &[String],
        hidden_before: i32,
        photos_before: i32,
    ) -> Result<Transaction<'static, Any>, StoreError> {
        let failed = StoreError::database("purge segments");
        let mut transaction = self.begin().await?;
        for name in names {
            let delete = sqlx::query("DELETE FROM segments WHERE name = $1").bind(name.as_str());
            delete.execute(&mut *transaction).await.map_err(&failed)?;
        }
        for (statement, day) in [
            ("DELETE FROM hidden_detections WHERE day < $1", hidden_before),
            ("DELETE FROM photos WHERE day < $1", photos_before),
        ] {
            let delete = sqlx::query(statement).bind(i64::from(day));
            delete.execute(&mut *transaction).await.map_err(&failed)?;
        }
        Ok(transaction)
    }
}

async fn insert_hidden(
    transaction: &mut Transaction<'static, Any>,
    hidden: &[HiddenId],
    now: UtcMicros,
) -> Result<(), sqlx::Error> {
    for hidden in hidden {
        sqlx::query(
            "INSERT INTO hidden_detections (id, day, successor, hidden_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(signed(hidden.id))
        .bind(i64::from(hidden.day))
        .bind(hidden.successor.map(signed))
        .bind(now.0)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

fn stored_photo(row: &AnyRow, detection: u64, n: u8) -> Result<StoredPhoto, sqlx::Error> {
    Ok(StoredPhoto {
        detection,
        n,
        sealed_as: unsigned(row.try_get("sealed_as")?),
        owner: AgencyId(u32::try_from(row.try_get::<i64, _>("owner")?).unwrap_or_default()),
        day: narrow(row.try_get("day")?),
        place: PhotoPlace {
            pack: row.try_get("pack")?,
            start: unsigned(row.try_get("starts_at")?),
            length: unsigned(row.try_get("byte_count")?),
        },
    })
}

async fn insert_photo(transaction: &mut Transaction<'static, Any>, photo: &StoredPhoto) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO photos (detection, n, sealed_as, owner, day, pack, starts_at, byte_count) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (detection, n) DO NOTHING",
    )
    .bind(signed(photo.detection))
    .bind(i64::from(photo.n))
    .bind(signed(photo.sealed_as))
    .bind(i64::from(photo.owner.0))
    .bind(i64::from(photo.day))
    .bind(photo.place.pack.as_str())
    .bind(signed(photo.place.start))
    .bind(signed(photo.place.length))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// The catalogue's record of a segment that was just encoded.
pub(crate) fn describe(
    name: String,
    class: i32,
    segment: &crate::segment::Segment,
) -> Result<Catalogued, crate::FormatError> {
    let reader = segment.read()?;
    let times = reader.time_bounds();
    Ok(Catalogued {
        name,
        day: day_of(times.0),
        class,
        rows: segment.rows(),
        bytes: segment.bytes().len() as u64,
        times,
        ids: reader.id_bounds(),
        checksum: segment.crc(),
    })
}

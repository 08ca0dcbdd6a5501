//! SQL of training records and of tries at the built-in tests.

use domain::time::DAY_MICROS;
use domain::{AgencyId, Course, UserId, UtcMicros};
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row};
use std::collections::{BTreeMap, HashMap};
use storage::sql::Migration;
use storage::{Sql, SqlError};

pub async fn migrate(sql: &Sql) -> Result<(), SqlError> {
    sql.migrate("training", MIGRATIONS).await
}

const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    statements: "
        CREATE TABLE training_records (
            user_id TEXT NOT NULL REFERENCES users (id), course TEXT NOT NULL, passed BIGINT NOT NULL, how TEXT NOT NULL,
            PRIMARY KEY (user_id, course, passed));
        CREATE TABLE training_tries (
            user_id TEXT NOT NULL REFERENCES users (id), course TEXT NOT NULL, tried BIGINT NOT NULL,
            right_answers BIGINT NOT NULL, passed BIGINT NOT NULL);
        CREATE INDEX training_tries_by_user ON training_tries (user_id, course, tried);
    ",
}];

/// When each course was last passed.
pub type Trained = BTreeMap<Course, UtcMicros>;

fn read(row: &AnyRow) -> Result<Option<(Course, UtcMicros)>, sqlx::Error> {
    let word: String = row.try_get("course")?;
    let passed = UtcMicros(row.try_get("passed")?);
    Ok(Course::from_word(&word).map(|course| (course, passed)))
}

pub async fn of_user(sql: &Sql, user: UserId) -> Result<Trained, sqlx::Error> {
    let text = "SELECT course, CAST(MAX(passed) AS BIGINT) AS passed FROM training_records WHERE user_id = $1
        GROUP BY course";
    let rows = sqlx::query(text).bind(user.to_string()).fetch_all(sql.pool()).await?;
    Ok(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

pub async fn of_agency(sql: &Sql, agency: AgencyId) -> Result<HashMap<UserId, Trained>, sqlx::Error> {
    let text = "SELECT user_id, course, CAST(MAX(passed) AS BIGINT) AS passed FROM training_records
        WHERE user_id IN (SELECT id FROM users WHERE agency = $1) GROUP BY user_id, course";
    let rows = sqlx::query(text).bind(i64::from(agency.0)).fetch_all(sql.pool()).await?;
    let mut all: HashMap<UserId, Trained> = HashMap::new();
    for row in &rows {
        let user: String = row.try_get("user_id")?;
        let user = user.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        if let Some((course, passed)) = read(row)? {
            all.entry(user).or_default().insert(course, passed);
        }
    }
    Ok(all)
}

/// Tries at a test within the last 24 hours.
pub async fn tries<'c>(
    executor: impl Executor<'c, Database = Any>,
    user: UserId,
    course: Course,
    now: UtcMicros,
) -> Result<usize, sqlx::Error> {
    let text = "SELECT CAST(COUNT(*) AS BIGINT) AS count FROM training_tries
        WHERE user_id = $1 AND course = $2 AND tried > $3";
    let count: i64 = sqlx::query(text)
        .bind(user.to_string())
        .bind(course.word())
        .bind(now.plus_micros(-DAY_MICROS).0)
        .fetch_one(executor)
        .await?
        .try_get("count")?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

pub async fn insert_try<'c>(
    executor: impl Executor<'c, Database = Any>,
    user: UserId,
    course: Course,
    (right, passed): (usize, bool),
    now: UtcMicros,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO training_tries (user_id, course, tried, right_answers, passed) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(user.to_string())
    .bind(course.word())
    .bind(now.0)
    .bind(i64::try_from(right).unwrap_or(i64::MAX))
    .bind(i64::from(passed))
    .execute(executor)
    .await?;
    Ok(())
}

/// A record that is there already stays as it is.
pub async fn insert_record<'c>(
    executor: impl Executor<'c, Database = Any>,
    user: UserId,
    course: Course,
    passed: UtcMicros,
    how: &str,
) -> Result<(), sqlx::Error> {
    let text = "INSERT INTO training_records (user_id, course, passed, how) VALUES ($1, $2, $3, $4)
        ON CONFLICT (user_id, course, passed) DO NOTHING";
    sqlx::query(text).bind(user.to_string()).bind(course.word()).bind(passed.0).bind(how).execute(executor).await?;
    Ok(())
}

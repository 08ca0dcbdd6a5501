//! Budgets of area and time (LIM-2): many small areas, or many short frames, add up.
//!
//! A question spends the size of its areas' union, times the days that it looks at. Exactly the same areas asked again
//! spend only time that was not looked at before. Counted by days of the calendar in UTC, for the person and for the case,
//! as keyed hashes: enough to count, not enough to read.

use crate::App;
use crate::accounts::{Caller, sessions};
use crate::http::Problem;
use domain::case_pattern::normalise_case_reference;
use domain::time::DAY_MICROS;
use domain::{Area, Criteria, Question, TimeFrame, UtcMicros, square_metres_together};
use policy::{AREA_BUDGET_DAYS, AreaTime, BudgetFacts, M2_PER_KM2};
use sqlx::{Any, Row, Transaction};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use storage::sql::Migration;
use storage::{Sql, SqlError};

/// Earlier frames of the same areas that are looked at, newest first. What lies in others counts again: never too little.
const FRAMES_MAX: i64 = 500;

pub async fn migrate(sql: &Sql) -> Result<(), SqlError> {
    sql.migrate("area-budgets", MIGRATIONS).await
}

const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    statements: "
        CREATE TABLE area_spent (
            holder TEXT NOT NULL, day BIGINT NOT NULL, m2_days BIGINT NOT NULL, PRIMARY KEY (holder, day));
        CREATE INDEX area_spent_by_day ON area_spent (day);
        CREATE TABLE area_looked_at (
            holder TEXT NOT NULL, areas_key TEXT NOT NULL, day BIGINT NOT NULL, first_micros BIGINT NOT NULL,
            end_micros BIGINT NOT NULL);
        CREATE INDEX area_looked_at_by_areas ON area_looked_at (holder, areas_key, day);
        CREATE INDEX area_looked_at_by_day ON area_looked_at (day);
    ",
}];

/// What questions that are being decided right now will spend, so that several at once do not all take the last of it.
#[derive(Debug, Default)]
pub struct InFlight(Mutex<HashMap<String, i64>>);

/// The part of a question that looks at some areas over one frame.
struct Part {
    areas_key: String,
    square_metres: f64,
    frame: (i64, i64),
}

/// What a question spends of one budget.
#[derive(Debug, Default)]
struct Spending {
    /// Empty where the question has no areas, or names no case.
    holder: String,
    adds: i64,
    /// Frames with their areas that were not looked at before.
    fresh: Vec<(String, i64, i64)>,
    facts: BudgetFacts,
}

/// What a question spends, held until it is noted or refused.
#[derive(Debug)]
pub struct Charge<'a> {
    in_flight: &'a InFlight,
    day: i64,
    person: Spending,
    case: Spending,
}

fn oldest_day(now: UtcMicros) -> i64 {
    i64::from(now.day()) - i64::from(AREA_BUDGET_DAYS) + 1
}

fn person(app: &App, caller: &Caller) -> String {
    sessions::lasting_id_of(&app.vault, &format!("area budget of person {}", caller.user.id))
}

fn parts(app: &App, question: &Question, now: UtcMicros) -> Vec<Part> {
    let mut by_frame: BTreeMap<(i64, i64), Vec<&Area>> = BTreeMap::new();
    // What lies in the future holds no detections and does not count.
    let past = |frame: TimeFrame| (frame.from().0, frame.to().min(now).0);
    match question.criteria() {
        Criteria::CommonPlate { places, .. } => {
            for place in places {
                by_frame.entry(past(place.frame.unwrap_or(question.frame()))).or_default().push(&place.area);
            }
        }
        criteria => drop(by_frame.insert(past(question.frame()), criteria.areas())),
    }
    by_frame.retain(|(from, to), areas| from < to && !areas.is_empty());
    let part = |(frame, areas): ((i64, i64), Vec<&Area>)| {
        let mut words: Vec<_> = areas.iter().map(|area| format!("{:?} {:?}", area.outline(), area.holes())).collect();
        words.sort_unstable();
        words.dedup();
        let areas_key = sessions::lasting_id_of(&app.vault, &format!("areas {}", words.join("; ")));
        // What cannot be measured is refused by policy.
        let square_metres = square_metres_together(&areas).unwrap_or(f64::INFINITY);
        Part { areas_key, square_metres, frame }
    };
    by_frame.into_iter().map(part).collect()
}

/// What is left of a frame without those that were looked at before; these need no order.
fn fresh((from, to): (i64, i64), mut seen: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    seen.sort_unstable();
    let (mut found, mut at) = (Vec::new(), from);
    for (seen_from, seen_to) in seen {
        if at < seen_from.min(to) {
            found.push((at, seen_from.min(to)));
        }
        at = at.max(seen_to);
    }
    if at < to {
        found.push((at, to));
    }
    found
}

/// Square-metre days, rounded up: nothing is so small that it counts as nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "beyond the range it saturates")]
fn m2_days(square_metres: f64, micros: i64) -> i64 {
    ((square_metres * (micros as f64 / DAY_MICROS as f64)).ceil() as i64).min(i64::MAX / 4)
}

impl Spending {
    async fn of(app: &App, holder: String, parts: &[Part], now: UtcMicros) -> Result<Self, sqlx::Error> {
        let mut spending = Self { holder, ..Self::default() };
        for Part { areas_key, square_metres, frame } in parts {
            let query = "SELECT first_micros, end_micros FROM area_looked_at
                WHERE holder = $1 AND areas_key = $2 AND day >= $3 ORDER BY day DESC LIMIT $4";
            let rows = sqlx::query(query)
                .bind(spending.holder.as_str())
                .bind(areas_key.as_str())
                .bind(oldest_day(now))
                .bind(FRAMES_MAX)
                .fetch_all(app.sql.pool())
                .await?;
            let seen = rows.iter().map(|row| Ok((row.try_get("first_micros")?, row.try_get("end_micros")?)));
            for (from, to) in fresh(*frame, seen.collect::<Result<_, sqlx::Error>>()?) {
                spending.adds = spending.adds.saturating_add(m2_days(*square_metres, to - from));
                spending.fresh.push((areas_key.clone(), from, to));
            }
        }
        Ok(spending)
    }

    async fn decide(&mut self, app: &App, budget_km2_days: u32, ahead: i64, now: UtcMicros) -> Result<(), sqlx::Error> {
        let days = spent(app, &self.holder, now).await?;
        let spent = days.iter().fold(ahead, |sum, (_, m2_days)| sum.saturating_add(*m2_days));
        let budget = i64::from(budget_km2_days) * M2_PER_KM2;
        let mut left = budget.saturating_sub(spent);
        let enough = days.iter().find(|(_, m2_days)| {
            left = left.saturating_add(*m2_days);
            left >= self.adds
        });
        let enough_free = enough.map(|(day, _)| free_again(*day));
        self.facts = BudgetFacts { adds: self.adds, spent, enough_free };
        Ok(())
    }

    async fn note(&self, transaction: &mut Transaction<'_, Any>, day: i64) -> Result<(), sqlx::Error> {
        if self.adds == 0 {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO area_spent (holder, day, m2_days) VALUES ($1, $2, $3)
             ON CONFLICT (holder, day) DO UPDATE SET m2_days = area_spent.m2_days + excluded.m2_days",
        )
        .bind(self.holder.as_str())
        .bind(day)
        .bind(self.adds)
        .execute(&mut **transaction)
        .await?;
        for (areas_key, from, to) in &self.fresh {
            sqlx::query(
                "INSERT INTO area_looked_at (holder, areas_key, day, first_micros, end_micros) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(self.holder.as_str())
            .bind(areas_key.as_str())
            .bind(day)
            .bind(*from)
            .bind(*to)
            .execute(&mut **transaction)
            .await?;
        }
        Ok(())
    }
}

/// The first instant at which what was spent on a day no longer counts.
fn free_again(day: i64) -> UtcMicros {
    UtcMicros((day + i64::from(AREA_BUDGET_DAYS)) * DAY_MICROS)
}

/// Days of the window with what was spent on them, oldest first.
async fn spent(app: &App, holder: &str, now: UtcMicros) -> Result<Vec<(i64, i64)>, sqlx::Error> {
    let query = "SELECT day, m2_days FROM area_spent WHERE holder = $1 AND day >= $2 ORDER BY day";
    let rows = sqlx::query(query).bind(holder).bind(oldest_day(now)).fetch_all(app.sql.pool()).await?;
    rows.iter().map(|row| Ok((row.try_get("day")?, row.try_get("m2_days")?))).collect()
}

/// What the question would spend, of the caller's budget and of its case's.
pub async fn charge<'a>(
    app: &'a App,
    caller: &Caller,
    question: &Question,
    case_reference: Option<&str>,
    now: UtcMicros,
) -> Result<Charge<'a>, Problem> {
    let parts = parts(app, question, now);
    let mut charge = Charge {
        in_flight: &app.area_budgets,
        day: i64::from(now.day()),
        person: Spending::default(),
        case: Spending::default(),
    };
    if parts.is_empty() {
        return Ok(charge);
    }
    let limits = caller.policy()?.limits();
    let mut spending = Spending::of(app, person(app, caller), &parts, now).await?;
    // Held before what was spent is read: what ends meanwhile is counted twice rather than not at all.
    let ahead = app.area_budgets.hold(&spending);
    let decided = spending.decide(app, limits.area_budget_person_km2_days, ahead, now).await;
    charge.person = spending;
    decided?;
    if let Some(reference) = case_reference {
        let words = format!("area budget of case {} {}", caller.agency.id, normalise_case_reference(reference));
        let mut spending = Spending::of(app, sessions::lasting_id_of(&app.vault, &words), &parts, now).await?;
        let ahead = app.area_budgets.hold(&spending);
        let decided = spending.decide(app, limits.area_budget_case_km2_days, ahead, now).await;
        charge.case = spending;
        decided?;
    }
    Ok(charge)
}

impl InFlight {
    /// Holds what is to be spent; what others hold of the same budget.
    fn hold(&self, spending: &Spending) -> i64 {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = held.entry(spending.holder.clone()).or_default();
        let others = *all;
        *all = all.saturating_add(spending.adds);
        others
    }

    fn release(&self, spending: &Spending) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(all) = held.get_mut(&spending.holder) {
            *all = all.saturating_sub(spending.adds);
            if *all <= 0 {
                held.remove(&spending.holder);
            }
        }
    }
}

impl Drop for Charge<'_> {
    fn drop(&mut self) {
        for spending in [&self.person, &self.case] {
            if !spending.holder.is_empty() {
                self.in_flight.release(spending);
            }
        }
    }
}

impl Charge<'_> {
    pub fn facts(&self) -> AreaTime {
        AreaTime { person: self.person.facts, case: self.case.facts }
    }

    pub fn is_nothing(&self) -> bool {
        self.person.adds == 0 && self.case.adds == 0
    }

    /// Notes what a question that passed spends, and forgets what no longer counts.
    pub async fn note(&self, transaction: &mut Transaction<'_, Any>) -> Result<(), sqlx::Error> {
        self.person.note(transaction, self.day).await?;
        self.case.note(transaction, self.day).await?;
        for forget in ["DELETE FROM area_spent WHERE day < $1", "DELETE FROM area_looked_at WHERE day < $1"] {
            let oldest = self.day - i64::from(AREA_BUDGET_DAYS) + 1;
            sqlx::query(forget).bind(oldest).execute(&mut **transaction).await?;
        }
        Ok(())
    }
}

/// A person's own budget as it stands: the budget in square-kilometre days, square-metre days spent, and when some of it is
/// free again. Nothing is told of cases before a question is asked: what colleagues ask about is theirs.
pub async fn standing(app: &App, caller: &Caller) -> Result<(u32, i64, Option<UtcMicros>), Problem> {
    let days = spent(app, &person(app, caller), app.clock.now()).await?;
    let sum = days.iter().fold(0, |sum: i64, (_, m2_days)| sum.saturating_add(*m2_days));
    Ok((caller.policy()?.limits().area_budget_person_km2_days, sum, days.first().map(|(day, _)| free_again(*day))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lim_2_time_that_was_looked_at_before_counts_once() {
        assert_eq!(fresh((0, 10), vec![]), [(0, 10)]);
        assert_eq!(fresh((0, 10), vec![(0, 10)]), []);
        assert_eq!(fresh((0, 10), vec![(8, 20), (2, 4), (3, 5)]), [(0, 2), (5, 8)]);
        assert_eq!(fresh((0, 10), vec![(20, 30), (-5, 1)]), [(1, 10)]);
        assert_eq!(m2_days(3.0, DAY_MICROS / 1_000), 1, "never nothing");
    }
}

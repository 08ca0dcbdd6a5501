//! What is on file of a person beside role and unit: trainings passed and permissions granted, and what of it still holds.

use crate::limits::Limits;
use domain::time::DAY_MICROS;
use domain::{Course, Permission, UtcMicros};
use std::collections::{BTreeMap, BTreeSet};

/// What the agency's records say of a person at this moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonnelFile {
    /// When each course was last passed; one that is not here never was.
    pub trained: BTreeMap<Course, UtcMicros>,
    /// The facts of each permission that the person holds; one without facts counts as lapsed.
    pub grants: BTreeMap<Permission, GrantFacts>,
}

/// How a permission stands (ACC-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantFacts {
    /// The latest of: granted, confirmed by a review, used.
    pub in_use: UtcMicros,
    /// The later of: granted, confirmed by a review.
    pub confirmed: UtcMicros,
    /// Until when a supervisor certified the need to know; `None` where no certificate was needed.
    pub until: Option<UtcMicros>,
}

impl PersonnelFile {
    /// Everything was learned, granted and used at this instant.
    pub fn fresh(at: UtcMicros) -> Self {
        let grant = GrantFacts { in_use: at, confirmed: at, until: None };
        Self {
            trained: Course::ALL.iter().map(|course| (*course, at)).collect(),
            grants: Permission::ALL.iter().map(|permission| (*permission, grant)).collect(),
        }
    }
}

/// Whether a training holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Training {
    NotRequired,
    /// Required and never passed.
    Missing,
    /// Holds until this instant.
    Current(UtcMicros),
    /// Held until this instant.
    Lapsed(UtcMicros),
}

/// Whether a permission counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantStanding {
    InForce,
    /// Not used, nor confirmed by a review, for too long.
    Unused,
    /// The certificate of need to know is over.
    Ended,
}

impl Limits {
    /// How a training stands that was last passed at `passed`.
    pub fn training(&self, course: Course, passed: Option<UtcMicros>, now: UtcMicros) -> Training {
        let Some(days) = self.training_days.get(&course) else { return Training::NotRequired };
        let Some(passed) = passed else { return Training::Missing };
        let until = days_after(passed, *days);
        if now < until { Training::Current(until) } else { Training::Lapsed(until) }
    }

    pub fn grant(&self, facts: GrantFacts, now: UtcMicros) -> GrantStanding {
        if facts.until.is_some_and(|until| until <= now) {
            GrantStanding::Ended
        } else if self.unused_until(facts.in_use) <= now {
            GrantStanding::Unused
        } else {
            GrantStanding::InForce
        }
    }

    /// When a permission that was last used, granted or confirmed at this instant lapses for want of use.
    pub fn unused_until(&self, in_use: UtcMicros) -> UtcMicros {
        days_after(in_use, self.unused_days)
    }

    /// When a permission that was granted, or last confirmed, at this instant must be reviewed.
    pub fn review_due(&self, confirmed: UtcMicros) -> UtcMicros {
        days_after(confirmed, self.review_days)
    }
}

fn days_after(instant: UtcMicros, days: u32) -> UtcMicros {
    UtcMicros(instant.0.saturating_add(i64::from(days).saturating_mul(DAY_MICROS)))
}

/// What of a file no longer holds.
#[derive(Debug, Default)]
pub(crate) struct Lapses {
    pub(crate) training: BTreeMap<Course, Option<UtcMicros>>,
    pub(crate) unused: BTreeSet<Permission>,
    pub(crate) ended: BTreeSet<Permission>,
    /// Their review is late.
    pub(crate) overdue: BTreeSet<Permission>,
}

impl Lapses {
    pub(crate) fn of(
        file: &PersonnelFile,
        permissions: &BTreeSet<Permission>,
        limits: &Limits,
        now: UtcMicros,
    ) -> Self {
        let mut lapses = Self::default();
        for course in Course::ALL {
            match limits.training(*course, file.trained.get(course).copied(), now) {
                Training::NotRequired | Training::Current(_) => {}
                Training::Missing => drop(lapses.training.insert(*course, None)),
                Training::Lapsed(since) => drop(lapses.training.insert(*course, Some(since))),
            }
        }
        for permission in permissions {
            let confirmed = file.grants.get(permission).map(|facts| facts.confirmed);
            if confirmed.is_none_or(|confirmed| limits.review_due(confirmed) <= now) {
                lapses.overdue.insert(*permission);
            }
            match file.grants.get(permission).map(|facts| limits.grant(*facts, now)) {
                Some(GrantStanding::InForce) => {}
                Some(GrantStanding::Ended) => drop(lapses.ended.insert(*permission)),
                Some(GrantStanding::Unused) | None => drop(lapses.unused.insert(*permission)),
            }
        }
        lapses
    }
}

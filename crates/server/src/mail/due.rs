//! What lapses soon or has lapsed, and whom that is said to. Pure: records and the time come in.

use crate::accounts::store::User;
use crate::people::administers;
use crate::people::store::Grants;
use crate::training::courses;
use crate::training::store::Trained;
use domain::time::DAY_MICROS;
use domain::{Course, Permission, Role, UserId, UtcMicros};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use policy::{GrantStanding, Limits, Training};
use std::collections::{BTreeMap, HashMap};

pub use crate::training::views::REMINDED_DAYS as TRAINING_DAYS;
/// How long before its end a training is named a second time.
pub const TRAINING_LAST_DAYS: i64 = 7;
/// How long before it is due managers hear of an access review.
pub const REVIEW_DAYS: i64 = 14;
/// How long before a permission lapses for want of use managers hear of it.
pub const UNUSED_DAYS: i64 = 14;

/// What lapses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Training(Course),
    /// Somebody's permission must be reviewed.
    Review(UserId, Permission),
    /// Somebody's permission lapses for want of use.
    Unused(UserId, Permission),
}

impl What {
    /// As marks and ledger entries name it.
    pub fn key(&self) -> String {
        match self {
            Self::Training(course) => format!("training:{}", course.word()),
            Self::Review(user, permission) => format!("review:{user}:{}", permission.word()),
            Self::Unused(user, permission) => format!("unused:{user}:{}", permission.word()),
        }
    }
}

/// One thing that one person is reminded of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub what: What,
    pub ends: UtcMicros,
    /// How near it is: each is said once.
    pub stage: &'static str,
}

/// An agency's records at a moment.
#[derive(Debug)]
pub struct Records<'a> {
    pub limits: &'a Limits,
    pub people: &'a [User],
    pub trained: &'a HashMap<UserId, Trained>,
    pub grants: &'a HashMap<UserId, Grants>,
    pub now: UtcMicros,
}

fn within(ends: UtcMicros, days: i64, now: UtcMicros) -> bool {
    ends.0 - now.0 <= days * DAY_MICROS
}

impl Records<'_> {
    /// Everything that this person is told of, sent before or not.
    pub fn due_to(&self, user: &User) -> Vec<Due> {
        if !user.active {
            return Vec::new();
        }
        let mut due = Vec::new();
        if !administers(&user.roles) {
            due.extend(self.trainings(user.id));
        }
        if user.roles.contains(&Role::AgencyManager) {
            due.extend(self.people.iter().filter(|one| one.active).flat_map(|one| self.access(one.id)));
        }
        due
    }

    fn trainings(&self, user: UserId) -> impl Iterator<Item = Due> + '_ {
        let of = move |course: &Course| {
            let passed = self.trained.get(&user).and_then(|trained| trained.get(course)).copied();
            let (ends, stage) = match self.limits.training(*course, passed, self.now) {
                Training::Lapsed(until) => (until, "lapsed"),
                Training::Current(until) if within(until, TRAINING_LAST_DAYS, self.now) => (until, "last"),
                Training::Current(until) if within(until, TRAINING_DAYS, self.now) => (until, "first"),
                Training::Current(_) | Training::Missing | Training::NotRequired => return None,
            };
            Some(Due { what: What::Training(*course), ends, stage })
        };
        self.limits.training_days.keys().filter_map(of)
    }

    fn access(&self, user: UserId) -> Vec<Due> {
        let mut due = Vec::new();
        for (permission, grant) in self.grants.get(&user).into_iter().flatten() {
            let facts = grant.facts();
            let standing = self.limits.grant(facts, self.now);
            if standing == GrantStanding::Ended {
                continue;
            }
            let ends = self.limits.review_due(facts.confirmed);
            if within(ends, REVIEW_DAYS, self.now) {
                let stage = if ends <= self.now { "overdue" } else { "first" };
                due.push(Due { what: What::Review(user, *permission), ends, stage });
            }
            let ends = self.limits.unused_until(facts.in_use);
            if standing == GrantStanding::InForce && within(ends, UNUSED_DAYS, self.now) {
                due.push(Due { what: What::Unused(user, *permission), ends, stage: "first" });
            }
        }
        due
    }
}

/// The mail's text: what lapses when, soonest first, and the address of the service. Managers are told how many, not who.
pub fn text(due: &[Due], agency: &str, zone: &TimeZone, address: &str, now: UtcMicros) -> String {
    let mut trainings = BTreeMap::new();
    let (mut reviews, mut unused) = (BTreeMap::new(), BTreeMap::new());
    for one in due {
        let day = day(one.ends, zone);
        match one.what {
            What::Training(course) => drop(trainings.insert((day, course), one.ends <= now)),
            What::Review(..) => *reviews.entry((day, one.ends <= now)).or_insert(0_usize) += 1,
            What::Unused(..) => *unused.entry(day).or_insert(0_usize) += 1,
        }
    }
    let mut lines = Vec::new();
    for ((day, course), lapsed) in trainings {
        let title = courses::title(course);
        lines.push(if lapsed {
            format!("- The training \"{title}\" lapsed on {day}. Questions are refused until it is renewed.")
        } else {
            format!("- The training \"{title}\" lapses on {day}.")
        });
    }
    for ((day, overdue), count) in reviews {
        let what = if overdue { "Access reviews that were due on" } else { "Access reviews due on" };
        lines.push(format!("- {what} {day}: {count}."));
    }
    for (day, count) in unused {
        lines.push(format!("- Permissions that lapse on {day} for want of use: {count}."));
    }
    format!(
        "This is a reminder for people of {agency}.\n\n{}\n\nSign in to see more: {address}\n\n\
         Your address is kept under \"My account\"; it can be changed or taken away there.\n",
        lines.join("\n")
    )
}

fn day(instant: UtcMicros, zone: &TimeZone) -> String {
    date(instant, zone).map_or_else(|| instant.to_string(), |date| date.to_string())
}

/// The day of an instant in a zone.
pub fn date(instant: UtcMicros, zone: &TimeZone) -> Option<jiff::civil::Date> {
    Some(Timestamp::from_microsecond(instant.0).ok()?.to_zoned_datetime(zone.clone()).date())
}

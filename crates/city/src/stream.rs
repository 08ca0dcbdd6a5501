//! Endless or counted streams of reads, day by day.

use crate::City;
use crate::read::CityRead;
use crate::stories;
use crate::traffic::{RawRead, day_start, fill_day, full_weight, local_day, weight};
use domain::UtcMicros;
use std::collections::VecDeque;
use std::ops::Range;

/// Reads in order of scan time. Holds one day's reads, 24 bytes each, and nothing else that grows.
pub struct Reads<'a> {
    city: &'a City,
    days: Days,
    today: std::vec::IntoIter<RawRead>,
    planted: VecDeque<RawRead>,
}

/// How rows are shared out over days.
enum Days {
    /// A known number between two instants.
    Counted { day: i32, span: Range<i64>, rows: u64, before: u128, total: u128 },
    /// From an instant on, at so many a day.
    Live { day: i32, from: i64, a_day: u64, rest: u64 },
}

impl std::fmt::Debug for Reads<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reads").field("left_today", &self.today.len()).finish_non_exhaustive()
    }
}

fn window(day: i32, span: &Range<i64>) -> Range<i64> {
    span.start.max(day_start(day))..span.end.min(day_start(day + 1))
}

/// The smallest window worth filling: shorter ones are left empty.
const WINDOW_MICROS_MIN: i64 = 10_000_000;

fn weight_of(day: i32, span: &Range<i64>) -> u128 {
    let window = window(day, span);
    if window.end - window.start < WINDOW_MICROS_MIN { 0 } else { u128::from(weight(day, &window)) }
}

impl<'a> Reads<'a> {
    pub(crate) fn counted(city: &'a City, rows: u64) -> Self {
        let span = city.span();
        let day = local_day(span.start);
        let total = (day..=local_day(span.end)).map(|day| weight_of(day, &span)).sum();
        let told = rows >= stories::STORY_ROWS_MIN && city.plan().days >= stories::STORY_DAYS_MIN;
        let planted: VecDeque<RawRead> = if told { stories::raw_reads(city).into() } else { VecDeque::new() };
        let rows = rows - planted.len() as u64;
        Self { city, days: Days::Counted { day, span, rows, before: 0, total }, today: Vec::new().into_iter(), planted }
    }

    pub(crate) fn live(city: &'a City, from: UtcMicros) -> Self {
        let days = Days::Live {
            day: local_day(from.0),
            from: from.0,
            a_day: u64::from(city.plan().live_reads_per_day),
            rest: 0,
        };
        Self { city, days, today: Vec::new().into_iter(), planted: VecDeque::new() }
    }

    /// Fills the next day; false when there is none.
    fn next_day(&mut self) -> bool {
        let (day, window, quota) = match &mut self.days {
            Days::Counted { day, span, rows, before, total } => {
                let today = *day;
                if today > local_day(span.end) {
                    return false;
                }
                *day += 1;
                let after = *before + weight_of(today, span);
                let share = |weight: u128| (u128::from(*rows) * weight).checked_div(*total).unwrap_or(0) as usize;
                let quota = share(after) - share(*before);
                *before = after;
                (today, window(today, span), quota)
            }
            Days::Live { day, from, a_day, rest } => {
                let today = *day;
                *day += 1;
                let window = window(today, &(*from..i64::MAX));
                // What rounding leaves is carried on, so that a slow rate still brings reads.
                let due = *a_day * weight_of(today, &window) as u64 + *rest;
                *rest = due % full_weight();
                (today, window, (due / full_weight()) as usize)
            }
        };
        let tomorrow = day_start(day + 1);
        let mut planted = Vec::new();
        while let Some(read) = self.planted.pop_front_if(|read| read.time < tomorrow) {
            planted.push(read);
        }
        let quota = quota + planted.len();
        self.today =
            if quota == 0 { Vec::new() } else { fill_day(self.city, day, window, quota, &planted) }.into_iter();
        true
    }
}

impl Iterator for Reads<'_> {
    type Item = CityRead;

    fn next(&mut self) -> Option<CityRead> {
        loop {
            if let Some(raw) = self.today.next() {
                return Some(self.city.read(&raw));
            }
            if !self.next_day() {
                return None;
            }
        }
    }
}

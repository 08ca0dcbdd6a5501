//! Records of trainings that an agency gives by itself, as a CSV file: whole or nothing.

use super::acts::Record;
use crate::http::Problem;
use crate::http::csv_body::{Faults, read_csv};
use domain::{Course, UserId, UtcMicros};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

const HEADER: [&str; 3] = ["login", "course", "date"];
/// Courses whose records can only be imported.
const IMPORTED: [Course; 2] = [Course::Privacy, Course::Integrity];
/// No record is older.
const YEAR_MIN: i16 = 2000;

/// Reads a file. `people`: the agency's, by login name. A day is one of the agency's zone.
pub fn read(
    bytes: &[u8],
    people: &BTreeMap<String, UserId>,
    zone: &TimeZone,
    now: UtcMicros,
) -> Result<Vec<Record>, Problem> {
    let (mut faults, mut seen, mut records) = (Faults::default(), BTreeSet::new(), Vec::new());
    for (line, fields) in read_csv(bytes, &HEADER)? {
        let [login, course, date] = [0, 1, 2].map(|place| fields.get(place).unwrap_or_default());
        let user = people.get(&crate::accounts::store::normalise_login(login)).copied();
        if user.is_none() {
            faults.note(line, "no account of the agency has this login");
        }
        let course = Course::from_word(course).filter(|course| IMPORTED.contains(course));
        if course.is_none() {
            faults.note(line, "the course is `privacy` or `integrity`");
        }
        let passed = day(date, zone, now).map_err(|detail| faults.note(line, detail)).ok();
        let (Some(user), Some(course), Some(passed)) = (user, course, passed) else { continue };
        if seen.insert((user, course)) {
            records.push(Record { user, course, passed });
        } else {
            faults.note(line, "the same login and course stand in an earlier line");
        }
    }
    faults.refuse()?;
    Ok(records)
}

/// The first instant of a day that is not in the future.
fn day(text: &str, zone: &TimeZone, now: UtcMicros) -> Result<UtcMicros, &'static str> {
    let date: Date = text.parse().map_err(|_| "the date is a day such as 2026-05-03")?;
    if text.len() != 10 || date.year() < YEAR_MIN {
        return Err("the date is a day such as 2026-05-03, of 2000 or later");
    }
    let start = date.to_zoned_datetime(zone.clone()).map_err(|_| "the date does not exist")?;
    let start = UtcMicros(start.timestamp().as_microsecond());
    if start > now { Err("the date is in the future") } else { Ok(start) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-06-01T12:00:00Z.
    const NOW: UtcMicros = UtcMicros(1_780_315_200_000_000);

    fn read_lines(lines: &str) -> Result<Vec<Record>, Problem> {
        let user: UserId = "00000000-0000-4000-8000-000000000001".parse().unwrap();
        let people = BTreeMap::from([("ada".to_owned(), user)]);
        let file = format!("login,course,date\n{lines}");
        read(file.as_bytes(), &people, &TimeZone::get("Etc/GMT+9").unwrap(), NOW)
    }

    #[test]
    fn acc_5_a_record_counts_from_the_start_of_its_day_in_the_agencys_zone() {
        let records = read_lines(" Ada ,privacy,2026-05-03\nada,integrity,2026-06-01\n").unwrap();
        assert_eq!(records[0].passed.to_string(), "2026-05-03T09:00:00Z");
        assert_eq!(records.len(), 2);
    }

    #[test]
    fn acc_5_each_faulty_line_is_told_and_nothing_is_taken_of_the_file() {
        let lines = [
            "ada,privacy,2026-05-03",
            "bob,privacy,2026-05-03",
            "ada,tool,2026-05-03",
            "ada,integrity,2026-06-02",
            "ada,integrity,03.05.2026",
            "ada,integrity,1999-12-31",
            "ada,privacy,2026-05-04",
            "ada,integrity,2026-05-03T00:00",
        ];
        let problem = read_lines(&lines.join("\n")).unwrap_err();
        let found: Vec<_> = problem.lines.iter().map(|fault| fault.line).collect();
        assert_eq!(found, [3, 4, 5, 6, 7, 8, 9]);
        assert!(problem.lines.iter().all(|fault| !fault.detail.contains("bob")), "what is wrong is not repeated");
    }
}

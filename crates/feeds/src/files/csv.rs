//! CSV (RFC 4180). No column may hold a line break, so a record is a line: a quote that is never closed costs one row,
//! with its number, and not the rest of the file.

use super::lines::Lines;
use super::row::{RawRow, Readings, Time};
use super::{COLUMNS, FileRow, RowError, places};
use crate::{At, Fault};
use std::borrow::Cow;
use std::io::Read;

/// The rows of a CSV file.
pub struct CsvRows<R> {
    lines: Lines<R>,
    places: [Option<usize>; COLUMNS.len()],
    columns: usize,
}

impl<R> std::fmt::Debug for CsvRows<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvRows").field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// Opens a CSV file: reads its header.
pub fn csv_rows<R: Read>(reader: R) -> Result<CsvRows<R>, RowError> {
    let mut lines = Lines::new(reader);
    let (number, header) = lines.next_line().unwrap_or(Err(RowError::new(1, "header", "the file is empty")))?;
    let mut names: Vec<Cow<'_, str>> = Vec::new();
    split(header, |name| names.push(name)).map_err(|reason| RowError::new(number, "header", reason))?;
    let places = places(names.iter().map(|name| name.trim()))?;
    let columns = names.len();
    Ok(CsvRows { lines, places, columns })
}

impl<R: Read> Iterator for CsvRows<R> {
    type Item = Result<FileRow, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.lines.next_line()? {
            Ok((number, line)) => Some(row(line, &self.places, self.columns, number)),
            Err(fault) => Some(Err(fault)),
        }
    }
}

fn row(line: &str, places: &[Option<usize>; COLUMNS.len()], columns: usize, number: u64) -> Result<FileRow, RowError> {
    let mut fields: [Cow<'_, str>; COLUMNS.len()] = Default::default();
    let mut count = 0;
    split(line, |field| {
        if let Some(slot) = fields.get_mut(count) {
            *slot = field;
        }
        count += 1;
    })
    .map_err(|reason| RowError::new(number, "row", reason))?;
    if count != columns {
        return Err(RowError::new(number, "row", format!("{count} fields, the header has {columns}")));
    }
    let of = |column: usize| {
        let place = places.get(column).copied().flatten();
        place.and_then(|place| fields.get(place)).map_or("", |field| field.trim_matches(' '))
    };
    raw(of)
        .and_then(|row| row.check(number).map_err(|error| Fault { field: error.field, reason: error.reason }))
        .map_err(|fault| RowError::of(number, fault))
}

/// The columns in the order of [`COLUMNS`].
fn raw<'a>(of: impl Fn(usize) -> &'a str) -> Result<RawRow<'a>, Fault> {
    Ok(RawRow {
        camera: of(0),
        event_id: of(1),
        scan_time: Some(Time::Text(of(2))),
        plate: of(3),
        state: of(4),
        confidence: number(of(5)).at("confidence")?,
        readings: Readings::Text(of(6)),
        make: of(7),
        model: of(8),
        colour: of(9),
        year: number(of(10)).at("year")?,
        lat: number(of(11)).at("lat")?,
        lon: number(of(12)).at("lon")?,
        photos: number(of(13)).at("photos")?,
        source: of(14),
    })
}

fn number(text: &str) -> Result<Option<f64>, crate::Reason> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(Some).ok_or_else(|| "must be a number".into())
}

/// Gives each field of a record; a quoted field has its quotes taken off.
fn split<'a>(line: &'a str, mut give: impl FnMut(Cow<'a, str>)) -> Result<(), &'static str> {
    let mut rest = line;
    loop {
        let after = if let Some(quoted) = rest.strip_prefix('"') {
            let (field, after) = unquote(quoted)?;
            give(field);
            after
        } else {
            let end = rest.bytes().position(|byte| byte == b',').unwrap_or(rest.len());
            let (field, after) = rest.split_at(end);
            if field.contains('"') {
                return Err("a quote inside a field that does not begin with one");
            }
            give(Cow::Borrowed(field));
            after
        };
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(()),
            None => return Err("text after a closing quote"),
        }
    }
}

/// The content up to the closing quote, and what follows it.
fn unquote(quoted: &str) -> Result<(Cow<'_, str>, &str), &'static str> {
    let mut content = Cow::Borrowed("");
    let mut rest = quoted;
    loop {
        let (before, after) = rest.split_once('"').ok_or("a quoted field does not end on its line")?;
        if content.is_empty() {
            content = Cow::Borrowed(before);
        } else {
            content.to_mut().push_str(before);
        }
        match after.strip_prefix('"') {
            Some(next) => {
                content.to_mut().push('"');
                rest = next;
            }
            None => return Ok((content, after)),
        }
    }
}

//! A CSV file as a request's body, taken whole or not at all: what is wrong is told by line, and never repeated.

use super::Problem;
use super::problem::LineFault;
use csv::{ReaderBuilder, StringRecord, Trim};

/// Lines of one file, without its header.
pub const LINES_MAX: usize = 5_000;
/// Faulty lines that are told; of the rest the number.
const FAULTS_TOLD_MAX: usize = 100;

/// The faults of a file.
#[derive(Debug, Default)]
pub struct Faults {
    told: Vec<LineFault>,
    more: u64,
}

impl Faults {
    /// Notes what is wrong in a line. `detail` never repeats what stands there.
    pub fn note(&mut self, line: u64, detail: impl Into<String>) {
        if self.told.len() < FAULTS_TOLD_MAX {
            self.told.push(LineFault { line, detail: detail.into() });
        } else {
            self.more += 1;
        }
    }

    /// Nothing where there are none.
    pub fn refuse(self) -> Result<(), Problem> {
        if self.told.is_empty() { Ok(()) } else { Err(self.problem()) }
    }

    fn problem(self) -> Problem {
        let more_lines = (self.more > 0).then_some(self.more);
        let problem = Problem::invalid("file", "the file has lines that cannot be taken; nothing of it was");
        Problem { lines: self.told, more_lines, ..problem }
    }
}

/// The lines of a file with exactly this header, each with its number and as many fields as the header.
pub fn read_csv(bytes: &[u8], header: &[&str]) -> Result<Vec<(u64, StringRecord)>, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::invalid("file", "the file is not UTF-8 text"))?;
    // Spreadsheets begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut faults, mut lines) = (Faults::default(), Vec::new());
    let mut numbered = (1..).zip(text.lines());
    let first = numbered.next().and_then(|(_, line)| fields(line));
    if first.is_none_or(|first| first.iter().ne(header.iter().copied())) {
        faults.note(1, format!("the header must be `{}`", header.join(",")));
        return Err(faults.problem());
    }
    for (number, line) in numbered.filter(|(_, line)| !line.trim().is_empty()) {
        match fields(line) {
            None => faults.note(number, "the line cannot be read as CSV"),
            Some(found) if found.len() != header.len() => {
                faults.note(number, format!("the line has {} fields instead of {}", found.len(), header.len()));
            }
            Some(_) if lines.len() == LINES_MAX => {
                return Err(Problem::invalid(
                    "file",
                    format!("a file has at most {LINES_MAX} lines beside its header"),
                ));
            }
            Some(found) => lines.push((number, found)),
        }
    }
    faults.refuse()?;
    if lines.is_empty() {
        return Err(Problem::invalid("file", "the file has no line beside its header"));
    }
    Ok(lines)
}

/// The fields of one line: no field here holds a line break, and by itself each line keeps its number.
fn fields(line: &str) -> Option<StringRecord> {
    let mut reader =
        ReaderBuilder::new().flexible(true).has_headers(false).trim(Trim::All).from_reader(line.as_bytes());
    reader.records().next()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(u64, String)> {
        let problem = read_csv(text.as_bytes(), &["login", "date"]).unwrap_err();
        problem.lines.into_iter().map(|fault| (fault.line, fault.detail)).collect()
    }

    #[test]
    fn a_file_is_read_with_its_line_numbers_and_a_byte_order_mark_does_no_harm() {
        let lines =
            read_csv("\u{feff}login, date\r\na,2026-01-01\r\n\r\n\"b\", 2026-01-02".as_bytes(), &["login", "date"]);
        let lines = lines.unwrap();
        assert_eq!(lines.iter().map(|(line, record)| (*line, &record[0])).collect::<Vec<_>>(), [(2, "a"), (4, "b")]);
    }

    #[test]
    fn a_wrong_header_or_number_of_fields_is_told_by_line_and_nothing_is_taken() {
        assert_eq!(faults("date,login\na,b")[0].0, 1);
        assert_eq!(faults("")[0].0, 1);
        let lines: Vec<_> = faults("login,date\na,b\na\na,b,c\n").iter().map(|fault| fault.0).collect();
        assert_eq!(lines, [3, 4]);
        assert!(read_csv(b"login,date\n", &["login", "date"]).is_err());
        assert!(read_csv(b"\xff", &["login", "date"]).is_err());
    }

    #[test]
    fn a_file_that_is_too_long_and_faults_that_are_too_many_are_bounded_and_said() {
        let many = "login,date\n".to_owned() + &"a\n".repeat(150);
        let problem = read_csv(many.as_bytes(), &["login", "date"]).unwrap_err();
        assert_eq!((problem.lines.len(), problem.more_lines), (100, Some(50)));
        let long = "login,date\n".to_owned() + &"a,b\n".repeat(LINES_MAX + 1);
        assert!(read_csv(long.as_bytes(), &["login", "date"]).unwrap_err().detail.contains("5000"));
    }
}

//! Lines of a text file, each bounded, so that a file without line ends does not fill the memory.

use super::RowError;
use crate::limits::ROW_BYTES_MAX;
use std::io::{BufRead, BufReader, Read};

/// Bytes read from the file at once.
const READ_BYTES: usize = 256 * 1024;

pub(super) struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    number: u64,
    over: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(READ_BYTES, input), line: Vec::new(), number: 0, over: false }
    }

    /// The next line that is not blank, with its number from 1; without its end, and without a byte order mark.
    pub(super) fn next_line(&mut self) -> Option<Result<(u64, &str), RowError>> {
        loop {
            if self.over {
                return None;
            }
            if let Err(fault) = self.read_line() {
                return Some(Err(fault));
            }
            if self.over && self.line.is_empty() {
                return None;
            }
            if !self.line.iter().all(u8::is_ascii_whitespace) {
                break;
            }
        }
        let text = std::str::from_utf8(&self.line);
        Some(text.map(|text| (self.number, text)).map_err(|_| RowError::new(self.number, "row", "not UTF-8")))
    }

    fn read_line(&mut self) -> Result<(), RowError> {
        self.line.clear();
        self.number += 1;
        let mut too_long = false;
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.over = true;
                    return Err(RowError::new(self.number, "file", format!("cannot be read on: {error}")));
                }
            };
            if chunk.is_empty() {
                self.over = true;
                break;
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let taken = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            too_long |= self.line.len() + taken.len() > ROW_BYTES_MAX;
            if !too_long {
                self.line.extend_from_slice(taken);
            }
            let used = taken.len() + usize::from(end.is_some());
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        if too_long {
            self.line.clear();
            return Err(RowError::new(self.number, "row", format!("longer than {} KiB", ROW_BYTES_MAX / 1024)));
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        if self.number == 1 && self.line.starts_with(b"\xef\xbb\xbf") {
            self.line.drain(..3);
        }
        Ok(())
    }
}

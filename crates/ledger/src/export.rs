//! The public log as static files in another folder, for anybody: exactly what its checkpoint covers, and the verifier key.

use crate::error::{LedgerError, Refusal};
use crate::files::{CHECKPOINT, Series, VKEY};
use crate::hash::HASH_BYTES;
use crate::tree::{LEVELS_MAX, TILE_WIDTH, hashes_at};
use std::fs;
use std::io;
use std::path::Path;

/// What an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Entries of the exported checkpoint.
    pub size: u64,
    pub files: u64,
}

/// Copies a published log, also while it grows. Nothing is checked: that is the part of [`crate::verify`], run on the copy.
/// Blocks on files.
pub fn export(published: &Path, verifier_keys: &str, to: &Path) -> Result<Exported, LedgerError> {
    export_from(|name| fs::read(published.join(name)), verifier_keys, to)
}

/// The same from wherever `read` finds the files of a log by their names, such as `tile/0/000`. What is not there is told as
/// [`io::ErrorKind::NotFound`].
pub fn export_from(
    read: impl Fn(&str) -> io::Result<Vec<u8>>,
    verifier_keys: &str,
    to: &Path,
) -> Result<Exported, LedgerError> {
    fs::create_dir_all(to).map_err(LedgerError::files(to))?;
    if fs::read_dir(to).map_err(LedgerError::files(to))?.next().is_some() {
        return Err(Refusal::FolderNotEmpty.into());
    }
    // Read once, first: all files that this checkpoint needs are there, or their full successors.
    let checkpoint = read(CHECKPOINT).map_err(LedgerError::files(Path::new(CHECKPOINT)))?;
    let size = std::str::from_utf8(&checkpoint).ok().and_then(|note| note.lines().nth(1)?.parse::<u64>().ok());
    let size = size.filter(|size| i64::try_from(*size).is_ok()).ok_or(io::Error::from(io::ErrorKind::InvalidData));
    let size = size.map_err(LedgerError::files(Path::new(CHECKPOINT)))?;
    let mut files = copy_series(&read, to, Series::Entries, size)?;
    for level in 0..LEVELS_MAX {
        files += copy_series(&read, to, Series::Tile(level), hashes_at(level, size))?;
    }
    write(to, CHECKPOINT, &checkpoint)?;
    write(to, VKEY, format!("{verifier_keys}\n").as_bytes())?;
    Ok(Exported { size, files: files + 2 })
}

/// Copies the first `count` hashes or entries of a series.
fn copy_series(
    read: &impl Fn(&str) -> io::Result<Vec<u8>>,
    to: &Path,
    series: Series,
    count: u64,
) -> Result<u64, LedgerError> {
    let full = count / TILE_WIDTH;
    for number in 0..full {
        let name = series.full(number);
        write(to, &name, &read(&name).map_err(LedgerError::files(Path::new(&name)))?)?;
    }
    let width = usize::try_from(count % TILE_WIDTH).expect("below 256");
    if width == 0 {
        return Ok(full);
    }
    let name = series.partial(full, width);
    let content = match read(&name) {
        // The tile became full since the checkpoint was read; its beginning is what the partial one was.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let whole = read(&series.full(full)).map_err(LedgerError::files(Path::new(&name)))?;
            let end = beginning(series, &whole, width);
            end.and_then(|end| whole.get(..end)).map(<[u8]>::to_vec).ok_or(io::Error::from(io::ErrorKind::InvalidData))
        }
        other => other,
    };
    write(to, &name, &content.map_err(LedgerError::files(Path::new(&name)))?)?;
    Ok(full + 1)
}

/// Bytes of the first `width` hashes or entries.
fn beginning(series: Series, whole: &[u8], width: usize) -> Option<usize> {
    match series {
        Series::Tile(_) => Some(width * HASH_BYTES),
        Series::Entries => (0..width).try_fold(0, |at: usize, _| {
            let length: [u8; 2] = whole.get(at..at + 2)?.try_into().ok()?;
            Some(at + 2 + usize::from(u16::from_be_bytes(length)))
        }),
    }
}

fn write(to: &Path, name: &str, content: &[u8]) -> Result<(), LedgerError> {
    let path = to.join(name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(LedgerError::files(folder))?;
    }
    fs::write(&path, content).map_err(LedgerError::files(&path))
}

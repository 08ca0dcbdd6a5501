//! A whole log in a folder: every byte of it is either covered by the signed root, or the log is rejected.

use super::note::{NOTE_BYTES_MAX, VerifierKey, decimal};
use super::tree::RunningRoot;
use super::{LEAF_BYTES, Trust, Verified, VerifyError};
use crate::hash::{Hash, leaf_hash};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Hashes of a full tile, entries of a full bundle.
const WIDTH: u64 = 256;
/// A bundle of the longest entries that the format can hold.
const BUNDLE_BYTES_MAX: usize = 256 * (2 + 65_535);
/// Folders below the log's: `tile`, level, and groups of digits of a 64-bit number.
const DEPTH_MAX: usize = 12;

/// Checks the log in `folder`: signature, entries, tiles of every level, root, and that nothing else lies there. With an older
/// checkpoint also that the log only grew since. The folder must not be written to meanwhile: verify an export.
/// Blocks on files.
pub fn verify_folder<'a>(
    folder: &Path,
    trust: impl Into<Trust<'a>>,
    older_checkpoint: Option<&str>,
) -> Result<Verified, VerifyError> {
    let log = verify_covered(folder, trust.into(), older_checkpoint)?;
    check_no_strays(folder, folder, log.size, 0)?;
    Ok(log)
}

/// The same of a log where it is published, which may have files that its checkpoint does not cover yet: a crash leaves them.
pub fn verify_published(folder: &Path, vkey: &str) -> Result<Verified, VerifyError> {
    verify_covered(folder, vkey.into(), None)
}

fn verify_covered(folder: &Path, trust: Trust<'_>, older_checkpoint: Option<&str>) -> Result<Verified, VerifyError> {
    let key = VerifierKey::parse(trust.vkey)?;
    let log = trust.open_checkpoint(&read(folder, "checkpoint", NOTE_BYTES_MAX)?)?;
    let older = older_checkpoint.map(|older| key.open_checkpoint(older.as_bytes())).transpose()?;
    if let Some(older) = older.as_ref().filter(|older| older.size > log.size) {
        return Err(VerifyError::RolledBack { older: older.size, size: log.size });
    }
    check_key_file(folder, trust.vkey)?;
    let mut entries = Entries { older, previous_time: i64::MIN, root: RunningRoot::default() };
    entries.check_older()?;
    let mut hashes = entries.check_bundles(folder, log.size)?;
    if entries.root.root() != log.root {
        return Err(VerifyError::RootDiffers);
    }
    let mut level = 1;
    while !hashes.is_empty() {
        hashes = check_level(folder, level, &hashes)?;
        level += 1;
    }
    Ok(log)
}

/// The public entries of a verified log, bundle by bundle.
pub(super) fn read_bundle(folder: &Path, number: u64, size: u64) -> Result<Vec<Vec<u8>>, VerifyError> {
    let width = (size - number * WIDTH).min(WIDTH);
    let name = name("entries", number, width);
    let bytes = read(folder, &name, BUNDLE_BYTES_MAX)?;
    let bad = |what| VerifyError::BadFile { path: folder.join(&name), what };
    let mut rest = bytes.as_slice();
    let mut entries = Vec::new();
    for _ in 0..width {
        let (length, after) = rest.split_first_chunk::<2>().ok_or_else(|| bad("an entry is missing"))?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or_else(|| bad("an entry is cut off"))?;
        entries.push(entry.to_vec());
        rest = after;
    }
    if rest.is_empty() { Ok(entries) } else { Err(bad("bytes follow the last entry")) }
}

/// What is carried from one entry to the next.
struct Entries {
    older: Option<Verified>,
    previous_time: i64,
    root: RunningRoot,
}

impl Entries {
    /// Checks all entry bundles against the tiles of level 0, and gives the hashes of level 1.
    fn check_bundles(&mut self, folder: &Path, size: u64) -> Result<Vec<Hash>, VerifyError> {
        let mut level_1 = Vec::new();
        for number in 0..size.div_ceil(WIDTH) {
            let entries = read_bundle(folder, number, size)?;
            let path = || folder.join(name("entries", number, entries.len() as u64));
            let mut hashes = Vec::with_capacity(entries.len());
            for entry in &entries {
                self.check_entry(entry).map_err(|what| VerifyError::BadFile { path: path(), what })?;
                let hash = leaf_hash(entry);
                hashes.push(hash);
                self.root.push(hash);
                self.check_older()?;
            }
            level_1.extend(check_tile(folder, 0, number, &hashes)?);
        }
        Ok(level_1)
    }

    /// Leaf version 1: its sequence is its place, and time does not run backwards.
    fn check_entry(&mut self, entry: &[u8]) -> Result<(), &'static str> {
        if entry.len() != LEAF_BYTES || entry.first() != Some(&1) {
            return Err("an entry is not a leaf of version 1");
        }
        let field = |from: usize| entry.get(from..from + 8).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; 8]);
        if u64::from_be_bytes(field(1)) != self.root.count() {
            return Err("an entry is not in its place");
        }
        let time = i64::from_be_bytes(field(9));
        if time < self.previous_time {
            return Err("an entry is earlier than the one before it");
        }
        self.previous_time = time;
        Ok(())
    }

    /// Where the log is as long as it was at the older checkpoint, it must have that root.
    fn check_older(&self) -> Result<(), VerifyError> {
        match &self.older {
            Some(older) if older.size == self.root.count() && older.root != self.root.root() => {
                Err(VerifyError::Rewritten { older: older.size })
            }
            _ => Ok(()),
        }
    }
}

/// Checks the tiles of a level, and gives the hashes of the level above.
fn check_level(folder: &Path, level: u32, hashes: &[Hash]) -> Result<Vec<Hash>, VerifyError> {
    let mut above = Vec::new();
    for (number, tile) in (0..).zip(hashes.chunks(256)) {
        above.extend(check_tile(folder, level, number, tile)?);
    }
    Ok(above)
}

/// Checks one tile against the hashes it must hold; a full one gives its tree hash, a partial one is not hashed upward.
fn check_tile(folder: &Path, level: u32, number: u64, hashes: &[Hash]) -> Result<Option<Hash>, VerifyError> {
    let name = name(&level.to_string(), number, hashes.len() as u64);
    if read(folder, &name, hashes.len() * 32)? != hashes.concat() {
        return Err(VerifyError::BadFile { path: folder.join(name), what: "its hashes are not those below it" });
    }
    if (hashes.len() as u64) < WIDTH {
        return Ok(None);
    }
    let mut root = RunningRoot::default();
    for hash in hashes {
        root.push(*hash);
    }
    Ok(Some(root.root()))
}

fn check_key_file(folder: &Path, vkey: &str) -> Result<(), VerifyError> {
    match fs::read(folder.join("vkey")) {
        // A line for each key that signs: more than one after a rotation.
        Ok(found) if found.split(|byte| *byte == b'\n').any(|line| line == vkey.as_bytes()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(_) => Err(VerifyError::OtherKey),
        Err(source) => Err(VerifyError::Unreadable { path: folder.join("vkey"), source }),
    }
}

/// Every file must be one that some size up to the log's needs; partial tiles of smaller sizes must be the beginning of what
/// the log has at that place.
fn check_no_strays(root: &Path, folder: &Path, size: u64, depth: usize) -> Result<(), VerifyError> {
    let unreadable = |source| VerifyError::Unreadable { path: folder.to_owned(), source };
    for item in fs::read_dir(folder).map_err(unreadable)? {
        let item = item.map_err(unreadable)?;
        let path = item.path();
        let kind = item.file_type().map_err(unreadable)?;
        if kind.is_dir() && depth < DEPTH_MAX {
            check_no_strays(root, &path, size, depth + 1)?;
        } else if !kind.is_file() || !is_covered(root, &path, size)? {
            return Err(VerifyError::Stray { path });
        }
    }
    Ok(())
}

fn is_covered(root: &Path, path: &Path, size: u64) -> Result<bool, VerifyError> {
    let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) else { return Ok(false) };
    if name == "checkpoint" || name == "vkey" {
        return Ok(true);
    }
    let Some(piece) = Piece::parse(name) else { return Ok(false) };
    let count = if piece.level < 8 { size >> (8 * piece.level) } else { 0 };
    let end = piece.number.checked_mul(WIDTH).and_then(|start| start.checked_add(piece.width));
    if end.is_none_or(|end| end > count) {
        return Ok(false);
    }
    // The piece that the checkpoint itself needs at this place was checked already.
    let needed = (count - piece.number * WIDTH).min(WIDTH);
    if piece.width == needed {
        return Ok(true);
    }
    let whole = read(root, &self::name(&piece.series, piece.number, needed), BUNDLE_BYTES_MAX)?;
    let part = read(root, name, BUNDLE_BYTES_MAX)?;
    let length =
        usize::try_from(piece.width).unwrap_or(usize::MAX) * if piece.is_entries() { 2 + LEAF_BYTES } else { 32 };
    Ok(whole.get(..length) == Some(part.as_slice()))
}

/// A name `tile/<series>/<N>[.p/<W>]`, taken apart.
struct Piece {
    series: String,
    level: u64,
    number: u64,
    width: u64,
}

impl Piece {
    fn parse(name: &str) -> Option<Self> {
        let mut parts: Vec<&str> = name.strip_prefix("tile/")?.split('/').collect();
        let series = parts.remove(0).to_owned();
        let level = if series == "entries" { 0 } else { decimal(&series).filter(|level| *level < 64)? };
        let mut width = WIDTH;
        if let Some(stem) = parts.len().checked_sub(2).and_then(|place| parts.get(place)?.strip_suffix(".p")) {
            width = decimal(parts.pop()?).filter(|width| (1..WIDTH).contains(width))?;
            *parts.last_mut()? = stem;
        }
        let mut number: u64 = 0;
        for part in &parts {
            let digits = part.strip_prefix('x').unwrap_or(part);
            number = number.checked_mul(1_000)?.checked_add(digits.parse().ok()?)?;
        }
        let piece = Self { series, level, number, width };
        // One name for one piece: whatever is written otherwise is not it.
        (self::name(&piece.series, number, width) == name).then_some(piece)
    }

    fn is_entries(&self) -> bool {
        self.series == "entries"
    }
}

/// `tile/<series>/<N>`, with `.p/<W>` where the width is below 256.
fn name(series: &str, number: u64, width: u64) -> String {
    let digits = number.to_string();
    let padded = format!("{}{digits}", "0".repeat((3 - digits.len() % 3) % 3));
    let groups: Vec<&str> = padded.as_bytes().chunks(3).map(|group| std::str::from_utf8(group).unwrap_or("")).collect();
    let path = groups.join("/x");
    let lead = if groups.len() > 1 { "x" } else { "" };
    // The last group alone has no `x`.
    let path = match path.rsplit_once("/x") {
        Some((before, last)) => format!("{lead}{before}/{last}"),
        None => path,
    };
    if width == WIDTH { format!("tile/{series}/{path}") } else { format!("tile/{series}/{path}.p/{width}") }
}

/// Reads a file, but never more than it can rightly hold.
fn read(folder: &Path, name: &str, bytes_max: usize) -> Result<Vec<u8>, VerifyError> {
    let path: PathBuf = folder.join(name);
    let mut bytes = Vec::new();
    let done = fs::File::open(&path).and_then(|file| file.take(bytes_max as u64 + 1).read_to_end(&mut bytes));
    match done {
        Ok(_) if bytes.len() > bytes_max => Err(VerifyError::BadFile { path, what: "it is too long" }),
        Ok(_) => Ok(bytes),
        Err(source) => Err(VerifyError::Unreadable { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_specification_and_parse_back() {
        assert_eq!(name("0", 5, 256), "tile/0/005");
        assert_eq!(name("0", 1_000, 256), "tile/0/x001/000");
        assert_eq!(name("entries", 1_234_067, 7), "tile/entries/x001/x234/067.p/7");
        for number in [0, 7, 255, 999, 1_000, 70_000, 1_234_067, u64::MAX / 256] {
            for width in [1, 255, 256] {
                let piece = Piece::parse(&name("3", number, width)).unwrap();
                assert_eq!((piece.level, piece.number, piece.width), (3, number, width));
            }
        }
    }

    #[test]
    fn other_spellings_of_a_name_are_strays() {
        for name in [
            "tile/0/5",
            "tile/00/005",
            "tile/0/x000/005",
            "tile/0/005.p/0",
            "tile/0/005.p/256",
            "tile/0/005.p/07",
            "tile/64/000",
            "tile/0/+05",
            "tile/0/000.new",
            "tile/0/000.p/1.new",
            "tile/0",
            "tile/",
            "tiles/0/000",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
            "tile/entries/000.p",
            "tile/0/000.p/1/2",
        ] {
            assert!(Piece::parse(name).is_none(), "{name}");
        }
    }
}

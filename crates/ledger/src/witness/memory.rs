//! What a witness remembers of a log: one file, replaced whole, that is its newest cosigned checkpoint.

use super::{WitnessOpenError, failed};
use crate::hash::Hash;
use crate::verify::{SignedNote, VerifyError, WitnessKey};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use storage::files::sync_folder;
use storage::write_durably;

/// The file, as the monitoring path names it.
const CHECKPOINT: &str = "checkpoint";

/// A tree head that was cosigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) size: u64,
    pub(super) root: Hash,
}

#[derive(Debug)]
pub(super) struct Memory {
    path: PathBuf,
    newest: Option<(Seen, String)>,
}

impl Memory {
    /// Reads what was cosigned last. The witness's own cosignature must be under it: a file that somebody put there is none.
    pub(super) fn open(folder: &Path, origin: &str, own: &WitnessKey) -> Result<Self, WitnessOpenError> {
        let path = folder.join(CHECKPOINT);
        fs::create_dir_all(folder).map_err(failed(folder))?;
        for folder in folder.ancestors().take(3) {
            sync_folder(folder).map_err(failed(folder))?;
        }
        let note = match fs::read(&path) {
            Ok(note) => note,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self { path, newest: None }),
            Err(error) => return Err(failed(&path)(error)),
        };
        let read = read_cosigned(&note, origin, own);
        match read {
            Ok(newest) => Ok(Self { path, newest: Some(newest) }),
            Err(source) => Err(WitnessOpenError::Memory { path, source }),
        }
    }

    pub(super) fn seen(&self) -> Option<Seen> {
        self.newest.as_ref().map(|(seen, _)| *seen)
    }

    pub(super) fn note(&self) -> Option<&str> {
        self.newest.as_ref().map(|(_, note)| note.as_str())
    }

    /// Remembers a newer checkpoint; it is on disk when this returns.
    pub(super) fn keep(&mut self, seen: Seen, note: String) -> io::Result<()> {
        write_durably(&self.path, note.as_bytes())?;
        self.newest = Some((seen, note));
        Ok(())
    }
}

fn read_cosigned(note: &[u8], origin: &str, own: &WitnessKey) -> Result<(Seen, String), VerifyError> {
    let parsed = SignedNote::parse(note)?;
    own.check(&parsed)?;
    let (found, size, root) = parsed.tree_head()?;
    if found != origin {
        return Err(VerifyError::OtherOrigin { found: found.to_owned(), expected: origin.to_owned() });
    }
    Ok((Seen { size, root }, String::from_utf8_lossy(note).into_owned()))
}

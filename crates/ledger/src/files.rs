//! Names of the published files (C2SP tlog-tiles) and writing many of them durably with few folder syncs.

use crate::error::LedgerError;
use crate::tree::TileId;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use storage::files::sync_folder;

/// The signed note of the newest published size.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// The verifier key, in an export.
pub(crate) const VKEY: &str = "vkey";

/// A kind of file that comes in pieces of 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Series {
    /// Hashes of a tile level.
    Tile(u8),
    /// Entry bundles.
    Entries,
}

impl Series {
    /// `tile/<L>/<N>` or `tile/entries/<N>`.
    pub(crate) fn full(self, number: u64) -> String {
        match self {
            Self::Tile(level) => format!("tile/{level}/{}", number_path(number)),
            Self::Entries => format!("tile/entries/{}", number_path(number)),
        }
    }

    /// `tile/<L>/<N>.p/<W>`, where `width` is 1 to 255.
    pub(crate) fn partial(self, number: u64, width: usize) -> String {
        format!("{}/{width}", self.partial_folder(number))
    }

    pub(crate) fn partial_folder(self, number: u64) -> String {
        format!("{}.p", self.full(number))
    }
}

impl From<TileId> for Series {
    fn from(id: TileId) -> Self {
        Self::Tile(id.level)
    }
}

/// Groups of three digits, all but the last with `x` before them: 1234067 is `x001/x234/067`.
fn number_path(number: u64) -> String {
    let mut path = format!("{:03}", number % 1_000);
    let mut rest = number / 1_000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1_000);
        rest /= 1_000;
    }
    path
}

/// Folders whose names must be synced before what lies in them counts as published.
#[derive(Debug, Default)]
pub(crate) struct UnsyncedFolders(BTreeSet<PathBuf>);

impl UnsyncedFolders {
    /// Writes a file whole and fsyncs it; its name is durable after [`Self::sync`].
    pub(crate) fn write(&mut self, root: &Path, name: &str, content: &[u8]) -> Result<(), LedgerError> {
        let path = root.join(name);
        self.try_write(root, &path, content).map_err(LedgerError::files(&path))
    }

    fn try_write(&mut self, root: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
        let folder = path.parent().ok_or_else(|| io::Error::other("a file needs a folder"))?;
        if !folder.is_dir() {
            fs::create_dir_all(folder)?;
            // Each folder on the way may be new, and its name lies in the one above.
            self.0.extend(folder.ancestors().take_while(|above| above.starts_with(root)).map(Path::to_owned));
        }
        self.0.insert(folder.to_owned());
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".new");
        let mut file = File::create(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    }

    pub(crate) fn sync(self) -> Result<(), LedgerError> {
        self.0.iter().try_for_each(|folder| sync_folder(folder).map_err(LedgerError::files(folder)))
    }
}

/// Removes a folder that need not be there.
pub(crate) fn remove_folder(folder: &Path) -> Result<(), LedgerError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(LedgerError::files(folder)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aud_6_tile_paths_are_those_of_the_specification() {
        assert_eq!(Series::Tile(0).full(5), "tile/0/005");
        assert_eq!(Series::Tile(1).full(1_000), "tile/1/x001/000");
        assert_eq!(Series::Entries.full(1_234_067), "tile/entries/x001/x234/067");
        assert_eq!(Series::Tile(0).partial(273, 112), "tile/0/273.p/112");
        assert_eq!(Series::Entries.partial(0, 1), "tile/entries/000.p/1");
    }
}

//! Files mapped into memory. The only `unsafe` of this crate.
#![expect(unsafe_code, reason = "mapping a file cannot be made safe: another process could change it underneath")]

use memmap2::Mmap;
use std::fs::File;
use std::io;
use std::path::Path;

/// Maps a sealed file. Segments are written once under a fresh name, fsynced, and never written again; they are removed
/// by unlinking, which leaves existing maps whole.
pub(crate) fn map(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: nothing in this system writes to a sealed segment, the data folder is locked by this process, and what is
    // read from the map is checked against its checksums before it is used. Whoever edits files of a running store by
    // hand can make reads fail, as with any database.
    unsafe { Mmap::map(&file) }
}

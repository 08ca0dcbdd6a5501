//! Files that survive: the data folder's lock, and writing a small file durably.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Held by the one process that writes a data folder. The system drops it when the process ends, however it ends.
#[derive(Debug)]
pub struct DataLock(#[expect(dead_code, reason = "held for its lock")] File);

impl DataLock {
    /// `None` where another process holds it.
    pub fn take(data: &Path) -> io::Result<Option<Self>> {
        fs::create_dir_all(data)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(data.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Writes a file so that after a crash the old or the new content is there, whole: temporary name, fsync, rename,
/// fsync of the folder.
pub fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    write_with(path, content, OpenOptions::new().write(true).create(true).truncate(true))
}

/// The same, for a file that only its owner may read, at no moment anybody else.
pub fn write_privately(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    write_with(path, content, &options)
}

fn write_with(path: &Path, content: &[u8], options: &OpenOptions) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("a file needs a folder"))?;
    let mut name = path.file_name().ok_or_else(|| io::Error::other("a file needs a name"))?.to_owned();
    name.push(".new");
    let temporary = folder.join(name);
    let mut file = options.open(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    sync_folder(folder)
}

/// Makes names created in, renamed in or removed from a folder durable.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Creates a folder that only its owner may enter.
pub fn create_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

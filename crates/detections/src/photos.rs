//! Photos: sealed one by one under the key of their owner and day, appended to packs, fsynced in groups.
//!
//! A pack is a file of this machine under the blob folder, `photos/OWNER/DATE/NUMBER.pack`. Bytes after the last photo that
//! the table `photos` names are of a batch that was never acknowledged, and mean nothing.

use crate::StoreError;
use crate::fault::{DurableWrite, Fault, FaultHook};
use crate::row::date_of;
use domain::detection::PhotoKind;
use domain::limits::{PAGE_ROWS, PHOTO_BYTES_MAX, PHOTOS_MAX};
use domain::{AgencyId, DetectionId};
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use storage::files::sync_folder;
use storage::{Blobs, Scope, Vault};

/// Photos that one permit may open at once: all of one page of an answer.
pub const PHOTOS_ASKED_MAX: usize = PAGE_ROWS * PHOTOS_MAX;
/// Bytes of the photos that are opened at once.
pub const PHOTOS_OPENED_BYTES_MAX: usize = 256 * 1024 * 1024;
/// A pack that has grown to this size takes no more photos.
const PACK_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Packs whose end is remembered; others are looked up again.
const PACKS_REMEMBERED_MAX: usize = 4096;
const PACK_MAGIC: [u8; 4] = *b"SLPH";
/// Magic, form 1, detection, number, kind, two zeros, length of the sealed bytes, their CRC-32C, four zeros.
const RECORD_HEADER_BYTES: usize = 32;
/// Detection, number, kind, six zeros: sealed with the bytes, so that a photo opens only as itself.
const SEALED_HEADER_BYTES: usize = 16;

/// Bytes by which a sealed photo is longer than the picture: its own header, the nonce, the tag and the number of the key.
const SEALED_BYTES_MORE_MAX: usize = 256;

/// A photo that was opened for a permit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedPhoto {
    pub detection: DetectionId,
    /// Number of the photo, from 0.
    pub n: u8,
    pub kind: PhotoKind,
    /// `image/jpeg`, `image/png` or `image/webp`, by its first bytes; `application/octet-stream` where it is none.
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// Where a sealed photo lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PhotoPlace {
    pub(crate) pack: String,
    pub(crate) start: u64,
    pub(crate) length: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredPhoto {
    pub(crate) detection: u64,
    pub(crate) n: u8,
    /// The version of the event that it came with; a later version without photos of its own takes them over.
    pub(crate) sealed_as: u64,
    pub(crate) owner: AgencyId,
    pub(crate) day: i32,
    pub(crate) place: PhotoPlace,
}

/// A photo on its way into a pack.
#[derive(Debug)]
pub(crate) struct SealedPhoto {
    detection: u64,
    n: u8,
    kind: PhotoKind,
    owner: AgencyId,
    day: i32,
    sealed: Vec<u8>,
}

fn scope(owner: AgencyId, day: i32) -> Scope {
    Scope::agency(owner, "photo").on_day(day)
}

fn kind_number(kind: PhotoKind) -> u8 {
    PhotoKind::ALL.iter().position(|other| *other == kind).and_then(|at| u8::try_from(at).ok()).unwrap_or_default()
}

pub(crate) fn seal(
    vault: &Vault,
    owner: AgencyId,
    day: i32,
    (detection, n): (u64, u8),
    photo: &domain::NewPhoto,
) -> Result<SealedPhoto, StoreError> {
    let mut content = Vec::with_capacity(SEALED_HEADER_BYTES + photo.bytes.len());
    content.extend_from_slice(&detection.to_le_bytes());
    content.extend_from_slice(&[n, kind_number(photo.kind), 0, 0, 0, 0, 0, 0]);
    content.extend_from_slice(&photo.bytes);
    let sealed = vault.seal(&scope(owner, day), &content).map_err(|error| StoreError::Vault(error.into()))?;
    Ok(SealedPhoto { detection, n, kind: photo.kind, owner, day, sealed })
}

/// Reads a photo from its pack and opens it; a photo that is another than its place says does not open.
pub(crate) async fn open(blobs: &Blobs, vault: &Vault, stored: &StoredPhoto) -> Result<OpenedPhoto, StoreError> {
    let place = &stored.place;
    let range = place.start..place.start + place.length;
    let sealed = blobs.get_range(&place.pack, range).await.map_err(StoreError::blob("read a photo"))?;
    let damaged = || StoreError::DamagedPhoto { detection: stored.detection };
    let content = vault.open_sealed(&scope(stored.owner, stored.day), &sealed);
    let content = content.map_err(|error| StoreError::Vault(error.into()))?;
    let (header, bytes) = content.split_first_chunk::<SEALED_HEADER_BYTES>().ok_or_else(damaged)?;
    let (id, rest) = header.split_first_chunk::<8>().ok_or_else(damaged)?;
    let kind = rest.get(1).and_then(|kind| PhotoKind::ALL.get(usize::from(*kind))).ok_or_else(damaged)?;
    if u64::from_le_bytes(*id) != stored.sealed_as || rest.first() != Some(&stored.n) {
        return Err(damaged());
    }
    Ok(OpenedPhoto {
        detection: DetectionId(stored.detection),
        n: stored.n,
        kind: *kind,
        media_type: media_type(bytes),
        bytes: bytes.to_vec(),
    })
}

/// Whether a photo lies where the table says, whole, and opens as itself; else what is wrong with it.
pub(crate) fn check(blobs: &Blobs, vault: &Vault, stored: &StoredPhoto) -> Result<(), &'static str> {
    let PhotoPlace { pack, start, length } = &stored.place;
    let record = start.checked_sub(RECORD_HEADER_BYTES as u64).ok_or("has no place in the pack")?;
    let length = usize::try_from(*length).ok().filter(|length| *length <= PHOTO_BYTES_MAX + SEALED_BYTES_MORE_MAX);
    let mut bytes = vec![0; RECORD_HEADER_BYTES + length.ok_or("has an impossible length")?];
    let file = File::open(blobs.local_path(pack)).map_err(|_| "is in a pack that is missing or cannot be read")?;
    file.read_exact_at(&mut bytes, record).map_err(|_| "is not whole in its pack")?;
    let (header, sealed) = bytes.split_first_chunk::<RECORD_HEADER_BYTES>().ok_or("has no header")?;
    let content =
        vault.open_sealed(&scope(stored.owner, stored.day), sealed).map_err(|_| "was altered, or its key is gone")?;
    let kind = content.get(9).and_then(|kind| PhotoKind::ALL.get(usize::from(*kind))).ok_or("is of no known kind")?;
    if content.get(..8) != Some(&stored.sealed_as.to_le_bytes()[..]) || content.get(8) != Some(&stored.n) {
        return Err("is another one's");
    }
    let (detection, n, kind) = (stored.sealed_as, stored.n, *kind);
    let photo = SealedPhoto { detection, n, kind, owner: stored.owner, day: stored.day, sealed: sealed.to_vec() };
    if record_header(&photo) == *header { Ok(()) } else { Err("has an altered header in its pack") }
}

fn media_type(bytes: &[u8]) -> &'static str {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match bytes {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        _ if is_webp => "image/webp",
        _ => "application/octet-stream",
    }
}

/// The ends of the packs that are written to. Owned by the store, behind one lock.
#[derive(Debug)]
pub(crate) struct Packs {
    blobs: Blobs,
    faults: FaultHook,
    /// Number and length of the pack that an owner's day is appended to.
    ends: HashMap<(AgencyId, i32), (u32, u64)>,
}

impl Packs {
    pub(crate) fn new(blobs: Blobs, faults: FaultHook) -> Self {
        Self { blobs, faults, ends: HashMap::new() }
    }

    /// Appends photos and fsyncs each pack that was touched, once. All of them are durable when it returns.
    pub(crate) fn append(&mut self, photos: Vec<SealedPhoto>) -> io::Result<Vec<StoredPhoto>> {
        let mut by_pack: BTreeMap<(AgencyId, i32), Vec<SealedPhoto>> = BTreeMap::new();
        for photo in photos {
            by_pack.entry((photo.owner, photo.day)).or_default().push(photo);
        }
        let mut stored = Vec::new();
        for ((owner, day), photos) in by_pack {
            stored.extend(self.append_to_day(owner, day, photos)?);
        }
        stored.sort_unstable_by_key(|photo| (photo.detection, photo.n));
        Ok(stored)
    }

    /// Forgets the ends of packs of days before one, whose files are removed.
    pub(crate) fn forget_before(&mut self, before: i32) {
        self.ends.retain(|(_, day), _| *day >= before);
    }

    fn append_to_day(&mut self, owner: AgencyId, day: i32, photos: Vec<SealedPhoto>) -> io::Result<Vec<StoredPhoto>> {
        let (number, end) = self.end_of(owner, day)?;
        let name = pack_name(owner, day, number);
        let (mut bytes, mut stored) = (Vec::new(), Vec::new());
        for photo in photos {
            bytes.extend_from_slice(&record_header(&photo));
            let place =
                PhotoPlace { pack: name.clone(), start: end + bytes.len() as u64, length: photo.sealed.len() as u64 };
            bytes.extend_from_slice(&photo.sealed);
            let (detection, n) = (photo.detection, photo.n);
            stored.push(StoredPhoto { detection, n, sealed_as: detection, owner, day, place });
        }
        let fault = self.faults.at(DurableWrite::PhotoPack);
        match write_or_fail(&self.blobs.local_path(&name), end, &bytes, fault) {
            Ok(()) => {
                self.ends.insert((owner, day), (number, end + bytes.len() as u64));
                Ok(stored)
            }
            Err(error) => {
                // After a failed write or fsync nobody knows what the file holds; the next photos go to a fresh one.
                self.ends.insert((owner, day), (number + 1, 0));
                Err(error)
            }
        }
    }

    /// The pack to append to, and its length.
    fn end_of(&mut self, owner: AgencyId, day: i32) -> io::Result<(u32, u64)> {
        let (number, length) = match self.ends.get(&(owner, day)) {
            Some(end) => *end,
            None => last_pack(&self.blobs, owner, day)?,
        };
        if self.ends.len() >= PACKS_REMEMBERED_MAX {
            self.ends.clear();
        }
        Ok(if length >= PACK_BYTES_MAX { (number + 1, 0) } else { (number, length) })
    }
}

fn pack_name(owner: AgencyId, day: i32, number: u32) -> String {
    format!("photos/{owner}/{}/{number:06}.pack", date_of(day))
}

fn last_pack(blobs: &Blobs, owner: AgencyId, day: i32) -> io::Result<(u32, u64)> {
    let folder = blobs.local_path(&format!("photos/{owner}/{}", date_of(day)));
    let files = match fs::read_dir(&folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((1, 0)),
        Err(error) => return Err(error),
    };
    let mut last = (1, 0);
    for file in files {
        let file = file?;
        let number = file.file_name().to_str().and_then(|name| name.strip_suffix(".pack")?.parse().ok());
        if let Some(number) = number.filter(|number| *number >= last.0) {
            last = (number, file.metadata()?.len());
        }
    }
    Ok(last)
}

fn record_header(photo: &SealedPhoto) -> [u8; RECORD_HEADER_BYTES] {
    let mut header = Vec::with_capacity(RECORD_HEADER_BYTES);
    header.extend_from_slice(&PACK_MAGIC);
    header.extend_from_slice(&1_u32.to_le_bytes());
    header.extend_from_slice(&photo.detection.to_le_bytes());
    header.extend_from_slice(&[photo.n, kind_number(photo.kind), 0, 0]);
    header.extend_from_slice(&u32::try_from(photo.sealed.len()).unwrap_or(u32::MAX).to_le_bytes());
    header.extend_from_slice(&crc32c::crc32c(&photo.sealed).to_le_bytes());
    header.extend_from_slice(&[0; 4]);
    header.try_into().expect("the fields add up to 32 bytes")
}

/// [`write_at_end`], or the failure that a test asks for.
fn write_or_fail(path: &Path, end: u64, bytes: &[u8], fault: Option<Fault>) -> io::Result<()> {
    match fault {
        Some(Fault::Before) => {}
        Some(Fault::Halfway) => write_at_end(path, end, bytes.get(..bytes.len() / 2).unwrap_or_default())?,
        None | Some(Fault::After | Fault::Crash) => write_at_end(path, end, bytes)?,
    }
    if fault.is_some() { Err(io::Error::other("a fault of the test")) } else { Ok(()) }
}

/// Appends after `end`, where earlier bytes, if any, stay; makes file and name durable.
fn write_at_end(path: &Path, end: u64, bytes: &[u8]) -> io::Result<()> {
    let is_new = end == 0 && !path.exists();
    if is_new {
        make_folders(path)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    if file.metadata()?.len() != end {
        return Err(io::Error::other("the pack's length is not what the store wrote"));
    }
    file.write_all(bytes)?;
    file.sync_all()?;
    if is_new { path.parent().map_or(Ok(()), sync_folder) } else { Ok(()) }
}

/// Creates the folders above a file, durably: each new name is in a folder that is then synced.
fn make_folders(path: &Path) -> io::Result<()> {
    let missing: Vec<PathBuf> =
        path.ancestors().skip(1).take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
    for folder in missing.iter().rev() {
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        if let Some(above) = folder.parent() {
            File::open(above)?.sync_all()?;
        }
    }
    Ok(())
}

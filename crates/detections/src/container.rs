//! The container that a segment is: named, checksummed, 64-byte aligned sections of little-endian numbers.
//!
//! It knows nothing of detections. The byte layout is written down in `docs/segment-format.md`; a reader needs no more
//! than that page and `numpy.frombuffer`.

use bytemuck::{Pod, Zeroable};
use std::marker::PhantomData;

#[cfg(target_endian = "big")]
compile_error!("segments are read in place as little-endian numbers");

/// What a container holds, and in which form it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    magic: [u8; 8],
    version: u32,
}

/// A segment. Version 1 is read once more, to be rewritten as this one; others are refused.
pub(crate) const SEGMENT: Kind = Kind { magic: *b"SIGHTSEG", version: VERSION };
/// An index of plates over many segments. It is derived: one of another version is made anew.
pub(crate) const INDEX: Kind = Kind { magic: *b"SIGHTIDX", version: 1 };
pub(crate) const VERSION: u32 = 2;
pub(crate) const VERSION_1: u32 = 1;
/// Start of every section, and granularity of the file.
pub(crate) const ALIGN: usize = 64;
/// Sections of one container; more is damage.
const SECTIONS_MAX: usize = 256;
const NAME_BYTES: usize = 32;

/// Sixty-four bytes that lie on a 64-byte boundary: memory in which any column can be read in place.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub(crate) struct Line([u8; ALIGN]);

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Header {
    magic: [u8; 8],
    version: u32,
    sections: u32,
    /// Bytes of the whole file; another length is a torn file.
    total_bytes: u64,
    rows: u64,
    /// CRC-32C of the table of contents.
    toc_crc: u32,
    /// CRC-32C of the bytes before this field.
    header_crc: u32,
    zero: [u8; 24],
}

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Entry {
    name: [u8; NAME_BYTES],
    dtype: [u8; 8],
    offset: u64,
    /// Without the padding.
    length: u64,
    /// CRC-32C of the section and its padding.
    crc: u32,
    zero: u32,
}

const HEADER_BYTES: usize = size_of::<Header>();
const ENTRY_BYTES: usize = size_of::<Entry>();
const HEADER_CRC_AT: usize = 36;

/// A number below 2^24 in three bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct U24([u8; 3]);

impl U24 {
    pub(crate) fn new(number: u32) -> Self {
        let [a, b, c, rest] = number.to_le_bytes();
        assert!(rest == 0, "SEGMENT_ROWS_MAX keeps rows and readings within 24 bits");
        Self([a, b, c])
    }

    pub(crate) fn get(self) -> u32 {
        u32::from_le_bytes([self.0[0], self.0[1], self.0[2], 0])
    }

    pub(crate) fn place(self) -> usize {
        self.get() as usize
    }
}

/// A number type that a section can hold, with the name that `numpy` has for it.
pub(crate) trait Element: Pod {
    const DTYPE: &'static str;
}

impl Element for u8 {
    const DTYPE: &'static str = "|u1";
}
impl Element for u16 {
    const DTYPE: &'static str = "<u2";
}
impl Element for u32 {
    const DTYPE: &'static str = "<u4";
}
impl Element for u64 {
    const DTYPE: &'static str = "<u8";
}
impl Element for i32 {
    const DTYPE: &'static str = "<i4";
}
impl Element for i64 {
    const DTYPE: &'static str = "<i8";
}
impl Element for U24 {
    const DTYPE: &'static str = "|V3";
}
impl Element for [u8; 6] {
    const DTYPE: &'static str = "|S6";
}

/// Where a section's elements lie in the file; made by [`Toc::column`], which has checked length and alignment.
#[derive(Debug)]
pub(crate) struct Column<T> {
    start: usize,
    end: usize,
    element: PhantomData<T>,
}

impl<T: Element> Column<T> {
    /// The elements, read in place. `file` is the container this column was resolved in.
    pub(crate) fn of<'a>(&self, file: &'a [u8]) -> &'a [T] {
        let bytes = file.get(self.start..self.end).expect("the section was within the file when it was resolved");
        bytemuck::try_cast_slice(bytes).expect("sections start on 64-byte boundaries and hold whole elements")
    }
}

/// A section on its way into a file, as it was made.
trait Values: Send {
    fn bytes(&self) -> &[u8];
}

impl<T: Element + Send> Values for Vec<T> {
    fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }
}

/// Collects sections and lays them out.
#[derive(Default)]
pub(crate) struct ContainerWriter {
    sections: Vec<(&'static str, &'static str, Box<dyn Values>)>,
}

impl ContainerWriter {
    pub(crate) fn add<T: Element + Send>(&mut self, name: &'static str, values: Vec<T>) {
        self.sections.push((name, T::DTYPE, Box::new(values)));
    }

    pub(crate) fn finish(self, kind: Kind, rows: u64) -> Vec<Line> {
        let toc_end = HEADER_BYTES + self.sections.len() * ENTRY_BYTES;
        let total = self.sections.iter().fold(toc_end, |end, (_, _, values)| end + padded(values.bytes().len()));
        let count = u32::try_from(self.sections.len()).expect("sections are listed in the source");
        let mut lines: Vec<Line> = vec![Zeroable::zeroed(); total / ALIGN];
        let file: &mut [u8] = bytemuck::cast_slice_mut(&mut lines);
        let (head, body) = file.split_at_mut(toc_end);
        let (header_bytes, toc_bytes) = head.split_at_mut(HEADER_BYTES);
        let mut start = 0;
        // Each section is let go once it is copied: the largest files are a good part of the memory.
        for ((name, dtype, values), slot) in self.sections.into_iter().zip(toc_bytes.chunks_exact_mut(ENTRY_BYTES)) {
            let bytes = values.bytes();
            let place = body.get_mut(start..start + padded(bytes.len())).expect("the total counted every section");
            place.get_mut(..bytes.len()).expect("padding only adds").copy_from_slice(bytes);
            let entry = Entry {
                name: fixed(name),
                dtype: fixed(dtype),
                offset: (toc_end + start) as u64,
                length: bytes.len() as u64,
                crc: crc32c::crc32c(place),
                zero: 0,
            };
            slot.copy_from_slice(bytemuck::bytes_of(&entry));
            start += padded(bytes.len());
        }
        let mut header = Header {
            magic: kind.magic,
            version: kind.version,
            sections: count,
            total_bytes: total as u64,
            rows,
            toc_crc: crc32c::crc32c(toc_bytes),
            header_crc: 0,
            zero: [0; 24],
        };
        header.header_crc = header_crc(bytemuck::bytes_of(&header));
        header_bytes.copy_from_slice(bytemuck::bytes_of(&header));
        lines
    }
}

/// The table of contents of a container whose header and length were found right.
#[derive(Debug)]
pub(crate) struct Toc {
    version: u32,
    rows: u64,
    crc: u32,
    entries: Vec<Entry>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("name", &text(&self.name)).field("length", &self.length).finish_non_exhaustive()
    }
}

impl Toc {
    /// Checks header, length and table; the sections themselves are checked by [`Self::verify`].
    pub(crate) fn read(kind: Kind, file: &[u8]) -> Result<Self, FormatError> {
        let header: Header = file
            .get(..HEADER_BYTES)
            .map(bytemuck::pod_read_unaligned)
            .filter(|header: &Header| header.magic == kind.magic)
            .ok_or(FormatError::NotASegment)?;
        if header.header_crc != header_crc(bytemuck::bytes_of(&header)) || header.zero != [0; 24] {
            return Err(FormatError::Damaged { part: "header".into() });
        }
        if header.version != kind.version && !(kind == SEGMENT && header.version == VERSION_1) {
            return Err(FormatError::OtherVersion { found: header.version });
        }
        if header.total_bytes != file.len() as u64 {
            return Err(FormatError::Torn { expected: header.total_bytes, found: file.len() as u64 });
        }
        let damaged = || FormatError::Damaged { part: "table of contents".into() };
        let count = usize::try_from(header.sections).ok().filter(|count| *count <= SECTIONS_MAX).ok_or_else(damaged)?;
        let toc = file.get(HEADER_BYTES..HEADER_BYTES + count * ENTRY_BYTES).ok_or_else(damaged)?;
        if crc32c::crc32c(toc) != header.toc_crc {
            return Err(damaged());
        }
        let entries: Vec<Entry> = toc.chunks_exact(ENTRY_BYTES).map(bytemuck::pod_read_unaligned).collect();
        let mut end = HEADER_BYTES + count * ENTRY_BYTES;
        for entry in &entries {
            let (offset, length) = (usize::try_from(entry.offset), usize::try_from(entry.length));
            let (Ok(offset), Ok(length)) = (offset, length) else { return Err(damaged()) };
            // Sections follow one another without gaps, so that every byte of the file has a checksum.
            if offset != end || length > file.len() {
                return Err(damaged());
            }
            end = offset + padded(length);
        }
        if end != file.len() {
            return Err(damaged());
        }
        Ok(Self { version: header.version, rows: header.rows, crc: header.toc_crc, entries })
    }

    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    /// Names of the sections with their bytes.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = (&str, u64)> {
        self.entries.iter().map(|entry| (text(&entry.name), entry.length))
    }

    /// Names of the sections with their bytes and checksums.
    pub(crate) fn checksums(&self) -> impl Iterator<Item = (&str, u64, u32)> {
        self.entries.iter().map(|entry| (text(&entry.name), entry.length, entry.crc))
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Checksum of the table, which holds the checksums of all sections: one number that stands for the whole file.
    pub(crate) fn crc(&self) -> u32 {
        self.crc
    }

    pub(crate) fn column<T: Element>(&self, name: &'static str) -> Result<Column<T>, FormatError> {
        let entry = self
            .entries
            .iter()
            .find(|entry| text(&entry.name) == name && text(&entry.dtype) == T::DTYPE)
            .ok_or_else(|| FormatError::Damaged { part: name.into() })?;
        let (start, length) = (entry.offset, entry.length);
        let start = usize::try_from(start).map_err(|_| FormatError::Damaged { part: name.into() })?;
        let length = usize::try_from(length).map_err(|_| FormatError::Damaged { part: name.into() })?;
        if !length.is_multiple_of(size_of::<T>()) {
            return Err(FormatError::Damaged { part: name.into() });
        }
        Ok(Column { start, end: start + length, element: PhantomData })
    }

    /// Compares every section with its checksum.
    pub(crate) fn verify(&self, file: &[u8]) -> Result<(), FormatError> {
        for entry in &self.entries {
            let bytes = usize::try_from(entry.offset)
                .ok()
                .zip(usize::try_from(entry.length).ok())
                .and_then(|(offset, length)| file.get(offset..offset + padded(length)));
            if bytes.is_none_or(|bytes| crc32c::crc32c(bytes) != entry.crc) {
                return Err(FormatError::Damaged { part: text(&entry.name).to_owned() });
            }
        }
        Ok(())
    }
}

fn padded(length: usize) -> usize {
    length.next_multiple_of(ALIGN)
}

fn header_crc(header: &[u8]) -> u32 {
    crc32c::crc32c(header.get(..HEADER_CRC_AT).unwrap_or_default())
}

fn fixed<const N: usize>(name: &str) -> [u8; N] {
    assert!(name.len() < N, "section names are short, and end in a zero");
    let mut bytes = [0; N];
    for (slot, byte) in bytes.iter_mut().zip(name.bytes()) {
        *slot = byte;
    }
    bytes
}

fn text(bytes: &[u8]) -> &str {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    std::str::from_utf8(bytes.get(..end).unwrap_or_default()).unwrap_or_default()
}

/// Why a file is not read as a segment. It is then set aside whole: half a segment would be a wrong answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    #[error("the file is not a segment")]
    NotASegment,
    #[error("the segment is of form {found}; this release reads form {VERSION}, and form {VERSION_1} to migrate it")]
    OtherVersion { found: u32 },
    #[error("the segment is torn: {found} bytes of {expected}")]
    Torn { expected: u64, found: u64 },
    #[error("the segment's `{part}` is damaged")]
    Damaged { part: String },
    #[error("the file is not the one that the catalogue names")]
    NotTheCatalogued,
    #[error("the file cannot be read: {0}")]
    Unreadable(std::io::ErrorKind),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<Line> {
        let mut writer = ContainerWriter::default();
        writer.add::<u32>("numbers", vec![1, 2, 3]);
        writer.add::<i64>("instants", vec![-5]);
        writer.add::<u8>("empty", Vec::new());
        writer.finish(SEGMENT, 3)
    }

    #[test]
    fn sections_read_back_in_place() {
        let lines = sample();
        let file: &[u8] = bytemuck::cast_slice(&lines);
        let toc = Toc::read(SEGMENT, file).unwrap();
        toc.verify(file).unwrap();
        assert_eq!(toc.rows(), 3);
        assert_eq!(toc.column::<u32>("numbers").unwrap().of(file), &[1, 2, 3]);
        assert_eq!(toc.column::<i64>("instants").unwrap().of(file), &[-5]);
        assert!(toc.column::<u8>("empty").unwrap().of(file).is_empty());
        assert!(toc.column::<u64>("numbers").is_err(), "another type is another section");
    }

    #[test]
    fn fields_lie_where_the_page_on_the_format_says() {
        let lines = sample();
        let file: &[u8] = bytemuck::cast_slice(&lines);
        let u32_at = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        let u64_at = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().unwrap());
        assert_eq!((&file[..8], u32_at(8), u32_at(12)), (&b"SIGHTSEG"[..], 2, 3));
        assert_eq!((u64_at(16), u64_at(24)), (file.len() as u64, 3));
        assert_eq!(u32_at(32), crc32c::crc32c(&file[64..64 + 3 * 64]));
        assert_eq!(u32_at(36), crc32c::crc32c(&file[..36]));
        assert_eq!((&file[128..137], &file[160..163]), (&b"instants\0"[..], &b"<i8"[..]));
        let start = usize::try_from(u64_at(168)).unwrap();
        assert_eq!((start % 64, u64_at(176), u64_at(start)), (0, 8, (-5_i64).cast_unsigned()));
        assert_eq!(u32_at(184), crc32c::crc32c(&file[start..start + 64]));
    }

    #[test]
    fn every_flipped_bit_and_every_truncation_is_noticed() {
        let lines = sample();
        let file: &[u8] = bytemuck::cast_slice(&lines);
        let is_sound = |file: &[u8]| Toc::read(SEGMENT, file).and_then(|toc| toc.verify(file)).is_ok();
        assert!(is_sound(file));
        for place in 0..file.len() {
            let mut altered = file.to_vec();
            altered[place] ^= 1 << (place % 8);
            assert!(!is_sound(&altered), "byte {place}");
            assert!(!is_sound(&file[..place]), "cut at {place}");
        }
        let longer = [file, &[0; 64]].concat();
        assert!(!is_sound(&longer));
    }
}

//! A segment's checksums made right again, from `docs/segment-format.md`: without them a fuzzer never gets past the first.

const HEADER_BYTES: usize = 64;
const ENTRY_BYTES: usize = 64;
const SECTIONS_MAX: usize = 256;

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes)
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + value.len()) {
        place.copy_from_slice(value);
    }
}

/// The same bytes with length, places of sections and checksums as the format wants them, as far as they can be had.
pub(crate) fn resealed(data: &[u8]) -> Vec<u8> {
    let mut file = data.to_vec();
    file.resize(data.len().next_multiple_of(64), 0);
    let sections =
        u32_at(&file, 12).and_then(|count| usize::try_from(count).ok()).unwrap_or_default().min(SECTIONS_MAX);
    let toc_end = HEADER_BYTES + sections * ENTRY_BYTES;
    let mut start = toc_end;
    for entry in (HEADER_BYTES..toc_end).step_by(ENTRY_BYTES) {
        let Some(length) = u64_at(&file, entry + 48).and_then(|length| usize::try_from(length).ok()) else { break };
        let end = length.checked_next_multiple_of(64).and_then(|padded| start.checked_add(padded));
        let Some(crc) = end.and_then(|end| file.get(start..end)).map(crc32c::crc32c) else { break };
        put(&mut file, entry + 40, &(start as u64).to_le_bytes());
        put(&mut file, entry + 56, &crc.to_le_bytes());
        start = end.unwrap_or(start);
    }
    let total = file.len() as u64;
    put(&mut file, 16, &total.to_le_bytes());
    let toc = file.get(HEADER_BYTES..toc_end).map(crc32c::crc32c).unwrap_or_default();
    put(&mut file, 32, &toc.to_le_bytes());
    let header = file.get(..36).map(crc32c::crc32c).unwrap_or_default();
    put(&mut file, 36, &header.to_le_bytes());
    file
}

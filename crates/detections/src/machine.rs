//! What cannot be written without `unsafe`: files mapped into memory, and vector instructions. The only such file.
//!
//! Every kernel has a scalar form that is its definition; the vector forms run only where the processor was asked for
//! them, and the tests compare them bit by bit.
#![expect(
    unsafe_code,
    reason = "mapping a file and calling vector instructions cannot be made safe; each use says why it holds"
)]

use memmap2::Mmap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Maps a sealed file. Segments are written once under a fresh name, fsynced, and never written again; they are removed
/// by unlinking, which leaves existing maps whole.
pub(crate) fn map(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: nothing in this system writes to a sealed segment, the data folder is locked by this process, and what is
    // read from the map is checked against its checksums before it is used. Whoever edits files of a running store by
    // hand can make reads fail, as with any database.
    unsafe { Mmap::map(&file) }
}

static IS_SCALAR: AtomicBool = AtomicBool::new(false);

/// Makes all searches of this process do without vector instructions, for measurements and tests.
pub fn set_scalar_kernels(is_scalar: bool) {
    IS_SCALAR.store(is_scalar, Ordering::Relaxed);
}

/// A key passes where `key & mask == value` for one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyMask {
    pub(crate) mask: u64,
    pub(crate) value: u64,
}

impl KeyMask {
    pub(crate) fn has(self, key: u64) -> bool {
        key & self.mask == self.value
    }
}

/// A box of positions in 1e-7 degree, its edges included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NarrowBox {
    pub(crate) west: i32,
    pub(crate) south: i32,
    pub(crate) east: i32,
    pub(crate) north: i32,
}

/// Boxes side by side, all slices of one length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BoxColumns<'a> {
    pub(crate) west: &'a [i32],
    pub(crate) south: &'a [i32],
    pub(crate) east: &'a [i32],
    pub(crate) north: &'a [i32],
}

/// Appends `first` plus the place of every key that passes one of the masks.
pub(crate) fn select_keys(keys: &[u64], masks: &[KeyMask], first: u32, found: &mut Vec<u32>) {
    #[cfg(target_arch = "x86_64")]
    if !IS_SCALAR.load(Ordering::Relaxed) {
        if std::arch::is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has AVX-512F.
            return unsafe { vector::select_keys_avx512(keys, masks, first, found) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            return unsafe { vector::select_keys_avx2(keys, masks, first, found) };
        }
    }
    scalar::select_keys(keys, masks, first, found);
}

/// One bit for each position that lies in the box, from the lowest bit of the first word. At most 64 positions a word;
/// `lat` and `lon` have one length, `found` has a word for each 64 of it.
pub(crate) fn select_points(lat: &[i32], lon: &[i32], place: &NarrowBox, found: &mut [u64]) {
    assert!(lat.len() == lon.len() && lat.len() <= found.len() * 64, "positions have both coordinates, and a bit");
    found.fill(0);
    #[cfg(target_arch = "x86_64")]
    if !IS_SCALAR.load(Ordering::Relaxed) && std::arch::is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has AVX-512F.
        return unsafe { vector::select_points_avx512(lat, lon, place, found) };
    }
    scalar::select_points(lat, lon, place, found);
}

/// Appends the place of every box that meets `place`.
pub(crate) fn select_boxes(boxes: &BoxColumns<'_>, place: &NarrowBox, found: &mut Vec<u32>) {
    let count = boxes.west.len();
    assert!([boxes.south.len(), boxes.east.len(), boxes.north.len()] == [count; 3], "a box has four sides");
    #[cfg(target_arch = "x86_64")]
    if !IS_SCALAR.load(Ordering::Relaxed) && std::arch::is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has AVX-512F.
        return unsafe { vector::select_boxes_avx512(boxes, place, found) };
    }
    scalar::select_boxes(boxes, place, 0, found);
}

/// The definitions.
mod scalar {
    use super::{BoxColumns, KeyMask, NarrowBox};

    pub(super) fn select_keys(keys: &[u64], masks: &[KeyMask], first: u32, found: &mut Vec<u32>) {
        for (key, place) in keys.iter().zip(first..) {
            if masks.iter().any(|wanted| wanted.has(*key)) {
                found.push(place);
            }
        }
    }

    pub(super) fn select_points(lat: &[i32], lon: &[i32], place: &NarrowBox, found: &mut [u64]) {
        for (word, (lat, lon)) in found.iter_mut().zip(lat.chunks(64).zip(lon.chunks(64))) {
            *word |= word_of(lat, lon, place);
        }
    }

    pub(super) fn word_of(lat: &[i32], lon: &[i32], place: &NarrowBox) -> u64 {
        lat.iter().zip(lon).enumerate().fold(0, |word, (bit, (lat, lon))| {
            let is_in = (place.south..=place.north).contains(lat) && (place.west..=place.east).contains(lon);
            word | (u64::from(is_in) << bit)
        })
    }

    pub(super) fn select_boxes(boxes: &BoxColumns<'_>, place: &NarrowBox, from: usize, found: &mut Vec<u32>) {
        let sides = boxes.west.iter().zip(boxes.east).zip(boxes.south.iter().zip(boxes.north));
        for (at, ((west, east), (south, north))) in (0..).zip(sides).skip(from) {
            if *west <= place.east && place.west <= *east && *south <= place.north && place.south <= *north {
                found.push(at);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(clippy::cast_ptr_alignment, reason = "the loads are those that need no alignment")]
mod vector {
    use super::{BoxColumns, KeyMask, NarrowBox, scalar};
    use std::arch::x86_64::{
        __m256i, __m512i, _mm256_and_si256, _mm256_castsi256_pd, _mm256_cmpeq_epi64, _mm256_loadu_si256,
        _mm256_movemask_pd, _mm256_or_si256, _mm256_set1_epi64x, _mm256_setzero_si256, _mm512_and_si512,
        _mm512_cmpeq_epi64_mask, _mm512_cmple_epi32_mask, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_set1_epi64,
    };

    fn push(mut bits: u32, first: u32, found: &mut Vec<u32>) {
        while bits != 0 {
            found.push(first + bits.trailing_zeros());
            bits &= bits - 1;
        }
    }

    /// # Safety
    /// The processor must have AVX-512F.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn select_keys_avx512(keys: &[u64], masks: &[KeyMask], first: u32, found: &mut Vec<u32>) {
        let mut place = first;
        let mut chunks = keys.chunks_exact(32);
        for chunk in &mut chunks {
            // SAFETY: the chunk has 32 keys of 8 bytes, which is four unaligned loads of 64 bytes.
            let loaded = unsafe {
                let at = chunk.as_ptr().cast::<__m512i>();
                [0, 1, 2, 3].map(|part| _mm512_loadu_si512(at.add(part)))
            };
            let mut bits = 0_u32;
            for wanted in masks {
                let (mask, value) =
                    (_mm512_set1_epi64(wanted.mask.cast_signed()), _mm512_set1_epi64(wanted.value.cast_signed()));
                for (part, keys) in loaded.iter().enumerate() {
                    let equal = _mm512_cmpeq_epi64_mask(_mm512_and_si512(*keys, mask), value);
                    bits |= u32::from(equal) << (8 * part);
                }
            }
            push(bits, place, found);
            place += 32;
        }
        scalar::select_keys(chunks.remainder(), masks, place, found);
    }

    /// # Safety
    /// The processor must have AVX2.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn select_keys_avx2(keys: &[u64], masks: &[KeyMask], first: u32, found: &mut Vec<u32>) {
        let mut place = first;
        let mut chunks = keys.chunks_exact(4);
        for chunk in &mut chunks {
            // SAFETY: the chunk has 4 keys of 8 bytes, which is one unaligned load of 32 bytes.
            let keys = unsafe { _mm256_loadu_si256(chunk.as_ptr().cast::<__m256i>()) };
            let mut any = _mm256_setzero_si256();
            for wanted in masks {
                let (mask, value) =
                    (_mm256_set1_epi64x(wanted.mask.cast_signed()), _mm256_set1_epi64x(wanted.value.cast_signed()));
                any = _mm256_or_si256(any, _mm256_cmpeq_epi64(_mm256_and_si256(keys, mask), value));
            }
            push(_mm256_movemask_pd(_mm256_castsi256_pd(any)).cast_unsigned(), place, found);
            place += 4;
        }
        scalar::select_keys(chunks.remainder(), masks, place, found);
    }

    /// # Safety
    /// The processor must have AVX-512F.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn select_points_avx512(lat: &[i32], lon: &[i32], place: &NarrowBox, found: &mut [u64]) {
        let (south, north) = (_mm512_set1_epi32(place.south), _mm512_set1_epi32(place.north));
        let (west, east) = (_mm512_set1_epi32(place.west), _mm512_set1_epi32(place.east));
        for (word, (lat, lon)) in found.iter_mut().zip(lat.chunks(64).zip(lon.chunks(64))) {
            if lat.len() < 64 {
                *word = scalar::word_of(lat, lon, place);
                continue;
            }
            for part in 0..4 {
                // SAFETY: both chunks have 64 coordinates of 4 bytes, which is four unaligned loads of 64 bytes each.
                let (lat, lon) = unsafe {
                    (
                        _mm512_loadu_si512(lat.as_ptr().add(16 * part).cast::<__m512i>()),
                        _mm512_loadu_si512(lon.as_ptr().add(16 * part).cast::<__m512i>()),
                    )
                };
                let inside = _mm512_cmple_epi32_mask(south, lat)
                    & _mm512_cmple_epi32_mask(lat, north)
                    & _mm512_cmple_epi32_mask(west, lon)
                    & _mm512_cmple_epi32_mask(lon, east);
                *word |= u64::from(inside) << (16 * part);
            }
        }
    }

    /// # Safety
    /// The processor must have AVX-512F.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn select_boxes_avx512(boxes: &BoxColumns<'_>, place: &NarrowBox, found: &mut Vec<u32>) {
        let (south, north) = (_mm512_set1_epi32(place.south), _mm512_set1_epi32(place.north));
        let (west, east) = (_mm512_set1_epi32(place.west), _mm512_set1_epi32(place.east));
        let whole = boxes.west.len() / 16 * 16;
        for (at, first) in (0..whole).step_by(16).zip((0..).step_by(16)) {
            // SAFETY: all four slices have the length of `west` (the caller asserts it), so from `at` on each has 16
            // sides of 4 bytes, which is one unaligned load of 64 bytes.
            let [box_west, box_south, box_east, box_north] = unsafe {
                [boxes.west, boxes.south, boxes.east, boxes.north]
                    .map(|side| _mm512_loadu_si512(side.as_ptr().add(at).cast::<__m512i>()))
            };
            let meets = _mm512_cmple_epi32_mask(box_west, east)
                & _mm512_cmple_epi32_mask(west, box_east)
                & _mm512_cmple_epi32_mask(box_south, north)
                & _mm512_cmple_epi32_mask(south, box_north);
            push(u32::from(meets), first, found);
        }
        scalar::select_boxes(boxes, place, whole, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn both<T: PartialEq + std::fmt::Debug>(run: impl Fn() -> T) -> (T, T) {
        // Other tests run meanwhile; they only become slower by it.
        set_scalar_kernels(true);
        let plain = run();
        set_scalar_kernels(false);
        (run(), plain)
    }

    proptest! {
        #[test]
        fn vector_kernels_find_what_the_scalar_ones_find(
            keys in prop::collection::vec(0..400_u64, 0..150),
            masks in prop::collection::vec((0..8_u64, 0..8_u64), 0..4),
            points in prop::collection::vec((-9..9_i32, -9..9_i32), 0..256),
            corner in (-9..9_i32, -9..9_i32),
            size in (0..9_i32, 0..9_i32),
        ) {
            let masks: Vec<KeyMask> = masks.into_iter().map(|(mask, value)| KeyMask { mask, value }).collect();
            let (fast, plain) = both(|| { let mut found = Vec::new(); select_keys(&keys, &masks, 7, &mut found); found });
            prop_assert_eq!(fast, plain);
            let (lat, lon): (Vec<i32>, Vec<i32>) = points.iter().copied().unzip();
            let place = NarrowBox { west: corner.0, south: corner.1, east: corner.0 + size.0, north: corner.1 + size.1 };
            let (fast, plain) = both(|| { let mut found = [0; 4]; select_points(&lat, &lon, &place, &mut found); found });
            prop_assert_eq!(fast, plain);
            let east: Vec<i32> = lon.iter().map(|west| west + 3).collect();
            let north: Vec<i32> = lat.iter().map(|south| south + 2).collect();
            let boxes = BoxColumns { west: &lon, south: &lat, east: &east, north: &north };
            let (fast, plain) = both(|| { let mut found = Vec::new(); select_boxes(&boxes, &place, &mut found); found });
            prop_assert_eq!(fast, plain);
        }
    }
}

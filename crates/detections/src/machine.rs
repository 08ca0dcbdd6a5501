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
use std::sync::LazyLock;
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

/// Names the kernels for a whole process: `scalar`, or `vector` where the processor has them, which is the default.
const KERNELS_VARIABLE: &str = "SIGHTLINE_KERNELS";

/// Read once, when a kernel first runs.
static IS_SCALAR_BY_VARIABLE: LazyLock<bool> = LazyLock::new(|| {
    let value = std::env::var(KERNELS_VARIABLE).ok();
    asks_for_scalar(value.as_deref()).unwrap_or_else(|| {
        tracing::warn!("{KERNELS_VARIABLE} is neither `scalar` nor `vector`, and is passed over");
        false
    })
});

/// `None` where the value means nothing.
fn asks_for_scalar(value: Option<&str>) -> Option<bool> {
    match value {
        Some("scalar") => Some(true),
        Some("vector" | "") | None => Some(false),
        Some(_) => None,
    }
}

fn is_scalar() -> bool {
    IS_SCALAR.load(Ordering::Relaxed) || *IS_SCALAR_BY_VARIABLE
}

/// Makes all searches of this process do without vector instructions, for measurements and tests. The environment variable
/// `SIGHTLINE_KERNELS=scalar` does so from outside.
pub fn set_scalar_kernels(is_scalar: bool) {
    IS_SCALAR.store(is_scalar, Ordering::Relaxed);
}

/// A key passes where `key & mask == value` for one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyMask {
    pub mask: u64,
    pub value: u64,
}

impl KeyMask {
    pub fn has(self, key: u64) -> bool {
        key & self.mask == self.value
    }
}

/// A box of positions in 1e-7 degree, its edges included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NarrowBox {
    pub west: i32,
    pub south: i32,
    pub east: i32,
    pub north: i32,
}

/// Boxes side by side, all slices of one length.
#[derive(Clone, Copy, Debug)]
pub struct BoxColumns<'a> {
    pub west: &'a [i32],
    pub south: &'a [i32],
    pub east: &'a [i32],
    pub north: &'a [i32],
}

/// Appends `first` plus the place of every key that passes one of the masks.
pub fn select_keys(keys: &[u64], masks: &[KeyMask], first: u32, found: &mut Vec<u32>) {
    #[cfg(target_arch = "x86_64")]
    if !is_scalar() {
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
pub fn select_points(lat: &[i32], lon: &[i32], place: &NarrowBox, found: &mut [u64]) {
    assert!(lat.len() == lon.len() && lat.len() <= found.len() * 64, "positions have both coordinates, and a bit");
    found.fill(0);
    #[cfg(target_arch = "x86_64")]
    if !is_scalar() && std::arch::is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has AVX-512F.
        return unsafe { vector::select_points_avx512(lat, lon, place, found) };
    }
    scalar::select_points(lat, lon, place, found);
}

/// Appends the place of every box that meets `place`.
pub fn select_boxes(boxes: &BoxColumns<'_>, place: &NarrowBox, found: &mut Vec<u32>) {
    let count = boxes.west.len();
    assert!([boxes.south.len(), boxes.east.len(), boxes.north.len()] == [count; 3], "a box has four sides");
    #[cfg(target_arch = "x86_64")]
    if !is_scalar() && std::arch::is_x86_feature_detected!("avx512f") {
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

    type SelectKeys = unsafe fn(&[u64], &[KeyMask], u32, &mut Vec<u32>);
    type SelectPoints = unsafe fn(&[i32], &[i32], &NarrowBox, &mut [u64]);
    type SelectBoxes = unsafe fn(&BoxColumns<'_>, &NarrowBox, &mut Vec<u32>);

    /// The vector forms that this processor has.
    fn of_processor() -> (Vec<SelectKeys>, Vec<SelectPoints>, Vec<SelectBoxes>) {
        let (mut keys, mut points, mut boxes): (Vec<SelectKeys>, Vec<SelectPoints>, Vec<SelectBoxes>) =
            Default::default();
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx2") {
                keys.push(vector::select_keys_avx2);
            }
            if std::arch::is_x86_feature_detected!("avx512f") {
                keys.push(vector::select_keys_avx512);
                points.push(vector::select_points_avx512);
                boxes.push(vector::select_boxes_avx512);
            }
        }
        (keys, points, boxes)
    }

    /// Every vector form and the function that picks one, each against the definition.
    fn compare(keys: &[u64], masks: &[KeyMask], points: &[(i32, i32)], place: &NarrowBox) {
        let (with_keys, with_points, with_boxes) = of_processor();
        let found_by = |run: &dyn Fn(&mut Vec<u32>)| {
            let mut found = vec![1];
            run(&mut found);
            found
        };
        let wanted = found_by(&|found| scalar::select_keys(keys, masks, 7, found));
        assert_eq!(found_by(&|found| select_keys(keys, masks, 7, found)), wanted);
        for run in with_keys {
            // SAFETY: `of_processor` gives what the processor has.
            assert_eq!(found_by(&|found| unsafe { run(keys, masks, 7, found) }), wanted, "{} keys", keys.len());
        }
        let (lat, lon): (Vec<i32>, Vec<i32>) = points.iter().copied().unzip();
        let bits_by = |run: &dyn Fn(&mut [u64])| {
            let mut found = vec![0; points.len().div_ceil(64)];
            run(&mut found);
            found
        };
        let wanted = bits_by(&|found| scalar::select_points(&lat, &lon, place, found));
        assert_eq!(bits_by(&|found| select_points(&lat, &lon, place, found)), wanted);
        for run in with_points {
            // SAFETY: as above.
            assert_eq!(bits_by(&|found| unsafe { run(&lat, &lon, place, found) }), wanted, "{} points", points.len());
        }
        let (east, north): (Vec<i32>, Vec<i32>) =
            points.iter().map(|(south, west)| (west.saturating_add(3), south.saturating_add(2))).unzip();
        let boxes = BoxColumns { west: &lon, south: &lat, east: &east, north: &north };
        let wanted = found_by(&|found| scalar::select_boxes(&boxes, place, 0, found));
        assert_eq!(found_by(&|found| select_boxes(&boxes, place, found)), wanted);
        for run in with_boxes {
            // SAFETY: as above, and the sides have one length.
            assert_eq!(found_by(&|found| unsafe { run(&boxes, place, found) }), wanted, "{} boxes", points.len());
        }
    }

    /// A number from a number, well mixed (`SplitMix64`).
    fn mix(number: u64) -> u64 {
        let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    #[test]
    fn vector_kernels_find_what_the_scalar_ones_find_at_every_length() {
        // Three of the largest chunks, so that each remainder comes after none, one and two whole ones.
        for length in 0..=3 * 64_usize {
            for round in 0..4_u64 {
                let draw = |at: usize, what: u64| mix(mix(length as u64 * 1_000 + at as u64) ^ (round * 7 + what));
                let keys: Vec<u64> = (0..length).map(|at| draw(at, 0) % 16).collect();
                let masks: Vec<KeyMask> = (0..usize::try_from(round).unwrap())
                    .map(|at| KeyMask { mask: draw(at, 1) % 16, value: draw(at, 2) % 16 })
                    .collect();
                let coordinate = |at: usize, what: u64| i32::try_from(draw(at, what) % 24).unwrap() - 12;
                let points: Vec<(i32, i32)> = (0..length).map(|at| (coordinate(at, 3), coordinate(at, 4))).collect();
                let place = NarrowBox { west: -5, south: -6, east: 4, north: 7 };
                compare(&keys, &masks, &points, &place);
            }
        }
    }

    proptest! {
        #[test]
        fn vector_kernels_find_what_the_scalar_ones_find_of_any_numbers(
            keys in prop::collection::vec(any::<u64>(), 0..150),
            masks in prop::collection::vec((any::<u64>(), any::<u64>()), 0..4),
            picked in prop::collection::vec((0..150_usize, any::<u64>()), 0..4),
            points in prop::collection::vec((any::<i32>(), any::<i32>()), 0..256),
            corners in (any::<i32>(), any::<i32>(), any::<i32>(), any::<i32>()),
        ) {
            let random = masks.into_iter().map(|(mask, value)| KeyMask { mask, value: value & mask });
            // Masks that pass one of the keys.
            let near = picked.into_iter().filter_map(|(at, mask)| Some(KeyMask { mask, value: keys.get(at)? & mask }));
            let masks: Vec<KeyMask> = random.chain(near).collect();
            let place = NarrowBox {
                west: corners.0.min(corners.1), south: corners.2.min(corners.3), east: corners.0.max(corners.1),
                north: corners.2.max(corners.3),
            };
            compare(&keys, &masks, &points, &place);
        }
    }

    #[test]
    fn the_environment_may_ask_for_scalar_kernels() {
        let asked = [None, Some("scalar"), Some("vector"), Some(""), Some("fast")].map(asks_for_scalar);
        assert_eq!(asked, [Some(false), Some(true), Some(false), Some(false), None]);
    }
}

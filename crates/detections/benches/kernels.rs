//! The kernels of `machine.rs`, with vector instructions and without: `cargo bench -p detections` or the end of `make bench`.
#![allow(missing_docs, reason = "the macros of criterion make functions")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use detections::kernels::{BoxColumns, KeyMask, NarrowBox, select_boxes, select_keys, select_points};
use detections::set_scalar_kernels;
use std::hint::black_box;

/// Keys of one large segment.
const KEYS: usize = 1_600_000;
/// Positions of its rows, and the bounds of its blocks of 256 rows.
const POINTS: usize = 1_600_000;
const BOXES: usize = POINTS / 256;

/// A number from a number, well mixed (`SplitMix64`).
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn numbers(seed: u64, count: usize, below: u64) -> Vec<i32> {
    (0..count as u64).map(|at| i32::try_from(mix(at ^ (seed << 40)) % below).unwrap_or(i32::MAX)).collect()
}

/// Runs each kernel both ways.
fn both(criterion: &mut Criterion, name: &str, elements: usize, mut run: impl FnMut()) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(elements as u64));
    for (form, is_scalar) in [("vector", false), ("scalar", true)] {
        set_scalar_kernels(is_scalar);
        group.bench_function(BenchmarkId::from_parameter(form), |bencher| bencher.iter(&mut run));
    }
    set_scalar_kernels(false);
    group.finish();
}

fn kernels(criterion: &mut Criterion) {
    let keys: Vec<u64> = (0..KEYS as u64).map(mix).collect();
    let mask = |shift: u32| KeyMask { mask: 0xffff << shift, value: 0x1234 << shift };
    for masks in [&[mask(8)][..], &[mask(8), mask(16), mask(24), mask(32)]] {
        let mut found = Vec::with_capacity(KEYS);
        both(criterion, &format!("keys, {} masks", masks.len()), KEYS, || {
            found.clear();
            select_keys(black_box(&keys), black_box(masks), 0, &mut found);
            black_box(&found);
        });
    }
    let (lat, lon) = (numbers(1, POINTS, 1_000_000), numbers(2, POINTS, 1_000_000));
    let place = NarrowBox { west: 400_000, south: 400_000, east: 600_000, north: 600_000 };
    let mut words = vec![0; POINTS.div_ceil(64)];
    both(criterion, "points in a box", POINTS, || {
        select_points(black_box(&lat), black_box(&lon), black_box(&place), &mut words);
        black_box(&words);
    });
    let (west, south) = (numbers(3, BOXES, 1_000_000), numbers(4, BOXES, 1_000_000));
    let wider = |sides: &[i32]| sides.iter().map(|side| side + 20_000).collect::<Vec<i32>>();
    let (east, north) = (wider(&west), wider(&south));
    let boxes = BoxColumns { west: &west, south: &south, east: &east, north: &north };
    let mut found = Vec::with_capacity(BOXES);
    both(criterion, "boxes that meet a box", BOXES, || {
        found.clear();
        select_boxes(black_box(&boxes), black_box(&place), &mut found);
        black_box(&found);
    });
}

criterion_group!(benches, kernels);
criterion_main!(benches);

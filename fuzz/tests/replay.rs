//! Every file of the corpora, and some alterations of each, given to its target.
#![allow(clippy::unwrap_used, reason = "a test that cannot read the repository fails")]

use std::path::{Path, PathBuf};

/// Alterations of each file, the same in every run.
const ALTERATIONS: u64 = 60;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> =
        std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// A small generator (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound.max(1) as u64).unwrap()
    }
}

fn altered(file: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut altered = file.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(altered.len());
        match dice.below(4) {
            0 => altered.truncate(at),
            1 => altered.insert(at, u8::try_from(dice.below(256)).unwrap()),
            _ => {
                let flip = 1 << dice.below(8);
                altered.get_mut(at).into_iter().for_each(|byte| *byte ^= flip);
            }
        }
    }
    altered
}

fn give(corpus: Vec<Vec<u8>>, at_least: usize, target: fn(&[u8])) {
    assert!(corpus.len() >= at_least, "{} files", corpus.len());
    let mut dice = Dice(20_260_503);
    for file in corpus {
        target(&file);
        for _ in 0..ALTERATIONS {
            target(&altered(&file, &mut dice));
        }
    }
}

#[test]
fn inv_2_no_segment_of_the_corpus_makes_reading_or_searching_panic() {
    give(files("fuzz/corpora/segments"), 3, fuzz::segments);
}

#[test]
fn qry_2_every_pattern_of_the_corpus_finds_what_its_definition_matches() {
    give(files("fuzz/corpora/patterns"), 8, fuzz::patterns);
}

#[test]
fn det_1_no_photo_header_of_the_corpus_makes_reading_it_panic() {
    give(files("fuzz/corpora/photo_headers"), 4, fuzz::photo_headers);
}

#[test]
fn det_2_no_post_or_file_of_the_corpus_makes_reading_it_panic() {
    give(files("fuzz/corpora/feeds"), 10, fuzz::feeds);
    // The nasty bodies and real posts of the reader's own tests, as each of the formats.
    let bodies = [files("crates/feeds/tests/corpus"), files("crates/feeds/tests/payloads")].concat();
    assert!(bodies.len() > 40);
    for body in bodies {
        for format in 0..7 {
            fuzz::feeds(&[&[format], body.as_slice()].concat());
        }
    }
}

//! Files with right checksums that are not what they seem, and searches that panic all the same.

use super::craft::Crafted;
use super::support::{Home, around, plate, read};
use crate::StoreError;
use crate::answer::Answer;
use crate::container::FormatError;
use crate::search::plan::Search;
use crate::segment::Segment;
use domain::{Criteria, PoolId, Question, Widen};

/// A segment of two short plates and two long ones.
async fn sound() -> Vec<u8> {
    let home = Home::sqlite();
    let store = home.open().await;
    let texts = ["AB12", "XYZ9", "粤B12345", "粤A99999"];
    store.append(texts.iter().map(|text| read(text, text)).collect()).await.unwrap();
    store.seal().await.unwrap();
    store.close().await;
    std::fs::read(home.segment_files().remove(0)).unwrap()
}

fn damage(file: &[u8]) -> Option<String> {
    match Segment::from_bytes(file).unwrap().read() {
        Ok(_) => None,
        Err(FormatError::Damaged { part }) => Some(part),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_forged_plate_or_bound_is_damage_although_its_checksums_are_right() {
    let file = sound().await;
    assert_eq!(Crafted::of(&file).file(), file, "taken apart and put together again");
    assert_eq!(damage(&file), None);
    let (length, last) = ("AB12".len(), 7);
    for (at, byte, what) in [
        (0, b' ', "a space"),
        (0, b'a', "a lower case letter"),
        (0, 0, "a zero before the text"),
        (1, 0x80, "not ASCII"),
        (1, 0, "a zero within"),
        (length, b'-', "a hyphen"),
        (last, 1, "a control character"),
    ] {
        let mut forged = Crafted::of(&file);
        // Keys are little-endian numbers with the first byte of the text highest.
        forged.section("plate.key")[7 - at] = byte;
        let key: Vec<u8> = forged.section("plate.key")[..8].to_vec();
        forged.section("plate.sample")[..8].copy_from_slice(&key);
        assert_eq!(damage(&forged.file()).as_deref(), Some("plate"), "{what}");
    }
    for (at, byte, what) in [(0, 0xff, "not UTF-8"), (12, b'b', "not in its normal form")] {
        let mut forged = Crafted::of(&file);
        forged.section("plate.long.bytes")[at] = byte;
        assert_eq!(damage(&forged.file()).as_deref(), Some("plate"), "{what}");
    }
    let mut short = Crafted::of(&file);
    short.section("plate.long.bytes")[..9].copy_from_slice(b"ABCDEFGHI");
    short.section("plate.long.offsets")[4..8].copy_from_slice(&8_u32.to_le_bytes());
    assert_eq!(damage(&short.file()).as_deref(), Some("plate"), "a long text that has a key");
    let bounds = Crafted::of(&file).names();
    let bounds: Vec<_> = bounds.into_iter().filter(|name| name.starts_with("block.")).collect();
    assert_eq!(bounds.len(), 6);
    for bound in bounds {
        let mut forged = Crafted::of(&file);
        forged.section(&bound)[0] ^= 1;
        let part = damage(&forged.file()).unwrap();
        assert!(bound.starts_with(&part), "{bound}");
    }
    let mut sample = Crafted::of(&file);
    sample.section("plate.sample")[0] ^= 1;
    assert_eq!(damage(&sample.file()).as_deref(), Some("plate"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_that_panics_is_an_error_and_the_next_one_answers() {
    let home = Home::sqlite();
    let store = home.open().await;
    store.append(vec![read("event", "A1")]).await.unwrap();
    let criteria = Criteria::FullPlate { plate: plate("A1"), state: None };
    let question = Question::new(criteria, around(), Widen::default()).unwrap();
    let search = Search { question, pools: vec![PoolId(1)] };
    for _ in 0..100 {
        let ended = store.search::<()>(search.clone(), |_, _, _| panic!("a segment that nobody thought of")).await;
        assert!(matches!(ended, Err(StoreError::WorkerLost)));
    }
    let Answer::Rows(found) = store.rows_of(search, false).await.unwrap() else { panic!("few rows") };
    assert_eq!(found.hits.len(), 1);
}

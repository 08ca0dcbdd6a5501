//! The small segments from which the fuzz target of segments goes on; `BLESS=1` writes them.

use super::support::{at, plate, read};
use crate::encode::encode;
use crate::fuzzing::read_segment;
use crate::row::RowRef;
use domain::{NewDetection, Reading, State, UtcMicros, Vehicle};
use std::fs;
use std::path::Path;

fn rich(count: usize) -> Vec<NewDetection> {
    let one = |number: usize| {
        let small = i32::try_from(number).unwrap();
        let mut new = read(
            &format!("event-{number}"),
            &format!("{}B{}", ["A", "O0", "粤", "LONGPLATES"][number % 4], number % 7),
        );
        new.scan_time = UtcMicros(new.scan_time.0 + i64::from(small) * 7_000_000_000);
        new.raw_plate = [new.plate.as_str(), "raw b", "other"][number % 3].to_owned().into();
        new.state = [State::us("CA").ok(), None, State::us("NV").ok()][number % 3];
        new.position = at(small * 70_000, -small * 90_000);
        new.readings = (0..number % 3)
            .map(|of| Reading { plate: plate(&format!("{}C{of}", ["8", "READINGOFNINE"][of % 2])), confidence: 5 })
            .collect();
        new.vehicle = Vehicle { make: Some("toyota".into()), colour: Some("white".into()), ..Vehicle::default() };
        new.photos_at_camera = u8::from(number.is_multiple_of(2));
        new
    };
    (0..count).map(one).collect()
}

fn encoded(news: &[NewDetection]) -> Vec<u8> {
    let mut rows: Vec<_> = news.iter().map(|new| RowRef::of_new(new, new.scan_time)).collect();
    for (id, row) in (1..).zip(&mut rows) {
        row.id = id;
        if id % 5 == 0 {
            (row.version, row.supersedes) = (2, Some(1));
        }
    }
    bytemuck::cast_slice(&encode(&rows)).to_vec()
}

#[test]
fn the_corpus_of_segments_is_of_the_present_form_and_every_one_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpora/segments");
    for (name, news) in
        [("none", vec![]), ("one", vec![read("event", "A1")]), ("twenty", rich(20)), ("blocks", rich(300))]
    {
        let (path, made) = (folder.join(name), encoded(&news));
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &made).unwrap();
        }
        assert_eq!(read_segment(&made), Ok(news.len()), "{name}");
        let kept = fs::read(&path).unwrap_or_default();
        assert!(
            kept == made,
            "{}: old; `BLESS=1 cargo test --release --workspace --lib corpus` writes it anew",
            path.display()
        );
    }
}

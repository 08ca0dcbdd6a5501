//! The planted stories hold in every history that tells them.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test may stop at the first surprise, and counts here are small"
)]

use city::{City, CityPlan, CityRead, STORY_ROWS_MIN, Story};
use domain::{PlatePattern, PlateText, UtcMicros, Wildcards};
use std::collections::HashSet;
use std::sync::OnceLock;

fn city() -> &'static City {
    static CITY: OnceLock<City> = OnceLock::new();
    // An end that is not midnight: stories are dated from the last one.
    let end = UtcMicros(CityPlan::default().end.0 + 14 * 3_600_000_000);
    CITY.get_or_init(|| City::build(CityPlan { end, ..CityPlan::default() }).unwrap())
}

fn reads() -> &'static [CityRead] {
    static READS: OnceLock<Vec<CityRead>> = OnceLock::new();
    READS.get_or_init(|| city().detections(40_000).collect())
}

fn story(key: &str) -> Story {
    city().stories().into_iter().find(|story| story.key == key).unwrap()
}

fn read_as(plate: &str) -> Vec<&'static CityRead> {
    let wanted = PlateText::normalise(plate).unwrap();
    reads().iter().filter(|read| PlateText::normalise(&read.raw_plate).unwrap() == wanted).collect()
}

#[test]
fn every_story_has_its_reads_and_its_plate_to_itself() {
    assert_eq!(city().stories().len(), 6);
    for story in city().stories() {
        let true_reads: Vec<_> = reads().iter().filter(|read| read.true_plate == story.plate).collect();
        assert_eq!(true_reads.len(), story.reads, "{}", story.key);
        assert!(true_reads.iter().all(|read| read.true_state == story.state));
        assert_eq!(read_as(story.read_as).len(), story.reads, "{}", story.key);
    }
    assert!(
        city()
            .detections(STORY_ROWS_MIN - 1)
            .all(|read| city().stories().iter().all(|story| story.plate != read.true_plate))
    );
}

#[test]
fn qry_5_one_vehicle_alone_was_near_all_three_burglaries() {
    let burglaries = story("burglaries");
    assert_eq!(burglaries.scenes.len(), 3);
    let near = |scene: &city::StoryScene| -> HashSet<&str> {
        let there = |read: &&CityRead| scene.frame.contains(read.scan_time) && scene.area.contains(read.position);
        reads().iter().filter(there).map(|read| read.raw_plate.as_str()).collect()
    };
    let common = burglaries.scenes.iter().map(near).reduce(|a, b| a.intersection(&b).copied().collect()).unwrap();
    assert_eq!(common, HashSet::from([burglaries.plate]));
}

#[test]
fn qry_2_half_a_plate_with_make_and_colour_finds_one_vehicle() {
    let partial = story("partial");
    let pattern = PlatePattern::parse(partial.partial.unwrap(), Wildcards::StarIsOne).unwrap();
    let hit = |read: &&CityRead| {
        pattern.matches(&read.true_plate, false)
            && read.vehicle.make.as_deref() == Some("toyota")
            && read.vehicle.colour.as_deref() == Some("white")
    };
    let plates: HashSet<&str> = reads().iter().filter(hit).map(|read| read.true_plate.as_str()).collect();
    assert_eq!(plates, HashSet::from([partial.plate]));
}

#[test]
fn qry_10_one_vehicle_is_found_by_look_alikes_only() {
    let story = story("look-alike");
    assert!(read_as(story.plate).is_empty());
    let pattern = PlatePattern::from(&PlateText::normalise(story.plate).unwrap());
    assert!(!pattern.matches(story.read_as, false) && pattern.matches(story.read_as, true));
    assert!(read_as(story.read_as).iter().all(|read| read.readings.iter().all(|other| other.plate != story.plate)));
}

#[test]
fn det_5_one_vehicle_is_found_by_an_alternative_reading_only() {
    let story = story("alternative");
    assert!(read_as(story.plate).is_empty());
    let pattern = PlatePattern::from(&PlateText::normalise(story.plate).unwrap());
    assert!(!pattern.matches(story.read_as, true), "look-alikes must not find it");
    assert!(read_as(story.read_as).iter().all(|read| read.readings.iter().any(|other| other.plate == story.plate)));
}

#[test]
fn det_4_one_vehicle_has_no_state_and_one_has_single_photos() {
    assert!(read_as(story("unknown-state").plate).iter().all(|read| read.state.is_none()));
    assert!(read_as(story("unverified").plate).iter().all(|read| read.photos_at_camera == 1));
}

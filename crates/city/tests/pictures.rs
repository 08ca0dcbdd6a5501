//! Pictures are JPEGs of the stated size, the same each time, and show the truth.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test may stop at the first surprise, and counts here are small"
)]

use city::{City, CityPlan, CityRead, picture};
use std::sync::OnceLock;

fn city() -> &'static City {
    static CITY: OnceLock<City> = OnceLock::new();
    CITY.get_or_init(|| City::build(CityPlan { vehicles: 5_000, days: 2, ..CityPlan::default() }).unwrap())
}

fn reads() -> Vec<CityRead> {
    city().detections(1_200).collect()
}

/// Width and height from a JPEG's start of frame; checks its markers on the way.
fn size_of(jpeg: &[u8]) -> (u16, u16) {
    assert_eq!(jpeg[..2], [0xff, 0xd8], "no start of image");
    assert_eq!(jpeg[jpeg.len() - 2..], [0xff, 0xd9], "no end of image");
    let mut at = 2;
    loop {
        assert_eq!(jpeg[at], 0xff, "no marker");
        let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if (0xc0..=0xc2).contains(&jpeg[at + 1]) {
            let word = |from: usize| u16::from_be_bytes([jpeg[from], jpeg[from + 1]]);
            return (word(at + 7), word(at + 5));
        }
        at += 2 + length;
    }
}

#[test]
fn scene_and_plate_are_jpegs_of_the_stated_size() {
    for read in reads().iter().step_by(240) {
        let subject = city().subject(read);
        let (scene, plate) = (picture::draw_scene(&subject), picture::draw_plate(&subject));
        assert_eq!(size_of(&scene), (picture::SCENE_WIDTH as u16, picture::SCENE_HEIGHT as u16));
        assert_eq!(size_of(&plate), (picture::PLATE_WIDTH as u16, picture::PLATE_HEIGHT as u16));
        assert!(scene.len() < 300 * 1024 && plate.len() < 60 * 1024, "{} {}", scene.len(), plate.len());
        let corners = city().plate_corners(read);
        assert!(corners.iter().all(|(x, y)| (0..960).contains(x) && (0..513).contains(y)), "{corners:?}");
        assert!(corners[1].0 - corners[0].0 > 30, "a plate of {corners:?} cannot be read");
    }
}

#[test]
fn a_picture_is_the_same_each_time_and_can_be_drawn_from_the_event_id_alone() {
    let read = &reads()[77];
    let subject = city().subject(read);
    let again = City::build(*city().plan()).unwrap();
    let recalled = again.recall(&read.event_id).unwrap();
    assert_eq!((&recalled.plate, recalled.colour, recalled.body), (&read.true_plate, subject.colour, subject.body));
    assert_eq!(picture::draw_plate(&subject), picture::draw_plate(&recalled));
    assert_eq!(picture::draw_scene(&subject), picture::draw_scene(&recalled));
    for read in reads() {
        assert_eq!(city().recall(&read.event_id).map(|subject| subject.plate), Some(read.true_plate));
    }
}

#[test]
fn event_ids_that_are_not_of_this_city_are_not_recalled() {
    for id in ["", "x", "harbor-01", "harbor-01-zz-1", "nowhere-01-65f0-00000001", "harbor-01-65f0-ffffffffffff"] {
        assert!(city().recall(id).is_none(), "{id}");
    }
}

#[test]
fn a_camera_gives_as_many_pictures_as_it_has() {
    let all = reads();
    for photos in 0..=2 {
        let read = all.iter().find(|read| read.photos_at_camera == photos).unwrap();
        let drawn = city().photos(read);
        assert_eq!(usize::from(drawn.scene.is_some()) + usize::from(drawn.plate.is_some()), usize::from(photos));
    }
}

//! Pictures of reads: the vehicle on the road, and its plate. Drawn from the event id, so they are the same each time.
//!
//! No person is ever drawn. The plate is the true one, with the blur and grain that a less sure reading suggests.

mod backdrop;
mod canvas;
mod car;
mod glyphs;
mod plate;

use crate::chance::{Chance, Topic};
use crate::ground::LOCAL_OFFSET_S;
use crate::subject::Subject;
use canvas::{Canvas, Ink, Spot, rounded};
use domain::Source;
use tiny_skia::Transform;

/// Pixels of a scene.
pub const SCENE_WIDTH: u32 = 960;
pub const SCENE_HEIGHT: u32 = 540;
/// Pixels of a plate crop.
pub const PLATE_WIDTH: u32 = 320;
pub const PLATE_HEIGHT: u32 = 160;

/// Height of the line that the camera burns in.
const BAR_HEIGHT: f32 = 27.0;

/// Where the camera looks from and what is where in its picture.
pub(crate) struct View {
    /// Where the road vanishes.
    pub(crate) vanishing: Spot,
    /// Below the middle of the vehicle's rear, on the ground.
    pub(crate) base: Spot,
    /// Pixels per hundredth of the vehicle's width.
    pub(crate) scale: f32,
    /// 0 is night, 1 is day, between is dusk.
    pub(crate) daylight: f32,
    pub(crate) place: PlaceKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlaceKind {
    Street,
    Freeway,
    Garage,
    /// A lane with parked vehicles, from a camera at eye level.
    Kerb,
}

fn chance_of(subject: &Subject, which: u64) -> Chance {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let key = subject.event_id.bytes().fold(0xcbf2_9ce4_8422_2325, mix);
    Chance::new(key, Topic::Picture, which, 0)
}

fn daylight(subject: &Subject) -> f32 {
    let minute = (subject.scan_time.seconds() + LOCAL_OFFSET_S).rem_euclid(86_400) as f32 / 60.0;
    let rising = (minute - 330.0) / 75.0;
    let setting = (1_170.0 - minute) / 75.0;
    rising.min(setting).clamp(0.0, 1.0)
}

fn view(subject: &Subject) -> View {
    let mut chance = chance_of(subject, 1);
    let place = match subject.source {
        Source::Pole => PlaceKind::Street,
        Source::TollRoad => PlaceKind::Freeway,
        Source::ParkingLot => PlaceKind::Garage,
        Source::VehicleMounted | Source::Handheld | Source::Repossession => PlaceKind::Kerb,
    };
    let mut draw = |low: f64, high: f64| chance.between(low, high) as f32;
    let horizon = match place {
        PlaceKind::Street => draw(118.0, 140.0),
        PlaceKind::Freeway => draw(96.0, 118.0),
        PlaceKind::Garage => draw(165.0, 185.0),
        PlaceKind::Kerb => draw(196.0, 214.0),
    };
    let vanishing = (draw(410.0, 550.0), horizon);
    let size = car::size_share(subject.body) * if subject.low_quality { 0.72 } else { 1.0 };
    let scale = draw(3.85, 4.25) * size;
    let base = (480.0 + draw(-95.0, 95.0), draw(470.0, 488.0));
    View { vanishing, base, scale, daylight: daylight(subject), place }
}

/// A JPEG of the vehicle on the road, [`SCENE_WIDTH`] by [`SCENE_HEIGHT`].
pub fn draw_scene(subject: &Subject) -> Vec<u8> {
    let view = view(subject);
    let mut chance = chance_of(subject, 2);
    let mut canvas = Canvas::new(SCENE_WIDTH, SCENE_HEIGHT);
    backdrop::draw(&mut canvas, &view, &mut chance);
    car::draw(&mut canvas, subject, &view);
    let poor = 1.0 - f32::from(subject.confidence) / 10_000.0;
    canvas.soften(usize::from(poor > 0.3) + usize::from(subject.low_quality));
    canvas.grain(&mut chance, 4.0 + 8.0 * (1.0 - view.daylight) + 8.0 * poor, 0.22);
    burn_in(&mut canvas, subject);
    canvas.jpeg(84)
}

/// The line at the bottom: camera, local time, as cameras write it.
fn burn_in(canvas: &mut Canvas, subject: &Subject) {
    let top = SCENE_HEIGHT as f32 - BAR_HEIGHT;
    canvas.fill(rounded(0.0, top, SCENE_WIDTH as f32, BAR_HEIGHT, 0.1), Ink(0x05_0708, 0.78));
    let mut write = |line: &str, x: f32| {
        let text = glyphs::text(line, x, top + 8.0, 1.72, Transform::identity());
        canvas.stroke(text, 1.7, Ink(0xf2_f4f5, 0.95));
    };
    write(&subject.camera_name, 14.0);
    let local = subject.scan_time.plus_micros(LOCAL_OFFSET_S * 1_000_000).to_string();
    let clock: String = local.replace('T', " ").chars().take(21).filter(|letter| *letter != 'Z').collect();
    let stamp = format!("{clock} UTC-09");
    let width = stamp.chars().count() as f32 * glyphs::ADVANCE * 1.72;
    write(&stamp, SCENE_WIDTH as f32 - width - 8.0);
}

/// A JPEG of the plate, [`PLATE_WIDTH`] by [`PLATE_HEIGHT`], at the angle and sharpness of the read.
pub fn draw_plate(subject: &Subject) -> Vec<u8> {
    let mut chance = chance_of(subject, 3);
    let mut canvas = Canvas::new(PLATE_WIDTH, PLATE_HEIGHT);
    let daylight = daylight(subject);
    let poor = 1.0 - f32::from(subject.confidence) / 10_000.0;
    let (width, height) = (PLATE_WIDTH as f32, PLATE_HEIGHT as f32);
    let paint = canvas::darker(car::paint_of(subject.colour), 0.25 + 0.45 * (1.0 - daylight));
    let frame = rounded(0.0, 0.0, width, height, 0.1);
    canvas.graded(frame, ((0.0, 0.0), Ink(paint, 1.0)), ((width * 0.3, height), Ink(canvas::darker(paint, 0.45), 1.0)));
    let size = chance.between(0.86, 0.93) as f32;
    let lean = chance.bell() as f32 * (0.008 + 0.05 * poor);
    let skew = chance.bell() as f32 * (0.012 + 0.09 * poor);
    let transform = Transform::from_translate(-plate::WIDTH / 2.0, -plate::HEIGHT / 2.0)
        .post_concat(Transform::from_row(size, lean, skew, size * (1.0 - 0.10 * poor), width / 2.0, height / 2.0));
    let lighting = plate::Lighting { light: 0.80 + 0.18 * daylight, fine: true };
    plate::draw(&mut canvas, &subject.plate, subject.state, transform, &lighting);
    if daylight < 0.5 {
        // The camera's own lamp.
        canvas.glow((width * 0.5, height * 0.42), (210.0, 120.0), Ink(0xff_ffff, 0.16));
    }
    let rounds = (poor * 9.0) as usize + if subject.low_quality { 4 } else { 0 };
    canvas.soften(rounds.min(8));
    canvas.grain(&mut chance, 5.0 + 9.0 * (1.0 - daylight) + 14.0 * poor, 0.30);
    canvas.jpeg(88)
}

/// Corners of the plate in the scene, in pixels, from the upper left clockwise.
pub(crate) fn plate_corners(subject: &Subject) -> [(i32, i32); 4] {
    let transform = car::plate_transform(subject, &view(subject));
    let corner = |x: f32, y: f32| {
        let mut point = tiny_skia::Point::from_xy(x, y);
        transform.map_point(&mut point);
        (point.x.round() as i32, point.y.round() as i32)
    };
    [corner(0.0, 0.0), corner(plate::WIDTH, 0.0), corner(plate::WIDTH, plate::HEIGHT), corner(0.0, plate::HEIGHT)]
}

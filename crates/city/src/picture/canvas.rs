//! A thin layer over `tiny-skia`: colours, gradients, polygons, glows, and the grain of a camera.

use crate::chance::Chance;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path, PathBuilder, Pixmap, Point,
    RadialGradient, Rect, Shader, SpreadMode, Stroke, Transform,
};

pub(super) type Spot = (f32, f32);

/// A colour: `0xrrggbb` and how opaque it is.
#[derive(Clone, Copy)]
pub(super) struct Ink(pub(super) u32, pub(super) f32);

impl Ink {
    fn colour(self) -> Color {
        let [_, red, green, blue] = self.0.to_be_bytes();
        let alpha = (self.1.clamp(0.0, 1.0) * 255.0) as u8;
        Color::from_rgba8(red, green, blue, alpha)
    }
}

/// A colour between two, `share` of the way to the second.
pub(super) fn mix(from: u32, to: u32, share: f32) -> u32 {
    let channel = |shift: u32| {
        let (a, b) = ((from >> shift & 0xff) as f32, (to >> shift & 0xff) as f32);
        ((a + (b - a) * share.clamp(0.0, 1.0)).round() as u32) << shift
    };
    channel(16) | channel(8) | channel(0)
}

pub(super) fn darker(colour: u32, share: f32) -> u32 {
    mix(colour, 0x00_0000, share)
}

pub(super) fn lighter(colour: u32, share: f32) -> u32 {
    mix(colour, 0xff_ffff, share)
}

/// A point between two.
pub(super) fn between(a: Spot, b: Spot, share: f32) -> Spot {
    (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share)
}

pub(super) struct Canvas {
    pub(super) map: Pixmap,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self { map: Pixmap::new(width, height).expect("pictures have a size above zero") }
    }

    fn paint(&mut self, path: &Path, shader: Shader<'_>) {
        let paint = Paint { shader, anti_alias: true, ..Paint::default() };
        self.map.fill_path(path, &paint, FillRule::Winding, Transform::identity(), None);
    }

    pub(super) fn fill(&mut self, path: Option<Path>, ink: Ink) {
        if let Some(path) = path {
            self.paint(&path, Shader::SolidColor(ink.colour()));
        }
    }

    pub(super) fn polygon(&mut self, corners: &[Spot], ink: Ink) {
        self.fill(polygon(corners), ink);
    }

    /// Filled from one colour at `from` to another at `to`.
    pub(super) fn graded(&mut self, path: Option<Path>, from: (Spot, Ink), to: (Spot, Ink)) {
        self.graded_by(path, from.0, to.0, &[(0.0, from.1), (1.0, to.1)]);
    }

    pub(super) fn graded_by(&mut self, path: Option<Path>, from: Spot, to: Spot, stops: &[(f32, Ink)]) {
        let stops: Vec<GradientStop> = stops.iter().map(|(at, ink)| GradientStop::new(*at, ink.colour())).collect();
        let (start, end) = (Point::from_xy(from.0, from.1), Point::from_xy(to.0, to.1));
        let shader = LinearGradient::new(start, end, stops, SpreadMode::Pad, Transform::identity());
        if let (Some(path), Some(shader)) = (path, shader) {
            self.paint(&path, shader);
        }
    }

    /// A round glow that fades out towards its rim.
    pub(super) fn glow(&mut self, centre: Spot, radii: Spot, ink: Ink) {
        if radii.0 <= 0.5 || radii.1 <= 0.5 {
            return;
        }
        let squeeze = Transform::from_row(1.0, 0.0, 0.0, radii.1 / radii.0, 0.0, centre.1 * (1.0 - radii.1 / radii.0));
        let stops = vec![
            GradientStop::new(0.0, ink.colour()),
            GradientStop::new(0.35, Ink(ink.0, ink.1 * 0.45).colour()),
            GradientStop::new(1.0, Ink(ink.0, 0.0).colour()),
        ];
        let middle = Point::from_xy(centre.0, centre.1);
        let shader = RadialGradient::new(middle, 0.0, middle, radii.0, stops, SpreadMode::Pad, squeeze);
        let oval = Rect::from_ltrb(centre.0 - radii.0, centre.1 - radii.1, centre.0 + radii.0, centre.1 + radii.1);
        if let (Some(shader), Some(path)) = (shader, oval.and_then(PathBuilder::from_oval)) {
            self.paint(&path, shader);
        }
    }

    pub(super) fn stroke(&mut self, path: Option<Path>, width: f32, ink: Ink) {
        let Some(path) = path else { return };
        let paint = Paint { shader: Shader::SolidColor(ink.colour()), anti_alias: true, ..Paint::default() };
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.map.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
    }

    pub(super) fn line(&mut self, from: Spot, to: Spot, width: f32, ink: Ink) {
        let mut path = PathBuilder::new();
        path.move_to(from.0, from.1);
        path.line_to(to.0, to.1);
        self.stroke(path.finish(), width, ink);
    }

    /// Softens the picture: `rounds` passes of a 3 by 3 box.
    pub(super) fn soften(&mut self, rounds: usize) {
        let (width, height) = (self.map.width() as usize, self.map.height() as usize);
        for _ in 0..rounds {
            // A line's neighbours are one pixel away along it, a column's one line away.
            for step in [4, width * 4] {
                let source = self.map.data().to_vec();
                let target = self.map.data_mut();
                let last = width * height * 4 - step;
                for at in step..last {
                    let sum = u16::from(source[at - step]) + 2 * u16::from(source[at]) + u16::from(source[at + step]);
                    target[at] = (sum / 4) as u8;
                }
            }
        }
    }

    /// Sensor grain, `strength` in steps of 255, and darker corners.
    pub(super) fn grain(&mut self, chance: &mut Chance, strength: f32, vignette: f32) {
        let (width, height) = (self.map.width() as f32, self.map.height() as f32);
        let columns = self.map.width() as usize;
        let mut seed = chance.next() | 1;
        let shade = |x: f32, y: f32| {
            let (dx, dy) = (x / width - 0.5, y / height - 0.5);
            1.0 - vignette * (dx * dx + dy * dy) * 2.0
        };
        for (row, line) in self.map.data_mut().chunks_exact_mut(columns * 4).enumerate() {
            for (column, pixel) in line.chunks_exact_mut(4).enumerate() {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                // Two even draws make a triangle, which looks like grain.
                let drawn = (seed & 0xff) as f32 + (seed >> 8 & 0xff) as f32 - 255.0;
                let (grain, shade) = (drawn / 255.0 * strength, shade(column as f32, row as f32));
                for channel in &mut pixel[..3] {
                    *channel = (f32::from(*channel) * shade + grain).clamp(0.0, 255.0) as u8;
                }
            }
        }
    }

    pub(super) fn jpeg(&self, quality: u8) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(96 * 1024);
        let mut encoder = Encoder::new(&mut bytes, quality);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        let (width, height) = (self.map.width() as u16, self.map.height() as u16);
        encoder
            .encode(self.map.data(), width, height, ColorType::Rgba)
            .expect("a buffer takes every byte, and sizes fit");
        bytes
    }
}

pub(super) fn polygon(corners: &[Spot]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (index, corner) in corners.iter().enumerate() {
        if index == 0 { path.move_to(corner.0, corner.1) } else { path.line_to(corner.0, corner.1) }
    }
    path.close();
    path.finish()
}

/// A rectangle with rounded corners.
pub(super) fn rounded(x: f32, y: f32, width: f32, height: f32, radius: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    let (right, bottom) = (x + width, y + height);
    path.move_to(x + radius, y);
    path.line_to(right - radius, y);
    path.quad_to(right, y, right, y + radius);
    path.line_to(right, bottom - radius);
    path.quad_to(right, bottom, right - radius, bottom);
    path.line_to(x + radius, bottom);
    path.quad_to(x, bottom, x, bottom - radius);
    path.line_to(x, y + radius);
    path.quad_to(x, y, x + radius, y);
    path.close();
    path.finish()
}

/// A closed outline with its corners rounded off: curves run from middle to middle of the edges that `round` names.
pub(super) fn soft(corners: &[Spot], round: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    let count = corners.len();
    for index in 0..count {
        let (before, here, after) =
            (corners[(index + count - 1) % count], corners[index], corners[(index + 1) % count]);
        let cut = |other: Spot| {
            let length = ((other.0 - here.0).powi(2) + (other.1 - here.1).powi(2)).sqrt().max(0.001);
            between(here, other, (round / length).min(0.5))
        };
        let (enter, leave) = (cut(before), cut(after));
        if index == 0 {
            path.move_to(enter.0, enter.1);
        } else {
            path.line_to(enter.0, enter.1);
        }
        path.quad_to(here.0, here.1, leave.0, leave.1);
    }
    path.close();
    path.finish()
}

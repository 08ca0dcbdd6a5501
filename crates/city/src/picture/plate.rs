//! A plate as metal: its state's colours, bolts, embossed characters.

use super::canvas::{Canvas, Ink, darker, mix, rounded};
use super::glyphs;
use crate::plates::{STATES, with_separator};
use tiny_skia::{Path, PathBuilder, Transform};

/// Size of a plate in its own units: 12 by 6 inches.
pub(super) const WIDTH: f32 = 300.0;
pub(super) const HEIGHT: f32 = 150.0;

/// How a plate is lit and how finely it is drawn.
pub(super) struct Lighting {
    /// 0 is black, 1 is daylight.
    pub(super) light: f32,
    /// With bolts, shine and shadows of the embossing; a small plate does without.
    pub(super) fine: bool,
}

fn placed(path: Option<Path>, transform: Transform) -> Option<Path> {
    path?.transform(transform)
}

pub(super) fn draw(canvas: &mut Canvas, plate: &str, state: usize, transform: Transform, lighting: &Lighting) {
    let format = &STATES[state % STATES.len()];
    let look = &format.look;
    let lit = |colour: u32| darker(colour, 1.0 - lighting.light);
    let at = |x: f32, y: f32| {
        let mut point = tiny_skia::Point::from_xy(x, y);
        transform.map_point(&mut point);
        (point.x, point.y)
    };
    let scale = transform.sx.hypot(transform.ky);
    canvas.fill(placed(rounded(-3.0, -3.0, WIDTH + 6.0, HEIGHT + 6.0, 15.0), transform), Ink(lit(0x24_2628), 0.9));
    let metal = placed(rounded(0.0, 0.0, WIDTH, HEIGHT, 13.0), transform);
    canvas.graded(metal, (at(0.0, 10.0), Ink(lit(look.top), 1.0)), (at(0.0, HEIGHT), Ink(lit(look.bottom), 1.0)));
    if let Some(band) = look.band {
        canvas.fill(placed(rounded(4.0, 4.0, WIDTH - 8.0, 34.0, 10.0), transform), Ink(lit(band), 0.9));
    }
    let rim = placed(rounded(5.0, 5.0, WIDTH - 10.0, HEIGHT - 10.0, 10.0), transform);
    canvas.stroke(rim, 2.2 * scale, Ink(lit(mix(look.ink, look.bottom, 0.55)), 0.8));
    header(canvas, format.title, lit(look.header), transform, scale);
    characters(canvas, &with_separator(state, plate), lit(look.ink), lit(look.bottom), transform, lighting.fine);
    if lighting.fine {
        for (x, y) in [(42.0, 22.0), (WIDTH - 42.0, 22.0), (42.0, HEIGHT - 18.0), (WIDTH - 42.0, HEIGHT - 18.0)] {
            canvas.glow(at(x + 1.0, y + 2.5), (10.0 * scale, 10.0 * scale), Ink(0x00_0000, 0.45));
            canvas.fill(placed(PathBuilder::from_circle(x, y, 5.5), transform), Ink(lit(0x8f_9498), 1.0));
            canvas.fill(placed(PathBuilder::from_circle(x - 1.3, y - 1.6, 2.2), transform), Ink(lit(0xe4_e7ea), 0.9));
        }
        // A band of light across the metal.
        let shine = placed(rounded(4.0, 4.0, WIDTH - 8.0, HEIGHT - 8.0, 10.0), transform);
        let none = Ink(0xff_ffff, 0.0);
        let stops =
            [(0.0, none), (0.36, none), (0.48, Ink(0xff_ffff, 0.20 * lighting.light)), (0.62, none), (1.0, none)];
        canvas.graded_by(shine, at(0.0, 0.0), at(WIDTH * 0.8, HEIGHT * 1.1), &stops);
    }
}

fn header(canvas: &mut Canvas, title: &str, colour: u32, transform: Transform, scale: f32) {
    let unit = 2.55;
    let width = (title.chars().count() as f32 * glyphs::ADVANCE - 1.6) * unit;
    let text = glyphs::text(title, (WIDTH - width) / 2.0, 12.0, unit, transform);
    canvas.stroke(text, 3.3 * scale, Ink(colour, 0.95));
}

fn characters(canvas: &mut Canvas, text: &str, ink: u32, ground: u32, transform: Transform, fine: bool) {
    let count = text.chars().count().max(1) as f32;
    let separators = text.chars().filter(|character| !character.is_ascii_alphanumeric()).count() as f32;
    // A separator is as wide as half a character.
    let pitch = ((WIDTH - 26.0) / (count - separators * 0.5)).min(46.0);
    let unit = (pitch * 0.60 / 4.0, 11.4);
    let used = pitch * (count - separators * 0.5);
    let (mut x, y) = ((WIDTH - used) / 2.0 + pitch * 0.20, 46.0);
    let mut path = PathBuilder::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            glyphs::add(&mut path, character, x, y, unit);
            x += pitch;
        } else {
            if character == '-' {
                glyphs::add(&mut path, '.', x - pitch * 0.08, y - 36.0, (unit.0 * 0.8, unit.1));
            }
            x += pitch * 0.5;
        }
    }
    let Some(path) = path.finish() else { return };
    let scale = transform.sx.hypot(transform.ky);
    let width = (pitch * 0.225).min(9.8) * scale;
    let moved = |dx: f32, dy: f32| path.clone().transform(transform.pre_translate(dx, dy));
    if fine {
        canvas.stroke(moved(2.4, 3.0), width * 1.08, Ink(darker(ground, 0.55), 0.55));
        canvas.stroke(moved(-1.8, -2.0), width * 1.05, Ink(mix(ground, 0xff_ffff, 0.6), 0.75));
    }
    canvas.stroke(moved(0.0, 0.0), width, Ink(ink, 1.0));
    if fine {
        canvas.stroke(moved(-1.0, -1.4), width * 0.28, Ink(mix(ink, 0xff_ffff, 0.35), 0.35));
    }
}

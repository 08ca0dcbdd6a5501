//! A vehicle from behind, with a little of its side and roof, as a camera above the road sees it.

use super::canvas::{Canvas, Ink, Spot, between, darker, lighter, mix, rounded, soft};
use super::{PlaceKind, View, plate};
use crate::subject::Subject;
use crate::vehicles::Body;
use tiny_skia::Transform;

/// Measures in hundredths of the vehicle's width, `y` upwards from the ground.
struct Shape {
    /// Half widths of sill, shoulder, waist, roof, with their heights.
    sill: Spot,
    shoulder: Spot,
    waist: Spot,
    roof: Spot,
    /// Rear window: half width and height below, half width and height above.
    glass_low: Spot,
    glass_high: Spot,
    /// One tail light: inner and outer `x`, lower and upper `y`.
    light: [f32; 4],
    bumper: f32,
    plate_middle: f32,
    /// How far the body reaches towards the vanishing point.
    depth: f32,
    roof_setback: f32,
}

const SEDAN: Shape = Shape {
    sill: (46.0, 13.0),
    shoulder: (50.0, 40.0),
    waist: (46.0, 53.0),
    roof: (31.0, 77.0),
    glass_low: (37.0, 55.5),
    glass_high: (29.0, 73.5),
    light: [29.0, 48.5, 38.5, 47.5],
    bumper: 30.0,
    plate_middle: 38.0,
    depth: 0.34,
    roof_setback: 0.07,
};

const SUV: Shape = Shape {
    sill: (46.5, 16.0),
    shoulder: (50.0, 48.0),
    waist: (48.0, 58.0),
    roof: (39.0, 91.0),
    glass_low: (41.0, 60.5),
    glass_high: (35.5, 85.0),
    light: [37.5, 49.0, 47.0, 61.0],
    bumper: 33.0,
    plate_middle: 43.0,
    depth: 0.36,
    roof_setback: 0.02,
};

const PICKUP: Shape = Shape {
    sill: (47.0, 19.0),
    shoulder: (50.0, 46.0),
    waist: (49.5, 60.0),
    roof: (36.0, 91.0),
    glass_low: (38.0, 63.0),
    glass_high: (33.0, 86.0),
    light: [41.5, 49.5, 42.0, 57.0],
    bumper: 33.0,
    plate_middle: 26.0,
    depth: 0.36,
    roof_setback: 0.13,
};

const VAN: Shape = Shape {
    sill: (45.5, 15.0),
    shoulder: (48.5, 52.0),
    waist: (48.0, 66.0),
    roof: (43.0, 112.0),
    glass_low: (39.0, 68.0),
    glass_high: (36.5, 97.0),
    light: [42.0, 48.0, 40.0, 60.0],
    bumper: 26.0,
    plate_middle: 36.0,
    depth: 0.40,
    roof_setback: 0.01,
};

fn shape(body: Body) -> &'static Shape {
    match body {
        Body::Sedan => &SEDAN,
        Body::Suv => &SUV,
        Body::Pickup => &PICKUP,
        Body::Van => &VAN,
    }
}

/// Taller vehicles are further away, so that they fit.
pub(super) fn size_share(body: Body) -> f32 {
    match body {
        Body::Sedan => 1.0,
        Body::Suv | Body::Pickup => 0.93,
        Body::Van => 0.82,
    }
}

pub(super) fn paint_of(colour: &str) -> u32 {
    match colour {
        "white" => 0xe8_eaeb,
        "black" => 0x24_272b,
        "gray" => 0x6b_7177,
        "silver" => 0xb4_babf,
        "blue" => 0x27_5596,
        "red" => 0xa0_2226,
        "green" => 0x33_6145,
        "brown" => 0x62_4634,
        "beige" => 0xc8_b999,
        "orange" => 0xd3_7429,
        "yellow" => 0xe9_b818,
        _ => 0x86_8b90,
    }
}

/// Width of a plate on a vehicle of width 100.
const PLATE_SHARE: f32 = 21.0;

/// From plate units to the scene's pixels.
pub(super) fn plate_transform(subject: &Subject, view: &View) -> Transform {
    let zoom = view.scale * PLATE_SHARE / plate::WIDTH;
    let x = view.base.0 - PLATE_SHARE / 2.0 * view.scale;
    let y = view.base.1 - (shape(subject.body).plate_middle + PLATE_SHARE / 4.0) * view.scale;
    Transform::from_row(zoom, 0.0, 0.0, zoom, x, y)
}

struct Drawing<'a> {
    canvas: &'a mut Canvas,
    view: &'a View,
    shape: &'static Shape,
    body: Body,
    /// The body's colour in this light.
    paint: u32,
    night: f32,
}

pub(super) fn draw(canvas: &mut Canvas, subject: &Subject, view: &View) {
    let night = if view.place == PlaceKind::Garage { 0.25 } else { 1.0 - view.daylight };
    // Darkness takes colour, and the sky tints what is left.
    let paint = mix(darker(paint_of(subject.colour), 0.40 * night), 0x10_1c34, 0.14 * night);
    let mut drawing = Drawing { canvas, view, shape: shape(subject.body), body: subject.body, paint, night };
    drawing.shadow();
    drawing.wheels();
    drawing.side();
    drawing.upper();
    drawing.lower();
    drawing.details();
    drawing.lights();
    let light = 0.97 - 0.22 * night;
    let recess = PLATE_SHARE / 2.0 + 1.6;
    let middle = drawing.shape.plate_middle;
    let hollow = [
        drawing.at(-recess - 1.5, middle + 7.0),
        drawing.at(recess + 1.5, middle + 7.0),
        drawing.at(recess, middle - 6.8),
        drawing.at(-recess, middle - 6.8),
    ];
    let shade = darker(drawing.paint, 0.42);
    drawing.canvas.fill(soft(&hollow, 4.0), Ink(shade, 0.9));
    let transform = plate_transform(subject, view);
    plate::draw(
        drawing.canvas,
        &subject.plate,
        subject.state,
        transform,
        &plate::Lighting { light, fine: view.scale > 4.6 },
    );
    if night > 0.3 {
        let middle = drawing.at(0.0, middle);
        drawing.canvas.glow(middle, (24.0 * view.scale, 13.0 * view.scale), Ink(0xff_f6e4, 0.22 * night));
    }
}

impl Drawing<'_> {
    fn at(&self, x: f32, y: f32) -> Spot {
        (self.view.base.0 + x * self.view.scale, self.view.base.1 - y * self.view.scale)
    }

    /// A point of the rear, pushed towards the front of the vehicle.
    fn ahead(&self, x: f32, y: f32, share: f32) -> Spot {
        between(self.at(x, y), self.view.vanishing, share)
    }

    /// -1 where the left side is seen, 1 where the right one is.
    fn seen_side(&self) -> f32 {
        if self.view.base.0 > self.view.vanishing.0 { -1.0 } else { 1.0 }
    }

    fn shadow(&mut self) {
        let scale = self.view.scale;
        let dark = 0.72 - 0.25 * self.night;
        let middle = self.ahead(0.0, 0.0, 0.10);
        self.canvas.glow(middle, (72.0 * scale, 22.0 * scale), Ink(0x05_0608, dark));
        let slab = [self.at(-47.0, 1.5), self.at(47.0, 1.5), self.ahead(47.0, 0.0, 0.3), self.ahead(-47.0, 0.0, 0.3)];
        self.canvas.fill(soft(&slab, 10.0), Ink(0x07_0809, 0.82));
    }

    fn wheels(&mut self) {
        let scale = self.view.scale;
        for side in [-1.0, 1.0] {
            let outer = self.at(side * 39.0 - 7.5, 24.0);
            let tyre = rounded(outer.0, outer.1, 15.0 * scale, 24.0 * scale, 4.5 * scale);
            let (left, right) = ((outer.0, 0.0), (outer.0 + 15.0 * scale, 0.0));
            let stops = [(0.0, Ink(0x0c_0d0e, 1.0)), (0.5, Ink(0x27_292b, 1.0)), (1.0, Ink(0x0b_0c0d, 1.0))];
            self.canvas.graded_by(tyre, left, right, &stops);
            for groove in [0.33, 0.5, 0.67] {
                let x = outer.0 + 15.0 * scale * groove;
                self.canvas.line(
                    (x, outer.1 + 8.0 * scale),
                    (x, outer.1 + 22.0 * scale),
                    0.5 * scale,
                    Ink(0x00_0000, 0.6),
                );
            }
        }
    }

    /// The flank that the camera sees, with its wheel and windows.
    fn side(&mut self) {
        let (shape, side, depth) = (self.shape, self.seen_side(), self.shape.depth);
        let flank = [
            self.at(side * shape.sill.0, shape.sill.1),
            self.at(side * shape.shoulder.0, shape.shoulder.1),
            self.at(side * shape.waist.0, shape.waist.1),
            self.ahead(side * shape.waist.0, shape.waist.1 * 0.94, depth),
            self.ahead(side * shape.shoulder.0, shape.shoulder.1, depth),
            self.ahead(side * shape.sill.0, shape.sill.1, depth),
        ];
        let (near, far) = (flank[1], flank[4]);
        let shaded = darker(self.paint, 0.30);
        self.canvas.graded(soft(&flank, 3.0), (near, Ink(shaded, 1.0)), (far, Ink(darker(self.paint, 0.52), 1.0)));
        let start = shape.roof_setback;
        let glasshouse = [
            self.ahead(side * shape.waist.0, shape.waist.1, start * 0.2),
            self.ahead(side * shape.roof.0, shape.roof.1, start),
            self.ahead(side * shape.roof.0, shape.roof.1, depth * 0.62),
            self.ahead(side * shape.waist.0, shape.waist.1 * 0.97, depth * 0.86),
        ];
        self.canvas.fill(soft(&glasshouse, 3.0), Ink(darker(self.paint, 0.38), 1.0));
        if self.body != Body::Van {
            let inset = |a: Spot, b: Spot, share: f32| between(a, b, share);
            let [low_near, high_near, high_far, low_far] = glasshouse;
            let window = [
                inset(inset(low_near, high_near, 0.12), low_far, 0.14),
                inset(inset(high_near, low_near, 0.12), high_far, 0.16),
                inset(high_far, low_near, 0.16),
                inset(low_far, high_near, 0.10),
            ];
            self.canvas.fill(soft(&window, 2.0), Ink(mix(0x16_1c22, 0x4a_5a66, 0.5 * (1.0 - self.night)), 1.0));
        }
        self.front_wheel(side);
    }

    fn front_wheel(&mut self, side: f32) {
        let depth = self.shape.depth;
        let arch = self.ahead(side * 49.0, 13.0, depth * 0.80);
        let radius = 12.0 * self.view.scale * (1.0 - depth * 0.8);
        self.canvas.glow(arch, (radius * 0.62, radius * 1.1), Ink(0x06_0607, 1.0));
    }

    /// Roof, pillars and rear window.
    fn upper(&mut self) {
        let (shape, setback) = (self.shape, self.shape.roof_setback);
        let top = [
            self.ahead(-shape.roof.0, shape.roof.1, setback),
            self.ahead(shape.roof.0, shape.roof.1, setback),
            self.ahead(shape.roof.0 * 0.97, shape.roof.1 + 1.5, shape.depth * 0.62),
            self.ahead(-shape.roof.0 * 0.97, shape.roof.1 + 1.5, shape.depth * 0.62),
        ];
        let bright = lighter(self.paint, 0.22 * (1.0 - self.night));
        self.canvas.graded(soft(&top, 5.0), (top[0], Ink(self.paint, 1.0)), (top[3], Ink(bright, 1.0)));
        let back = [
            self.at(-shape.waist.0, shape.waist.1 - 2.0),
            self.ahead(-shape.roof.0 - 1.5, shape.roof.1 - 2.0, setback),
            self.ahead(-shape.roof.0 + 5.0, shape.roof.1 + 1.5, setback),
            self.ahead(shape.roof.0 - 5.0, shape.roof.1 + 1.5, setback),
            self.ahead(shape.roof.0 + 1.5, shape.roof.1 - 2.0, setback),
            self.at(shape.waist.0, shape.waist.1 - 2.0),
        ];
        let (high, low) = (back[2], back[0]);
        self.canvas.graded(
            soft(&back, 5.0),
            (high, Ink(lighter(self.paint, 0.12), 1.0)),
            (low, Ink(darker(self.paint, 0.18), 1.0)),
        );
        self.rear_window();
    }

    fn rear_window(&mut self) {
        let (shape, setback) = (self.shape, self.shape.roof_setback);
        let window = [
            self.ahead(-shape.glass_low.0, shape.glass_low.1, setback * 0.25),
            self.ahead(-shape.glass_high.0, shape.glass_high.1, setback * 0.95),
            self.ahead(shape.glass_high.0, shape.glass_high.1, setback * 0.95),
            self.ahead(shape.glass_low.0, shape.glass_low.1, setback * 0.25),
        ];
        let sky = mix(0x55_6d80, 0x1b_2330, self.night);
        let stops = [(0.0, Ink(sky, 1.0)), (0.45, Ink(mix(sky, 0x12_171c, 0.65), 1.0)), (1.0, Ink(0x11_1519, 1.0))];
        self.canvas.graded_by(soft(&window, 7.0), window[1], window[0], &stops);
        let [low_left, high_left, high_right, low_right] = window;
        if self.body == Body::Van {
            self.canvas.line(
                self.at(0.0, shape.sill.1 + 10.0),
                self.ahead(0.0, shape.roof.1 - 3.0, setback),
                1.1 * self.view.scale,
                Ink(darker(self.paint, 0.5), 1.0),
            );
        } else {
            // A streak of reflected sky, and the wiper.
            let streak = [
                between(high_left, high_right, 0.16),
                between(high_left, high_right, 0.34),
                between(low_left, low_right, 0.22),
                between(low_left, low_right, 0.08),
            ];
            self.canvas.polygon(&streak, Ink(0xff_ffff, 0.10 * (1.0 - self.night) + 0.02));
            if self.body == Body::Suv {
                let pivot = between(low_left, low_right, 0.5);
                self.canvas.line(
                    pivot,
                    between(low_left, high_right, 0.32),
                    0.7 * self.view.scale,
                    Ink(0x08_090a, 0.9),
                );
            }
        }
    }

    /// The body from sill to waist.
    fn lower(&mut self) {
        let shape = self.shape;
        let mut outline = vec![
            self.at(-shape.sill.0, shape.sill.1),
            self.at(-shape.shoulder.0, shape.sill.1 + 7.0),
            self.at(-shape.shoulder.0, shape.shoulder.1),
            self.at(-shape.waist.0, shape.waist.1),
        ];
        let mirrored: Vec<Spot> = outline.iter().rev().map(|spot| (2.0 * self.view.base.0 - spot.0, spot.1)).collect();
        outline.extend(mirrored);
        let (top, bottom) = (self.at(0.0, shape.waist.1), self.at(0.0, shape.sill.1));
        let shine = 0.30 * (1.0 - self.night) + 0.06;
        let stops = [
            (0.0, Ink(lighter(self.paint, shine), 1.0)),
            (0.16, Ink(lighter(self.paint, shine * 0.4), 1.0)),
            (0.24, Ink(darker(self.paint, 0.06), 1.0)),
            (0.55, Ink(self.paint, 1.0)),
            (1.0, Ink(darker(self.paint, 0.42), 1.0)),
        ];
        self.canvas.graded_by(soft(&outline, 8.0), top, bottom, &stops);
        // Rounded corners catch less light.
        for side in [-1.0, 1.0] {
            let edge = [
                self.at(side * shape.shoulder.0, shape.sill.1 + 5.0),
                self.at(side * shape.shoulder.0, shape.shoulder.1),
                self.at(side * shape.waist.0, shape.waist.1),
                self.at(side * (shape.waist.0 - 9.0), shape.waist.1),
                self.at(side * (shape.shoulder.0 - 11.0), shape.sill.1 + 4.0),
            ];
            let (out, inside) = (edge[1], self.at(side * (shape.shoulder.0 - 11.0), shape.shoulder.1));
            self.canvas.graded(soft(&edge, 6.0), (out, Ink(0x00_0000, 0.30)), (inside, Ink(0x00_0000, 0.0)));
        }
    }

    /// Bumper, lid seams, handle, exhaust.
    fn details(&mut self) {
        let (shape, scale) = (self.shape, self.view.scale);
        let seam = Ink(darker(self.paint, 0.58), 0.9);
        let chrome = self.body == Body::Pickup;
        let bumper = [
            self.at(-shape.shoulder.0 + 0.5, shape.bumper),
            self.at(shape.shoulder.0 - 0.5, shape.bumper),
            self.at(shape.sill.0, shape.sill.1),
            self.at(-shape.sill.0, shape.sill.1),
        ];
        if chrome {
            let bright = mix(0xc9_ced2, 0x3c_434c, self.night);
            let stops =
                [(0.0, Ink(lighter(bright, 0.4), 1.0)), (0.45, Ink(bright, 1.0)), (1.0, Ink(darker(bright, 0.6), 1.0))];
            let (top, bottom) = (self.at(0.0, shape.bumper), self.at(0.0, shape.sill.1));
            self.canvas.graded_by(soft(&bumper, 6.0), top, bottom, &stops);
            let gate = [
                self.at(-40.0, shape.waist.1 - 2.5),
                self.at(40.0, shape.waist.1 - 2.5),
                self.at(40.0, shape.bumper + 2.0),
                self.at(-40.0, shape.bumper + 2.0),
            ];
            self.canvas.stroke(soft(&gate, 5.0), 0.6 * scale, seam);
        } else {
            self.canvas.line(bumper[0], bumper[1], 0.55 * scale, seam);
            let glint = (self.at(-44.0, shape.bumper - 1.2), self.at(44.0, shape.bumper - 1.2));
            self.canvas.line(glint.0, glint.1, 0.5 * scale, Ink(0xff_ffff, 0.22 * (1.0 - self.night) + 0.04));
        }
        let apron = [
            self.at(-34.0, shape.sill.1 + 5.5),
            self.at(34.0, shape.sill.1 + 5.5),
            self.at(40.0, shape.sill.1 - 1.0),
            self.at(-40.0, shape.sill.1 - 1.0),
        ];
        self.canvas.fill(soft(&apron, 4.0), Ink(0x15_1719, 0.92));
        if matches!(self.body, Body::Sedan | Body::Suv) {
            for side in [-1.0, 1.0] {
                let lid = if self.body == Body::Sedan { shape.light[0] - 0.5 } else { 43.0 };
                self.canvas.line(
                    self.at(side * lid, shape.bumper),
                    self.at(side * lid, shape.light[2]),
                    0.5 * scale,
                    seam,
                );
            }
            let exhaust = self.at(-30.0, shape.sill.1 + 3.2);
            self.canvas.fill(rounded(exhaust.0, exhaust.1, 8.0 * scale, 2.6 * scale, 1.2 * scale), Ink(0x74_797d, 0.9));
            self.canvas.fill(
                rounded(exhaust.0 + 0.6 * scale, exhaust.1 + 0.5 * scale, 6.8 * scale, 1.6 * scale, 0.7 * scale),
                Ink(0x08_0808, 1.0),
            );
        }
        if self.body != Body::Van {
            let badge = self.at(-2.6, if chrome { 52.0 } else { shape.waist.1 - 3.2 });
            let metal = mix(0xdd_e1e4, 0x66_6d75, self.night);
            self.canvas.fill(rounded(badge.0, badge.1, 5.2 * scale, 2.6 * scale, 1.2 * scale), Ink(metal, 0.9));
        }
    }

    fn lights(&mut self) {
        let [inner, outer, low, high] = self.shape.light;
        let scale = self.view.scale;
        // A parked vehicle shows no light.
        let lit = if self.view.place == PlaceKind::Kerb { 0.0 } else { self.night };
        for side in [-1.0, 1.0] {
            let (left, right) = if side < 0.0 { (-outer, -inner) } else { (inner, outer) };
            let corner = self.at(left, high);
            let (width, height) = ((right - left) * scale, (high - low) * scale);
            self.canvas.fill(
                rounded(corner.0 - 1.0, corner.1 - 1.0, width + 2.0, height + 2.0, 2.2 * scale),
                Ink(0x16_0506, 0.9),
            );
            let lens = rounded(corner.0, corner.1, width, height, 2.0 * scale);
            let deep = mix(darker(0x7a_1014, 0.35 * self.night), 0xd8_1b1b, lit);
            let stops =
                [(0.0, Ink(lighter(deep, 0.28), 1.0)), (0.4, Ink(deep, 1.0)), (1.0, Ink(darker(deep, 0.42), 1.0))];
            self.canvas.graded_by(lens, corner, (corner.0, corner.1 + height), &stops);
            // The reversing lamp, towards the middle of the vehicle or below.
            let pale = mix(0xe3_e0da, 0x8d_6660, self.night);
            let lamp = if width > height {
                let x = if side < 0.0 { corner.0 + width * 0.72 } else { corner.0 + width * 0.06 };
                rounded(x, corner.1 + height * 0.25, width * 0.22, height * 0.5, scale)
            } else {
                rounded(corner.0 + width * 0.14, corner.1 + height * 0.66, width * 0.72, height * 0.2, scale)
            };
            self.canvas.fill(lamp, Ink(pale, 0.85));
            if lit > 0.2 {
                let middle = (corner.0 + width / 2.0, corner.1 + height / 2.0);
                self.canvas.glow(middle, (30.0 * scale, 20.0 * scale), Ink(0xff_2a20, 0.50 * lit));
                self.canvas.glow(middle, (width * 0.42, height * 0.55), Ink(0xff_d8c8, 0.85 * lit));
                let on_road = (middle.0, self.view.base.1 + 6.0 * scale);
                self.canvas.glow(on_road, (26.0 * scale, 7.0 * scale), Ink(0xff_3020, 0.16 * lit));
            }
        }
        if self.body == Body::Suv || self.body == Body::Van {
            let stop = self.ahead(-6.0, self.shape.roof.1 - 1.2, self.shape.roof_setback);
            self.canvas.fill(rounded(stop.0, stop.1, 12.0 * scale, 1.5 * scale, 0.7 * scale), Ink(0x8e_1518, 0.95));
        }
    }
}

//! What is behind the vehicle: a street with houses, a freeway, a garage, a lane with parked cars.

use super::canvas::{Canvas, Ink, Spot, between, darker, lighter, mix, polygon, rounded};
use super::{PlaceKind, SCENE_HEIGHT, SCENE_WIDTH, View};
use crate::chance::Chance;
use tiny_skia::PathBuilder;

const WIDTH: f32 = SCENE_WIDTH as f32;
const HEIGHT: f32 = SCENE_HEIGHT as f32;

struct Backdrop<'a> {
    canvas: &'a mut Canvas,
    view: &'a View,
    chance: &'a mut Chance,
    night: f32,
}

pub(super) fn draw(canvas: &mut Canvas, view: &View, chance: &mut Chance) {
    let mut backdrop = Backdrop { canvas, view, chance, night: 1.0 - view.daylight };
    match view.place {
        PlaceKind::Street => backdrop.street(),
        PlaceKind::Freeway => backdrop.freeway(),
        PlaceKind::Garage => backdrop.garage(),
        PlaceKind::Kerb => backdrop.kerb(),
    }
}

impl Backdrop<'_> {
    fn draw_between(&mut self, low: f64, high: f64) -> f32 {
        self.chance.between(low, high) as f32
    }

    /// A point on the line from `near` to the vanishing point; 0 is near, 1 is infinitely far.
    fn along(&self, near: Spot, share: f32) -> Spot {
        between(near, self.view.vanishing, share)
    }

    /// A colour in this light.
    fn lit(&self, colour: u32) -> u32 {
        mix(darker(colour, 0.72 * self.night), 0x0d_1830, 0.20 * self.night)
    }

    fn sky(&mut self) {
        let horizon = self.view.vanishing.1;
        let dusk = (self.night * (1.0 - self.night) * 4.0).min(1.0);
        let cloudy = self.draw_between(0.0, 1.0);
        let (high, low) = (mix(0x5d_8fc4, 0x9c_a9b4, cloudy), mix(0xcf_dfea, 0xc9_cfd3, cloudy));
        let (high, low) =
            (mix(high, 0x07_0b16, self.night), mix(mix(low, 0x1b_2230, self.night), 0xe2_9a62, dusk * 0.8));
        let sky = rounded(0.0, 0.0, WIDTH, horizon + 40.0, 0.1);
        self.canvas.graded(sky, ((0.0, 0.0), Ink(high, 1.0)), ((0.0, horizon), Ink(low, 1.0)));
        for _ in 0..5 {
            let (x, y) = (self.draw_between(0.0, 960.0), self.draw_between(8.0, 90.0));
            let wide = self.draw_between(90.0, 240.0);
            self.canvas.glow((x, y), (wide, wide * 0.16), Ink(mix(0xff_ffff, 0x2a_3346, self.night), 0.30));
        }
    }

    /// A far row of houses against the sky.
    fn skyline(&mut self) {
        let horizon = self.view.vanishing.1;
        let mut x = -10.0;
        while x < WIDTH {
            let wide = self.draw_between(26.0, 70.0);
            let high = self.draw_between(10.0, 58.0);
            let haze = mix(0x8d_9caa, 0x12_1826, self.night);
            self.canvas.fill(rounded(x, horizon - high, wide, high + 30.0, 0.1), Ink(haze, 1.0));
            let lights = if self.night > 0.5 { 7 } else { 0 };
            for _ in 0..lights {
                let (wx, wy) =
                    (x + self.draw_between(2.0, f64::from(wide) - 3.0), horizon - high + self.draw_between(3.0, 40.0));
                self.canvas.fill(rounded(wx, wy, 2.0, 2.4, 0.2), Ink(0xff_d890, 0.55));
            }
            x += wide + self.draw_between(-6.0, 4.0);
        }
    }

    fn asphalt(&mut self, left: f32, right: f32) {
        let (far, horizon) = (self.view.vanishing, self.view.vanishing.1);
        let road = [(left, HEIGHT), (far.0 - 3.0, horizon), (far.0 + 3.0, horizon), (right, HEIGHT)];
        let (near_tone, far_tone) = (self.lit(0x56_585b), self.lit(0x91_9496));
        self.canvas.graded(polygon(&road), ((0.0, horizon), Ink(far_tone, 1.0)), ((0.0, HEIGHT), Ink(near_tone, 1.0)));
        // Tracks of tyres, patches and tar.
        for track in [0.32, 0.44, 0.58, 0.70] {
            let x = left + (right - left) * track;
            let strip = [(x - 26.0, HEIGHT), far, (x + 26.0, HEIGHT)];
            self.canvas.polygon(&strip, Ink(0x00_0000, 0.07));
        }
        for _ in 0..26 {
            let near = (left + (right - left) * self.draw_between(0.02, 0.98), HEIGHT);
            let share = self.draw_between(0.05, 0.8);
            let spot = self.along(near, share);
            let wide = (1.0 - share) * self.draw_between(10.0, 46.0);
            let tone = if self.chance.happens(0.6) { 0x00_0000 } else { 0xff_ffff };
            self.canvas.glow(spot, (wide, wide * 0.22), Ink(tone, 0.10));
        }
    }

    /// A dashed or solid line on the road, from the lower edge towards the vanishing point.
    fn marking(&mut self, x: f32, wide: f32, colour: u32, dashed: bool) {
        let ink = Ink(self.lit(colour), 0.86);
        let strip = |from: f32, to: f32| {
            let edge = |x: f32, share: f32| between((x, HEIGHT), self.view.vanishing, share);
            [edge(x - wide, from), edge(x + wide, from), edge(x + wide, to), edge(x - wide, to)]
        };
        if !dashed {
            let whole = strip(0.0, 0.97);
            self.canvas.polygon(&whole, ink);
            return;
        }
        // Dashes of equal length on the road shrink with distance: equal steps of 1 / (1 - share).
        let begin = self.draw_between(0.0, 0.5);
        for step in 0..14 {
            let depth = |steps: f32| 1.0 - 1.0 / (1.0 + steps * 0.42);
            let from = step as f32 + begin;
            let dash = strip(depth(from), depth(from + 0.42));
            self.canvas.polygon(&dash, ink);
        }
    }

    /// One house front beside the road, between two depths; `foot` is where its wall meets the lower picture edge.
    fn front(&mut self, foot: Spot, head: Spot, from: f32, to: f32) {
        let palette = [0x9a_6f58, 0xb7_a68c, 0x8d_9399, 0xc3_bcae, 0x76_5a4c, 0xa9_8c73, 0x8a_8f86];
        let wall = palette[self.chance.below(palette.len())];
        let tone = mix(self.lit(wall), mix(0xc4_ccd2, 0x14_1a28, self.night), to * 0.35);
        let quad = [self.along(foot, from), self.along(head, from), self.along(head, to), self.along(foot, to)];
        self.canvas.graded(
            polygon(&quad),
            (quad[1], Ink(lighter(tone, 0.10), 1.0)),
            (quad[0], Ink(darker(tone, 0.28), 1.0)),
        );
        let (rows, columns) = (3 + self.chance.below(3), 3 + self.chance.below(3));
        for row in 0..rows {
            for column in 0..columns {
                let spot = |u: f32, v: f32| between(between(quad[0], quad[1], v), between(quad[3], quad[2], v), u);
                let (u, v) = ((column as f32 + 0.22) / columns as f32, (row as f32 + 0.30) / rows as f32);
                let (u2, v2) = (u + 0.56 / columns as f32, v + 0.52 / rows as f32);
                let pane = [spot(u, v), spot(u2, v), spot(u2, v2), spot(u, v2)];
                let lamp = self.night > 0.45 && self.chance.happens(0.33);
                let glass =
                    if lamp { mix(0xff_d48a, 0xff_f0d0, self.draw_between(0.0, 1.0)) } else { self.lit(0x5a_6c7a) };
                self.canvas.polygon(&pane, Ink(glass, if lamp { 0.85 } else { 0.9 }));
            }
        }
        self.canvas.line(quad[1], quad[2], 2.0, Ink(darker(tone, 0.45), 0.8));
    }

    fn fronts(&mut self, gap: f32) {
        // Far ones first. On the left and on the right, walls begin outside of the picture.
        for (from, to) in [(0.80, 0.88), (0.70, 0.79), (0.57, 0.69), (0.40, 0.56), (0.10, 0.385)] {
            for side in [-1.0, 1.0] {
                let x = if side < 0.0 { -gap } else { WIDTH + gap };
                let high = self.view.vanishing.1 - self.draw_between(360.0, 760.0);
                self.front((x, HEIGHT + 40.0), (x, high), from, to);
            }
        }
    }

    fn tree(&mut self, foot: Spot, size: f32) {
        let bark = self.lit(0x4b_3a2c);
        self.canvas.line(foot, (foot.0, foot.1 - size * 0.6), size * 0.07, Ink(bark, 1.0));
        // From the shaded leaves below and behind to the sunny ones above.
        for layer in 0..46 {
            let up = layer as f32 / 46.0;
            let (dx, dy) =
                (self.draw_between(-0.40, 0.40) * size, -(0.50 + 0.62 * up + self.draw_between(-0.10, 0.10)) * size);
            let reach = 1.0 - ((dy / size + 0.80) / 0.42).powi(2) * 0.55;
            let leaf = mix(0x24_3d22, 0x7c_9450, up * 0.75 + self.draw_between(-0.15, 0.2));
            let radius = size * self.draw_between(0.07, 0.13);
            let leaf = self.lit(leaf);
            let blob = PathBuilder::from_circle(foot.0 + dx * reach.max(0.2), foot.1 + dy, radius.max(1.0));
            self.canvas.fill(blob, Ink(leaf, 0.82));
        }
    }

    fn lamp(&mut self, foot: Spot, size: f32, side: f32) {
        let metal = self.lit(0x54_585b);
        let top = (foot.0, foot.1 - size);
        let head = (top.0 - side * size * 0.22, top.1 - size * 0.02);
        self.canvas.line(foot, top, (size * 0.018).max(1.0), Ink(metal, 1.0));
        self.canvas.line(top, head, (size * 0.014).max(1.0), Ink(metal, 1.0));
        if self.night > 0.3 {
            self.canvas.glow(head, (size * 0.42, size * 0.42), Ink(0xff_cf8a, 0.50 * self.night));
            self.canvas.glow(head, (size * 0.05, size * 0.05), Ink(0xff_f4dc, 1.0));
            self.canvas.glow(
                (head.0, foot.1 + size * 0.03),
                (size * 0.55, size * 0.11),
                Ink(0xff_c880, 0.20 * self.night),
            );
        }
    }

    /// A vehicle far ahead: two lights and a dark shape.
    fn far_car(&mut self, near: Spot, share: f32, coming: bool) {
        let spot = self.along(near, share);
        let wide = (1.0 - share) * 320.0;
        let palette = [0x3a_4046, 0x8b_9196, 0xb9_bdc0, 0x6b_2a2c, 0x2f_4666];
        let picked = palette[self.chance.below(palette.len())];
        let paint = self.lit(picked);
        self.canvas.glow(spot, (wide * 0.7, wide * 0.16), Ink(0x00_0000, 0.5));
        let (left, top) = (spot.0 - wide / 2.0, spot.1 - wide * 0.62);
        self.canvas.fill(
            rounded(left + wide * 0.12, top, wide * 0.76, wide * 0.4, wide * 0.12),
            Ink(darker(paint, 0.35), 1.0),
        );
        self.canvas.fill(
            rounded(left + wide * 0.2, top + wide * 0.05, wide * 0.6, wide * 0.2, wide * 0.05),
            Ink(0x14_191e, 0.9),
        );
        self.canvas.fill(rounded(left, top + wide * 0.24, wide, wide * 0.34, wide * 0.08), Ink(paint, 1.0));
        for side in [0.12, 0.88] {
            let lamp = (left + wide * side, top + wide * 0.36);
            let (tone, reach) = if coming { (0xff_f6e0, 0.55) } else { (0xff_2a20, 0.30) };
            self.canvas.glow(
                lamp,
                (wide * (0.10 + reach * self.night), wide * (0.08 + reach * self.night)),
                Ink(tone, 0.75),
            );
        }
    }

    fn street(&mut self) {
        self.sky();
        self.skyline();
        self.ground(0x8b_8d86);
        self.fronts(220.0);
        let (left, right) = (-420.0, WIDTH + 420.0);
        self.pavement(left - 190.0, left);
        self.pavement(right, right + 190.0);
        self.asphalt(left, right);
        let middle = self.view.base.0 - 620.0;
        self.marking(middle - 14.0, 7.0, 0xd9_a92e, false);
        self.marking(middle + 14.0, 7.0, 0xd9_a92e, false);
        self.marking(self.view.base.0 + 520.0, 9.0, 0xe8_e8e4, true);
        for (share, side) in [(0.84, -1.0), (0.84, 1.0), (0.74, 1.0), (0.70, -1.0), (0.55, 1.0), (0.50, -1.0)] {
            let near = (if side < 0.0 { left - 130.0 } else { right + 130.0 }, HEIGHT);
            let foot = self.along(near, share);
            let size = (1.0 - share) * self.draw_between(420.0, 640.0);
            if self.chance.happens(0.5) { self.tree(foot, size) } else { self.lamp(foot, size * 1.25, side) }
        }
        if self.chance.happens(0.7) {
            let share = self.draw_between(0.70, 0.86);
            self.far_car((middle - 330.0, HEIGHT), share, true);
        }
        if self.chance.happens(0.5) {
            let share = self.draw_between(0.80, 0.90);
            self.far_car((self.view.base.0, HEIGHT), share, false);
        }
        self.headlights();
    }

    fn ground(&mut self, colour: u32) {
        let horizon = self.view.vanishing.1;
        let tone = self.lit(colour);
        let plane = rounded(0.0, horizon, WIDTH, HEIGHT - horizon, 0.1);
        let far = mix(tone, mix(0xc4_ccd2, 0x10_1622, self.night), 0.5);
        self.canvas.graded(plane, ((0.0, horizon), Ink(far, 1.0)), ((0.0, HEIGHT), Ink(tone, 1.0)));
    }

    fn pavement(&mut self, left: f32, right: f32) {
        let strip = [(left, HEIGHT), self.view.vanishing, (right, HEIGHT)];
        let tone = self.lit(0xa9_a79f);
        self.canvas.polygon(&strip, Ink(tone, 1.0));
        let kerb = if left < 0.0 { right } else { left };
        let near = (kerb, HEIGHT);
        self.canvas.line(near, self.along(near, 0.96), 3.0, Ink(lighter(tone, 0.25), 0.7));
    }

    /// The vehicle's own light on the road ahead of it.
    fn headlights(&mut self) {
        if self.night > 0.2 {
            let ahead = self.along(self.view.base, 0.55);
            self.canvas.glow(ahead, (250.0, 60.0), Ink(0xff_f0d2, 0.22 * self.night));
        }
        // The camera's lamp, or the street light above it.
        let middle = (self.view.base.0, self.view.base.1 - 90.0);
        self.canvas.glow(middle, (560.0, 330.0), Ink(0xdf_e6ff, 0.13 * self.night));
    }

    fn freeway(&mut self) {
        self.sky();
        let horizon = self.view.vanishing.1;
        for (high, tone) in [(34.0, 0x93_a5b4), (20.0, 0x76_8a84)] {
            let mut ridge = vec![(WIDTH, horizon + 20.0), (0.0, horizon + 20.0)];
            for step in 0..=12 {
                ridge.push((step as f32 * 80.0, horizon - high * self.draw_between(0.3, 1.0)));
            }
            let tone = mix(self.lit(tone), 0x0c_1220, 0.3 * self.night);
            self.canvas.polygon(&ridge, Ink(tone, 1.0));
        }
        self.ground(0x7d_8068);
        let (left, right) = (-980.0, WIDTH + 760.0);
        self.asphalt(left, right);
        for (x, dashed) in [(left + 120.0, false), (right - 130.0, false)] {
            self.marking(x, 9.0, if x < 0.0 { 0xdd_b13a } else { 0xe9_e9e6 }, dashed);
        }
        for lane in [-1.5, -0.5, 0.5, 1.5] {
            self.marking(self.view.base.0 + lane * 610.0, 9.0, 0xee_eeea, true);
        }
        for (near, side) in [(left, -1.0), (right, 1.0)] {
            let wall = [
                (near, HEIGHT),
                self.along((near, HEIGHT), 0.96),
                self.along((near, HEIGHT - 190.0), 0.96),
                (near, HEIGHT - 190.0),
            ];
            let concrete = self.lit(0xb4_b2aa);
            self.canvas.graded(
                polygon(&wall),
                (wall[2], Ink(lighter(concrete, 0.1), 1.0)),
                (wall[0], Ink(darker(concrete, 0.3), 1.0)),
            );
            for share in [0.62, 0.76, 0.85, 0.91] {
                let foot = self.along((near + side * 30.0, HEIGHT - 100.0), share);
                self.lamp(foot, (1.0 - share) * 900.0, side);
            }
        }
        self.gantry();
        for lane in [-1.0, 1.0] {
            if self.chance.happens(0.65) {
                let share = self.draw_between(0.66, 0.90);
                self.far_car((self.view.base.0 + lane * 610.0, HEIGHT), share, false);
            }
        }
        self.headlights();
    }

    /// A sign bridge far ahead.
    fn gantry(&mut self) {
        let share = 0.80;
        let (left, right) = (self.along((-900.0, HEIGHT), share), self.along((WIDTH + 700.0, HEIGHT), share));
        let high = 92.0;
        let steel = Ink(self.lit(0x6f_767b), 1.0);
        for post in [left, right] {
            self.canvas.line(post, (post.0, post.1 - high), 3.2, steel);
        }
        let (beam_left, beam_right) = ((left.0, left.1 - high), (right.0, right.1 - high));
        self.canvas.line(beam_left, beam_right, 3.0, steel);
        self.canvas.line((beam_left.0, beam_left.1 + 9.0), (beam_right.0, beam_right.1 + 9.0), 2.0, steel);
        for at in [0.30, 0.62] {
            let corner = between(beam_left, beam_right, at);
            let green = mix(0x1f_6b45, 0x0f_3a28, self.night * 0.6);
            self.canvas.fill(rounded(corner.0, corner.1 - 6.0, 62.0, 26.0, 2.0), Ink(green, 1.0));
            for row in 0..2 {
                let y = corner.1 + 2.0 + row as f32 * 9.0;
                self.canvas.line(
                    (corner.0 + 8.0, y),
                    (corner.0 + 50.0 - row as f32 * 14.0, y),
                    2.4,
                    Ink(0xf0_f4f2, 0.9),
                );
            }
        }
    }

    fn garage(&mut self) {
        let far = self.view.vanishing;
        // Inside it is always lamp light.
        let night = std::mem::replace(&mut self.night, 0.12);
        let ceiling = rounded(0.0, 0.0, WIDTH, far.1 + 8.0, 0.1);
        self.canvas.graded(ceiling, ((0.0, 0.0), Ink(0x5c_5f60, 1.0)), ((0.0, far.1), Ink(0x2c_2e30, 1.0)));
        let floor = rounded(0.0, far.1, WIDTH, HEIGHT - far.1, 0.1);
        self.canvas.graded(floor, ((0.0, far.1), Ink(0x46_4845, 1.0)), ((0.0, HEIGHT), Ink(0x83_847e, 1.0)));
        // The way out, where daylight comes in.
        let outside = mix(0xe9_f1f6, 0x1b_2434, night);
        self.canvas.fill(rounded(far.0 - 92.0, far.1 - 42.0, 184.0, 66.0, 2.0), Ink(outside, 1.0));
        self.canvas.glow((far.0, far.1), (300.0, 120.0), Ink(outside, 0.40));
        for depth in [0.0_f32, 0.34, 0.56, 0.70, 0.80] {
            let (left, right) = (self.along((-160.0, -190.0), depth), self.along((WIDTH + 160.0, -190.0), depth));
            let thick = 54.0 * (1.0 - depth);
            self.canvas.graded(
                rounded(left.0, left.1 + 40.0 * (1.0 - depth), right.0 - left.0, thick, 1.0),
                ((0.0, left.1), Ink(0x7e_807f, 1.0)),
                ((0.0, left.1 + thick * 1.8), Ink(0x3a_3c3d, 1.0)),
            );
            let tube = self.along((480.0, -150.0), (depth + 0.12).min(0.9));
            let wide = 330.0 * (1.0 - depth);
            self.canvas.glow(tube, (wide * 0.75, wide * 0.20), Ink(0xf4_fbff, 0.55));
            self.canvas.line(
                (tube.0 - wide / 2.0, tube.1),
                (tube.0 + wide / 2.0, tube.1),
                5.0 * (1.0 - depth),
                Ink(0xff_ffff, 0.95),
            );
        }
        for depth in [0.78_f32, 0.66, 0.46, 0.12] {
            for side in [-1.0, 1.0] {
                let near = if side < 0.0 { -420.0 } else { WIDTH + 420.0 };
                let (foot, head) = (self.along((near, HEIGHT + 60.0), depth), self.along((near, -420.0), depth));
                let wide = 210.0 * (1.0 - depth);
                let column = rounded(foot.0 - wide / 2.0, head.1, wide, foot.1 - head.1, 2.0);
                let (lit, dark) = (Ink(0xb2_b1a9, 1.0), Ink(0x58_5955, 1.0));
                let (from, to) = (foot.0 - side * wide / 2.0, foot.0 + side * wide / 2.0);
                self.canvas.graded(column, ((from, 0.0), lit), ((to, 0.0), dark));
                let stripe = foot.1 - (foot.1 - head.1) * 0.30;
                self.canvas.fill(rounded(foot.0 - wide / 2.0, stripe, wide, wide * 0.34, 1.0), Ink(0xd8_a02a, 0.85));
            }
        }
        self.marking(self.view.base.0 - 560.0, 9.0, 0xdf_b23c, false);
        self.marking(self.view.base.0 + 560.0, 9.0, 0xdf_b23c, false);
        self.canvas.glow((self.view.base.0, HEIGHT - 20.0), (520.0, 60.0), Ink(0xff_ffff, 0.14));
        self.night = night;
    }

    fn kerb(&mut self) {
        self.sky();
        self.skyline();
        self.ground(0x6f_7b55);
        self.fronts(520.0);
        let (left, right) = (-1100.0, self.view.base.0 + 420.0);
        self.pavement(right, right + 420.0);
        self.asphalt(left, right);
        self.marking(self.view.base.0 - 760.0, 8.0, 0xd9_a92e, true);
        for (share, near) in [(0.80, right + 500.0), (0.66, right + 520.0), (0.42, right + 560.0), (0.74, left - 200.0)]
        {
            let foot = self.along((near, HEIGHT), share);
            let size = (1.0 - share) * self.draw_between(560.0, 760.0);
            self.tree(foot, size);
        }
        let lamp = self.along((right + 300.0, HEIGHT), 0.58);
        self.lamp(lamp, 260.0, 1.0);
        // Others are parked ahead.
        for share in [0.84, 0.74, 0.60] {
            if self.chance.happens(0.8) {
                self.far_car((self.view.base.0 + 60.0, HEIGHT), share, false);
            }
        }
        let middle = (self.view.base.0, self.view.base.1 - 90.0);
        self.canvas.glow(middle, (560.0, 330.0), Ink(0xdf_e6ff, 0.16 * self.night));
    }
}

//! Characters as strokes on a grid four wide and seven high, for plates and for the line that a camera burns in.

use tiny_skia::{Path, PathBuilder, Transform};

/// Advance from one character to the next, in grid units, for the camera's line.
pub(super) const ADVANCE: f32 = 5.6;

/// `M x y` moves, `L x y` draws a line, `Q cx cy x y` a curve, `Z` closes.
fn strokes(character: char) -> &'static str {
    match character.to_ascii_uppercase() {
        '0' => "M0 1.6 Q0 0 2 0 Q4 0 4 1.6 L4 5.4 Q4 7 2 7 Q0 7 0 5.4 Z",
        '1' => "M0.7 1.5 L2.3 0 L2.3 7",
        '2' => "M0 1.8 Q0 0 2 0 Q4 0 4 1.8 Q4 3 2.6 4.3 L0 7 L4 7",
        '3' => "M0.2 0 L3.8 0 L1.8 2.7 Q4 2.8 4 4.9 Q4 7 2 7 Q0.3 7 0 5.4",
        '4' => "M3.1 7 L3.1 0 L0 4.9 L4.2 4.9",
        '5' => "M3.8 0 L0.5 0 L0.3 3.2 Q1 2.5 2.1 2.5 Q4 2.5 4 4.7 Q4 7 2 7 Q0.3 7 0 5.6",
        '6' => "M3.5 0.4 Q2.8 0 2.1 0 Q0 0 0 3 L0 4.8 Q0 7 2 7 Q4 7 4 4.9 Q4 2.9 2.1 2.9 Q0.4 2.9 0 4.4",
        '7' => "M0 0 L4 0 L1.5 7",
        '8' => {
            "M2 3.2 Q0.2 3.1 0.2 1.6 Q0.2 0 2 0 Q3.8 0 3.8 1.6 Q3.8 3.1 2 3.2 Q0 3.3 0 5.1 Q0 7 2 7 Q4 7 4 5.1 Q4 3.3 2 3.2 Z"
        }
        '9' => "M0.5 6.6 Q1.2 7 1.9 7 Q4 7 4 4 L4 2.2 Q4 0 2 0 Q0 0 0 2.1 Q0 4.1 1.9 4.1 Q3.6 4.1 4 2.6",
        'A' => "M0 7 L2 0 L4 7 M0.75 4.7 L3.25 4.7",
        'B' => "M0 3.4 L0 0 L2 0 Q3.7 0 3.7 1.7 Q3.7 3.4 2.2 3.4 L0 3.4 L0 7 L2.2 7 Q4 7 4 5.2 Q4 3.4 2.2 3.4",
        'C' => "M4 1.8 Q4 0 2 0 Q0 0 0 2 L0 5 Q0 7 2 7 Q4 7 4 5.2",
        'D' => "M0 0 L0 7 L1.8 7 Q4 7 4 4.8 L4 2.2 Q4 0 1.8 0 Z",
        'E' => "M3.8 0 L0 0 L0 7 L3.8 7 M0 3.4 L3 3.4",
        'F' => "M3.8 0 L0 0 L0 7 M0 3.4 L3 3.4",
        'G' => "M4 1.8 Q4 0 2 0 Q0 0 0 2 L0 5 Q0 7 2 7 Q4 7 4 5.2 L4 3.8 L2.3 3.8",
        'H' => "M0 0 L0 7 M4 0 L4 7 M0 3.4 L4 3.4",
        'I' => "M2 0 L2 7 M0.9 0 L3.1 0 M0.9 7 L3.1 7",
        'J' => "M3.6 0 L3.6 5.2 Q3.6 7 1.8 7 Q0 7 0 5.2",
        'K' => "M0 0 L0 7 M3.8 0 L0 4.2 M1.3 2.9 L4 7",
        'L' => "M0 0 L0 7 L3.8 7",
        'M' => "M0 7 L0 0 L2 3.8 L4 0 L4 7",
        'N' => "M0 7 L0 0 L4 7 L4 0",
        'O' => "M0 2.2 Q0 0 2 0 Q4 0 4 2.2 L4 4.8 Q4 7 2 7 Q0 7 0 4.8 Z",
        'P' => "M0 7 L0 0 L2.2 0 Q4 0 4 1.9 Q4 3.9 2.2 3.9 L0 3.9",
        'Q' => "M0 2.2 Q0 0 2 0 Q4 0 4 2.2 L4 4.8 Q4 7 2 7 Q0 7 0 4.8 Z M2.4 5.1 L4.2 7.3",
        'R' => "M0 7 L0 0 L2.2 0 Q4 0 4 1.9 Q4 3.8 2.2 3.8 L0 3.8 M2 3.8 L4 7",
        'S' => "M3.9 1.6 Q3.7 0 2 0 Q0.1 0 0.1 1.7 Q0.1 3.1 2 3.4 Q4 3.8 4 5.3 Q4 7 2 7 Q0.2 7 0 5.3",
        'T' => "M0 0 L4 0 M2 0 L2 7",
        'U' => "M0 0 L0 5 Q0 7 2 7 Q4 7 4 5 L4 0",
        'V' => "M0 0 L2 7 L4 0",
        'W' => "M0 0 L0.9 7 L2 2.8 L3.1 7 L4 0",
        'X' => "M0 0 L4 7 M4 0 L0 7",
        'Y' => "M0 0 L2 3.6 L4 0 M2 3.6 L2 7",
        'Z' => "M0 0 L4 0 L0 7 L4 7",
        '-' => "M0.8 3.6 L3.2 3.6",
        ':' => "M2 1.9 L2 2.1 M2 5.2 L2 5.4",
        '.' => "M1.9 6.8 L1.9 7",
        ',' => "M2 6.6 L1.5 8",
        '/' => "M0.4 7.4 L3.6 -0.4",
        _ => "",
    }
}

/// Adds a character's strokes, its upper left corner at `x`, `y`, `unit` pixels per grid unit.
pub(super) fn add(path: &mut PathBuilder, character: char, x: f32, y: f32, unit: (f32, f32)) {
    let mut numbers = Vec::with_capacity(4);
    let mut command = ' ';
    let place = |px: f32, py: f32| (x + px * unit.0, y + py * unit.1);
    for word in strokes(character).split(' ') {
        let (head, rest) = match word.chars().next() {
            Some(letter) if letter.is_ascii_uppercase() => (Some(letter), word.trim_start_matches(letter)),
            _ => (None, word),
        };
        if let Some(letter) = head {
            command = letter;
            numbers.clear();
        }
        numbers.extend(rest.parse::<f32>());
        match (command, numbers.as_slice()) {
            ('M', [px, py]) => path.move_to(place(*px, *py).0, place(*px, *py).1),
            ('L', [px, py]) => path.line_to(place(*px, *py).0, place(*px, *py).1),
            ('Q', [cx, cy, px, py]) => {
                let ((cx, cy), (px, py)) = (place(*cx, *cy), place(*px, *py));
                path.quad_to(cx, cy, px, py);
            }
            ('Z', _) => path.close(),
            _ => {}
        }
    }
}

/// A line of text as strokes, `unit` pixels per grid unit, placed by `transform`.
pub(super) fn text(line: &str, x: f32, y: f32, unit: f32, transform: Transform) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (index, character) in line.chars().enumerate() {
        add(&mut path, character, x + index as f32 * ADVANCE * unit, y, (unit, unit));
    }
    path.finish()?.transform(transform)
}

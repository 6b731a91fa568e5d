//! What hands put on a paper: the round seal, signatures, stamps, written figures.

use std::f64::consts::{PI, TAU};

use super::{
    fonts::Face,
    paper::SealText,
    plate::{Glyphs, Plate},
    prng::Seeded,
};

/// A round seal of a diameter in pixels: two rings, words around, a star or words inside.
pub fn seal(glyphs: &mut Glyphs<'_>, text: &SealText, diameter: f64) -> Plate {
    let side = diameter.ceil() as usize + 4;
    let mut plate = Plate::blank(side, side);
    let centre = (side as f64 / 2.0, side as f64 / 2.0);
    let radius = diameter / 2.0;
    plate.ring(centre, radius * 0.97, radius * 0.05);
    plate.ring(centre, radius * 0.90, radius * 0.018);
    plate.ring(centre, radius * 0.60, radius * 0.018);
    let letters = text.ring.to_uppercase();
    around(&mut plate, glyphs, &letters, centre, radius);
    plate.star((centre.0, centre.1 + radius * 0.75), radius * 0.085);
    if text.middle.is_empty() {
        plate.star(centre, radius * 0.42);
        plate.ring(centre, radius * 0.52, radius * 0.02);
        for spoke in 0..24 {
            let (sin, cos) = (f64::from(spoke) * TAU / 24.0).sin_cos();
            let at = |share: f64| (centre.0 + cos * radius * share, centre.1 + sin * radius * share);
            plate.stroke(at(0.45), at(0.52), (radius * 0.012, radius * 0.03), 230);
        }
    } else {
        let size = radius * if text.middle.len() > 2 { 0.20 } else { 0.22 };
        let longest =
            text.middle.iter().map(|line| glyphs.fonts().width(Face::SansBold, size, line)).fold(1.0, f64::max);
        let size = size * (radius * 1.0 / longest).min(1.0);
        let mut y = centre.1 - size * 1.25 * (text.middle.len() as f64 - 1.0) / 2.0 + size * 0.36;
        for line in &text.middle {
            let width = glyphs.fonts().width(Face::SansBold, size, line);
            plate.text(glyphs, Face::SansBold, size, (centre.0 - width / 2.0, y), line);
            y += size * 1.25;
        }
    }
    plate
}

/// Letters around the ring, from lower left over the top to lower right.
fn around(plate: &mut Plate, glyphs: &mut Glyphs<'_>, letters: &str, centre: (f64, f64), radius: f64) {
    let mut size = radius * 0.21;
    let path = radius * 0.685;
    let room = TAU * 0.83 * path;
    let width = glyphs.fonts().width(Face::SansBold, size, letters);
    if width > room {
        size *= room / width;
    }
    let width = width.min(room);
    let mut angle = -width / path / 2.0;
    let cell = (size * 1.6).ceil() as usize + 2;
    for letter in letters.chars() {
        let advance = glyphs.fonts().advance(Face::SansBold, letter) * size;
        let turn = angle + advance / path / 2.0;
        let mut small = Plate::blank(cell, cell);
        let middle = cell as f64 / 2.0;
        small.letter(
            glyphs,
            Face::SansBold,
            letter,
            size,
            (middle - advance / 2.0, (middle + size * 0.36).round()),
            1.0,
        );
        let mid_path = path + size * 0.36;
        let at = (centre.0 + turn.sin() * mid_path, centre.1 - turn.cos() * mid_path);
        plate.press(&small, at, turn * 180.0 / PI, |_, _| 1.0);
        angle += advance / path;
    }
}

/// A boxed stamp of one line: `MẬT`.
pub fn boxed(glyphs: &mut Glyphs<'_>, text: &str, size_px: f64, double: bool) -> Plate {
    let width = glyphs.fonts().width(Face::SansBold, size_px, text);
    let (pad, line) = (size_px * 0.45, size_px * 0.09);
    let (w, h) = (width + 2.0 * pad, size_px * 1.75);
    let mut plate = Plate::blank(w.ceil() as usize + 2, h.ceil() as usize + 2);
    frame(&mut plate, (1.0, 1.0, w, h), line);
    if double {
        frame(&mut plate, (1.0 + 2.2 * line, 1.0 + 2.2 * line, w - 2.2 * line, h - 2.2 * line), line * 0.6);
    }
    plate.text(glyphs, Face::SansBold, size_px, (pad + 1.0, (h * 0.70).round()), text);
    plate
}

/// `CÔNG VĂN ĐẾN`: the frame and its printed words; what is written into it comes on another plate, of the same size.
pub fn received(
    glyphs: &mut Glyphs<'_>,
    whose: &str,
    number: u32,
    date: &str,
    px_per_mm: f64,
    rng: &mut Seeded,
) -> (Plate, Plate) {
    let mm = px_per_mm;
    let (w, h) = (52.0 * mm, 25.0 * mm);
    let mut printed = Plate::blank(w.ceil() as usize + 2, h.ceil() as usize + 2);
    let mut written = Plate::blank(printed.width, printed.height);
    frame(&mut printed, (1.0, 1.0, w, h), 0.5 * mm);
    let small = 2.6 * mm;
    let mut centred = |text: &str, y: f64, size: f64| {
        let room = w - 4.0 * mm;
        let full = glyphs.fonts().width(Face::SansBold, size, text);
        let size = size * (room / full).min(1.0);
        let width = glyphs.fonts().width(Face::SansBold, size, text);
        printed.text(glyphs, Face::SansBold, size, ((w - width) / 2.0, y.round()), text);
    };
    centred(whose, 4.2 * mm, small);
    centred("CÔNG VĂN ĐẾN", 9.2 * mm, 3.9 * mm);
    for (label, y) in [("Số:", 14.6), ("Ngày:", 19.0), ("Chuyển:", 23.2)] {
        let end = printed.text(glyphs, Face::SansBold, small, (3.0 * mm, (y * mm).round()), label);
        let mut x = end + mm;
        while x < w - 3.0 * mm {
            printed.disc((x, y * mm), 0.14 * mm, 230);
            x += 1.1 * mm;
        }
    }
    figures(&mut written, &number.to_string(), (19.0 * mm, 14.2 * mm), 4.0 * mm, rng);
    figures(&mut written, date, (17.0 * mm, 18.6 * mm), 3.4 * mm, rng);
    (printed, written)
}

fn frame(plate: &mut Plate, (left, top, right, bottom): (f64, f64, f64, f64), line: f64) {
    plate.fill(left, top, right, top + line, 255);
    plate.fill(left, bottom - line, right, bottom, 255);
    plate.fill(left, top, left + line, bottom, 255);
    plate.fill(right - line, top, right, bottom, 255);
}

/// Figures as a hand writes them; `at` is the left end of the baseline.
pub fn figures(plate: &mut Plate, text: &str, at: (f64, f64), height: f64, rng: &mut Seeded) {
    let mut x = at.0;
    for letter in text.chars() {
        let slant = 0.22 + rng.real(-0.05, 0.05);
        let scale = height * rng.real(0.9, 1.1);
        let lift = rng.real(-0.06, 0.06) * height;
        let place =
            |&(px, py): &(f64, f64)| (x + (px * 0.62 + (1.0 - py) * slant) * scale, at.1 + lift - (1.0 - py) * scale);
        for path in figure(letter) {
            let points: Vec<(f64, f64)> = path.iter().map(place).collect();
            curve(plate, &points, height * 0.075, rng);
        }
        x += height * 0.62;
    }
}

/// Strokes of a figure in a unit box, y downwards.
fn figure(letter: char) -> &'static [&'static [(f64, f64)]] {
    match letter {
        '0' => &[&[(0.5, 0.0), (0.1, 0.3), (0.15, 0.8), (0.5, 1.0), (0.85, 0.7), (0.85, 0.25), (0.5, 0.0)]],
        '1' => &[&[(0.25, 0.25), (0.55, 0.0), (0.55, 0.5), (0.55, 1.0)]],
        '2' => &[&[(0.15, 0.25), (0.45, 0.0), (0.8, 0.2), (0.55, 0.6), (0.1, 1.0), (0.5, 0.95), (0.9, 1.0)]],
        '3' => &[&[(0.15, 0.1), (0.55, 0.0), (0.75, 0.2), (0.4, 0.45), (0.8, 0.65), (0.6, 0.98), (0.1, 0.9)]],
        '4' => &[
            &[(0.5, 0.0), (0.25, 0.4), (0.05, 0.68), (0.5, 0.68), (0.95, 0.66)],
            &[(0.65, 0.35), (0.62, 0.7), (0.6, 1.0)],
        ],
        '5' => &[&[(0.85, 0.0), (0.3, 0.02), (0.2, 0.42), (0.6, 0.4), (0.85, 0.68), (0.55, 1.0), (0.1, 0.9)]],
        '6' => &[&[(0.7, 0.0), (0.3, 0.35), (0.12, 0.75), (0.45, 1.0), (0.8, 0.75), (0.5, 0.5), (0.15, 0.75)]],
        '7' => {
            &[&[(0.1, 0.02), (0.5, 0.05), (0.9, 0.0), (0.6, 0.45), (0.4, 1.0)], &[(0.3, 0.52), (0.55, 0.5), (0.8, 0.5)]]
        }
        '8' => &[&[
            (0.75, 0.15),
            (0.45, 0.0),
            (0.2, 0.22),
            (0.7, 0.6),
            (0.7, 0.92),
            (0.3, 0.98),
            (0.2, 0.7),
            (0.75, 0.3),
            (0.75, 0.15),
        ]],
        '9' => &[&[(0.8, 0.25), (0.5, 0.45), (0.2, 0.25), (0.5, 0.0), (0.8, 0.2), (0.75, 0.6), (0.55, 1.0)]],
        '/' => &[&[(0.75, -0.05), (0.5, 0.5), (0.2, 1.1)]],
        '-' => &[&[(0.2, 0.55), (0.5, 0.53), (0.8, 0.55)]],
        _ => &[],
    }
}

/// A signature about so many pixels wide; `at` is the left end of its middle line.
pub fn signature(plate: &mut Plate, at: (f64, f64), width: f64, rng: &mut Seeded) {
    let height = width * rng.real(0.22, 0.40);
    let thick = width * rng.real(0.009, 0.017);
    let slant = rng.real(-0.35, 0.05);
    let mut points = first_letter(rng);
    let (start, end) = (points.last().map_or(0.2, |point| point.0 + 0.04), rng.real(0.62, 0.85));
    let waves = rng.whole(2, 7);
    let loops = rng.chance(0.4);
    for wave in 0..waves {
        let share = f64::from(wave) / f64::from(waves);
        let x = start + (end - start) * share;
        let size = rng.real(0.15, 0.6) * (1.0 - 0.5 * share);
        points.push((x + rng.real(0.0, 0.04), -size));
        if loops {
            points.push((x - rng.real(0.01, 0.05), -size * 0.3));
        }
        points.push((x + rng.real(0.02, 0.09), size * rng.real(0.2, 0.9)));
    }
    match rng.whole(0, 3) {
        0 => points.extend([
            (end + 0.1, -0.3),
            (rng.real(0.95, 1.1), -0.1),
            (0.6, 0.55),
            (rng.real(0.05, 0.3), 0.75),
            (rng.real(0.8, 1.0), 0.45),
        ]),
        1 => points.extend([
            (end + 0.05, -0.9),
            (end + 0.12, -0.5),
            (end - 0.1, 0.9),
            (end - 0.22, 0.6),
            (rng.real(0.95, 1.15), -0.2),
        ]),
        2 => points.extend([(rng.real(0.9, 1.2), rng.real(-0.4, 0.1))]),
        _ => points.extend([(end + 0.15, 0.05), (0.5, rng.real(0.4, 0.7)), (0.1, rng.real(0.5, 0.8))]),
    }
    let placed: Vec<(f64, f64)> =
        points.iter().map(|(x, y)| (at.0 + x * width + y * slant * height, at.1 + y * height)).collect();
    curve(plate, &placed, thick, rng);
    if rng.chance(0.35) {
        let from = (at.0 + width * rng.real(0.1, 0.3), at.1 + height * rng.real(0.4, 0.8));
        let to = (at.0 + width * rng.real(0.8, 1.1), at.1 + height * rng.real(0.1, 0.5));
        curve(
            plate,
            &[from, (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1) + height * 0.1), to],
            thick * 0.8,
            rng,
        );
    }
}

/// How a signature begins: a tall loop, a round letter, or a hook.
fn first_letter(rng: &mut Seeded) -> Vec<(f64, f64)> {
    match rng.whole(0, 2) {
        0 => vec![
            (0.06, rng.real(-0.1, 0.3)),
            (0.05, -0.6),
            (0.18, rng.real(-1.0, -0.8)),
            (0.20, -0.1),
            (0.12, 0.7),
            (0.03, 0.5),
            (0.18, 0.05),
        ],
        1 => vec![
            (0.24, -0.55),
            (0.12, rng.real(-0.9, -0.7)),
            (0.0, -0.1),
            (0.1, 0.55),
            (0.26, 0.3),
            (0.22, -0.2),
            (0.12, 0.0),
            (0.28, 0.1),
        ],
        _ => vec![
            (0.0, -0.5),
            (0.12, rng.real(-1.0, -0.7)),
            (0.10, 0.2),
            (0.04, rng.real(0.6, 1.0)),
            (0.0, 0.4),
            (0.3, -0.2),
        ],
    }
}

/// A smooth line through points (Catmull-Rom), thinner where the pen is fast.
fn curve(plate: &mut Plate, points: &[(f64, f64)], thickness: f64, rng: &mut Seeded) {
    let get = |i: i64| points[i.clamp(0, points.len() as i64 - 1) as usize];
    let mut before = None;
    for segment in 0..points.len() as i64 - 1 {
        let (p0, p1, p2, p3) = (get(segment - 1), get(segment), get(segment + 1), get(segment + 2));
        let length = (p2.0 - p1.0).hypot(p2.1 - p1.1);
        let steps = (length / 2.0).ceil().clamp(4.0, 80.0) as u32;
        let pressure = rng.real(0.8, 1.25);
        for step in 0..=steps {
            let t = f64::from(step) / f64::from(steps);
            let spline = |a: f64, b: f64, c: f64, d: f64| {
                0.5 * (2.0 * b
                    + (c - a) * t
                    + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
                    + (3.0 * b - a - 3.0 * c + d) * t * t * t)
            };
            let at = (spline(p0.0, p1.0, p2.0, p3.0), spline(p0.1, p1.1, p2.1, p3.1));
            let width = thickness * pressure * (0.75 + 0.5 * (t - 0.5).abs());
            if let Some((from, from_width)) = before {
                plate.stroke(from, at, (from_width, width), 235);
            }
            before = Some((at, width));
        }
    }
}

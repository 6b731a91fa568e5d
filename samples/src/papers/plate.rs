//! One ink's coverage of a page: letters, lines, discs, strokes, drawn with smooth edges.

use std::collections::HashMap;

use super::{
    fonts::{Face, Fonts},
    letter::{self, Letter},
};

/// Coverage of one ink, 0 (none) to 255 (full), a byte a pixel.
#[derive(Debug, Clone)]
pub struct Plate {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Coverage by rows.
    pub data: Vec<u8>,
}

/// Glyphs already rasterised, by face, size and place between pixels.
pub struct Glyphs<'f> {
    fonts: &'f Fonts,
    known: HashMap<(Face, char, u32, u8), Option<Letter>>,
}

impl<'f> Glyphs<'f> {
    /// Nothing rasterised yet.
    pub fn new(fonts: &'f Fonts) -> Self {
        Self { fonts, known: HashMap::new() }
    }

    /// The faces.
    pub fn fonts(&self) -> &'f Fonts {
        self.fonts
    }

    fn glyph(&mut self, face: Face, letter: char, size_px: f64, fraction: u8) -> Option<&Letter> {
        let fonts = self.fonts;
        self.known
            .entry((face, letter, (size_px * 64.0) as u32, fraction))
            .or_insert_with(|| letter::draw(&fonts.font(face), letter, size_px as f32, f32::from(fraction) / 4.0))
            .as_ref()
    }
}

impl Plate {
    /// No ink.
    pub fn blank(width: usize, height: usize) -> Self {
        Self { width, height, data: vec![0; width * height] }
    }

    /// Adds ink to a pixel; outside nothing happens.
    pub fn add(&mut self, x: i32, y: i32, coverage: u8) {
        if let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y))
            && x < self.width
            && y < self.height
        {
            let pixel = &mut self.data[y * self.width + x];
            *pixel = (*pixel).max(coverage);
        }
    }

    /// Ink of a pixel; outside there is none.
    pub fn at(&self, x: i32, y: i32) -> u8 {
        match (usize::try_from(x), usize::try_from(y)) {
            (Ok(x), Ok(y)) if x < self.width && y < self.height => self.data[y * self.width + x],
            _ => 0,
        }
    }

    /// Ink between pixels.
    pub fn between(&self, x: f64, y: f64) -> f64 {
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        let (left, top) = (left as i32, top as i32);
        let across = |row| f64::from(self.at(left, row)) * (1.0 - fx) + f64::from(self.at(left + 1, row)) * fx;
        across(top) * (1.0 - fy) + across(top + 1) * fy
    }

    /// Draws a letter at a pen position; `strength` 0 to 1.
    pub fn letter(
        &mut self,
        glyphs: &mut Glyphs<'_>,
        face: Face,
        letter: char,
        size_px: f64,
        pen: (f64, f64),
        strength: f64,
    ) {
        let (base_x, base_y) = (pen.0.floor(), pen.1.round());
        let fraction = ((pen.0 - base_x) * 4.0) as u8;
        let Some(glyph) = glyphs.glyph(face, letter, size_px, fraction) else { return };
        let strength = (strength.clamp(0.0, 1.0) * 256.0) as u32;
        let (left, top) = (base_x as i32 + glyph.left, base_y as i32 + glyph.top);
        for (row, line) in glyph.data.chunks_exact(glyph.width).enumerate() {
            for (column, &coverage) in line.iter().enumerate() {
                if coverage > 0 {
                    self.add(left + column as i32, top + row as i32, ((u32::from(coverage) * strength) >> 8) as u8);
                }
            }
        }
    }

    /// Draws a text from a pen position; returns where the pen ends.
    pub fn text(&mut self, glyphs: &mut Glyphs<'_>, face: Face, size_px: f64, pen: (f64, f64), text: &str) -> f64 {
        let mut x = pen.0;
        for letter in text.chars() {
            self.letter(glyphs, face, letter, size_px, (x, pen.1), 1.0);
            x += glyphs.fonts().advance(face, letter) * size_px;
        }
        x
    }

    /// A disc; the edge is a pixel soft.
    pub fn disc(&mut self, centre: (f64, f64), radius: f64, coverage: u8) {
        let reach = radius.ceil() as i32 + 1;
        let (cx, cy) = (centre.0.round() as i32, centre.1.round() as i32);
        for y in cy - reach..=cy + reach {
            for x in cx - reach..=cx + reach {
                let distance = (f64::from(x) - centre.0).hypot(f64::from(y) - centre.1);
                let share = (radius - distance + 0.5).clamp(0.0, 1.0);
                if share > 0.0 {
                    self.add(x, y, (share * f64::from(coverage)) as u8);
                }
            }
        }
    }

    /// A ring about a centre.
    pub fn ring(&mut self, centre: (f64, f64), radius: f64, thickness: f64) {
        let reach = (radius + thickness).ceil() as i32 + 1;
        let (cx, cy) = (centre.0 as i32, centre.1 as i32);
        for y in cy - reach..=cy + reach {
            for x in cx - reach..=cx + reach {
                let distance = (f64::from(x) - centre.0).hypot(f64::from(y) - centre.1);
                let share = (thickness / 2.0 - (distance - radius).abs() + 0.5).clamp(0.0, 1.0);
                if share > 0.0 {
                    self.add(x, y, (share * 255.0) as u8);
                }
            }
        }
    }

    /// A stroke with round ends, thickness changing from one end to the other.
    pub fn stroke(&mut self, from: (f64, f64), to: (f64, f64), thickness: (f64, f64), coverage: u8) {
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let steps = (length * 1.5).ceil().max(1.0);
        for step in 0..=steps as u32 {
            let t = f64::from(step) / steps;
            let at = (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t);
            let width = thickness.0 + (thickness.1 - thickness.0) * t;
            self.disc(at, width / 2.0, coverage);
        }
    }

    /// A filled box.
    pub fn fill(&mut self, left: f64, top: f64, right: f64, bottom: f64, coverage: u8) {
        for y in top.floor() as i32..bottom.ceil() as i32 {
            let down = (f64::from(y + 1).min(bottom) - f64::from(y).max(top)).clamp(0.0, 1.0);
            for x in left.floor() as i32..right.ceil() as i32 {
                let across = (f64::from(x + 1).min(right) - f64::from(x).max(left)).clamp(0.0, 1.0);
                self.add(x, y, (down * across * f64::from(coverage)) as u8);
            }
        }
    }

    /// A filled shape that every ray from its centre leaves once (a star).
    pub fn star(&mut self, centre: (f64, f64), radius: f64) {
        let reach = radius.ceil() as i32 + 1;
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                let distance = f64::from(dx).hypot(f64::from(dy));
                let angle = f64::from(dx).atan2(-f64::from(dy)).rem_euclid(std::f64::consts::TAU / 5.0);
                let half = std::f64::consts::PI / 5.0;
                // Edge from an outer tip (angle 0) to an inner notch (angle 36°), in polar form.
                let to_tip = (angle - half).abs();
                let inner = radius * 0.382;
                let edge =
                    inner * radius * half.sin() / (inner * (half - to_tip).sin() + radius * to_tip.sin()).max(1e-9);
                let share = (edge - distance + 0.5).clamp(0.0, 1.0);
                if share > 0.0 {
                    self.add((centre.0 as i32) + dx, (centre.1 as i32) + dy, (share * 255.0) as u8);
                }
            }
        }
    }

    /// Presses a smaller plate onto this one, its centre at `centre`, turned clockwise by degrees.
    /// `texture` gives the share of ink that takes at each pixel.
    pub fn press(&mut self, other: &Self, centre: (f64, f64), degrees: f64, mut texture: impl FnMut(i32, i32) -> f64) {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (half_w, half_h) = (other.width as f64 / 2.0, other.height as f64 / 2.0);
        let reach = half_w.hypot(half_h).ceil() as i32;
        let (cx, cy) = (centre.0.round() as i32, centre.1.round() as i32);
        for y in cy - reach..=cy + reach {
            for x in cx - reach..=cx + reach {
                let (dx, dy) = (f64::from(x) - centre.0, f64::from(y) - centre.1);
                let ink = other.between(dx * cos + dy * sin + half_w, dy * cos - dx * sin + half_h);
                if ink > 0.5 {
                    self.add(x, y, (ink * texture(x, y).clamp(0.0, 1.0)) as u8);
                }
            }
        }
    }

    /// Softens by a box of `2 · radius + 1` pixels, twice (about a Gaussian).
    pub fn blur(&mut self, radius: usize) {
        for _ in 0..2 {
            blur_lines(&mut self.data, self.width, self.height, 1, self.width, radius);
            blur_lines(&mut self.data, self.height, self.width, self.width, 1, radius);
        }
    }

    /// Left and right exchanged: the page seen from behind.
    pub fn mirror(&mut self) {
        for line in self.data.chunks_exact_mut(self.width) {
            line.reverse();
        }
    }
}

/// Box blur along lines of `length` pixels that lie `step` apart; lines start `next` apart.
fn blur_lines(data: &mut [u8], length: usize, lines: usize, step: usize, next: usize, radius: usize) {
    let mut line = vec![0_u8; length];
    let span = (2 * radius + 1) as u32;
    for start in (0..lines).map(|number| number * next) {
        for (i, pixel) in line.iter_mut().enumerate() {
            *pixel = data[start + i * step];
        }
        let mut sum: u32 = line.iter().take(radius).map(|&value| u32::from(value)).sum();
        for i in 0..length {
            sum += line.get(i + radius).map_or(0, |&value| u32::from(value));
            data[start + i * step] = (sum / span) as u8;
            sum -= i.checked_sub(radius).map_or(0, |gone| u32::from(line[gone]));
        }
    }
}

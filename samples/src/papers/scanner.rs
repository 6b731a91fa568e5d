//! The scanner: paper of an age, light, tilt, dirt, and the picture they make.

use super::{plate::Plate, prng::Seeded, sheet::Sheet};

/// Colours a scan is made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// Red, green, blue.
    Colour,
    /// Grey.
    Grey,
    /// Black and white only.
    Bilevel,
}

/// A scanned page image.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Its colours; three bytes a pixel for [`Colours::Colour`], else one (0 or 255 when bilevel).
    pub colours: Colours,
    /// Samples by rows.
    pub data: Vec<u8>,
}

/// How a page looks when scanned.
#[derive(Debug, Clone)]
pub struct Look {
    /// Dots per inch.
    pub dpi: f64,
    /// Colours of the scan.
    pub colours: Colours,
    /// Colour of the paper, 0 to 1.
    pub paper: [f64; 3],
    /// Colour of the main ink.
    pub ink: [f64; 3],
    /// Tilt in degrees, positive when lines fall to the right.
    pub tilt: f64,
    /// The paper lies so far right and down from the scanner's corner, mm.
    pub shift: (f64, f64),
    /// The lid behind the paper, 0 (black) to 1 (white).
    pub lid: f64,
    /// Noise, grey levels.
    pub noise: f64,
    /// Softness, pixels.
    pub blur: usize,
    /// How much darker the far side is lit, 0 to 0.3.
    pub shade: f64,
    /// How yellow and brown the edges have become, 0 to 0.5.
    pub age: f64,
    /// How much of the back page shines through, 0 to 0.3.
    pub through: f64,
    /// Filed with two holes.
    pub holes: bool,
    /// This side is a sheet's back: its holes are on the right.
    pub reverse: bool,
    /// Specks of dust.
    pub dust: u32,
    /// Brown spots.
    pub foxing: u32,
    /// Folded across: where, mm from the top.
    pub folds: Vec<f64>,
    /// Quality of lossy coding, 1 to 100.
    pub quality: u8,
}

impl Look {
    /// A laser print of about 2020 on an office scanner.
    pub fn laser(rng: &mut Seeded, dpi: f64) -> Self {
        let white = rng.real(0.955, 0.985);
        Self {
            dpi,
            colours: Colours::Colour,
            paper: [white, white, white - rng.real(0.0, 0.02)],
            ink: [0.10, 0.10, 0.11],
            tilt: rng.real(-0.6, 0.6),
            shift: (rng.real(-0.6, 0.6), rng.real(-0.6, 0.6)),
            lid: 0.93,
            noise: rng.real(1.2, 2.2),
            blur: 0,
            shade: rng.real(0.0, 0.04),
            age: 0.0,
            through: if rng.chance(0.4) { rng.real(0.02, 0.05) } else { 0.0 },
            holes: rng.chance(0.3),
            reverse: false,
            dust: rng.whole(0, 12),
            foxing: 0,
            folds: vec![],
            quality: 85,
        }
    }

    /// A typed sheet of about 1985, kept in a binder.
    pub fn typed(rng: &mut Seeded, dpi: f64) -> Self {
        let warm = rng.real(0.0, 0.10);
        Self {
            paper: [0.91 - warm * 0.3, 0.86 - warm * 0.6, 0.73 - warm],
            ink: if rng.chance(0.3) { [0.30, 0.29, 0.38] } else { [0.17, 0.15, 0.16] },
            tilt: rng.real(-1.2, 1.2),
            shift: (rng.real(-2.0, 2.0), rng.real(-2.0, 2.0)),
            lid: if rng.chance(0.5) { 0.10 } else { 0.92 },
            noise: rng.real(2.2, 3.6),
            blur: usize::from(rng.chance(0.35)),
            shade: rng.real(0.03, 0.12),
            age: rng.real(0.12, 0.40),
            through: rng.real(0.05, 0.14),
            holes: rng.chance(0.6),
            dust: rng.whole(20, 90),
            foxing: rng.whole(2, 14),
            folds: if rng.chance(0.4) { vec![rng.real(140.0, 156.0)] } else { vec![] },
            quality: 82,
            ..Self::laser(rng, dpi)
        }
    }
}

/// Scans one side; `back` is the other side of the sheet.
pub fn scan(front: &Sheet, back: Option<&Sheet>, look: &Look, seed: &Seeded) -> Picture {
    let mut rng = seed.fork("scan");
    let mut front = front.clone();
    dust(&mut front, look, &mut rng);
    if look.blur > 0 {
        front.black.blur(look.blur);
    }
    let through = back.filter(|_| look.through > 0.0).map(|back| {
        let mut plate = back.black.clone();
        plate.mirror();
        plate.blur(2);
        plate
    });
    let inks = interleave(&front, through.as_ref());
    let mut picture = expose(&inks, &front, look, &mut rng);
    spots(&mut picture, look, front.px_per_mm, &mut rng);
    match look.colours {
        Colours::Colour => picture,
        Colours::Grey => grey(&picture),
        Colours::Bilevel => {
            let mut picture = grey(&picture);
            let threshold = (look.paper[1] * 255.0 * 0.66) as u8;
            picture.data.iter_mut().for_each(|value| *value = if *value > threshold { 255 } else { 0 });
            picture.colours = Colours::Bilevel;
            picture
        }
    }
}

/// Black, red, blue and the back's ink side by side: one look-up a pixel.
fn interleave(front: &Sheet, through: Option<&Plate>) -> Vec<[u8; 4]> {
    let mut inks: Vec<[u8; 4]> = front.black.data.iter().map(|&black| [black, 0, 0, 0]).collect();
    for (pixel, &red) in inks.iter_mut().zip(&front.red.data) {
        pixel[1] = red;
    }
    for (pixel, &blue) in inks.iter_mut().zip(&front.blue.data) {
        pixel[2] = blue;
    }
    if let Some(through) = through {
        for (pixel, &ink) in inks.iter_mut().zip(&through.data) {
            pixel[3] = ink;
        }
    }
    inks
}

/// Light and paper that change slowly over the page, as factors on a coarse net.
struct Paper {
    columns: usize,
    step: f64,
    net: Vec<[f32; 3]>,
}

impl Paper {
    fn new(width: usize, height: usize, look: &Look, px_per_mm: f64, rng: &mut Seeded) -> Self {
        let step = 3.0 * px_per_mm;
        let (columns, rows) = ((width as f64 / step) as usize + 3, (height as f64 / step) as usize + 3);
        let (lean_x, lean_y) = (rng.real(-1.0, 1.0), rng.real(-1.0, 1.0));
        let mut net = Vec::with_capacity(columns * rows);
        let mottle = 0.006 + look.age * 0.05;
        for row in 0..rows {
            for column in 0..columns {
                let (x, y) = (column as f64 * step / width as f64, row as f64 * step / height as f64);
                let light =
                    1.0 - look.shade * (0.5 + 0.5 * (lean_x * (x - 0.5) + lean_y * (y - 0.5)) * 2.0).clamp(0.0, 1.0);
                let edge = x.min(1.0 - x).min(y * 1.4).min((1.0 - y) * 1.4).max(0.0);
                let brown = look.age * (0.25 + (-edge / 0.05).exp() * 0.9) + mottle * rng.normal();
                net.push([0.30, 0.55, 1.0].map(|share| (light * (1.0 - brown * share * 0.6)) as f32));
            }
        }
        Self { columns, step, net }
    }

    /// Factors along one row, per channel, at net columns.
    fn row(&self, y: f64) -> Vec<[f32; 3]> {
        let at = (y / self.step).max(0.0);
        let (top, share) = (at as usize, at.fract() as f32);
        let last = self.net.len() / self.columns - 1;
        let (top, below) = (top.min(last) * self.columns, (top + 1).min(last) * self.columns);
        (0..self.columns)
            .map(|i| {
                let (a, b) = (self.net[top + i], self.net[below + i]);
                std::array::from_fn(|c| a[c] + (b[c] - a[c]) * share)
            })
            .collect()
    }
}

fn expose(inks: &[[u8; 4]], front: &Sheet, look: &Look, rng: &mut Seeded) -> Picture {
    const RED: [f32; 3] = [0.80, 0.13, 0.17];
    const BLUE: [f32; 3] = [0.13, 0.19, 0.55];
    let (width, height) = (front.black.width, front.black.height);
    let mm = front.px_per_mm;
    let paper = Paper::new(width, height, look, mm, rng);
    let noise: Vec<f32> = (0..4096).map(|_| (rng.normal() * look.noise) as f32).collect();
    let (sin, cos) = look.tilt.to_radians().sin_cos();
    let (cx, cy) = (width as f64 / 2.0, height as f64 / 2.0);
    let ink = look.ink.map(|value| value as f32);
    let base = look.paper.map(|value| (value * 255.0) as f32);
    let lid = (look.lid * 255.0) as f32;
    let mut data = vec![0_u8; width * height * 3];
    let mut dice = rng.next() | 1;
    for (row, line) in data.chunks_exact_mut(width * 3).enumerate() {
        let (dx, dy) = (-cx - look.shift.0 * mm, row as f64 - cy - look.shift.1 * mm);
        let (mut x, mut y) = (dx * cos + dy * sin + cx, dy * cos - dx * sin + cy);
        let factors = paper.row(y.clamp(0.0, height as f64 - 1.0));
        let per_step = 1.0 / paper.step;
        for pixel in line.chunks_exact_mut(3) {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            let grain = noise[(dice & 4095) as usize];
            let tint = noise[((dice >> 12) & 4095) as usize] * 0.35;
            if x < 0.0 || y < 0.0 || x >= width as f64 - 1.0 || y >= height as f64 - 1.0 {
                pixel.fill((lid + grain) as u8);
            } else {
                let [black, red, blue, back] = blend(inks, width, x, y);
                let net = x * per_step;
                let (node, share) = (net as usize, net.fract() as f32);
                let fold = fold(look, y / mm);
                for channel in 0..3 {
                    let light = factors[node][channel] + (factors[node + 1][channel] - factors[node][channel]) * share;
                    let mut value = base[channel] * light * fold;
                    if black + red + blue + back > 0.0 {
                        value *= 1.0 - back * look.through as f32;
                        value *= 1.0 - blue * (1.0 - BLUE[channel]);
                        value *= 1.0 - red * (1.0 - RED[channel]);
                        value *= 1.0 - black * (1.0 - ink[channel]);
                    }
                    let colour = if channel == 1 { 0.0 } else { tint };
                    pixel[channel] = (value + grain + colour).clamp(0.0, 255.0) as u8;
                }
            }
            x += cos;
            y -= sin;
        }
    }
    Picture { width, height, colours: Colours::Colour, data }
}

/// Inks between four pixels, 0 to 1.
fn blend(inks: &[[u8; 4]], width: usize, x: f64, y: f64) -> [f32; 4] {
    let at = y as usize * width + x as usize;
    let corners = [inks[at], inks[at + 1], inks[at + width], inks[at + width + 1]];
    if corners.iter().all(|corner| *corner == [0; 4]) {
        return [0.0; 4];
    }
    let (fx, fy) = (x.fract() as f32, y.fract() as f32);
    let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
    std::array::from_fn(|ink| {
        corners.iter().zip(weights).map(|(corner, weight)| f32::from(corner[ink]) * weight).sum::<f32>() / 255.0
    })
}

/// A fold's shadow: dark on one side, a light crest on the other.
fn fold(look: &Look, y_mm: f64) -> f32 {
    look.folds.iter().fold(1.0, |light, &at| {
        let off = y_mm - at;
        if off.abs() > 6.0 {
            light
        } else if off < 0.0 {
            light * (1.0 - 0.10 * (off / 1.6).exp()) as f32
        } else {
            light * (1.0 + 0.02 * (-off / 1.2).exp() - 0.22 * (-off * off / 0.02).exp()) as f32
        }
    })
}

/// Specks and hairs on the glass or in the paper.
fn dust(sheet: &mut Sheet, look: &Look, rng: &mut Seeded) {
    let (width, height) = (sheet.black.width as f64, sheet.black.height as f64);
    for _ in 0..look.dust {
        let at = (rng.real(0.0, width), rng.real(0.0, height));
        let strength = rng.whole(50, 170) as u8;
        if rng.chance(0.08) {
            let mut from = at;
            let mut heading = rng.real(0.0, 6.3);
            for _ in 0..10 {
                let to = (from.0 + heading.cos() * 2.5, from.1 + heading.sin() * 2.5);
                sheet.black.stroke(from, to, (0.8, 0.8), strength / 2);
                heading += rng.normal() * 0.35;
                from = to;
            }
        } else {
            sheet.black.disc(at, rng.real(0.25, 0.9), strength);
        }
    }
}

/// Brown spots and punched holes, seen through to the lid.
fn spots(picture: &mut Picture, look: &Look, mm: f64, rng: &mut Seeded) {
    for _ in 0..look.foxing {
        let at = (rng.real(0.0, picture.width as f64), rng.real(0.0, picture.height as f64));
        let (radius, strength) = (rng.real(0.6, 4.5) * mm, rng.real(0.04, 0.16));
        around(picture, at, radius, |distance, pixel| {
            let depth = strength * (1.0 - (distance / radius).powi(2)).max(0.0);
            for (value, share) in pixel.iter_mut().zip([0.45, 0.75, 1.0]) {
                *value = (f64::from(*value) * (1.0 - depth * share)) as u8;
            }
        });
    }
    if !look.holes {
        return;
    }
    let (sin, cos) = look.tilt.to_radians().sin_cos();
    let (cx, cy) = (picture.width as f64 / 2.0, picture.height as f64 / 2.0);
    let lid = look.lid * 255.0;
    for down in [108.5, 188.5] {
        let across = if look.reverse { 2.0 * cx - 11.5 * mm } else { 11.5 * mm };
        let (dx, dy) = (across - cx, (down + rng.real(-1.0, 1.0)) * mm - cy);
        let at = (cx + dx * cos - dy * sin, cy + dx * sin + dy * cos);
        let radius = 2.9 * mm;
        around(picture, at, radius + 3.0, |distance, pixel| {
            let inside = (radius - distance + 0.5).clamp(0.0, 1.0);
            // The paper's edge throws a shadow on the lid.
            let rim = 1.0 - 0.35 * (-(radius - distance).abs() / (0.25 * mm)).exp();
            for value in pixel {
                let seen = f64::from(*value) * (1.0 - inside) + lid * inside;
                *value = (seen * rim) as u8;
            }
        });
    }
}

/// Calls for every pixel of a colour picture within a radius.
fn around(picture: &mut Picture, at: (f64, f64), radius: f64, mut touch: impl FnMut(f64, &mut [u8])) {
    let rows = (at.1 - radius).max(0.0) as usize..((at.1 + radius).max(0.0) as usize + 1).min(picture.height);
    for y in rows {
        let columns = (at.0 - radius).max(0.0) as usize..((at.0 + radius).max(0.0) as usize + 1).min(picture.width);
        for x in columns {
            let distance = (x as f64 - at.0).hypot(y as f64 - at.1);
            if distance <= radius {
                let start = (y * picture.width + x) * 3;
                touch(distance, &mut picture.data[start..start + 3]);
            }
        }
    }
}

/// Luminance.
fn grey(picture: &Picture) -> Picture {
    let data = picture
        .data
        .chunks_exact(3)
        .map(|p| ((u32::from(p[0]) * 77 + u32::from(p[1]) * 151 + u32::from(p[2]) * 28) >> 8) as u8)
        .collect();
    Picture { width: picture.width, height: picture.height, colours: Colours::Grey, data }
}

impl Picture {
    /// The picture turned clockwise by quarter turns.
    #[must_use]
    pub fn turned(&self, quarters: u32) -> Self {
        if quarters.is_multiple_of(4) {
            return self.clone();
        }
        let samples = if self.colours == Colours::Colour { 3 } else { 1 };
        let (width, height) = (self.height, self.width);
        let mut data = vec![0; self.data.len()];
        for y in 0..height {
            for x in 0..width {
                // Where the pixel stood before a quarter turn clockwise.
                let (from, to) = (((self.height - 1 - x) * self.width + y) * samples, (y * width + x) * samples);
                data[to..to + samples].copy_from_slice(&self.data[from..from + samples]);
            }
        }
        Self { width, height, colours: self.colours, data }.turned(quarters - 1)
    }
}

//! A page printed, typed, signed and stamped: three inks on paper, not yet scanned.

use super::{
    fonts::Face,
    layout::{MM_PER_PT, Mark, PAGE_MM, Page},
    paper::{Era, Paper},
    plate::{Glyphs, Plate},
    prng::Seeded,
    stamp,
};

/// One side of a sheet of paper with its inks.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Toner, or the typewriter's ribbon.
    pub black: Plate,
    /// Seals and stamps.
    pub red: Plate,
    /// Pens.
    pub blue: Plate,
    /// Pixels in a millimetre.
    pub px_per_mm: f64,
}

impl Sheet {
    /// A blank side.
    pub fn blank(dpi: f64) -> Self {
        let px_per_mm = dpi / 25.4;
        let (width, height) = ((PAGE_MM.0 * px_per_mm).round() as usize, (PAGE_MM.1 * px_per_mm).round() as usize);
        let plate = Plate::blank(width, height);
        Self { black: plate.clone(), red: plate.clone(), blue: plate, px_per_mm }
    }

    /// The largest blank box at the top-left corner (width and height in mm) that holds no ink: where a mark may stand.
    pub fn free_corner(&self) -> (f64, f64) {
        let (mut best, mut clear) = ((0, 0), self.black.width);
        for row in 0..self.black.height / 2 {
            let line = |plate: &Plate| {
                let start = row * plate.width;
                plate.data[start..start + clear].iter().position(|&ink| ink > 40)
            };
            clear = [&self.black, &self.red, &self.blue].into_iter().filter_map(line).min().unwrap_or(clear);
            // A strip that is wide but flat, or tall but thin, is no place for a mark.
            let area = |(width, height): (usize, usize)| width.min(height * 3) * height.min(width);
            if area((clear, row + 1)) > area(best) {
                best = (clear, row + 1);
            }
        }
        (best.0 as f64 / self.px_per_mm, best.1 as f64 / self.px_per_mm)
    }
}

/// Prints a laid-out page and puts its marks on.
pub fn print(page: &Page, paper: &Paper, dpi: f64, glyphs: &mut Glyphs<'_>, seed: &Seeded) -> Sheet {
    let mut sheet = Sheet::blank(dpi);
    let mut rng = seed.fork("hand");
    letters(&mut sheet, page, paper.era, glyphs, &mut rng);
    let mm = sheet.px_per_mm;
    for rule in &page.rules {
        let thick = rule.thickness.max(0.2) * mm;
        let wobble = if paper.era == Era::Typewriter { 0.8 } else { 0.0 };
        let end = (rule.to.0 * mm, rule.to.1 * mm + rng.real(-wobble, wobble));
        sheet.black.stroke((rule.from.0 * mm, rule.from.1 * mm), end, (thick, thick), 235);
    }
    let grain = Grain::new(&mut rng);
    for mark in &page.marks {
        match *mark {
            Mark::Seal { x, y } => {
                let seal = stamp::seal(glyphs, &paper.sign_off.seal, 35.0 * mm);
                let at = ((x + rng.real(-2.0, 2.0)) * mm, (y + rng.real(-2.0, 1.5)) * mm);
                let (worn, turn) = (rng.real(0.05, 0.35), rng.real(-14.0, 14.0));
                sheet.red.press(&seal, at, turn, |x, y| grain.pressed(x, y, mm, worn));
            }
            Mark::Signature { x, y, second } => {
                let at = (x * mm, y * mm);
                // The second signer's hand is another one, and a ball pen is blue.
                let mut hand = seed.fork(if second { "second signer" } else { &paper.sign_off.name });
                stamp::signature(&mut sheet.blue, at, rng.real(38.0, 48.0) * mm, &mut hand);
            }
            Mark::UnderNumber { x, y } => boxes(&mut sheet, paper, (x, y), glyphs, &mut rng, &grain),
            Mark::UnderDate { x, y } => received(&mut sheet, paper, (x, y), glyphs, &mut rng, &grain),
        }
    }
    sheet
}

fn letters(sheet: &mut Sheet, page: &Page, era: Era, glyphs: &mut Glyphs<'_>, rng: &mut Seeded) {
    let mm = sheet.px_per_mm;
    let typed = era == Era::Typewriter;
    for run in &page.runs {
        let size = run.size_pt * MM_PER_PT * mm;
        let (mut x, y) = (run.x * mm, run.y * mm);
        for letter in run.text.chars() {
            if typed && run.face == Face::Mono {
                // Type bars strike with unequal force and sit a little off the line.
                let pen = (x + rng.normal() * 0.06 * mm, y + rng.normal() * 0.07 * mm);
                sheet.black.letter(glyphs, run.face, letter, size, pen, rng.real(0.66, 1.0));
                if rng.chance(0.12) {
                    sheet.black.letter(glyphs, run.face, letter, size, (pen.0 + 0.12 * mm, pen.1), 0.5);
                }
            } else {
                sheet.black.letter(glyphs, run.face, letter, size, (x, y), 1.0);
            }
            x += glyphs.fonts().advance(run.face, letter) * size + if letter == ' ' { run.gap * mm } else { 0.0 };
        }
    }
}

fn boxes(
    sheet: &mut Sheet,
    paper: &Paper,
    (x, y): (f64, f64),
    glyphs: &mut Glyphs<'_>,
    rng: &mut Seeded,
    grain: &Grain,
) {
    let mm = sheet.px_per_mm;
    let mut y = y;
    for (text, double) in [(&paper.stamps.secrecy, true), (&paper.stamps.boxed, false)] {
        let Some(text) = text else { continue };
        let size = if text.chars().count() > 12 { 3.4 } else { 5.2 };
        let stamp = stamp::boxed(glyphs, text, size * mm, double);
        let height = stamp.height as f64 / mm;
        let at = (x * mm, (y + height / 2.0 + 1.0) * mm);
        sheet.red.press(&stamp, at, rng.real(-3.5, 3.5), |x, y| grain.pressed(x, y, mm, 0.12));
        y += height + 3.0;
    }
}

/// `CÔNG VĂN ĐẾN` with its number and date written in.
fn received(
    sheet: &mut Sheet,
    paper: &Paper,
    (x, y): (f64, f64),
    glyphs: &mut Glyphs<'_>,
    rng: &mut Seeded,
    grain: &Grain,
) {
    let mm = sheet.px_per_mm;
    if let Some((whose, number, date)) = &paper.stamps.received {
        let (printed, written) = stamp::received(glyphs, whose, *number, date, mm, rng);
        let at = ((x + rng.real(-6.0, 6.0)) * mm, (y + 13.0) * mm);
        let turn = rng.real(-3.0, 3.0);
        sheet.red.press(&printed, at, turn, |x, y| grain.pressed(x, y, mm, 0.18));
        sheet.blue.press(&written, at, turn, |_, _| 1.0);
    }
}

/// Uneven pressure of a stamp and the grain of its pad.
struct Grain {
    seed: u64,
    tilt: (f64, f64),
}

impl Grain {
    fn new(rng: &mut Seeded) -> Self {
        Self { seed: rng.next(), tilt: (rng.real(-0.012, 0.012), rng.real(-0.012, 0.012)) }
    }

    /// Share of ink that takes; `worn` from 0 (a full print) to about 0.5.
    fn pressed(&self, x: i32, y: i32, px_per_mm: f64, worn: f64) -> f64 {
        let (mx, my) = (f64::from(x) / px_per_mm, f64::from(y) / px_per_mm);
        let broad = self.smooth(mx / 5.0, my / 5.0);
        let fine = self.smooth(mx / 0.35 + 700.0, my / 0.35);
        let lean = (mx % 37.0) * self.tilt.0 + (my % 41.0) * self.tilt.1;
        let take = 1.05 - worn * 1.3 * broad - worn * 1.1 * fine + lean;
        if fine > 1.02 - worn * 0.5 { take * 0.25 } else { take }
    }

    /// Smooth noise, 0 to 1.
    fn smooth(&self, x: f64, y: f64) -> f64 {
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        let node = |dx: i64, dy: i64| {
            let key = (left as i64 + dx).wrapping_mul(0x1f1f_1f1f) ^ (top as i64 + dy).wrapping_mul(0x5bd1_e995);
            f64::from((Seeded::new(self.seed ^ key as u64).next() >> 40) as u32) / f64::from(1 << 24)
        };
        let across = |dy| node(0, dy) * (1.0 - fx) + node(1, dy) * fx;
        across(0) * (1.0 - fy) + across(1) * fy
    }
}

//! The second, cheap pass over red marks: a stamp such as `MẬT` fades in the first one together with the seals.

use std::time::Duration;

use model::Line;
use scan::Pixels;
use tesseract::{Grey, Mode};

use crate::{
    blobs::{Blob, COARSE_DPI, blobs, factor},
    cpu::thread_time,
    engine::Engines,
    error::Error,
    picture::Picture,
    skew,
    warp::{Frame, warp},
    words,
};

/// How much redder than the paper a pixel must be (of 255, after the paper's own tint is taken out).
const RED: i32 = 50;
/// Marks nearer than this belong to one stamp, mm.
const JOIN_MM: f64 = 2.5;
/// Smallest stamp worth reading: width and height, mm.
const SMALLEST_MM: (f64, f64) = (7.0, 3.0);
/// Seals of Party and State bodies measure 28 to 42 mm across and are round.
const SEAL_MM: std::ops::RangeInclusive<f64> = 26.0..=48.0;
/// More red areas than this are a picture.
const MANY: usize = 8;
/// What reading all stamps of a page may cost.
const BUDGET: Duration = Duration::from_secs(4);
const READ_DPI: f64 = 250.0;
/// White around a stamp, mm.
const MARGIN_MM: f64 = 1.0;
/// Longer than any stroke of a stamp's letters, mm.
const STROKE_MM: f64 = 6.0;
/// Gaps in a worn line of the box, mm; those between letters are wider.
const GAP_MM: f64 = 0.25;
/// The soft edge of a line, mm.
const EDGE_MM: f64 = 0.25;
/// Sides of a box are thinner than this, mm.
const SIDE_MM: f64 = 1.2;
/// Paler than this is no stroke.
const PALE: u8 = 205;
/// A stamp read as surely as this needs no second look.
const SURE: f32 = 0.85;
/// Looks at a stamp: without its frame or with it, and how its text is laid out.
const TRIES: &[(bool, Mode)] = &[(true, Mode::Block), (true, Mode::Line), (false, Mode::Block)];

/// Reads the red marks of a page that are no round seals. Nothing on grey pages.
pub(crate) fn read(
    engines: &mut Engines,
    page: &Pixels,
    dpi: (f64, f64),
    number: u32,
    turned: u16,
) -> Result<Vec<Line>, Error> {
    if page.channels != 3 {
        return Ok(Vec::new());
    }
    let tint = Tint::of(page);
    let by = factor(dpi, COARSE_DPI);
    let regions = regions(page, &tint, by, dpi);
    if regions.is_empty() || regions.len() > MANY {
        return Ok(Vec::new());
    }
    let end = thread_time() + BUDGET;
    let mut lines: Vec<Line> = Vec::new();
    for region in &regions {
        let Some(crop) = Crop::of(page, &tint, region, by, dpi) else { continue };
        let mut best: Vec<Line> = Vec::new();
        for try_it in TRIES {
            if thread_time() >= end {
                break;
            }
            let read = crop.read(engines, *try_it, (page.width, page.height), dpi, turned, number)?;
            if words::worth(&read) > words::worth(&best) {
                best = read;
            }
            if words::confidence(&best).0 >= SURE {
                break;
            }
        }
        let block = lines.last().map_or(0, |line| line.block + 1);
        // Lines of a letter or none are strokes of a signature over a seal.
        let told = |line: &Line| line.words.iter().map(|word| words::letters(&word.text)).sum::<usize>() > 1;
        lines.extend(best.into_iter().filter(told).map(|line| Line { block, ..line }));
    }
    Ok(lines)
}

/// The paper's own colour, taken out before anything is called red.
struct Tint {
    scale: [i32; 3],
}

impl Tint {
    fn of(page: &Pixels) -> Self {
        let mut histograms = [[0_u32; 256]; 3];
        let step = (page.data.len() / 3 / 200_000).max(1);
        for rgb in page.data.chunks_exact(3).step_by(step) {
            for (histogram, value) in histograms.iter_mut().zip(rgb) {
                histogram[usize::from(*value)] += 1;
            }
        }
        let scale = histograms.map(|histogram| {
            let all: u32 = histogram.iter().sum();
            let mut seen = 0;
            // The median is paper: ink covers less than half of any page worth reading.
            let paper = histogram.iter().position(|n| {
                seen += n;
                seen * 2 >= all
            });
            65_536 / paper.unwrap_or(255).max(64) as i32
        });
        Self { scale }
    }

    /// How far red stands above green, of 255 on white paper.
    fn redness(&self, rgb: &[u8]) -> i32 {
        let level = |i: usize| (i32::from(rgb[i]) * self.scale[i]) >> 8;
        level(0) - level(1)
    }
}

/// Boxes of red marks on the coarse grid, near ones joined, seals and noise left out.
fn regions(page: &Pixels, tint: &Tint, by: (usize, usize), dpi: (f64, f64)) -> Vec<Blob> {
    let (width, height) = (page.width as usize / by.0, page.height as usize / by.1);
    let mut mask = vec![false; width * height];
    for (y, marks) in mask.chunks_exact_mut(width.max(1)).enumerate() {
        // The middle row of each block is enough: strokes of a stamp are wider than a block.
        let row = &page.data[(y * by.1 + by.1 / 2) * page.width as usize * 3..];
        for (mark, rgb) in marks.iter_mut().zip(row.chunks_exact(3).skip(by.0 / 2).step_by(by.0)) {
            *mark = tint.redness(rgb) >= RED;
        }
    }
    let red = mask.iter().filter(|red| **red).count();
    // A square of 3 mm: less is noise at the edges of black print.
    if (red as f64) < (3.0 * COARSE_DPI / 25.4).powi(2) {
        return Vec::new();
    }
    let unit = (dpi.0 / by.0 as f64 / 25.4, dpi.1 / by.1 as f64 / 25.4); // px per mm
    let marks: Vec<Blob> = blobs(&mask, width).into_iter().filter(|blob| blob.area >= 4).collect();
    joined(marks, (JOIN_MM * unit.0, JOIN_MM * unit.1))
        .into_iter()
        .filter(|blob| {
            let (w, h) = (blob.width() as f64 / unit.0, blob.height() as f64 / unit.1);
            let round = (0.75..=1.33).contains(&(w / h)) && SEAL_MM.contains(&w.max(h));
            let (long, short) = (w.max(h), w.min(h));
            !round && long >= SMALLEST_MM.0 && short >= SMALLEST_MM.1
        })
        .collect()
}

/// Joins boxes that lie nearer than `gap` until none do.
fn joined(mut marks: Vec<Blob>, gap: (f64, f64)) -> Vec<Blob> {
    // Dots of a halftone picture are thousands; such a page has no stamps to read.
    if marks.len() > 600 {
        return Vec::new();
    }
    let gap = (gap.0 as usize, gap.1 as usize);
    let near = |a: &Blob, b: &Blob| {
        a.left <= b.right + gap.0 && b.left <= a.right + gap.0 && a.top <= b.bottom + gap.1 && b.top <= a.bottom + gap.1
    };
    let mut at = 0;
    while at < marks.len() {
        match (at + 1..marks.len()).find(|other| near(&marks[at], &marks[*other])) {
            Some(other) => {
                let b = marks.swap_remove(other);
                let a = &mut marks[at];
                a.left = a.left.min(b.left);
                a.top = a.top.min(b.top);
                a.right = a.right.max(b.right);
                a.bottom = a.bottom.max(b.bottom);
                a.area += b.area;
                at = 0;
            }
            None => at += 1,
        }
    }
    marks.sort_by_key(|blob| (blob.top, blob.left));
    marks
}

/// A red area at full resolution: red becomes black, everything else white.
struct Crop {
    left: usize,
    top: usize,
    picture: Picture,
}

impl Crop {
    fn of(page: &Pixels, tint: &Tint, region: &Blob, by: (usize, usize), dpi: (f64, f64)) -> Option<Self> {
        let margin = ((MARGIN_MM * dpi.0 / 25.4) as usize, (MARGIN_MM * dpi.1 / 25.4) as usize);
        let left = (region.left * by.0).saturating_sub(margin.0);
        let top = (region.top * by.1).saturating_sub(margin.1);
        let right = (region.right * by.0 + margin.0).min(page.width as usize);
        let bottom = (region.bottom * by.1 + margin.1).min(page.height as usize);
        let (width, height) = (right.checked_sub(left)?, bottom.checked_sub(top)?);
        let mut data = Vec::with_capacity(width * height);
        for y in top..bottom {
            let from = (y * page.width as usize + left) * 3;
            let row = page.data.get(from..from + width * 3)?;
            data.extend(row.chunks_exact(3).map(|rgb| (255 - (tint.redness(rgb) - 12).max(0) * 2).max(0) as u8));
        }
        Some(Self { left, top, picture: smooth(&Picture { width, height, data }) })
    }

    fn read(
        &self,
        engines: &mut Engines,
        (bare, mode): (bool, Mode),
        page: (u32, u32),
        dpi: (f64, f64),
        turned: u16,
        number: u32,
    ) -> Result<Vec<Line>, Error> {
        let tilt = skew::tilt(&skew::Coarse::of(&self.picture, dpi), turned);
        let area = (self.left as f64, self.top as f64, self.picture.width as f64, self.picture.height as f64);
        let target = READ_DPI.min(2.0 * dpi.0.min(dpi.1));
        let frame = Frame::upright(area, dpi, turned, tilt, target);
        let local = Frame { map: frame.map.moved(-(self.left as f64), -(self.top as f64)), ..frame };
        let mut prepared = warp(&self.picture, (1, 1), &local, 255);
        if bare {
            erase_box(&mut prepared, target);
        }
        let picture = Grey {
            width: prepared.width as u32,
            height: prepared.height as u32,
            data: &prepared.data,
            dpi: target.round() as u32,
        };
        let reading = engines
            .engine(false)?
            .read(&picture, mode, &mut || false)
            .map_err(|source| Error::Reading { page: number, source })?;
        let lines = words::on_page(&reading.lines, &frame.map, page);
        tracing::debug!(page = number, bare, ?mode, tilt, confidence = words::confidence(&lines).0, "read a stamp");
        Ok(lines)
    }
}

/// Means of three by three: worn stamps are full of holes.
fn smooth(picture: &Picture) -> Picture {
    let (w, h) = (picture.width, picture.height);
    let mut data = Vec::with_capacity(w * h);
    for y in 0..h {
        let rows = y.saturating_sub(1)..(y + 2).min(h);
        for x in 0..w {
            let columns = x.saturating_sub(1)..(x + 2).min(w);
            let sum: u32 = rows
                .clone()
                .map(|row| picture.row(row)[columns.clone()].iter().map(|v| u32::from(*v)).sum::<u32>())
                .sum();
            data.push((sum / (rows.len() * columns.len()) as u32) as u8);
        }
    }
    Picture { width: w, height: h, data }
}

/// Erases the lines of the box around a stamp's text from a straightened picture: letters often hang on it, so it is not enough to
/// leave out the mark that the box is.
fn erase_box(picture: &mut Picture, dpi: f64) {
    let (w, h) = (picture.width, picture.height);
    let px = |mm: f64| (mm * dpi / 25.4) as usize;
    let red = |value: u8| value < 190;
    let mut lines: Vec<usize> = Vec::new();
    let mut rows = 0;
    for y in 0..h {
        let found = long_runs((0..w).map(|x| red(picture.data[y * w + x])), px(GAP_MM), px(STROKE_MM).max(w / 3));
        rows += usize::from(!found.is_empty());
        lines.extend(found.into_iter().flatten().map(|x| y * w + x));
    }
    // Without lines across there is no box, and long strokes down are letters.
    if rows == 0 {
        return;
    }
    for x in 0..w {
        let found = long_runs((0..h).map(|y| red(picture.data[y * w + x])), px(GAP_MM), px(STROKE_MM).max(h * 6 / 10));
        lines.extend(found.into_iter().flatten().map(|y| y * w + x));
    }
    let edge = px(EDGE_MM).max(1) as isize;
    for at in lines {
        let (x, y) = ((at % w) as isize, (at / w) as isize);
        for (near_x, near_y) in (-edge..=edge).flat_map(|d| [(x + d, y), (x, y + d)]) {
            if (0..w as isize).contains(&near_x) && (0..h as isize).contains(&near_y) {
                picture.data[near_y as usize * w + near_x as usize] = 255;
            }
        }
    }
    erase_sides(picture, dpi);
    // The pale rest of the lines' edges.
    picture.data.iter_mut().filter(|value| **value > PALE).for_each(|value| *value = 255);
}

/// Erases upright bars at the far left and right: what is left of a box's sides. Letters that look like bars stand between others.
fn erase_sides(picture: &mut Picture, dpi: f64) {
    let mask: Vec<bool> = picture.data.iter().map(|value| *value < 190).collect();
    let mut marks = blobs(&mask, picture.width);
    let specks = (dpi / 25.4 * 0.5) as usize;
    marks.retain(|mark| mark.height() > specks);
    let bar = |mark: &Blob| mark.height() >= 3 * mark.width() && mark.width() as f64 <= SIDE_MM * dpi / 25.4;
    marks.sort_by_key(|mark| mark.left);
    let left: Vec<Blob> = marks.iter().take_while(|mark| bar(mark)).copied().collect();
    marks.sort_by_key(|mark| std::cmp::Reverse(mark.right));
    let right: Vec<Blob> = marks.iter().take_while(|mark| bar(mark)).copied().collect();
    for side in left.into_iter().chain(right) {
        let (from, to) = (side.left.saturating_sub(specks), (side.right + specks).min(picture.width));
        for row in picture.data.chunks_exact_mut(picture.width) {
            row[from..to].fill(255);
        }
    }
}

/// Runs of red at least `long`, small gaps bridged.
fn long_runs(line: impl Iterator<Item = bool>, gap: usize, long: usize) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut run: Option<std::ops::Range<usize>> = None;
    for (at, red) in line.enumerate() {
        if !red {
            continue;
        }
        run = Some(match run.take() {
            Some(open) if at <= open.end + gap => open.start..at + 1,
            closed => {
                found.extend(closed.filter(|closed| closed.len() >= long));
                at..at + 1
            }
        });
    }
    found.extend(run.filter(|run| run.len() >= long));
    found
}

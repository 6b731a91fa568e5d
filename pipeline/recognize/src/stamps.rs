//! The second, cheap pass over red marks: a stamp such as `MẬT` fades in the first one together with the seals.

use std::time::Duration;

use model::Line;
use scan::Pixels;
use tesseract::{Grey, Mode};

use crate::{
    blobs::{Blob, COARSE_DPI, blobs, factor, flood},
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
const READ_DPI: f64 = 200.0;

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
        if thread_time() >= end {
            break;
        }
        let Some(crop) = Crop::of(page, &tint, region, by, dpi) else { continue };
        let tilt = skew::tilt(&crop.picture, dpi, turned);
        let area = (crop.left as f64, crop.top as f64, crop.picture.width as f64, crop.picture.height as f64);
        let target = READ_DPI.min(2.0 * dpi.0.min(dpi.1));
        let frame = Frame::upright(area, dpi, turned, tilt, target);
        let shifted = Frame { map: frame.map.moved(-(crop.left as f64), -(crop.top as f64)), ..frame };
        let prepared = warp(&crop.picture, (1, 1), &shifted, 255);
        let picture = Grey {
            width: prepared.width as u32,
            height: prepared.height as u32,
            data: &prepared.data,
            dpi: target.round() as u32,
        };
        let reading = engines
            .engine(false)?
            .read(&picture, Mode::Block, &mut || thread_time() >= end)
            .map_err(|source| Error::Reading { page: number, source })?;
        let block = lines.len() as u32;
        for mut line in words::on_page(&reading.lines, &frame.map, (page.width, page.height)) {
            line.block = block;
            lines.push(line);
        }
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
    for y in 0..height {
        // The middle row of each block is enough: strokes of a stamp are wider than a block.
        let row = &page.data[(y * by.1 + by.1 / 2) * page.width as usize * 3..];
        for x in 0..width {
            let at = (x * by.0 + by.0 / 2) * 3;
            mask[y * width + x] = row.get(at..at + 3).is_some_and(|rgb| tint.redness(rgb) >= RED);
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

/// A red area at full resolution: red becomes black, everything else white, the frame around the text erased.
struct Crop {
    left: usize,
    top: usize,
    picture: Picture,
}

impl Crop {
    fn of(page: &Pixels, tint: &Tint, region: &Blob, by: (usize, usize), dpi: (f64, f64)) -> Option<Self> {
        let margin = ((3.0 * dpi.0 / 25.4) as usize, (3.0 * dpi.1 / 25.4) as usize);
        let left = (region.left * by.0).saturating_sub(margin.0);
        let top = (region.top * by.1).saturating_sub(margin.1);
        let right = (region.right * by.0 + margin.0).min(page.width as usize);
        let bottom = (region.bottom * by.1 + margin.1).min(page.height as usize);
        let (width, height) = (right.checked_sub(left)?, bottom.checked_sub(top)?);
        let mut data = Vec::with_capacity(width * height);
        for y in top..bottom {
            let from = (y * page.width as usize + left) * 3;
            let row = page.data.get(from..from + width * 3)?;
            data.extend(row.chunks_exact(3).map(|rgb| (255 - (tint.redness(rgb) - 12).max(0) * 3 / 2).max(0) as u8));
        }
        let mut picture = Picture { width, height, data };
        erase_frame(&mut picture);
        Some(Self { left, top, picture })
    }
}

/// Erases marks that span most of the crop both ways but are mostly empty: the box or ring around a stamp's text. When next to nothing
/// would be left the text hangs on the frame, and both stay.
fn erase_frame(picture: &mut Picture) {
    let mut mask: Vec<bool> = picture.data.iter().map(|value| *value < 200).collect();
    let all = blobs(&mask, picture.width);
    let spans = |blob: &&Blob| {
        let wide = blob.width() * 2 > picture.width && blob.height() * 2 > picture.height;
        wide && blob.area * 2 < blob.width() * blob.height()
    };
    let frames: Vec<Blob> = all.iter().filter(spans).copied().collect();
    let (red, framed): (usize, usize) = (all.iter().map(|b| b.area).sum(), frames.iter().map(|b| b.area).sum());
    if (red - framed) * 10 < red {
        return;
    }
    let width = picture.width;
    for frame in frames {
        flood(&mut mask, width, frame.seed, |x, y| picture.data[y * width + x] = 255);
    }
}

//! The paper behind the ink: measured in tiles, and divided out.

use crate::picture::Picture;

/// Edge of a tile in millimetres: wider than a stroke, narrower than a shadow.
const TILE_MM: f64 = 4.0;
/// The share of a tile's pixels that are darker than its paper: print rarely covers more than a fifth.
const PAPER_RANK: f64 = 0.80;
/// What counts as white after the division; below 1 so that paper grain clips away.
const WHITE_POINT: f64 = 0.95;
/// Edge of the cells in which a dark scanner border is followed, px.
const CELL: usize = 8;
/// Below this a cell of the normalised picture is border, not paper.
const BORDER: u32 = 110;

/// Brightness of the paper, tile by tile.
#[derive(Debug)]
pub(crate) struct Background {
    tile: (usize, usize),
    across: usize,
    down: usize,
    levels: Vec<u8>,
}

impl Background {
    /// Measures the paper of a picture.
    pub(crate) fn of(picture: &Picture, dpi: (f64, f64)) -> Self {
        let edge = |dpi: f64| ((TILE_MM * dpi / 25.4).round() as usize).max(8);
        let tile = (edge(dpi.0), edge(dpi.1));
        let (across, down) = (picture.width.div_ceil(tile.0), picture.height.div_ceil(tile.1));
        let mut levels = Vec::with_capacity(across * down);
        for ty in 0..down {
            for tx in 0..across {
                levels.push(level_of_tile(picture, tile, tx, ty));
            }
        }
        let mut sorted = levels.clone();
        sorted.sort_unstable();
        // The brighter half is paper even on a page with large dark pictures or borders.
        let paper = sorted.get(sorted.len() * 3 / 5).copied().unwrap_or(255).max(1);
        for level in &mut levels {
            // A tile full of ink or outside the paper says nothing about the paper: it stays dark against the page's.
            if u32::from(*level) * 10 < u32::from(paper) * 6 {
                *level = paper;
            }
        }
        let mut background = Self { tile, across, down, levels };
        background.smooth();
        background
    }

    fn smooth(&mut self) {
        let old = self.levels.clone();
        for ty in 0..self.down {
            for tx in 0..self.across {
                let (mut sum, mut count) = (0_u32, 0_u32);
                for y in ty.saturating_sub(1)..(ty + 2).min(self.down) {
                    for x in tx.saturating_sub(1)..(tx + 2).min(self.across) {
                        sum += u32::from(old[y * self.across + x]);
                        count += 1;
                    }
                }
                self.levels[ty * self.across + tx] = (sum / count).max(1) as u8;
            }
        }
    }

    /// Divides the paper out: it becomes white everywhere, ink keeps its share of darkness.
    pub(crate) fn divide_out(&self, picture: &mut Picture) {
        let width = picture.width;
        for (y, row) in picture.data.chunks_exact_mut(width).enumerate() {
            let rows = Between::centres(y, self.tile.1, self.down);
            let factors: Vec<u32> = (0..self.across)
                .map(|tx| {
                    let level = |ty: usize| u32::from(self.levels[ty * self.across + tx]);
                    let level = f64::from(rows.blend(level(rows.first), level(rows.second))) / 256.0;
                    (255.0 * FACTOR_ONE / (WHITE_POINT * level)) as u32
                })
                .collect();
            // From the left edge to the first centre, from centre to centre, from the last one to the right edge.
            let half = self.tile.0 / 2;
            let (first, rest) = row.split_at_mut(half.min(width));
            multiply(first, factors[0], factors[0], self.tile.0);
            for (tx, part) in rest.chunks_mut(self.tile.0).enumerate() {
                let last = factors.len() - 1;
                multiply(part, factors[tx.min(last)], factors[(tx + 1).min(last)], self.tile.0);
            }
        }
    }
}

/// What a factor of one is in fixed point: the largest, 255 / [`WHITE_POINT`], times a pixel stays within 32 bits, and so does a factor
/// with [`SLOPE`] more.
const FACTOR_ONE: f64 = 4096.0;
/// Further bits with which a factor runs along a row.
const SLOPE: u32 = 1 << 10;

/// Multiplies pixels by a factor that runs from one to the next over so many of them.
fn multiply(part: &mut [u8], from: u32, to: u32, over: usize) {
    // Nothing here leaves 32 bits (see FACTOR_ONE); asking at every pixel would cost more than the work.
    let step = ((i64::from(to) - i64::from(from)) * i64::from(SLOPE) / over as i64) as u32;
    let mut factor = from.wrapping_mul(SLOPE);
    for value in part {
        *value = (u32::from(*value).wrapping_mul(factor / SLOPE) / FACTOR_ONE as u32).min(255) as u8;
        factor = factor.wrapping_add(step);
    }
}

/// A place between the centres of two tiles.
struct Between {
    first: usize,
    second: usize,
    /// How far towards the second, in 1/256.
    share: u32,
}

impl Between {
    fn centres(at: usize, tile: usize, count: usize) -> Self {
        let from_first_centre = ((2 * at + 1) * 128 / tile).saturating_sub(128);
        let first = (from_first_centre / 256).min(count - 1);
        Self { first, second: (first + 1).min(count - 1), share: (from_first_centre % 256) as u32 }
    }

    fn blend(&self, first: u32, second: u32) -> u32 {
        first * (256 - self.share) + second * self.share
    }
}

fn level_of_tile(picture: &Picture, tile: (usize, usize), tx: usize, ty: usize) -> u8 {
    let mut histogram = [0_u32; 256];
    let mut count = 0_u32;
    let (x0, x1) = (tx * tile.0, ((tx + 1) * tile.0).min(picture.width));
    for y in (ty * tile.1..((ty + 1) * tile.1).min(picture.height)).step_by(2) {
        for value in picture.row(y)[x0..x1].iter().step_by(2) {
            histogram[usize::from(*value)] += 1;
            count += 1;
        }
    }
    let wanted = (f64::from(count) * PAPER_RANK) as u32;
    let mut seen = 0;
    for (value, n) in histogram.iter().enumerate() {
        seen += n;
        if seen > wanted {
            return value as u8;
        }
    }
    255
}

/// Whitens dark areas that come in from the edges of a normalised picture: the scanner's lid, not ink.
pub(crate) fn erase_border(picture: &mut Picture) {
    let cells = picture.reduced((CELL, CELL));
    let dark: Vec<bool> = cells.data.iter().map(|mean| u32::from(*mean) < BORDER).collect();
    let (w, h) = (cells.width, cells.height);
    let mut border = vec![false; w * h];
    let mut open: Vec<usize> = Vec::new();
    let edge = (0..w).flat_map(|x| [x, (h - 1) * w + x]).chain((0..h).flat_map(|y| [y * w, y * w + w - 1]));
    for at in edge {
        if dark[at] && !border[at] {
            border[at] = true;
            open.push(at);
        }
    }
    let mut found = open.len();
    while let Some(at) = open.pop() {
        let (x, y) = (at % w, at / w);
        let near = [
            (x > 0).then(|| at - 1),
            (x + 1 < w).then_some(at + 1),
            (y > 0).then(|| at - w),
            (y + 1 < h).then_some(at + w),
        ];
        for next in near.into_iter().flatten() {
            if dark[next] && !border[next] {
                border[next] = true;
                open.push(next);
                found += 1;
            }
        }
    }
    // More than this is a dark page, not a border: leave it as it is.
    if found == 0 || found * 5 > w * h * 2 {
        return;
    }
    for y in 0..h {
        for x in 0..w {
            let near = |x: usize, y: usize| border[y * w + x];
            let touched = near(x, y)
                || (x > 0 && near(x - 1, y))
                || (x + 1 < w && near(x + 1, y))
                || (y > 0 && near(x, y - 1))
                || (y + 1 < h && near(x, y + 1));
            if touched {
                let right = ((x + 1) * CELL).min(picture.width);
                for row in y * CELL..((y + 1) * CELL).min(picture.height) {
                    picture.data[row * picture.width + x * CELL..row * picture.width + right].fill(255);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bright_dot_on_a_black_page_stays_white() {
        let mut picture = Picture { width: 400, height: 300, data: vec![0; 400 * 300] };
        picture.data[150 * 400 + 200] = 255;
        Background::of(&picture, (200.0, 200.0)).divide_out(&mut picture);
        let bright: Vec<usize> = (0..picture.data.len()).filter(|at| picture.data[*at] > 0).collect();
        assert_eq!((bright, picture.data[150 * 400 + 200]), (vec![150 * 400 + 200], 255));
    }
}

//! Which way the lines of a page run, and how far they are tilted.
//!
//! Letters stand on baselines: projected along the right angle, the lower edges of ink pile up in few narrow heaps. The sum of squares of
//! that profile is largest at the tilt. Lower edges pile up higher than upper ones (ascenders and Vietnamese marks scatter those), which
//! tells up from down; the same over columns tells lying pages.

use crate::{
    blobs::{COARSE_DPI, factor},
    picture::Picture,
};

/// Tilts looked for, degrees either way.
const REACH: f64 = 8.0;
const COARSE_STEP: f64 = 0.4;
const FINE_STEP: f64 = 0.05;
/// Points that the first pass may look at.
const SOME: usize = 12_000;
/// Points that the second pass may look at.
const MANY: usize = 80_000;
/// A peak must stand this far above the rest to be believed.
const SURE: f64 = 1.25;
/// Fewer edges than this are no text.
const FEW: usize = 150;

/// How the lines of a page run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lines {
    /// Clockwise turn that makes the page upright.
    pub turned: u16,
    /// Fall of the lines to the right once upright, degrees; 0 when none were found.
    pub tilt: f64,
    /// How far the best direction stands out over upright (1 and more); small numbers are guesses.
    pub lead: f64,
    /// Whether lines run across the page as scanned rather than down it. Which way up is a guess, this hardly ever is.
    pub across: bool,
}

/// A normalised picture made small enough to look for its lines.
#[derive(Debug)]
pub(crate) struct Coarse {
    picture: Picture,
    /// Where its ink lies, row by row.
    ink: Vec<(usize, usize)>,
    /// Edge of its pixels in pixels of [`COARSE_DPI`].
    unit: (f64, f64),
}

impl Coarse {
    /// `dpi` is the picture's own.
    pub(crate) fn of(picture: &Picture, dpi: (f64, f64)) -> Self {
        let by = factor(dpi, COARSE_DPI);
        let unit = (by.0 as f64 * COARSE_DPI / dpi.0, by.1 as f64 * COARSE_DPI / dpi.1);
        let picture = picture.reduced(by);
        let on_row =
            |y: usize| (0..).zip(picture.row(y)).filter(|(_, value)| is_ink(**value)).map(move |(x, _)| (x, y));
        Self { ink: (0..picture.height).flat_map(on_row).collect(), picture, unit }
    }
}

fn is_ink(value: u8) -> bool {
    value < 150
}

/// Finds lines.
pub(crate) fn lines(coarse: &Coarse) -> Lines {
    let edges = [0, 90, 180, 270].map(|turned| Edges::of(coarse, turned));
    let peaks = [0, 1, 2, 3].map(|i: usize| edges[i].peak());
    let height = |i: usize| peaks[i].1;
    let best = (0..4).reduce(|best, i| if height(i) > height(best) { i } else { best }).unwrap_or(0);
    Lines {
        turned: edges[best].turned,
        tilt: edges[best].tilt(peaks[best]),
        lead: height(best) / height(0).max(1e-9),
        across: height(0).max(height(2)) >= height(1).max(height(3)),
    }
}

/// The tilt of lines whose turn is known.
pub(crate) fn tilt(coarse: &Coarse, turned: u16) -> f64 {
    let edges = Edges::of(coarse, turned);
    edges.tilt(edges.peak())
}

/// Lower edges of ink as seen upright, in pixels of [`COARSE_DPI`].
struct Edges {
    turned: u16,
    points: Vec<(f32, f32)>,
    /// Extent down the page, for the bins.
    reach: f32,
}

impl Edges {
    fn of(Coarse { picture, ink, unit }: &Coarse, turned: u16) -> Self {
        let (w, h) = (picture.width, picture.height);
        // Where "below" lies on the page as scanned.
        let below = |x: usize, y: usize| match turned {
            90 => (x + 1 < w).then(|| (x + 1, y)),
            180 => y.checked_sub(1).map(|y| (x, y)),
            270 => x.checked_sub(1).map(|x| (x, y)),
            _ => (y + 1 < h).then(|| (x, y + 1)),
        };
        let (cx, cy) = (w as f64 / 2.0, h as f64 / 2.0);
        let mut points = Vec::new();
        for (x, y) in ink.iter().copied() {
            if below(x, y).is_some_and(|(x, y)| is_ink(picture.row(y)[x])) {
                continue;
            }
            let (px, py) = ((x as f64 - cx) * unit.0, (y as f64 - cy) * unit.1);
            let upright = match turned {
                90 => (-py, px),
                180 => (-px, -py),
                270 => (py, -px),
                _ => (px, py),
            };
            points.push((upright.0 as f32, upright.1 as f32));
        }
        let reach = ((w as f64 * unit.0).hypot(h as f64 * unit.1) / 2.0 + 2.0) as f32;
        Self { turned, points, reach }
    }

    fn profile(&self, angle: f64, every: usize, bins: &mut Vec<u32>) -> f64 {
        let (sin, cos) = (angle.to_radians().sin() as f32, angle.to_radians().cos() as f32);
        bins.clear();
        bins.resize((2.0 * self.reach) as usize + 2, 0);
        let mut count = 0_u32;
        for (x, y) in self.points.iter().step_by(every) {
            if let Some(bin) = bins.get_mut((y * cos - x * sin + self.reach) as usize) {
                *bin += 1;
            }
            count += 1;
        }
        let squares: f64 = bins.iter().map(|n| f64::from(*n) * f64::from(*n)).sum();
        squares / f64::from(count.max(1))
    }

    /// The best coarse angle, and how far its profile stands out over the mean of all.
    fn peak(&self) -> (f64, f64) {
        if self.points.len() < FEW {
            return (0.0, 1.0);
        }
        let every = self.points.len().div_ceil(SOME);
        let mut bins = Vec::new();
        let steps = (REACH / COARSE_STEP).round() as i32;
        let scores: Vec<(f64, f64)> = (-steps..=steps)
            .map(|step| f64::from(step) * COARSE_STEP)
            .map(|angle| (angle, self.profile(angle, every, &mut bins)))
            .collect();
        let mean = scores.iter().map(|s| s.1).sum::<f64>() / scores.len() as f64;
        let best = scores.iter().copied().fold((0.0, 0.0), |best, s| if s.1 > best.1 { s } else { best });
        (best.0, best.1 / mean.max(1e-9))
    }

    fn tilt(&self, (coarse, standing_out): (f64, f64)) -> f64 {
        if standing_out < SURE {
            return 0.0;
        }
        let every = self.points.len().div_ceil(MANY);
        let mut bins = Vec::new();
        let steps = (1.5 * COARSE_STEP / FINE_STEP).round() as i32;
        let scores: Vec<f64> =
            (-steps..=steps).map(|i| self.profile(coarse + f64::from(i) * FINE_STEP, every, &mut bins)).collect();
        let best = (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or(0);
        // The centre of what lies near the top is steadier than the top itself.
        let floor = scores[best] * 0.85;
        let (mut weight, mut sum) = (0.0, 0.0);
        for (i, score) in scores.iter().enumerate().skip(best.saturating_sub(4)).take(9) {
            let over = (score - floor).max(0.0);
            weight += over;
            sum += over * i as f64;
        }
        let at = if weight > 0.0 { sum / weight } else { best as f64 };
        coarse + (at - f64::from(steps)) * FINE_STEP
    }
}

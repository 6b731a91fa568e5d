//! Turning, straightening and rescaling in one pass, and the way back onto the page.

use model::RectPx;

use crate::picture::Picture;

/// Where a point of the prepared picture lies on the page as scanned: `x = origin.0 + right.0 · u + down.0 · v`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Map {
    origin: (f64, f64),
    right: (f64, f64),
    down: (f64, f64),
}

/// A frame to warp into: its map and its size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub map: Map,
    pub width: usize,
    pub height: usize,
}

impl Frame {
    /// The frame in which a box of the page (px: left, top, width, height) stands upright and level at a resolution.
    ///
    /// `turned` is the clockwise turn that makes the page upright, `tilt` the fall of its lines (degrees, then upright).
    pub(crate) fn upright(area: (f64, f64, f64, f64), dpi: (f64, f64), turned: u16, tilt: f64, target: f64) -> Self {
        let angle = (tilt - f64::from(turned)).to_radians();
        let (sin, cos) = angle.sin_cos();
        let (w_in, h_in) = (area.2 / dpi.0, area.3 / dpi.1);
        let side = |a: f64, b: f64| ((a.abs() + b.abs()) * target - 1e-6).ceil().clamp(1.0, 16_000.0);
        let (width, height) = (side(w_in * cos, h_in * sin), side(w_in * sin, h_in * cos));
        let right = (dpi.0 * cos / target, dpi.1 * sin / target);
        let down = (-dpi.0 * sin / target, dpi.1 * cos / target);
        let centre = (area.0 + area.2 / 2.0, area.1 + area.3 / 2.0);
        let origin = (
            centre.0 - right.0 * width / 2.0 - down.0 * height / 2.0,
            centre.1 - right.1 * width / 2.0 - down.1 * height / 2.0,
        );
        Self { map: Map { origin, right, down }, width: width as usize, height: height as usize }
    }

    /// The same part of the page, its lines pressed together along their run.
    pub(crate) fn narrowed(self, share: f64) -> Self {
        let right = (self.map.right.0 / share, self.map.right.1 / share);
        Self { map: Map { right, ..self.map }, width: (self.width as f64 * share).ceil() as usize, ..self }
    }
}

impl Map {
    /// The same map for a source that was made smaller by whole factors.
    fn scaled(self, factor: (usize, usize)) -> Self {
        let by = |(x, y): (f64, f64)| (x / factor.0 as f64, y / factor.1 as f64);
        Self { origin: by(self.origin), right: by(self.right), down: by(self.down) }
    }

    /// The same map onto a page whose origin lies elsewhere.
    pub(crate) fn moved(self, x: f64, y: f64) -> Self {
        Self { origin: (self.origin.0 + x, self.origin.1 + y), ..self }
    }

    /// A point on the page as scanned, px.
    pub(crate) fn point(&self, u: f64, v: f64) -> (f64, f64) {
        (self.origin.0 + self.right.0 * u + self.down.0 * v, self.origin.1 + self.right.1 * u + self.down.1 * v)
    }

    /// The direction in which lines run on the page as scanned, degrees, positive falling to the right.
    pub(crate) fn angle(&self) -> f64 {
        self.right.1.atan2(self.right.0).to_degrees()
    }

    /// Page pixels per prepared pixel, down a line.
    pub(crate) fn height_scale(&self) -> f64 {
        self.down.0.hypot(self.down.1)
    }

    /// The box on the page as scanned that surrounds a box of the prepared picture, cut to the page.
    pub(crate) fn rect(&self, left: f64, top: f64, right: f64, bottom: f64, page: (u32, u32)) -> RectPx {
        let corners = [(left, top), (right, top), (left, bottom), (right, bottom)].map(|(u, v)| self.point(u, v));
        let cut = |value: f64, limit: u32| value.clamp(0.0, f64::from(limit));
        let low = |pick: fn(&(f64, f64)) -> f64| corners.iter().map(pick).fold(f64::INFINITY, f64::min);
        let high = |pick: fn(&(f64, f64)) -> f64| corners.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
        let (x0, x1) = (cut(low(|p| p.0).floor(), page.0), cut(high(|p| p.0).ceil(), page.0));
        let (y0, y1) = (cut(low(|p| p.1).floor(), page.1), cut(high(|p| p.1).ceil(), page.1));
        let x = (x0 as u32).min(page.0.saturating_sub(1));
        let y = (y0 as u32).min(page.1.saturating_sub(1));
        RectPx { x, y, width: (x1 as u32).saturating_sub(x).max(1), height: (y1 as u32).saturating_sub(y).max(1) }
    }
}

/// Target pixels taken together.
const SPAN: usize = 16;

/// Fills a frame from a picture (which may be smaller than the page by whole factors): the mean of bilinear samples over each target
/// pixel's area. Outside the page lies `paper`.
pub(crate) fn warp(picture: &Picture, factor: (usize, usize), frame: &Frame, paper: u8) -> Picture {
    let map = frame.map.scaled(factor);
    let offsets = offsets(&map);
    let inside = Inside::of(picture, &offsets);
    let mut data = vec![0; frame.width * frame.height];
    for (v, row) in data.chunks_exact_mut(frame.width).enumerate() {
        let mut walk = Walk::from(map.point(0.0, v as f64), map.right);
        for span in row.chunks_mut(SPAN) {
            // A walk is straight: with both its ends inside, all of it is.
            if !inside.holds(walk.at(0)) || !inside.holds(walk.at(span.len() - 1)) {
                fill(span, walk, &offsets, |x, y| sample(picture, x, y, paper));
            } else if !along_rows(span, walk, &offsets, picture) {
                fill(span, walk, &offsets, |x, y| sample_inside(picture, x, y));
            }
            walk = walk.after(SPAN);
        }
    }
    Picture { width: frame.width, height: frame.height, data }
}

/// How far apart samples may lie, in pixels of the picture: each takes its share of four.
const APART: f64 = 1.1;

/// Where the samples of a target pixel lie from its corner.
fn offsets(map: &Map) -> Vec<(i32, i32)> {
    let samples = |(x, y): (f64, f64)| ((x.hypot(y) / APART).ceil() as usize).clamp(1, 4);
    let (across, down) = (samples(map.right), samples(map.down));
    let offset = |i: usize| {
        let (u, v) = (((i % across) as f64 + 0.5) / across as f64, ((i / across) as f64 + 0.5) / down as f64);
        // Half a pixel back: samples lie at pixel centres.
        (fixed(map.right.0 * u + map.down.0 * v - 0.5), fixed(map.right.1 * u + map.down.1 * v - 0.5))
    };
    (0..across * down).map(offset).collect()
}

/// Places on the picture on a straight line, one a target pixel; in 32.32 fixed point, so that a long row does not drift.
#[derive(Debug, Clone, Copy)]
struct Walk {
    x: i64,
    y: i64,
    step: (i64, i64),
}

impl Walk {
    fn from(start: (f64, f64), step: (f64, f64)) -> Self {
        let fixed = |value: f64| (value.clamp(-1e6, 1e6) * f64::from(1 << 16) * f64::from(1 << 16)).round() as i64;
        // Half of 1/256 on top, so that cutting to 24.8 is rounding.
        Self { x: fixed(start.0) + (1 << 23), y: fixed(start.1) + (1 << 23), step: (fixed(step.0), fixed(step.1)) }
    }

    fn after(self, steps: usize) -> Self {
        Self { x: self.x + steps as i64 * self.step.0, y: self.y + steps as i64 * self.step.1, ..self }
    }

    /// A place, 24.8 fixed point.
    fn at(self, steps: usize) -> (i32, i32) {
        let place = self.after(steps);
        ((place.x >> 24) as i32, (place.y >> 24) as i32)
    }
}

/// Each pixel of a span: the mean of its samples.
fn fill(span: &mut [u8], walk: Walk, offsets: &[(i32, i32)], sample: impl Fn(i32, i32) -> u32) {
    let count = offsets.len() as u32;
    for (step, out) in span.iter_mut().enumerate() {
        let (x, y) = walk.at(step);
        let sum: u32 = offsets.iter().map(|(dx, dy)| sample(x + dx, y + dy)).sum();
        *out = ((sum + count / 2) / count) as u8;
    }
}

/// The same for a span that lies inside, has one sample a pixel and stays between two rows of the picture, as most do on a page that
/// nearly keeps its resolution: only the column needs looking up. False for any other span.
fn along_rows(span: &mut [u8], walk: Walk, offsets: &[(i32, i32)], picture: &Picture) -> bool {
    let [(dx, dy)] = *offsets else { return false };
    let walk = Walk { x: walk.x + (i64::from(dx) << 24), y: walk.y + (i64::from(dy) << 24), ..walk };
    let (first, last) = (walk.at(0), walk.at(span.len() - 1));
    if first.1 >> 8 != last.1 >> 8 {
        return false;
    }
    let (left, right) = ((first.0.min(last.0) >> 8) as usize, (first.0.max(last.0) >> 8) as usize);
    let row = (first.1 >> 8) as usize * picture.width;
    let above = &picture.data[row + left..row + right + 2];
    let below = &picture.data[row + picture.width + left..row + picture.width + right + 2];
    let Walk { mut x, mut y, step } = walk;
    for out in span {
        let column = (x >> 32) as usize - left;
        let part = |place: i64| (place >> 24) as u32 & 255;
        *out = between(&above[column..column + 2], &below[column..column + 2], part(x), part(y)) as u8;
        (x, y) = (x + step.0, y + step.1);
    }
    true
}

/// Where all samples of a target pixel have their four neighbours in the picture (24.8 fixed point, inclusive): nearly everywhere.
struct Inside {
    x: (i32, i32),
    y: (i32, i32),
}

impl Inside {
    fn of(picture: &Picture, offsets: &[(i32, i32)]) -> Self {
        let range = |side: usize, offsets: &mut dyn Iterator<Item = i32>| {
            let (low, high) = offsets.fold((0, 0), |(low, high), offset| (offset.min(low), offset.max(high)));
            (-low, ((side as i32 - 1) << 8) - 1 - high)
        };
        Self {
            x: range(picture.width, &mut offsets.iter().map(|(dx, _)| *dx)),
            y: range(picture.height, &mut offsets.iter().map(|(_, dy)| *dy)),
        }
    }

    fn holds(&self, (x, y): (i32, i32)) -> bool {
        x >= self.x.0 && x <= self.x.1 && y >= self.y.0 && y <= self.y.1
    }
}

/// 24.8 fixed point, rounded; pages are at most some ten thousand pixels a side.
fn fixed(value: f64) -> i32 {
    const SHIFT: i32 = 1 << 29; // keeps the number positive, so that cutting it is rounding down
    (value.clamp(-1e6, 1e6) * 256.0 + 0.5 + f64::from(SHIFT)) as i32 - SHIFT
}

fn sample(picture: &Picture, x: i32, y: i32, paper: u8) -> u32 {
    let (column, row) = (x >> 8, y >> 8);
    let (fx, fy) = ((x & 255) as u32, (y & 255) as u32);
    let (w, h) = (picture.width as i32, picture.height as i32);
    if column < -1 || row < -1 || column >= w || row >= h {
        return u32::from(paper);
    }
    // At the edge the last pixel goes on for half a pixel.
    let (x0, x1) = (column.max(0) as usize, (column + 1).min(w - 1) as usize);
    let (y0, y1) = (row.max(0) as usize * picture.width, (row + 1).min(h - 1) as usize * picture.width);
    let at = |i: usize| u32::from(picture.data[i]);
    let above = at(y0 + x0) * (256 - fx) + at(y0 + x1) * fx;
    let below = at(y1 + x0) * (256 - fx) + at(y1 + x1) * fx;
    (above * (256 - fy) + below * fy) >> 16
}

/// [`sample`] for a place that is known to lie [`Inside`].
fn sample_inside(picture: &Picture, x: i32, y: i32) -> u32 {
    let at = (y >> 8) as usize * picture.width + (x >> 8) as usize;
    let (above, below) = (&picture.data[at..at + 2], &picture.data[at + picture.width..at + picture.width + 2]);
    between(above, below, (x & 255) as u32, (y & 255) as u32)
}

/// Two pixels above and two below, blended by how far right and down the place lies between them (of 256).
fn between(above: &[u8], below: &[u8], right: u32, down: u32) -> u32 {
    let across = |pair: &[u8]| u32::from(pair[0]) * (256 - right) + u32::from(pair[1]) * right;
    (across(above) * (256 - down) + across(below) * down) >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_and_tilted_frame_maps_back_onto_the_page() {
        for turned in [0, 90, 180, 270] {
            let frame = Frame::upright((0.0, 0.0, 600.0, 900.0), (300.0, 300.0), turned, 1.5, 200.0);
            let centre = frame.map.point(frame.width as f64 / 2.0, frame.height as f64 / 2.0);
            assert!((centre.0 - 300.0).abs() < 1e-6 && (centre.1 - 450.0).abs() < 1e-6);
            let wanted = (1.5 - f64::from(turned) + 180.0).rem_euclid(360.0) - 180.0;
            assert!((frame.map.angle() - wanted).abs() < 1e-9, "{turned}: {}", frame.map.angle());
        }
    }

    #[test]
    fn a_narrowed_frame_shows_the_same_part_of_the_page() {
        let frame = Frame::upright((0.0, 0.0, 600.0, 900.0), (200.0, 200.0), 0, 0.7, 200.0);
        let narrow = frame.narrowed(0.75);
        assert_eq!((narrow.width, narrow.height), ((frame.width * 3).div_ceil(4), frame.height));
        let (x, y) = narrow.map.point(narrow.width as f64, 300.0);
        let (wide_x, wide_y) = frame.map.point(narrow.width as f64 / 0.75, 300.0);
        assert!((x - wide_x).hypot(y - wide_y) < 1e-9);
        assert!((narrow.map.angle() - frame.map.angle()).abs() < 1e-9);
    }

    #[test]
    fn a_quarter_turn_moves_pixels_where_they_belong() {
        // Clockwise by 90: the left column becomes the top row, read from the bottom.
        let picture = Picture { width: 2, height: 3, data: vec![1, 2, 3, 4, 5, 6] };
        let frame = Frame::upright((0.0, 0.0, 2.0, 3.0), (200.0, 200.0), 90, 0.0, 200.0);
        assert_eq!(warp(&picture, (1, 1), &frame, 255).data, vec![5, 3, 1, 6, 4, 2]);
    }

    #[test]
    fn spans_taken_at_once_are_the_same_as_pixel_by_pixel() {
        let data = (0..90 * 70_u32).map(|i| (i * i % 249) as u8).collect();
        let picture = Picture { width: 90, height: 70, data };
        let mut at_once = 0;
        for turned in [0, 90, 180] {
            for tilt in [0.0, 0.4, -1.3, 6.0] {
                for (target, share) in [(130.0, 1.0), (200.0, 1.0), (200.0, 0.95), (270.0, 0.8)] {
                    let frame =
                        Frame::upright((0.0, 0.0, 90.0, 70.0), (200.0, 200.0), turned, tilt, target).narrowed(share);
                    let warped = warp(&picture, (1, 1), &frame, 255);
                    let offsets = offsets(&frame.map);
                    let mut slow = vec![0; frame.width];
                    for (v, row) in warped.data.chunks_exact(frame.width).enumerate() {
                        let walk = Walk::from(frame.map.point(0.0, v as f64), frame.map.right);
                        fill(&mut slow, walk, &offsets, |x, y| sample(&picture, x, y, 255));
                        assert_eq!(row, slow, "turned {turned}, tilt {tilt}, {target} dpi, row {v}");
                        let middle = walk.after(frame.width / 2);
                        let inside = Inside::of(&picture, &offsets);
                        let within = inside.holds(middle.at(0)) && inside.holds(middle.at(7));
                        at_once += usize::from(within && along_rows(&mut [0; 8], middle, &offsets, &picture));
                    }
                }
            }
        }
        assert!(at_once > 100, "{at_once}");
    }

    #[test]
    fn inside_and_at_the_edge_samples_are_the_same() {
        let data = (0..35_u32).map(|i| (i * 37 % 251) as u8).collect();
        let picture = Picture { width: 7, height: 5, data };
        let inside = Inside::of(&picture, &[(0, 0)]);
        let mut met = 0;
        for y in -300..(5 << 8) + 300 {
            for x in (-300..(7 << 8) + 300).filter(|x| inside.holds((*x, y))) {
                met += 1;
                assert_eq!(sample_inside(&picture, x, y), sample(&picture, x, y, 255), "{x} {y}");
            }
        }
        assert_eq!(met, (6 << 8) * (4 << 8));
    }
}

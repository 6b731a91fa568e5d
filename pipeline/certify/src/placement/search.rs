//! The size ladder: which place is tried before which, and the proof that goes with the one taken.

use model::{Placement, RectMm, SizeMm};

use super::ink::InkMap;

/// A size the mark can be drawn in.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkSize {
    /// Its name in the record, as in `full`.
    pub name: String,
    /// Width, mm.
    pub width_mm: f64,
    /// Height, mm.
    pub height_mm: f64,
}

/// What counts as blank, which sizes there are, and where they may go. Policy data; the default is the profile `party-754`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    /// Sizes, the preferred one first.
    pub sizes: Vec<MarkSize>,
    /// Blank distance around the mark, mm.
    pub clearance_mm: f64,
    /// How far from both edges a mark still stands in the corner, mm.
    pub corner_mm: f64,
    /// Width of the top-left zone, share of the page.
    pub zone_width: f64,
    /// Height of the top-left zone, share of the page.
    pub zone_height: f64,
    /// Height of the strip along the top edge, mm.
    pub strip_mm: f64,
    /// Width of the left margin, share of the page.
    pub margin_width: f64,
    /// The largest connected mark that is dust, mm.
    pub ink_mm: f64,
    /// The largest dark share that is dust.
    pub dark_share: f64,
}

impl Default for Ladder {
    fn default() -> Self {
        let size = |name: &str, width_mm, height_mm| MarkSize { name: name.to_owned(), width_mm, height_mm };
        Self {
            sizes: vec![
                size("full", 70.0, 25.0),
                size("compact", 50.0, 18.0),
                size("narrow", 45.0, 15.0),
                size("small", 35.0, 10.0),
            ],
            clearance_mm: 2.0,
            corner_mm: 15.0,
            zone_width: 0.60,
            zone_height: 0.35,
            strip_mm: 45.0,
            margin_width: 0.35,
            ink_mm: 0.3,
            dark_share: 0.001,
        }
    }
}

/// No size of the ladder fits anywhere on blank paper: a person decides.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("find a blank place for the mark on a page of {:.0} × {:.0} mm", page.width, page.height)]
pub struct NoRoom {
    /// The page.
    pub page: SizeMm,
    /// The smallest size that was tried, if there was one.
    pub smallest: Option<MarkSize>,
}

/// Where a mark's top-left corner may lie and what it may not reach beyond, mm.
struct Region {
    step: &'static str,
    /// Furthest left and top edge of the box.
    furthest: (f64, f64),
    /// What the box itself must stay within.
    within: (f64, f64),
}

/// Finds the first blank place of the ladder on page one: each size at the corner, then in the top-left zone, then along the top strip,
/// then down the left margin; within a region the place nearest the page's top-left corner. Obstacles (widgets, annotations) are ink.
///
/// The same map, page, obstacles and ladder always give the same place.
pub fn find(map: &InkMap, page: SizeMm, obstacles: &[RectMm], ladder: &Ladder) -> Result<Placement, NoRoom> {
    let field = Field::of(map, page, obstacles, ladder);
    let anywhere = f64::INFINITY;
    let regions = [
        Region { step: "corner", furthest: (ladder.corner_mm, ladder.corner_mm), within: (anywhere, anywhere) },
        Region {
            step: "zone",
            furthest: (anywhere, anywhere),
            within: (page.width * ladder.zone_width, page.height * ladder.zone_height),
        },
        Region { step: "strip", furthest: (anywhere, anywhere), within: (anywhere, ladder.strip_mm) },
        Region { step: "margin", furthest: (anywhere, anywhere), within: (page.width * ladder.margin_width, anywhere) },
    ];
    for region in &regions {
        for size in ladder.sizes.iter().filter(|size| size.width_mm > 0.0 && size.height_mm > 0.0) {
            if let Some((x, y)) = field.search(region, size) {
                let rect = RectMm { x, y, width: size.width_mm, height: size.height_mm };
                let seen = map.blankness(&rect.grown(ladder.clearance_mm));
                return Ok(Placement {
                    page: 1,
                    page_w_mm: page.width,
                    page_h_mm: page.height,
                    rect,
                    clearance_mm: ladder.clearance_mm,
                    size: size.name.clone(),
                    step: region.step.to_owned(),
                    decided_by: None,
                    dark_share: seen.dark_share,
                    largest_ink_mm: seen.largest_ink_mm,
                    ink_sha256: map.sha256(),
                });
            }
        }
    }
    let area = |size: &&MarkSize| size.width_mm * size.height_mm;
    let smallest = ladder.sizes.iter().min_by(|a, b| area(a).total_cmp(&area(b))).cloned();
    Err(NoRoom { page, smallest })
}

/// Sums over the map: how many cells are inked, and how dark the others are, above and left of every cell corner.
struct Field<'a> {
    ladder: &'a Ladder,
    columns: usize,
    rows: usize,
    cell: (f64, f64),
    page: SizeMm,
    inked: Vec<u32>,
    dark: Vec<u64>,
}

impl<'a> Field<'a> {
    fn of(map: &InkMap, page: SizeMm, obstacles: &[RectMm], ladder: &'a Ladder) -> Self {
        let (columns, rows) = (map.cells().0 as usize, map.cells().1 as usize);
        let cell = map.cell_mm();
        let mut blocked = vec![false; columns * rows];
        for obstacle in obstacles.iter().filter(|o| o.width.is_finite() && o.height.is_finite()) {
            let span = |from: f64, to: f64, cell: f64, count: usize| {
                let first = (from / cell).floor().clamp(0.0, count as f64) as usize;
                let last = (to / cell).ceil().clamp(0.0, count as f64) as usize;
                first..last.max(first)
            };
            for row in span(obstacle.y, obstacle.bottom(), cell.1, rows) {
                let across = span(obstacle.x, obstacle.right(), cell.0, columns);
                blocked[row * columns + across.start..row * columns + across.end].fill(true);
            }
        }
        let stride = columns + 1;
        let (mut inked, mut dark) = (vec![0_u32; stride * (rows + 1)], vec![0_u64; stride * (rows + 1)]);
        for row in 0..rows {
            let (mut ink, mut darkness) = (0, 0);
            for column in 0..columns {
                let at = row * columns + column;
                ink += u32::from(blocked[at] || map.inked(at, ladder.ink_mm));
                darkness += u64::from(map.dark()[at]);
                let sum = (row + 1) * stride + column + 1;
                inked[sum] = inked[sum - stride] + ink;
                dark[sum] = dark[sum - stride] + darkness;
            }
        }
        Self { ladder, columns, rows, cell, page, inked, dark }
    }

    /// The place nearest the top-left corner at which a size fits in a region; ties go to the higher one.
    fn search(&self, region: &Region, size: &MarkSize) -> Option<(f64, f64)> {
        let clearance = self.ladder.clearance_mm;
        // Positions are whole cells from where the clearance touches the page's edge.
        let across = positions(
            (region.furthest.0, region.within.0, self.page.width, self.columns as f64 * self.cell.0),
            size.width_mm,
            clearance,
            self.cell.0,
        )?;
        let down = positions(
            (region.furthest.1, region.within.1, self.page.height, self.rows as f64 * self.cell.1),
            size.height_mm,
            clearance,
            self.cell.1,
        )?;
        let cells = |length: f64, cell: f64| ((length + 2.0 * clearance) / cell - 1e-6).ceil() as usize;
        let (wide, high) = (cells(size.width_mm, self.cell.0), cells(size.height_mm, self.cell.1));
        for away in 0..=across + down {
            for row in away.saturating_sub(across)..=away.min(down) {
                let column = away - row;
                if self.blank(column, row, wide, high) {
                    return Some((column as f64 * self.cell.0 + clearance, row as f64 * self.cell.1 + clearance));
                }
            }
        }
        None
    }

    fn blank(&self, column: usize, row: usize, wide: usize, high: usize) -> bool {
        let (right, bottom) = (column + wide, row + high);
        if right > self.columns || bottom > self.rows {
            return false;
        }
        let stride = self.columns + 1;
        let corners = [bottom * stride + right, row * stride + column, row * stride + right, bottom * stride + column];
        let [all, before, above, left] = corners;
        if self.inked[all] + self.inked[before] != self.inked[above] + self.inked[left] {
            return false;
        }
        let dark = self.dark[all] + self.dark[before] - self.dark[above] - self.dark[left];
        dark as f64 <= self.ladder.dark_share * 255.0 * (wide * high) as f64
    }
}

/// The last position (counted in cells) of a box along one axis, when there is any.
fn positions(
    (furthest, within, page, mapped): (f64, f64, f64, f64),
    length: f64,
    clearance: f64,
    cell: f64,
) -> Option<usize> {
    let paper = page.min(mapped);
    let last_edge = furthest.min(within - length).min(paper - length - clearance);
    let steps = (last_edge - clearance) / cell + 1e-6;
    (steps >= 0.0 && steps.is_finite()).then_some(steps as usize)
}

//! The ink of a page on a fine grid: how much of each cell is dark, and how large the mark is that touches it.

use model::{RectMm, Sha256};
use scan::Pixels;

use super::runs::Marks;

/// Edge of a cell where the scan is fine enough, mm.
const CELL_MM: f64 = 0.25;
/// Edge of a tile in which the paper's brightness is measured, mm.
const TILE_MM: f64 = 5.0;
/// A scan finer than this is searched at a whole fraction of its resolution (darkest pixel of each block).
const ENOUGH_DPI: f64 = 420.0;
/// Ink is darker than its paper by at least this share: grain and what shines through from the other side is not.
const CONTRAST: f64 = 0.16;
/// … and by so many times the paper's own scatter.
const SCATTER: f64 = 4.5;
/// Unit in which a cell remembers the size of the mark that touches it, mm.
const EXTENT_UNIT_MM: f64 = 0.05;
/// The largest extent that is told apart, mm; a mark said to have it may be larger.
pub const LARGEST_INK_MM: f64 = 255.0 * EXTENT_UNIT_MM;
/// First bytes of the stored form; the number is its version.
const MAGIC: &[u8; 12] = b"mocban.ink/1";
/// Cells a stored map may have: a sheet of 4 m² has 64 million.
const MAX_CELLS: u64 = 64 << 20;
/// Level at which maps are compressed; they are mostly empty.
const ZSTD_LEVEL: i32 = 6;

/// What is dark on a page, cell by cell. Made from the scan's own pixels, before anything is added to the page.
#[derive(Debug, Clone, PartialEq)]
pub struct InkMap {
    columns: u32,
    rows: u32,
    cell_x_mm: f64,
    cell_y_mm: f64,
    /// Largest extent of a mark touching the cell, in units, rounded up; the last value means larger.
    extent: Vec<u8>,
    /// Dark share of the cell, of 255.
    dark: Vec<u8>,
}

/// What lies under a box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blankness {
    /// Dark share of the area, 0.0 to 1.0.
    pub dark_share: f64,
    /// Largest connected mark that touches it, mm (its longer side).
    pub largest_ink_mm: f64,
}

/// Bytes that are not a stored ink map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("read an ink map: not one, or damaged")]
pub struct NotAnInkMap;

impl InkMap {
    /// Maps the ink of a page as displayed, at its resolution across and down.
    ///
    /// A pixel is ink when its darkest channel is clearly darker than the paper around it, so yellow paper, shadows and grain are blank
    /// while coloured stamps are not. Dark areas wider than a tile (the scanner's lid, pictures) are no paper and count as ink.
    pub fn from_pixels(page: &Pixels, dpi_x: f64, dpi_y: f64) -> Self {
        let sane = |dpi: f64| if dpi.is_finite() { dpi.clamp(10.0, 10_000.0) } else { 300.0 };
        let (dpi_x, dpi_y) = (sane(dpi_x), sane(dpi_y));
        let by = |dpi: f64| ((dpi / ENOUGH_DPI).ceil() as usize).max(1);
        let grey = Darkest::of(page, (by(dpi_x), by(dpi_y)));
        let pitch = (25.4 * by(dpi_x) as f64 / dpi_x, 25.4 * by(dpi_y) as f64 / dpi_y);
        let paper = Paper::of(&grey, pitch);
        let marks = Marks::of(grey.width, grey.height, |y, out| paper.dark_row(&grey, y, out));
        Self::drawn(&grey, pitch, &marks)
    }

    fn drawn(grey: &Darkest, pitch: (f64, f64), marks: &Marks) -> Self {
        let (cell_x_mm, cell_y_mm) = (CELL_MM.max(pitch.0), CELL_MM.max(pitch.1));
        let cells = |pixels: usize, pitch: f64, cell: f64| {
            (0..pixels).map(|at| ((at as f64 + 0.5) * pitch / cell) as usize).collect::<Vec<_>>()
        };
        let (column_of, row_of) = (cells(grey.width, pitch.0, cell_x_mm), cells(grey.height, pitch.1, cell_y_mm));
        let count = |of: &[usize]| {
            let mut counts = vec![0_u32; of.last().map_or(0, |last| last + 1)];
            for cell in of {
                counts[*cell] += 1;
            }
            counts
        };
        let (wide, high) = (count(&column_of), count(&row_of));
        let (columns, rows) = (wide.len(), high.len());
        let mut extent = vec![0_u8; columns * rows];
        let mut pixels = vec![0_u32; columns * rows];
        for run in marks.runs() {
            let (w, h) = marks.size(run);
            let mm = (f64::from(w) * pitch.0).max(f64::from(h) * pitch.1);
            let code = (mm / EXTENT_UNIT_MM - 1e-6).ceil().min(255.0) as u8;
            let row = row_of[run.y as usize] * columns;
            for column in &column_of[run.from as usize..run.to as usize] {
                let cell = row + column;
                extent[cell] = extent[cell].max(code);
                pixels[cell] += 1;
            }
        }
        let share = |(cell, n): (usize, &u32)| (n * 255 / (wide[cell % columns] * high[cell / columns]).max(1)) as u8;
        let dark = pixels.iter().enumerate().map(share).collect();
        Self { columns: columns as u32, rows: rows as u32, cell_x_mm, cell_y_mm, extent, dark }
    }

    /// Cells across and down.
    pub fn cells(&self) -> (u32, u32) {
        (self.columns, self.rows)
    }

    /// Size of a cell across and down, mm.
    pub fn cell_mm(&self) -> (f64, f64) {
        (self.cell_x_mm, self.cell_y_mm)
    }

    pub(super) fn dark(&self) -> &[u8] {
        &self.dark
    }

    /// Whether a cell touches a mark larger than this.
    pub(super) fn inked(&self, cell: usize, ink_mm: f64) -> bool {
        f64::from(self.extent[cell]) * EXTENT_UNIT_MM > ink_mm + 1e-9
    }

    /// What lies under a box of the page; whole cells count, so the true figures are at most these.
    pub fn blankness(&self, area: &RectMm) -> Blankness {
        let span = |from: f64, to: f64, cell: f64, count: u32| {
            let first = (from / cell + 1e-6).floor().clamp(0.0, f64::from(count));
            let last = (to / cell - 1e-6).ceil().clamp(first, f64::from(count));
            (first as usize, last as usize)
        };
        let (left, right) = span(area.x, area.right(), self.cell_x_mm, self.columns);
        let (top, bottom) = span(area.y, area.bottom(), self.cell_y_mm, self.rows);
        let (mut sum, mut largest) = (0_u64, 0_u8);
        for row in top..bottom {
            let cells = row * self.columns as usize + left..row * self.columns as usize + right;
            sum += self.dark[cells.clone()].iter().map(|v| u64::from(*v)).sum::<u64>();
            largest = largest.max(self.extent[cells].iter().copied().max().unwrap_or(0));
        }
        let area = ((right - left) * (bottom - top)).max(1) as f64;
        Blankness { dark_share: sum as f64 / 255.0 / area, largest_ink_mm: f64::from(largest) * EXTENT_UNIT_MM }
    }

    /// The canonical bytes, uncompressed: what the digest covers.
    fn canonical(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(self.columns.to_le_bytes());
        out.extend(self.rows.to_le_bytes());
        out.extend(self.cell_x_mm.to_le_bytes());
        out.extend(self.cell_y_mm.to_le_bytes());
        out.extend(&self.extent);
        out.extend(&self.dark);
        out
    }

    /// Digest of the map's canonical bytes; the compression has no part in it.
    pub fn sha256(&self) -> Sha256 {
        Sha256::of(&self.canonical())
    }

    /// The stored form: canonical bytes in one zstd frame.
    pub fn to_bytes(&self) -> std::io::Result<Vec<u8>> {
        zstd::bulk::compress(&self.canonical(), ZSTD_LEVEL)
    }

    /// Reads the stored form back; refuses what is not one, at bounded memory.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAnInkMap> {
        const HEAD: usize = 12 + 4 + 4 + 8 + 8;
        let size = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten().ok_or(NotAnInkMap)?;
        if size > HEAD as u64 + 2 * MAX_CELLS {
            return Err(NotAnInkMap);
        }
        let plain = zstd::bulk::decompress(bytes, size as usize).map_err(|_| NotAnInkMap)?;
        let rest = plain.strip_prefix(MAGIC).ok_or(NotAnInkMap)?;
        let (columns, rest) = number(rest).ok_or(NotAnInkMap)?;
        let (rows, rest) = number(rest).ok_or(NotAnInkMap)?;
        let (cell_x_mm, rest) = length(rest).ok_or(NotAnInkMap)?;
        let (cell_y_mm, rest) = length(rest).ok_or(NotAnInkMap)?;
        let cells = (columns as usize).checked_mul(rows as usize).ok_or(NotAnInkMap)?;
        if rest.len() != cells.checked_mul(2).ok_or(NotAnInkMap)? {
            return Err(NotAnInkMap);
        }
        let (extent, dark) = rest.split_at(cells);
        Ok(Self { columns, rows, cell_x_mm, cell_y_mm, extent: extent.to_vec(), dark: dark.to_vec() })
    }
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*head), rest))
}

fn length(bytes: &[u8]) -> Option<(f64, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    let value = f64::from_le_bytes(*head);
    (value.is_finite() && value > 0.0).then_some((value, rest))
}

/// The darkest channel of each pixel, or of each block of pixels.
struct Darkest {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

impl Darkest {
    fn of(page: &Pixels, (across, down): (usize, usize)) -> Self {
        let n = usize::from(page.channels).max(1);
        // Rows that the pixels do not have are not there; a page says what it holds, not what it claims.
        let width = page.width as usize;
        let height = (page.height as usize).min(page.data.len() / (width * n).max(1));
        let line = |row: &[u8]| -> Vec<u8> {
            match row.as_chunks::<3>() {
                (pixels, []) if n == 3 => pixels.iter().map(|[r, g, b]| *r.min(g).min(b)).collect(),
                _ => row.to_vec(),
            }
        };
        let out_width = width.div_ceil(across);
        let mut data = Vec::with_capacity(out_width * height.div_ceil(down));
        for rows in page.data.chunks_exact((width * n).max(1)).take(height).collect::<Vec<_>>().chunks(down) {
            if (across, down) == (1, 1) {
                for row in rows {
                    data.extend(line(row));
                }
                continue;
            }
            let mut darkest = vec![255_u8; out_width];
            for row in rows {
                for (least, block) in darkest.iter_mut().zip(line(row).chunks(across)) {
                    *least = block.iter().copied().fold(*least, u8::min);
                }
            }
            data.extend(darkest);
        }
        Self { width: out_width, height: data.len() / out_width.max(1), data }
    }
}

/// The threshold between paper and ink, tile by tile.
struct Paper {
    tile: (usize, usize),
    across: usize,
    down: usize,
    limits: Vec<u32>,
}

impl Paper {
    fn of(grey: &Darkest, pitch: (f64, f64)) -> Self {
        let tile = (((TILE_MM / pitch.0) as usize).max(8), ((TILE_MM / pitch.1) as usize).max(8));
        let (across, down) = (grey.width.div_ceil(tile.0).max(1), grey.height.div_ceil(tile.1).max(1));
        let tiles: Vec<(u8, u8)> =
            (0..across * down).map(|i| level_and_scatter(grey, tile, i % across, i / across)).collect();
        let middle = |mut values: Vec<u8>, share: usize| {
            values.sort_unstable();
            values.get(values.len() * share / 100).copied().unwrap_or(255)
        };
        let typical = middle(tiles.iter().map(|tile| tile.0).collect(), 60).max(1);
        // Blank tiles tell the grain; the quieter half of the page is blank.
        let scatter = f64::from(middle(tiles.iter().map(|tile| tile.1).collect(), 40)) / 1.68;
        let limit = |level: u8| {
            // A tile much darker than the page's paper is no paper: against the page's own level all of it is ink.
            let level = f64::from(if u32::from(level) * 100 < u32::from(typical) * 55 { typical } else { level });
            (level - (level * CONTRAST).max(SCATTER * scatter).min(level * 0.4)) as u32
        };
        let limits = tiles.iter().map(|tile| limit(tile.0)).collect();
        Self { tile, across, down, limits }
    }

    /// Marks the dark pixels of a row; the threshold is interpolated between tile centres.
    fn dark_row(&self, grey: &Darkest, y: usize, out: &mut [bool]) {
        let row = &grey.data[y * grey.width..(y + 1) * grey.width];
        let (first, second, share) = between(y, self.tile.1, self.down);
        let line: Vec<u32> = (0..self.across)
            .map(|tx| {
                self.limits[first * self.across + tx] * (256 - share) + self.limits[second * self.across + tx] * share
            })
            .collect();
        // Straight pieces from tile centre to tile centre.
        let half = self.tile.0 / 2;
        let piece = |x: usize| between(x, self.tile.0, self.across);
        let mut x = 0;
        while x < row.len() {
            let (left, right, _) = piece(x);
            let end = if x < half { half } else { x + self.tile.0 - (x - half) % self.tile.0 }.min(row.len());
            let (from, to) = (i64::from(line[left]), i64::from(line[right]));
            let start = x.saturating_sub(half + left * self.tile.0) as i64;
            for (offset, (value, dark)) in row[x..end].iter().zip(&mut out[x..end]).enumerate() {
                let limit = from + (to - from) * (start + offset as i64) / self.tile.0 as i64;
                *dark = i64::from(*value) << 8 < limit;
            }
            x = end;
        }
    }
}

fn between(at: usize, tile: usize, count: usize) -> (usize, usize, u32) {
    let from_first_centre = at.saturating_sub(tile / 2);
    let first = (from_first_centre / tile).min(count - 1);
    let share = (from_first_centre % tile) * 256 / tile;
    (first, (first + 1).min(count - 1), share as u32)
}

/// Brightness that a fifth of the tile exceeds, and how far the lower part of its paper lies below.
fn level_and_scatter(grey: &Darkest, tile: (usize, usize), tx: usize, ty: usize) -> (u8, u8) {
    let mut histogram = [0_u32; 256];
    let mut count = 0_u32;
    let (x0, x1) = (tx * tile.0, ((tx + 1) * tile.0).min(grey.width));
    for y in (ty * tile.1..((ty + 1) * tile.1).min(grey.height)).step_by(3) {
        for value in grey.data[y * grey.width + x0..y * grey.width + x1].iter().step_by(3) {
            histogram[usize::from(*value)] += 1;
            count += 1;
        }
    }
    let rank = |percent: u32| {
        let mut seen = 0;
        let found = histogram.iter().position(|n| {
            seen += n;
            seen * 100 > count * percent
        });
        found.unwrap_or(255) as u8
    };
    let level = rank(80);
    (level, level - rank(20).min(level))
}

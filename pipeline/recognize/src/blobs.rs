//! Connected marks on a coarse picture.

use crate::picture::Picture;

/// Resolution at which marks and lines are looked for.
pub(crate) const COARSE_DPI: f64 = 100.0;

/// Resolution at which marks are counted: faint thin strokes still stand out from the paper.
const MARK_DPI: f64 = 150.0;
/// Darker than this is a mark (paper is white); what shines through from the other side stays above.
const MARK: u8 = 185;

/// A connected mark: its box (right and bottom exclusive) and its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Blob {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
    pub area: usize,
}

impl Blob {
    pub(crate) fn width(&self) -> usize {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> usize {
        self.bottom - self.top
    }

    fn add(&mut self, x: usize, y: usize) {
        (self.left, self.right) = (self.left.min(x), self.right.max(x + 1));
        (self.top, self.bottom) = (self.top.min(y), self.bottom.max(y + 1));
        self.area += 1;
    }
}

/// Whole factors that bring a resolution near a coarser one.
pub(crate) fn factor(dpi: (f64, f64), target: f64) -> (usize, usize) {
    let of = |dpi: f64| ((dpi / target).round() as usize).clamp(1, 64);
    (of(dpi.0), of(dpi.1))
}

/// The marks of a mask, joined over eight neighbours, in the order of their first pixel.
pub(crate) fn blobs(mask: &[bool], width: usize) -> Vec<Blob> {
    let mut field = Field::of(mask, width);
    let mut found = Vec::new();
    for block in (0..field.left.len()).step_by(BLOCK) {
        let end = field.left.len().min(block + BLOCK);
        // Most of a page is paper: whether a block holds anything is asked of all its pixels at once.
        if field.left[block..end].iter().fold(false, |any, mark| any | mark) {
            found.extend((block..end).filter_map(|seed| field.take(seed)));
        }
    }
    found
}

/// Pixels asked about together.
const BLOCK: usize = 64;

/// A mask within a border of paper, so that every pixel of it has its eight neighbours; marks are taken out of it.
struct Field {
    left: Vec<bool>,
    stride: usize,
    open: Vec<usize>,
}

impl Field {
    fn of(mask: &[bool], width: usize) -> Self {
        let stride = width + 2;
        let mut left = vec![false; (mask.len() / width.max(1) + 2) * stride];
        for (row, framed) in mask.chunks_exact(width.max(1)).zip(left[stride..].chunks_exact_mut(stride)) {
            framed[1..=width].copy_from_slice(row);
        }
        Self { left, stride, open: Vec::new() }
    }

    /// Takes out the mark that a pixel belongs to.
    fn take(&mut self, seed: usize) -> Option<Blob> {
        if !std::mem::take(&mut self.left[seed]) {
            return None;
        }
        let mut blob = Blob { left: usize::MAX, top: usize::MAX, right: 0, bottom: 0, area: 0 };
        self.open.push(seed);
        while let Some(at) = self.open.pop() {
            blob.add(at % self.stride - 1, at / self.stride - 1);
            for row in [at - self.stride, at, at + self.stride] {
                for (next, mark) in (row - 1..).zip(&mut self.left[row - 1..row + 2]) {
                    if std::mem::take(mark) {
                        self.open.push(next);
                    }
                }
            }
        }
        Some(blob)
    }
}

/// How many marks of a normalised picture have the size of letters, words or strokes of a pen: dust is smaller, frames, holes and
/// pictures are larger or fuller.
pub(crate) fn letterlike(picture: &Picture, dpi: (f64, f64)) -> usize {
    let by = factor(dpi, MARK_DPI);
    let fine = if by == (1, 1) { None } else { Some(picture.reduced(by)) };
    let marks = fine.as_ref().unwrap_or(picture);
    let unit = (25.4 * by.0 as f64 / dpi.0, 25.4 * by.1 as f64 / dpi.1); // mm per px
    let mask: Vec<bool> = marks.data.iter().map(|value| *value < MARK).collect();
    blobs(&mask, marks.width)
        .iter()
        .filter(|blob| {
            let (w, h) = (blob.width() as f64 * unit.0, blob.height() as f64 * unit.1);
            let full = blob.area as f64 / (blob.width() * blob.height()) as f64;
            (1.2..=15.0).contains(&h) && (0.5..=60.0).contains(&w) && !(full > 0.7 && w > 3.0 && h > 3.0)
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_touching_at_a_corner_are_one() {
        let mask: Vec<bool> = "#..#\n.#..\n....\n#..#".chars().filter(|c| *c != '\n').map(|c| c == '#').collect();
        let found = blobs(&mask, 4);
        assert_eq!(found.len(), 4);
        assert_eq!(found[0], Blob { left: 0, top: 0, right: 2, bottom: 2, area: 2 });
    }
}

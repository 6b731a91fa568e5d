//! Connected marks as runs of dark pixels, joined over eight neighbours.

/// Dark pixels of one row, `from..to`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub y: u32,
    pub from: u32,
    pub to: u32,
    mark: u32,
}

/// All runs of a page, and the box of the mark each belongs to.
pub(super) struct Marks {
    runs: Vec<Run>,
    /// Towards the root of each mark.
    parents: Vec<u32>,
    /// Left, top, right, bottom (exclusive) by root.
    boxes: Vec<[u32; 4]>,
}

impl Marks {
    /// Joins the dark pixels of a page; `dark_row` fills one row.
    pub(super) fn of(width: usize, height: usize, mut dark_row: impl FnMut(usize, &mut [bool])) -> Self {
        let mut marks = Self { runs: Vec::new(), parents: Vec::new(), boxes: Vec::new() };
        let mut row = vec![false; width];
        let mut above = 0..0;
        for y in 0..height {
            dark_row(y, &mut row);
            let start = marks.runs.len();
            marks.take_row(y as u32, &row, above);
            above = start..marks.runs.len();
        }
        marks
    }

    fn take_row(&mut self, y: u32, row: &[bool], above: std::ops::Range<usize>) {
        let (mut x, mut near) = (0, above.start);
        while let Some(skip) = row[x..].iter().position(|dark| *dark) {
            let from = x + skip;
            let to = row[from..].iter().position(|dark| !*dark).map_or(row.len(), |n| from + n);
            let (from, end) = (from as u32, to as u32);
            let mut mark = None;
            // Runs above that end left of this one end left of all that follow.
            while near < above.end && self.runs[near].to < from {
                near += 1;
            }
            let mut next = near;
            while next < above.end && self.runs[next].from <= end {
                let root = self.root(self.runs[next].mark);
                mark = Some(mark.map_or(root, |own| self.join(own, root)));
                next += 1;
            }
            let mark = mark.unwrap_or_else(|| {
                self.parents.push(self.parents.len() as u32);
                self.boxes.push([u32::MAX, u32::MAX, 0, 0]);
                (self.parents.len() - 1) as u32
            });
            let own = &mut self.boxes[mark as usize];
            *own = [own[0].min(from), own[1].min(y), own[2].max(end), own[3].max(y + 1)];
            self.runs.push(Run { y, from, to: end, mark });
            x = to;
            if x >= row.len() {
                break;
            }
        }
    }

    fn root(&mut self, mut mark: u32) -> u32 {
        while self.parents[mark as usize] != mark {
            let up = self.parents[self.parents[mark as usize] as usize];
            self.parents[mark as usize] = up;
            mark = up;
        }
        mark
    }

    fn join(&mut self, a: u32, b: u32) -> u32 {
        if a == b {
            return a;
        }
        let (keep, gone) = (a.min(b), a.max(b));
        self.parents[gone as usize] = keep;
        let (own, other) = (self.boxes[keep as usize], self.boxes[gone as usize]);
        self.boxes[keep as usize] =
            [own[0].min(other[0]), own[1].min(other[1]), own[2].max(other[2]), own[3].max(other[3])];
        keep
    }

    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Width and height of the mark a run belongs to, px.
    pub(super) fn size(&self, run: &Run) -> (u32, u32) {
        let mut mark = run.mark;
        while self.parents[mark as usize] != mark {
            mark = self.parents[mark as usize];
        }
        let [left, top, right, bottom] = self.boxes[mark as usize];
        (right - left, bottom - top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(rows: &[&str]) -> Vec<(u32, u32)> {
        let marks = Marks::of(rows[0].len(), rows.len(), |y, out| {
            out.iter_mut().zip(rows[y].bytes()).for_each(|(dark, c)| *dark = c == b'#');
        });
        marks.runs().iter().map(|run| marks.size(run)).collect()
    }

    #[test]
    fn runs_join_over_corners_and_forks() {
        assert_eq!(sizes(&["#...#", ".#.#.", "..#.."]), vec![(5, 3); 5]);
        assert_eq!(sizes(&["#.#", "#.#"]), vec![(1, 2); 4]);
        assert_eq!(sizes(&["##.##", "....."]), vec![(2, 1); 2]);
        assert_eq!(sizes(&["#.#.#", "#####"]), vec![(5, 2); 4]);
        assert_eq!(sizes(&["#..", "..#"]), vec![(1, 1); 2]);
    }
}

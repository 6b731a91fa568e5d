//! Made-up pages for tests, set in millimetres.

use model::{Line, PageWords, RectPx, Word};

/// A made-up page of A4 at 200 dpi on which lines are set in millimetres.
pub(crate) struct Page(pub(crate) PageWords);

const PX_PER_MM: f64 = 200.0 / 25.4;

impl Page {
    pub(crate) fn new(page: u32) -> Self {
        Self(PageWords { confidence: 0.9, ..PageWords::unread(page, (1654, 2339), (200.0, 200.0)) })
    }

    /// One engine line at height `y`, made of pieces that begin at their `x`.
    pub(crate) fn line(mut self, y: f64, pieces: &[(f64, &str)]) -> Self {
        let line = set(y, pieces);
        self.0.lines.push(line);
        self
    }

    pub(crate) fn centred(self, y: f64, text: &str) -> Self {
        let x = 105.0 - width(text) / 2.0;
        self.line(y, &[(x, text)])
    }

    pub(crate) fn stamp(mut self, x: f64, y: f64, text: &str) -> Self {
        let line = set(y, &[(x, text)]);
        self.0.stamps.push(line);
        self
    }

    pub(crate) fn body(mut self, mut y: f64, lines: &[&str]) -> Self {
        for text in lines {
            self = self.line(y, &[(30.0, text)]);
            y += 6.5;
        }
        self
    }

    /// The same paper laid on the glass a quarter turn wrong, so that it must be turned clockwise to be read.
    pub(crate) fn turned(mut self) -> Self {
        let width = self.0.width_px;
        for word in self.0.lines.iter_mut().chain(&mut self.0.stamps).flat_map(|line| &mut line.words) {
            let r = word.rect;
            word.rect = RectPx { x: r.y, y: width - r.x - r.width, width: r.height, height: r.width };
        }
        (self.0.width_px, self.0.height_px) = (self.0.height_px, self.0.width_px);
        self.0.turned = 90;
        self
    }

    /// The same paper fed askew.
    pub(crate) fn tilted(mut self, degrees: f64) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (cx, cy) = (f64::from(self.0.width_px) / 2.0, f64::from(self.0.height_px) / 2.0);
        for line in self.0.lines.iter_mut().chain(&mut self.0.stamps) {
            line.angle_deg = degrees;
            for word in &mut line.words {
                let r = word.rect;
                let (dx, dy) =
                    (f64::from(r.x) + f64::from(r.width) / 2.0 - cx, f64::from(r.y) + f64::from(r.height) / 2.0 - cy);
                let (x, y) = (cx + dx * cos - dy * sin, cy + dx * sin + dy * cos);
                word.rect.x = (x - f64::from(r.width) / 2.0).max(0.0) as u32;
                word.rect.y = (y - f64::from(r.height) / 2.0).max(0.0) as u32;
            }
        }
        self
    }
}

fn width(text: &str) -> f64 {
    text.chars().count() as f64 * 2.3
}

fn set(y: f64, pieces: &[(f64, &str)]) -> Line {
    let mut words = Vec::new();
    for (x, text) in pieces {
        let mut at = *x;
        for word in text.split(' ') {
            let px = |mm: f64| (mm * PX_PER_MM).round() as u32;
            if !word.is_empty() {
                let rect = RectPx { x: px(at), y: px(y), width: px(width(word)), height: px(4.0) };
                words.push(Word { text: word.to_owned(), confidence: 0.9, rect });
            }
            at += width(word) + 1.4;
        }
    }
    Line { words, baseline_x: 0.0, baseline_y: 0.0, angle_deg: 0.0, height_px: 4.0 * PX_PER_MM, block: 0 }
}

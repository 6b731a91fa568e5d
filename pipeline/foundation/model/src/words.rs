//! What was read on a page.

use serde::{Deserialize, Serialize};

use crate::geometry::RectPx;

/// One word as the engine read it, NFC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The text, NFC, without white space.
    pub text: String,
    /// Confidence, 0.0 to 1.0.
    pub confidence: f32,
    /// Box on the page as scanned and displayed (tilt undone: the box surrounds the tilted word).
    pub rect: RectPx,
}

/// Words on one baseline, left to right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The words; never empty.
    pub words: Vec<Word>,
    /// Baseline start (left), px of the displayed page image.
    pub baseline_x: f64,
    /// Baseline start, px.
    pub baseline_y: f64,
    /// Tilt of the baseline in degrees, positive when it falls to the right.
    pub angle_deg: f64,
    /// Height of the line (ascender to descender), px.
    pub height_px: f64,
    /// Block number in reading order.
    pub block: u32,
}

/// Everything read on one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageWords {
    /// Page number in the document, from 1.
    pub page: u32,
    /// Displayed width of the page image, px.
    pub width_px: u32,
    /// Displayed height, px.
    pub height_px: u32,
    /// Resolution across.
    pub dpi_x: f64,
    /// Resolution down.
    pub dpi_y: f64,
    /// Clockwise turn (0, 90, 180, 270) that makes the displayed page upright for a reader.
    pub turned: u16,
    /// Lines in reading order.
    pub lines: Vec<Line>,
    /// Lines read in a second pass on the coloured marks alone (stamps such as `MẬT`); empty when there are none.
    #[serde(default)]
    pub stamps: Vec<Line>,
    /// Mean word confidence, 0.0 to 1.0; 0 without words.
    pub confidence: f32,
    /// Which attempts of the ladder were made, best named last, e.g. `["deskew", "luma"]`.
    pub attempts: Vec<String>,
    /// What a person should look at: `ink_without_text`, `low_confidence`, `out_of_time`, …
    pub findings: Vec<String>,
}

impl PageWords {
    /// A page on which nothing was read: its number, its displayed size in px, its resolution across and down.
    pub fn unread(page: u32, (width_px, height_px): (u32, u32), (dpi_x, dpi_y): (f64, f64)) -> Self {
        Self {
            page,
            width_px,
            height_px,
            dpi_x,
            dpi_y,
            turned: 0,
            lines: Vec::new(),
            stamps: Vec::new(),
            confidence: 0.0,
            attempts: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// The page's text, a line a row.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            for (i, word) in line.words.iter().enumerate() {
                if i > 0 {
                    out.push(' ');
                }
                out.push_str(&word.text);
            }
            out.push('\n');
        }
        out
    }

    /// All words in reading order.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.lines.iter().flat_map(|line| &line.words)
    }
}

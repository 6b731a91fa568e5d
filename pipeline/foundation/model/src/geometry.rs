//! Lengths. Millimetres are of the *displayed* page, origin at its top-left corner, y downwards; pixels are of the
//! page image as displayed (orientation applied); points (1/72 in) are PDF's, origin bottom-left.

use serde::{Deserialize, Serialize};

/// Points in a millimetre.
pub const PT_PER_MM: f64 = 72.0 / 25.4;

/// Width and height in millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SizeMm {
    /// Across, mm.
    pub width: f64,
    /// Down, mm.
    pub height: f64,
}

/// A box on the displayed page, mm from its top-left corner.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RectMm {
    /// Left edge, mm.
    pub x: f64,
    /// Top edge, mm.
    pub y: f64,
    /// Width, mm.
    pub width: f64,
    /// Height, mm.
    pub height: f64,
}

/// A box in pixels of the displayed page image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RectPx {
    /// Left edge, px.
    pub x: u32,
    /// Top edge, px.
    pub y: u32,
    /// Width, px.
    pub width: u32,
    /// Height, px.
    pub height: u32,
}

impl RectMm {
    /// Right edge, mm.
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Bottom edge, mm.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// The box grown by `by` mm on every side (may leave the page).
    #[must_use]
    pub fn grown(&self, by: f64) -> Self {
        Self { x: self.x - by, y: self.y - by, width: self.width + 2.0 * by, height: self.height + 2.0 * by }
    }

    /// Whether the two boxes share area.
    pub fn intersects(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// Smallest box around both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self { x, y, width: self.right().max(other.right()) - x, height: self.bottom().max(other.bottom()) - y }
    }
}

impl RectPx {
    /// In millimetres at a resolution (dots per inch across and down).
    pub fn to_mm(self, dpi_x: f64, dpi_y: f64) -> RectMm {
        RectMm {
            x: f64::from(self.x) * 25.4 / dpi_x,
            y: f64::from(self.y) * 25.4 / dpi_y,
            width: f64::from(self.width) * 25.4 / dpi_x,
            height: f64::from(self.height) * 25.4 / dpi_y,
        }
    }

    /// Smallest box around both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = (self.x + self.width).max(other.x + other.width);
        let bottom = (self.y + self.height).max(other.y + other.height);
        Self { x, y, width: right - x, height: bottom - y }
    }
}

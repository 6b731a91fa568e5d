//! A decoded page, upright.

use std::ops::ControlFlow;

use crate::{Color, Frame, error::Fault};

/// A page image as displayed, 8 bits a sample, rows from the top without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Width, px.
    pub width: u32,
    /// Height, px.
    pub height: u32,
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: u8,
    /// `width × height × channels` bytes.
    pub data: Vec<u8>,
}

impl Pixels {
    /// Turns or mirrors the stored image into the displayed one (EXIF 2.3 §4.6.4, tag 0x0112).
    #[must_use]
    pub fn oriented(self, orientation: u8) -> Self {
        let (w, h) = (self.width as usize, self.height as usize);
        let n = usize::from(self.channels);
        if !(2..=8).contains(&orientation) {
            return self;
        }
        let (out_w, out_h) = if orientation >= 5 { (h, w) } else { (w, h) };
        let mut data = Vec::with_capacity(self.data.len());
        for y in 0..out_h {
            for x in 0..out_w {
                let (sx, sy) = match orientation {
                    2 => (w - 1 - x, y),
                    3 => (w - 1 - x, h - 1 - y),
                    4 => (x, h - 1 - y),
                    5 => (y, x),
                    6 => (y, h - 1 - x),
                    7 => (w - 1 - y, h - 1 - x),
                    _ => (w - 1 - y, x),
                };
                let at = (sy * w + sx) * n;
                data.extend_from_slice(&self.data[at..at + n]);
            }
        }
        Self { width: out_w as u32, height: out_h as u32, channels: self.channels, data }
    }
}

/// Takes rows of any [`Color`] and reduces them to 8 bits.
pub(crate) struct Collector {
    width: u32,
    height: u32,
    color: Color,
    data: Vec<u8>,
}

impl Collector {
    pub(crate) fn new(frame: &Frame) -> Self {
        let samples = frame.width as usize * frame.height as usize * usize::from(frame.color.channels());
        Self { width: frame.width, height: frame.height, color: frame.color, data: Vec::with_capacity(samples) }
    }

    pub(crate) fn push(&mut self, row: &[u8]) -> ControlFlow<()> {
        match self.color {
            Color::Bilevel => {
                let width = self.width as usize;
                let bits =
                    row.iter().flat_map(|byte| (0..8).map(move |bit| if byte & (0x80 >> bit) == 0 { 0 } else { 255 }));
                self.data.extend(bits.take(width));
            }
            Color::Grey8 | Color::Rgb8 => self.data.extend_from_slice(row),
            // The high byte is the 8-bit value a reader shows (poppler and libtiff cut alike).
            Color::Grey16 | Color::Rgb16 => self.data.extend(row.iter().step_by(2)),
        }
        ControlFlow::Continue(())
    }

    pub(crate) fn finish(self, orientation: u8) -> Result<Pixels, Fault> {
        let channels = self.color.channels();
        if self.data.len() != self.width as usize * self.height as usize * usize::from(channels) {
            return Err(Fault::damaged("the page image ends early"));
        }
        let stored = Pixels { width: self.width, height: self.height, channels, data: self.data };
        Ok(stored.oriented(orientation))
    }
}

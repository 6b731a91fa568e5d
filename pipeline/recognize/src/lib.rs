//! Reads a page: words with boxes and confidence, on the page as scanned.
//!
//! *Purpose:* turns the pixels of one page into [`PageWords`], whatever its tilt, paper or orientation, within a budget of CPU time,
//! and says what a person should look at. *Knows:* how a scan becomes a picture that an engine reads well, which other ways to try when
//! it does not, and how words come back onto the page as scanned. *Doesn't know:* files, documents, what words mean; the pixels of the
//! archived page are never touched: every preparation happens on a copy.
//!
//! `OMP_THREAD_LIMIT=1` belongs into the environment of the process that reads: the engine's own threads double its CPU time.

mod background;
mod blobs;
mod cpu;
mod engine;
mod error;
mod findings;
mod ladder;
mod picture;
mod skew;
mod stamps;
mod warp;
mod words;

use std::time::Duration;

use model::PageWords;
use scan::Pixels;

pub use engine::{NoText, Tesseract};
pub use error::Error;
pub use findings::findings;

/// What reading one page may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// CPU time of the reading thread, over all attempts. Wall time is nobody's budget: a busy machine must not lose text.
    pub cpu: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self { cpu: Duration::from_secs(30) }
    }
}

/// Reads pages. One page at a time; an implementation may keep an engine between pages.
pub trait TextRecognizer {
    /// Reads a page as displayed. `dpi` is across and down; `page_number` counts from 1.
    ///
    /// An unreadable page is no error: it comes back without words and with findings. Running out of budget is a finding too.
    fn read(&mut self, page: &Pixels, dpi: (f64, f64), page_number: u32, budget: Budget) -> Result<PageWords, Error>;
}

#[cfg(test)]
mod tests;

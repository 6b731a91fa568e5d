//! The two recognizers: libtesseract, and none.

use std::path::{Path, PathBuf};

use model::PageWords;
use scan::Pixels;

use crate::{Budget, TextRecognizer, error::Error, ladder, stamps, words};

/// Reads with libtesseract, in process. Loads its language data at the first page.
#[derive(Debug)]
pub struct Tesseract {
    engines: Engines,
}

impl Tesseract {
    /// A recognizer for a language (`vie`), with its data in a folder or where the engine itself looks.
    pub fn new(tessdata: Option<&Path>, language: &str) -> Self {
        let engines = Engines {
            tessdata: tessdata.map(Path::to_path_buf),
            language: language.to_owned(),
            usual: None,
            english: None,
            english_tried: false,
        };
        Self { engines }
    }

    /// Loads the language data now instead of at the first page; gives the engine's version.
    ///
    /// # Errors
    /// [`Error::Engine`] when the data is not to be had.
    pub fn load(&mut self) -> Result<String, Error> {
        self.engines.engine(false)?;
        tesseract::version().map_err(|source| Error::Engine { language: self.engines.language.clone(), source })
    }
}

/// The engines with their data; the second language only when it is needed.
#[derive(Debug)]
pub(crate) struct Engines {
    tessdata: Option<PathBuf>,
    language: String,
    usual: Option<tesseract::Engine>,
    english: Option<tesseract::Engine>,
    english_tried: bool,
}

impl Engines {
    /// Whether English can be read beside the language. Not having it is no fault: it is one more way to try.
    pub(crate) fn has_english(&mut self) -> bool {
        if !self.english_tried {
            self.english_tried = true;
            self.english = self.load(&format!("{}+eng", self.language)).ok();
        }
        self.english.is_some()
    }

    /// The engine for the language, or for it and English where that was found.
    pub(crate) fn engine(&mut self, english: bool) -> Result<&mut tesseract::Engine, Error> {
        if self.usual.is_none() {
            self.usual = Some(self.load(&self.language)?);
        }
        let wanted = if english && self.english.is_some() { &mut self.english } else { &mut self.usual };
        wanted
            .as_mut()
            .ok_or_else(|| Error::Engine { language: self.language.clone(), source: tesseract::Error::NoAnswer })
    }

    fn load(&self, language: &str) -> Result<tesseract::Engine, Error> {
        let refused = |source| Error::Engine { language: language.to_owned(), source };
        let mut engine = tesseract::Engine::new(self.tessdata.as_deref(), language).map_err(refused)?;
        // White on black does not occur in office papers; looking for it costs a second reading of every poor line.
        engine.set("tessedit_do_invert", "0").map_err(refused)?;
        // Letters of equal width are looked for line by line only to cut words into letters, which this engine does not need.
        engine.set("textord_all_prop", "1").map_err(refused)?;
        // Nobody asks for paragraphs; looking for them before there is text costs next to nothing.
        engine.set("paragraph_text_based", "0").map_err(refused)?;
        Ok(engine)
    }
}

impl TextRecognizer for Tesseract {
    fn read(&mut self, page: &Pixels, dpi: (f64, f64), page_number: u32, budget: Budget) -> Result<PageWords, Error> {
        check(page, dpi, page_number)?;
        let reading = ladder::read(&mut self.engines, page, dpi, page_number, budget.cpu)?;
        let stamps = stamps::read(&mut self.engines, page, dpi, page_number, reading.turned)?;
        let (confidence, _) = words::confidence(&reading.lines);
        Ok(PageWords {
            page: page_number,
            width_px: page.width,
            height_px: page.height,
            dpi_x: dpi.0,
            dpi_y: dpi.1,
            turned: reading.turned,
            lines: reading.lines,
            stamps,
            confidence,
            attempts: reading.attempts,
            findings: reading.findings,
        })
    }
}

/// Reads nothing: for archives that want no text recognition.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoText;

impl TextRecognizer for NoText {
    fn read(&mut self, page: &Pixels, dpi: (f64, f64), page_number: u32, _budget: Budget) -> Result<PageWords, Error> {
        check(page, dpi, page_number)?;
        Ok(PageWords::unread(page_number, (page.width, page.height), dpi))
    }
}

/// Pixels that can be a page: some area, all bytes there, a resolution of this world.
pub(crate) fn check(page: &Pixels, dpi: (f64, f64), number: u32) -> Result<(), Error> {
    let bytes = (page.width as usize)
        .checked_mul(page.height as usize)
        .and_then(|pixels| pixels.checked_mul(usize::from(page.channels)));
    let whole = bytes == Some(page.data.len()) && page.width > 0 && page.height > 0 && matches!(page.channels, 1 | 3);
    let sane = |dpi: f64| (20.0..=10_000.0).contains(&dpi);
    if whole && sane(dpi.0) && sane(dpi.1) {
        return Ok(());
    }
    Err(Error::Page { page: number, width: page.width, height: page.height, dpi_x: dpi.0, dpi_y: dpi.1 })
}

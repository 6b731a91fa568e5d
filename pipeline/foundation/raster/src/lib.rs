//! Turns a page of a foreign PDF into pixels.
//!
//! *Purpose:* shows a page as a reader's screen does, annotations included, and tells its displayed size and what lies on it. *Knows:*
//! page boxes, `/Rotate`, `/UserUnit`; limits of bytes and pixels, checked before anything is allocated for them. *Doesn't know:* our own
//! scans (they are decoded from the originals), signatures, what is written on the page.
//!
//! How long a page may take is not limited here: rendering cannot be interrupted, so it runs in a worker process whose CPU time is.

mod error;

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use hayro::{
    PixmapSettings, RenderCache, RenderSettings,
    hayro_interpret::{
        InterpreterSettings,
        util::{RectExt as _, TransformExt as _},
    },
    hayro_syntax::{
        LoadPdfError, Pdf,
        object::{Array, Dict, Rect, dict::keys},
        page::Page,
    },
    kurbo::Affine,
    vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit, color::palette::css::WHITE},
};
use model::{RectMm, SizeMm};
use scan::Pixels;

pub use error::Error;

/// Annotations looked at on one page; a page with more is covered by them anyway.
const MAX_ANNOTATIONS: usize = 10_000;

/// Bounds on foreign PDFs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file, which is held in memory.
    pub bytes: u64,
    /// Pixels of one rendered page (each takes eleven bytes while it is drawn).
    pub pixels: u64,
    /// Pages of a document.
    pub pages: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 512 << 20, pixels: 60_000_000, pages: 10_000 }
    }
}

/// An opened PDF: one parse for any number of pages.
pub struct Document {
    path: PathBuf,
    pdf: Pdf,
    limits: Limits,
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Document {
    /// Opens a PDF; encrypted ones are refused, damaged ones are read as far as a reader would.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, Error> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        let mut bytes = Vec::new();
        file.take(limits.bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > limits.bytes {
            return Err(Error::TooLarge { path: path.to_owned(), what: "bytes", limit: limits.bytes });
        }
        let pdf = Pdf::new(bytes).map_err(|error| match error {
            LoadPdfError::Decryption(_) => Error::Encrypted { path: path.to_owned() },
            LoadPdfError::Invalid => {
                Error::Damaged { path: path.to_owned(), detail: "it has no pages that can be found".into() }
            }
        })?;
        if pdf.pages().len() > limits.pages as usize {
            return Err(Error::TooLarge { path: path.to_owned(), what: "pages", limit: u64::from(limits.pages) });
        }
        Ok(Self { path: path.to_owned(), pdf, limits: *limits })
    }

    /// How many pages it has.
    pub fn page_count(&self) -> u32 {
        self.pdf.pages().len() as u32
    }

    /// Size of a page (from 1) as displayed.
    pub fn page_size_mm(&self, page: u32) -> Result<SizeMm, Error> {
        Ok(Displayed::of(self.page(page)?).size_mm())
    }

    /// The boxes of all annotations and form fields of a page as displayed, hidden ones too: what is invisible today may be shown
    /// tomorrow. Boxes without area (invisible signature fields) are left out.
    pub fn annotations_mm(&self, page: u32) -> Result<Vec<RectMm>, Error> {
        let page = self.page(page)?;
        let displayed = Displayed::of(page);
        let Some(annotations) = page.raw().get::<Array<'_>>(keys::ANNOTS) else { return Ok(Vec::new()) };
        let boxes = annotations.iter::<Dict<'_>>().take(MAX_ANNOTATIONS);
        Ok(boxes.filter_map(|one| displayed.rect_mm(one.get::<Rect>(keys::RECT)?)).collect())
    }

    /// Renders a page (from 1) on white paper, 8-bit red, green, blue, at a resolution.
    pub fn render(&self, number: u32, dpi: f64) -> Result<Pixels, Error> {
        let page = self.page(number)?;
        let displayed = Displayed::of(page);
        let (width, height) = self.pixels(&displayed, dpi)?;
        let scale = (f64::from(width) / displayed.width_pt, f64::from(height) / displayed.height_pt);
        let transform = Affine::scale_non_uniform(scale.0, scale.1) * page.initial_transform(true).to_kurbo();
        let mut context = RenderContext::new(width, height);
        let cache = RenderCache::new();
        let (interpreter, settings) = (InterpreterSettings::default(), RenderSettings::default());
        hayro::render_into(page, &cache, &interpreter, &settings, &mut context, transform);
        context.flush();
        let mut drawn = Pixmap::new(width, height);
        let white = PixmapSettings { bg_color: WHITE, ..PixmapSettings::default() }.bg_color;
        let target = RasterizerSettings { target_init: TargetInit::Clear(white), ..RasterizerSettings::default() };
        context.render_with(&mut drawn, &mut Resources::default(), target);
        // The paper is opaque, so premultiplied and plain colours are the same.
        let data = drawn.data().iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect();
        Ok(Pixels { width: u32::from(width), height: u32::from(height), channels: 3, data })
    }

    fn page(&self, number: u32) -> Result<&Page<'_>, Error> {
        let index = (number as usize).checked_sub(1);
        index.and_then(|index| self.pdf.pages().get(index)).ok_or_else(|| Error::NoSuchPage {
            path: self.path.clone(),
            page: number,
            pages: self.page_count(),
        })
    }

    fn pixels(&self, displayed: &Displayed, dpi: f64) -> Result<(u16, u16), Error> {
        let size = displayed.size_mm();
        let (width, height) = ((size.width / 25.4 * dpi).round().max(1.0), (size.height / 25.4 * dpi).round().max(1.0));
        // Also refuses what is not a number.
        let fits = width * height <= self.limits.pixels as f64 && width <= 65_535.0 && height <= 65_535.0;
        if !fits || !dpi.is_finite() || dpi <= 0.0 {
            return Err(Error::TooLarge { path: self.path.clone(), what: "pixels", limit: self.limits.pixels });
        }
        Ok((width as u16, height as u16))
    }
}

/// A page's box as a reader shows it.
struct Displayed {
    transform: Affine,
    width_pt: f64,
    height_pt: f64,
    /// Points of a user-space unit (ISO 32000-1, 14.11.2 `/UserUnit`).
    unit: f64,
}

impl Displayed {
    fn of(page: &Page<'_>) -> Self {
        let (width, height) = page.render_dimensions();
        let unit = page.raw().get::<f32>(keys::USER_UNIT).map_or(1.0, f64::from);
        let unit = if unit.is_finite() && unit > 0.0 { unit } else { 1.0 };
        let transform = page.initial_transform(true).to_kurbo();
        Self { transform, width_pt: f64::from(width), height_pt: f64::from(height), unit }
    }

    fn mm(&self) -> f64 {
        self.unit * 25.4 / 72.0
    }

    fn size_mm(&self) -> SizeMm {
        SizeMm { width: self.width_pt * self.mm(), height: self.height_pt * self.mm() }
    }

    fn rect_mm(&self, rect: Rect) -> Option<RectMm> {
        let shown = self.transform.transform_rect_bbox(rect.to_kurbo().abs());
        let [x, y, width, height] = [shown.x0, shown.y0, shown.width(), shown.height()].map(|v| v * self.mm());
        let sane = [x, y, width, height].iter().all(|v| v.is_finite()) && width > 0.0 && height > 0.0;
        sane.then_some(RectMm { x, y, width, height })
    }
}

/// Renders one page (from 1) of a PDF as displayed.
pub fn render(pdf: &Path, page: u32, dpi: f64, limits: &Limits) -> Result<Pixels, Error> {
    Document::open(pdf, limits)?.render(page, dpi)
}

/// How many pages a PDF has, under the default limits.
pub fn page_count(pdf: &Path) -> Result<u32, Error> {
    Ok(Document::open(pdf, &Limits::default())?.page_count())
}

/// Size of a page (from 1) as displayed, under the default limits.
pub fn page_size_mm(pdf: &Path, page: u32) -> Result<SizeMm, Error> {
    Document::open(pdf, &Limits::default())?.page_size_mm(page)
}

#[cfg(test)]
mod tests;

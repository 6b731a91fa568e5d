//! Writes page images and words as PDF/A-2u, as a stream.
//!
//! *Purpose:* one PDF of a submission: the scanner's pixels untouched (JPEG and single-strip Group 4 byte for byte, everything
//! else without loss), the words as hidden text at their places, archival metadata. *Knows:* ISO 32000-1, ISO 19005-2 level u.
//! *Doesn't know:* files of ours (it writes into any `Write`), signatures, recognition, times: the same input gives the same bytes.
//! Memory does not grow with the document: one strip, at most one page of a format that comes in one piece.

mod color;
mod error;
mod font;
mod image;
mod lossless;
mod metadata;
mod text_layer;
mod writer;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    io::Write,
    path::{Path, PathBuf},
};

use model::{Form, PageImage, PageWords, Sha256, SourceKind, Submission};
use pdf::images::ScannedPage;

pub use error::Error;

use writer::{Pdf, Reserved};

/// The digest state and facts of a PDF that was written whole.
#[derive(Clone)]
pub struct Assembled {
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 of the whole.
    pub sha256: Sha256,
    /// SHA-256 state after the last byte: a seal appended to it need not read the file again.
    pub state: ring::digest::Context,
    /// Pages.
    pub pages: u32,
}

impl std::fmt::Debug for Assembled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { bytes, sha256, state: _, pages } = self;
        f.debug_struct("Assembled").field("bytes", bytes).field("sha256", sha256).field("pages", pages).finish()
    }
}

/// Smallest and largest side of a page (ISO 19005-2 §6.1.13), pt.
const PAGE_SIDES: std::ops::RangeInclusive<f64> = 3.0..=14_400.0;

/// Writes the PDF/A-2u of a submission that is to be assembled.
///
/// `originals` holds one path for each of the submission's files; `words` may lack pages (nothing was read there).
/// Nothing is published here: on an error the bytes already written are worth nothing.
pub fn assemble(
    originals: &[PathBuf],
    submission: &Submission,
    words: &[PageWords],
    title: &str,
    out: &mut dyn Write,
) -> Result<Assembled, Error> {
    if submission.form != Form::Assembled || originals.len() != submission.files.len() || submission.pages.is_empty() {
        return Err(Error::NothingToAssemble { source_path: submission.source.clone() });
    }
    let words: BTreeMap<u32, &PageWords> = words.iter().map(|page| (page.page, page)).collect();
    let mut pdf = Pdf::start(out)?;
    let head = metadata::write_head(&mut pdf, title)?;
    let fonts = font::write(&mut pdf)?;
    let mut sources = Sources { originals, submission, scanner: BTreeMap::new() };
    let mut profiles = color::Profiles::default();
    let mut kids = Vec::with_capacity(submission.pages.len());
    for page in &submission.pages {
        let size = page_points(page)?;
        let xobject = match sources.image(page)? {
            Source::Scan { path, kind } => image::write_scan(&mut pdf, &mut profiles, path, kind, page)?,
            Source::Scanner { path, scanned } => image::write_scanned(&mut pdf, &mut profiles, path, scanned)?,
        };
        let content = text_layer::page(size, page.orientation, words.get(&page.page).copied());
        let content = pdf.flate_stream("", &content)?;
        kids.push(write_page(&mut pdf, head.pages, size, xobject, content, fonts)?);
        tracing::debug!(page = page.page, "page written");
    }
    metadata::finish(pdf, &head, &kids, submission.id)
}

/// Page size as displayed, pt.
fn page_points(page: &PageImage) -> Result<(f64, f64), Error> {
    let size = (f64::from(page.width_px) * 72.0 / page.dpi_x, f64::from(page.height_px) * 72.0 / page.dpi_y);
    if PAGE_SIDES.contains(&size.0) && PAGE_SIDES.contains(&size.1) {
        Ok(size)
    } else {
        Err(Error::PageSize { page: page.page, width_pt: size.0, height_pt: size.1 })
    }
}

fn write_page(
    pdf: &mut Pdf<'_>,
    parent: Reserved,
    (width, height): (f64, f64),
    image: Reserved,
    content: Reserved,
    font: Reserved,
) -> Result<Reserved, Error> {
    let (width, height) = (writer::number(width), writer::number(height));
    let page = pdf.reserve();
    pdf.object(
        page,
        &format!(
            "<</Type/Page/Parent {parent}/MediaBox[0 0 {width} {height}]\
             /Resources<</XObject<</Im0 {image}>>/Font<</F0 {font}>>>>/Contents {content}>>"
        ),
    )?;
    Ok(page)
}

enum Source<'a> {
    Scan { path: &'a Path, kind: SourceKind },
    Scanner { path: &'a Path, scanned: &'a ScannedPage },
}

/// The submission's files; a scanner's PDF is taken apart once.
struct Sources<'a> {
    originals: &'a [PathBuf],
    submission: &'a Submission,
    scanner: BTreeMap<u32, Vec<ScannedPage>>,
}

impl Sources<'_> {
    fn image(&mut self, page: &PageImage) -> Result<Source<'_>, Error> {
        let missing = || Error::NothingToAssemble { source_path: self.submission.source.clone() };
        let file = self.submission.files.get(page.file as usize).ok_or_else(missing)?;
        let path = self.originals.get(page.file as usize).ok_or_else(missing)?;
        if file.kind != SourceKind::Pdf {
            return Ok(Source::Scan { path, kind: file.kind });
        }
        let changed = || Error::Changed { path: path.clone() };
        let pages = match self.scanner.entry(page.file) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(place) => place.insert(pdf::images::page_images(path)?.ok_or_else(changed)?),
        };
        let scanned = pages.get(page.frame as usize).ok_or_else(changed)?;
        Ok(Source::Scanner { path, scanned })
    }
}

#[cfg(test)]
mod tests;

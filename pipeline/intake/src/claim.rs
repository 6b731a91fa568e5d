//! Claiming: every file probed and hashed, pages measured and counted, what is declared held against what is there.

use std::path::Path;

use model::{DocumentId, Form, Origin, PageImage, SourceFile, SourceKind, Submission, geometry::PT_PER_MM};
use pdf::images::{ImageColor, PageBox, ScannedPage, page_boxes, page_images};
use scan::{Color, Limits};

use crate::{
    Candidate, Error, Template, declared,
    find::{Seen, Shape},
    names::{decode_name, encode_name, stored_name},
    paper::measure,
    settle::kind_of,
};

/// Scans coarser than this are shown to a person (NĐ 30/2020); a scanner's 199 dpi counts as 200.
const LOW_DPI: f64 = 198.0;
/// Resolution at which pages of a PDF that stays as it is are looked at.
const RENDER_DPI: f64 = 200.0;

/// Makes a submission of a candidate.
///
/// # Errors
/// Each names the file and what is wrong; nothing was changed.
pub fn claim(inbound: &Path, candidate: &Candidate, template: &Template, limits: &Limits) -> Result<Submission, Error> {
    if let Shape::Odd { mixed, detail } = &candidate.shape {
        let path = candidate.source.clone();
        let detail = detail.clone();
        return Err(if *mixed { Error::Mixed { path, detail } } else { Error::Odd { path, detail } });
    }
    let declared = declared::read(candidate)?;
    let mut claim = Claim { inbound, candidate, limits, files: Vec::new(), pages: Vec::new(), findings: Vec::new() };
    let mut form = Form::Assembled;
    for (index, seen) in candidate.files.iter().enumerate() {
        if claim.file(index as u32, seen)? == Form::Original {
            form = Form::Original;
        }
    }
    let Claim { files, pages, findings, .. } = claim;
    let digests: Vec<_> = files.iter().map(|file| file.sha256).collect();
    Ok(Submission {
        version: 1,
        id: DocumentId::of_content(&digests),
        supersedes: None,
        source: candidate.source.clone(),
        place: template.read(&decode_name(&candidate.source)),
        files,
        pages,
        form,
        declared,
        findings,
    })
}

struct Claim<'a> {
    inbound: &'a Path,
    candidate: &'a Candidate,
    limits: &'a Limits,
    files: Vec<SourceFile>,
    pages: Vec<PageImage>,
    findings: Vec<String>,
}

impl Claim<'_> {
    fn file(&mut self, index: u32, seen: &Seen) -> Result<Form, Error> {
        let below = seen.path.strip_prefix(self.inbound).unwrap_or(&seen.path);
        let path = below.iter().map(encode_name).collect::<Vec<_>>().join("/");
        let read = |source| Error::Look { path: seen.path.clone(), source };
        let kind = kind_of(&seen.path).map_err(read)?.ok_or_else(|| Error::Unknown { path: path.clone() })?;
        if seen.bytes > self.limits.bytes {
            return Err(Error::TooLarge { path, what: format!("{} > {} bytes", seen.bytes, self.limits.bytes) });
        }
        let form = match kind {
            SourceKind::Pdf => self.pdf(index, seen, &path)?,
            SourceKind::Jpeg | SourceKind::Tiff | SourceKind::Png => self.scan(index, seen, kind, &path)?,
        };
        if self.pages.len() as u64 > u64::from(self.limits.frames) {
            return Err(Error::TooLarge { path, what: format!("> {} pages", self.limits.frames) });
        }
        let (sha256, bytes) = durable::sha256_file(&seen.path)?;
        let name = stored_name(seen.path.file_name().unwrap_or_default());
        self.files.push(SourceFile { name, path, bytes, sha256, kind });
        Ok(form)
    }

    fn scan(&mut self, index: u32, seen: &Seen, kind: SourceKind, path: &str) -> Result<Form, Error> {
        let refused = |source| Error::Scan { path: path.to_owned(), source };
        let frames = scan::frames(&seen.path, kind, self.limits).map_err(refused)?;
        if frames.len() > 1 && self.candidate.files.len() > 1 {
            let detail = format!("{}: {} pages", encode_name(seen.path.file_name().unwrap_or_default()), frames.len());
            return Err(Error::Mixed { path: self.candidate.source.clone(), detail });
        }
        for frame in frames {
            let (width, height) = frame.displayed();
            let measured = measure(width, height, frame.displayed_dpi());
            let page = self.pages.len() as u32 + 1;
            self.note(page, measured.dpi, measured.origin, Some(frame.color));
            self.pages.push(PageImage {
                page,
                file: index,
                frame: frame.index,
                width_px: width,
                height_px: height,
                dpi_x: measured.dpi.0,
                dpi_y: measured.dpi.1,
                dpi_origin: measured.origin,
                size: measured.size,
                orientation: frame.orientation,
            });
        }
        Ok(Form::Assembled)
    }

    fn pdf(&mut self, index: u32, seen: &Seen, path: &str) -> Result<Form, Error> {
        let refused = |source| Error::Pdf { path: path.to_owned(), source };
        if self.candidate.files.len() > 1 {
            let detail = format!("{}: PDF", encode_name(seen.path.file_name().unwrap_or_default()));
            return Err(Error::Mixed { path: self.candidate.source.clone(), detail });
        }
        if let Some(scanned) = page_images(&seen.path).map_err(refused)? {
            for (frame, image) in scanned.iter().enumerate() {
                self.page_of(index, frame, &image.page, Some(image), path)?;
            }
            return Ok(Form::Assembled);
        }
        for (frame, page) in page_boxes(&seen.path).map_err(refused)?.iter().enumerate() {
            self.page_of(index, frame, page, None, path)?;
        }
        Ok(Form::Original)
    }

    /// A page of a PDF: its box is the paper. Without an image of its own it is looked at by rendering.
    fn page_of(
        &mut self,
        index: u32,
        frame: usize,
        page: &PageBox,
        image: Option<&ScannedPage>,
        path: &str,
    ) -> Result<(), Error> {
        let size = page.displayed();
        let turned = page.rotate % 180 == 90;
        let (width_px, height_px) = if let Some(image) = image {
            if turned { (image.height, image.width) } else { (image.width, image.height) }
        } else {
            let pixels = |mm: f64| (mm * PT_PER_MM / 72.0 * RENDER_DPI).round().max(1.0) as u32;
            (pixels(size.width), pixels(size.height))
        };
        let dpi = (f64::from(width_px) * 25.4 / size.width, f64::from(height_px) * 25.4 / size.height);
        let number = self.pages.len() as u32 + 1;
        if u64::from(width_px) * u64::from(height_px) > self.limits.pixels {
            return Err(Error::TooLarge { path: path.to_owned(), what: format!("{width_px} × {height_px} px") });
        }
        if let Some(image) = image {
            self.note(number, dpi, Origin::PageBox, color_of(image));
        }
        self.pages.push(PageImage {
            page: number,
            file: index,
            frame: frame as u32,
            width_px,
            height_px,
            dpi_x: dpi.0,
            dpi_y: dpi.1,
            dpi_origin: Origin::PageBox,
            size,
            orientation: match page.rotate {
                90 => 6,
                180 => 3,
                270 => 8,
                _ => 1,
            },
        });
        Ok(())
    }

    /// What a person should see; none of it drops a page.
    fn note(&mut self, page: u32, dpi: (f64, f64), origin: Origin, color: Option<Color>) {
        if f64::min(dpi.0, dpi.1) < LOW_DPI {
            self.findings.push(format!("low_resolution:{page}"));
        }
        if origin == Origin::Snapped {
            self.findings.push(format!("dpi_snapped:{page}"));
        }
        match color {
            Some(Color::Bilevel) => self.findings.push(format!("bitonal:{page}")),
            Some(Color::Grey8 | Color::Grey16) => self.findings.push(format!("greyscale:{page}")),
            Some(Color::Rgb8 | Color::Rgb16) | None => {}
        }
    }
}

/// The colours of a scanner's page, as far as a person is to be warned of them.
fn color_of(image: &ScannedPage) -> Option<Color> {
    match (&image.color, image.bits) {
        (ImageColor::Grey, 1) => Some(Color::Bilevel),
        (ImageColor::Grey | ImageColor::Icc { components: 1, .. }, _) => Some(Color::Grey8),
        (ImageColor::Rgb | ImageColor::Icc { .. } | ImageColor::Indexed { .. }, _) => None,
    }
}

/// Điều 8: all of it. A sheet has one or two pages. Apart from [`claim`], as a person may decide about it: the document has its
/// identity by then.
///
/// # Errors
/// [`Error::Incomplete`] says what is declared and what is there.
pub fn check_count(submission: &Submission) -> Result<(), Error> {
    let pages = submission.pages.len() as u32;
    let wrong = |declared: String| Error::Incomplete { path: submission.source.clone(), pages, declared };
    if let Some(wanted) = submission.declared.pages
        && wanted != pages
    {
        return Err(wrong(format!("pages = {wanted}")));
    }
    if let Some(sheets) = submission.declared.sheets
        && !sheets_fit(sheets, pages)
    {
        return Err(wrong(format!("sheets = {sheets}")));
    }
    Ok(())
}

/// Whether so many sheets can have so many pages.
pub fn sheets_fit(sheets: u32, pages: u32) -> bool {
    sheets <= pages && pages <= sheets.saturating_mul(2)
}

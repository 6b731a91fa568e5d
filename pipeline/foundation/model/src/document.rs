//! What a document is made of, from the scans it came as to the certification it carries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    digest::Sha256,
    geometry::{RectMm, SizeMm},
    id::DocumentId,
};

/// What kind of file a scan came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// JPEG, one page.
    Jpeg,
    /// TIFF, a page a directory.
    Tiff,
    /// PNG, one page.
    Png,
    /// PDF.
    Pdf,
}

/// One content file as it lay in inbound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Name below the document's place in inbound (`trang 2.jpg`); bytes that are not UTF-8 are percent-encoded.
    pub name: String,
    /// Path below inbound, percent-encoded in the same way.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 of the whole file.
    pub sha256: Sha256,
    /// Its kind.
    pub kind: SourceKind,
}

/// One page image of a submission, as displayed (EXIF and TIFF orientation applied).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageImage {
    /// Page number, from 1.
    pub page: u32,
    /// Index into [`Submission::files`].
    pub file: u32,
    /// TIFF directory, or page index of a PDF, from 0.
    pub frame: u32,
    /// Displayed width, px.
    pub width_px: u32,
    /// Displayed height, px.
    pub height_px: u32,
    /// Resolution across the displayed page, after implausible tags were replaced.
    pub dpi_x: f64,
    /// Resolution down.
    pub dpi_y: f64,
    /// Where the resolution comes from.
    pub dpi_origin: Origin,
    /// Displayed page size.
    pub size: SizeMm,
    /// EXIF/TIFF orientation as stored, 1 to 8.
    pub orientation: u8,
}

/// Where a measured value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A tag of the file said it plausibly.
    Tag,
    /// Snapped to the nearest standard paper size.
    Snapped,
    /// A PDF page's own box.
    PageBox,
}

/// Secrecy levels of Vietnamese law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Secrecy {
    /// Not secret.
    Thuong,
    /// *Mật*.
    Mat,
    /// *Tối mật*.
    ToiMat,
    /// *Tuyệt mật*: never stored.
    TuyetMat,
}

/// What `document.toml` beside the pages declares.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// Sheets of paper; a sheet has one or two pages.
    pub sheets: Option<u32>,
    /// Pages, compared exactly.
    pub pages: Option<u32>,
    /// Declared secrecy.
    pub secrecy: Option<Secrecy>,
    /// Signers whose signatures a born-digital document must carry.
    #[serde(default)]
    pub expected_signers: Vec<String>,
    /// Copy kind; a partial copy names its pages.
    pub copy_kind: Option<CopyKind>,
    /// Any descriptive field by its identifier.
    #[serde(default)]
    pub description: BTreeMap<String, String>,
}

/// Điều 16: full copy (*bản sao nguyên văn*) or partial copy (*bản sao một phần*) with its pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyKind {
    /// Everything.
    Full,
    /// Only these pages, as printed, e.g. `1-3,7`.
    Partial {
        /// The pages.
        pages: String,
    },
}

/// How the stored PDF came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// We wrote it from page images.
    Assembled,
    /// It came as a PDF and stays byte-identical.
    Original,
}

/// A submission (OAIS SIP): the claimed content of one document, in page order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// Schema of this stored form: 1.
    pub version: u32,
    /// Identity.
    pub id: DocumentId,
    /// The document whose pages were changed or completed into this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<DocumentId>,
    /// Path below inbound of the document (a file or a folder).
    pub source: String,
    /// Fonds, inventory, file and document as the path template read them (any may be missing).
    pub place: BTreeMap<String, String>,
    /// Content files in page order.
    pub files: Vec<SourceFile>,
    /// Pages in order; empty for a PDF that stays as it is until rendered.
    pub pages: Vec<PageImage>,
    /// Whether the PDF will be assembled from page images or stays as it came.
    pub form: Form,
    /// Declared facts.
    pub declared: Declared,
    /// Intake findings shown to a person: `low_resolution:3`, `dpi_snapped:1`, …
    pub findings: Vec<String>,
}

/// Where the mark stands, as stored in `placement.json` and printed in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// Page, from 1 (always 1 for the archive's mark, Điều 13.3).
    pub page: u32,
    /// Displayed page width, mm.
    pub page_w_mm: f64,
    /// Displayed page height, mm.
    pub page_h_mm: f64,
    /// The mark's box.
    pub rect: RectMm,
    /// Blank distance proven around the box, mm.
    pub clearance_mm: f64,
    /// Name of the size from the ladder: `full`, `compact`, `narrow`, `small`.
    pub size: String,
    /// Which part of the ladder took it: `corner`, `zone`, `strip`, `margin`; `hand` when a person gave the box.
    pub step: String,
    /// The person who chose size or box; absent when the ladder alone found the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Dark share measured under box plus clearance, 0.0 to 1.0.
    pub dark_share: f64,
    /// Largest connected ink found there, mm.
    pub largest_ink_mm: f64,
    /// SHA-256 of the ink map that was searched.
    pub ink_sha256: Sha256,
}

/// The certification a document carries (Điều 16).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certification {
    /// Number in the yearly register.
    pub number: u32,
    /// Register year by +07:00.
    pub year: i16,
    /// Role of the key, `archive`.
    pub role: String,
    /// Full or partial copy.
    pub kind: CopyKind,
}

/// How far a signature is secured for the long term (EN 319 142-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// Signature with timestamp.
    #[serde(rename = "B-T")]
    BT,
    /// With validation data.
    #[serde(rename = "B-LT")]
    BLt,
    /// With a document timestamp over it.
    #[serde(rename = "B-LTA")]
    BLta,
}

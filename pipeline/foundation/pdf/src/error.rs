//! What can go wrong with a PDF, with the facts.

use std::{path::PathBuf, time::Duration};

use model::{Cause, Disposition, HoldReason};

/// An error about a PDF, or about writing into one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("read {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The first bytes are not `%PDF-`.
    #[error("find a PDF header at the start of {path}")]
    NotPdf {
        /// The file.
        path: PathBuf,
    },
    /// No `startxref` at the end: the file is cut off.
    #[error("find the end of {path}: it is cut off or followed by foreign bytes")]
    NoEnd {
        /// The file.
        path: PathBuf,
    },
    /// The cross-reference chain is damaged. It is not recovered: a revision behind a recovered one breaks the file.
    #[error("follow the cross-reference of {path} at {offset}: {detail}")]
    BrokenXref {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong.
        detail: &'static str,
    },
    /// The file is encrypted.
    #[error("open {path}: it is encrypted")]
    Encrypted {
        /// The file.
        path: PathBuf,
    },
    /// The file has a hybrid cross-reference (`/XRefStm`): readers disagree about what it contains.
    #[error("extend {path}: its cross-reference is hybrid")]
    Hybrid {
        /// The file.
        path: PathBuf,
    },
    /// An object cannot be understood.
    #[error("read object {number} of {path}: {detail}")]
    BadObject {
        /// The file.
        path: PathBuf,
        /// Object number (0 = outside of an object).
        number: u32,
        /// What is wrong.
        detail: &'static str,
    },
    /// A limit on foreign bytes was reached.
    #[error("read {path}: {what} exceeds {limit}")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is too large.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// A form that is not handled.
    #[error("handle {path}: {what}")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The form, named.
        what: String,
    },
    /// The page tree does not lead to a usable page.
    #[error("find page {page} of {path}")]
    NoPage {
        /// The file.
        path: PathBuf,
        /// Page number from 1.
        page: u32,
    },
    /// The font file is missing or unusable.
    #[error("use the font {path}: {detail}")]
    Font {
        /// The font file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The font has no glyph for a character: glyph 0 is never printed.
    #[error("print {character:?} with the font {path}: it has no glyph for it")]
    MissingGlyph {
        /// The font file.
        path: PathBuf,
        /// The character.
        character: char,
    },
    /// What has to go into the signature hole is larger than the hole.
    #[error("fill the signature hole: {needed} bytes needed, {reserved} reserved")]
    HoleTooSmall {
        /// Bytes to be embedded.
        needed: usize,
        /// Bytes reserved.
        reserved: usize,
    },
    /// What we were about to write would not conform to PDF/A.
    #[error("write a conforming revision: {faults}")]
    Nonconforming {
        /// The faults found.
        faults: String,
    },
}

impl Error {
    /// What the conductor does about it.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Io { .. } => Disposition::Retry { after: Duration::from_secs(30) },
            Self::NotPdf { .. }
            | Self::NoEnd { .. }
            | Self::BrokenXref { .. }
            | Self::Encrypted { .. }
            | Self::BadObject { .. }
            | Self::NoPage { .. } => Disposition::Hold(HoldReason::Unreadable),
            Self::Hybrid { .. } | Self::Unsupported { .. } => Disposition::Hold(HoldReason::Unsupported),
            Self::TooLarge { .. } => Disposition::Hold(HoldReason::TooLarge),
            Self::Font { .. } | Self::MissingGlyph { .. } => Disposition::Wait(Cause::Font),
            Self::HoleTooSmall { .. } | Self::Nonconforming { .. } => Disposition::Bug,
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "E-PDF-01",
            Self::NotPdf { .. } => "E-PDF-02",
            Self::NoEnd { .. } => "E-PDF-03",
            Self::BrokenXref { .. } => "E-PDF-04",
            Self::Encrypted { .. } => "E-PDF-05",
            Self::Hybrid { .. } => "E-PDF-06",
            Self::BadObject { .. } => "E-PDF-07",
            Self::TooLarge { .. } => "E-PDF-08",
            Self::Unsupported { .. } => "E-PDF-09",
            Self::NoPage { .. } => "E-PDF-10",
            Self::Font { .. } => "E-PDF-11",
            Self::MissingGlyph { .. } => "E-PDF-12",
            Self::HoleTooSmall { .. } => "E-PDF-13",
            Self::Nonconforming { .. } => "E-PDF-14",
        }
    }

    /// The facts that the code's text names.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Io { path, source } => vec![("path", path.display().to_string()), ("reason", source.to_string())],
            Self::NotPdf { path } | Self::NoEnd { path } | Self::Encrypted { path } | Self::Hybrid { path } => {
                vec![("path", path.display().to_string())]
            }
            Self::BrokenXref { path, offset, detail } => vec![
                ("path", path.display().to_string()),
                ("offset", offset.to_string()),
                ("reason", (*detail).to_owned()),
            ],
            Self::BadObject { path, number, detail } => vec![
                ("path", path.display().to_string()),
                ("object", number.to_string()),
                ("reason", (*detail).to_owned()),
            ],
            Self::TooLarge { path, what, limit } => {
                vec![("path", path.display().to_string()), ("what", (*what).to_owned()), ("limit", limit.to_string())]
            }
            Self::Unsupported { path, what } => vec![("path", path.display().to_string()), ("what", what.clone())],
            Self::NoPage { path, page } => vec![("path", path.display().to_string()), ("page", page.to_string())],
            Self::Font { path, detail } => vec![("path", path.display().to_string()), ("reason", detail.clone())],
            Self::MissingGlyph { path, character } => {
                vec![("path", path.display().to_string()), ("character", character.to_string())]
            }
            Self::HoleTooSmall { needed, reserved } => {
                vec![("needed", needed.to_string()), ("reserved", reserved.to_string())]
            }
            Self::Nonconforming { faults } => vec![("faults", faults.clone())],
        }
    }
}

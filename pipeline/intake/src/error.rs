//! What can be wrong with what lies in inbound.

use std::{path::PathBuf, time::Duration};

use model::{Disposition, HoldReason};

/// Errors of intake. Paths are below inbound where they can be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path template cannot be used.
    #[error("use the path template {template}")]
    Template {
        /// The template.
        template: String,
    },
    /// A folder or file cannot be looked at.
    #[error("look at {path}", path = path.display())]
    Look {
        /// Where.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The document is no longer there.
    #[error("find {path} in inbound")]
    Gone {
        /// Path below inbound.
        path: String,
    },
    /// A scan cannot be probed.
    #[error("probe the scan {path}")]
    Scan {
        /// Path below inbound.
        path: String,
        /// The reason.
        source: scan::Error,
    },
    /// A PDF cannot be read.
    #[error("read the PDF {path}")]
    Pdf {
        /// Path below inbound.
        path: String,
        /// The reason.
        source: pdf::Error,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] durable::Error),
    /// A file is of no form we know.
    #[error("know the form of {path}")]
    Unknown {
        /// Path below inbound.
        path: String,
    },
    /// A folder mixes multi-page files with page images.
    #[error("take {path} as one document: {detail}")]
    Mixed {
        /// Path below inbound.
        path: String,
        /// Which files.
        detail: String,
    },
    /// `document.toml` cannot be understood.
    #[error("understand the declaration {path}: {detail}")]
    Declaration {
        /// Path below inbound.
        path: String,
        /// Line and fault.
        detail: String,
    },
    /// The pages do not fit what is declared (Điều 8).
    #[error("find {path} complete: {pages} pages, {declared}")]
    Incomplete {
        /// Path below inbound.
        path: String,
        /// Pages found.
        pages: u32,
        /// What is declared.
        declared: String,
    },
    /// What lies at a document's place cannot be one.
    #[error("take {path} as a document: {detail}")]
    Odd {
        /// Path below inbound.
        path: String,
        /// What is odd.
        detail: String,
    },
    /// More than a limit.
    #[error("take {path}: {what}")]
    TooLarge {
        /// Path below inbound.
        path: String,
        /// Which limit.
        what: String,
    },
}

impl Error {
    /// What concerns a document holds it; what concerns inbound is tried again.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Template { .. } => Disposition::Bug,
            Self::Look { .. } => Disposition::Retry { after: Duration::from_secs(5) },
            Self::Gone { .. } => Disposition::Hold(HoldReason::Unreadable),
            Self::Scan { source, .. } => source.disposition(),
            Self::Pdf { source, .. } => match source.disposition() {
                Disposition::Bug => Disposition::Hold(HoldReason::Unreadable),
                other => other,
            },
            Self::Read(source) => match source.disposition() {
                // Inbound is not a medium of ours: what cannot be read is a matter of that scan.
                Disposition::Wait(_) => Disposition::Hold(HoldReason::Unreadable),
                other => other,
            },
            Self::Unknown { .. } | Self::Odd { .. } => Disposition::Hold(HoldReason::Unsupported),
            Self::Mixed { .. } => Disposition::Hold(HoldReason::Mixed),
            Self::Declaration { .. } => Disposition::Hold(HoldReason::BadDeclaration),
            Self::Incomplete { .. } => Disposition::Hold(HoldReason::Incomplete),
            Self::TooLarge { .. } => Disposition::Hold(HoldReason::TooLarge),
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Template { .. } => "E-INTAKE-01",
            Self::Look { .. } => "E-INTAKE-02",
            Self::Gone { .. } => "E-INTAKE-03",
            Self::Scan { source, .. } => source.code(),
            Self::Pdf { source, .. } => source.code(),
            Self::Read(source) => source.code(),
            Self::Unknown { .. } => "E-INTAKE-04",
            Self::Mixed { .. } => "E-INTAKE-05",
            Self::Declaration { .. } => "E-INTAKE-06",
            Self::Incomplete { .. } => "E-INTAKE-07",
            Self::TooLarge { .. } => "E-INTAKE-08",
            Self::Odd { .. } => "E-INTAKE-09",
        }
    }

    /// The facts of the text.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Template { template } => vec![("template", template.clone())],
            Self::Look { path, source } => vec![("path", path.display().to_string()), ("reason", source.to_string())],
            Self::Gone { path } | Self::Unknown { path } => vec![("path", path.clone())],
            Self::Scan { source, .. } => source.facts(),
            Self::Pdf { source, .. } => source.facts(),
            Self::Read(source) => source.facts(),
            Self::Mixed { path, detail } | Self::Declaration { path, detail } | Self::Odd { path, detail } => {
                vec![("path", path.clone()), ("detail", detail.clone())]
            }
            Self::Incomplete { path, pages, declared } => {
                vec![("path", path.clone()), ("pages", pages.to_string()), ("declared", declared.clone())]
            }
            Self::TooLarge { path, what } => vec![("path", path.clone()), ("what", what.clone())],
        }
    }
}

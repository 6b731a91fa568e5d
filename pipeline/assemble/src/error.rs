//! What can go wrong while a PDF is written.

use std::{io, path::PathBuf, time::Duration};

use model::{Disposition, HoldReason};

/// Why a submission was not assembled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A scan could not be read.
    #[error("assemble a scan")]
    Scan(#[from] scan::Error),
    /// A scanner's PDF could not be read.
    #[error("assemble a scanner's PDF")]
    Pdf(#[from] pdf::Error),
    /// An original could not be read while its bytes were copied.
    #[error("copy the image stream of {}", path.display())]
    Copy {
        /// The original.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The output could not be written.
    #[error("write the PDF")]
    Output(#[source] io::Error),
    /// The submission is not one to be assembled, or its files are not all there: a caller's mistake.
    #[error("assemble {source_path}: it has no page images")]
    NothingToAssemble {
        /// Path below inbound.
        source_path: String,
    },
    /// The original is not what was claimed any more.
    #[error("assemble {}: it changed since it was claimed", path.display())]
    Changed {
        /// The original.
        path: PathBuf,
    },
    /// A page of impossible size.
    #[error("make page {page} of {width_pt:.0} by {height_pt:.0} points")]
    PageSize {
        /// Page number.
        page: u32,
        /// Width, pt.
        width_pt: f64,
        /// Height, pt.
        height_pt: f64,
    },
    /// Past what a plain cross-reference table can address.
    #[error("write a PDF of more than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: u64,
    },
}

impl Error {
    /// What the conductor does about it.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Scan(error) => error.disposition(),
            Self::Pdf(error) => error.disposition(),
            Self::Copy { .. } | Self::Output(_) => Disposition::Retry { after: Duration::from_secs(30) },
            Self::NothingToAssemble { .. } => Disposition::Bug,
            Self::Changed { .. } => Disposition::Hold(HoldReason::Unreadable),
            Self::PageSize { .. } => Disposition::Hold(HoldReason::Unsupported),
            Self::TooLong { .. } => Disposition::Hold(HoldReason::TooLarge),
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Scan(error) => error.code(),
            Self::Pdf(error) => error.code(),
            Self::Copy { .. } => "E-ASSEMBLE-01",
            Self::Output(_) => "E-ASSEMBLE-02",
            Self::NothingToAssemble { .. } => "E-ASSEMBLE-03",
            Self::Changed { .. } => "E-ASSEMBLE-04",
            Self::PageSize { .. } => "E-ASSEMBLE-05",
            Self::TooLong { .. } => "E-ASSEMBLE-06",
        }
    }

    /// The facts its text names.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Scan(error) => error.facts(),
            Self::Pdf(error) => error.facts(),
            Self::Copy { path, source } => vec![("path", path.display().to_string()), ("error", source.to_string())],
            Self::Output(source) => vec![("error", source.to_string())],
            Self::NothingToAssemble { source_path } => vec![("path", source_path.clone())],
            Self::Changed { path } => vec![("path", path.display().to_string())],
            Self::PageSize { page, width_pt, height_pt } => vec![
                ("page", page.to_string()),
                ("width", format!("{width_pt:.0}")),
                ("height", format!("{height_pt:.0}")),
            ],
            Self::TooLong { limit } => vec![("limit", limit.to_string())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_texts() {
        let all = [
            Error::Copy { path: "x".into(), source: io::Error::other("x") },
            Error::Output(io::Error::other("x")),
            Error::NothingToAssemble { source_path: String::new() },
            Error::Changed { path: "x".into() },
            Error::PageSize { page: 1, width_pt: 1.0, height_pt: 1.0 },
            Error::TooLong { limit: 1 },
        ];
        for error in all {
            assert!(messages::has(error.code()), "{}", error.code());
            let text = messages::text(messages::Lang::Vi, error.code(), &error.facts());
            assert!(!text.contains('{'), "{text}");
        }
    }
}

//! What can go wrong with a foreign PDF.

use std::{io, path::PathBuf, time::Duration};

use model::{Disposition, HoldReason};

/// Why a page could not be turned into pixels.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read.
    #[error("read the PDF {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// No page can be found in it.
    #[error("understand the PDF {}: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// It needs a password.
    #[error("open the encrypted PDF {}", path.display())]
    Encrypted {
        /// The file.
        path: PathBuf,
    },
    /// Beyond the limits.
    #[error("take the PDF {}: {what} over the limit of {limit}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is too large: `bytes`, `pixels`, `pages`.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// It has no such page.
    #[error("find page {page} of {pages} in the PDF {}", path.display())]
    NoSuchPage {
        /// The file.
        path: PathBuf,
        /// The page asked for, from 1.
        page: u32,
        /// How many there are.
        pages: u32,
    },
}

impl Error {
    /// What the conductor does about it.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Io { .. } => Disposition::Retry { after: Duration::from_secs(30) },
            Self::Damaged { .. } | Self::Encrypted { .. } => Disposition::Hold(HoldReason::Unreadable),
            Self::TooLarge { .. } => Disposition::Hold(HoldReason::TooLarge),
            Self::NoSuchPage { .. } => Disposition::Bug,
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "E-RASTER-01",
            Self::Damaged { .. } => "E-RASTER-02",
            Self::Encrypted { .. } => "E-RASTER-03",
            Self::TooLarge { .. } => "E-RASTER-04",
            Self::NoSuchPage { .. } => "E-RASTER-05",
        }
    }

    /// The facts its text names.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Io { path, source } => vec![("path", path.display().to_string()), ("error", source.to_string())],
            Self::Damaged { path, detail } => vec![("path", path.display().to_string()), ("detail", detail.clone())],
            Self::Encrypted { path } => vec![("path", path.display().to_string())],
            Self::TooLarge { path, what, limit } => {
                vec![("path", path.display().to_string()), ("what", (*what).to_owned()), ("limit", limit.to_string())]
            }
            Self::NoSuchPage { path, page, pages } => {
                vec![("path", path.display().to_string()), ("page", page.to_string()), ("pages", pages.to_string())]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_texts() {
        let path = PathBuf::from("x.pdf");
        let all = [
            Error::Io { path: path.clone(), source: io::Error::other("x") },
            Error::Damaged { path: path.clone(), detail: String::new() },
            Error::Encrypted { path: path.clone() },
            Error::TooLarge { path: path.clone(), what: "pixels", limit: 1 },
            Error::NoSuchPage { path, page: 2, pages: 1 },
        ];
        for error in all {
            assert!(messages::has(error.code()), "{}", error.code());
            let text = messages::text(messages::Lang::Vi, error.code(), &error.facts());
            assert!(!text.contains('{'), "{text}");
        }
    }
}

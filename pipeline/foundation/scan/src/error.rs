//! What can go wrong with a scan, and what it means for its document.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use model::{Disposition, HoldReason};

/// Why a scan could not be probed or decoded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read.
    #[error("read the scan {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The bytes break the rules of their form, or end early.
    #[error("understand the scan {}: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A sound form that is not handled.
    #[error("handle the scan {}: {what}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The form.
        what: String,
    },
    /// Beyond the limits.
    #[error("take the scan {}: {what} over the limit of {limit}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is too large: `bytes`, `pixels`, `frames`.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
}

impl Error {
    /// What the conductor does about it.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Io { .. } => Disposition::Retry { after: Duration::from_secs(30) },
            Self::Damaged { .. } => Disposition::Hold(HoldReason::Unreadable),
            Self::Unsupported { .. } => Disposition::Hold(HoldReason::Unsupported),
            Self::TooLarge { .. } => Disposition::Hold(HoldReason::TooLarge),
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "E-SCAN-01",
            Self::Damaged { .. } => "E-SCAN-02",
            Self::Unsupported { .. } => "E-SCAN-03",
            Self::TooLarge { .. } => "E-SCAN-04",
        }
    }

    /// The facts its text names.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Io { path, source } => {
                vec![("path", path.display().to_string()), ("error", source.to_string())]
            }
            Self::Damaged { path, detail } => {
                vec![("path", path.display().to_string()), ("detail", detail.clone())]
            }
            Self::Unsupported { path, what } => vec![("path", path.display().to_string()), ("what", what.clone())],
            Self::TooLarge { path, what, limit } => {
                vec![("path", path.display().to_string()), ("what", (*what).to_owned()), ("limit", limit.to_string())]
            }
        }
    }
}

/// A fault before its path is known: parsers work on bytes, not on files.
#[derive(Debug)]
pub(crate) enum Fault {
    Io(io::Error),
    Damaged(String),
    Unsupported(String),
    TooLarge(&'static str, u64),
}

impl Fault {
    pub(crate) fn damaged(detail: impl Into<String>) -> Self {
        Self::Damaged(detail.into())
    }

    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }

    pub(crate) fn at(self, path: &Path) -> Error {
        let path = path.to_owned();
        match self {
            Self::Io(source) => Error::Io { path, source },
            Self::Damaged(detail) => Error::Damaged { path, detail },
            Self::Unsupported(what) => Error::Unsupported { path, what },
            Self::TooLarge(what, limit) => Error::TooLarge { path, what, limit },
        }
    }
}

impl From<io::Error> for Fault {
    /// An early end of the file is the scan's fault, everything else the system's.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::damaged("the file ends early"),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Self::damaged(error.to_string()),
            _ => Self::Io(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_texts() {
        let path = PathBuf::from("x.tif");
        let all = [
            Error::Io { path: path.clone(), source: io::Error::other("x") },
            Error::Damaged { path: path.clone(), detail: String::new() },
            Error::Unsupported { path: path.clone(), what: String::new() },
            Error::TooLarge { path, what: "pixels", limit: 1 },
        ];
        for error in all {
            assert!(messages::has(error.code()), "{}", error.code());
            let text = messages::text(messages::Lang::Vi, error.code(), &error.facts());
            assert!(!text.contains('{'), "{text}");
        }
    }
}

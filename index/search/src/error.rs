//! What can go wrong with the index. Nothing of it loses anything: the index is made again from the register.

use std::{path::PathBuf, time::Duration};

use model::{Cause, Disposition};
use tantivy::{TantivyError, directory::error::LockError};

/// Errors of the index.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its folder cannot be made or removed.
    #[error("prepare the folder of the index")]
    Folder(#[from] durable::Error),
    /// It cannot be read: damaged, incomplete or of another schema. [`crate::Index::discard`] and index again.
    #[error("read the index {path}", path = path.display())]
    Damaged {
        /// The index.
        path: PathBuf,
        /// The reason.
        source: TantivyError,
    },
    /// The words kept for a page cannot be read. [`crate::Index::discard`] and index again.
    #[error("read the words of a page in the index {path}", path = path.display())]
    DamagedPage {
        /// The index.
        path: PathBuf,
    },
    /// Another process writes to it.
    #[error("write to the index {path}: another process does", path = path.display())]
    Locked {
        /// The index.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("write to the index {path}", path = path.display())]
    Write {
        /// The index.
        path: PathBuf,
        /// The reason.
        source: TantivyError,
    },
}

impl Error {
    pub(crate) fn writing(path: &std::path::Path, source: TantivyError) -> Self {
        let path = path.to_owned();
        match source {
            TantivyError::LockFailure(LockError::LockBusy, _) => Self::Locked { path },
            source => Self::Write { path, source },
        }
    }

    /// Whether the index must be thrown away and made again from the register and the copies.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::DamagedPage { .. } => true,
            Self::Folder(_) | Self::Locked { .. } | Self::Write { .. } => false,
        }
    }

    /// A disk that is full or gone is waited for; a damaged index is the conductor's to make again.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Folder(source) => source.disposition(),
            Self::Damaged { .. } | Self::DamagedPage { .. } => Disposition::Bug,
            Self::Locked { .. } => Disposition::Retry { after: Duration::from_secs(5) },
            Self::Write { .. } => Disposition::Wait(Cause::Medium),
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Folder(_) => "E-SEARCH-01",
            Self::Damaged { .. } => "E-SEARCH-02",
            Self::DamagedPage { .. } => "E-SEARCH-03",
            Self::Locked { .. } => "E-SEARCH-04",
            Self::Write { .. } => "E-SEARCH-05",
        }
    }

    /// The facts of the text.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let path = |path: &PathBuf| ("path", path.display().to_string());
        match self {
            Self::Folder(source) => vec![("reason", source.to_string())],
            Self::Damaged { path: at, source } | Self::Write { path: at, source } => {
                vec![path(at), ("reason", source.to_string())]
            }
            Self::DamagedPage { path: at } | Self::Locked { path: at } => vec![path(at)],
        }
    }
}

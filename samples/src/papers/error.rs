//! What can go wrong while papers are made.

use std::path::PathBuf;

/// Failure of the generator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("use {}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A font file is none.
    #[error("read the font {}", path.display())]
    Font {
        /// Which.
        path: PathBuf,
    },
    /// An encoder refused a picture.
    #[error("encode a picture as {form}: {detail}")]
    Encode {
        /// JPEG, TIFF, PNG or PDF.
        form: &'static str,
        /// The encoder's words.
        detail: String,
    },
    /// A truth file does not say what we wrote.
    #[error("read the truth {}", path.display())]
    Truth {
        /// Which.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

impl Error {
    /// Puts the path to an io error.
    pub(crate) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

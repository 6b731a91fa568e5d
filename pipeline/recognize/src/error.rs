//! What can go wrong while reading.

use std::time::Duration;

use model::{Cause, Disposition, HoldReason};

/// Why a page could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine or its language data is not to be had.
    #[error("start the text recognition for {language}")]
    Engine {
        /// The language, as in `vie`.
        language: String,
        /// What the engine said.
        #[source]
        source: tesseract::Error,
    },
    /// The engine failed on a page.
    #[error("read page {page}")]
    Reading {
        /// Page number, from 1.
        page: u32,
        /// What the engine said.
        #[source]
        source: tesseract::Error,
    },
    /// Pixels that are no page: no area, a wrong number of bytes, an impossible resolution.
    #[error("take page {page} of {width} × {height} px at {dpi_x} × {dpi_y} dpi")]
    Page {
        /// Page number, from 1.
        page: u32,
        /// Width, px.
        width: u32,
        /// Height, px.
        height: u32,
        /// Resolution across.
        dpi_x: f64,
        /// Resolution down.
        dpi_y: f64,
    },
}

impl Error {
    /// What the conductor does about it.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Engine { .. } => Disposition::Wait(Cause::Engine),
            Self::Reading { .. } => Disposition::Retry { after: Duration::from_secs(10) },
            Self::Page { .. } => Disposition::Hold(HoldReason::Unreadable),
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Engine { .. } => "E-RECOGNIZE-01",
            Self::Reading { .. } => "E-RECOGNIZE-02",
            Self::Page { .. } => "E-RECOGNIZE-03",
        }
    }

    /// The facts its text names.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Engine { language, source } => {
                vec![("language", language.clone()), ("error", source.to_string())]
            }
            Self::Reading { page, source } => vec![("page", page.to_string()), ("error", source.to_string())],
            Self::Page { page, width, height, dpi_x, dpi_y } => vec![
                ("page", page.to_string()),
                ("width", width.to_string()),
                ("height", height.to_string()),
                ("dpi", format!("{dpi_x:.0} × {dpi_y:.0}")),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_texts() {
        let all = [
            Error::Engine { language: "vie".into(), source: tesseract::Error::NoAnswer },
            Error::Reading { page: 1, source: tesseract::Error::NoAnswer },
            Error::Page { page: 1, width: 0, height: 1, dpi_x: 300.0, dpi_y: 300.0 },
        ];
        for error in all {
            assert!(messages::has(error.code()), "{}", error.code());
            let text = messages::text(messages::Lang::Vi, error.code(), &error.facts());
            assert!(!text.contains('{'), "{text}");
        }
    }
}

//! The files scanners write: JPEG, TIFF in its many codings, PNG, and scanners' PDFs.

pub mod jpeg;
pub mod pdf;
pub mod png;
pub mod tiff;

//! Writes page images and words as PDF/A-2u, as a stream.

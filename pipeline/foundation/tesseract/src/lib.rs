//! The FFI to libtesseract and leptonica, and nothing else.

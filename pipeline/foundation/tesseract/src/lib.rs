//! The FFI to libtesseract and leptonica, and nothing else.
//!
//! *Purpose:* a grey picture in, words with boxes and confidence out, through the C API of libtesseract 5. *Knows:* who owns which
//! pointer, and that a C string may be anything. *Doesn't know:* pages, papers, resolutions worth trying, retries.
//!
//! This is the only crate of the house that may hold `unsafe`. An [`Engine`] belongs to one thread at a time; a C++ exception that
//! reaches the border ends the process, which is why engines run in worker processes.

#![expect(unsafe_code, reason = "the one border to C; every block says why it is sound")]

mod engine;
mod ffi;
mod ink;
mod lines;
mod pix;
mod threads;

pub use engine::{Engine, Error, Grey, Line, Mode, Reading, Word, version};

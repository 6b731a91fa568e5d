//! Finds pages by words and numbers, with accents first and without after.
//!
//! *Purpose:* a derived index, one entry a page, that answers alone: hits with snippet and boxes of the words found.
//! *Knows:* how Vietnamese is spelled, typed and misread; document numbers; Tantivy.
//! *Doesn't know:* the register (a commit carries the number of its last event), rights, files of documents.
//!
//! Text is analysed by plain functions into plain tokens, for pages and queries alike; the engine is given them ready
//! made. Every word is found by two tokens at one place: without accents, and with the accents it has (a word without
//! any is marked, so that *ban* asked for as such does not bring *bàn* first). Whole document numbers stand beside
//! their parts.

mod analysis;
mod entry;
mod error;
mod find;
mod highlight;
mod index;
mod query;
mod rank;
mod ready;
mod schema;
mod stored;
mod suggest;
mod view;

pub use error::Error;
pub use find::{Found, Hit};
pub use index::{Index, IndexedDocument};
pub use query::{Band, described};

#[cfg(test)]
mod tests;

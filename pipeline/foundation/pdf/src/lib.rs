//! Reads a PDF's tail and appends revisions, as a stream.
//!
//! *Purpose:* everything mocban needs of PDF syntax: find objects through the cross-reference chain, append a revision
//! behind a file that stays byte-identical, leave a hole for a signature, embed a font, and say what a later revision
//! changed. *Knows:* ISO 32000 syntax and structure. *Doesn't know:* certificates, CMS, timestamps, stages; it never
//! repairs a file (a recovered cross-reference table cannot be extended safely) and never holds a whole scan in memory.

pub mod compare;
mod conformance;
pub mod digest;
pub mod error;
mod filter;
pub mod font;
pub mod form;
pub mod images;
pub mod object;
pub mod page;
mod parse;
pub mod reader;
pub mod revision;
pub mod signature;
pub mod source;
pub mod tail;
#[cfg(test)]
mod tests;
mod unlisted;

pub use compare::{Change, compare, compare_in};
pub use digest::FileDigest;
pub use error::Error;
pub use filter::deflate;
pub use font::{Font, Subset};
pub use form::{add_annotation, add_field, free_field_name};
pub use object::{Dictionary, Indirect, Object, Reference};
pub use page::{Page, annotation_boxes, page};
pub use reader::Reader;
pub use revision::{Finished, Revision};
pub use signature::{Dss, SignatureField, dss, dss_in, revisions, signatures, signatures_in};
pub use source::Source;
pub use tail::Tail;

//! Finds the blank place, draws the mark, and seals with the archive's key.
//!
//! *Purpose:* Điều 13.3, 3.15 and 16: a mark in a blank area at the top left of page one that says who certified what
//! under which number, and a signature with timestamp under it, appended to a file that stays byte-identical.
//! *Knows:* placement rules, the mark's items, when a key may sign, `PAdES` B-T. *Doesn't know:* where numbers come
//! from, tokens' PINs at rest, revocation data, queues; it writes no file of its own.

pub mod appearance;
mod emblem;
mod error;
pub mod gate;
pub mod mark;
pub mod placement;
mod seal;
pub mod session;

pub use error::Error;
pub use mark::{Mark, reason};
pub use seal::{SealRequest, Sealed, seal};

//! Finds scans, waits until their writer is done, and makes a submission of them.
//!
//! *Purpose:* [`look`] walks inbound, [`Settler`] tells what is whole and still, [`claim`] probes, orders and hashes it.
//! *Knows:* what a document is in inbound, natural page order, `document.toml`, paper sizes. *Doesn't know:* the register,
//! queues, pixels; it changes nothing in inbound and never follows a link out of it.

mod claim;
mod declared;
mod error;
mod find;
mod names;
mod order;
mod paper;
mod settle;
mod template;
#[cfg(test)]
mod tests;

pub use claim::{check_count, claim, sheets_fit};
pub use declared::{declared_paths, read as read_declared};
pub use error::Error;
pub use find::{Candidate, Seen, Shape, candidate, look};
pub use names::{decode_name, encode_name, stays_below};
pub use settle::{Settler, Verdict, kind_of};
pub use template::Template;

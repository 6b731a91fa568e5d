//! What proves it: the house run as a user runs it, and judged by other people's tools.

#![expect(clippy::panic, reason = "a test that cannot go on says why and ends")]

pub mod drawn;
pub mod judges;
pub mod meter;
pub mod parsers;
pub mod sandbox;
pub mod snapshot;

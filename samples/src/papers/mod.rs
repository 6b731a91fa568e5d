//! Sample papers: realistic Vietnamese Party and State papers, scanned, with known truth.
//!
//! *Purpose:* gives tests, demo and bench papers whose text, fields, blank corner and fate are known. *Knows:* the forms of
//! such papers, Vietnamese sentences, inks, scanners, file forms. *Doesn't know:* the pipeline that reads them, clocks, chance:
//! everything follows from a seed.

mod bank;
mod compose;
mod document;
pub mod encode;
mod error;
pub mod fonts;
pub mod layout;
pub mod letter;
mod make;
mod package;
pub mod paper;
pub mod plate;
pub mod prng;
pub mod recipe;
pub mod scanner;
pub mod score;
pub mod sheet;
mod signed;
pub mod stamp;
mod table;
mod texts;
pub mod truth;

#[cfg(test)]
mod tests;

pub use compose::{Fill, Request, compose};
pub use error::Error;
pub use make::{Written, make};
pub use texts::write_texts;

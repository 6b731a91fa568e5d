//! What a person asks: [`parse`] reads any string, [`plan`] turns it into the engine's queries by band.

mod parse;
mod plan;

pub use parse::described;
pub(crate) use parse::{Ask, Clause, parse};
pub use plan::Band;
pub(crate) use plan::{Plan, wants};

#[cfg(test)]
mod chance;

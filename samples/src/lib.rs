//! Sample papers with known truth, and the demo authority.

pub mod authority;
pub mod papers;

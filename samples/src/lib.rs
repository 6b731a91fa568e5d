//! Sample papers with known truth, and the demo authority.

//! Sample papers with known truth, and the demo authority.
//!
//! *Purpose:* plays the outside world for demo, tests and bench: what lies in inbound, and who certifies. *Knows:* the forms
//! of Vietnamese papers, scanners' files, the authority's side of RFC 5280, 6960, 3161. *Doesn't know:* the pipeline.

pub mod authority;
pub mod hostile;
pub mod papers;

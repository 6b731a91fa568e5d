//! Settings: typed, closed, every default explained in place (`mocban.toml` beside this crate is the reference).
//!
//! *Purpose:* after loading nothing is a string that could be wrong. *Knows:* TOML and the environment; the only crate that does.
//! *Doesn't know:* PINs (there is no setting for one), stages, files other than its own.

pub mod environment;
mod error;
pub mod policy;
mod settings;

pub use error::{Error, Fault, Faults};
pub use policy::Policy;
pub use settings::{
    Appearance, Augment, CopySettings, Engine, Inbound, Limits, Portal, Preserve, Recognize, Review, ReviewMode,
    Session, Settings, Token, Trust, Tsa,
};

/// The commented default settings, as `mocban init` writes them.
pub const REFERENCE: &str = include_str!("../mocban.toml");

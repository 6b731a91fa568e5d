//! The words of the papers: people, places, bodies, topics, and a grammar that joins phrases into sentences.

pub(crate) mod names;
pub(crate) mod organs;
pub(crate) mod phrases;
pub(crate) mod sentences;
pub(crate) mod topics;

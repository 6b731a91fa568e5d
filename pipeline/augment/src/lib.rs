//! Raises a seal to long-term validity: revocation data, DSS, document timestamp.
//!
//! *Purpose:* makes a seal provable when certificates have expired and hosts are gone (`PAdES` B-LTA), in one revision
//! that ends the file. *Knows:* which certificates need which evidence, how fresh it must be, the document security
//! store. *Doesn't know:* keys, marks, queues, copies; it writes no file of its own and never accepts data that is older
//! than the timestamp for the signer's certificate.

mod cache;
mod collect;
mod error;
mod look;
mod raise;
mod store;

pub use cache::ValidationCache;
pub use error::Error;
pub use look::{Known, Source, sources};
pub use raise::{RaiseRequest, Raised, raise};

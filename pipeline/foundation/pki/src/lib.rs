//! Signatures, certificates, timestamps and revocation data as bytes, and the keys that make them.
//!
//! *Purpose:* builds and judges CMS signatures, RFC 3161 timestamps, OCSP answers, CRLs and certificate paths; holds the
//! seam to the key (a PKCS#11 token) and to the hosts that are asked over HTTP.
//! *Knows:* ASN.1, RFC 5280, 5652, 6960, 3161, 5035, `PAdES` attributes, which algorithms count until when.
//! *Doesn't know:* PDF, files, documents, which host to ask when, or what a verdict means to an archive.
#![warn(clippy::indexing_slicing)]

pub mod algorithm;
pub mod certificate;
pub mod cms;
pub mod crl;
#[cfg(any(test, feature = "danger"))]
pub mod danger;
mod error;
pub mod key;
pub mod ocsp;
pub mod path;
mod remembered;
pub mod timestamp;
pub mod token;
pub mod transport;
pub mod tsa;
mod wire;

pub use error::{Error, PathFault, Subject};

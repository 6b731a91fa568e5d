//! Revocation data that serves many documents: those of certification and timestamp authorities.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use model::Sha256;
use pki::certificate::Certificate;

/// Certificates remembered; more are forgotten at once, as no house has so many authorities.
const CERTIFICATES: usize = 1024;

/// One piece of evidence, DER.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Piece {
    Certificate(Vec<u8>),
    Ocsp(Vec<u8>),
    Crl(Vec<u8>),
}

/// What proves a certificate's status, and until when it serves.
#[derive(Debug, Clone)]
pub(crate) struct Proof {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) next_update: Timestamp,
}

/// Shared between documents. Data is used only while it is valid at the time it shall prove.
#[derive(Debug, Default)]
pub struct ValidationCache {
    proofs: Mutex<BTreeMap<Sha256, Proof>>,
}

impl ValidationCache {
    /// An empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn get(&self, certificate: &Certificate, at: Timestamp) -> Option<Proof> {
        let proofs = self.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        proofs.get(&Sha256::of(certificate.der())).filter(|proof| proof.next_update >= at).cloned()
    }

    pub(crate) fn put(&self, certificate: &Certificate, proof: Proof) {
        let mut proofs = self.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        if proofs.len() >= CERTIFICATES {
            proofs.clear();
        }
        proofs.insert(Sha256::of(certificate.der()), proof);
    }
}

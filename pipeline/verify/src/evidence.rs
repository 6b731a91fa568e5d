//! Everything in the file that can prove something: certificates, OCSP answers and revocation lists, each with the time
//! by which it is proven to have existed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::Sha256;
use pdf::{Reader, SignatureField, Source};
use pki::{certificate::Certificate, cms::SignedData, crl::Crl, ocsp, timestamp::TimestampToken};

/// Certificates looked at.
const CERTIFICATES: usize = 512;

/// An item with the time by which it existed; none while only the present vouches for it.
#[derive(Debug)]
pub(crate) struct Item<T> {
    pub(crate) data: T,
    digest: Sha256,
    /// Where the bytes that hold it end; the store's items are found in it instead.
    held_by: Option<u64>,
    pub(crate) existed: Option<Timestamp>,
}

/// The evidence of one file.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) pool: Vec<Certificate>,
    pub(crate) ocsps: Vec<Item<ocsp::Response>>,
    pub(crate) crls: Vec<Item<Crl>>,
    known: BTreeSet<Sha256>,
}

impl Evidence {
    /// Takes the store of the file as it last stands, and what travels inside the signatures. What cannot be read proves
    /// nothing and is left out.
    pub(crate) fn collect(source: &Source, fields: &[SignatureField]) -> Result<Self, pdf::Error> {
        let store = pdf::dss_in(&mut Reader::new(source.clone())?)?;
        let mut evidence = Self::default();
        // The signatures' own first: a store that anybody may append cannot crowd them out.
        for field in fields {
            let Ok(signed) = SignedData::parse(&field.contents) else { continue };
            evidence.add_signed(&signed, field.covered_end());
            for signer in &signed.signers {
                for token in signer.timestamp_tokens() {
                    if let Ok(token) = TimestampToken::parse(&token) {
                        evidence.add_signed(&token.signed, field.covered_end());
                    }
                }
            }
        }
        for der in &store.certificates {
            evidence.add_certificate(der);
        }
        for der in &store.ocsps {
            evidence.add_ocsp(der, None);
        }
        for der in &store.crls {
            evidence.add_crl(der, None);
        }
        Ok(evidence)
    }

    fn add_signed(&mut self, signed: &SignedData, held_by: Option<u64>) {
        for der in &signed.certificates {
            self.add_certificate(der);
        }
        for der in &signed.ocsps {
            self.add_ocsp(der, held_by);
        }
        for der in &signed.crls {
            self.add_crl(der, held_by);
        }
    }

    fn add_certificate(&mut self, der: &[u8]) {
        if self.pool.len() < CERTIFICATES && self.known.insert(Sha256::of(der)) {
            self.pool.extend(Certificate::parse(der).ok());
        }
    }

    fn add_ocsp(&mut self, der: &[u8], held_by: Option<u64>) {
        let digest = Sha256::of(der);
        if self.known.insert(digest)
            && let Ok(data) = ocsp::Response::parse(der)
        {
            self.ocsps.push(Item { data, digest, held_by, existed: None });
        }
    }

    fn add_crl(&mut self, der: &[u8], held_by: Option<u64>) {
        let digest = Sha256::of(der);
        if self.known.insert(digest)
            && let Ok(data) = Crl::parse(der)
        {
            self.crls.push(Item { data, digest, held_by, existed: None });
        }
    }

    /// Dates the items by a document timestamp that holds: what its bytes hold existed by its time.
    pub(crate) fn date(&mut self, source: &Source, end: u64, time: Timestamp) -> Result<(), pdf::Error> {
        let store = pdf::dss_in(&mut Reader::new(source.prefix(end))?)?;
        let held: BTreeSet<Sha256> = store.ocsps.iter().chain(&store.crls).map(|der| Sha256::of(der)).collect();
        let covers = |digest: &Sha256, held_by: Option<u64>| {
            held_by.map_or_else(|| held.contains(digest), |signature| signature < end)
        };
        for item in &mut self.ocsps {
            if covers(&item.digest, item.held_by) {
                item.existed = Some(time);
            }
        }
        for item in &mut self.crls {
            if covers(&item.digest, item.held_by) {
                item.existed = Some(time);
            }
        }
        Ok(())
    }
}

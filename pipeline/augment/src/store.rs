//! The document security store: evidence as streams, and which of it belongs to the seal.

use std::collections::{BTreeMap, BTreeSet};

use pdf::{Dictionary, Indirect, Object, Reader, Reference, Revision};
use sha1::{Digest as _, Sha1};

use crate::{Error, cache::Piece};

/// Largest evidence read from a store that is already there.
const LIMIT: u64 = 16 << 20;

/// Adds evidence to the store of the file and a `/VRI` entry for the seal; what is there stays, nothing twice.
pub(crate) fn write(
    reader: &mut Reader,
    revision: &mut Revision,
    catalog: &mut Dictionary,
    pieces: &BTreeSet<Piece>,
    contents: &[u8],
) -> Result<(), Error> {
    let mut store = reader.dictionary(catalog, "DSS")?.unwrap_or_default();
    let mut entry = Dictionary::new();
    for kind in [Kind::Certificate, Kind::Ocsp, Kind::Crl] {
        let (list_key, entry_key) = kind.keys();
        let mut list = reader.array(&store, list_key)?;
        let there = existing(reader, &list)?;
        let mut own = Vec::new();
        for bytes in pieces.iter().filter_map(|piece| kind.of(piece)) {
            let reference = there.get(bytes).copied().unwrap_or_else(|| {
                let reference = revision.add_deflated(&Dictionary::new(), bytes);
                list.push(Object::Reference(reference));
                reference
            });
            own.push(Object::Reference(reference));
        }
        if !list.is_empty() {
            store.set(list_key, list);
        }
        if !own.is_empty() {
            entry.set(entry_key, own);
        }
    }
    let mut by_signature = reader.dictionary(&store, "VRI")?.unwrap_or_default();
    by_signature.set(&key(contents), entry);
    store.set("Type", Object::name("DSS"));
    store.set("VRI", by_signature);
    let place = catalog.get("DSS").and_then(Object::as_reference).unwrap_or_else(|| revision.allocate());
    revision.replace(place, &store.into());
    catalog.set("DSS", place);
    Ok(())
}

/// Upper-case hexadecimal SHA-1 of the whole `/Contents`, padding included (EN 319 142-1 §5.4.2.3).
fn key(contents: &[u8]) -> String {
    Sha1::digest(contents).iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}"))
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Certificate,
    Ocsp,
    Crl,
}

impl Kind {
    /// Key in the store, key in the entry of a signature.
    fn keys(self) -> (&'static str, &'static str) {
        match self {
            Self::Certificate => ("Certs", "Cert"),
            Self::Ocsp => ("OCSPs", "OCSP"),
            Self::Crl => ("CRLs", "CRL"),
        }
    }

    fn of(self, piece: &Piece) -> Option<&[u8]> {
        match (self, piece) {
            (Self::Certificate, Piece::Certificate(der))
            | (Self::Ocsp, Piece::Ocsp(der))
            | (Self::Crl, Piece::Crl(der)) => Some(der),
            (Self::Certificate | Self::Ocsp | Self::Crl, Piece::Certificate(_) | Piece::Ocsp(_) | Piece::Crl(_)) => {
                None
            }
        }
    }
}

fn existing(reader: &mut Reader, list: &[Object]) -> Result<BTreeMap<Vec<u8>, Reference>, Error> {
    let mut out = BTreeMap::new();
    for item in list {
        let Some(reference) = item.as_reference() else { continue };
        if let Indirect::Stream { dictionary, start } = reader.get(reference)? {
            out.insert(reader.stream_data(&dictionary, start, LIMIT)?, reference);
        }
    }
    Ok(out)
}

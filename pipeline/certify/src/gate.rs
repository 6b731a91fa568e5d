//! Whether a key may sign now: role, certificate in force, path to a pinned anchor (Điều 3.3, 3.4, 3.9, 19.3).

use jiff::Timestamp;
use pki::{
    certificate::Certificate,
    path::{self, Anchors},
};

use crate::Error;

/// Checks the key's role and its certificate, and gives the certificate.
///
/// Revocation is proven later, by data that is younger than the signature (the document is raised only then).
pub fn check(
    role: &str,
    wanted: &str,
    chain: &[Vec<u8>],
    anchors: &Anchors,
    now: Timestamp,
) -> Result<Certificate, Error> {
    if role != wanted {
        return Err(Error::Role { role: role.to_owned(), wanted: wanted.to_owned() });
    }
    let Some((leaf, issuers)) = chain.split_first() else {
        return Err(Error::NotInForce { certificate: role.to_owned(), reason: "there is no certificate".to_owned() });
    };
    let leaf = Certificate::parse(leaf)?;
    let refused = |reason: String| Error::NotInForce { certificate: leaf.subject().to_string(), reason };
    if now < leaf.not_before() {
        return Err(refused(format!("valid from {}", model::clock::rfc3339_local(leaf.not_before()))));
    }
    if now > leaf.not_after() {
        return Err(refused(format!("expired at {}", model::clock::rfc3339_local(leaf.not_after()))));
    }
    // What no verifier would take is not sealed with, nor a key that has another office.
    if leaf.is_ca() || leaf.is_for_ocsp() || !leaf.is_for_documents() {
        return Err(refused("its key usage is not for signing documents".to_owned()));
    }
    let pool: Vec<Certificate> = issuers.iter().filter_map(|der| Certificate::parse(der).ok()).collect();
    path::build(&leaf, &pool, anchors, now).map_err(|error| refused(error.to_string()))?;
    Ok(leaf)
}

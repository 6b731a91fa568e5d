//! Builds a `PAdES` signature (ETSI EN 319 142-1 §6.3: CMS with ESS signing-certificate-v2, no signing-time).

use crate::{
    algorithm::Digest,
    certificate::Certificate,
    cms::{CONTENT_TYPE, DATA, MESSAGE_DIGEST, SIGNATURE_TIMESTAMP, SIGNED_DATA, SIGNING_CERTIFICATE_V2},
    error::Error,
    key::Scheme,
    wire,
};

/// What the key signs: content type, digest of the file, and which certificate the key belongs to.
#[derive(Debug, Clone)]
pub struct SignedAttributes {
    digest: Digest,
    attributes: Vec<Vec<u8>>,
    issuer_and_serial: Vec<u8>,
}

impl SignedAttributes {
    /// For a file whose digest by `digest` is `message_digest`, to be signed with the key of `leaf` (DER).
    /// `digest` is the scheme's ([`Scheme::digest`]).
    pub fn new(digest: Digest, message_digest: &[u8], leaf: &[u8]) -> Result<Self, Error> {
        let leaf = Certificate::parse(leaf)?;
        let serial = wire::wrap(wire::INTEGER, &[leaf.serial()]);
        // ESSCertIDv2 (RFC 5035 §4): SHA-256 is the default and therefore not named; the issuer stands as a directoryName.
        let general_names = wire::wrap(wire::SEQUENCE, &[&wire::wrap(wire::context(4), &[&leaf.issuer().der])]);
        let certificate_hash = wire::wrap(wire::OCTET_STRING, &[&Digest::Sha256.of(leaf.der())]);
        let issuer_serial = wire::wrap(wire::SEQUENCE, &[&general_names, &serial]);
        let certificate_id = wire::wrap(wire::SEQUENCE, &[&certificate_hash, &issuer_serial]);
        let signing_certificate = wire::wrap(wire::SEQUENCE, &[&wire::wrap(wire::SEQUENCE, &[&certificate_id])]);
        Ok(Self {
            digest,
            attributes: vec![
                attribute(CONTENT_TYPE, &wire::write_oid(DATA)),
                attribute(MESSAGE_DIGEST, &wire::wrap(wire::OCTET_STRING, &[message_digest])),
                attribute(SIGNING_CERTIFICATE_V2, &signing_certificate),
            ],
            issuer_and_serial: wire::wrap(wire::SEQUENCE, &[&leaf.issuer().der, &serial]),
        })
    }

    /// The bytes the key signs: the attributes as a `SET OF` in DER (RFC 5652 §5.4).
    pub fn to_der(&self) -> Vec<u8> {
        wire::write_set(self.attributes.clone())
    }
}

/// The whole signature: `ContentInfo` with a detached `SignedData` of one signer, the chain (leaf first) and, when it is
/// there, the timestamp over the signature (RFC 3161 Appendix A).
pub fn signed_data(
    attributes: &SignedAttributes,
    scheme: Scheme,
    signature: &[u8],
    chain: &[Vec<u8>],
    timestamp_token: Option<&[u8]>,
) -> Vec<u8> {
    let version = |number: u8| wire::write_unsigned(&[number]);
    let digest = attributes.digest.identifier();
    let set = attributes.to_der();
    let signed = retag(&set, wire::context(0));
    let unsigned = timestamp_token
        .map(|token| wire::wrap(wire::context(1), &[&attribute(SIGNATURE_TIMESTAMP, token)]))
        .unwrap_or_default();
    let signer = wire::wrap(
        wire::SEQUENCE,
        &[
            &version(1),
            &attributes.issuer_and_serial,
            &digest,
            &signed,
            &scheme.identifier(),
            &wire::wrap(wire::OCTET_STRING, &[signature]),
            &unsigned,
        ],
    );
    // CertificateSet is a SET OF: in DER order, whatever order the chain has.
    let certificates = retag(&wire::write_set(chain.to_vec()), wire::context(0));
    let body = wire::wrap(
        wire::SEQUENCE,
        &[
            &version(1),
            &wire::wrap(wire::SET, &[&digest]),
            &wire::wrap(wire::SEQUENCE, &[&wire::write_oid(DATA)]),
            &certificates,
            &wire::wrap(wire::SET, &[&signer]),
        ],
    );
    wire::wrap(wire::SEQUENCE, &[&wire::write_oid(SIGNED_DATA), &wire::wrap(wire::context(0), &[&body])])
}

fn attribute(oid: const_oid::ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    wire::wrap(wire::SEQUENCE, &[&wire::write_oid(oid), &wire::wrap(wire::SET, &[value])])
}

/// The same element under another tag (`IMPLICIT`).
fn retag(element: &[u8], tag: u8) -> Vec<u8> {
    let mut out = element.to_vec();
    if let Some(first) = out.first_mut() {
        *first = tag;
    }
    out
}

//! A small certification authority for tests: certificates, revocation lists, OCSP answers and timestamps with keys made
//! on the spot. It writes its own DER, so that reader and writer do not share a mistake.

use jiff::Timestamp;
use ring::{
    digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};

/// One element.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let mut out = vec![tag];
    if body.len() < 128 {
        out.push(body.len() as u8);
    } else {
        let bytes: Vec<u8> = (body.len() as u32).to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
        out.push(0x80 | bytes.len() as u8);
        out.extend_from_slice(&bytes);
    }
    out.extend_from_slice(&body);
    out
}

/// A sequence.
pub(crate) fn seq(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

/// An object identifier from its dotted form.
pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    tlv(0x06, &[const_oid::ObjectIdentifier::new_unwrap(dotted).as_bytes()])
}

fn int(value: u64) -> Vec<u8> {
    let mut bytes: Vec<u8> = value.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
    if bytes.first().is_none_or(|b| *b >= 0x80) {
        bytes.insert(0, 0);
    }
    tlv(0x02, &[&bytes])
}

fn time(at: Timestamp) -> Vec<u8> {
    tlv(0x18, &[at.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes()])
}

fn name(cn: &str) -> Vec<u8> {
    let attribute =
        |dotted: &str, tag: u8, value: &str| tlv(0x31, &[&seq(&[&oid(dotted), &tlv(tag, &[value.as_bytes()])])]);
    seq(&[
        &attribute("2.5.4.6", 0x13, "VN"),
        &attribute("2.5.4.10", 0x0c, "Cơ quan thử"),
        &attribute("2.5.4.3", 0x0c, cn),
    ])
}

fn ecdsa() -> Vec<u8> {
    seq(&[&oid("1.2.840.10045.4.3.2")])
}

fn sha256_id() -> Vec<u8> {
    seq(&[&oid("2.16.840.1.101.3.4.2.1")])
}

/// A moment, from RFC 3339.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("time")
}

/// What a certificate is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Issues certificates and lists.
    Authority,
    /// Signs documents.
    Person,
    /// Makes timestamps.
    Timestamps,
    /// Answers for status, `ocsp-nocheck`.
    Status,
}

/// A key with its certificate.
pub(crate) struct Party {
    key: EcdsaKeyPair,
    /// The certificate.
    pub(crate) der: Vec<u8>,
    /// Its serial number; a root's is 1, and a root alone names no addresses.
    pub(crate) serial: u64,
    /// Its lists and answers speak of certificates that expired since then, too.
    pub(crate) keeps: Option<&'static str>,
    /// The extended purpose of the persons that it certifies.
    pub(crate) purpose: Option<&'static str>,
    name: Vec<u8>,
}

impl Party {
    fn key() -> EcdsaKeyPair {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("key");
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).expect("key")
    }

    /// A root in force from `from` to `to`.
    pub(crate) fn root(cn: &str, from: &str, to: &str) -> Self {
        let mut root =
            Self { key: Self::key(), der: Vec::new(), serial: 1, keeps: None, purpose: None, name: name(cn) };
        root.der = root.certify(&root, Use::Authority, from, to);
        root
    }

    /// A party whose certificate this authority issues.
    pub(crate) fn issue(&self, cn: &str, serial: u64, usage: Use, from: &str, to: &str) -> Self {
        let mut party = Self { key: Self::key(), der: Vec::new(), serial, keeps: None, purpose: None, name: name(cn) };
        party.der = self.certify(&party, usage, from, to);
        party
    }

    fn spki(&self) -> Vec<u8> {
        let algorithm = seq(&[&oid("1.2.840.10045.2.1"), &oid("1.2.840.10045.3.1.7")]);
        seq(&[&algorithm, &tlv(0x03, &[&[0], self.key.public_key().as_ref()])])
    }

    fn key_id(&self) -> Vec<u8> {
        digest(&SHA1_FOR_LEGACY_USE_ONLY, self.key.public_key().as_ref()).as_ref().to_vec()
    }

    fn certify(&self, party: &Self, usage: Use, from: &str, to: &str) -> Vec<u8> {
        let extension = |dotted: &str, critical: bool, value: &[u8]| {
            let flag = if critical { tlv(0x01, &[&[0xff]]) } else { Vec::new() };
            seq(&[&oid(dotted), &flag, &tlv(0x04, &[value])])
        };
        let mut extensions = vec![
            extension("2.5.29.14", false, &tlv(0x04, &[&party.key_id()])),
            extension("2.5.29.35", false, &seq(&[&tlv(0x80, &[&self.key_id()])])),
        ];
        if party.serial != 1 {
            let url = |path: &str| tlv(0x86, &[format!("http://thu.vn/{path}").as_bytes()]);
            let access = seq(&[&seq(&[&oid("1.3.6.1.5.5.7.48.1"), &url("ocsp")])]);
            extensions.push(extension("1.3.6.1.5.5.7.1.1", false, &access));
            let point = seq(&[&tlv(0xa0, &[&tlv(0xa0, &[&url(&format!("{}.crl", self.serial))])])]);
            extensions.push(extension("2.5.29.31", false, &seq(&[&point])));
        }
        let usage_bits = |bits: &[u8]| extension("2.5.29.15", true, &tlv(0x03, &[bits]));
        let extended = |dotted: &str| extension("2.5.29.37", true, &seq(&[&oid(dotted)]));
        match usage {
            Use::Authority => {
                extensions.push(extension("2.5.29.19", true, &seq(&[&tlv(0x01, &[&[0xff]])])));
                extensions.push(usage_bits(&[1, 0x06]));
            }
            Use::Person => {
                extensions.push(usage_bits(&[6, 0xc0]));
                extensions.extend(self.purpose.map(extended));
                extensions.push(extension("2.5.29.17", false, &seq(&[&tlv(0x81, &[b"luutru@thu.vn"])])));
            }
            Use::Timestamps => extensions.push(extended("1.3.6.1.5.5.7.3.8")),
            Use::Status => {
                extensions.push(extended("1.3.6.1.5.5.7.3.9"));
                extensions.push(extension("1.3.6.1.5.5.7.48.1.5", false, &tlv(0x05, &[])));
            }
        }
        let extensions = seq(&extensions.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let body = seq(&[
            &tlv(0xa0, &[&int(2)]),
            &int(party.serial),
            &ecdsa(),
            &self.name,
            &seq(&[&time(at(from)), &time(at(to))]),
            &party.name,
            &party.spki(),
            &tlv(0xa3, &[&extensions]),
        ]);
        self.seal(&body)
    }

    /// ECDSA over SHA-256, in DER.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(&SystemRandom::new(), message).expect("signature").as_ref().to_vec()
    }

    fn seal(&self, body: &[u8]) -> Vec<u8> {
        seq(&[body, &ecdsa(), &tlv(0x03, &[&[0], &self.sign(body)])])
    }

    /// The extension that says since when expired certificates are kept: `expiredCertsOnCRL`, or `ArchiveCutoff`.
    fn kept(&self, dotted: &str, tag: u8) -> Vec<u8> {
        let extension = |since| seq(&[&oid(dotted), &tlv(0x04, &[&time(at(since))])]);
        self.keeps.map(|since| tlv(tag, &[&seq(&[&extension(since)])])).unwrap_or_default()
    }

    /// A revocation list; `revoked` are serial numbers with their times, and a reason when it is not 0.
    pub(crate) fn crl(&self, this: &str, next: &str, revoked: &[(u64, &str, u8)]) -> Vec<u8> {
        let mut entries = Vec::new();
        for (serial, when, reason) in revoked {
            let reason = seq(&[&seq(&[&oid("2.5.29.21"), &tlv(0x04, &[&tlv(0x0a, &[&[*reason]])])])]);
            entries.extend(seq(&[&int(*serial), &time(at(when)), &reason]));
        }
        let entries = if revoked.is_empty() { Vec::new() } else { tlv(0x30, &[&entries]) };
        let kept = self.kept("2.5.29.60", 0xa0);
        let body = seq(&[&int(1), &ecdsa(), &self.name, &time(at(this)), &time(at(next)), &entries, &kept]);
        self.seal(&body)
    }

    /// An OCSP answer by this party for a certificate of `issuer`; `revoked` since when, if at all.
    pub(crate) fn ocsp(&self, issuer: &Self, about: &Self, this: &str, next: &str, revoked: Option<&str>) -> Vec<u8> {
        let sha1 = |bytes: &[u8]| tlv(0x04, &[digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref()]);
        let id = seq(&[
            &seq(&[&oid("1.3.14.3.2.26"), &tlv(0x05, &[])]),
            &sha1(&issuer.name),
            &sha1(issuer.key.public_key().as_ref()),
            &int(about.serial),
        ]);
        let status = revoked.map_or_else(|| tlv(0x80, &[]), |since| tlv(0xa1, &[&time(at(since))]));
        let single = seq(&[
            &id,
            &status,
            &time(at(this)),
            &tlv(0xa0, &[&time(at(next))]),
            &self.kept("1.3.6.1.5.5.7.48.1.6", 0xa1),
        ]);
        let responder = tlv(0xa2, &[&tlv(0x04, &[&self.key_id()])]);
        let body = seq(&[&responder, &time(at(this)), &seq(&[&single])]);
        let signed = tlv(0x03, &[&[0], &self.sign(&body)]);
        let basic = seq(&[&body, &ecdsa(), &signed, &tlv(0xa0, &[&seq(&[&self.der])])]);
        let bytes = seq(&[&oid("1.3.6.1.5.5.7.48.1.1"), &tlv(0x04, &[&basic])]);
        seq(&[&tlv(0x0a, &[&[0]]), &tlv(0xa0, &[&bytes])])
    }

    /// A timestamp token over a digest, of SHA-256 or by its length of SHA-1; `when` as `GeneralizedTime` text, fractions
    /// allowed.
    pub(crate) fn token(&self, imprint: &[u8], when: &str, nonce: Option<&[u8]>) -> Vec<u8> {
        let nonce = nonce.map(|bytes| tlv(0x02, &[bytes])).unwrap_or_default();
        let imprinted = if imprint.len() == 20 { seq(&[&oid("1.3.14.3.2.26")]) } else { sha256_id() };
        let info = seq(&[
            &int(1),
            &oid("1.2.3.4.1"),
            &seq(&[&imprinted, &tlv(0x04, &[imprint])]),
            &int(77),
            &tlv(0x18, &[when.as_bytes()]),
            &seq(&[&int(1)]),
            &nonce,
        ]);
        let attribute = |dotted: &str, value: &[u8]| seq(&[&oid(dotted), &tlv(0x31, &[value])]);
        let hash = |bytes: &[u8]| tlv(0x04, &[digest(&SHA256, bytes).as_ref()]);
        let mut attributes = [
            attribute("1.2.840.113549.1.9.3", &oid("1.2.840.113549.1.9.16.1.4")),
            attribute("1.2.840.113549.1.9.4", &hash(&info)),
            attribute("1.2.840.113549.1.9.16.2.47", &seq(&[&seq(&[&seq(&[&hash(&self.der)])])])),
        ];
        attributes.sort();
        let signature = self.sign(&tlv(0x31, &[&attributes.concat()]));
        let signer = seq(&[
            &int(3),
            &tlv(0x80, &[&self.key_id()]),
            &sha256_id(),
            &tlv(0xa0, &[&attributes.concat()]),
            &ecdsa(),
            &tlv(0x04, &[&signature]),
        ]);
        let content = seq(&[&oid("1.2.840.113549.1.9.16.1.4"), &tlv(0xa0, &[&tlv(0x04, &[&info])])]);
        let body =
            seq(&[&int(3), &tlv(0x31, &[&sha256_id()]), &content, &tlv(0xa0, &[&self.der]), &tlv(0x31, &[&signer])]);
        seq(&[&oid("1.2.840.113549.1.7.2"), &tlv(0xa0, &[&body])])
    }
}

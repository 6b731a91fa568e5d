//! RFC 3161: the time, signed.

use anyhow::{Context as _, Result, bail, ensure};
use const_oid::{
    ObjectIdentifier,
    db::{
        rfc3161::ID_CT_TST_INFO,
        rfc5911::{ID_AA_SIGNING_CERTIFICATE_V_2, ID_CONTENT_TYPE, ID_MESSAGE_DIGEST, ID_SIGNED_DATA},
        rfc5912::{ID_SHA_256, ID_SHA_384, ID_SHA_512},
    },
};
use der::{Decode as _, Tag, Tagged as _, asn1::AnyRef};
use jiff::{Timestamp, ToSpan as _};
use ring::digest::{SHA256, digest};
use x509_cert::Certificate;

use super::{
    asn1::{
        OCTETS, SET, context, elements, expect, explicit, general, number, oid, sequence, set_of, small, tlv, whole,
    },
    fault::Fault,
    keys::{Key, random},
};

/// The policy tokens are issued under; an arc for examples.
pub(crate) const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1.1");

/// Who signs the time.
pub(crate) struct Unit<'a> {
    pub(crate) key: &'a Key,
    pub(crate) certificate: &'a [u8],
    /// Further certificates up to the root, without it.
    pub(crate) above: &'a [Vec<u8>],
}

/// A `TimeStampReq`.
struct Request {
    imprint_algorithm: Vec<u8>,
    imprint: Vec<u8>,
    policy: Option<ObjectIdentifier>,
    nonce: Option<Vec<u8>>,
    wants_certificates: bool,
}

/// `PKIFailureInfo` bits (RFC 3161 §2.4.2).
#[derive(Debug, Clone, Copy)]
enum Refusal {
    BadAlgorithm = 0,
    BadData = 5,
    UnacceptedPolicy = 15,
    SystemFailure = 25,
}

/// Answers a request; what cannot be answered is refused in the protocol's own words.
pub(crate) fn answer(unit: &Unit<'_>, request: &[u8], now: Timestamp, fault: Option<Fault>) -> Result<Vec<u8>> {
    if fault == Some(Fault::Refused) {
        return Ok(refused(Refusal::SystemFailure));
    }
    let Ok(mut request) = Request::parse(request) else { return Ok(refused(Refusal::BadData)) };
    if request.policy.is_some_and(|policy| policy != POLICY) {
        return Ok(refused(Refusal::UnacceptedPolicy));
    }
    if !request.imprint_is_whole() {
        return Ok(refused(Refusal::BadAlgorithm));
    }
    match fault {
        Some(Fault::WrongNonce) => request.nonce = Some(number(&random::<8>()?)?),
        Some(Fault::WrongImprint) => request.imprint = random::<32>()?.to_vec(),
        _ => {}
    }
    let at = if fault == Some(Fault::Ahead) { now.checked_add(1.hour())? } else { now };
    let token = token(unit, &request, at)?;
    let granted = sequence(&[&small(0)?]);
    Ok(sequence(&[&granted, &token]))
}

impl Request {
    fn parse(bytes: &[u8]) -> Result<Self> {
        let parts = elements(bytes)?;
        ensure!(expect(parts.first(), Tag::Integer)? == [1], "version 1 was expected");
        let imprint = whole(*parts.get(1).context("no imprint")?)?;
        let imprint = elements(&imprint)?;
        let mut request = Self {
            imprint_algorithm: whole(*imprint.first().context("no algorithm")?)?,
            imprint: expect(imprint.get(1), Tag::OctetString)?.to_vec(),
            policy: None,
            nonce: None,
            wants_certificates: false,
        };
        for part in parts.iter().skip(2) {
            match part.tag() {
                Tag::ObjectIdentifier => request.policy = Some(part.decode_as()?),
                Tag::Integer => request.nonce = Some(whole(*part)?),
                Tag::Boolean => request.wants_certificates = part.value() != [0],
                _ if context(part) == Some(0) => bail!("extensions are not understood"),
                other => bail!("{other} is not part of a request"),
            }
        }
        Ok(request)
    }

    fn imprint_is_whole(&self) -> bool {
        let algorithm = elements(&self.imprint_algorithm).ok().and_then(|parts| parts.first().copied());
        let length = match algorithm.and_then(|any: AnyRef<'_>| any.decode_as::<ObjectIdentifier>().ok()) {
            Some(ID_SHA_256) => 32,
            Some(ID_SHA_384) => 48,
            Some(ID_SHA_512) => 64,
            _ => return false,
        };
        self.imprint.len() == length
    }
}

/// `ContentInfo` of `SignedData` over `TSTInfo` (RFC 3161 §2.4.2, RFC 5816).
fn token(unit: &Unit<'_>, request: &Request, at: Timestamp) -> Result<Vec<u8>> {
    let mut serial = random::<16>()?;
    serial[0] &= 0x7f;
    let info = sequence(&[
        &small(1)?,
        &oid(POLICY),
        &sequence(&[&request.imprint_algorithm, &tlv(OCTETS, &[&request.imprint])]),
        &number(&serial)?,
        &general(at),
        &sequence(&[&small(1)?]), // accuracy: one second
        request.nonce.as_deref().unwrap_or_default(),
    ]);
    let digest_algorithm = unit.key.digest_algorithm();
    let attributes = [
        attribute(ID_CONTENT_TYPE, &oid(ID_CT_TST_INFO)),
        attribute(ID_MESSAGE_DIGEST, &tlv(OCTETS, &[digest(unit.key.digest.0, &info).as_ref()])),
        attribute(ID_AA_SIGNING_CERTIFICATE_V_2, &signing_certificate(unit.certificate)),
    ];
    let signed = set_of(SET, attributes.to_vec());
    let signature = unit.key.sign(&signed)?;
    let signer = Certificate::from_der(unit.certificate)?;
    let signer = signer.tbs_certificate();
    let signer_info = sequence(&[
        &small(1)?,
        &sequence(&[&der::Encode::to_der(signer.issuer())?, &der::Encode::to_der(signer.serial_number())?]),
        &digest_algorithm,
        &set_of(0xa0, attributes.to_vec()),
        &unit.key.algorithm,
        &tlv(OCTETS, &[&signature]),
    ]);
    let mut certificates = Vec::new();
    if request.wants_certificates {
        certificates.push(unit.certificate.to_vec());
        certificates.extend_from_slice(unit.above);
    }
    let signed_data = sequence(&[
        &small(3)?,
        &tlv(SET, &[&digest_algorithm]),
        &sequence(&[&oid(ID_CT_TST_INFO), &explicit(0, &tlv(OCTETS, &[&info]))]),
        &if certificates.is_empty() { Vec::new() } else { set_of(0xa0, certificates) },
        &tlv(SET, &[&signer_info]),
    ]);
    Ok(sequence(&[&oid(ID_SIGNED_DATA), &explicit(0, &signed_data)]))
}

fn attribute(id: ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(id), &tlv(SET, &[value])])
}

/// `SigningCertificateV2` with SHA-256, the default that DER leaves out (RFC 5035 §3).
fn signing_certificate(certificate: &[u8]) -> Vec<u8> {
    let id = sequence(&[&tlv(OCTETS, &[digest(&SHA256, certificate).as_ref()])]);
    sequence(&[&sequence(&[&id])])
}

fn refused(why: Refusal) -> Vec<u8> {
    const REJECTION: &[u8] = &[0x02, 0x01, 0x02];
    let bit = why as usize;
    let mut info = vec![0_u8; bit / 8 + 1];
    if let Some(last) = info.last_mut() {
        *last = 0x80 >> (bit % 8);
    }
    let unused = 7 - (bit % 8) as u8;
    sequence(&[&sequence(&[REJECTION, &tlv(0x03, &[&[unused], &info])])])
}

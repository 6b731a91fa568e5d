//! RFC 6960 answers and RFC 5280 lists: which certificates are still in force.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use const_oid::{
    ObjectIdentifier,
    db::{
        rfc5280::{ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_CRL_NUMBER, ID_CE_CRL_REASONS},
        rfc5912::{ID_SHA_1, ID_SHA_256},
        rfc6960::{ID_PKIX_OCSP_BASIC, ID_PKIX_OCSP_NONCE},
    },
};
use der::Tag;
use jiff::{Timestamp, ToSpan as _};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

use super::{
    asn1::{
        OCTETS, bits, context, elements, expect, explicit, extension, general, number, oid, sequence, small, time, tlv,
        whole,
    },
    fault::Fault,
    home::Revoked,
    keys::{Key, key_identifier},
};

/// The delegated responder and the authority it speaks for.
pub(crate) struct Responder<'a> {
    pub(crate) key: &'a Key,
    pub(crate) certificate: &'a [u8],
    /// Name and key of the authority whose certificates it knows.
    pub(crate) issuer_name: &'a [u8],
    pub(crate) issuer_spki: &'a [u8],
    /// Serial numbers it issued, in hexadecimal.
    pub(crate) issued: &'a [String],
}

/// Answers an `OCSPRequest`; `thisUpdate` is now.
pub(crate) fn ocsp(
    responder: &Responder<'_>,
    request: &[u8],
    revoked: &BTreeMap<String, Revoked>,
    now: Timestamp,
    fault: Option<Fault>,
) -> Result<Vec<u8>> {
    const MALFORMED: u8 = 1;
    const TRY_LATER: u8 = 3;
    if fault == Some(Fault::Refused) {
        return Ok(unsuccessful(TRY_LATER));
    }
    let Ok(Request { asked, nonce }) = parse(request) else { return Ok(unsuccessful(MALFORMED)) };
    let mut answers = Vec::new();
    for id in &asked {
        answers.extend(single(responder, id, revoked, now, fault)?);
    }
    let key = key_identifier(&responder.key.spki)?;
    let extensions = nonce.map(|nonce| explicit(1, &sequence(&[&extension(ID_PKIX_OCSP_NONCE, false, &nonce)])));
    let data = sequence(&[
        &explicit(2, &tlv(OCTETS, &[&key])),
        &general(now),
        &sequence(&[&answers]),
        extensions.as_deref().unwrap_or_default(),
    ]);
    let signature = responder.key.sign(&data)?;
    let certificates = explicit(0, &sequence(&[responder.certificate]));
    let basic = sequence(&[&data, &responder.key.algorithm, &bits(&signature), &certificates]);
    let bytes = sequence(&[&oid(ID_PKIX_OCSP_BASIC), &tlv(OCTETS, &[&basic])]);
    Ok(sequence(&[&[0x0a, 1, 0], &explicit(0, &bytes)]))
}

/// What an `OCSPRequest` asks.
#[derive(Default)]
struct Request {
    /// The `CertID`s.
    asked: Vec<Vec<u8>>,
    /// The nonce's value.
    nonce: Option<Vec<u8>>,
}

fn parse(request: &[u8]) -> Result<Request> {
    let request = elements(request)?;
    let to_be_signed = whole(*request.first().context("an empty request")?)?;
    let parts = elements(&to_be_signed)?;
    let mut found = Request::default();
    for part in &parts {
        match context(part) {
            None => {
                for one in super::asn1::inside(part.value())? {
                    let one = whole(one)?;
                    found.asked.push(whole(*elements(&one)?.first().context("no CertID")?)?);
                }
            }
            Some(2) => {
                for one in elements(part.value())? {
                    let one = whole(one)?;
                    let fields = elements(&one)?;
                    if expect(fields.first(), Tag::ObjectIdentifier)? == ID_PKIX_OCSP_NONCE.as_bytes() {
                        found.nonce = Some(expect(fields.last(), Tag::OctetString)?.to_vec());
                    }
                }
            }
            Some(_) => {}
        }
    }
    Ok(found)
}

fn single(
    responder: &Responder<'_>,
    id: &[u8],
    revoked: &BTreeMap<String, Revoked>,
    now: Timestamp,
    fault: Option<Fault>,
) -> Result<Vec<u8>> {
    let serial = ours(responder, id)?.filter(|_| fault != Some(Fault::Unknown));
    let status = match serial {
        None => vec![0x82, 0],
        Some(serial) => match revoked.get(&serial) {
            None => vec![0x80, 0],
            Some(entry) => {
                let reason = explicit(0, &[0x0a, 1, entry.reason.number()]);
                tlv(0xa1, &[&general(entry.at), &reason])
            }
        },
    };
    let (from, to) = window(now, 1, fault)?;
    Ok(sequence(&[id, &status, &general(from), &explicit(0, &general(to))]))
}

/// The serial number a `CertID` names, when the certificate is one of the authority's.
fn ours(responder: &Responder<'_>, id: &[u8]) -> Result<Option<String>> {
    let fields = elements(id)?;
    let algorithm = whole(*fields.first().context("no algorithm")?)?;
    let algorithm = elements(&algorithm)?;
    let algorithm = match algorithm.first().and_then(|any| any.decode_as::<ObjectIdentifier>().ok()) {
        Some(ID_SHA_1) => &SHA1_FOR_LEGACY_USE_ONLY,
        Some(ID_SHA_256) => &SHA256,
        _ => return Ok(None),
    };
    let key = elements(responder.issuer_spki)?;
    let key = expect(key.get(1), Tag::BitString)?.get(1..).unwrap_or_default();
    let same = expect(fields.get(1), Tag::OctetString)? == digest(algorithm, responder.issuer_name).as_ref()
        && expect(fields.get(2), Tag::OctetString)? == digest(algorithm, key).as_ref();
    let serial = hex::encode(expect(fields.get(3), Tag::Integer)?);
    Ok(Some(serial).filter(|serial| same && responder.issued.contains(serial)))
}

fn unsuccessful(status: u8) -> Vec<u8> {
    sequence(&[&[0x0a, 1, status]])
}

/// From when to when data counts: now and some days, or a time long over.
fn window(now: Timestamp, days: i64, fault: Option<Fault>) -> Result<(Timestamp, Timestamp)> {
    let from = if fault == Some(Fault::Stale) { now.checked_sub((24 * (days + 30)).hours())? } else { now };
    Ok((from, from.checked_add((24 * days).hours())?))
}

/// Makes a full CRL of an authority (RFC 5280 §5); `thisUpdate` is now.
pub(crate) fn crl(
    name: &[u8],
    key: &Key,
    revoked: &[(String, Revoked)],
    now: Timestamp,
    fault: Option<Fault>,
) -> Result<Vec<u8>> {
    let (from, to) = window(now, 7, fault)?;
    let mut entries = Vec::new();
    for (serial, entry) in revoked {
        let reason = extension(ID_CE_CRL_REASONS, false, &[0x0a, 1, entry.reason.number()]);
        entries.extend(sequence(&[&number(&hex::decode(serial)?)?, &time(entry.at), &sequence(&[&reason])]));
    }
    let authority_key = sequence(&[&tlv(0x80, &[&key_identifier(&key.spki)?])]);
    let extensions = [
        extension(ID_CE_AUTHORITY_KEY_IDENTIFIER, false, &authority_key),
        // Seconds of the clock: the number only has to rise.
        extension(ID_CE_CRL_NUMBER, false, &small(now.as_second().unsigned_abs())?),
    ];
    let list = sequence(&[
        &small(1)?, // v2
        &key.algorithm,
        name,
        &time(from),
        &time(to),
        &if entries.is_empty() { Vec::new() } else { sequence(&[&entries]) },
        &explicit(0, &sequence(&[&extensions.concat()])),
    ]);
    let signature = key.sign(&list)?;
    Ok(sequence(&[&list, &key.algorithm, &bits(&signature)]))
}

//! The little ASN.1 an authority writes and reads: DER is put together from parts, requests are taken apart under limits.

use anyhow::{Context as _, Result, bail, ensure};
use const_oid::ObjectIdentifier;
use der::{
    Decode as _, Encode as _, Reader as _, SliceReader, Tag, Tagged as _,
    asn1::{AnyRef, UintRef},
};
use jiff::{Timestamp, tz::TimeZone};

pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
pub(crate) const OCTETS: u8 = 0x04;
pub(crate) const UTF8: u8 = 0x0c;
pub(crate) const PRINTABLE: u8 = 0x13;
pub(crate) const IA5: u8 = 0x16;
pub(crate) const NULL: &[u8] = &[0x05, 0x00];
pub(crate) const TRUE: &[u8] = &[0x01, 0x01, 0xff];

/// One element; the length form is the shortest.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 6);
    out.push(tag);
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = (length as u64).to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        out.push(0x80 | (bytes.len() - zeros) as u8);
        out.extend(bytes.iter().skip(zeros));
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(SEQUENCE, parts)
}

/// SET OF in DER: the elements sorted by their bytes.
pub(crate) fn set_of(tag: u8, mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    tlv(tag, &[&elements.concat()])
}

/// `[number]` around a whole element.
pub(crate) fn explicit(number: u8, inner: &[u8]) -> Vec<u8> {
    tlv(0xa0 | number, &[inner])
}

pub(crate) fn oid(oid: ObjectIdentifier) -> Vec<u8> {
    tlv(0x06, &[oid.as_bytes()])
}

pub(crate) fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], bytes])
}

/// A number that is not negative.
pub(crate) fn number(bytes: &[u8]) -> Result<Vec<u8>> {
    Ok(UintRef::new(bytes)?.to_der()?)
}

pub(crate) fn small(number: u64) -> Result<Vec<u8>> {
    Ok(number.to_der()?)
}

/// `UTCTime` up to 2049, `GeneralizedTime` after (RFC 5280 §4.1.2.5).
pub(crate) fn time(at: Timestamp) -> Vec<u8> {
    let civil = at.to_zoned(TimeZone::UTC);
    if civil.year() < 2050 { tlv(0x17, &[civil.strftime("%y%m%d%H%M%SZ").to_string().as_bytes()]) } else { general(at) }
}

/// `GeneralizedTime` in whole seconds.
pub(crate) fn general(at: Timestamp) -> Vec<u8> {
    tlv(0x18, &[at.to_zoned(TimeZone::UTC).strftime("%Y%m%d%H%M%SZ").to_string().as_bytes()])
}

pub(crate) fn extension(id: ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(id), if critical { TRUE } else { &[] }, &tlv(OCTETS, &[value])])
}

/// `AlgorithmIdentifier` with or without parameters.
pub(crate) fn algorithm(id: ObjectIdentifier, parameters: &[u8]) -> Vec<u8> {
    sequence(&[&oid(id), parameters])
}

/// The elements of a SEQUENCE that fills these bytes.
pub(crate) fn elements(bytes: &[u8]) -> Result<Vec<AnyRef<'_>>> {
    let whole = AnyRef::from_der(bytes)?;
    ensure!(whole.tag() == Tag::Sequence, "a SEQUENCE was expected");
    inside(whole.value())
}

/// Elements one after the other.
pub(crate) fn inside(bytes: &[u8]) -> Result<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(bytes)?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        ensure!(found.len() < 64, "more elements than any request has");
        found.push(AnyRef::decode(&mut reader)?);
    }
    Ok(found)
}

/// An element as it stood.
pub(crate) fn whole(any: AnyRef<'_>) -> Result<Vec<u8>> {
    Ok(any.to_der()?)
}

/// The number of a context tag.
pub(crate) fn context(any: &AnyRef<'_>) -> Option<u32> {
    match any.tag() {
        Tag::ContextSpecific { number, .. } => Some(number.value()),
        _ => None,
    }
}

pub(crate) fn expect<'a>(any: Option<&AnyRef<'a>>, tag: Tag) -> Result<&'a [u8]> {
    let any = any.context("an element is missing")?;
    if any.tag() != tag {
        bail!("{tag} was expected, {} stands there", any.tag());
    }
    Ok(any.value())
}

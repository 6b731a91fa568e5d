//! Reads BER and DER as received, and writes DER.
//!
//! Signatures cover bytes, so foreign material is cut into slices of what was received and never decoded and encoded
//! again. BER's indefinite lengths and constructed strings are read (X.690 §8.1.3.6, §8.7); nesting is bounded.

use std::borrow::Cow;

use const_oid::ObjectIdentifier;
use jiff::{Timestamp, civil::DateTime};

/// Nesting beyond this is refused; certificates and signatures stay far below.
const DEPTH: usize = 32;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

const CONSTRUCTED: u8 = 0x20;

/// A constructed context tag, `[n] { … }`.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// A primitive context tag, `[n] IMPLICIT` of a string or number.
pub(crate) const fn context_primitive(number: u8) -> u8 {
    0x80 | number
}

/// Bytes that are not what they should be; the text says what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken(pub(crate) &'static str);

pub(crate) type Read<T> = Result<T, Broken>;

/// One element: tag, contents, and the whole of it as received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

/// Walks over the elements of one level.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next element, when there is one.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element, whatever it is.
    pub(crate) fn any(&mut self) -> Read<Element<'a>> {
        let (element, rest) = element(self.rest, 0)?;
        self.rest = rest;
        Ok(element)
    }

    /// The next element, which must have this tag.
    pub(crate) fn take(&mut self, tag: u8, what: &'static str) -> Read<Element<'a>> {
        if self.peek() != Some(tag) {
            return Err(Broken(what));
        }
        self.any()
    }

    /// The next element when it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Read<Option<Element<'a>>> {
        if self.peek() == Some(tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// Walks into the next element, which must have this tag.
    pub(crate) fn enter(&mut self, tag: u8, what: &'static str) -> Read<Self> {
        Ok(Self::new(self.take(tag, what)?.content))
    }

    pub(crate) fn oid(&mut self, what: &'static str) -> Read<ObjectIdentifier> {
        let element = self.take(OID, what)?;
        ObjectIdentifier::from_bytes(element.content).map_err(|_| Broken(what))
    }

    /// An octet string in one piece, also when it came in several (BER).
    pub(crate) fn octets(&mut self, what: &'static str) -> Read<Cow<'a, [u8]>> {
        octets(self.any()?, OCTET_STRING, what, 0)
    }

    /// A bit string of whole octets.
    pub(crate) fn bits(&mut self, what: &'static str) -> Read<&'a [u8]> {
        let element = self.take(BIT_STRING, what)?;
        match element.content.split_first() {
            Some((0, bytes)) => Ok(bytes),
            _ => Err(Broken(what)),
        }
    }

    /// A small number that is not negative.
    pub(crate) fn small(&mut self, tag: u8, what: &'static str) -> Read<u32> {
        let content = self.take(tag, what)?.content;
        match content {
            [] => Err(Broken(what)),
            [first, ..] if *first >= 0x80 => Err(Broken(what)),
            bytes if bytes.len() > 4 => Err(Broken(what)),
            bytes => Ok(bytes.iter().fold(0, |value, byte| (value << 8) | u32::from(*byte))),
        }
    }

    /// A time of either form; fractions of a second are legal in RFC 3161 and RFC 6960 answers.
    pub(crate) fn time(&mut self, what: &'static str) -> Read<Timestamp> {
        let element = self.any()?;
        time(element).ok_or(Broken(what))
    }
}

/// A time, of an element that has been read.
pub(crate) fn time(element: Element<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(element.content).ok()?.strip_suffix('Z')?;
    if !text.is_ascii() {
        return None;
    }
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |from: usize, to: usize| -> Option<i16> {
        let part = whole.get(from..to)?;
        if part.bytes().all(|byte| byte.is_ascii_digit()) { part.parse().ok() } else { None }
    };
    let (year, rest) = match element.tag {
        UTC_TIME if fraction.is_empty() => {
            let short = digits(0, 2)?;
            (if short < 50 { 2000 + short } else { 1900 + short }, 2)
        }
        GENERALIZED_TIME => (digits(0, 4)?, 4),
        _ => return None,
    };
    let mut parts = [0_i8; 5];
    for (i, part) in parts.iter_mut().enumerate() {
        *part = i8::try_from(digits(rest + 2 * i, rest + 2 * i + 2)?).ok()?;
    }
    if whole.len() != rest + 10 {
        return None;
    }
    let nanoseconds: i32 = match fraction.len() {
        0 => 0,
        1..=9 if fraction.bytes().all(|byte| byte.is_ascii_digit()) => format!("{fraction:0<9}").parse().ok()?,
        _ => return None,
    };
    let [month, day, hour, minute, second] = parts;
    let civil = DateTime::new(year, month, day, hour, minute, second, nanoseconds).ok()?;
    civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// The first element of `bytes` and what follows it.
fn element(bytes: &[u8], depth: usize) -> Read<(Element<'_>, &[u8])> {
    let (&tag, after_tag) = bytes.split_first().ok_or(Broken("an element"))?;
    if tag & 0x1f == 0x1f {
        return Err(Broken("a tag below 31"));
    }
    let (&first, after_length) = after_tag.split_first().ok_or(Broken("a length"))?;
    if first == 0x80 {
        return indefinite(bytes, tag, after_length, depth);
    }
    let (length, after_length) = if first < 0x80 {
        (usize::from(first), after_length)
    } else {
        let count = usize::from(first & 0x7f);
        if count > 8 || count > after_length.len() {
            return Err(Broken("a length"));
        }
        let (length_bytes, rest) = after_length.split_at(count);
        let length = length_bytes.iter().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        (usize::try_from(length).map_err(|_| Broken("a length"))?, rest)
    };
    let (content, rest) = after_length.split_at_checked(length).ok_or(Broken("an element that is whole"))?;
    let (whole, _) = bytes.split_at(bytes.len() - rest.len());
    Ok((Element { tag, content, whole }, rest))
}

/// An element whose end is marked by two zero octets (X.690 §8.1.3.6).
fn indefinite<'a>(bytes: &'a [u8], tag: u8, inside: &'a [u8], depth: usize) -> Read<(Element<'a>, &'a [u8])> {
    if tag & CONSTRUCTED == 0 || depth >= DEPTH {
        return Err(Broken("an element of bounded depth"));
    }
    let mut rest = inside;
    loop {
        if let [0, 0, after @ ..] = rest {
            let (content, _) = inside.split_at(inside.len() - rest.len());
            let (whole, _) = bytes.split_at(bytes.len() - after.len());
            return Ok((Element { tag, content, whole }, after));
        }
        rest = element(rest, depth + 1)?.1;
    }
}

/// A string that may have come in pieces.
pub(crate) fn octets<'a>(element: Element<'a>, tag: u8, what: &'static str, depth: usize) -> Read<Cow<'a, [u8]>> {
    if element.tag == tag {
        return Ok(Cow::Borrowed(element.content));
    }
    if element.tag != tag | CONSTRUCTED || depth >= DEPTH {
        return Err(Broken(what));
    }
    let mut joined = Vec::new();
    let mut pieces = Reader::new(element.content);
    while !pieces.is_empty() {
        joined.extend_from_slice(&octets(pieces.any()?, OCTET_STRING, what, depth + 1)?);
    }
    Ok(Cow::Owned(joined))
}

/// Writes one element from its contents.
pub(crate) fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 6);
    out.push(tag);
    if length < 0x80 {
        out.push(length.to_be_bytes().last().copied().unwrap_or_default());
    } else {
        let bytes = length.to_be_bytes();
        let significant: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        out.push(0x80 | significant.len().to_be_bytes().last().copied().unwrap_or_default());
        out.extend_from_slice(&significant);
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

pub(crate) fn write_oid(oid: ObjectIdentifier) -> Vec<u8> {
    wrap(OID, &[oid.as_bytes()])
}

/// A number from big-endian bytes, in the shortest form that is not negative.
pub(crate) fn write_unsigned(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let (_, significant) = bytes.split_at(start);
    match significant.first() {
        Some(first) if *first < 0x80 => wrap(INTEGER, &[significant]),
        _ => wrap(INTEGER, &[&[0], significant]),
    }
}

/// A `SET OF`, in the order of DER (X.690 §11.6).
pub(crate) fn write_set(mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    let parts: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
    wrap(SET, &parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_every_form_come_back() {
        for length in [0_usize, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let bytes = wrap(OCTET_STRING, &[&vec![7; length]]);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.octets("octets").expect("octets").len(), length);
            assert!(reader.is_empty());
        }
    }

    #[test]
    fn indefinite_lengths_and_pieces_are_read() {
        let ber = [0x30, 0x80, 0x24, 0x80, 0x04, 0x02, 1, 2, 0x04, 0x01, 3, 0, 0, 0x02, 0x01, 5, 0, 0, 0xff];
        let mut outer = Reader::new(&ber);
        let mut inner = outer.enter(SEQUENCE, "sequence").expect("sequence");
        assert_eq!(&*inner.octets("octets").expect("octets"), &[1, 2, 3]);
        assert_eq!(inner.small(INTEGER, "number"), Ok(5));
        assert!(inner.is_empty() && outer.peek() == Some(0xff));
    }

    #[test]
    fn deep_nesting_ends_in_an_error_not_in_the_stack() {
        let deep: Vec<u8> = [0x30, 0x80].repeat(100_000);
        assert!(Reader::new(&deep).any().is_err());
    }

    #[test]
    fn times_with_and_without_fractions() {
        let read = |tag, text: &str| time(Element { tag, content: text.as_bytes(), whole: &[] });
        let at = |text: &str| text.parse::<Timestamp>().ok();
        assert_eq!(read(GENERALIZED_TIME, "20261125024405Z"), at("2026-11-25T02:44:05Z"));
        assert_eq!(read(GENERALIZED_TIME, "20261125024405.25Z"), at("2026-11-25T02:44:05.25Z"));
        assert_eq!(read(UTC_TIME, "491231235959Z"), at("2049-12-31T23:59:59Z"));
        assert_eq!(read(UTC_TIME, "500101000000Z"), at("1950-01-01T00:00:00Z"));
        for bad in ["20261125024405", "20261325024405Z", "2026112502440Z", "20261125024405.Z\u{e9}", "+0261125024405Z"]
        {
            assert_eq!(read(GENERALIZED_TIME, bad), None, "{bad}");
        }
    }
}

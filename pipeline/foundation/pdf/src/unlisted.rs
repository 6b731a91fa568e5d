//! Whether every reader finds the same in the bytes of a revision: they are the objects that its cross-reference sections
//! list, those sections, and nothing else, and no key stands twice. A reader that looks for objects itself, or takes the
//! other one of two keys, would show what was never compared.
#![warn(clippy::indexing_slicing)]

mod order;
mod streams;
mod table;
mod words;

use std::collections::BTreeMap;

use self::words::{begins_object, contains, holds_mark, nothing_hides};
use crate::{
    Error,
    object::{Dictionary, Indirect, Object},
    parse::Parser,
    reader::Reader,
    tail::{Entry, Section, XrefForm},
};

/// Bytes in which the words behind a value or a stream must stand.
const WORDS: usize = 256;
/// Bytes between two objects, or of a cross-reference section, that are looked through.
const BETWEEN: u64 = 64 << 20;

/// Highest object number that readers look for; what a table lists beyond makes some of them rebuild it (ISO 32000-1 annex C).
const HIGHEST: u32 = 8_388_607;

/// Something that is not clear; or the file could not be read.
enum Fault {
    Unclear(&'static str),
    Unread(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::BadObject { detail, .. } | Error::BrokenXref { detail, .. } => Self::Unclear(detail),
            error => Self::Unread(error),
        }
    }
}

type Outcome<T> = Result<T, Fault>;

/// What is not clear in the revision that begins at `from` and ends with the file; none when everything is. `previous` is
/// where the last cross-reference section stood before it.
pub(crate) fn unclear(reader: &mut Reader, from: u64, previous: u64) -> Result<Option<&'static str>, Error> {
    match order::in_order(reader, from, previous).and_then(|()| tile(reader, from)) {
        Ok(()) => Ok(None),
        Err(Fault::Unclear(detail)) => Ok(Some(detail)),
        Err(Fault::Unread(error)) => Err(error),
    }
}

/// What a cross-reference section says stands somewhere.
enum Listed {
    Object { number: u32, generation: u16 },
    Section(Box<Section>),
}

/// Goes from one listed thing to the next: they lie end to end.
fn tile(reader: &mut Reader, from: u64) -> Outcome<()> {
    trailer(reader)?;
    let mut at = from;
    for (offset, listed) in listed(reader, from)? {
        between(reader, at, offset)?;
        at = match listed {
            Listed::Object { number, generation } => object(reader, offset, number, generation)?,
            Listed::Section(section) => end_of_section(reader, &section)?,
        };
    }
    between(reader, at, reader.source().len())
}

/// The last trailer leads to everything by itself. Who misses the catalog in it, or takes it at its word about how many
/// objects there are (ISO 32000-2 table 15), sees another document.
fn trailer(reader: &Reader) -> Outcome<()> {
    let sections = &reader.tail().sections;
    let last = sections.first().map(|section| &section.trailer).ok_or(Fault::Unclear("there is no trailer"))?;
    let highest = sections.iter().filter_map(|section| section.entries.keys().next_back()).max();
    let size = last.get("Size").and_then(Object::as_integer).unwrap_or(0);
    if size > i64::from(HIGHEST) + 1 {
        return Err(Fault::Unclear("a trailer counts more objects than readers look for"));
    }
    if highest.is_some_and(|highest| i64::from(*highest) >= size) {
        return Err(Fault::Unclear("a trailer counts fewer objects than there are"));
    }
    if last.get("Root").and_then(Object::as_reference).is_none() {
        return Err(Fault::Unclear("a trailer names no catalog"));
    }
    Ok(())
}

fn listed(reader: &Reader, from: u64) -> Outcome<BTreeMap<u64, Listed>> {
    let mut all = BTreeMap::new();
    let sections = || reader.tail().sections.iter().filter(|section| section.offset >= from);
    for section in sections() {
        for (number, entry) in &section.entries {
            let Entry::At { offset, generation } = *entry else { continue };
            let listed = Listed::Object { number: *number, generation };
            if offset >= from && all.insert(offset, listed).is_some() {
                return Err(Fault::Unclear("two objects stand at one place"));
            }
        }
    }
    // A cross-reference stream is an object, too, which it need not list itself.
    for section in sections() {
        all.insert(section.offset, Listed::Section(Box::new(section.clone())));
    }
    Ok(all)
}

/// Between two things is white space, or a remark that looks like neither.
fn between(reader: &Reader, from: u64, to: u64) -> Outcome<()> {
    let Some(length) = to.checked_sub(from) else { return Err(Fault::Unclear("two objects overlap")) };
    let bytes = read(reader, from, length)?;
    let mut parser = Parser::new(&bytes, 0);
    parser.skip_space();
    if !parser.rest().is_empty() || begins_object(&bytes) || holds_mark(&bytes) {
        return Err(Fault::Unclear("bytes that no cross-reference lists"));
    }
    Ok(())
}

fn read(reader: &Reader, from: u64, length: u64) -> Outcome<Vec<u8>> {
    if length > BETWEEN {
        return Err(Fault::Unclear("too many bytes between objects"));
    }
    Ok(reader.source().read(from, length as usize)?)
}

/// One object: named as it is listed, no key twice, ended where it should be. Gives its end.
fn object(reader: &mut Reader, offset: u64, number: u32, generation: u16) -> Outcome<u64> {
    let located = reader.read_at(offset, number)?;
    let (_, end) = located.span.unwrap_or((offset, offset));
    let bytes = read(reader, offset, end.saturating_sub(offset))?;
    let value = behind_name(&bytes, number, generation)
        .ok_or(Fault::Unclear("an object is named otherwise than it is listed"))?;
    if begins_object(value) || holds_mark(value) {
        return Err(Fault::Unclear("an object seems to hold another one"));
    }
    match located.indirect {
        Indirect::Value(value) => {
            no_key_twice(&value)?;
            words_at(reader, end, &[b"endobj"])
        }
        Indirect::Stream { dictionary, start } => {
            no_key_twice(&Object::Dictionary(dictionary.clone()))?;
            // ISO 32000-2 §7.5.8: readers that rebuild take such a stream for a section, wherever it stands.
            let is_section = reader.tail().sections.iter().any(|section| section.offset == offset);
            if !is_section && (dictionary.is_name("Type", "XRef") || contains(value, b"/XRef")) {
                return Err(Fault::Unclear("a cross-reference stream that none leads to"));
            }
            if !streams::is_plain(&dictionary) {
                return Err(Fault::Unclear("a stream is stored in a way that readers understand differently"));
            }
            let length = reader.stream_length(&dictionary)?;
            let data_end = start.saturating_add(length);
            // Whoever reads on to the next such word, whatever the length says, finds another end, or another object.
            nothing_hides(reader, start, length)?;
            if dictionary.is_name("Type", "ObjStm") {
                packed(reader, number, &dictionary)?;
            }
            words_at(reader, data_end, &[b"endstream", b"endobj"])
        }
    }
}

/// What stands behind `N G obj`, when that is what bytes begin with: single spaces or line ends between the words, no remark.
fn behind_name(bytes: &[u8], number: u32, generation: u16) -> Option<&[u8]> {
    let (number, generation) = (number.to_string(), generation.to_string());
    let rest = bytes.strip_prefix(number.as_bytes()).and_then(space)?;
    let rest = rest.strip_prefix(generation.as_bytes()).and_then(space)?;
    let value = rest.strip_prefix(b"obj")?;
    value.first().is_some_and(|byte| byte.is_ascii_whitespace() || b"<[(/".contains(byte)).then_some(value)
}

/// What stands behind one white space.
fn space(bytes: &[u8]) -> Option<&[u8]> {
    bytes.split_first().filter(|(byte, _)| byte.is_ascii_whitespace()).map(|(_, rest)| rest)
}

/// The objects in an object stream: all listed as being there, no key twice.
fn packed(reader: &mut Reader, stream: u32, dictionary: &Dictionary) -> Outcome<()> {
    let objects = reader.packed(stream)?;
    if dictionary.get("N").and_then(Object::as_integer) != Some(objects.len() as i64) {
        return Err(Fault::Unclear("an object stream has more than it says"));
    }
    for (index, (number, value)) in objects.iter().enumerate() {
        if reader.tail().find(*number) != (Entry::In { stream, index: index as u32 }) {
            return Err(Fault::Unclear("an object stream holds what no cross-reference lists"));
        }
        no_key_twice(value)?;
    }
    Ok(())
}

fn no_key_twice(value: &Object) -> Outcome<()> {
    if value.has_doubled_keys() { Err(Fault::Unclear("a key stands twice")) } else { Ok(()) }
}

/// A section, and the words behind it up to its `%%EOF`. Gives its end.
fn end_of_section(reader: &mut Reader, section: &Section) -> Outcome<u64> {
    no_key_twice(&Object::Dictionary(section.trailer.clone()))?;
    let own = Entry::At { offset: section.offset, generation: 0 };
    let mut named = section.entries.iter().filter(|(_, entry)| **entry == own).map(|(number, _)| *number);
    let end = match section.form {
        XrefForm::Table => {
            let table = read(reader, section.offset, section.after.saturating_sub(section.offset))?;
            if !table::is_plain(&table) || begins_object(&table) {
                return Err(Fault::Unclear("a cross-reference table that readers may rebuild"));
            }
            if named.next().is_some() {
                return Err(Fault::Unclear("two objects stand at one place"));
            }
            section.after
        }
        XrefForm::Stream => {
            let head = reader.source().read(section.offset, WORDS)?;
            let number = Parser::new(&head, 0).unsigned().unwrap_or(0);
            let number = u32::try_from(number).unwrap_or(0);
            let taken = ![own, Entry::Free].contains(&reader.tail().find(number));
            if taken || named.any(|other| other != number) {
                return Err(Fault::Unclear("two objects have one name"));
            }
            object(reader, section.offset, number, 0)?
        }
    };
    let behind = words_at(reader, end, &[b"startxref"])?;
    let rest = read(reader, behind, section.eof.saturating_sub(behind))?;
    let number = std::str::from_utf8(rest.strip_suffix(b"%%EOF").unwrap_or_default()).unwrap_or_default();
    if number.trim_ascii().parse() != Ok(section.offset) {
        return Err(Fault::Unclear("a cross-reference section does not end with itself"));
    }
    Ok(section.eof)
}

/// Takes words that must follow one another at a place. Gives where the last one ends.
fn words_at(reader: &Reader, at: u64, words: &[&[u8]]) -> Outcome<u64> {
    let window = reader.source().read(at, WORDS)?;
    let mut parser = Parser::new(&window, 0);
    for word in words {
        let before = parser.at();
        if parser.keyword(word) != Ok(true) {
            return Err(Fault::Unclear("an object does not end where it should"));
        }
        let gap = window.get(before..parser.at() - word.len()).unwrap_or_default();
        // Only tools that sign their revisions write a remark here; within an object it would be data for some.
        let remark = gap.contains(&b'%') && *word != b"startxref";
        if remark || holds_mark(gap) {
            return Err(Fault::Unclear("bytes that no cross-reference lists"));
        }
    }
    let used = window.get(..parser.at()).unwrap_or_default();
    if begins_object(used) {
        return Err(Fault::Unclear("bytes that no cross-reference lists"));
    }
    Ok(at.saturating_add(parser.at() as u64))
}

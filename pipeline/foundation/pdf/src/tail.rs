//! Reads a PDF from its end: `startxref`, then the `/Prev` chain of tables and streams. The newest entry of an object
//! wins; nothing is repaired. Only cross-reference data is read, whatever the size of the file.
#![warn(clippy::indexing_slicing, clippy::as_conversions)]

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Error,
    filter::{self, decode},
    object::{Dictionary, Object},
    parse::{Fault, Parser, is_space},
    source::Source,
};

/// Sections in a chain: a document re-signed every year for a thousand years.
const SECTIONS: usize = 1024;
/// Objects in a file.
const OBJECTS: usize = 4_000_000;
/// Decoded bytes of one cross-reference stream.
const STREAM: u64 = 96 << 20;
/// Bytes at the end of the file in which `startxref` must stand.
const END: u64 = 2048;
/// Lines of a table read at a time.
const LINES: u64 = 4096;
/// Largest window for one trailer dictionary or cross-reference stream dictionary.
const DICTIONARY: usize = 1 << 20;

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Deleted.
    Free,
    /// At an offset in the file.
    At {
        /// The offset.
        offset: u64,
        /// Its generation.
        generation: u16,
    },
    /// In an object stream.
    In {
        /// Number of the object stream.
        stream: u32,
        /// Position in it.
        index: u32,
    },
}

/// The form of a cross-reference section; a revision follows the form of the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XrefForm {
    /// `xref … trailer`.
    Table,
    /// A cross-reference stream.
    Stream,
}

/// One cross-reference section.
#[derive(Debug, Clone)]
pub struct Section {
    /// Where it begins.
    pub offset: u64,
    /// Its form.
    pub form: XrefForm,
    /// Its objects.
    pub entries: BTreeMap<u32, Entry>,
    /// Its trailer.
    pub trailer: Dictionary,
    /// Where its trailer, or its stream's data, ends.
    pub after: u64,
    /// Just after the `F` of its `%%EOF`.
    pub eof: u64,
    /// After the line end behind `%%EOF`.
    pub end: u64,
}

/// A revision of the file: what stood in it when somebody saved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Just after the `F` of its `%%EOF`.
    pub eof: u64,
    /// After the line end behind it: a signature over this revision ends between `eof` and `end`.
    pub end: u64,
}

/// The cross-reference chain of a file.
#[derive(Debug, Clone)]
pub struct Tail {
    /// Length of the file.
    pub len: u64,
    /// The last `startxref`.
    pub startxref: u64,
    /// Sections, newest first.
    pub sections: Vec<Section>,
    /// The bytes behind the last `%%EOF` and its line end are only white space.
    pub clean_end: bool,
    /// The last byte is a line end.
    pub ends_with_line: bool,
}

impl Tail {
    /// Reads the chain.
    pub fn read(source: &Source) -> Result<Self, Error> {
        let path = || source.path();
        if !source.read(0, 5)?.starts_with(b"%PDF-") {
            return Err(Error::NotPdf { path: path() });
        }
        let len = source.len();
        let from = len.saturating_sub(END);
        let end = source.read(from, usize::try_from(END).unwrap_or(0))?;
        let at = find_last(&end, b"startxref").ok_or_else(|| Error::NoEnd { path: path() })?;
        let mut parser = Parser::new(&end, at + 9);
        let startxref = parser.unsigned().map_err(|_| Error::NoEnd { path: path() })?;
        if !parser_at_eof(&mut parser) {
            return Err(Error::NoEnd { path: path() });
        }
        let behind = end.get(parser.at() + 5..).unwrap_or_default();
        let mut tail = Self {
            len,
            startxref,
            sections: Vec::new(),
            clean_end: behind.iter().all(|byte| is_space(*byte)),
            ends_with_line: end.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')),
        };
        tail.follow(source)?;
        Ok(tail)
    }

    fn follow(&mut self, source: &Source) -> Result<(), Error> {
        let mut seen = BTreeSet::new();
        let mut next = Some(self.startxref);
        let mut objects = 0_usize;
        while let Some(offset) = next {
            let broken = |detail| Error::BrokenXref { path: source.path(), offset, detail };
            if offset >= self.len || !seen.insert(offset) {
                return Err(broken("the chain leaves the file or turns back"));
            }
            if seen.len() > SECTIONS {
                let limit = u64::try_from(SECTIONS).unwrap_or(0);
                return Err(Error::TooLarge { path: source.path(), what: "cross-reference chain", limit });
            }
            let section = read_section(source, offset)?;
            // ISO 32000-2 7.3.7: which of two /Root or /Prev counts is each reader's own choice.
            if section.trailer.is_ambiguous() {
                return Err(broken("a key stands twice in the trailer"));
            }
            objects += section.entries.len();
            if objects > OBJECTS {
                let limit = u64::try_from(OBJECTS).unwrap_or(0);
                return Err(Error::TooLarge { path: source.path(), what: "number of objects", limit });
            }
            if section.trailer.get("XRefStm").is_some() {
                return Err(Error::Hybrid { path: source.path() });
            }
            next = match section.trailer.get("Prev") {
                None => None,
                Some(prev) => Some(
                    prev.as_number()
                        .filter(|value| *value >= 0.0 && value.fract() == 0.0)
                        .and_then(|_| prev.as_integer())
                        .and_then(|value| u64::try_from(value).ok())
                        .ok_or_else(|| broken("/Prev is not an offset"))?,
                ),
            };
            self.sections.push(section);
        }
        Ok(())
    }

    /// Where an object is: the newest entry.
    pub fn find(&self, number: u32) -> Entry {
        self.sections.iter().find_map(|section| section.entries.get(&number)).copied().unwrap_or(Entry::Free)
    }

    /// A trailer value: of the newest section that has it (linearised files end with a section without `/Root`).
    pub fn trailer(&self, key: &str) -> Option<&Object> {
        self.sections.iter().find_map(|section| section.trailer.get(key))
    }

    /// The form a new revision must take.
    pub fn form(&self) -> XrefForm {
        self.sections.first().map_or(XrefForm::Table, |section| section.form)
    }

    /// The first object number nobody uses.
    pub fn next_number(&self) -> u32 {
        let used = self.sections.iter().filter_map(|section| section.entries.keys().next_back()).max().copied();
        let declared = self.sections.iter().filter_map(|section| section.trailer.get("Size")?.as_integer()).max();
        let declared = declared.and_then(|size| u32::try_from(size).ok()).unwrap_or(0);
        used.map_or(1, |used| used.saturating_add(1)).max(declared).max(1)
    }

    /// All object numbers with an entry.
    pub fn numbers(&self) -> BTreeSet<u32> {
        self.sections.iter().flat_map(|section| section.entries.keys().copied()).collect()
    }

    /// The revisions, oldest first. The two sections of a linearised file are one revision.
    pub fn revisions(&self) -> Vec<Revision> {
        let mut out: Vec<Revision> = Vec::new();
        for section in self.sections.iter().rev() {
            if out.last().is_none_or(|last| last.end < section.end) {
                out.push(Revision { eof: section.eof, end: section.end });
            }
        }
        out
    }
}

fn parser_at_eof(parser: &mut Parser<'_>) -> bool {
    // `skip_space` would take %%EOF for a comment.
    while parser.peek().is_some_and(is_space) {
        parser.step();
    }
    parser.rest().starts_with(b"%%EOF")
}

fn find_last(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).rposition(|window| window == needle)
}

fn find_first(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

fn read_section(source: &Source, offset: u64) -> Result<Section, Error> {
    let head = source.read(offset, 64)?;
    let skipped = head.iter().take_while(|byte| is_space(**byte)).count();
    let start = offset.saturating_add(u64::try_from(skipped).unwrap_or(0));
    let section = if head.get(skipped..).unwrap_or_default().starts_with(b"xref") {
        read_table(source, start)
    } else {
        read_stream(source, start)
    };
    let (form, entries, trailer, after) = section?;
    // The `%%EOF` of this section: linearised files have one behind each of their two sections.
    let behind = source.read(after, 1024)?;
    let (eof, end) = find_first(&behind, b"%%EOF").map_or((after, after), |at| {
        let line = match behind.get(at + 5..).unwrap_or_default() {
            [b'\r', b'\n', ..] => 2,
            [b'\n' | b'\r', ..] => 1,
            _ => 0,
        };
        let eof = after.saturating_add(u64::try_from(at + 5).unwrap_or(0));
        (eof, eof + line)
    });
    Ok(Section { offset, form, entries, trailer, after, eof, end })
}

type Read = (XrefForm, BTreeMap<u32, Entry>, Dictionary, u64);

/// `xref`, subsections of twenty-byte lines, `trailer`, a dictionary.
fn read_table(source: &Source, start: u64) -> Result<Read, Error> {
    let broken = |offset, detail| Error::BrokenXref { path: source.path(), offset, detail };
    let mut entries = BTreeMap::new();
    let mut at = start.saturating_add(4);
    loop {
        let window = source.read(at, 64)?;
        let mut parser = Parser::new(&window, 0);
        parser.skip_space();
        if parser.keyword(b"trailer").unwrap_or(false) {
            at = at.saturating_add(u64::try_from(parser.at()).unwrap_or(0));
            break;
        }
        let first = parser.unsigned().map_err(|_| broken(at, "a subsection does not begin with a number"))?;
        let count = parser.unsigned().map_err(|_| broken(at, "a subsection has no count"))?;
        while parser.peek().is_some_and(is_space) {
            parser.step();
        }
        at = at.saturating_add(u64::try_from(parser.at()).unwrap_or(0));
        if count > u64::try_from(OBJECTS).unwrap_or(0) || first > u64::from(u32::MAX) - count {
            return Err(broken(at, "a subsection is implausibly long"));
        }
        read_lines(source, at, first, count, &mut entries)?;
        at = at.saturating_add(count.saturating_mul(20));
    }
    let (trailer, used) = windowed(source, at, 0, |parser| match parser.object()? {
        Object::Dictionary(trailer) => Ok(trailer),
        _ => Err(Fault::Bad("the trailer is not a dictionary")),
    })?;
    Ok((XrefForm::Table, entries, trailer, used))
}

fn read_lines(
    source: &Source,
    at: u64,
    first: u64,
    count: u64,
    entries: &mut BTreeMap<u32, Entry>,
) -> Result<(), Error> {
    let broken = |offset, detail| Error::BrokenXref { path: source.path(), offset, detail };
    let mut done = 0;
    while done < count {
        let lines = LINES.min(count - done);
        let from = at.saturating_add(done * 20);
        let bytes = source.read(from, usize::try_from(lines * 20).unwrap_or(0))?;
        source.spend(lines * 20)?;
        let mut seen = 0;
        for line in bytes.as_chunks::<20>().0 {
            let number = u32::try_from(first + done + seen).unwrap_or(u32::MAX);
            let entry = parse_line(line).ok_or_else(|| broken(from + seen * 20, "a line is malformed"))?;
            if entries.insert(number, entry).is_some_and(|earlier| earlier != entry) {
                return Err(broken(from + seen * 20, "an object stands twice in one section"));
            }
            seen += 1;
        }
        if seen != lines {
            return Err(broken(from, "a subsection is cut off"));
        }
        done += lines;
    }
    Ok(())
}

/// `nnnnnnnnnn ggggg n` and a two-byte line end.
fn parse_line(line: &[u8; 20]) -> Option<Entry> {
    let [offset @ .., _, _, _, _, _, _, _, _, _, _] = line;
    // ISO 32000-2 7.5.4: readers that insist on it look for the objects themselves where it does not hold.
    let [before, between, end @ ..] = [line.get(10)?, line.get(16)?, line.get(18)?, line.get(19)?];
    if *before != b' ' || *between != b' ' || !matches!(end, [b' ', b'\n' | b'\r'] | [b'\r', b'\n']) {
        return None;
    }
    let number = |digits: &[u8]| -> Option<u64> {
        digits.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(digits).ok()?.parse().ok())?
    };
    let offset = number(offset)?;
    let generation = number(line.get(11..16)?)?;
    match line.get(17)? {
        b'n' if offset == 0 => Some(Entry::Free), // some writers mark unused numbers so
        b'n' => Some(Entry::At { offset, generation: u16::try_from(generation).ok()? }),
        b'f' => Some(Entry::Free),
        _ => None,
    }
}

fn read_stream(source: &Source, start: u64) -> Result<Read, Error> {
    let broken = |detail| Error::BrokenXref { path: source.path(), offset: start, detail };
    let (dictionary, data_at) = windowed(source, start, 0, |parser| {
        parser.unsigned()?;
        parser.unsigned()?;
        if !parser.keyword(b"obj")? {
            return Err(Fault::Bad("neither a table nor a stream stands here"));
        }
        let Object::Dictionary(dictionary) = parser.object()? else {
            return Err(Fault::Bad("a cross-reference stream has no dictionary"));
        };
        if !dictionary.is_name("Type", "XRef") || !parser.stream_keyword()? {
            return Err(Fault::Bad("the object is not a cross-reference stream"));
        }
        Ok(dictionary)
    })?;
    let length = dictionary
        .get("Length")
        .and_then(Object::as_integer)
        .and_then(|length| usize::try_from(length).ok())
        .filter(|length| u64::try_from(*length).is_ok_and(|length| length <= STREAM))
        .ok_or_else(|| broken("the stream's length is missing or implausible"))?;
    let raw = source.read(data_at, length)?;
    let data = decode(&dictionary, &raw, STREAM).map_err(|fault| match fault {
        filter::Fault::TooLarge => {
            Error::TooLarge { path: source.path(), what: "cross-reference stream", limit: STREAM }
        }
        filter::Fault::Bad(detail) => broken(detail),
        filter::Fault::Unsupported(what) => Error::Unsupported { path: source.path(), what },
    })?;
    source.spend(u64::try_from(data.len()).unwrap_or(u64::MAX))?;
    let entries = stream_entries(&dictionary, &data).ok_or_else(|| broken("the stream's entries are malformed"))?;
    let after = data_at.saturating_add(u64::try_from(length).unwrap_or(0));
    Ok((XrefForm::Stream, entries, dictionary, after))
}

/// ISO 32000-1 §7.5.8.
fn stream_entries(dictionary: &Dictionary, data: &[u8]) -> Option<BTreeMap<u32, Entry>> {
    let widths: Vec<usize> = dictionary
        .get("W")?
        .as_array()?
        .iter()
        .map(|width| width.as_integer().and_then(|width| usize::try_from(width).ok()).filter(|width| *width <= 8))
        .collect::<Option<_>>()?;
    let [kind_width, second_width, third_width] = *widths.first_chunk::<3>()?;
    let size = dictionary.get("Size")?.as_integer()?;
    let index = match dictionary.get("Index") {
        Some(index) => index.as_array()?.iter().map(Object::as_integer).collect::<Option<Vec<_>>>()?,
        None => vec![0, size],
    };
    let row = kind_width + second_width + third_width;
    let mut rows = if row == 0 { return None } else { data.chunks_exact(row) };
    let mut entries = BTreeMap::new();
    for run in index.as_chunks::<2>().0 {
        let [first, count] = *run;
        let (first, count) = (u32::try_from(first).ok()?, u32::try_from(count).ok()?);
        if usize::try_from(count).ok()? > OBJECTS {
            return None;
        }
        for step in 0..count {
            let (kind, rest) = rows.next()?.split_at_checked(kind_width)?;
            let (second, third) = rest.split_at_checked(second_width)?;
            let kind = if kind_width == 0 { 1 } else { big_endian(kind) };
            let (second, third) = (big_endian(second), big_endian(third));
            let entry = match kind {
                0 => Entry::Free,
                1 => Entry::At { offset: second, generation: u16::try_from(third).ok()? },
                2 => Entry::In { stream: u32::try_from(second).ok()?, index: u32::try_from(third).ok()? },
                _ => Entry::Free, // unknown kinds are references to null, whatever an older section says
            };
            // Twice in one section: readers disagree about which one counts.
            if entries.insert(first.checked_add(step)?, entry).is_some_and(|earlier| earlier != entry) {
                return None;
            }
        }
    }
    Some(entries)
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// Parses at an offset with a window that grows until the value is whole. Returns the value and where it ends.
fn windowed<T>(
    source: &Source,
    offset: u64,
    number: u32,
    parse: impl Fn(&mut Parser<'_>) -> Result<T, Fault>,
) -> Result<(T, u64), Error> {
    let mut size = 4096;
    loop {
        let window = source.read(offset, size)?;
        let whole = window.len() < size;
        let mut parser = Parser::new(&window, 0);
        let parsed = parse(&mut parser);
        source.spend(u64::try_from(parser.at()).unwrap_or(u64::MAX))?;
        match parsed {
            Ok(value) => return Ok((value, offset.saturating_add(u64::try_from(parser.at()).unwrap_or(0)))),
            Err(Fault::Bad(detail)) => {
                return Err(Error::BrokenXref { path: source.path(), offset, detail });
            }
            Err(Fault::NeedMore) if whole || size >= DICTIONARY => {
                return Err(Error::BadObject { path: source.path(), number, detail: "it is cut off" });
            }
            Err(Fault::NeedMore) => size *= 4,
        }
    }
}

#[cfg(test)]
mod chains;

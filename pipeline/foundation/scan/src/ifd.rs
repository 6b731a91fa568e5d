//! TIFF directories, as in TIFF files and in EXIF: a reader that trusts no count and no offset.

use std::{
    collections::BTreeMap,
    io::{Read, Seek, SeekFrom},
};

use crate::error::Fault;

/// Entries a directory may have; TIFF 6.0 knows fewer than 100 tags.
const MAX_ENTRIES: u64 = 4096;
/// Values an entry may have when read as numbers (strip offsets are the longest).
const MAX_VALUES: u64 = 1 << 20;

pub(crate) struct Ifds<R> {
    reader: R,
    len: u64,
    little: bool,
    big: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    kind: u16,
    count: u64,
    /// Where the values lie.
    offset: u64,
}

/// Tag to entry; the first of a doubled tag counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Directory(BTreeMap<u16, Entry>);

impl Directory {
    pub(crate) fn get(&self, tag: u16) -> Option<Entry> {
        self.0.get(&tag).copied()
    }
}

impl Entry {
    fn size(self) -> Option<u64> {
        match self.kind {
            1 | 2 | 6 | 7 => Some(1),
            3 | 8 => Some(2),
            4 | 9 | 11 | 13 => Some(4),
            5 | 10 | 12 | 16..=18 => Some(8),
            _ => None,
        }
    }
}

impl<R: Read + Seek> Ifds<R> {
    /// Reads the header; returns the reader and the first directory's offset.
    pub(crate) fn open(mut reader: R, len: u64) -> Result<(Self, u64), Fault> {
        let mut head = [0_u8; 4];
        reader.seek(SeekFrom::Start(0))?;
        reader.read_exact(&mut head)?;
        let (little, big) = match &head {
            b"II*\0" => (true, false),
            b"MM\0*" => (false, false),
            b"II+\0" => (true, true),
            b"MM\0+" => (false, true),
            _ => return Err(Fault::damaged("no TIFF header")),
        };
        let mut ifds = Self { reader, len, little, big };
        if big && (ifds.number(2)? != 8 || ifds.number(2)? != 0) {
            return Err(Fault::damaged("no BigTIFF header"));
        }
        let first = ifds.number(if big { 8 } else { 4 })?;
        Ok((ifds, first))
    }

    pub(crate) fn little_endian(&self) -> bool {
        self.little
    }

    /// Whether a range lies in the file.
    pub(crate) fn holds(&self, offset: u64, len: u64) -> bool {
        offset.checked_add(len).is_some_and(|end| end <= self.len)
    }

    fn number(&mut self, size: u64) -> Result<u64, Fault> {
        let mut bytes = [0_u8; 8];
        let size = size.min(8) as usize;
        self.reader.read_exact(&mut bytes[..size])?;
        Ok(assemble(&bytes[..size], self.little))
    }

    /// Reads the directory at an offset; returns it and the next one's offset (0 at the end).
    pub(crate) fn directory(&mut self, offset: u64) -> Result<(Directory, u64), Fault> {
        let (count_size, entry_size, inline) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        if !self.holds(offset, count_size) {
            return Err(Fault::damaged("a TIFF directory lies outside the file"));
        }
        self.reader.seek(SeekFrom::Start(offset))?;
        let count = self.number(count_size)?;
        if count == 0 || count > MAX_ENTRIES {
            return Err(Fault::damaged(format!("a TIFF directory of {count} entries")));
        }
        let start = offset + count_size;
        if !self.holds(start, count * entry_size) {
            return Err(Fault::damaged("a TIFF directory lies outside the file"));
        }
        let mut entries = BTreeMap::new();
        for i in 0..count {
            let tag = self.number(2)? as u16;
            let kind = self.number(2)? as u16;
            let values = self.number(inline)?;
            let field = start + i * entry_size + 4 + inline;
            let pointer = self.number(inline)?;
            let mut entry = Entry { kind, count: values, offset: field };
            let fits = entry.size().and_then(|size| size.checked_mul(values)).is_some_and(|bytes| bytes <= inline);
            if !fits {
                entry.offset = pointer;
            }
            entries.entry(tag).or_insert(entry);
        }
        let next = if self.holds(start + count * entry_size, inline) { self.number(inline)? } else { 0 };
        Ok((Directory(entries), next))
    }

    /// An entry's values as unsigned numbers.
    pub(crate) fn numbers(&mut self, entry: Entry) -> Result<Vec<u64>, Fault> {
        let size = match entry.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 13 => 4,
            16 | 18 => 8,
            _ => return Err(Fault::damaged("a TIFF tag of the wrong type")),
        };
        if entry.count > MAX_VALUES || !self.holds(entry.offset, entry.count * size) {
            return Err(Fault::damaged("a TIFF tag's values lie outside the file"));
        }
        let mut bytes = vec![0_u8; (entry.count * size) as usize];
        self.reader.seek(SeekFrom::Start(entry.offset))?;
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes.chunks_exact(size as usize).map(|one| assemble(one, self.little)).collect())
    }

    /// The first value of a tag, when it is there.
    pub(crate) fn first(&mut self, directory: &Directory, tag: u16) -> Result<Option<u64>, Fault> {
        let Some(entry) = directory.get(tag) else { return Ok(None) };
        Ok(self.numbers(Entry { count: entry.count.min(1), ..entry })?.first().copied())
    }

    /// A tag's raw bytes, up to a limit.
    pub(crate) fn bytes(&mut self, entry: Entry, max: u64) -> Result<Vec<u8>, Fault> {
        let len = entry.size().and_then(|size| size.checked_mul(entry.count)).unwrap_or(u64::MAX);
        if len > max || !self.holds(entry.offset, len) {
            return Err(Fault::damaged("a TIFF tag's bytes lie outside the file"));
        }
        let mut bytes = vec![0_u8; len as usize];
        self.reader.seek(SeekFrom::Start(entry.offset))?;
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// A positive rational; anything else is as good as absent.
    pub(crate) fn rational(&mut self, directory: &Directory, tag: u16) -> Option<f64> {
        let entry = directory.get(tag)?;
        let value = match entry.kind {
            5 | 10 if entry.count >= 1 && self.holds(entry.offset, 8) => {
                self.reader.seek(SeekFrom::Start(entry.offset)).ok()?;
                let (up, down) = (self.number(4).ok()?, self.number(4).ok()?);
                (down != 0).then(|| up as f64 / down as f64)?
            }
            _ => self.first(directory, tag).ok()?? as f64,
        };
        (value.is_finite() && value > 0.0).then_some(value)
    }

    /// Resolution in dots per inch from the resolution tags.
    pub(crate) fn dpi(&mut self, directory: &Directory) -> Option<(f64, f64)> {
        let per_inch = match self.first(directory, RESOLUTION_UNIT).ok()? {
            None | Some(2) => 1.0,
            Some(3) => 2.54,
            Some(_) => return None,
        };
        let x = self.rational(directory, X_RESOLUTION)?;
        let y = self.rational(directory, Y_RESOLUTION).unwrap_or(x);
        Some((x * per_inch, y * per_inch))
    }

    /// Orientation, 1 to 8; 0 and nonsense count as 1.
    pub(crate) fn orientation(&mut self, directory: &Directory) -> u8 {
        match self.first(directory, ORIENTATION) {
            Ok(Some(value @ 1..=8)) => value as u8,
            _ => 1,
        }
    }
}

const X_RESOLUTION: u16 = 282;
const Y_RESOLUTION: u16 = 283;
const RESOLUTION_UNIT: u16 = 296;
const ORIENTATION: u16 = 274;

fn assemble(bytes: &[u8], little: bool) -> u64 {
    let push = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
    if little { bytes.iter().rev().fold(0, push) } else { bytes.iter().fold(0, push) }
}

/// What EXIF says about a page image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Exif {
    pub(crate) orientation: u8,
    pub(crate) dpi: Option<(f64, f64)>,
}

/// Reads an EXIF block (without its `Exif\0\0` prefix); a broken one says nothing.
pub(crate) fn exif(block: &[u8]) -> Option<Exif> {
    let (mut ifds, first) = Ifds::open(std::io::Cursor::new(block), block.len() as u64).ok()?;
    let (directory, _) = ifds.directory(first).ok()?;
    Some(Exif { orientation: ifds.orientation(&directory), dpi: ifds.dpi(&directory) })
}

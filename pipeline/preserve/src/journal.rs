//! The register's events on a copy: hash-chained JSON lines in immutable segments named by their first and last event.

use failpoint::failpoint;
use model::Sha256;
use serde::Deserialize;

use crate::{
    content::Content,
    copy_store::{CopyStore, EntryKind, Quick},
    error::Error,
    layout::JOURNAL,
};

/// A segment holds what happened in minutes; this is far beyond it.
const SEGMENT_MAX_BYTES: u64 = 1024 * 1024 * 1024;
const SUFFIX: &str = ".jsonl";
/// More events than any register has.
const EVENTS_MAX: u64 = 1_000_000_000_000_000;
/// What the first event names as the one before it.
const GENESIS: Sha256 = Sha256([0; 32]);

/// One event as it stands in the register: its line is its JSON form, its hash the SHA-256 of the line, and the line
/// names the hash of the line before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Position in the chain, from 1 without gaps.
    pub seq: u64,
    /// SHA-256 of the line.
    pub hash: Sha256,
    /// Hash of the entry before; zeros for the first.
    pub prev: Sha256,
    /// The JSON line, without its end.
    pub line: String,
}

/// What every line says about its place in the chain, whatever else it says.
#[derive(Deserialize)]
struct Link {
    seq: u64,
    prev: Sha256,
}

impl JournalEntry {
    /// Reads a line; the text says why it is none.
    pub fn from_line(line: &str) -> Result<Self, String> {
        if line.contains('\n') {
            return Err("more than one line".to_owned());
        }
        let link: Link = serde_json::from_str(line).map_err(|e| e.to_string())?;
        Ok(Self { seq: link.seq, hash: Sha256::of(line.as_bytes()), prev: link.prev, line: line.to_owned() })
    }
}

/// Where a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// Last event.
    pub seq: u64,
    /// Its hash.
    pub hash: Sha256,
}

impl ChainHead {
    /// Before the first event.
    pub const GENESIS: Self = Self { seq: 0, hash: GENESIS };

    fn after(entry: &JournalEntry) -> Self {
        Self { seq: entry.seq, hash: entry.hash }
    }

    fn precedes(&self, entry: &JournalEntry) -> bool {
        entry.seq == self.seq + 1 && entry.prev == self.hash
    }
}

/// A segment by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Segment {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Segment {
    fn name(&self) -> String {
        format!("{:012}-{:012}{SUFFIX}", self.first, self.last)
    }

    pub(crate) fn path(&self) -> String {
        format!("{JOURNAL}/{}", self.name())
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let (first, last) = name.strip_suffix(SUFFIX)?.split_once('-')?;
        let segment = Self { first: first.parse().ok()?, last: last.parse().ok()? };
        let possible = segment.first <= segment.last && segment.last <= EVENTS_MAX;
        (segment.name() == name && possible).then_some(segment)
    }
}

/// Appends entries to a copy's journal as one new segment, read back before it counts. Entries the copy has already are
/// passed over, so the same call again is success. Gives where the copy's chain ends now.
///
/// # Errors
/// [`Error::JournalGap`] when the entries do not follow the copy's last one, or not each other.
pub fn append(copy: &dyn CopyStore, entries: &[JournalEntry]) -> Result<ChainHead, Error> {
    append_from(copy, None, entries)
}

/// The same for the only writer, who knows where the copy's chain ends since it wrote it: what it costs does not grow with
/// the journal.
///
/// # Errors
/// As [`append`].
pub fn append_after(copy: &dyn CopyStore, last: ChainHead, entries: &[JournalEntry]) -> Result<ChainHead, Error> {
    append_from(copy, Some(last), entries)
}

fn append_from(copy: &dyn CopyStore, known: Option<ChainHead>, entries: &[JournalEntry]) -> Result<ChainHead, Error> {
    let _exclusive = copy.exclusive()?;
    copy.check()?;
    let last = match known {
        Some(last) => last,
        None => last(copy)?,
    };
    let gap = |first| Error::JournalGap { copy: copy.name().to_owned(), last: last.seq, first };
    let known = entries.iter().take_while(|entry| entry.seq <= last.seq).count();
    let (known, new) = entries.split_at(known);
    if let Some(entry) = known.last().filter(|entry| entry.seq == last.seq && entry.hash != last.hash) {
        return Err(gap(entry.seq));
    }
    let mut head = last;
    let mut bytes = Vec::new();
    for entry in new {
        let sound = JournalEntry::from_line(&entry.line).is_ok_and(|read| read == *entry);
        if !sound || !head.precedes(entry) {
            return Err(gap(entry.seq));
        }
        head = ChainHead::after(entry);
        bytes.extend_from_slice(entry.line.as_bytes());
        bytes.push(b'\n');
    }
    if new.is_empty() {
        return Ok(head);
    }
    let path = Segment { first: last.seq + 1, last: head.seq }.path();
    let wanted = Quick::of(&bytes);
    copy.create_new(&path, &mut Content::Bytes(bytes).reader())?;
    failpoint!("preserve:journal:after");
    if copy.quick(&path, durable::Trust::Medium)? != wanted {
        return Err(Error::ReadBack { copy: copy.name().to_owned(), path });
    }
    copy.protect(&path)?;
    copy.check()?;
    Ok(head)
}

/// Where a copy's chain ends; [`ChainHead::GENESIS`] when it has no journal yet. Reads the last segment only.
pub fn last(copy: &dyn CopyStore) -> Result<ChainHead, Error> {
    let Some(segment) = segments(copy)?.into_iter().max_by_key(|segment| segment.last) else {
        return Ok(ChainHead::GENESIS);
    };
    let entries = read_segment(copy, &segment)?;
    let broken = || Error::damaged(copy.name(), &segment.path(), "it is empty");
    entries.last().map(ChainHead::after).ok_or_else(broken)
}

/// Every entry of a copy's journal, its chain checked from the first to the last. A segment that repeats what was read, or that
/// cannot be read and is not needed, is the audit's to tell of.
///
/// # Errors
/// [`Error::Damaged`] naming the segment where the chain breaks.
pub fn read(copy: &dyn CopyStore) -> Result<Vec<JournalEntry>, Error> {
    let mut all: Vec<JournalEntry> = Vec::new();
    let mut head = ChainHead::GENESIS;
    let mut unread: Vec<(u64, Error)> = Vec::new();
    for segment in segments(copy)? {
        if segment.last <= head.seq {
            continue;
        }
        let entries = match read_segment(copy, &segment) {
            Ok(entries) => entries,
            Err(error) => {
                unread.push((segment.last, error));
                continue;
            }
        };
        for entry in entries {
            if !head.precedes(&entry) {
                let detail = format!("the chain breaks before event {}", entry.seq);
                let broken = Error::damaged(copy.name(), &segment.path(), detail);
                return Err(unread.into_iter().next().map_or(broken, |(_, error)| error));
            }
            head = ChainHead::after(&entry);
            all.push(entry);
        }
    }
    match unread.into_iter().find(|(last, _)| *last > head.seq) {
        Some((_, error)) => Err(error),
        None => Ok(all),
    }
}

/// The segments by their first event; other files are not looked at here.
pub(crate) fn segments(copy: &dyn CopyStore) -> Result<Vec<Segment>, Error> {
    let mut segments: Vec<Segment> = copy
        .list(JOURNAL)?
        .unwrap_or_default()
        .iter()
        .filter(|entry| entry.kind == EntryKind::File)
        .filter_map(|entry| Segment::from_name(&entry.name))
        .collect();
    segments.sort();
    Ok(segments)
}

/// The entries of a segment: in themselves a chain, from the first to the last its name says.
pub(crate) fn read_segment(copy: &dyn CopyStore, segment: &Segment) -> Result<Vec<JournalEntry>, Error> {
    let path = segment.path();
    let bytes = copy.read(&path, SEGMENT_MAX_BYTES)?;
    parse_segment(&bytes, segment).map_err(|detail| Error::damaged(copy.name(), &path, detail))
}

fn parse_segment(bytes: &[u8], segment: &Segment) -> Result<Vec<JournalEntry>, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| e.to_string())?;
    let body = text.strip_suffix('\n').ok_or("its last line has no end")?;
    let mut entries: Vec<JournalEntry> = Vec::new();
    for line in body.split('\n') {
        let entry = JournalEntry::from_line(line)?;
        match entries.last() {
            Some(before) if !ChainHead::after(before).precedes(&entry) => {
                return Err(format!("the chain breaks before event {}", entry.seq));
            }
            None if entry.seq != segment.first => return Err(format!("it begins at event {}", entry.seq)),
            _ => entries.push(entry),
        }
    }
    match entries.last() {
        Some(last) if last.seq == segment.last => Ok(entries),
        Some(last) => Err(format!("it ends at event {}", last.seq)),
        None => Err("it is empty".to_owned()),
    }
}

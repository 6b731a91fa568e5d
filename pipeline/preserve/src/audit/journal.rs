//! The journal on a copy: its chain, and whether it ends where the register says.

use std::cmp::Reverse;

use durable::Trust;
use model::Sha512;

use crate::{
    audit::{Fault, FaultKind, fault_of},
    copy_store::{CopyStore, EntryKind},
    journal::{ChainHead, JournalEntry, Segment, read_segment},
    layout,
};

pub(super) fn audit(copy: &dyn CopyStore, expected: Option<ChainHead>, trust: Trust, faults: &mut Vec<Fault>) {
    let mut note = |path: &str, fault| faults.push(Fault { object: None, path: path.to_owned(), fault });
    let mut segments: Vec<Segment> = Vec::new();
    match copy.list(layout::JOURNAL) {
        Ok(None) => note(layout::JOURNAL, FaultKind::Missing),
        Ok(Some(entries)) => {
            for entry in entries {
                match Segment::from_name(&entry.name) {
                    Some(segment) if entry.kind == EntryKind::File => segments.push(segment),
                    _ => note(&format!("{}/{}", layout::JOURNAL, entry.name), FaultKind::Extra),
                }
            }
        }
        Err(error) => note(layout::JOURNAL, fault_of(&error)),
    }
    // Of two that begin alike the longer one first: what it holds already is no news.
    segments.sort_by_key(|segment| (segment.first, Reverse(segment.last)));

    // Where the chain stands; none after events that could not be read.
    let mut head = Some(ChainHead::GENESIS);
    let mut before: Option<&Segment> = None;
    // The first event not read yet, and the first that no segment names which could not be read: its name is not believed.
    let (mut next, mut named) = (1, 1);
    for segment in &segments {
        if segment.first < next {
            note(&segment.path(), FaultKind::Extra);
            continue;
        }
        if segment.first > named {
            note(&Segment { first: named, last: segment.first - 1 }.path(), FaultKind::Missing);
        }
        let entries = match read_checked(copy, segment, trust) {
            Ok(entries) => entries,
            Err(fault) => {
                note(&segment.path(), fault);
                named = named.max(segment.last + 1);
                continue;
            }
        };
        if segment.first > next {
            (head, before) = (None, None);
        }
        if let (Some(head), Some(first)) = (head, entries.first())
            && (first.seq != head.seq + 1 || first.prev != head.hash)
        {
            // What follows pins what stands before it.
            note(&before.unwrap_or(segment).path(), FaultKind::Forged);
        }
        if let Some(expected) = expected
            && entries.iter().any(|entry| entry.seq == expected.seq && entry.hash != expected.hash)
        {
            note(&segment.path(), FaultKind::Forged);
        }
        head = entries.last().map(|last| ChainHead { seq: last.seq, hash: last.hash });
        next = segment.last + 1;
        named = named.max(next);
        before = Some(segment);
    }
    if expected.is_some_and(|expected| named <= expected.seq) {
        note(layout::JOURNAL, FaultKind::RolledBack);
    }
}

/// A segment's entries, when its bytes on the medium are those that were read.
fn read_checked(copy: &dyn CopyStore, segment: &Segment, trust: Trust) -> Result<Vec<JournalEntry>, FaultKind> {
    let entries = read_segment(copy, segment).map_err(|error| fault_of(&error))?;
    let mut context = Sha512::context();
    for entry in &entries {
        context.update(entry.line.as_bytes());
        context.update(b"\n");
    }
    let found = copy.measure(&segment.path(), trust).map_err(|error| fault_of(&error))?;
    if found.sha512 == Sha512::from_ring(&context.finish()) { Ok(entries) } else { Err(FaultKind::Altered) }
}

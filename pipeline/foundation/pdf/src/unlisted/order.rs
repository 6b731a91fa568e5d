//! The sections of later revisions: each stands behind the one before it and lists what was written between the two. A
//! reader that takes the last object in the file for the newest one is then right.
#![warn(clippy::indexing_slicing)]

use super::{Fault, Outcome};
use crate::{
    reader::Reader,
    tail::{Entry, Section},
};

/// Whether the sections from `from` on lead, one after another, back to the one that stood last before, at `previous`.
pub(super) fn in_order(reader: &mut Reader, from: u64, previous: u64) -> Outcome<()> {
    let sections = &reader.tail().sections;
    let later = sections.iter().take_while(|section| section.offset >= from).count();
    if sections.get(later).map(|section| section.offset) != Some(previous) {
        return Err(Fault::Unclear("a revision does not follow the one before it"));
    }
    let mut packed = Vec::new();
    for at in 0..later {
        let Some([section, older @ ..]) = sections.get(at..) else { break };
        let floor = if at + 1 < later { older.first().map_or(from, |before| before.offset) } else { from };
        if section.offset < floor {
            return Err(Fault::Unclear("a cross-reference section stands before an older one"));
        }
        for (number, entry) in &section.entries {
            match written(*entry, section, older, floor) {
                Written::Here if is_known_by(*entry, find(older, *number)) => {}
                Written::Here => return Err(Fault::Unclear("an object has a generation that was not its own")),
                Written::Packed { stream, index } => packed.push((*number, stream, index)),
                // ISO 32000-2 §7.5.6: whoever lists an old object again says of it what was said before.
                Written::Elsewhere if find(older, *number) == *entry => {}
                Written::Elsewhere => return Err(Fault::Unclear("an object is listed where another revision stands")),
            }
        }
    }
    for (number, stream, index) in packed {
        if !reader.packs(stream, index, number)? {
            return Err(Fault::Unclear("an object stream does not have what is listed"));
        }
    }
    Ok(())
}

/// Where an object stands, as its section says.
enum Written {
    /// In front of the section, behind the one before; or nowhere.
    Here,
    /// In an object stream that stands there.
    Packed { stream: u32, index: u32 },
    /// Anywhere else.
    Elsewhere,
}

fn written(entry: Entry, section: &Section, older: &[Section], floor: u64) -> Written {
    let here = |offset| (floor..=section.offset).contains(&offset);
    match entry {
        Entry::Free => Written::Here,
        Entry::At { offset, .. } if here(offset) => Written::Here,
        Entry::In { stream, index } => {
            let place = section.entries.get(&stream).copied().unwrap_or_else(|| find(older, stream));
            match place {
                Entry::At { offset, .. } if here(offset) => Written::Packed { stream, index },
                Entry::At { .. } | Entry::In { .. } | Entry::Free => Written::Elsewhere,
            }
        }
        Entry::At { .. } => Written::Elsewhere,
    }
}

/// Whether an object is of the generation it was of, or of the first: many readers do not look at it, so that a reference
/// which leads nowhere would lead them to any other generation (ISO 32000-2 §7.3.10).
fn is_known_by(now: Entry, before: Entry) -> bool {
    match (now, before) {
        (Entry::At { generation, .. }, Entry::At { generation: before, .. }) => generation == before || generation == 0,
        (Entry::At { generation, .. }, Entry::In { .. } | Entry::Free) => generation == 0,
        (Entry::In { .. } | Entry::Free, _) => true,
    }
}

/// What sections, newest first, say of an object.
fn find(sections: &[Section], number: u32) -> Entry {
    sections.iter().find_map(|section| section.entries.get(&number)).copied().unwrap_or(Entry::Free)
}

//! Files with chains of revisions by chance: read as they were written, and survived when cut or changed anywhere.
#![expect(clippy::as_conversions, reason = "these files are small")]

use proptest::prelude::*;

use super::*;

/// Objects that a revision may write: few, so that they are often written again.
const NUMBERS: u32 = 12;

/// A revision: its form, the objects it writes, and those it deletes.
#[derive(Debug, Clone)]
struct Written {
    form: XrefForm,
    put: Vec<u32>,
    freed: Vec<u32>,
}

/// A file with the end of each revision, and what the newest entry of every object is after each.
struct Made {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    entries: Vec<BTreeMap<u32, Entry>>,
}

fn written() -> impl Strategy<Value = Written> {
    let numbers = || proptest::collection::btree_set(1..NUMBERS, 0..5);
    (prop_oneof![Just(XrefForm::Table), Just(XrefForm::Stream)], numbers(), numbers()).prop_map(|(form, put, freed)| {
        let freed = freed.difference(&put).copied().collect();
        Written { form, put: put.into_iter().collect(), freed }
    })
}

fn made(revisions: &[Written]) -> Made {
    let mut made = Made { bytes: b"%PDF-1.7\n".to_vec(), ends: Vec::new(), entries: Vec::new() };
    let mut prev = None;
    for (count, revision) in revisions.iter().enumerate() {
        let mut now = made.entries.last().cloned().unwrap_or_default();
        let mut rows: BTreeMap<u32, Entry> = revision.freed.iter().map(|number| (*number, Entry::Free)).collect();
        for number in &revision.put {
            let offset = made.bytes.len() as u64;
            rows.insert(*number, Entry::At { offset, generation: 0 });
            made.bytes.extend(format!("{number} 0 obj\n({count})\nendobj\n").bytes());
        }
        let xref = made.bytes.len();
        // The cross-reference stream is an object, too; each has a number of its own.
        let own = 100 + count as u32;
        if revision.form == XrefForm::Stream {
            rows.insert(own, Entry::At { offset: xref as u64, generation: 0 });
        }
        let back = prev.map(|prev: usize| format!("/Prev {prev:08}")).unwrap_or_default();
        match revision.form {
            XrefForm::Table => table(&mut made.bytes, &rows, &back),
            XrefForm::Stream => stream(&mut made.bytes, own, &rows, &back),
        }
        made.bytes.extend(format!("startxref\n{xref}\n%%EOF\n").bytes());
        prev = Some(xref);
        now.extend(rows);
        made.ends.push(made.bytes.len());
        made.entries.push(now);
    }
    made
}

fn table(out: &mut Vec<u8>, rows: &BTreeMap<u32, Entry>, back: &str) {
    out.extend(b"xref\n");
    if rows.is_empty() {
        out.extend(b"0 0\n");
    }
    for (number, entry) in rows {
        let (offset, kind) = match entry {
            Entry::At { offset, .. } => (*offset, 'n'),
            Entry::Free | Entry::In { .. } => (0, 'f'),
        };
        out.extend(format!("{number} 1\n{offset:010} 00000 {kind} \n").bytes());
    }
    out.extend(format!("trailer\n<</Size 200/Root 1 0 R{back}>>\n").bytes());
}

fn stream(out: &mut Vec<u8>, own: u32, rows: &BTreeMap<u32, Entry>, back: &str) {
    let index: Vec<String> = rows.keys().map(|number| format!("{number} 1")).collect();
    let mut data = Vec::new();
    for entry in rows.values() {
        let (kind, offset) = match entry {
            Entry::At { offset, .. } => (1, *offset),
            Entry::Free | Entry::In { .. } => (0, 0),
        };
        data.push(kind);
        data.extend(&offset.to_be_bytes()[4..]);
    }
    let (index, length) = (index.join(" "), data.len());
    let head = format!("<</Type/XRef/Size 200/W[1 4 0]/Index[{index}]/Root 1 0 R{back}/Length {length}>>");
    out.extend(format!("{own} 0 obj\n{head}\nstream\n").bytes());
    out.extend(data);
    out.extend(b"\nendstream\nendobj\n");
}

fn read(bytes: &[u8]) -> Result<Tail, Error> {
    Tail::read(&Source::from_bytes("chain.pdf", bytes.to_vec()))
}

/// What holds of whatever is read: it ends, it visits no place twice, and it keeps no more than the file has room for.
fn bounded(tail: &Tail, bytes: &[u8]) -> Result<(), TestCaseError> {
    let places: BTreeSet<u64> = tail.sections.iter().map(|section| section.offset).collect();
    prop_assert_eq!(places.len(), tail.sections.len(), "a section was read twice");
    prop_assert!(tail.sections.len() <= SECTIONS);
    // None of these files is compressed: an entry takes a byte at least.
    let entries: usize = tail.sections.iter().map(|section| section.entries.len()).sum();
    prop_assert!(entries <= bytes.len() * tail.sections.len(), "{} entries of {} bytes", entries, bytes.len());
    prop_assert!(places.iter().all(|place| *place < bytes.len() as u64));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_newest_entry_wins_in_every_revision(revisions in proptest::collection::vec(written(), 1..9)) {
        let made = made(&revisions);
        for (at, end) in made.ends.iter().enumerate() {
            let tail = read(&made.bytes[..*end]).map_err(|error| TestCaseError::fail(error.to_string()))?;
            bounded(&tail, &made.bytes[..*end])?;
            prop_assert_eq!(tail.sections.len(), at + 1);
            prop_assert_eq!(tail.form(), revisions[at].form);
            let ends: Vec<u64> = tail.revisions().iter().map(|revision| revision.end).collect();
            prop_assert_eq!(ends, made.ends[..=at].iter().map(|end| *end as u64).collect::<Vec<_>>());
            for number in 1..200 {
                let expected = made.entries[at].get(&number).copied().unwrap_or(Entry::Free);
                prop_assert_eq!(tail.find(number), expected, "object {} after revision {}", number, at);
            }
        }
    }

    /// Cut anywhere else than behind a revision, a file has no end, or is read as one of its revisions was.
    #[test]
    fn a_cut_file_is_an_older_one_or_none(revisions in proptest::collection::vec(written(), 1..6), cut in 0.0..1.0) {
        let made = made(&revisions);
        let cut = (cut * made.bytes.len() as f64) as usize;
        let Ok(tail) = read(&made.bytes[..cut]) else { return Ok(()) };
        bounded(&tail, &made.bytes[..cut])?;
        let entries = &made.entries[tail.sections.len() - 1];
        for number in 1..200 {
            prop_assert_eq!(tail.find(number), entries.get(&number).copied().unwrap_or(Entry::Free));
        }
    }

    /// Changed anywhere, even so that the chain turns back on itself, reading ends within its bounds.
    #[test]
    fn changed_files_are_survived(
        revisions in proptest::collection::vec(written(), 1..6),
        changes in proptest::collection::vec((0.0..1.0, any::<u8>()), 1..6),
        turns in proptest::collection::vec((0..6_usize, 0..6_usize), 0..3),
    ) {
        let made = made(&revisions);
        let mut bytes = made.bytes.clone();
        for (from, to) in turns {
            turn_back(&mut bytes, &made, from % revisions.len(), to % revisions.len());
        }
        for (at, value) in changes {
            let at = (at * bytes.len() as f64) as usize;
            bytes[at] = value;
        }
        if let Ok(tail) = read(&bytes) {
            bounded(&tail, &bytes)?;
        }
    }
}

/// Leads the `/Prev` of one revision to another one, wherever the digits leave room.
fn turn_back(bytes: &mut [u8], made: &Made, from: usize, to: usize) {
    let start = if from == 0 { 0 } else { made.ends[from - 1] };
    let Some(prev) = find_first(&bytes[start..made.ends[from]], b"/Prev ") else { return };
    let digits = start + prev + 6;
    let room = bytes[digits..].iter().take_while(|octet| octet.is_ascii_digit()).count();
    let wanted = section_of(&made.bytes[..made.ends[to]]).to_string();
    if wanted.len() <= room {
        let padded = format!("{wanted:0>room$}");
        bytes[digits..digits + room].copy_from_slice(padded.as_bytes());
    }
}

/// What the last `startxref` of a sound file says.
fn section_of(bytes: &[u8]) -> u64 {
    let at = find_last(bytes, b"startxref\n").map_or(0, |at| at + 10);
    bytes[at..]
        .iter()
        .take_while(|octet| octet.is_ascii_digit())
        .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))
}

#[test]
fn a_chain_that_turns_back_is_refused() {
    let plain = |form| Written { form, put: vec![1, 2], freed: Vec::new() };
    let made = made(&[plain(XrefForm::Table), plain(XrefForm::Stream), plain(XrefForm::Table)]);
    let mut bytes = made.bytes.clone();
    turn_back(&mut bytes, &made, 1, 2);
    assert_ne!(bytes, made.bytes);
    assert!(matches!(read(&bytes), Err(Error::BrokenXref { detail: "the chain leaves the file or turns back", .. })));
}

#[test]
fn a_row_of_unknown_kind_hides_what_stood_before() {
    let plain = |put: u32| Written { form: XrefForm::Stream, put: vec![put], freed: Vec::new() };
    let made = made(&[plain(1), plain(2)]);
    let end = made.ends[0];
    let rows = find_first(&made.bytes[end..], b"stream\n").expect("rows") + end + 7;
    assert_eq!(made.bytes[rows], 1);
    let mut bytes = made.bytes.clone();
    // ISO 32000-2 §7.5.8.3: a reference to null, whatever an older section says.
    for section in [find_first(&made.bytes, b"stream\n").expect("rows") + 7, rows] {
        bytes[section] = 3;
    }
    let tail = read(&bytes).expect("reads");
    assert_eq!([tail.find(1), tail.find(2)], [Entry::Free; 2]);
    // The same number again: the older row is not believed instead.
    let index = find_first(&bytes[end..], b"/Index[2 1").expect("index") + end + 7;
    bytes[index] = b'1';
    bytes[find_first(&made.bytes, b"stream\n").expect("rows") + 7] = 1;
    assert_eq!(read(&bytes).expect("reads").find(1), Entry::Free);
}

use model::{Disposition, Sha256};

use super::*;
use crate::{
    Error,
    audit::FaultKind::{self, Altered, Extra, Forged, Missing, RolledBack},
    journal::{ChainHead, JournalEntry, append, append_after, last, read},
};

/// A chain like the register's; `salt` makes another one.
pub(crate) fn chain(length: u64, salt: &str) -> Vec<JournalEntry> {
    let mut entries: Vec<JournalEntry> = Vec::new();
    for seq in 1..=length {
        let prev = entries.last().map_or(Sha256([0; 32]), |entry| entry.hash);
        let line = format!(r#"{{"seq":{seq},"actor":"mocban","event":{{"kind":"raised{salt}"}},"prev":"{prev}"}}"#);
        entries.push(JournalEntry::from_line(&line).expect("entry"));
    }
    entries
}

fn head(entries: &[JournalEntry]) -> ChainHead {
    entries.last().map_or(ChainHead::GENESIS, |entry| ChainHead { seq: entry.seq, hash: entry.hash })
}

#[test]
fn segments_are_appended_and_read_as_one_chain() {
    on_each(|copy| {
        let all = chain(9, "");
        assert_eq!(last(copy).expect("empty"), ChainHead::GENESIS);
        assert_eq!(append(copy, &all[..4]).expect("append"), head(&all[..4]));
        assert_eq!(append(copy, &all[..4]).expect("the same again"), head(&all[..4]));
        assert_eq!(append(copy, &all[2..7]).expect("overlapping"), head(&all[..7]));
        assert_eq!(append(copy, &[]).expect("nothing"), head(&all[..7]));
        append(copy, &all[7..]).expect("append");
        assert_eq!((read(copy).expect("read"), last(copy).expect("last")), (all.clone(), head(&all)));
        let names: Vec<String> =
            copy.list("journal").expect("list").expect("there").into_iter().map(|entry| entry.name).collect();
        let expected = ["000000000001-000000000004", "000000000005-000000000007", "000000000008-000000000009"];
        assert_eq!(names, expected.map(|name| format!("{name}.jsonl")));
        assert_eq!(copy.read("journal/000000000008-000000000009.jsonl", 999).expect("read"), {
            format!("{}\n{}\n", all[7].line, all[8].line).into_bytes()
        });
    });
}

#[test]
fn entries_that_do_not_follow_are_refused() {
    on_each(|copy| {
        let all = chain(9, "");
        append(copy, &all[..4]).expect("append");
        let refused = |entries: &[JournalEntry]| {
            let error = append(copy, entries).expect_err("refused");
            assert!(matches!(error, Error::JournalGap { last: 4, .. }), "{error}");
            assert_eq!(error.disposition(), Disposition::Bug);
        };
        refused(&all[5..]);
        refused(&chain(9, "other")[..]);
        refused(&chain(9, "other")[4..]);
        let mut torn = all[4..].to_vec();
        torn.remove(1);
        refused(&torn);
        let mut relabelled = all[4..].to_vec();
        relabelled[0].hash = Sha256::of(b"x");
        refused(&relabelled);
        assert_eq!(read(copy).expect("read"), all[..4]);
    });
}

/// A copy with nine events in three segments, changed by `tamper`, must show exactly these faults.
fn check(reads: bool, tamper: impl Fn(&MemCopy, &[String]), faults: &[(&str, FaultKind)]) {
    let copy = MemCopy::new("m");
    let all = chain(9, "");
    for part in [&all[..3], &all[3..6], &all[6..]] {
        append(&copy, part).expect("append");
    }
    let names: Vec<String> = copy.paths().into_iter().filter(|path| path.starts_with("journal/")).collect();
    tamper(&copy, &names);
    let expected = Expected { journal_head: Some(head(&all)), ..Expected::default() };
    let audit = audit(&copy, Some(&expected));
    let found: Vec<(&str, FaultKind)> = audit.faults.iter().map(|f| (f.path.as_str(), f.fault)).collect();
    assert_eq!(found, faults);
    assert_eq!(read(&copy).is_ok(), reads, "reading checks the chain");
}

fn lines(entries: &[JournalEntry]) -> Vec<u8> {
    entries.iter().flat_map(|entry| format!("{}\n", entry.line).into_bytes()).collect()
}

#[test]
fn every_fault_of_the_journal_is_named() {
    let [first, second, third] = [
        "journal/000000000001-000000000003.jsonl",
        "journal/000000000004-000000000006.jsonl",
        "journal/000000000007-000000000009.jsonl",
    ];
    check(true, |_, _| {}, &[]);
    check(
        false,
        |copy, names| {
            let mut bytes = copy.read(&names[1], 9999).expect("read");
            bytes[30] ^= 1;
            copy.tamper(&names[1], Some(bytes));
        },
        &[(second, Altered)],
    );
    check(false, |copy, names| copy.tamper(&names[1], None), &[(second, Missing)]);
    check(true, |copy, names| copy.tamper(&names[2], None), &[("journal", RolledBack)]);
    check(true, |copy, _| copy.tamper("journal/note.txt", Some(vec![1])), &[("journal/note.txt", Extra)]);
    // What is there already is no news, and a number that no register reaches is no segment.
    let (again, beyond) = ("journal/000000000005-000000000006.jsonl", format!("journal/{0}-{0}.jsonl", u64::MAX));
    check(true, |copy, _| copy.tamper(again, Some(lines(&chain(6, "")[4..]))), &[(again, Extra)]);
    check(true, |copy, _| copy.tamper(&beyond, Some(vec![1])), &[(beyond.as_str(), Extra)]);
    // The name of what cannot be read is not believed: good segments under it are none the worse.
    for (name, fault, reads) in [
        ("journal/000000000002-000000000999.jsonl", Extra, false),
        ("journal/000000000004-000000000999.jsonl", Altered, false),
        ("journal/000000000005-000000000007.jsonl", Extra, true),
    ] {
        check(reads, |copy, _| copy.tamper(name, Some(b"?".to_vec())), &[(name, fault)]);
    }
    // Rewritten with all hashes of its own recomputed: what follows gives it away.
    check(false, |copy, names| copy.tamper(&names[0], Some(lines(&chain(3, "x")))), &[(first, Forged)]);
    // Rewritten from the first to the last: only the register sees it.
    check(
        true,
        |copy, names| {
            let other = chain(9, "x");
            for (name, part) in names.iter().zip([&other[..3], &other[3..6], &other[6..]]) {
                copy.tamper(name, Some(lines(part)));
            }
        },
        &[(third, Forged)],
    );
}

#[test]
fn a_writer_that_knows_the_end_goes_on_from_there() {
    on_each(|copy| {
        let all = chain(6, "");
        let end = append(copy, &all[..2]).expect("append");
        let end = append_after(copy, end, &all[2..4]).expect("the next");
        assert_eq!(end, last(copy).expect("last"));
        let gap = append_after(copy, end, &all[5..]).expect_err("one is left out");
        assert!(matches!(gap, Error::JournalGap { last: 4, first: 6, .. }), "{gap}");
        assert_eq!(append_after(copy, end, &all[2..]).expect("what it has is passed over"), head(&all));
        assert_eq!(read(copy).expect("read"), all);
    });
}

//! Files that ask for more than they have: the work is counted, not the time.

use super::{reader, reference, revised, table_file};
use crate::{Dictionary, Error, Object, Reader, Source, compare_in, dss_in};

/// Objects that lie within one another, each a string that holds all that follow, closed at the end of the file or never.
fn nested(count: u32, closed: bool) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", count + 1);
    for number in 1..=count {
        table.extend([format!("{:010} 00000 n \n", out.len())]);
        out.extend_from_slice(format!("{number} 0 obj\n(").as_bytes());
    }
    out.extend(std::iter::repeat_n(b')', if closed { count as usize } else { 0 }));
    let xref = out.len() + 1;
    let size = count + 1;
    out.extend_from_slice(format!("\n{table}trailer\n<</Size {size}>>\nstartxref\n{xref}\n%%EOF\n").as_bytes());
    out
}

#[test]
fn nested_strings_cost_what_the_file_is_worth() {
    for closed in [true, false] {
        let bytes = nested(4000, closed);
        // In an hour they would all be read: half of the file for each, on the average.
        let asked = bytes.len() as u64 / 3 * 4000;
        let budget = (16 << 20) + bytes.len() as u64 * 256;
        assert!(asked > budget);
        let source = Source::from_bytes("nested.pdf", bytes);
        let mut reader = Reader::new(source.clone()).expect("opens");
        let refused = (1..=4000).find(|number| matches!(reader.get(reference(*number)), Err(Error::TooLarge { .. })));
        assert!(refused.is_some(), "everything was read");
        // Who opens it again, or a revision of it, has nothing left.
        let spent = source.spent();
        assert!(Reader::new(source.prefix(source.len())).is_err());
        assert!((budget..budget + (1 << 20)).contains(&spent), "{spent} of {budget}");
    }
}

/// Streams that all reach to the end of the file, and a revision that says they begin one byte earlier, in white space.
#[test]
fn streams_within_one_another_are_not_compared_for_ever() {
    const COUNT: u32 = 3000;
    let end = 200_000;
    let mut base = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    let names = (10..10 + COUNT).map(|number| format!("/X{number} {number} 0 R")).collect::<Vec<_>>().concat();
    for (number, text) in [
        (1, "<</Type/Catalog/Pages 2 0 R>>".to_owned()),
        (2, "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned()),
        (3, format!("<</Type/Page/Resources<</XObject<<{names}>>>>>>")),
    ] {
        places.push((number, base.len()));
        base.extend_from_slice(format!("{number} 0 obj\n{text}\nendobj\n").as_bytes());
    }
    for number in 10..10 + COUNT {
        places.push((number, base.len()));
        let length = end - base.len();
        base.extend_from_slice(format!("{number} 0 obj\n<</Length {length}>>\nstream\n").as_bytes());
    }
    let listed = |bytes: &mut Vec<u8>, back: usize, prev: &str| {
        let xref = bytes.len();
        let lines = places.iter().map(|(number, at)| {
            let at = if *number >= 10 { at - back } else { *at };
            format!("{number} 1\n{at:010} 00000 n \n")
        });
        let lines: String = lines.collect();
        let trailer = format!("trailer\n<</Size 9999/Root 1 0 R{prev}>>\nstartxref\n{xref}\n%%EOF\n");
        bytes.extend_from_slice(format!("xref\n{lines}{trailer}").as_bytes());
        xref
    };
    let xref = listed(&mut base, 0, "");
    let mut later = base.clone();
    listed(&mut later, 1, &format!("/Prev {xref}"));
    let source = Source::from_bytes("streams.pdf", later.clone());
    let compared = compare_in(&source, base.len() as u64, later.len() as u64);
    assert!(matches!(compared, Err(Error::TooLarge { .. })), "{compared:?}");
}

#[test]
fn an_ordinary_file_is_read_often() {
    let bytes = table_file();
    let source = Source::from_bytes("sample.pdf", bytes.clone());
    for _ in 0..1000 {
        let mut reader = Reader::new(source.clone()).expect("opens");
        for number in reader.tail().numbers() {
            reader.get(reference(number)).expect("reads");
        }
    }
    // Each of its five objects is as small as an object gets; the budget is for more.
    assert!(source.spent() < 16 << 20);
}

#[test]
fn what_is_named_again_and_again_is_looked_at_once() {
    let base = table_file();
    let later = revised(&base, |revision, reader| {
        let piece = revision.add_stream(&Dictionary::new(), b"x");
        let list = revision.add(&Object::Array(vec![piece.into(); 5000]));
        let each = Dictionary::new().with("Cert", list).with("OCSP", list).with("CRL", list);
        let all = (0..600).fold(Dictionary::new(), |all, one| all.with(&format!("A{one}"), each.clone()));
        let (root, mut catalog) = reader.catalog().expect("catalog");
        catalog.set("DSS", Dictionary::new().with("VRI", all));
        revision.replace(root, &catalog.into());
    });
    let source = Source::from_bytes("store.pdf", later.clone());
    let changes = compare_in(&source, base.len() as u64, later.len() as u64).expect("compares");
    assert_eq!(changes, [crate::Change::ValidationData]);
    assert!(source.spent() < later.len() as u64 * 8 + (1 << 16), "{} for {}", source.spent(), later.len());
}

#[test]
fn a_look_at_a_small_object_is_counted() {
    let source = Source::from_bytes("sample.pdf", table_file());
    let mut reader = Reader::new(source.clone()).expect("opens");
    let before = source.spent();
    for _ in 0..100 {
        reader.get(reference(5)).expect("reads");
    }
    assert!(source.spent() - before >= 100 * 256);
}

#[test]
fn a_store_has_an_end() {
    let filled = |times: usize| {
        revised(&table_file(), |revision, reader| {
            let (root, mut catalog) = reader.catalog().expect("catalog");
            let piece = revision.add_deflated(&Dictionary::new(), &vec![0; 15 << 20]);
            catalog.set("DSS", Dictionary::new().with("Certs", vec![Object::Reference(piece); times]));
            revision.replace(root, &catalog.into());
        })
    };
    assert_eq!(dss_in(&mut reader(&filled(8))).expect("reads").certificates.len(), 8);
    let refused = dss_in(&mut reader(&filled(9)));
    assert!(matches!(refused, Err(Error::TooLarge { what: "document security store", .. })));
}

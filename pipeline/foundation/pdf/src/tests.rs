//! Small files made here, revised, read again, and broken on purpose.

mod budget;
mod forged;
mod order;
mod unlisted;

use proptest::prelude::*;

use crate::{
    Change, Dictionary, Error, FileDigest, Indirect, Object, Reader, Reference, Revision, Source, Tail, compare_in,
    deflate, page, signatures_in,
    tail::{Entry, XrefForm},
};

fn reference(number: u32) -> Reference {
    Reference { number, generation: 0 }
}

/// A page with text, by hand: catalog 1, pages 2, page 3, content 4, info 5; object 90 is referenced but missing.
fn objects() -> Vec<(u32, &'static str)> {
    vec![
        (1, "<</Type/Catalog/Pages 2 0 R>>"),
        (2, "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>"),
        (3, "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</Ghost 90 0 R>>>>>>"),
        (5, "<</Title(Sample)>>"),
    ]
}

fn table_file() -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = vec![(4, out.len())];
    out.extend_from_slice(b"4 0 obj\n<</Length 10>>\nstream\n0 0 m 1 1 l\nendstream\nendobj\n".as_slice());
    for (number, text) in objects() {
        offsets.push((number, out.len()));
        out.extend_from_slice(format!("{number} 0 obj\n{text}\nendobj\n").as_bytes());
    }
    offsets.sort_unstable();
    let xref = out.len();
    out.extend_from_slice(b"xref\n0 6\n0000000000 65535 f \n");
    for (_, offset) in offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    out.extend_from_slice(
        format!("trailer\n<</Size 6/Root 1 0 R/Info 5 0 R/ID[<01><02>]>>\nstartxref\n{xref}\n%%EOF\n").as_bytes(),
    );
    out
}

/// The same with everything but the content in an object stream, and a predicted cross-reference stream.
fn stream_file() -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let content = out.len() as u64;
    out.extend_from_slice(b"4 0 obj\n<</Length 10>>\nstream\n0 0 m 1 1 l\nendstream\nendobj\n".as_slice());
    let (mut index, mut body) = (String::new(), String::new());
    for (number, text) in objects() {
        index = format!("{index}{number} {} ", body.len());
        body.push_str(text);
        body.push(' ');
    }
    let packed = deflate(format!("{index}{body}").as_bytes());
    let container = out.len() as u64;
    out.extend_from_slice(
        format!(
            "6 0 obj\n<</Type/ObjStm/N 4/First {}/Filter/FlateDecode/Length {}>>\nstream\n",
            index.len(),
            packed.len()
        )
        .as_bytes(),
    );
    out.extend_from_slice(&packed);
    out.extend_from_slice(b"\nendstream\nendobj\n");
    let xref = out.len() as u64;
    let rows: Vec<[u64; 3]> =
        vec![[0, 0, 0], [2, 6, 0], [2, 6, 1], [2, 6, 2], [1, content, 0], [2, 6, 3], [1, container, 0], [1, xref, 0]];
    let (mut data, mut above) = (Vec::new(), [0_u8; 4]);
    for [kind, second, third] in rows {
        let row = [kind as u8, (second >> 8) as u8, second as u8, third as u8];
        data.push(2);
        data.extend(row.iter().zip(above).map(|(byte, above)| byte.wrapping_sub(above)));
        above = row;
    }
    let data = deflate(&data);
    out.extend_from_slice(
        format!(
            "7 0 obj\n<</Type/XRef/Size 8/W[1 2 1]/Root 1 0 R/Info 5 0 R/Filter/FlateDecode\
             /DecodeParms<</Predictor 12/Columns 4>>/Length {}>>\nstream\n",
            data.len()
        )
        .as_bytes(),
    );
    out.extend_from_slice(&data);
    out.extend_from_slice(format!("\nendstream\nendobj\nstartxref\n{xref}\n%%EOF").as_bytes());
    out
}

fn reader(bytes: &[u8]) -> Reader {
    Reader::new(Source::from_bytes("sample.pdf", bytes.to_vec())).expect("opens")
}

fn revised(base: &[u8], change: impl FnOnce(&mut Revision, &mut Reader)) -> Vec<u8> {
    let mut reader = reader(base);
    let mut revision = Revision::after(&reader).expect("can be extended");
    change(&mut revision, &mut reader);
    let mut out = base.to_vec();
    out.extend_from_slice(revision.finish().expect("conforms").bytes());
    out
}

fn changes(base: &[u8], later: &[u8]) -> Vec<Change> {
    let source = Source::from_bytes("sample.pdf", later.to_vec());
    compare_in(&source, base.len() as u64, later.len() as u64).expect("compares")
}

/// Adds a signature field with its widget on page 1.
fn signed(revision: &mut Revision, reader: &mut Reader, timestamp: bool, rect: &[f64]) -> Reference {
    let kind = if timestamp { ("DocTimeStamp", "ETSI.RFC3161") } else { ("Sig", "ETSI.CAdES.detached") };
    let value = revision.allocate();
    let dictionary = Dictionary::new()
        .with("Type", Object::name(kind.0))
        .with("Filter", Object::name("Adobe.PPKLite"))
        .with("SubFilter", Object::name(kind.1));
    let mut page = page(reader, 1).expect("page");
    let field = Dictionary::new()
        .with("FT", Object::name("Sig"))
        .with("T", Object::text(if timestamp { "Timestamp" } else { "Seal" }))
        .with("Rect", Object::numbers(rect))
        .with("V", value)
        .with("P", page.reference);
    let field = revision.add(&field.into());
    page.dictionary.set("Annots", vec![Object::Reference(field)]);
    revision.put(page.reference, &page.dictionary.into());
    let (root, mut catalog) = reader.catalog().expect("catalog");
    let form = Dictionary::new().with("Fields", vec![Object::Reference(field)]).with("SigFlags", 3_i64);
    catalog.set("AcroForm", form);
    revision.put(root, &catalog.into());
    revision.put_signature(value, &dictionary, 16);
    field
}

#[test]
fn both_forms_are_read() {
    for (bytes, form) in [(table_file(), XrefForm::Table), (stream_file(), XrefForm::Stream)] {
        let mut reader = reader(&bytes);
        assert_eq!(reader.tail().form(), form);
        let page = page(&mut reader, 1).expect("page");
        assert_eq!(page.reference, reference(3));
        assert!((page.size().width - 209.9).abs() < 0.1 && (page.size().height - 297.0).abs() < 0.1);
        assert!(matches!(page.dictionary.get("Contents"), Some(Object::Reference(found)) if *found == reference(4)));
        assert_eq!(reader.get(reference(90)).expect("nothing"), Indirect::Value(Object::Null));
        let Indirect::Stream { dictionary, start } = reader.get(reference(4)).expect("stream") else { panic!() };
        assert_eq!(reader.stream_data(&dictionary, start, 100).expect("data"), b"0 0 m 1 1 ");
        assert!(matches!(crate::page(&mut reader, 2), Err(Error::NoPage { page: 2, .. })));
    }
}

#[test]
fn a_revision_follows_the_form_and_leaves_the_base_alone() {
    for base in [table_file(), stream_file()] {
        let later = revised(&base, |revision, _| {
            revision.put(reference(5), &Dictionary::new().with("Title", Object::text("Mộc bản")).into());
        });
        assert!(later.starts_with(&base));
        let mut reader = reader(&later);
        let before = Tail::read(&Source::from_bytes("sample.pdf", base.clone())).expect("tail");
        assert_eq!(reader.tail().form(), before.form());
        let revisions = reader.tail().revisions();
        assert_eq!(revisions.len(), 2);
        assert!((revisions[0].eof..=revisions[0].end).contains(&(base.len() as u64)));
        assert_eq!(revisions[1].end, later.len() as u64);
        let info = reader.get(reference(5)).expect("info");
        let Indirect::Value(Object::Dictionary(info)) = info else { panic!("{info:?}") };
        assert_eq!(info.get("Title").and_then(Object::as_text).as_deref(), Some("Mộc bản"));
        assert_eq!(changes(&base, &later), [Change::Metadata]);
        assert_eq!(changes(&base, &base), []);
    }
}

#[test]
fn the_revision_as_text() {
    let base = table_file();
    let later = revised(&base, |revision, reader| {
        signed(revision, reader, true, &[0.0; 4]);
    });
    let text = String::from_utf8_lossy(&later[base.len()..]).into_owned();
    let expected = "\
7 0 obj
<</FT/Sig/T(Timestamp)/Rect[0 0 0 0]/V 6 0 R/P 3 0 R>>
endobj
3 0 obj
<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</Ghost 90 0 R>>>>/Annots[7 0 R]>>
endobj
1 0 obj
<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[7 0 R]/SigFlags 3>>>>
endobj
6 0 obj
<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161/ByteRange[0 924 958 222]                           /Contents<00000000000000000000000000000000>>>
endobj
xref
1 1
0000000708 00000 n 
3 1
0000000597 00000 n 
6 2
0000000791 00000 n 
0000000527 00000 n 
trailer
<</Root 1 0 R/Info 5 0 R/ID[<01> <HALF>]/Size 8/Prev 323>>
startxref
968
%%EOF
";
    let id = text.split("/ID[<01> <").nth(1).and_then(|rest| rest.split('>').next()).expect("an identifier");
    assert_eq!(text.replace(id, "HALF"), expected);
}

#[test]
fn the_hole_is_filled_and_found_again() {
    for base in [table_file(), stream_file()] {
        let mut reader = reader(&base);
        let mut revision = Revision::after(&reader).expect("revision");
        signed(&mut revision, &mut reader, false, &[10.0, 10.0, 60.0, 40.0]);
        let mut finished = revision.finish().expect("conforms");
        let before = FileDigest::of(reader.source()).expect("reads");
        assert_eq!((before.bytes(), before.sha256()), (base.len() as u64, model::Sha256::of(&base)));
        let digest = model::Sha256::from_ring(&finished.signed(before.context()).finish());
        assert!(matches!(finished.fill(&[1; 17]), Err(Error::HoleTooSmall { needed: 17, reserved: 16 })));
        finished.fill(b"\x30\x03abc").expect("fits");
        let whole = [base.as_slice(), finished.bytes()].concat();
        assert_eq!(finished.whole(&before).sha256(), model::Sha256::of(&whole));

        let mut reader = self::reader(&whole);
        let found = signatures_in(&mut reader).expect("reads");
        let [signature] = found.as_slice() else { panic!("{found:?}") };
        assert!(signature.hole_is_contents && signature.visible && !signature.document_timestamp);
        assert_eq!(signature.covered_end(), Some(whole.len() as u64));
        assert_eq!(signature.contents[..5], *b"\x30\x03abc");
        let mut context = model::Sha256::context();
        reader.source().hash_ranges(signature.byte_range.expect("range"), &mut context).expect("hashes");
        assert_eq!(model::Sha256::from_ring(&context.finish()), digest);
    }
}

#[test]
fn a_hole_that_hides_more_than_the_contents_is_seen() {
    let base = table_file();
    let whole = revised(&base, |revision, reader| {
        signed(revision, reader, false, &[0.0; 4]);
    });
    let text = String::from_utf8_lossy(&whole).into_owned();
    let range = text.split("/ByteRange[").nth(1).and_then(|rest| rest.split("/Contents").next()).expect("range");
    let numbers: Vec<u64> = range.split([' ', ']']).filter_map(|number| number.parse().ok()).collect();
    for (first, second) in [(numbers[1] - 9, numbers[2]), (numbers[1], numbers[2] + 2), (10, numbers[2])] {
        let forged = format!("0 {first} {second} {}]", whole.len() as u64 - second);
        let forged = format!("{forged}{}", " ".repeat(range.len().saturating_sub(forged.len())));
        let at = whole.windows(10).position(|window| window == b"/ByteRange").expect("place") + 11;
        let mut bytes = whole.clone();
        bytes[at..at + forged.len()].copy_from_slice(forged.as_bytes());
        let found = signatures_in(&mut reader(&bytes)).expect("reads");
        assert!(!found[0].hole_is_contents, "{forged}");
    }
}

#[test]
fn later_revisions_are_told_apart() {
    let check = |expect: &[Change], change: &dyn Fn(&mut Revision, &mut Reader)| {
        for base in [table_file(), stream_file()] {
            let later = revised(&base, |revision, reader| change(revision, reader));
            assert_eq!(changes(&base, &later), expect);
        }
    };
    check(&[Change::DocumentTimestamp("Timestamp".to_owned())], &|revision, reader| {
        signed(revision, reader, true, &[0.0; 4]);
    });
    check(&[Change::Signature("Timestamp".to_owned())], &|revision, reader| {
        signed(revision, reader, true, &[0.0, 0.0, 100.0, 100.0]); // a timestamp that paints is none
    });
    check(&[Change::Signature("Seal".to_owned())], &|revision, reader| {
        signed(revision, reader, false, &[0.0; 4]);
    });
    check(&[Change::ValidationData], &|revision, reader| {
        let (root, mut catalog) = reader.catalog().expect("catalog");
        let stream = revision.add_deflated(&Dictionary::new(), &[7; 100]);
        catalog.set("DSS", Dictionary::new().with("Certs", vec![Object::Reference(stream)]));
        revision.put(root, &catalog.into());
    });
    let uncounted = Change::Unclear("a trailer counts fewer objects than there are");
    check(&[Change::Page(1), uncounted], &|revision, _| {
        revision.put(reference(90), &Dictionary::new().into()); // the ghost appears
    });
    check(&[Change::Page(1)], &|revision, reader| {
        let mut page = page(reader, 1).expect("page");
        page.dictionary.set("Rotate", 90_i64);
        revision.put(page.reference, &page.dictionary.into());
    });
    check(&[Change::Annotations(1)], &|revision, reader| {
        let mut page = page(reader, 1).expect("page");
        page.dictionary.set("Annots", vec![Object::Dictionary(Dictionary::new())]);
        revision.put(page.reference, &page.dictionary.into());
    });
    check(&[Change::Page(1), Change::PageTree], &|revision, _| {
        let kids = vec![Object::Reference(reference(3)), Object::Reference(reference(3))];
        revision.put(reference(2), &Dictionary::new().with("Kids", kids).with("Count", 2_i64).into());
    });
    check(&[Change::Other("OpenAction".to_owned())], &|revision, reader| {
        let (root, mut catalog) = reader.catalog().expect("catalog");
        catalog.set("OpenAction", Object::name("X"));
        revision.put(root, &catalog.into());
    });
}

#[test]
fn an_allowed_change_does_not_hide_another_way_to_the_same_object() {
    // The store of validation data leads to the page's content: its difference must still be found on the page.
    let base = revised(&table_file(), |revision, reader| {
        let (root, mut catalog) = reader.catalog().expect("catalog");
        catalog.set("DSS", Dictionary::new().with("Certs", vec![Object::Reference(reference(4))]));
        revision.put(root, &catalog.into());
    });
    let mut later = base.clone();
    let at = later.len();
    later.extend_from_slice(b"4 0 obj\n<</Length 10>>\nstream\n9 9 m 1 1 \nendstream\nendobj\n".as_slice());
    let xref = later.len();
    let previous = reader(&base).tail().startxref;
    later.extend_from_slice(
        format!(
            "xref\n4 1\n{at:010} 00000 n \ntrailer\n<</Size 8/Root 1 0 R/Prev {previous}>>\nstartxref\n{xref}\n%%EOF\n"
        )
        .as_bytes(),
    );
    assert_eq!(changes(&base, &later), [Change::ValidationData, Change::Page(1)]);
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let base = table_file();
    let check = |bytes: Vec<u8>, code: &str| {
        let result = Reader::new(Source::from_bytes("sample.pdf", bytes));
        assert_eq!(
            result.map(|_| ()).map_err(|error| error.code()),
            Err(match code {
                "E-PDF-02" => "E-PDF-02",
                "E-PDF-03" => "E-PDF-03",
                "E-PDF-04" => "E-PDF-04",
                "E-PDF-05" => "E-PDF-05",
                _ => "E-PDF-06",
            })
        );
    };
    let replaced = |from: &str, to: &str| {
        let text = base.iter().map(|byte| char::from(*byte)).collect::<String>();
        assert!(text.contains(from), "{from}");
        text.replace(from, to).chars().map(|c| c as u8).collect::<Vec<u8>>()
    };
    check(b"not a pdf".to_vec(), "E-PDF-02");
    check(base[..base.len() - 8].to_vec(), "E-PDF-03");
    check(replaced("startxref\n323", "startxref\n330"), "E-PDF-04");
    check(replaced("/Root 1 0 R", "/Root 1 0 R/Prev 323"), "E-PDF-04");
    check(replaced("/Root 1 0 R", "/Root 1 0 R/Root 4 0 R"), "E-PDF-04");
    check(replaced(" 00000 n", "x00000 n"), "E-PDF-04");
    check(replaced("/Root 1 0 R", "/Root 1 0 R/Encrypt 5 0 R"), "E-PDF-05");
    check(replaced("/Root 1 0 R", "/Root 1 0 R/XRefStm 5"), "E-PDF-06");
    let junk = [base.as_slice(), b"junk"].concat();
    assert_eq!(Revision::after(&reader(&junk)).map(|_| ()).map_err(|error| error.code()), Err("E-PDF-03"));
}

#[test]
fn a_chain_of_sections_takes_the_newest_entry() {
    let once = revised(&table_file(), |revision, _| revision.put(reference(5), &Object::Integer(1)));
    let twice = revised(&once, |revision, _| revision.put(reference(5), &Object::Integer(2)));
    let mut reader = reader(&twice);
    assert_eq!(reader.tail().sections.len(), 3);
    assert_eq!(reader.get(reference(5)).expect("value"), Indirect::Value(Object::Integer(2)));
    assert_eq!(reader.tail().find(0), Entry::Free);
    assert_eq!(changes(&once, &twice), [Change::Metadata]);
}

#[test]
fn every_error_has_its_texts() {
    let path = std::path::PathBuf::from("a.pdf");
    let all = [
        Error::Io { path: path.clone(), source: std::io::Error::other("x") },
        Error::NotPdf { path: path.clone() },
        Error::NoEnd { path: path.clone() },
        Error::BrokenXref { path: path.clone(), offset: 1, detail: "x" },
        Error::Encrypted { path: path.clone() },
        Error::Hybrid { path: path.clone() },
        Error::BadObject { path: path.clone(), number: 1, detail: "x" },
        Error::TooLarge { path: path.clone(), what: "x", limit: 1 },
        Error::Unsupported { path: path.clone(), what: "x".to_owned() },
        Error::NoPage { path: path.clone(), page: 1 },
        Error::Font { path: path.clone(), detail: "x".to_owned() },
        Error::MissingGlyph { path, character: 'x' },
        Error::HoleTooSmall { needed: 2, reserved: 1 },
        Error::Nonconforming { faults: "x".to_owned() },
    ];
    for error in all {
        assert!(messages::has(error.code()), "{}", error.code());
        let text = messages::text(messages::Lang::En, error.code(), &error.facts());
        assert!(!text.contains('{'), "{text}");
        let _ = error.disposition();
    }
}

/// Reads everything there is to read; only that it returns matters.
fn read_everything(bytes: Vec<u8>) {
    let source = Source::from_bytes("hostile.pdf", bytes);
    let len = source.len();
    let Ok(mut reader) = Reader::new(source.clone()) else { return };
    for number in reader.tail().numbers() {
        if let Ok(Indirect::Stream { dictionary, start }) = reader.get(reference(number)) {
            drop(reader.stream_data(&dictionary, start, 1 << 20));
        }
    }
    drop(page(&mut reader, 1));
    drop(signatures_in(&mut reader));
    drop(crate::dss_in(&mut reader));
    drop(Revision::after(&reader));
    drop(compare_in(&source, len / 2, len));
    drop(compare_in(&source, len, len));
}

#[test]
fn any_prefix_and_any_flipped_byte_return() {
    for base in [table_file(), stream_file()] {
        let whole = revised(&base, |revision, reader| {
            signed(revision, reader, true, &[0.0; 4]);
        });
        for end in 0..whole.len() {
            read_everything(whole[..end].to_vec());
            for flip in [0x01, 0x20, 0xff] {
                let mut bytes = whole.clone();
                bytes[end] ^= flip;
                read_everything(bytes);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_return(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut file = b"%PDF-1.7\n".to_vec();
        file.extend_from_slice(&bytes);
        file.extend_from_slice(b"\nstartxref\n9\n%%EOF\n");
        read_everything(file);
    }

    #[test]
    fn any_cross_reference_stream_returns(data in proptest::collection::vec(any::<u8>(), 0..80), widths in any::<[u8; 3]>(), size in any::<i32>()) {
        let mut file = b"%PDF-1.7\n".to_vec();
        let [a, b, c] = widths.map(|width| width % 10);
        file.extend_from_slice(format!("1 0 obj\n<</Type/XRef/W[{a} {b} {c}]/Size {size}/Root 1 0 R/Length {}>>\nstream\n", data.len()).as_bytes());
        file.extend_from_slice(&data);
        file.extend_from_slice(b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n");
        read_everything(file);
    }
}

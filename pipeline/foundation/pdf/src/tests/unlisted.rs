//! Revisions in which other readers may find more than the cross-reference lists.

use super::{changes, reader, reference, revised, stream_file, table_file};
use crate::{Change, Dictionary, Object};

/// Bytes of a revision, under the number by which they are listed if they are.
type Part = (Option<u32>, &'static str);

const HIDDEN: &str = "4 0 obj\n<<>>\nendobj\n";
const NAMED: &str = "5 0 obj\n<</Title(Sample)/Producer(A tool)>>\nendobj\n";

/// What a revision of these parts changes, with what stands between its trailer and its end.
fn written(parts: &[Part], end: &str) -> Vec<Change> {
    trailed(parts, "/Size 9/Root 1 0 R", end)
}

fn trailed(parts: &[Part], entries: &str, end: &str) -> Vec<Change> {
    let base = table_file();
    let (mut later, mut table) = (base.clone(), String::from("xref\n"));
    for (number, text) in parts {
        if let Some(number) = number {
            table.extend([format!("{number} 1\n{:010} 00000 n \n", later.len())]);
        }
        later.extend_from_slice(text.as_bytes());
    }
    let (xref, previous) = (later.len(), reader(&base).tail().startxref);
    let trailer = format!("trailer\n<<{entries}/Info 5 0 R/Prev {previous}>>\n");
    later.extend_from_slice(format!("{table}{trailer}{end}startxref\n{xref}\n%%EOF\n").as_bytes());
    changes(&base, &later)
}

#[test]
fn what_no_cross_reference_lists_is_named() {
    let clean = [Change::Writer];
    assert_eq!(written(&[(Some(5), NAMED)], ""), clean);
    assert_eq!(written(&[(None, "\n % a remark\n"), (Some(5), NAMED)], "%A tool 1.0\n"), clean);
    let check = |parts: &[Part], end: &str| {
        let said = written(parts, end);
        assert!(matches!(said.as_slice(), [Change::Writer, Change::Unclear(_)]), "{parts:?} {end}: {said:?}");
    };
    check(&[(None, HIDDEN), (Some(5), NAMED)], "");
    check(&[(Some(5), NAMED), (None, HIDDEN)], "");
    check(&[(Some(5), NAMED)], HIDDEN);
    check(&[(Some(5), NAMED)], "% 4 0 obj <<>> endobj\n");
    check(&[(None, "% 4 0 obj <<>> endobj\n"), (Some(5), NAMED)], "");
    check(&[(None, "trailer <</Root 4 0 R>>\n"), (Some(5), NAMED)], "");
    check(&[(None, "%%EOF\n"), (Some(5), NAMED)], "");
    check(&[(Some(5), NAMED), (Some(6), "6 0 obj\n(4 0 obj <<>> endobj)\nendobj\n")], "");
    check(&[(Some(5), NAMED), (Some(6), "6 1 obj\n(x)\nendobj\n")], "");
    check(&[(Some(5), NAMED), (Some(6), "6 0 obj\n(x)\n")], "");
    check(&[(Some(5), NAMED), (Some(6), "6 0 obj\n(trailer <</Root 4 0 R>>)\nendobj\n")], "");
    check(&[(Some(5), NAMED), (Some(6), "6 0 obj\n(x)\n%trailer <</Root 4 0 R>>\nendobj\n")], "");
    for within in ["4 0 obj <<>>", "4%\n0%\nobj<<>>", "trailer <<>>", "startxref 5", "x endobj x", "endstream x"] {
        let stream = format!("6 0 obj\n<</Length {}>>\nstream\n{within}\nendstream\nendobj\n", within.len());
        check(&[(Some(5), NAMED), (Some(6), stream.leak())], "");
    }
    // Who does not find the name right there looks for it elsewhere.
    for head in ["%x\n6 0 obj", "6%\n0 obj", "6 0%\nobj", "6  0 obj", " 6 0 obj", "6 0 obj%", "6 00 obj"] {
        check(&[(Some(5), NAMED), (Some(6), format!("{head}\n(x)\nendobj\n").leak())], "");
    }
    check(&[(Some(5), NAMED), (Some(6), "6 0 objnull\nendobj\n")], "");
    check(&[(Some(5), NAMED), (Some(6), "6 0 obj\n<</Length 1>>\nstream\nx\n%y\nendstream\nendobj\n")], "");
    for kind in ["/Type/XRef", "/Type/XR#65f", "/T(/XRef)"] {
        let stream = format!("6 0 obj\n<<{kind}/Length 1>>\nstream\nx\nendstream\nendobj\n");
        check(&[(Some(5), NAMED), (Some(6), stream.leak())], "");
    }
}

#[test]
fn a_trailer_that_others_would_not_follow_is_named() {
    let said = |entries: &str| trailed(&[(Some(5), NAMED)], entries, "");
    let unclear = |detail| [Change::Writer, Change::Unclear(detail)];
    assert_eq!(said("/Size 6/Root 1 0 R"), [Change::Writer]);
    // ISO 32000-2 table 15: objects with higher numbers are missing for readers that count.
    assert_eq!(said("/Size 5/Root 1 0 R"), unclear("a trailer counts fewer objects than there are"));
    assert_eq!(said("/Root 1 0 R"), unclear("a trailer counts fewer objects than there are"));
    assert_eq!(said("/Size 8388608/Root 1 0 R"), [Change::Writer]);
    assert_eq!(said("/Size 8388609/Root 1 0 R"), unclear("a trailer counts more objects than readers look for"));
    assert_eq!(said("/Size 6"), unclear("a trailer names no catalog"));
}

#[test]
fn keys_that_stand_twice_are_named_wherever_they_stand() {
    let twice = [Change::Writer, Change::Unclear("a key stands twice")];
    assert_eq!(written(&[(Some(5), NAMED), (Some(6), "6 0 obj\n[<</A<</B 1/B 2>>>>]\nendobj\n")], ""), twice);
    let stream = "6 0 obj\n<</Length 1/Length 1>>\nstream\nx\nendstream\nendobj\n";
    assert_eq!(written(&[(Some(5), NAMED), (Some(6), stream)], ""), twice);
}

#[test]
fn object_streams_hold_what_is_listed() {
    let packed = |text: &'static str| {
        let base = stream_file();
        let later = revised(&base, |revision, _| {
            let head = Dictionary::new().with("Type", Object::name("ObjStm")).with("N", 1_i64).with("First", 5_i64);
            revision.add_stream(&head, text.as_bytes());
            revision.replace(reference(5), &Dictionary::new().with("Title", Object::text("Sample")).into());
        });
        changes(&base, &later)
    };
    let hidden = Change::Unclear("an object stream holds what no cross-reference lists");
    assert_eq!(packed("91 0 (x)"), [hidden]);
    // What pretends to be an older object.
    assert!(matches!(packed(" 4 0 (x)").as_slice(), [Change::Unclear(_)]));
}

#[test]
fn behind_the_rows_of_a_cross_reference_stream_is_nothing() {
    let base = stream_file();
    let with = |number: u32, behind: &str| {
        let mut later = base.clone();
        later.push(b'\n');
        let (xref, previous) = (later.len(), reader(&base).tail().startxref);
        let row = [&[1][..], &(xref as u32).to_be_bytes(), behind.as_bytes()].concat();
        let head =
            format!("{number} 0 obj\n<</Type/XRef/Size 9/W[1 4 0]/Index[8 1]/Root 1 0 R/Info 5 0 R/Prev {previous}");
        later.extend_from_slice(format!("{head}/Length {}>>\nstream\n", row.len()).as_bytes());
        later.extend_from_slice(&row);
        later.extend_from_slice(format!("\nendstream\nendobj\nstartxref\n{xref}\n%%EOF\n").as_bytes());
        changes(&base, &later)
    };
    assert_eq!(with(8, ""), []);
    assert_eq!(with(5, ""), [Change::Unclear("two objects have one name")]);
    assert!(matches!(with(8, "\nendstream endobj 4 0 obj <<>>").as_slice(), [Change::Unclear(_)]));
}

#[test]
fn streams_are_stored_as_every_reader_understands() {
    let stored = |how: &str| {
        let text = format!("6 0 obj\n<<{how}/Length 1>>\nstream\nx\nendstream\nendobj\n");
        written(&[(Some(5), NAMED), (Some(6), text.leak())], "")
    };
    for how in
        ["", "/Filter/FlateDecode", "/Filter[/FlateDecode]/DecodeParms[null]", "/Filter/FlateDecode/DecodeParms<<>>"]
    {
        assert_eq!(stored(how), [Change::Writer], "{how}");
    }
    let unclear = [Change::Writer, Change::Unclear("a stream is stored in a way that readers understand differently")];
    for how in [
        "/Filter 4 0 R",
        "/Filter/ASCIIHexDecode",
        "/Filter[/FlateDecode/FlateDecode]",
        "/F(a file)",
        "/DecodeParms<</Predictor 12>>",
        "/Filter/FlateDecode/DecodeParms 4 0 R",
        "/Filter/FlateDecode/DecodeParms<</Predictor 4 0 R>>",
        "/Filter/FlateDecode/DecodeParms<</Predictor 12.0>>",
        "/Filter/FlateDecode/DecodeParms<</Predictor 12/K 1>>",
        "/Filter/FlateDecode/DecodeParms[<</Predictor 12>>]",
        "/Filter[/FlateDecode]/DecodeParms<</Predictor 12>>",
        "/Filter/FlateDecode/DP<</Predictor 12>>",
    ] {
        assert_eq!(stored(how), unclear, "{how}");
    }
}

#[test]
fn a_table_that_others_would_rebuild_is_named() {
    let base = table_file();
    let with = |from: &str, to: &str| {
        let (at, xref, previous) = (base.len(), base.len() + NAMED.len(), reader(&base).tail().startxref);
        let trailer = format!("trailer\n<</Size 6/Root 1 0 R/Info 5 0 R/Prev {previous}>>\n");
        let text = format!("{NAMED}xref\n5 1\n{at:010} 00000 n \n{trailer}startxref\n{xref}\n%%EOF\n");
        assert!(text.contains(from), "{from}");
        changes(&base, &[&base[..], text.replacen(from, to, 1).as_bytes()].concat())
    };
    assert_eq!(with("xref", "xref"), [Change::Writer]);
    let unclear = [Change::Writer, Change::Unclear("a cross-reference table that readers may rebuild")];
    for (from, to) in [("xref\n5", "xref5"), ("xref\n5", "xref%\n5"), ("trailer\n", "%\ntrailer\n")] {
        assert_eq!(with(from, to), unclear, "{to:?}");
    }
}

//! Revisions whose sections list what others would not take for the newest.

use super::{changes, reader, stream_file, table_file};
use crate::{Change, Error, Source, compare_in};

const NAMED: &str = "5 0 obj\n<</Title(Sample)/Producer(A tool)>>\nendobj\n";
const OTHER: &str = "5 0 obj\n<</Title(Sample)/Producer(Another)>>\nendobj\n";

/// Appends a section with rows, which ends with the place of the section that `start` gives. Gives its own place.
fn section(bytes: &mut Vec<u8>, rows: &[(u32, usize)], prev: usize, start: Option<usize>) -> usize {
    let xref = bytes.len();
    let rows = rows.iter().map(|(number, at)| format!("{number} 1\n{at:010} 00000 n \n"));
    let rows = rows.collect::<Vec<_>>().concat();
    let trailer = format!("trailer\n<</Size 9/Root 1 0 R/Info 5 0 R/Prev {prev:010}>>\n");
    let start = start.unwrap_or(xref);
    bytes.extend_from_slice(format!("xref\n{rows}{trailer}startxref\n{start}\n%%EOF\n").as_bytes());
    xref
}

fn put(bytes: &mut Vec<u8>, text: &str) -> usize {
    let at = bytes.len();
    bytes.extend_from_slice(text.as_bytes());
    at
}

fn previous(base: &[u8]) -> usize {
    reader(base).tail().startxref as usize
}

fn unclear(detail: &'static str) -> Vec<Change> {
    vec![Change::Writer, Change::Unclear(detail)]
}

#[test]
fn several_revisions_follow_one_another() {
    let base = table_file();
    let mut later = base.clone();
    let first = put(&mut later, OTHER);
    let xref = section(&mut later, &[(5, first)], previous(&base), None);
    let second = put(&mut later, NAMED);
    section(&mut later, &[(5, second)], xref, None);
    // The older text of the object is listed by the older section, as it should be.
    assert_eq!(changes(&base, &later), [Change::Writer]);
}

#[test]
fn a_section_that_stands_before_an_older_one_is_named() {
    let base = table_file();
    let made = |older: usize| {
        let mut later = base.clone();
        let wanted = put(&mut later, NAMED);
        let newest = section(&mut later, &[(5, wanted)], older, None);
        let last = put(&mut later, OTHER);
        let older = section(&mut later, &[(5, last)], previous(&base), Some(newest));
        (later, older)
    };
    let (later, _) = made(made(0).1);
    assert_eq!(changes(&base, &later), unclear("a cross-reference section stands before an older one"));
}

#[test]
fn a_section_that_leaves_the_last_one_out_is_named() {
    let older = table_file();
    let mut base = older.clone();
    let first = put(&mut base, OTHER);
    section(&mut base, &[(5, first)], previous(&older), None);
    let mut later = base.clone();
    let second = put(&mut later, NAMED);
    section(&mut later, &[(5, second)], previous(&older), None);
    assert_eq!(changes(&base, &later), unclear("a revision does not follow the one before it"));
}

#[test]
fn a_revision_ends_with_the_place_of_its_section() {
    let base = table_file();
    let with = |start: Option<usize>| {
        let mut later = base.clone();
        let first = put(&mut later, OTHER);
        let xref = section(&mut later, &[(5, first)], previous(&base), start);
        let second = put(&mut later, NAMED);
        section(&mut later, &[(5, second)], xref, None);
        changes(&base, &later)
    };
    assert_eq!(with(None), [Change::Writer]);
    assert_eq!(with(Some(previous(&base))), unclear("a cross-reference section does not end with itself"));
}

#[test]
fn a_table_is_no_object() {
    let base = table_file();
    let mut later = base.clone();
    let at = put(&mut later, NAMED);
    let xref = later.len();
    section(&mut later, &[(5, at), (8, xref)], previous(&base), None);
    assert_eq!(changes(&base, &later), unclear("two objects stand at one place"));
}

#[test]
fn old_objects_are_listed_where_they_are() {
    let base = table_file();
    let place =
        |text: &str| base.windows(text.len()).position(|window| window == text.as_bytes()).expect("stands there");
    let with = |row: (u32, usize)| {
        let mut later = base.clone();
        let at = put(&mut later, NAMED);
        section(&mut later, &[row, (5, at)], previous(&base), None);
        changes(&base, &later)
    };
    assert_eq!(with((3, place("3 0 obj"))), [Change::Writer]);
    for row in [(3, place("3 0 obj") - 1), (7, place("3 0 obj")), (8, 3)] {
        assert_eq!(with(row), unclear("an object is listed where another revision stands"), "{row:?}");
    }
}

#[test]
fn a_reference_that_led_nowhere_leads_nowhere_for_every_reader() {
    let base = table_file();
    // The page names an object 90 that is not there.
    let with = |generation: u16| {
        let mut later = base.clone();
        let at = put(&mut later, &format!("90 {generation} obj\n(x)\nendobj\n"));
        let row = format!("90 1\n{at:010} {generation:05} n \n");
        let (xref, previous) = (later.len(), previous(&base));
        let trailer = format!("trailer\n<</Size 91/Root 1 0 R/Info 5 0 R/Prev {previous}>>\n");
        put(&mut later, &format!("xref\n{row}{trailer}startxref\n{xref}\n%%EOF\n"));
        changes(&base, &later)
    };
    assert_eq!(with(0), [Change::Page(1)]);
    assert_eq!(with(1), [Change::Unclear("an object has a generation that was not its own")]);
}

#[test]
fn an_object_stream_has_each_object_at_its_index() {
    let base = stream_file();
    // Objects 8 and 9 in stream 6 of a revision, listed at these indices of it.
    let listed = |kind: &str, body: &str, indices: [u8; 2]| {
        let mut later = base.clone();
        later.push(b'\n');
        let head = format!("10 0 obj\n<<{kind}/N 2/First 10/Length {}>>\nstream\n", body.len());
        let container = put(&mut later, &format!("{head}{body}\nendstream\nendobj\n"));
        let xref = later.len();
        let rows = [[2, 0, 10, indices[0]], [2, 0, 10, indices[1]]].concat();
        let places = [container, xref].map(|at| [&[1][..], &(at as u16).to_be_bytes(), &[0]].concat()).concat();
        let rows = [rows, places].concat();
        let head = format!("/Type/XRef/Size 12/W[1 2 1]/Index[8 4]/Root 1 0 R/Info 5 0 R/Prev {}", previous(&base));
        put(&mut later, &format!("11 0 obj\n<<{head}/Length {}>>\nstream\n", rows.len()));
        later.extend_from_slice(&rows);
        put(&mut later, &format!("\nendstream\nendobj\nstartxref\n{xref}\n%%EOF\n"));
        let source = Source::from_bytes("sample.pdf", later.clone());
        compare_in(&source, base.len() as u64, later.len() as u64)
    };
    let said = |kind, body, indices| listed(kind, body, indices).expect("compares");
    let kind = "/Type/ObjStm";
    assert_eq!(said(kind, "8 0 9 4   (a) (b) ", [0, 1]), []);
    let misplaced = [Change::Unclear("an object stream does not have what is listed")];
    assert_eq!(said(kind, "8 0 9 4   (a) (b) ", [1, 0]), misplaced);
    assert_eq!(said(kind, "8 0 9 4   (a) (b) ", [0, 2]), misplaced);
    let overlapping = [Change::Unclear("it does not follow the one before it in its object stream")];
    assert_eq!(said(kind, "8 4 9 0   (a) (b) ", [0, 1]), overlapping);
    assert_eq!(said(kind, "8 0 9 1   ((b) ) ", [0, 1]), overlapping);
    assert_eq!(said(kind, "8 0 9 6   (a)%c\n(b) ", [0, 1]), overlapping);
    assert_eq!(said(kind, "8 0 9%4   (a) (b) ", [0, 1]), [Change::Unclear("its index is malformed")]);
    let unsaid = [Change::Unclear("an object stream does not say that it is one")];
    assert_eq!(said("", "8 0 9 4   (a) (b) ", [0, 1]), unsaid);
}

#[test]
fn an_object_is_not_looked_for_at_another_index() {
    let mut bytes = stream_file();
    let head = bytes.windows(5).position(|window| window == b"/N 4/").expect("the count");
    // The last of its objects is no longer counted.
    bytes[head + 3] = b'3';
    let read = reader(&bytes).get(super::reference(5));
    assert!(matches!(read, Err(Error::BadObject { number: 5, .. })), "{read:?}");
}

//! The fuzz targets' corpora as plain tests: every file, cut anywhere, with any octet turned, returns.

use std::{fs, path::Path};

use mocban_tests::{parsers::Parser, sandbox::root};

/// Variants of a file that are tried at most: cuts, and turned octets.
const CUTS: usize = 120;
const TURNS: usize = 240;

fn files(parser: Parser) -> Vec<(String, Vec<u8>)> {
    let folder = root().join("tests/fuzz/corpus").join(parser.name());
    let entries = fs::read_dir(&folder).expect("the folder of the corpus");
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (name(&path), fs::read(&path).expect("a file of the corpus")))
        .collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Every `step`-th place of a file, so that there are at most `most`; the step is odd, to meet all alignments.
fn places(bytes: &[u8], most: usize) -> impl Iterator<Item = usize> {
    (0..bytes.len()).step_by((bytes.len() / most) | 1)
}

fn replay(parser: Parser) {
    let files = files(parser);
    assert!(!files.is_empty(), "{} has no corpus", parser.name());
    let mut sound = 0;
    for (name, bytes) in &files {
        let whole = parser.read(bytes);
        // A seed is named for what it is; whatever a fuzzer found needs not make sense, only end.
        assert!(whole || !name.starts_with("sound"), "{}/{name} is sound and was refused", parser.name());
        sound += usize::from(whole);
        for at in places(bytes, CUTS) {
            parser.read(&bytes[..at]);
        }
        for at in places(bytes, TURNS) {
            let mut turned = bytes.clone();
            turned[at] ^= if at % 2 == 0 { 0xff } else { 0x01 };
            parser.read(&turned);
        }
    }
    assert!(sound > 0, "{}: nothing of its corpus was read to its end", parser.name());
}

#[test]
fn scans() {
    replay(Parser::Scan);
}

#[test]
fn pdfs() {
    replay(Parser::Pdf);
}

#[test]
fn signatures() {
    replay(Parser::Signature);
}

#[test]
fn timestamps() {
    replay(Parser::Timestamp);
}

#[test]
fn ocsp_answers() {
    replay(Parser::Ocsp);
}

#[test]
fn revocation_lists() {
    replay(Parser::Crl);
}

#[test]
fn queries() {
    replay(Parser::Query);
}

#[test]
fn every_parser_has_a_target() {
    for parser in Parser::ALL {
        let target = root().join("tests/fuzz/fuzz_targets").join(format!("{}.rs", parser.name()));
        let text = fs::read_to_string(&target).unwrap_or_else(|error| panic!("{}: {error}", target.display()));
        assert!(text.contains(&format!("Parser::{parser:?}")), "{} enters another parser", target.display());
    }
}

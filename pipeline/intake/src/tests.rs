#![expect(clippy::disallowed_methods, reason = "the tests are the person who drops scans")]

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use model::{HoldReason, Origin, SourceKind};
use proptest::prelude::*;

use super::*;
use crate::{order::natural_key, paper::measure};

/// An uncompressed white TIFF: little-endian, one strip, grey.
fn scan_image(width: u32, height: u32) -> Vec<u8> {
    let pixels = (width * height) as usize;
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    let entries: [(u16, u16, u32, u32); 9] = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8 + 2 + 9 * 12 + 4),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, 1, pixels as u32),
    ];
    out.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    out.extend(0_u32.to_le_bytes());
    out.extend(vec![255; pixels]);
    out
}

struct Inbound(tempfile::TempDir);

impl Inbound {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn put(&self, below: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(below);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(&path, bytes).expect("file");
        path
    }

    fn look(&self) -> Vec<Candidate> {
        look(self.path(), &template()).expect("look")
    }

    fn claim(&self) -> Result<model::Submission, Error> {
        let found = self.look();
        assert_eq!(found.len(), 1, "{found:?}");
        claim(self.path(), &found[0], &template(), &scan::Limits::default())
    }
}

fn template() -> Template {
    Template::parse("{fonds}/{document}").expect("template")
}

#[test]
fn templates_end_with_a_document() {
    assert_eq!(Template::parse("{fonds}/{inventory}/{file}/{document}").expect("default").depth(), 4);
    for wrong in ["", "{fonds}", "fonds/{document}", "{document}/{fonds}", "{}/{document}"] {
        assert!(Template::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn pages_come_in_natural_order() {
    let check = |names: &[&str], expect: &[&str]| {
        let mut names = names.to_vec();
        names.sort_by_cached_key(|name| natural_key(name));
        assert_eq!(names, expect);
    };
    check(&["trang 10.jpg", "trang 2.jpg", "Trang 1.jpg"], &["Trang 1.jpg", "trang 2.jpg", "trang 10.jpg"]);
    check(&["a007", "a7b", "a70"], &["a007", "a7b", "a70"]);
    // NFD before NFC would put "tra" with a combining mark elsewhere.
    check(&["tờ 3", "to\u{31b}\u{300} 2"], &["to\u{31b}\u{300} 2", "tờ 3"]);
}

#[test]
fn a_folder_of_images_is_one_document() {
    let inbound = Inbound::new();
    for n in [10, 2, 1] {
        inbound.put(&format!("P1/VB 1/trang {n}.tif"), &scan_image(400, 565 + n));
    }
    inbound.put("P1/VB 1/Thumbs.db", b"litter");
    let submission = inbound.claim().expect("claimed");
    assert_eq!(submission.source, "P1/VB 1");
    assert_eq!(submission.place.get("fonds").map(String::as_str), Some("P1"));
    let names: Vec<&str> = submission.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["trang 1.tif", "trang 2.tif", "trang 10.tif"]);
    assert_eq!(submission.pages.len(), 3);
    assert!(submission.findings.contains(&"greyscale:1".to_owned()));
    assert_eq!(declared_paths(inbound.path(), &submission)[0], inbound.path().join("P1/VB 1/document.toml"));
}

#[test]
fn what_is_declared_is_held_against_what_is_there() {
    let check = |toml: &str, expect: Option<HoldReason>| {
        let inbound = Inbound::new();
        inbound.put("P/D/1.tif", &scan_image(40, 56));
        inbound.put("P/D/2.tif", &scan_image(40, 57));
        inbound.put("P/D/document.toml", toml.as_bytes());
        let held =
            inbound.claim().and_then(|claimed| check_count(&claimed)).err().map(|error| match error.disposition() {
                model::Disposition::Hold(reason) => reason,
                other => panic!("{other:?}"),
            });
        assert_eq!(held, expect, "{toml}");
    };
    check("sheets = 1", None);
    check("sheets = 2", None);
    check("sheets = 3", Some(HoldReason::Incomplete));
    check("pages = 2\n[description]\nsubject = \"V/v\"\n", None);
    check("pages = 3", Some(HoldReason::Incomplete));
    check("secrecy = \"mat\"", None);
    check("secrecy = \"secret\"", Some(HoldReason::BadDeclaration));
    check("sheet = 2", Some(HoldReason::BadDeclaration));
    check("[description]\ntitle = \"x\"", Some(HoldReason::BadDeclaration));
}

#[test]
fn odd_places_are_told_and_links_are_not_followed() {
    let inbound = Inbound::new();
    inbound.put("lost.pdf", b"%PDF-1.4");
    inbound.put("P/D/1.tif", &scan_image(40, 56));
    inbound.put("P/D/2.pdf", b"%PDF-1.4");
    std::os::unix::fs::symlink("/etc/passwd", inbound.path().join("P/link.tif")).expect("link");
    inbound.put("P/E/notes.txt", b"x");
    inbound.put("P/letter.docx", b"x");
    inbound.put("P/alone.toml", b"sheets = 1");
    inbound.put("P/@eaDir/x.jpg", b"x");
    inbound.put("P/F.part/1.tif", &scan_image(40, 56));
    std::os::unix::fs::symlink("/etc", inbound.path().join("P/folder")).expect("link");
    let shapes: Vec<(String, bool)> =
        inbound.look().into_iter().map(|found| (found.source, matches!(found.shape, Shape::Odd { .. }))).collect();
    let odd = |source: &str| (source.to_owned(), true);
    let expect = ["P/D", "P/E", "P/folder", "P/letter.docx", "P/link.tif", "lost.pdf"];
    assert_eq!(shapes, expect.map(odd));
    let behind = candidate(inbound.path(), "P/folder", &template()).expect("still there");
    assert!(matches!(behind.shape, Shape::Odd { .. }) && behind.files.is_empty(), "{behind:?}");
}

#[test]
fn a_folder_above_the_level_of_documents_is_no_document() {
    let inbound = Inbound::new();
    inbound.put("P/D.tif", &scan_image(40, 56));
    inbound.put("P/E.tif", &scan_image(40, 56));
    let above = candidate(inbound.path(), "P", &template());
    assert!(matches!(above, Err(Error::Gone { .. })), "{above:?}");
    let below = candidate(inbound.path(), "P/D.tif/x", &template());
    assert!(matches!(below, Err(Error::Gone { .. })), "{below:?}");
}

#[test]
fn a_scan_settles_when_nothing_moves() {
    let inbound = Inbound::new();
    let whole = scan_image(40, 56);
    let path = inbound.put("P/D.tif", &whole[..100]);
    let mut settler = Settler::new(Duration::from_secs(2), Duration::from_mins(1));
    let start = jiff::Timestamp::try_from(fs::metadata(&path).expect("meta").modified().expect("time")).expect("time");
    let after = |seconds: i64| start + jiff::SignedDuration::from_secs(seconds);
    let mut at = |seconds: i64| settler.consider(&inbound.look()[0], after(seconds));
    assert_eq!(at(0), Verdict::Arriving, "first look");
    assert_eq!(at(3), Verdict::Arriving, "cut off, but young");
    assert!(matches!(at(100), Verdict::Hold(HoldReason::Unreadable, _)), "cut off, and old");
    inbound.put("P/D.tif", &whole);
    assert_eq!(at(101), Verdict::Arriving, "moved");
    let part = inbound.put("P/D.tif.part", b"");
    assert_eq!(at(104), Verdict::Arriving, "its twin stands there");
    fs::remove_file(part).expect("remove");
    assert_eq!(at(105), Verdict::Settled);
}

#[test]
fn papers_are_measured_by_plausible_tags_only() {
    let check = |pixels: (u32, u32), tag, size: (f64, f64), origin| {
        let measured = measure(pixels.0, pixels.1, tag);
        let near = (measured.size.width - size.0).abs() < 1.0 && (measured.size.height - size.1).abs() < 1.0;
        assert!(near && measured.origin == origin, "{measured:?}");
    };
    check((1654, 2339), Some((200.0, 200.0)), (210.0, 297.0), Origin::Tag);
    check((1654, 2339), Some((72.0, 72.0)), (210.0, 297.0), Origin::Snapped);
    check((1654, 2339), Some((96.0, 96.0)), (210.0, 297.0), Origin::Snapped);
    check((1654, 2339), Some((200.0, 72.0)), (210.0, 297.0), Origin::Snapped);
    check((1728, 1146), Some((204.0, 98.0)), (215.2, 297.0), Origin::Tag);
    check((1240, 1754), None, (210.0, 297.0), Origin::Snapped);
    check((1748, 2480), None, (148.0, 210.0), Origin::Snapped);
    check((2480, 3508), None, (210.0, 297.0), Origin::Snapped);
    check((4961, 3508), None, (420.0, 297.0), Origin::Snapped);
    check((2550, 3300), None, (215.9, 279.4), Origin::Snapped);
}

#[test]
fn a_tiff_is_known_by_its_bytes() {
    let inbound = Inbound::new();
    inbound.put("P/D.PDF", &scan_image(40, 56));
    let submission = inbound.claim().expect("claimed");
    assert_eq!(submission.files[0].kind, SourceKind::Tiff);
}

#[test]
fn every_code_has_its_texts() {
    let text = || "x".to_owned();
    let all = [
        Error::Template { template: text() },
        Error::Look { path: text().into(), source: std::io::Error::other("x") },
        Error::Gone { path: text() },
        Error::Unknown { path: text() },
        Error::Mixed { path: text(), detail: text() },
        Error::Declaration { path: text(), detail: text() },
        Error::Incomplete { path: text(), pages: 1, declared: text() },
        Error::TooLarge { path: text(), what: text() },
        Error::Odd { path: text(), detail: text() },
    ];
    for (n, error) in all.iter().enumerate() {
        assert_eq!(error.code(), format!("E-INTAKE-0{}", n + 1));
        let shown = messages::text(messages::Lang::Vi, error.code(), &error.facts());
        // The template's own example stands in braces.
        assert!(shown != error.code() && (n == 0 || !shown.contains('{')), "{shown}");
    }
}

proptest! {
    #[test]
    fn names_come_back(bytes in proptest::collection::vec(1_u8.., 1..40)) {
        use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
        let bytes: Vec<u8> = bytes.into_iter().filter(|b| *b != b'/').collect();
        let name = std::ffi::OsString::from_vec(bytes.clone());
        let decoded = decode_name(&encode_name(&name));
        prop_assert_eq!(decoded.as_os_str().as_bytes(), &bytes[..]);
    }

    #[test]
    fn any_names_have_an_order(mut names in proptest::collection::vec(".{0,20}", 0..20)) {
        names.sort_by_cached_key(|name| natural_key(name));
        names.reverse();
        names.sort_by_cached_key(|name| natural_key(name));
        for pair in names.windows(2) {
            prop_assert!(natural_key(&pair[0]) <= natural_key(&pair[1]));
        }
    }
}

#[test]
fn a_declaration_leaves_with_its_own_document_only() {
    let inbound = Inbound::new();
    inbound.put("P/VB 1.2/1.tif", &scan_image(40, 56));
    inbound.put("P/VB 1.toml", b"sheets = 1");
    let folder = inbound.claim().expect("a folder");
    assert_eq!(declared_paths(inbound.path(), &folder), [inbound.path().join("P/VB 1.2/document.toml")]);
    fs::remove_dir_all(inbound.path().join("P/VB 1.2")).expect("removed");
    inbound.put("P/VB 1.tif", &scan_image(40, 56));
    let single = inbound.claim().expect("a file");
    assert_eq!(single.declared.sheets, Some(1));
    assert_eq!(declared_paths(inbound.path(), &single), [inbound.path().join("P/VB 1.toml")]);
}

#[test]
fn a_form_nobody_knows_is_unsupported_and_a_beginning_is_awaited() {
    let inbound = Inbound::new();
    let path = inbound.put("P/D.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic");
    let start = jiff::Timestamp::try_from(fs::metadata(&path).expect("meta").modified().expect("time")).expect("time");
    let after = |seconds: i64| start + jiff::SignedDuration::from_secs(seconds);
    let mut settler = Settler::new(Duration::from_secs(2), Duration::from_mins(1));
    settler.consider(&inbound.look()[0], after(0));
    assert_eq!(settler.consider(&inbound.look()[0], after(3)), Verdict::Settled);
    assert_eq!(inbound.claim().expect_err("HEIC").code(), "E-INTAKE-04");
    inbound.put("P/D.jpg", &[0; 4096]);
    settler.consider(&inbound.look()[0], after(4));
    assert_eq!(settler.consider(&inbound.look()[0], after(9)), Verdict::Arriving);
    assert!(matches!(settler.consider(&inbound.look()[0], after(90)), Verdict::Hold(HoldReason::Unreadable, _)));
}

/// A scanner's PDF of one page, or one that draws text, by content.
fn pdf(content: &str) -> Vec<u8> {
    let stream =
        |dictionary: &str, data: &str| format!("<<{dictionary}/Length {}>>stream\n{data}\nendstream", data.len());
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595.2 841.92]/Rotate 90>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</Im 5 0 R>>>>>>".to_owned(),
        stream("", content),
        stream(
            "/Subtype/Image/Width 1654/Height 2339/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode",
            "JPEG",
        ),
    ];
    let (mut out, mut table) = (b"%PDF-1.4\n".to_vec(), b"0000000000 65535 f \n".to_vec());
    for (i, object) in objects.iter().enumerate() {
        table.extend(format!("{:010} 00000 n \n", out.len()).bytes());
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", i + 1).bytes());
    }
    let start = out.len();
    out.extend([&b"xref\n0 6\n"[..], &table].concat());
    out.extend(format!("trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").bytes());
    out
}

#[test]
fn a_scanners_pdf_is_assembled_and_any_other_stays() {
    let inbound = Inbound::new();
    inbound.put("P/D.pdf", &pdf("q 595.2 0 0 841.92 0 0 cm /Im Do Q"));
    let scanned = inbound.claim().expect("claimed");
    let page = &scanned.pages[0];
    assert_eq!((scanned.form, page.width_px, page.height_px), (model::Form::Assembled, 2339, 1654));
    assert!((page.dpi_x - 200.0).abs() < 0.2 && page.orientation == 6 && page.dpi_origin == Origin::PageBox);
    assert_eq!(scanned.findings, ["greyscale:1"]);
    inbound.put("P/D.pdf", &pdf("q 595.2 0 0 841.92 0 0 cm /Im Do Q 0 0 9 9 re f"));
    let other = inbound.claim().expect("claimed");
    assert_eq!((other.form, other.pages[0].width_px, other.pages[0].height_px), (model::Form::Original, 2339, 1653));
    inbound.put("P/D.pdf", &pdf("")[..300]);
    let broken = inbound.claim().expect_err("cut off");
    assert_eq!(broken.disposition(), model::Disposition::Hold(HoldReason::Unreadable));
}

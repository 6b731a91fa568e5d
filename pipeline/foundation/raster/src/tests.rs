//! Small PDFs written by the test.

use std::path::PathBuf;

use super::*;

/// A PDF with one page: its dictionary's entries and its content stream.
fn pdf(entries: &str, content: &str, annotations: &[&str]) -> Vec<u8> {
    let listed: Vec<String> = (0..annotations.len()).map(|i| format!("{} 0 R", i + 5)).collect();
    let listed = listed.join(" ");
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!("<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << >> /Annots [{listed}] {entries} >>"),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
    ];
    objects.extend(annotations.iter().map(|one| (*one).to_owned()));
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", i + 1).bytes());
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for offset in offsets {
        out.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    out.extend(format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1).bytes());
    out
}

fn stored(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("x.pdf");
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    std::fs::write(&path, bytes).expect("write");
    (folder, path)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.2
}

/// The box of dark pixels, mm.
fn dark_mm(page: &Pixels, dpi: f64) -> [f64; 4] {
    let at: Vec<(u32, u32)> = (0..page.width * page.height)
        .filter(|i| page.data[*i as usize * 3] < 128)
        .map(|i| (i % page.width, i / page.width))
        .collect();
    let mm = |px: u32| f64::from(px) / dpi * 25.4;
    let (left, top) = (at.iter().map(|p| p.0).min().expect("ink"), at.iter().map(|p| p.1).min().expect("ink"));
    let (right, bottom) = (at.iter().map(|p| p.0).max().expect("ink"), at.iter().map(|p| p.1).max().expect("ink"));
    [mm(left), mm(top), mm(right + 1), mm(bottom + 1)]
}

/// A black box of 72 × 36 pt whose lower left corner stands at 100, 200.
const BLACK: &str = "0 g 100 200 72 36 re f";

#[test]
fn a_plain_page_is_drawn_where_it_says() {
    let (_folder, path) = stored(&pdf("/MediaBox [0 0 595.276 841.89]", BLACK, &[]));
    let document = Document::open(&path, &Limits::default()).expect("open");
    let size = document.page_size_mm(1).expect("size");
    assert!(close(size.width, 210.0) && close(size.height, 297.0));
    let page = document.render(1, 150.0).expect("render");
    assert_eq!((page.width, page.height, page.channels), (1240, 1754, 3));
    let mm = 25.4 / 72.0;
    let wanted = [100.0 * mm, (841.89 - 236.0) * mm, 172.0 * mm, (841.89 - 200.0) * mm];
    assert!(dark_mm(&page, 150.0).iter().zip(wanted).all(|(a, b)| close(*a, b)), "{:?}", dark_mm(&page, 150.0));
    assert_eq!((page_count(&path).expect("count"), document.annotations_mm(1).expect("none")), (1, vec![]));
}

#[test]
fn crop_turn_and_unit_are_those_of_the_displayed_page() {
    // A crop box away from the origin, turned clockwise: what was left is on top. A unit is two points.
    let entries = "/MediaBox [0 0 400 400] /CropBox [50 100 250 400] /Rotate 90 /UserUnit 2";
    let widget = "<< /Type /Annot /Subtype /Widget /Rect [172 236 100 200] /FT /Sig >>";
    let hidden = "<< /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /FT /Sig >>";
    let (_folder, path) = stored(&pdf(entries, BLACK, &[widget, hidden]));
    let document = Document::open(&path, &Limits::default()).expect("open");
    let mm = 2.0 * 25.4 / 72.0;
    let size = document.page_size_mm(1).expect("size");
    assert!(close(size.width, 300.0 * mm) && close(size.height, 200.0 * mm), "{size:?}");
    // Displayed x is the height above the crop box's lower edge, displayed y the distance from its left edge.
    let wanted = [100.0 * mm, 50.0 * mm, 136.0 * mm, 122.0 * mm];
    let drawn = dark_mm(&document.render(1, 100.0).expect("render"), 100.0);
    assert!(drawn.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 0.4), "{drawn:?} {wanted:?}");
    let found = document.annotations_mm(1).expect("annotations");
    assert_eq!(found.len(), 1);
    let edges = [found[0].x, found[0].y, found[0].right(), found[0].bottom()];
    assert!(edges.iter().zip(wanted).all(|(a, b)| close(*a, b)), "{edges:?}");
}

#[test]
fn limits_hold_before_anything_is_drawn() {
    let bytes = pdf("/MediaBox [0 0 14400 14400] /UserUnit 100", BLACK, &[]);
    let (_folder, path) = stored(&bytes);
    let over = |limits: Limits, dpi: f64| {
        let error = render(&path, 1, dpi, &limits).expect_err("over the limit");
        matches!(error, Error::TooLarge { .. })
    };
    assert!(over(Limits::default(), 300.0));
    assert!(over(Limits { bytes: bytes.len() as u64 - 1, ..Limits::default() }, 72.0));
    assert!(over(Limits { pages: 0, ..Limits::default() }, 72.0));
    assert!(over(Limits::default(), f64::NAN) && over(Limits::default(), 0.0));
    assert!(matches!(render(&path, 2, 72.0, &Limits::default()), Err(Error::NoSuchPage { .. })));
    assert!(matches!(render(&path, 0, 72.0, &Limits::default()), Err(Error::NoSuchPage { .. })));
    assert!(matches!(page_count(Path::new("/nonexistent.pdf")), Err(Error::Io { .. })));
}

#[test]
fn damaged_bytes_are_refused_or_drawn_and_never_panic() {
    let widget = "<< /Type /Annot /Subtype /Widget /Rect [100 200 172 236] >>";
    let whole = pdf("/MediaBox [0 0 100 100] /Rotate 270", "1 0 0 rg 10 10 50 50 re f", &[widget]);
    let try_it = |bytes: &[u8]| {
        let (_folder, path) = stored(bytes);
        if let Ok(document) = Document::open(&path, &Limits { pixels: 1_000_000, ..Limits::default() }) {
            drop((document.page_size_mm(1), document.annotations_mm(1), document.render(1, 36.0)));
        }
    };
    (0..whole.len()).step_by(7).for_each(|end| try_it(&whole[..end]));
    for at in (0..whole.len()).step_by(3) {
        let mut broken = whole.clone();
        broken[at] ^= 0x15;
        try_it(&broken);
    }
    let (_folder, path) = stored(b"not a PDF at all");
    assert!(matches!(page_count(&path), Err(Error::Damaged { .. })));
}

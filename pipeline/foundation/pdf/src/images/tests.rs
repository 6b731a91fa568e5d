#![expect(clippy::disallowed_methods, reason = "tests write their samples")]

use super::*;

/// A PDF of numbered objects with a plain cross-reference table; object 1 is the catalog.
fn pdf(objects: &[&[u8]]) -> (tempfile::TempDir, std::path::PathBuf) {
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend(format!("{} 0 obj\n", i + 1).bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for offset in offsets {
        out.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    out.extend(format!("trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1).bytes());
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("scan.pdf");
    std::fs::write(&path, out).expect("written");
    (dir, path)
}

fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut out = format!("<<{dictionary}/Length {}>>stream\n", data.len()).into_bytes();
    out.extend_from_slice(data);
    out.extend_from_slice(b"\nendstream");
    out
}

fn one_page(catalog: &str, page: &str, content: &[u8], image: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let catalog = format!("<</Type/Catalog/Pages 2 0 R{catalog}>>");
    let page = format!("<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</Im 5 0 R>>>>{page}>>");
    let content = stream("", content);
    pdf(&[
        catalog.as_bytes(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]/Rotate 90>>",
        page.as_bytes(),
        &content,
        image,
    ])
}

const DRAW: &[u8] = b"q 595 0 0 842 0 0 cm /Im Do Q";

#[test]
fn a_scanners_page_gives_its_stream() {
    let jpeg = stream(
        "/Type/XObject/Subtype/Image/Width 4/Height 6/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/DCTDecode",
        b"JPEGDATA",
    );
    let (_dir, path) = one_page("", "", DRAW, &jpeg);
    let pages = page_images(&path).expect("read").expect("a scanner's");
    let page = &pages[0];
    assert_eq!((page.width, page.height, page.bits, page.page.rotate), (4, 6, 8, 90));
    assert_eq!(page.color, ImageColor::Rgb);
    let bytes = std::fs::read(&path).expect("read");
    assert_eq!(&bytes[page.offset as usize..][..page.len as usize], b"JPEGDATA");
    let size = page_boxes(&path).expect("read")[0].displayed();
    assert!((size.width - 297.04).abs() < 0.1 && (size.height - 209.9).abs() < 0.1, "{size:?}");
}

#[test]
fn anything_more_than_a_scan_stays_as_it_is() {
    let jpeg =
        stream("/Subtype/Image/Width 4/Height 6/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/DCTDecode", b"JPEGDATA");
    let cases: [(&str, &str, &[u8]); 5] = [
        ("/AcroForm<</Fields[]>>", "", DRAW),
        ("", "/Annots[<</Type/Annot>>]", DRAW),
        ("", "", b"q 300 0 0 842 0 0 cm /Im Do Q"),
        ("", "", b"q 595 0 0 842 0 0 cm /Im Do Q BT /F 9 Tf (x) Tj ET"),
        ("", "", b""),
    ];
    for (catalog, page, content) in cases {
        let (_dir, path) = one_page(catalog, page, content, &jpeg);
        assert_eq!(page_images(&path).expect("read"), None, "{catalog} {page}");
    }
    for image in ["/Filter/JPXDecode", "/Filter/LZWDecode", "/Filter/DCTDecode/SMask 5 0 R"] {
        let image =
            stream(&format!("/Subtype/Image/Width 4/Height 6/BitsPerComponent 8/ColorSpace/DeviceRGB{image}"), b"x");
        let (_dir, path) = one_page("", "", DRAW, &image);
        assert_eq!(page_images(&path).expect("read"), None);
    }
}

/// A JBIG2 segment header and its data.
fn segment(number: u32, kind: u8, data: &[u8]) -> Vec<u8> {
    let mut out = number.to_be_bytes().to_vec();
    out.extend([kind, 0, 1]);
    out.extend((data.len() as u32).to_be_bytes());
    out.extend_from_slice(data);
    out
}

#[test]
fn symbol_coding_is_refused_and_generic_regions_pass() {
    let image = |data: &[u8]| stream("/Subtype/Image/ImageMask true/Width 4/Height 6/Filter/JBIG2Decode", data);
    let generic: Vec<u8> = [segment(0, 48, &[0; 19]), segment(1, 38, &[1; 30])].concat();
    let (_dir, path) = one_page("", "", DRAW, &image(&generic));
    assert_eq!(page_images(&path).expect("read").expect("a scanner's")[0].bits, 1);
    let symbols: Vec<u8> = [segment(0, 48, &[0; 19]), segment(1, 0, &[1; 30]), segment(2, 6, &[1; 30])].concat();
    let (_dir, path) = one_page("", "", DRAW, &image(&symbols));
    assert_eq!(page_images(&path).expect_err("symbols").code(), "E-PDF-09");
}

#[test]
fn any_prefix_and_any_flipped_byte_returns() {
    let palette = "/Subtype/Image/Width 4/Height 6/BitsPerComponent 8/ColorSpace[/Indexed/DeviceRGB 1<000000ffffff>]/Filter[/FlateDecode]/DecodeParms[<</Predictor 15>>]";
    let (_dir, path) = one_page("", "", DRAW, &stream(palette, b"ZLIB"));
    assert!(matches!(page_images(&path).expect("read").expect("a scanner's")[0].color, ImageColor::Indexed { .. }));
    let whole = std::fs::read(&path).expect("read");
    for cut in 0..whole.len() {
        std::fs::write(&path, &whole[..cut]).expect("written");
        drop(page_images(&path));
    }
    for at in 0..whole.len() {
        for mask in [0x01, 0xff] {
            let mut bad = whole.clone();
            bad[at] ^= mask;
            std::fs::write(&path, &bad).expect("written");
            drop(page_images(&path));
            drop(page_boxes(&path));
        }
    }
}

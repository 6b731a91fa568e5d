//! PDFs that are encrypted, damaged, of doubtful form, or unpack to far more than they are.

use std::fmt::Write as _;

use super::{
    Hostile,
    images::{HEIGHT, WIDTH, cut, page, zlib_bomb},
};
use crate::papers::{
    Error,
    encode::pdf::{ScannedPage, scanned},
};

/// Objects of the file with many.
const MANY: usize = 50_000;

/// A scanner's PDF of one page.
pub(super) fn sound(seed: u64) -> Result<Vec<u8>, Error> {
    let jpeg = page(seed)?;
    Ok(scanned(&[ScannedPage { jpeg: &jpeg, size: (827, 1169), grey: true, dpi: 100.0, rotate: 0 }]))
}

pub(super) fn all() -> Result<Vec<Hostile>, Error> {
    let mut garbled = sound(402)?;
    let table = find(&garbled, b"xref\n0 ");
    garbled[table + 7..table + 60].fill(b'?');
    let mut moved = sound(403)?;
    let trailer = find(&moved, b"startxref\n") + 10;
    moved.truncate(trailer);
    moved.extend(b"99999999\n%%EOF\n");
    Ok(vec![
        Hostile::file("PDF cut off", "cut.pdf", cut(sound(401)?)),
        Hostile::file("PDF with a garbled cross-reference", "garbled.pdf", garbled),
        Hostile::file("PDF whose startxref leads nowhere", "moved.pdf", moved),
        Hostile::file("PDF encrypted", "encrypted.pdf", encrypted(&sound(404)?)),
        Hostile::file("PDF with a hybrid cross-reference", "hybrid.pdf", hybrid(&sound(405)?)),
        Hostile::file("PDF whose /Prev loops", "prev.pdf", looping(&sound(406)?)),
        Hostile::file("PDF whose page tree loops", "tree.pdf", {
            plain(&["/Type /Catalog /Pages 2 0 R", "/Type /Pages /Kids [2 0 R] /Count 1"], &[])
        }),
        Hostile::file("PDF without a page", "empty.pdf", {
            plain(&["/Type /Catalog /Pages 2 0 R", "/Type /Pages /Kids [] /Count 0"], &[])
        }),
        Hostile::file("PDF of 50,000 objects", "many.pdf", many()),
        Hostile::file("PDF bomb in its content (flate)", "content-bomb.pdf", content_bomb()),
        Hostile::file("PDF bomb in its image (flate)", "image-bomb.pdf", image_bomb()),
        Hostile::file("PDF image of 40,000 × 40,000", "huge-image.pdf", huge_image()),
        Hostile::file("PDF page of 20 × 20 km", "huge-page.pdf", huge_page()),
    ])
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).rposition(|window| window == what).unwrap_or(0)
}

/// Entries added to the trailer.
fn with_trailer(pdf: &[u8], entries: &str) -> Vec<u8> {
    let at = find(pdf, b"trailer\n<< ") + 11;
    [pdf.get(..at).unwrap_or_default(), entries.as_bytes(), pdf.get(at..).unwrap_or_default()].concat()
}

/// Encrypted as the trailer says it; what it says is never needed to refuse it.
fn encrypted(pdf: &[u8]) -> Vec<u8> {
    let word = "00".repeat(32);
    with_trailer(
        pdf,
        &format!(
            "/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <{word}> /U <{word}> >> /ID [<00> <00>] "
        ),
    )
}

fn hybrid(pdf: &[u8]) -> Vec<u8> {
    with_trailer(pdf, "/XRefStm 15 ")
}

fn looping(pdf: &[u8]) -> Vec<u8> {
    with_trailer(pdf, &format!("/Prev {} ", find(pdf, b"xref\n0 ")))
}

/// A file of plain dictionaries; streams stand behind them.
fn plain(dictionaries: &[&str], streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = Vec::new();
    for dictionary in dictionaries {
        offsets.push(out.len());
        out.extend(format!("{} 0 obj\n<< {dictionary} >>\nendobj\n", offsets.len()).bytes());
    }
    for (dictionary, bytes) in streams {
        offsets.push(out.len());
        let head = format!("{} 0 obj\n<< {dictionary} /Length {} >>\nstream\n", offsets.len(), bytes.len());
        out.extend(head.bytes());
        out.extend_from_slice(bytes);
        out.extend(b"\nendstream\nendobj\n");
    }
    let start = out.len();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1);
    for offset in &offsets {
        let _infallible = writeln!(table, "{offset:010} 00000 n ");
    }
    let _infallible =
        write!(table, "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", offsets.len() + 1);
    out.extend(table.bytes());
    out
}

const CATALOG: &str = "/Type /Catalog /Pages 2 0 R";
const PAGES: &str = "/Type /Pages /Kids [3 0 R] /Count 1";
const A4: &str = "/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]";

/// One blank page, and tens of thousands of dictionaries nobody asks for.
fn many() -> Vec<u8> {
    let filler: Vec<String> = (0..MANY).map(|n| format!("/N {n}")).collect();
    let mut dictionaries = vec![CATALOG, PAGES, A4];
    dictionaries.extend(filler.iter().map(String::as_str));
    plain(&dictionaries, &[])
}

fn content_bomb() -> Vec<u8> {
    let page = format!("{A4} /Contents 4 0 R");
    plain(&[CATALOG, PAGES, &page], &[("/Filter /FlateDecode", &zlib_bomb())])
}

fn image_bomb() -> Vec<u8> {
    image(WIDTH, HEIGHT, &zlib_bomb())
}

fn huge_image() -> Vec<u8> {
    image(40_000, 40_000, &zlib_bomb())
}

/// A page that is one flate-coded image.
fn image(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    let page = format!("{A4} /Contents 4 0 R /Resources << /XObject << /Im0 5 0 R >> >>");
    let dictionary = format!(
        "/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray /BitsPerComponent 8 \
         /Filter /FlateDecode"
    );
    plain(&[CATALOG, PAGES, &page], &[("", b"q 595 0 0 842 0 0 cm /Im0 Do Q"), (&dictionary, data)])
}

fn huge_page() -> Vec<u8> {
    plain(&[CATALOG, PAGES, "/Type /Page /Parent 2 0 R /MediaBox [0 0 56692913 56692913]"], &[])
}

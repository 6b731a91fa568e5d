//! PDFs: a scanner's (each page exactly one JPEG), and one made from text, never scanned.

use std::{collections::BTreeMap, fmt::Write as _, io::Write as _};

use flate2::{Compression as Level, write::ZlibEncoder};
use skrifa::{
    GlyphId, MetadataProvider as _,
    instance::{LocationRef, Size},
};

use crate::papers::{
    error::Error,
    fonts::{Face, Fonts},
    layout::{Layout, MM_PER_PT, PAGE_MM},
};

/// A JPEG that is a page.
#[derive(Debug, Clone, Copy)]
pub struct ScannedPage<'a> {
    /// The JPEG file.
    pub jpeg: &'a [u8],
    /// Pixels across and down.
    pub size: (usize, usize),
    /// Grey instead of colour.
    pub grey: bool,
    /// Dots per inch.
    pub dpi: f64,
    /// `/Rotate`.
    pub rotate: u32,
}

/// Objects with their offsets.
struct Writer {
    out: Vec<u8>,
    offsets: Vec<usize>,
}

impl Writer {
    fn new() -> Self {
        Self { out: b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec(), offsets: Vec::new() }
    }

    /// Writes the next object; its number is the answer.
    fn object(&mut self, dictionary: &str, stream: Option<&[u8]>) -> usize {
        self.offsets.push(self.out.len());
        let number = self.offsets.len();
        self.out.extend(format!("{number} 0 obj\n").bytes());
        match stream {
            Some(bytes) => {
                self.out.extend(format!("<< {dictionary} /Length {} >>\nstream\n", bytes.len()).bytes());
                self.out.extend_from_slice(bytes);
                self.out.extend(b"\nendstream");
            }
            None => self.out.extend(format!("<< {dictionary} >>").bytes()),
        }
        self.out.extend(b"\nendobj\n");
        number
    }

    fn finish(mut self, root: usize, info: usize) -> Vec<u8> {
        let start = self.out.len();
        let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", self.offsets.len() + 1);
        for offset in &self.offsets {
            let _infallible = writeln!(table, "{offset:010} 00000 n ");
        }
        let _infallible = write!(
            table,
            "trailer\n<< /Size {} /Root {root} 0 R /Info {info} 0 R >>\nstartxref\n{start}\n%%EOF\n",
            self.offsets.len() + 1
        );
        self.out.extend(table.bytes());
        self.out
    }
}

/// A scanner's PDF.
pub fn scanned(pages: &[ScannedPage<'_>]) -> Vec<u8> {
    let mut writer = Writer::new();
    // Three objects a page: image, content, page; the tree comes right after them.
    let tree = pages.len() * 3 + 1;
    let mut kids = String::new();
    for page in pages {
        let (width, height) = page.size;
        let colours = if page.grey { "/DeviceGray" } else { "/DeviceRGB" };
        let image = writer.object(
            &format!("/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace {colours} /BitsPerComponent 8 /Filter /DCTDecode"),
            Some(page.jpeg),
        );
        let (w, h) = (width as f64 * 72.0 / page.dpi, height as f64 * 72.0 / page.dpi);
        let content = writer.object("", Some(format!("q {w:.3} 0 0 {h:.3} 0 0 cm /Im0 Do Q").as_bytes()));
        let number = writer.object(
            &format!(
                "/Type /Page /Parent {tree} 0 R /MediaBox [0 0 {w:.3} {h:.3}] /Rotate {} /Contents {content} 0 R /Resources << /XObject << /Im0 {image} 0 R >> >>",
                page.rotate
            ),
            None,
        );
        let _infallible = write!(kids, "{number} 0 R ");
    }
    writer.object(&format!("/Type /Pages /Kids [{kids}] /Count {}", pages.len()), None);
    let root = writer.object(&format!("/Type /Catalog /Pages {tree} 0 R"), None);
    let info = writer.object("/Producer (Office scanner)", None);
    writer.finish(root, info)
}

/// A PDF made from text, and what an incremental update of it needs to know.
#[derive(Debug, Clone)]
pub struct Born {
    /// The file.
    pub bytes: Vec<u8>,
    /// Objects in it: the next number is one more.
    pub objects: usize,
    /// Number and dictionary entries of page one.
    pub first_page: (usize, String),
    /// Number and dictionary entries of the catalog.
    pub catalog: (usize, String),
    /// Number of the Info dictionary.
    pub info: usize,
}

/// A PDF made from text, its fonts embedded: born digital.
pub fn born(layout: &Layout, fonts: &Fonts) -> Result<Born, Error> {
    let mut writer = Writer::new();
    let mut faces: BTreeMap<Face, usize> = BTreeMap::new();
    for run in layout.pages.iter().flat_map(|page| &page.runs) {
        if let std::collections::btree_map::Entry::Vacant(slot) = faces.entry(run.face) {
            slot.insert(embed(&mut writer, fonts, run.face)?);
        }
    }
    let mut names = String::new();
    for (face, number) in &faces {
        let _infallible = write!(names, "/F{} {number} 0 R ", *face as u8);
    }
    let tree = writer.offsets.len() + layout.pages.len() * 2 + 1;
    let mut pages: Vec<(usize, String)> = Vec::new();
    for page in &layout.pages {
        let content = writer.object("", Some(content(page, fonts).as_bytes()));
        let (w, h) = (PAGE_MM.0 / MM_PER_PT, PAGE_MM.1 / MM_PER_PT);
        let entries = format!(
            "/Type /Page /Parent {tree} 0 R /MediaBox [0 0 {w:.3} {h:.3}] /Contents {content} 0 R /Resources << /Font << {names}>> >>"
        );
        pages.push((writer.object(&entries, None), entries));
    }
    let kids: Vec<String> = pages.iter().map(|(number, _)| format!("{number} 0 R")).collect();
    writer.object(&format!("/Type /Pages /Kids [{}] /Count {}", kids.join(" "), pages.len()), None);
    let entries = format!("/Type /Catalog /Pages {tree} 0 R");
    let root = writer.object(&entries, None);
    let info = writer.object("/Producer (Office word processor)", None);
    let first_page = pages.swap_remove(0);
    Ok(Born { objects: info, first_page, catalog: (root, entries), info, bytes: writer.finish(root, info) })
}

fn content(page: &crate::papers::layout::Page, fonts: &Fonts) -> String {
    let mut out = String::new();
    let (point_x, point_y) = (|mm: f64| mm / MM_PER_PT, |mm: f64| (PAGE_MM.1 - mm) / MM_PER_PT);
    for run in &page.runs {
        // Word spacing does not act on two-byte codes: each word is placed by itself.
        let mut x = run.x;
        for word in run.text.split_inclusive(' ') {
            let glyphs = word.chars().fold(String::new(), |mut codes, letter| {
                let _infallible = write!(codes, "{:04X}", fonts.glyph(run.face, letter));
                codes
            });
            let _infallible = writeln!(
                out,
                "BT /F{} {} Tf {:.3} {:.3} Td <{glyphs}> Tj ET",
                run.face as u8,
                run.size_pt,
                point_x(x),
                point_y(run.y)
            );
            x += fonts.width(run.face, run.size_pt, word) * MM_PER_PT + if word.ends_with(' ') { run.gap } else { 0.0 };
        }
    }
    for rule in &page.rules {
        let (from, to) = (rule.from, rule.to);
        let _infallible = writeln!(
            out,
            "{:.3} w {:.3} {:.3} m {:.3} {:.3} l S",
            rule.thickness / MM_PER_PT,
            point_x(from.0),
            point_y(from.1),
            point_x(to.0),
            point_y(to.1)
        );
    }
    out
}

/// Embeds a face whole as a two-byte font; the answer is the font object.
fn embed(writer: &mut Writer, fonts: &Fonts, face: Face) -> Result<usize, Error> {
    let font = fonts.font(face);
    let path = fonts.path(face);
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let packed = deflated(&bytes)?;
    let file = writer.object(&format!("/Filter /FlateDecode /Length1 {}", bytes.len()), Some(&packed));
    let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let measures = font.metrics(Size::new(1000.0), LocationRef::default());
    let advances = font.glyph_metrics(Size::new(1000.0), LocationRef::default());
    let descriptor = writer.object(
        &format!(
            "/Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [-200 -300 1200 1000] /ItalicAngle 0 /Ascent {} /Descent {} /CapHeight 660 /StemV 80 /FontFile2 {file} 0 R",
            measures.ascent.round(),
            measures.descent.round()
        ),
        None,
    );
    let mut letters: BTreeMap<u16, char> = BTreeMap::new();
    for letter in (' '..'\u{2100}').filter(|&letter| fonts.glyph(face, letter) != 0) {
        letters.entry(fonts.glyph(face, letter)).or_insert(letter);
    }
    let mut widths = String::new();
    let mut unicode = String::new();
    for (glyph, letter) in &letters {
        let advance = advances.advance_width(GlyphId::from(*glyph)).unwrap_or(0.0);
        let _infallible = write!(widths, "{glyph} [{}] ", advance.round());
        let _infallible = writeln!(unicode, "1 beginbfchar <{glyph:04X}> <{:04X}> endbfchar", *letter as u32);
    }
    let map = format!(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def /CMapType 2 def\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n{unicode}endcmap end end"
    );
    let map = writer.object("/Filter /FlateDecode", Some(&deflated(map.as_bytes())?));
    let descendant = writer.object(
        &format!(
            "/Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor {descriptor} 0 R /CIDToGIDMap /Identity /DW 500 /W [{widths}]"
        ),
        None,
    );
    Ok(writer.object(
        &format!("/Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H /DescendantFonts [{descendant} 0 R] /ToUnicode {map} 0 R"),
        None,
    ))
}

fn deflated(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let fail = |source: std::io::Error| Error::Encode { form: "PDF", detail: source.to_string() };
    let mut encoder = ZlibEncoder::new(Vec::new(), Level::fast());
    encoder.write_all(bytes).map_err(fail)?;
    encoder.finish().map_err(fail)
}

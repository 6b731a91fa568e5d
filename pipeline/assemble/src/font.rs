//! The font of the hidden text: it has no shapes, only widths, and code and character are the same.
//!
//! Every code maps to glyph 1, because glyph 0 (`.notdef`) is refused in every rendering mode (ISO 19005-2 §6.2.11.8).

use crate::{
    Error,
    writer::{Pdf, Reserved, push},
};

/// Units of the em, width of every glyph, and its reach above and below the baseline.
const EM: u16 = 1000;
pub(crate) const WIDTH: u16 = 500;
pub(crate) const ASCENT: i16 = 780;
pub(crate) const DESCENT: i16 = -220;
/// Glyphs: 0 and 1.
const GLYPHS: u16 = 2;
const NAME: &str = "MOCBAN+Hidden";

/// Whether a code may be shown: ISO 19005-2 §6.2.11.7.2 forbids these values, surrogates are no characters.
pub(crate) fn has(code: u16) -> bool {
    !matches!(code, 0 | 0xfeff | 0xfffe | 0xffff | 0xd800..=0xdfff)
}

/// Writes the font's objects; returns the composite font.
pub(crate) fn write(pdf: &mut Pdf<'_>) -> Result<Reserved, Error> {
    let program = program();
    let file = pdf.flate_stream(&format!("/Length1 {}", program.len()), &program)?;
    let to_unicode = pdf.flate_stream("", to_unicode().as_bytes())?;
    let map: Vec<u8> = std::iter::repeat_n([0, 1], 1 << 16).flatten().collect();
    let map = pdf.flate_stream("", &map)?;
    let descriptor = pdf.reserve();
    pdf.object(
        descriptor,
        &format!(
            "<</Type/FontDescriptor/FontName/{NAME}/Flags 4/FontBBox[0 {DESCENT} {WIDTH} {ASCENT}]/ItalicAngle 0\
             /Ascent {ASCENT}/Descent {DESCENT}/CapHeight {ASCENT}/StemV 80/FontFile2 {file}>>"
        ),
    )?;
    let descendant = pdf.reserve();
    pdf.object(
        descendant,
        &format!(
            "<</Type/Font/Subtype/CIDFontType2/BaseFont/{NAME}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>\
             /FontDescriptor {descriptor}/DW {WIDTH}/CIDToGIDMap {map}>>"
        ),
    )?;
    let font = pdf.reserve();
    pdf.object(
        font,
        &format!(
            "<</Type/Font/Subtype/Type0/BaseFont/{NAME}/Encoding/Identity-H/DescendantFonts[{descendant}]/ToUnicode {to_unicode}>>"
        ),
    )?;
    Ok(font)
}

/// Code and character are the same; a range may not cross its low byte (Adobe Technical Note 5014).
fn to_unicode() -> String {
    let mut ranges = Vec::new();
    for high in 0..=0xff_u16 {
        let mut start = None;
        for code in (high << 8)..=(high << 8 | 0xff) {
            match (has(code), start) {
                (true, None) => start = Some(code),
                (false, Some(first)) => {
                    ranges.push((first, code - 1));
                    start = None;
                }
                (true, Some(_)) | (false, None) => {}
            }
        }
        ranges.extend(start.map(|first| (first, high << 8 | 0xff)));
    }
    let mut out = String::from(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
         /CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n\
         /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
         1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n",
    );
    for block in ranges.chunks(100) {
        push(&mut out, format_args!("{} beginbfrange\n", block.len()));
        for (first, last) in block {
            push(&mut out, format_args!("<{first:04X}> <{last:04X}> <{first:04X}>\n"));
        }
        out.push_str("endbfrange\n");
    }
    out.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    out
}

/// A TrueType font of two empty glyphs (OpenType 1.9, required tables of `CIDFontType2`).
fn program() -> Vec<u8> {
    let tables: [(&[u8; 4], Vec<u8>); 9] = [
        (b"cmap", cmap()),
        (b"glyf", vec![0; 4]),
        (b"head", head()),
        (b"hhea", hhea()),
        (b"hmtx", [WIDTH.to_be_bytes(), [0; 2], [0; 2]].concat()), // one width, then the bearing of glyph 1
        (b"loca", vec![0; 2 * (usize::from(GLYPHS) + 1)]),
        (b"maxp", maxp()),
        (b"name", vec![0, 0, 0, 0, 0, 6]),
        (b"post", post()),
    ];
    let count = tables.len() as u16;
    let mut out = vec![0, 1, 0, 0];
    out.extend(
        [count.to_be_bytes(), 128_u16.to_be_bytes(), 3_u16.to_be_bytes(), (count * 16 - 128).to_be_bytes()].concat(),
    );
    let mut offset = 12 + 16 * tables.len();
    let mut body = Vec::new();
    for (tag, data) in &tables {
        out.extend_from_slice(*tag);
        out.extend(checksum(data).to_be_bytes());
        out.extend((offset as u32).to_be_bytes());
        out.extend((data.len() as u32).to_be_bytes());
        body.extend_from_slice(data);
        body.resize(body.len().next_multiple_of(4), 0);
        offset = 12 + 16 * tables.len() + body.len();
    }
    out.extend(body);
    // `checkSumAdjustment` of head makes the whole font sum to the fixed number.
    let adjustment = 0xb1b0_afba_u32.wrapping_sub(checksum(&out));
    let head = out.windows(4).position(|tag| tag == b"head").and_then(|at| out.get(at + 8..at + 12)?.try_into().ok());
    if let Some(at) = head.map(u32::from_be_bytes) {
        let at = at as usize + 8;
        if let Some(field) = out.get_mut(at..at + 4) {
            field.copy_from_slice(&adjustment.to_be_bytes());
        }
    }
    out
}

fn checksum(data: &[u8]) -> u32 {
    data.chunks(4).fold(0, |sum: u32, chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        sum.wrapping_add(u32::from_be_bytes(word))
    })
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

/// A symbolic cmap that knows no character: codes reach glyphs through the PDF's own map.
fn cmap() -> Vec<u8> {
    let subtable = words(&[4, 24, 0, 2, 2, 0, 0, 0xffff, 0, 0xffff, 1, 0]);
    [words(&[0, 1, 3, 0, 0, 12]), subtable].concat()
}

fn head() -> Vec<u8> {
    let mut out = words(&[1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 3, EM]);
    out.extend([0; 16]); // created, modified
    out.extend(words(&[0, DESCENT as u16, WIDTH, ASCENT as u16, 0, 8, 2, 0, 0]));
    out
}

fn hhea() -> Vec<u8> {
    words(&[1, 0, ASCENT as u16, DESCENT as u16, 0, WIDTH, 0, 0, WIDTH, 1, 0, 0, 0, 0, 0, 0, 0, 1])
}

fn maxp() -> Vec<u8> {
    words(&[1, 0, GLYPHS, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
}

fn post() -> Vec<u8> {
    let mut out = words(&[3, 0, 0, 0, 0, 0, 0, 1]); // version 3: no glyph names; fixed pitch
    out.extend([0; 16]);
    out
}

#[cfg(test)]
mod tests {
    use skrifa::raw::TableProvider as _;

    use super::*;

    #[test]
    fn the_program_is_a_font_of_two_glyphs_of_one_width() {
        let program = program();
        let face = skrifa::FontRef::new(&program).expect("a font");
        assert_eq!(face.maxp().expect("maxp").num_glyphs(), 2);
        assert_eq!(face.head().expect("head").units_per_em(), EM);
        assert_eq!(face.hmtx().expect("hmtx").advance(skrifa::GlyphId::new(1)), Some(WIDTH));
        let lines = face.hhea().expect("hhea");
        assert_eq!((lines.ascender().to_i16(), lines.descender().to_i16()), (ASCENT, DESCENT));
        assert_eq!(checksum(&program), 0xb1b0_afba);
    }

    #[test]
    fn forbidden_characters_have_no_code() {
        let map = to_unicode();
        assert!(map.contains("<0001> <00FF> <0001>") && map.contains("<1E00> <1EFF> <1E00>"));
        for line in map.lines().filter(|line| line.starts_with('<')).skip(1) {
            let codes: Vec<u16> = line
                .split_whitespace()
                .map(|code| u16::from_str_radix(code.trim_matches(['<', '>']), 16).expect("a code"))
                .collect();
            assert!((codes[0]..=codes[1]).all(has), "{line}");
        }
    }
}

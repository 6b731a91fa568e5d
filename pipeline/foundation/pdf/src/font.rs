//! Embeds a subset of a TrueType font, with the widths that the subset itself states.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use ring::digest;
use subsetter::GlyphRemapper;
use ttf_parser::Face;
use unicode_normalization::UnicodeNormalization as _;

use crate::{
    Error,
    object::{Dictionary, Object, Reference},
    revision::Revision,
};

/// A font file in memory.
#[derive(Debug, Clone)]
pub struct Font {
    path: PathBuf,
    data: Vec<u8>,
}

/// The glyphs of one mark, ready to embed.
#[derive(Debug, Clone)]
pub struct Subset {
    path: PathBuf,
    name: String,
    program: Vec<u8>,
    /// Character → glyph of the subset.
    glyphs: BTreeMap<char, u16>,
    /// Advance of each glyph of the subset, in thousandths of the size.
    widths: Vec<f64>,
    metrics: Metrics,
}

/// Measures of a face in thousandths of the size.
#[derive(Debug, Clone, Copy)]
struct Metrics {
    ascent: f64,
    descent: f64,
    cap_height: f64,
    italic_angle: f64,
    bounds: [f64; 4],
}

impl Font {
    /// Reads a font file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let data = fs::read(path).map_err(|error| Error::Font { path: path.to_owned(), detail: error.to_string() })?;
        let font = Self { path: path.to_owned(), data };
        font.face()?;
        Ok(font)
    }

    /// SHA-256 of the font file, for the record.
    pub fn sha256(&self) -> model::Sha256 {
        model::Sha256::of(&self.data)
    }

    fn face(&self) -> Result<Face<'_>, Error> {
        Face::parse(&self.data, 0)
            .map_err(|error| Error::Font { path: self.path.clone(), detail: error.to_string() })
            .and_then(|face| {
                let true_type = face.tables().glyf.is_some();
                if true_type { Ok(face) } else { Err(self.unusable("it has no TrueType outlines")) }
            })
    }

    fn unusable(&self, detail: &str) -> Error {
        Error::Font { path: self.path.clone(), detail: detail.to_owned() }
    }

    /// Width of a text (normalised to NFC) at size 1.
    ///
    /// # Errors
    /// [`Error::MissingGlyph`]: nothing is ever printed with a gap.
    pub fn width(&self, text: &str) -> Result<f64, Error> {
        let face = self.face()?;
        let mut width = 0.0;
        for character in text.nfc() {
            let glyph = self.glyph(&face, character)?;
            width += f64::from(face.glyph_hor_advance(glyph).unwrap_or(0));
        }
        Ok(width / f64::from(face.units_per_em()))
    }

    fn glyph(&self, face: &Face<'_>, character: char) -> Result<ttf_parser::GlyphId, Error> {
        face.glyph_index(character)
            .filter(|glyph| glyph.0 != 0)
            .ok_or_else(|| Error::MissingGlyph { path: self.path.clone(), character })
    }

    /// Cuts the font down to the characters of some texts (normalised to NFC).
    pub fn subset<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Result<Subset, Error> {
        let face = self.face()?;
        let characters: BTreeSet<char> = texts.into_iter().flat_map(|text| text.nfc().collect::<Vec<_>>()).collect();
        let mut remapper = GlyphRemapper::new();
        let mut glyphs = BTreeMap::new();
        for character in characters {
            let glyph = self.glyph(&face, character)?;
            glyphs.insert(character, remapper.remap(glyph.0));
        }
        let program = subsetter::subset(&self.data, 0, &remapper).map_err(|error| self.unusable(&error.to_string()))?;
        let widths = own_widths(&program).ok_or_else(|| self.unusable("its subset has no widths"))?;
        Ok(Subset {
            path: self.path.clone(),
            name: subset_name(&face, &program),
            program,
            glyphs,
            widths,
            metrics: metrics(&face),
        })
    }
}

/// Advances as the subset's own `hmtx` states them: /W must equal these (ISO 19005-2 §6.2.11.5).
fn own_widths(program: &[u8]) -> Option<Vec<f64>> {
    let raw = ttf_parser::RawFace::parse(program, 0).ok()?;
    let table = |tag: &[u8; 4]| raw.table(ttf_parser::Tag::from_bytes(tag));
    let units = ttf_parser::head::Table::parse(table(b"head")?)?.units_per_em;
    let count = ttf_parser::maxp::Table::parse(table(b"maxp")?)?.number_of_glyphs;
    let metrics = ttf_parser::hhea::Table::parse(table(b"hhea")?)?.number_of_metrics;
    let hmtx = ttf_parser::hmtx::Table::parse(metrics, count, table(b"hmtx")?)?;
    (0..count.get())
        .map(|glyph| Some(f64::from(hmtx.advance(ttf_parser::GlyphId(glyph))?) * 1000.0 / f64::from(units)))
        .collect()
}

/// Six letters drawn from the subset's digest, then the font's own name.
fn subset_name(face: &Face<'_>, program: &[u8]) -> String {
    let tag: String = digest::digest(&digest::SHA256, program)
        .as_ref()
        .iter()
        .take(6)
        .map(|byte| char::from(b'A' + byte % 26))
        .collect();
    let own = face
        .names()
        .into_iter()
        .find(|name| name.name_id == ttf_parser::name_id::POST_SCRIPT_NAME && name.is_unicode())
        .and_then(|name| name.to_string())
        .map(|name| name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(60).collect::<String>())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "Font".to_owned());
    format!("{tag}+{own}")
}

fn metrics(face: &Face<'_>) -> Metrics {
    let scale = 1000.0 / f64::from(face.units_per_em());
    let bounds = face.global_bounding_box();
    Metrics {
        ascent: f64::from(face.ascender()) * scale,
        descent: f64::from(face.descender()) * scale,
        cap_height: f64::from(face.capital_height().unwrap_or_else(|| face.ascender())) * scale,
        italic_angle: f64::from(face.italic_angle()),
        bounds: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|value| f64::from(value) * scale),
    }
}

impl Subset {
    /// A text as the two-byte codes of this subset (Identity-H), normalised to NFC.
    pub fn encode(&self, text: &str) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        for character in text.nfc() {
            let glyph = self
                .glyphs
                .get(&character)
                .ok_or_else(|| Error::MissingGlyph { path: self.path.clone(), character })?;
            out.extend_from_slice(&glyph.to_be_bytes());
        }
        Ok(out)
    }

    /// Writes the font's objects; gives the reference of the Type 0 font.
    pub fn write(&self, revision: &mut Revision) -> Reference {
        let program =
            revision.add_deflated(&Dictionary::new().with("Length1", self.program.len() as i64), &self.program);
        let Metrics { ascent, descent, cap_height, italic_angle, bounds } = self.metrics;
        let descriptor = Dictionary::new()
            .with("Type", Object::name("FontDescriptor"))
            .with("FontName", Object::name(&self.name))
            .with("Flags", 4_i64) // symbolic: its own glyph order
            .with("FontBBox", Object::numbers(&bounds))
            .with("ItalicAngle", Object::number(italic_angle))
            .with("Ascent", Object::number(ascent))
            .with("Descent", Object::number(descent))
            .with("CapHeight", Object::number(cap_height))
            .with("StemV", 80_i64)
            .with("FontFile2", program);
        let descriptor = revision.add(&descriptor.into());
        let widths: Vec<Object> = self.widths.iter().map(|width| Object::number(*width)).collect();
        let system = Dictionary::new()
            .with("Registry", Object::text("Adobe"))
            .with("Ordering", Object::text("Identity"))
            .with("Supplement", 0_i64);
        let descendant = Dictionary::new()
            .with("Type", Object::name("Font"))
            .with("Subtype", Object::name("CIDFontType2"))
            .with("BaseFont", Object::name(&self.name))
            .with("CIDSystemInfo", system)
            .with("CIDToGIDMap", Object::name("Identity"))
            .with("DW", 0_i64)
            .with("W", vec![Object::Integer(0), Object::Array(widths)])
            .with("FontDescriptor", descriptor);
        let descendant = revision.add(&descendant.into());
        let to_unicode = revision.add_deflated(&Dictionary::new(), self.to_unicode().as_bytes());
        let font = Dictionary::new()
            .with("Type", Object::name("Font"))
            .with("Subtype", Object::name("Type0"))
            .with("BaseFont", Object::name(&self.name))
            .with("Encoding", Object::name("Identity-H"))
            .with("DescendantFonts", vec![Object::Reference(descendant)])
            .with("ToUnicode", to_unicode);
        revision.add(&font.into())
    }

    fn to_unicode(&self) -> String {
        use std::fmt::Write as _;
        let mut out = String::from(
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
             /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
             /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
             1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n",
        );
        let pairs: Vec<(&char, &u16)> = self.glyphs.iter().collect();
        for chunk in pairs.chunks(100) {
            let mut lines = String::new();
            for (character, glyph) in chunk {
                let mut units = [0; 2];
                let code: Vec<u8> =
                    character.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()).collect();
                let written = writeln!(lines, "<{glyph:04X}> <{}>", hex::encode_upper(code));
                debug_assert!(written.is_ok(), "writing to a string cannot fail");
            }
            let written = write!(out, "{} beginbfchar\n{lines}endbfchar\n", chunk.len());
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        }
        out.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
        out
    }
}

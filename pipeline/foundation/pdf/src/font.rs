//! Embeds a subset of a TrueType font, with the widths that the subset itself states.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use ring::digest;
use skrifa::{
    FontRef, GlyphId, MetadataProvider as _,
    instance::{LocationRef, Size},
    raw::TableProvider as _,
    string::StringId,
};
use subsetter::GlyphRemapper;
use unicode_normalization::UnicodeNormalization as _;

use crate::{
    Error,
    filter::deflate,
    object::{Dictionary, Object, Reference},
    revision::Revision,
};

/// A font file in memory.
#[derive(Debug)]
pub struct Font {
    path: PathBuf,
    data: Vec<u8>,
    sha256: model::Sha256,
    /// The subset made last: the marks of one archive need the same letters again and again.
    last: Mutex<Option<Arc<Subset>>>,
}

/// The glyphs of one mark, ready to embed.
#[derive(Debug, Clone)]
pub struct Subset {
    path: PathBuf,
    name: String,
    /// The font program, deflated, and its length before that.
    program: Vec<u8>,
    program_bytes: i64,
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
        let sha256 = model::Sha256::of(&data);
        let font = Self { path: path.to_owned(), data, sha256, last: Mutex::new(None) };
        font.face()?;
        Ok(font)
    }

    /// SHA-256 of the font file, for the record.
    pub fn sha256(&self) -> model::Sha256 {
        self.sha256
    }

    fn face(&self) -> Result<FontRef<'_>, Error> {
        let face = FontRef::from_index(&self.data, 0).map_err(|error| self.unusable(&error.to_string()))?;
        let sized = face.head().is_ok_and(|head| head.units_per_em() > 0);
        match (face.glyf().is_ok(), sized && face.hmtx().is_ok()) {
            (true, true) => Ok(face),
            (false, _) => Err(self.unusable("it has no TrueType outlines")),
            (true, false) => Err(self.unusable("it has no measures")),
        }
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
        let advances = face.glyph_metrics(Size::new(1.0), LocationRef::default());
        let mut width = 0.0;
        for character in text.nfc() {
            let glyph = self.glyph(&face, character)?;
            width += f64::from(advances.advance_width(glyph).unwrap_or(0.0));
        }
        Ok(width)
    }

    fn glyph(&self, face: &FontRef<'_>, character: char) -> Result<GlyphId, Error> {
        face.charmap()
            .map(character)
            .filter(|glyph| glyph.to_u32() != 0)
            .ok_or_else(|| Error::MissingGlyph { path: self.path.clone(), character })
    }

    /// Cuts the font down to the characters of some texts (normalised to NFC).
    pub fn subset<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Result<Arc<Subset>, Error> {
        let characters: BTreeSet<char> = texts.into_iter().flat_map(|text| text.nfc().collect::<Vec<_>>()).collect();
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(subset) = last.filter(|subset| subset.glyphs.keys().eq(&characters)) {
            return Ok(subset);
        }
        let subset = Arc::new(self.cut(characters)?);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&subset));
        Ok(subset)
    }

    fn cut(&self, characters: BTreeSet<char>) -> Result<Subset, Error> {
        let face = self.face()?;
        let mut remapper = GlyphRemapper::new();
        let mut glyphs = BTreeMap::new();
        for character in characters {
            let glyph = u16::try_from(self.glyph(&face, character)?.to_u32())
                .map_err(|_| self.unusable("it has more glyphs than a TrueType font can"))?;
            glyphs.insert(character, remapper.remap(glyph));
        }
        let program = subsetter::subset(&self.data, 0, &remapper).map_err(|error| self.unusable(&error.to_string()))?;
        let widths = own_widths(&program).ok_or_else(|| self.unusable("its subset has no widths"))?;
        Ok(Subset {
            path: self.path.clone(),
            name: subset_name(&face, &program),
            program: deflate(&program),
            program_bytes: program.len() as i64,
            glyphs,
            widths,
            metrics: metrics(&face),
        })
    }
}

/// Advances as the subset's own `hmtx` states them: /W must equal these (ISO 19005-2 §6.2.11.5).
fn own_widths(program: &[u8]) -> Option<Vec<f64>> {
    let subset = FontRef::new(program).ok()?;
    let units = subset.head().ok()?.units_per_em();
    let (count, advances) = (subset.maxp().ok()?.num_glyphs(), subset.hmtx().ok()?);
    (0..count)
        .map(|glyph| Some(f64::from(advances.advance(GlyphId::from(glyph))?) * 1000.0 / f64::from(units)))
        .collect()
}

/// Six letters drawn from the subset's digest, then the font's own name.
fn subset_name(face: &FontRef<'_>, program: &[u8]) -> String {
    let tag: String = digest::digest(&digest::SHA256, program)
        .as_ref()
        .iter()
        .take(6)
        .map(|byte| char::from(b'A' + byte % 26))
        .collect();
    let own: String = face
        .localized_strings(StringId::POSTSCRIPT_NAME)
        .english_or_first()
        .map(|name| name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(60).collect())
        .unwrap_or_default();
    let own = if own.is_empty() { "Font" } else { &own };
    format!("{tag}+{own}")
}

fn metrics(face: &FontRef<'_>) -> Metrics {
    let measured = face.metrics(Size::new(1000.0), LocationRef::default());
    let bounds = measured.bounds.unwrap_or_default();
    Metrics {
        ascent: measured.ascent.into(),
        descent: measured.descent.into(),
        cap_height: measured.cap_height.unwrap_or(measured.ascent).into(),
        italic_angle: measured.italic_angle.into(),
        bounds: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(f64::from),
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
        let program = Dictionary::new().with("Length1", self.program_bytes).with("Filter", Object::name("FlateDecode"));
        let program = revision.add_stream(&program, &self.program);
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
